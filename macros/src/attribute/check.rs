//! Checks that a function can become a test that takes artifacts.

use super::arguments::Arguments;
use super::function::Function;
use super::markers::Kind;
use super::tokens::{mentions_impl, mentions_placeholder};
use crate::errors::Errors;
use crate::message;
use quote::ToTokens;
use syn::{FnArg, GenericParam, PatType, Safety, Signature, Type};

/// Returns the types to which the parameters refer, and adds an error for each mistake.
pub(super) fn referents<'a>(function: &'a Function, arguments: &Arguments, errors: &mut Errors) -> Vec<&'a Type> {
    let signature = &function.signature;
    check_attributes(function, errors);
    check_qualifiers(signature, errors);
    check_generics(signature, errors);
    if let Some(FnArg::Receiver(receiver)) = signature.inputs.first() {
        errors.on(receiver, message::receiver());
    } else if arguments.suite.is_none() {
        check_suite_is_inferable(function, errors);
    }
    function.parameters().filter_map(|parameter| referent(parameter, errors)).collect()
}

fn check_attributes(function: &Function, errors: &mut Errors) {
    for attribute in &function.attributes {
        if Kind::of(attribute) == Kind::CachedSmoke {
            errors.on(attribute, message::second_attribute());
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

fn check_qualifiers(signature: &Signature, errors: &mut Errors) {
    if let Some(constness) = &signature.constness {
        errors.on(constness, message::qualifier("const"));
    }
    if let Safety::Unsafe(unsafety) = &signature.safety {
        errors.on(unsafety, message::qualifier("unsafe"));
    }
    if let Some(abi) = &signature.abi {
        errors.on(abi, message::qualifier("extern"));
    }
    if let Some(variadic) = &signature.variadic {
        errors.on(variadic, message::variadic());
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

/// Checks that the suite can be inferred, from an artifact or from `Session<Smoke>`.
fn check_suite_is_inferable(function: &Function, errors: &mut Errors) {
    let signature = &function.signature;
    if signature.inputs.is_empty() {
        errors.on(&signature.ident, message::no_parameters(&signature.ident.to_string()));
    } else if function.parameters().all(|parameter| belongs_to_any_suite(&parameter.ty)) {
        errors.on(&signature.inputs, message::no_suite());
    }
}

/// Returns `true` for the types that every suite has, by their names alone. An artifact of such a name needs
/// `suite = …`.
fn belongs_to_any_suite(ty: &Type) -> bool {
    match ungrouped(ty) {
        Type::Reference(reference) => belongs_to_any_suite(&reference.elem),
        Type::Path(path) => path.path.segments.last().is_some_and(|last| match last.ident.to_string().as_str() {
            "Repo" | "CacheReport" => last.arguments.is_none(),
            "Session" => mentions_placeholder(last.arguments.to_token_stream()),
            _ => false,
        }),
        _ => false,
    }
}

/// Returns the type to which a parameter refers.
fn referent<'a>(parameter: &'a PatType, errors: &mut Errors) -> Option<&'a Type> {
    for attribute in &parameter.attrs {
        if Kind::of(attribute) == Kind::Cfg {
            errors.on(attribute, message::conditional_parameter());
        }
    }
    let Type::Reference(reference) = ungrouped(&parameter.ty) else {
        let pointee = pointee(&parameter.ty);
        // `Alias<'_>` and `alias!()` most likely are references.
        let is_alias = matches!(pointee, Type::Macro(_)) || text(pointee).contains('\'');
        let message = if is_alias { message::by_alias().to_owned() } else { message::by_value(&text(pointee)) };
        errors.on(&parameter.ty, message);
        return None;
    };
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
    Some(&reference.elem)
}

/// Returns the type inside parentheses and the invisible groups of `macro_rules!` variables.
fn ungrouped(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => ungrouped(&group.elem),
        Type::Paren(paren) => ungrouped(&paren.elem),
        _ => ty,
    }
}

/// Returns the target of a raw pointer, or any other type unchanged.
fn pointee(ty: &Type) -> &Type {
    match ty {
        Type::Ptr(pointer) => &pointer.elem,
        _ => ty,
    }
}

/// Formats a type or a path with common spacing: `Vec<Option<T>>`, not `Vec < Option < T > >`.
fn text(ty: &impl ToTokens) -> String {
    let mut text = String::new();
    let mut previous_is_word = false;
    for token in ty.to_token_stream() {
        let token_text = token.to_string();
        let is_word = token_text.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        if previous_is_word && is_word {
            text.push(' ');
        }
        text.push_str(&token_text);
        if token_text == "," {
            text.push(' ');
        }
        previous_is_word = is_word;
    }
    text
}

#[cfg(test)]
mod tests;
