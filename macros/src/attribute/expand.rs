//! Emits the tests for a function without errors. `tests/expansion.snapshot.rs` shows expansions.

use super::arguments::Arguments;
use super::check::Parameter;
use super::output::Output;
use super::repositories::{Layout, Tests};
use crate::function::{Function, keeping_attributes};
use crate::markers::{Kind, should_panic};
use crate::shared::name::NO_REPOSITORY;
use crate::tokens::{here, last_segment, local, mentions_impl, one_module_deeper};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Attribute, LitStr, PatType, Path, ReturnType, Signature};

/// Returns the tests.
pub(super) fn tests(
    arguments: &Arguments,
    function: &Function,
    parameters: &[Parameter<'_>],
    tests: &Tests,
) -> TokenStream {
    let krate = arguments.krate.as_ref().map_or_else(|| quote!(::cached_smoke), Path::to_token_stream);
    let expansion = Expansion { krate, arguments, function, parameters, track: &tests.track };
    match &tests.layout {
        Layout::Function(repository) => expansion.function(&repository.value(), &[]),
        Layout::Alone => expansion.function(NO_REPOSITORY, &[]),
        Layout::Each(repositories) => expansion.function(NO_REPOSITORY, repositories),
        Layout::Module(repositories) => expansion.module(repositories),
    }
}

/// The inputs of an expansion.
struct Expansion<'a> {
    krate: TokenStream,
    arguments: &'a Arguments,
    function: &'a Function,
    parameters: &'a [Parameter<'a>],
    track: &'a TokenStream,
}

impl Expansion<'_> {
    /// Emits one test with the name of the user's function, which is nested inside it.
    fn function(&self, repository: &str, each: &[LitStr]) -> TokenStream {
        let Function { attributes, visibility, signature, .. } = self.function;
        let test_attribute = self.test_attribute();
        let Signature { asyncness, fn_token, ident: name, .. } = signature;
        let output = self.output();
        let body = self.body(&self.test(name, repository, each));
        let foreign = self.foreign();
        quote! {
            #test_attribute
            #(#attributes)*
            #visibility #asyncness #fn_token #name(#(#foreign),*) #output {
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
        let foreign = self.foreign().map(without_attributes);
        quote! {
            // `#[test]` implies this for the tests, so the helper is removed with them.
            #[cfg(test)]
            #(#on_helper)*
            #asyncness fn #name(#test: #krate::__private::Test #(, #foreign)*) #output {
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
        let test = self.test(test_name, &repository.value(), &[]);
        let foreign = self.foreign().map(|parameter| one_module_deeper(parameter.to_token_stream()));
        let names = self.foreign().map(|parameter| parameter.pat.to_token_stream());
        quote! {
            #test_attribute
            #(#attributes)*
            #asyncness fn #test_name(#(#foreign),*) #output {
                super::#name(#test #(, #names)*)#awaited
            }
        }
    }

    /// Emits the user's function, and the call that runs it.
    fn body(&self, test: &TokenStream) -> TokenStream {
        let Function { signature, body, .. } = self.function;
        let track = self.track;
        // A `_` in a parameter's type, as in `&Session<_>`, is valid in a closure, but not in a signature.
        let is_open = self.function.has_open_parameters();
        // The nested function is not the user's choice, so the lint would be a false alarm.
        let lint = signature.asyncness.map(|_| quote!(#[allow(clippy::unused_async)]));
        let own_signature = keeping_attributes(signature, is_of_language);
        let item = (!is_open).then(|| quote!(#lint #own_signature #body));
        let start = self.start(is_open);
        let parameters = self.parameters.iter().filter_map(|parameter| match parameter {
            Parameter::Reference(ty, None) => Some(quote_spanned!(here(ty)=> .parameter::<#ty, _>())),
            Parameter::Reference(ty, Some(of)) => Some(quote_spanned!(here(ty)=> .parameter_of::<#ty, #of, _>())),
            Parameter::Value(ty, None) => Some(quote_spanned!(here(ty)=> .parameter_by_value::<#ty, _>())),
            Parameter::Value(ty, Some(of)) => Some(quote_spanned!(here(ty)=> .parameter_by_value_of::<#ty, #of, _>())),
            Parameter::Foreign(_) => None,
        });
        let config = self.arguments.config.as_ref().map(|config| quote!(.config(|| #config)));
        let run = match (signature.asyncness, self.foreign().next()) {
            (Some(_), _) => quote!(run_async),
            (None, Some(_)) => quote!(run_with),
            (None, None) => quote!(run),
        };
        let function = if is_open { self.closure() } else { self.call() };
        let awaited = self.awaited();
        quote! {
            #track
            #item
            #test #start #(#parameters)* #config.#run(#function)#awaited
        }
    }

    /// Emits the call that selects the suites of the parameters.
    fn start(&self, is_open: bool) -> TokenStream {
        match &self.arguments.suite {
            Some(suite) => quote!(.of_suite::<#suite>()),
            // All artifacts then have the suite of the configuration or of the session.
            None if is_open || self.arguments.config.is_some() || self.takes_one_session() => quote!(.of_suite()),
            None => quote!(.of_any_suite()),
        }
    }

    fn takes_one_session(&self) -> bool {
        let types = self.parameters.iter().filter_map(Parameter::own_type);
        types.filter(|ty| last_segment(ty).is_some_and(|last| last.ident == "Session")).count() == 1
    }

    /// Returns the parameters that other attributes fill in.
    fn foreign(&self) -> impl Iterator<Item = &PatType> {
        self.parameters.iter().filter_map(|parameter| match parameter {
            Parameter::Foreign(parameter) => Some(*parameter),
            _ => None,
        })
    }

    /// Emits a closure that calls the function.
    fn call(&self) -> TokenStream {
        let name = &self.function.signature.ident;
        let fixture = local("fixture");
        let arguments = self.parameters.iter().map(|parameter| argument(&fixture, parameter));
        self.with_fixture(&fixture, quote!(#name(#(#arguments),*)))
    }

    /// Emits a closure with the body of the function.
    fn closure(&self) -> TokenStream {
        let Function { signature, body, .. } = self.function;
        let Signature { asyncness, output, .. } = signature;
        let fixture = local("fixture");
        let parameters = self.function.parameters().zip(self.parameters).filter_map(|(parameter, kind)| {
            let PatType { attrs, pat, ty, .. } = parameter;
            // The closure captures those that other attributes fill in.
            let (Parameter::Reference(..) | Parameter::Value(..)) = kind else { return None };
            let attrs = attrs.iter().filter(|one| is_of_language(one));
            let argument = argument(&fixture, kind);
            Some(quote!(#(#attrs)* let #pat: #ty = #argument;))
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
    fn test(&self, name: &Ident, repository: &str, each: &[LitStr]) -> TokenStream {
        let krate = &self.krate;
        let function = name.to_string();
        let should_panic = should_panic(&self.function.attributes);
        quote! {
            #krate::__private::Test {
                module: ::core::module_path!(),
                function: #function,
                repo: #repository,
                each: &[#(#each),*],
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

/// Emits the argument for a parameter.
fn argument(fixture: &Ident, parameter: &Parameter<'_>) -> TokenStream {
    match parameter {
        Parameter::Reference(ty, None) => quote_spanned!(here(ty)=> #fixture.argument::<#ty, _>()),
        Parameter::Reference(ty, Some(of)) => quote_spanned!(here(ty)=> #fixture.argument_of::<#ty, #of, _>()),
        Parameter::Value(ty, None) => quote_spanned!(here(ty)=> #fixture.value::<#ty, _>()),
        Parameter::Value(ty, Some(of)) => quote_spanned!(here(ty)=> #fixture.value_of::<#ty, #of, _>()),
        Parameter::Foreign(parameter) => parameter.pat.to_token_stream(),
    }
}

/// Returns `true` for an attribute of a parameter that rustc understands.
fn is_of_language(attribute: &Attribute) -> bool {
    !matches!(Kind::of(attribute), Kind::Other | Kind::Artifact)
}

fn without_attributes(parameter: &PatType) -> PatType {
    PatType { attrs: Vec::new(), ..parameter.clone() }
}
