//! Reads `#[artifact]` on a parameter: the function that builds the parameter's artifact.
//!
//! A type is enough while one function returns it. If several do, the parameter names one of them.

use crate::errors::Errors;
use crate::markers::Kind;
use crate::message;
use quote::ToTokens;
use syn::{Meta, Pat, PatType, Path};

/// Returns the function in `#[artifact] function: &T` or `#[artifact(path::to::function)] name: &T`.
pub(crate) fn of_parameter(parameter: &PatType, errors: &mut Errors) -> Option<Path> {
    let attribute = parameter.attrs.iter().find(|attribute| Kind::of(attribute) == Kind::Artifact)?;
    let named = match (&attribute.meta, &*parameter.pat) {
        (Meta::Path(_), Pat::Ident(name)) => Some(Path::from(name.ident.clone())),
        (Meta::List(list), _) => syn::parse2(list.tokens.clone()).ok(),
        _ => None,
    };
    if named.is_none() {
        errors.on(attribute.to_token_stream(), message::artifact_without_function());
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::text;
    use syn::{FnArg, parse_quote};

    /// Returns the named function, and the error.
    fn named(parameter: &FnArg) -> (Option<String>, Vec<String>) {
        let FnArg::Typed(parameter) = parameter else { panic!("a parameter") };
        let mut errors = Errors::default();
        let path = of_parameter(parameter, &mut errors);
        (path.map(|path| text(&path)), errors.messages())
    }

    #[test]
    fn functions_are_named_by_the_parameter_or_by_a_path() {
        for (parameter, expected) in [
            (parse_quote!(model: &Model), None),
            (parse_quote!(#[artifact] small: &Model), Some("small")),
            (parse_quote!(#[cached_smoke::artifact] mut small: Model), Some("small")),
            (parse_quote!(#[artifact(fixtures::small)] Model(x): &Model), Some("fixtures::small")),
            (parse_quote!(#[artifact(r#type)] _: &Model), Some("r#type")),
        ] {
            assert_eq!(named(&parameter), (expected.map(str::to_owned), vec![]));
        }
    }

    #[test]
    fn attributes_without_a_function_are_rejected() {
        for parameter in [
            parse_quote!(#[artifact] Model(x): &Model),
            parse_quote!(#[artifact()] model: &Model),
            parse_quote!(#[artifact("small")] model: &Model),
            parse_quote!(#[artifact(small, large)] model: &Model),
            parse_quote!(#[artifact = "small"] model: &Model),
            parse_quote!(#[cfg_attr(unix, artifact(small))] model: &Model),
        ] {
            let (function, errors) = named(&parameter);
            assert_eq!((function, errors.len()), (None, 1), "{}", parameter.to_token_stream());
            assert!(errors[0].contains("help: write `#[artifact] function: &Type`"), "{errors:?}");
        }
    }
}
