//! Inspects and rewrites types and attributes by their tokens.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{GenericArgument, PathArguments, PathSegment, Type};

/// Returns `true` if a type contains `impl Trait`: `impl` is a keyword.
pub(crate) fn mentions_impl(tokens: TokenStream) -> bool {
    any(tokens, &|_, token| is_word(token, "impl"))
}

/// Returns `true` if a type contains a `_` that is not part of the lifetime `'_`.
pub(crate) fn mentions_placeholder(tokens: TokenStream) -> bool {
    any(tokens, &|before, token| is_word(token, "_") && before != Some('\''))
}

/// Returns `true` if a type may borrow from the parameters by an elided lifetime, as in `&T`, `T<'_>` and `impl Trait`.
pub(crate) fn may_borrow(tokens: TokenStream) -> bool {
    any(tokens, &|before, token| match before {
        Some('&') if sign(token) != Some('\'') => true,
        Some('\'') => is_word(token, "_"),
        _ => is_word(token, "impl"),
    })
}

/// Returns `true` if a token satisfies `found`, at any depth. `found` also receives the punctuation right before the
/// token.
fn any(tokens: TokenStream, found: &dyn Fn(Option<char>, &TokenTree) -> bool) -> bool {
    let mut before = None;
    tokens.into_iter().any(|token| {
        let is_found = found(before, &token);
        before = sign(&token);
        is_found || matches!(token, TokenTree::Group(group) if any(group.stream(), found))
    })
}

/// Returns the character of a punctuation token.
fn sign(token: &TokenTree) -> Option<char> {
    match token {
        TokenTree::Punct(punct) => Some(punct.as_char()),
        _ => None,
    }
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

/// Returns the type inside parentheses and the invisible groups of `macro_rules!` variables.
pub(crate) fn ungrouped(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => ungrouped(&group.elem),
        Type::Paren(paren) => ungrouped(&paren.elem),
        _ => ty,
    }
}

/// Returns the span of a type: there rustc reports that it is not an artifact.
pub(crate) fn here(ty: &impl Spanned) -> Span {
    ty.span().resolved_at(Span::mixed_site())
}

/// Returns the last segment of the path that names a type: `Option<T>` of `std::option::Option<T>`.
pub(crate) fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match ungrouped(ty) {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

/// Returns the first type argument of a type with one of these names: `T` of `Result<T, E>`.
pub(crate) fn argument_of<'a>(ty: &'a Type, names: &[&str]) -> Option<&'a Type> {
    let last = last_segment(ty).filter(|last| names.iter().any(|name| last.ident == name))?;
    match &last.arguments {
        PathArguments::AngleBracketed(arguments) => match arguments.args.first()? {
            GenericArgument::Type(first) => Some(first),
            _ => None,
        },
        _ => None,
    }
}

/// Formats a type or a path with common spacing: `Vec<Option<T>>`, not `Vec < Option < T > >`.
pub(crate) fn text(ty: &impl ToTokens) -> String {
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

/// Returns a name that the user's code cannot see. Hygiene is not enough: a pattern `session` would match a
/// constant of the user of that name, hence the underscores.
pub(crate) fn local(name: &str) -> Ident {
    Ident::new(&format!("__{name}"), Span::mixed_site())
}

/// Rewrites the paths in `tokens` for a module inside the current one.
pub(crate) fn one_module_deeper(tokens: TokenStream) -> TokenStream {
    let mut deeper = TokenStream::new();
    // The number of colons right before a token: two continue a path.
    let mut colons = 0;
    for token in tokens {
        let is_colon = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ':');
        let starts_path = colons < 2;
        match token {
            TokenTree::Ident(ident) if ident == "self" && starts_path => {
                deeper.extend([TokenTree::Ident(Ident::new("super", ident.span()))]);
            }
            TokenTree::Ident(ident) if ident == "super" && starts_path => {
                deeper.extend(quote_spanned!(ident.span()=> super::super));
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), one_module_deeper(group.stream()));
                inner.set_span(group.span());
                deeper.extend([TokenTree::Group(inner)]);
            }
            other => deeper.extend([other]),
        }
        colons = if is_colon { colons + 1 } else { 0 };
    }
    deeper
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    #[test]
    fn relative_paths_are_rewritten() {
        let deeper = one_module_deeper(
            quote!(-> self::Outcome<super::E, a::b, dyn Is<T: super::F>, (super::super::F, crate::G, &'static T)>),
        );
        let expected = quote!(
            -> super::Outcome<
                super::super::E, a::b, dyn Is<T: super::super::F>, (super::super::super::F, crate::G, &'static T)
            >
        );
        assert_eq!(deeper.to_string(), expected.to_string());
    }
}
