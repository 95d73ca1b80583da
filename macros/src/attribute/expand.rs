//! Emits the tests for a function without errors. `tests/expansion.snapshot.rs` shows expansions.

use super::arguments::Arguments;
use super::function::Function;
use super::markers::{Kind, should_panic};
use super::output::Output;
use super::repositories::{Layout, Tests};
use super::tokens::{mentions_impl, one_module_deeper};
use crate::smoke_toml::SmokeToml;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, LitStr, PatType, Path, ReturnType, Signature, Type};

/// Returns the tests.
pub(super) fn tests(arguments: &Arguments, function: &Function, referents: &[&Type], tests: &Tests) -> TokenStream {
    let krate = arguments.krate.as_ref().map_or_else(|| quote!(::cached_smoke), Path::to_token_stream);
    let expansion = Expansion { krate, arguments, function, referents, smoke_toml: tests.smoke_toml.as_ref() };
    match &tests.layout {
        Layout::Function(repository) => expansion.function(repository),
        Layout::Module(repositories) => expansion.module(repositories),
    }
}

/// The inputs of an expansion.
struct Expansion<'a> {
    krate: TokenStream,
    arguments: &'a Arguments,
    function: &'a Function,
    referents: &'a [&'a Type],
    smoke_toml: Option<&'a SmokeToml>,
}

impl Expansion<'_> {
    /// Emits one test with the name of the user's function, which is nested inside it.
    fn function(&self, repository: &LitStr) -> TokenStream {
        let Function { attributes, visibility, signature, .. } = self.function;
        let test_attribute = self.test_attribute();
        let Signature { asyncness, fn_token, ident: name, .. } = signature;
        let output = self.output();
        let body = self.body(&self.test(name, repository));
        quote! {
            #test_attribute
            #(#attributes)*
            #visibility #asyncness #fn_token #name() #output {
                #body
            }
        }
    }

    /// Emits a helper that runs the test on any repository, and a module with a test for each. Both have the name of
    /// the user's function.
    fn module(&self, repositories: &[(Ident, LitStr)]) -> TokenStream {
        let Function { visibility, signature, .. } = self.function;
        let (asyncness, name, output) = (&signature.asyncness, &signature.ident, self.output());
        let krate = &self.krate;
        let test = local("test");
        let on_helper = self.attributes(|kind| matches!(kind, Kind::Cfg | Kind::Lint));
        let on_module = self.attributes(|kind| matches!(kind, Kind::Cfg | Kind::Doc));
        let body = self.body(&test.to_token_stream());
        let tests = repositories.iter().map(|(test_name, repository)| self.module_test(test_name, repository));
        quote! {
            // `#[test]` implies this for the tests, so the helper is removed with them.
            #[cfg(test)]
            #(#on_helper)*
            #asyncness fn #name(#test: #krate::__private::Test) #output {
                #body
            }

            #[cfg(test)]
            #(#on_module)*
            #[allow(non_snake_case, reason = "tests have the names of repositories")]
            #visibility mod #name {
                #[allow(unused_imports, reason = "attributes and the return type may need names")]
                use super::*;

                #(#tests)*
            }
        }
    }

    fn module_test(&self, test_name: &Ident, repository: &LitStr) -> TokenStream {
        let signature = &self.function.signature;
        let (asyncness, name, output) = (&signature.asyncness, &signature.ident, one_module_deeper(self.output()));
        let test_attribute = self.test_attribute();
        // Lints concern the body, which is in the helper.
        let attributes =
            self.attributes(|kind| kind != Kind::Lint).map(|attribute| one_module_deeper(attribute.to_token_stream()));
        let awaited = self.awaited();
        let test = self.test(test_name, repository);
        quote! {
            #test_attribute
            #(#attributes)*
            #asyncness fn #test_name() #output {
                super::#name(#test)#awaited
            }
        }
    }

    /// Emits the user's function, and the call that runs it.
    fn body(&self, test: &TokenStream) -> TokenStream {
        let Function { signature, body, .. } = self.function;
        let track = self.smoke_toml.map(SmokeToml::track);
        // A `_` in a parameter's type, as in `&Session<_>`, is valid in a closure, but not in a signature.
        let is_open = self.function.has_open_parameters();
        // The nested function is not the user's choice, so the lint would be a false alarm.
        let lint = signature.asyncness.map(|_| quote!(#[allow(clippy::unused_async)]));
        let item = (!is_open).then(|| quote!(#lint #signature #body));
        let suite = self.arguments.suite.as_ref().map(|suite| quote!(::<#suite>));
        let parameters = self.referents.iter().map(|ty| quote_spanned!(here(ty)=> .parameter::<#ty, _>()));
        let config = self.arguments.config.as_ref().map(|config| quote!(.config(|| #config)));
        let run = if signature.asyncness.is_some() { quote!(run_async) } else { quote!(run) };
        let function = if is_open { self.closure() } else { self.call() };
        let awaited = self.awaited();
        quote! {
            #track
            #item
            #test.of_suite #suite() #(#parameters)* #config.#run(#function)#awaited
        }
    }

    /// Emits a closure that calls the function.
    fn call(&self) -> TokenStream {
        let name = &self.function.signature.ident;
        let fixture = local("fixture");
        let arguments = self.referents.iter().map(|ty| argument(&fixture, ty));
        self.with_fixture(&fixture, quote!(#name(#(#arguments),*)))
    }

    /// Emits a closure with the body of the function.
    fn closure(&self) -> TokenStream {
        let Function { signature, body, .. } = self.function;
        let Signature { asyncness, output, .. } = signature;
        let fixture = local("fixture");
        let parameters = self.function.parameters().zip(self.referents).map(|(parameter, referent)| {
            let PatType { attrs, pat, ty, .. } = parameter;
            let argument = argument(&fixture, referent);
            quote!(#(#attrs)* let #pat: #ty = #argument;)
        });
        let output = match output {
            ReturnType::Default => quote!(-> ()),
            // A closure cannot declare it and does not need to.
            ReturnType::Type(_, ty) if mentions_impl(ty.to_token_stream()) => TokenStream::new(),
            output @ ReturnType::Type(..) => output.to_token_stream(),
        };
        self.with_fixture(&fixture, quote!((#asyncness || #output { #(#parameters)* #body })()))
    }

    /// Emits a closure that takes the fixture and converts the function's value to the test's.
    fn with_fixture(&self, fixture: &Ident, call: TokenStream) -> TokenStream {
        let Signature { asyncness, output, .. } = &self.function.signature;
        let awaited = self.awaited();
        let value = Output::of(output).value(&self.krate, quote!(#call #awaited));
        quote!(#asyncness |#fixture| #value)
    }

    fn awaited(&self) -> Option<TokenStream> {
        self.function.signature.asyncness.map(|_| quote!(.await))
    }

    /// Returns `-> T` for the test.
    fn output(&self) -> TokenStream {
        Output::of(&self.function.signature.output).declaration(&self.krate)
    }

    /// Emits the `Test` that the runtime receives.
    fn test(&self, name: &Ident, repository: &LitStr) -> TokenStream {
        let krate = &self.krate;
        let function = name.to_string();
        let should_panic = should_panic(&self.function.attributes);
        quote! {
            #krate::__private::Test {
                module: ::core::module_path!(),
                function: #function,
                repo: #repository,
                should_panic: #should_panic,
            }
        }
    }

    /// Returns `#[test]`, unless the function has a test attribute.
    fn test_attribute(&self) -> Option<TokenStream> {
        let has_one = self.function.attributes.iter().any(|attribute| Kind::of(attribute).is_test());
        (!has_one).then(|| quote!(#[::core::prelude::v1::test]))
    }

    fn attributes(&self, wanted: impl Fn(Kind) -> bool) -> impl Iterator<Item = &Attribute> {
        self.function.attributes.iter().filter(move |attribute| wanted(Kind::of(attribute)))
    }
}

/// Emits the argument for a parameter `&ty`.
fn argument(fixture: &Ident, ty: &Type) -> TokenStream {
    quote_spanned!(here(ty)=> #fixture.argument::<#ty, _>())
}

/// Returns the span of a type: there rustc reports that it is not an artifact.
fn here(ty: &Type) -> Span {
    ty.span().resolved_at(Span::mixed_site())
}

/// Returns a local variable that the user's code cannot see. Hygiene is not enough: a pattern `session` would match a
/// constant of the user of that name, hence the underscores.
fn local(name: &str) -> Ident {
    Ident::new(&format!("__{name}"), Span::mixed_site())
}
