//! Checks that a function can become an artifact.

use super::arguments::Arguments;
use crate::errors::Errors;
use crate::function::{Function, check_qualifiers};
use crate::markers::Kind;
use crate::message;
use crate::named_function;
use crate::shared::name;
use crate::tokens::{argument_of, last_segment, mentions_impl, mentions_placeholder, text, ungrouped};
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Attribute, FnArg, GenericParam, LitStr, Meta, PatType, Path, ReturnType, Type};

/// A function that can become an artifact.
pub(super) struct Definition<'a> {
    /// The name of the artifact.
    pub(super) name: LitStr,
    /// The type that the function builds.
    pub(super) value: &'a Type,
    pub(super) inputs: Vec<Input<'a>>,
}

/// A parameter of the function.
pub(super) enum Input<'a> {
    /// `&T`, and the function that builds it, if the parameter names one.
    Reference(&'a Type, Option<Path>),
    /// `T`: an artifact by value; likewise.
    Value(&'a Type, Option<Path>),
    /// `#[config] field: &T`, or `T`: a field of the suite's configuration.
    Field { field: TokenStream, is_by_value: bool },
}

/// Returns what the expansion needs to know, and adds an error for each mistake. Returns `None` after an error without
/// which nothing else makes sense.
pub(super) fn definition<'a>(
    function: &'a Function,
    arguments: &Arguments,
    errors: &mut Errors,
) -> Option<Definition<'a>> {
    let signature = &function.signature;
    check_attributes(function, errors);
    check_qualifiers(signature, super::ATTRIBUTE, errors);
    for parameter in &signature.generics.params {
        match parameter {
            GenericParam::Lifetime(lifetime) => errors.on(lifetime, message::artifact_lifetime()),
            GenericParam::Type(_) | GenericParam::Const(_) => errors.on(parameter, message::artifact_generic()),
        }
    }
    if let Some(FnArg::Receiver(receiver)) = signature.inputs.first() {
        errors.on(receiver, message::artifact_receiver());
    }
    let inputs: Vec<Input<'_>> =
        function.parameters().filter_map(|parameter| input(parameter, arguments, errors)).collect();
    check_storage(function, arguments, errors);
    let name = artifact_name(arguments, &signature.ident, errors);
    let value = value(function, errors)?;
    Some(Definition { name, value, inputs })
}

fn check_attributes(function: &Function, errors: &mut Errors) {
    for attribute in &function.attributes {
        match Kind::of(attribute) {
            Kind::Artifact => errors.on(attribute, message::attribute_twice(super::ATTRIBUTE)),
            Kind::CachedSmoke | Kind::BuiltinTest | Kind::ForeignTest => {
                errors.on(attribute, message::test_is_no_artifact());
            }
            _ => {}
        }
    }
    let has_runtime = function.attributes.iter().any(|attribute| Kind::of(attribute) == Kind::Other);
    if let Some(asyncness) = &function.signature.asyncness
        && !has_runtime
    {
        errors.on(asyncness, message::async_artifact());
    }
}

fn artifact_name(arguments: &Arguments, function: &Ident, errors: &mut Errors) -> LitStr {
    let name = arguments.name.clone().unwrap_or_else(|| LitStr::new(&function.unraw().to_string(), function.span()));
    if name::check("artifact", &name.value()).is_err() || name.value().contains('.') {
        errors.on(&name, message::artifact_name(&name.value()));
    }
    name
}

/// Returns the type that the function builds: `T` for `T` and for `Result<T, E>`.
fn value<'a>(function: &'a Function, errors: &mut Errors) -> Option<&'a Type> {
    let ReturnType::Type(_, returned) = &function.signature.output else {
        errors.on(&function.signature.ident, message::artifact_returns_nothing());
        return None;
    };
    let returned = ungrouped(returned);
    let value = argument_of(returned, &["Result"]).map_or(returned, ungrouped);
    if mentions_impl(value.to_token_stream()) || mentions_placeholder(value.to_token_stream()) {
        errors.on(value, message::artifact_type_is_open());
        return None;
    }
    if matches!(value, Type::Never(_)) || matches!(value, Type::Tuple(tuple) if tuple.elems.is_empty()) {
        errors.on(value, message::artifact_returns_nothing());
        return None;
    }
    Some(value)
}

/// Checks that something writes the files that `load` reads, and that only one thing does.
fn check_storage(function: &Function, arguments: &Arguments, errors: &mut Errors) {
    let directory = function.parameters().find(|parameter| is_directory(&parameter.ty));
    if let (Some(codec), true) = (&arguments.codec, arguments.load.is_some() || arguments.save.is_some()) {
        errors.on(codec, message::codec_with_functions());
    }
    match (&arguments.load, &arguments.save, directory) {
        (None, Some(save), _) => errors.on(save, message::save_without_load()),
        (None, None, Some(parameter)) => errors.on(&parameter.ty, message::directory_without_load()),
        (Some(load), None, None) => errors.on(load, message::load_without_files()),
        (None, None, None) if arguments.directory.is_some() && arguments.codec.is_none() => {
            errors.on(&arguments.directory, message::directory_of_a_codec());
        }
        _ => {}
    }
}

fn is_directory(ty: &Type) -> bool {
    match ungrouped(ty) {
        Type::Reference(reference) => last_segment(&reference.elem).is_some_and(|last| last.ident == "Path"),
        _ => false,
    }
}

/// Returns the input for a parameter.
fn input<'a>(parameter: &'a PatType, arguments: &Arguments, errors: &mut Errors) -> Option<Input<'a>> {
    let mut field = None;
    for attribute in &parameter.attrs {
        match Kind::of(attribute) {
            Kind::Cfg => errors.on(attribute, message::conditional_artifact_parameter()),
            _ if attribute.path().is_ident("config") => {
                field = config_field(attribute, parameter, errors);
                if arguments.suite.is_none() {
                    errors.on(attribute, message::config_without_suite());
                }
            }
            Kind::Lint | Kind::Artifact => {}
            _ => errors.on(attribute, message::parameter_attribute(&text(attribute.path()))),
        }
    }
    let function = named_function::of_parameter(parameter, errors);
    let ty = ungrouped(&parameter.ty);
    if mentions_impl(ty.to_token_stream()) || mentions_placeholder(ty.to_token_stream()) {
        errors.on(ty, message::artifact_parameter_is_open());
        return None;
    }
    match ty {
        Type::Reference(reference) => {
            if let Some(mutability) = &reference.mutability {
                errors.on(mutability, message::artifact_parameter_is_mutable(&text(&reference.elem)));
            }
            Some(match field {
                Some(field) => Input::Field { field, is_by_value: false },
                None => Input::Reference(ungrouped(&reference.elem), function),
            })
        }
        _ => Some(match field {
            Some(field) => Input::Field { field, is_by_value: true },
            None => Input::Value(ty, function),
        }),
    }
}

/// Returns the tokens at their places, but as tokens of the expansion: rustc can then mark an expression around them.
fn of_expansion(tokens: TokenStream) -> TokenStream {
    let of_expansion = |mut token: TokenTree| {
        token.set_span(token.span().resolved_at(Span::mixed_site()));
        token
    };
    tokens.into_iter().map(of_expansion).collect()
}

/// Returns the path of the field in `#[config]` or `#[config(analyzer.k1)]`.
fn config_field(attribute: &Attribute, parameter: &PatType, errors: &mut Errors) -> Option<TokenStream> {
    match &attribute.meta {
        Meta::Path(_) => match &*parameter.pat {
            syn::Pat::Ident(name) => Some(of_expansion(name.ident.to_token_stream())),
            pattern => {
                errors.on(pattern, message::config_without_name());
                None
            }
        },
        Meta::List(list) => Some(of_expansion(list.tokens.clone())),
        Meta::NameValue(_) => {
            errors.on(attribute, message::config_without_name());
            None
        }
    }
}
