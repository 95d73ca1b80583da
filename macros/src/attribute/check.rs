//! Checks that a function can become a test that takes artifacts.

use super::arguments::Arguments;
use crate::errors::Errors;
use crate::function::{Function, check_qualifiers};
use crate::markers::Kind;
use crate::message;
use crate::named_function;
use crate::tokens::{last_segment, mentions_impl, mentions_placeholder, text, ungrouped};
use quote::ToTokens;
use syn::{Attribute, FnArg, GenericParam, PatType, Path, Signature, Type, TypeReference};

/// A parameter of a test.
pub(super) enum Parameter<'a> {
    /// `&T`: the type to which it refers, and the function that builds it, if the parameter names one.
    Reference(&'a Type, Option<Path>),
    /// `T`: an artifact by value, or a private copy of one; likewise.
    Value(&'a Type, Option<Path>),
    /// A parameter that another attribute fills in, such as `#[case] x: u32`.
    Foreign(&'a PatType),
}

impl<'a> Parameter<'a> {
    /// Returns the type of an artifact or of a part of the session, without the reference.
    pub(super) fn own_type(&self) -> Option<&'a Type> {
        match self {
            Self::Reference(ty, _) | Self::Value(ty, _) => Some(ty),
            Self::Foreign(_) => None,
        }
    }

    /// Returns the function that the parameter names.
    pub(super) fn function(&self) -> Option<&Path> {
        match self {
            Self::Reference(_, function) | Self::Value(_, function) => function.as_ref(),
            Self::Foreign(_) => None,
        }
    }
}

/// Returns the parameters, and adds an error for each mistake.
pub(super) fn parameters<'a>(function: &'a Function, arguments: &Arguments, errors: &mut Errors) -> Vec<Parameter<'a>> {
    let signature = &function.signature;
    check_attributes(function, errors);
    check_qualifiers(signature, super::ATTRIBUTE, errors);
    check_generics(signature, errors);
    if let Some(FnArg::Receiver(receiver)) = signature.inputs.first() {
        errors.on(receiver, message::receiver());
    } else if signature.inputs.is_empty() && arguments.suite.is_none() {
        errors.on(&signature.ident, message::no_parameters(&signature.ident.to_string()));
    }
    let filler = Filler::of(function);
    let parameters: Vec<Parameter<'_>> =
        function.parameters().filter_map(|one| parameter(one, filler, errors)).collect();
    check_suite_is_inferable(function, &parameters, arguments, errors);
    check_each(&parameters, errors);
    parameters
}

/// Returns `true` for a test over several repositories at once.
pub(super) fn is_over_each(parameters: &[Parameter<'_>]) -> bool {
    parameters.iter().filter_map(Parameter::own_type).any(|ty| is_called(ty, &["Each"]))
}

/// Another attribute that may fill in parameters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Filler {
    /// No attribute fills in parameters that have no attribute.
    None,
    /// Such as `#[rstest]` or `#[test_case]`: it also fills in parameters by value, and references that cannot be
    /// artifacts.
    Values,
}

impl Filler {
    fn of(function: &Function) -> Self {
        const FILLERS: [&str; 3] = ["rstest", "test_case", "test_matrix"];
        let fills = |attribute: &Attribute| {
            attribute.path().segments.last().is_some_and(|last| FILLERS.iter().any(|filler| last.ident == filler))
        };
        if function.attributes.iter().any(fills) { Self::Values } else { Self::None }
    }
}

fn check_attributes(function: &Function, errors: &mut Errors) {
    for attribute in &function.attributes {
        match Kind::of(attribute) {
            Kind::CachedSmoke => errors.on(attribute, message::attribute_twice(super::ATTRIBUTE)),
            Kind::Artifact => errors.on(attribute, message::test_is_no_artifact()),
            _ => {}
        }
    }
    let has_runtime = function.attributes.iter().any(|attribute| Kind::of(attribute) == Kind::ForeignTest);
    if let Some(asyncness) = &function.signature.asyncness
        && !has_runtime
    {
        let unknown = function.attributes.iter().find(|attribute| Kind::of(attribute) == Kind::Other);
        let unknown = unknown.map(|attribute| text(attribute.path()));
        errors.on(asyncness, message::async_without_runtime(unknown));
    }
}

fn check_generics(signature: &Signature, errors: &mut Errors) {
    for parameter in &signature.generics.params {
        match parameter {
            GenericParam::Lifetime(lifetime) => errors.on(lifetime, message::generic_lifetime()),
            GenericParam::Type(_) | GenericParam::Const(_) => errors.on(parameter, message::generic()),
        }
    }
}

/// Checks that the suite in `&Session<_>` and the type of the configuration can be inferred from an artifact.
fn check_suite_is_inferable(
    function: &Function,
    parameters: &[Parameter<'_>],
    arguments: &Arguments,
    errors: &mut Errors,
) {
    if arguments.suite.is_some() || !(function.has_open_parameters() || arguments.config.is_some()) {
        return;
    }
    if parameters.iter().filter_map(Parameter::own_type).all(belongs_to_any_suite) {
        errors.on(&function.signature.inputs, message::no_suite());
    }
}

/// Returns `true` for the types that every suite has, by their names alone. An artifact of such a name needs
/// `suite = …`.
fn belongs_to_any_suite(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|last| match last.ident.to_string().as_str() {
        "Repo" | "CacheReport" => last.arguments.is_none(),
        "Session" => mentions_placeholder(last.arguments.to_token_stream()),
        _ => false,
    })
}

/// Checks that a test over several repositories takes no parameter of one repository.
fn check_each(parameters: &[Parameter<'_>], errors: &mut Errors) {
    if is_over_each(parameters) {
        for ty in parameters.iter().filter_map(Parameter::own_type).filter(|ty| is_called(ty, &["Repo"])) {
            errors.on(ty, message::repo_beside_each());
        }
    }
}

fn is_called(ty: &Type, names: &[&str]) -> bool {
    last_segment(ty).is_some_and(|last| names.iter().any(|name| last.ident == name))
}

/// Returns a parameter, unless its type can never be one.
fn parameter<'a>(parameter: &'a PatType, filler: Filler, errors: &mut Errors) -> Option<Parameter<'a>> {
    for attribute in &parameter.attrs {
        if Kind::of(attribute) == Kind::Cfg {
            errors.on(attribute, message::conditional_parameter());
        }
    }
    if parameter.attrs.iter().any(|attribute| Kind::of(attribute) == Kind::Other) {
        return Some(Parameter::Foreign(parameter));
    }
    let function = named_function::of_parameter(parameter, errors);
    let is_filled = filler == Filler::Values && function.is_none();
    let Type::Reference(reference) = ungrouped(&parameter.ty) else {
        return by_value(parameter, function, is_filled, errors);
    };
    if is_filled && is_never_an_artifact(reference) {
        return Some(Parameter::Foreign(parameter));
    }
    if let Some(mutability) = &reference.mutability {
        errors.on(mutability, message::by_mutable_reference(&text(&reference.elem)));
    }
    if let Some(lifetime) = &reference.lifetime
        && lifetime.ident == "static"
    {
        errors.on(lifetime, message::static_parameter(&text(&reference.elem)));
    }
    if matches!(ungrouped(&reference.elem), Type::Infer(_)) {
        errors.on(&reference.elem, message::open_parameter());
    }
    if mentions_impl(reference.elem.to_token_stream()) {
        errors.on(&reference.elem, message::impl_parameter());
    }
    Some(Parameter::Reference(&reference.elem, function))
}

/// Returns `true` for `&str`, `&[T]`, `&dyn Trait` and `&'static T`.
fn is_never_an_artifact(reference: &TypeReference) -> bool {
    let is_static = reference.lifetime.as_ref().is_some_and(|lifetime| lifetime.ident == "static");
    is_static
        || match ungrouped(&reference.elem) {
            Type::Slice(_) | Type::TraitObject(_) => true,
            Type::Path(path) => path.path.is_ident("str"),
            _ => false,
        }
}

fn by_value<'a>(
    parameter: &'a PatType,
    function: Option<Path>,
    is_filled: bool,
    errors: &mut Errors,
) -> Option<Parameter<'a>> {
    let ty = ungrouped(&parameter.ty);
    if is_filled && !is_called(ty, &["Scratch"]) {
        return Some(Parameter::Foreign(parameter));
    }
    let pointee = pointee(ty);
    // `Alias<'_>` and `alias!()` most likely are references.
    let is_alias = matches!(pointee, Type::Macro(_)) || text(pointee).contains('\'');
    if is_alias {
        errors.on(&parameter.ty, message::by_alias());
    } else if matches!(ty, Type::Ptr(_)) || is_called(ty, &["Repo", "CacheReport", "Session", "Each"]) {
        errors.on(&parameter.ty, message::by_value(&text(pointee)));
    } else if matches!(ty, Type::Infer(_)) {
        errors.on(&parameter.ty, message::open_parameter());
    } else if mentions_impl(ty.to_token_stream()) {
        errors.on(&parameter.ty, message::impl_parameter());
    } else {
        return Some(Parameter::Value(ty, function));
    }
    None
}

/// Returns the target of a raw pointer, or any other type unchanged.
fn pointee(ty: &Type) -> &Type {
    match ty {
        Type::Ptr(pointer) => &pointer.elem,
        _ => ty,
    }
}

#[cfg(test)]
mod tests;
