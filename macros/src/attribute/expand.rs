//! The tests that a well-formed function becomes.

use super::arguments::Arguments;
use super::function::Function;
use super::markers::{Kind, should_panic};
use super::repositories::{Layout, Tests};
use crate::smoke_toml::SmokeToml;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, LitStr, Path, Type};

pub(super) fn tests(arguments: &Arguments, function: &Function, referents: &[&Type], tests: &Tests) -> TokenStream {
    let krate = arguments.krate.as_ref().map_or_else(|| quote!(::cached_smoke), Path::to_token_stream);
    let expansion = Expansion { krate, arguments, function, referents, smoke_toml: tests.smoke_toml.as_ref() };
    match &tests.layout {
        Layout::Function(repository) => expansion.function(repository),
        Layout::Module(repositories) => expansion.module(repositories),
    }
}

struct Expansion<'a> {
    krate: TokenStream,
    arguments: &'a Arguments,
    function: &'a Function,
    referents: &'a [&'a Type],
    smoke_toml: Option<&'a SmokeToml>,
}

impl Expansion<'_> {
    /// The function of the user's name is the test; the one that the user wrote stands inside it.
    fn function(&self, repository: &LitStr) -> TokenStream {
        let Function { attributes, visibility, signature, .. } = self.function;
        let test_attribute = self.test_attribute();
        let (asyncness, name, output) = (&signature.asyncness, &signature.ident, &signature.output);
        let body = self.body(&self.test(name, repository));
        quote! {
            #test_attribute
            #(#attributes)*
            #visibility #asyncness fn #name() #output {
                #body
            }
        }
    }

    /// A helper of the user's name runs the test for any repository; a module of that name holds a test for each.
    fn module(&self, repositories: &[(Ident, LitStr)]) -> TokenStream {
        let Function { visibility, signature, .. } = self.function;
        let (asyncness, name, output) = (&signature.asyncness, &signature.ident, &signature.output);
        let krate = &self.krate;
        let test = local("test");
        let on_helper = self.attributes(|kind| matches!(kind, Kind::Cfg | Kind::Lint));
        let on_module = self.attributes(|kind| matches!(kind, Kind::Cfg | Kind::Doc));
        let body = self.body(&test.to_token_stream());
        let tests = repositories.iter().map(|(test_name, repository)| self.module_test(test_name, repository));
        quote! {
            // As `#[test]` does with a function, so that both vanish together.
            #[cfg(test)]
            #(#on_helper)*
            #asyncness fn #name(#test: #krate::__private::Test) #output {
                #body
            }

            #[cfg(test)]
            #(#on_module)*
            #[allow(non_snake_case, reason = "tests are named after repositories")]
            #visibility mod #name {
                #[allow(unused_imports, reason = "for the names in attributes and in the return type, if any")]
                use super::*;

                #(#tests)*
            }
        }
    }

    fn module_test(&self, test_name: &Ident, repository: &LitStr) -> TokenStream {
        let signature = &self.function.signature;
        let (asyncness, name, output) = (&signature.asyncness, &signature.ident, &signature.output);
        let test_attribute = self.test_attribute();
        // Lints are about the body, which the helper holds.
        let attributes = self.attributes(|kind| kind != Kind::Lint);
        let awaited = asyncness.map(|_| quote!(.await));
        let test = self.test(test_name, repository);
        quote! {
            #test_attribute
            #(#attributes)*
            #asyncness fn #test_name() #output {
                super::#name(#test)#awaited
            }
        }
    }

    /// The user's function, and its call with what the session holds.
    fn body(&self, test: &TokenStream) -> TokenStream {
        let Self { krate, referents, .. } = self;
        let Function { signature, body, .. } = self.function;
        let name = &signature.ident;
        let track = self.smoke_toml.map(SmokeToml::track);
        let suite = self.arguments.suite.as_ref().map_or_else(|| quote!(_), Path::to_token_stream);
        let config = self
            .arguments
            .config
            .as_ref()
            .map_or_else(|| quote!(::core::default::Default::default()), ToTokens::to_token_stream);
        // Bound even when nothing is taken from it: the session is a lease.
        let session = local("session");
        let value = local("value");
        let prepare = referents.iter().map(|ty| self.argument(ty, &quote!(prepare)));
        let get = referents.iter().map(|ty| self.argument(ty, &quote!(get)));
        let awaited = signature.asyncness.map(|_| quote!(.await));
        quote! {
            #track
            #signature #body
            match #krate::__private::setup::<#suite, _>(#test, || #config, &[#(#prepare),*]) {
                ::core::result::Result::Ok(#session) => #name(#(#get(&#session)),*)#awaited,
                ::core::result::Result::Err(#value) => #value,
            }
        }
    }

    /// A function of `Arg`, placed on the parameter's type: that is where rustc says that the type is no artifact.
    fn argument(&self, ty: &Type, function: &TokenStream) -> TokenStream {
        let krate = &self.krate;
        quote_spanned!(ty.span().resolved_at(Span::mixed_site())=> <#ty as #krate::__private::Arg<_, _>>::#function)
    }

    fn test(&self, name: &Ident, repository: &LitStr) -> TokenStream {
        let krate = &self.krate;
        let path = format!("::{name}");
        let should_panic = should_panic(&self.function.attributes);
        quote! {
            #krate::__private::Test {
                path: ::core::concat!(::core::module_path!(), #path),
                repo: #repository,
                should_panic: #should_panic,
            }
        }
    }

    fn test_attribute(&self) -> Option<TokenStream> {
        let has_one = self.function.attributes.iter().any(|attribute| Kind::of(attribute).is_test());
        (!has_one).then(|| quote!(#[::core::prelude::v1::test]))
    }

    fn attributes(&self, wanted: impl Fn(Kind) -> bool) -> impl Iterator<Item = &Attribute> {
        self.function.attributes.iter().filter(move |attribute| wanted(Kind::of(attribute)))
    }
}

/// A local variable that the user's code cannot see. Hygiene is not all: a pattern `session` would mean the user's
/// constant of that name, hence the underscores.
fn local(name: &str) -> Ident {
    Ident::new(&format!("__{name}"), Span::mixed_site())
}
