//! What can be told of a type or an attribute by its tokens alone.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::quote_spanned;

/// `impl` is a keyword: where it stands in a type, that type is an `impl Trait`.
pub(super) fn mentions_impl(tokens: TokenStream) -> bool {
    any(tokens, &|_, token| is_word(token, "impl"))
}

/// Whether there is a `_` that is not the name of the lifetime `'_`.
pub(super) fn mentions_placeholder(tokens: TokenStream) -> bool {
    any(tokens, &|before, token| is_word(token, "_") && before != Some('\''))
}

/// Whether a lifetime is left to be that of the parameters, as in `&T` and `T<'_>`; or may be, as in `impl Trait`.
pub(super) fn may_borrow(tokens: TokenStream) -> bool {
    any(tokens, &|before, token| match before {
        Some('&') if sign(token) != Some('\'') => true,
        Some('\'') => is_word(token, "_"),
        _ => is_word(token, "impl"),
    })
}

/// Whether there is such a token, at any depth; it is told with the sign right before it, if that is one.
fn any(tokens: TokenStream, found: &dyn Fn(Option<char>, &TokenTree) -> bool) -> bool {
    let mut before = None;
    tokens.into_iter().any(|token| {
        let is_found = found(before, &token);
        before = sign(&token);
        is_found || matches!(token, TokenTree::Group(group) if any(group.stream(), found))
    })
}

fn sign(token: &TokenTree) -> Option<char> {
    match token {
        TokenTree::Punct(punct) => Some(punct.as_char()),
        _ => None,
    }
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

/// The tokens as they must be written in a module inside the one where they stand.
pub(super) fn one_module_deeper(tokens: TokenStream) -> TokenStream {
    let mut deeper = TokenStream::new();
    // The colons right before a token: two of them go on with a path.
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
    fn paths_are_followed_from_one_module_deeper() {
        let deeper = one_module_deeper(
            quote!(-> self::Outcome<super::E, a::b, dyn Is<T: super::F>, (super::super::F, crate::G, &'static T)>),
        );
        let expected = quote!(-> super::Outcome<super::super::E, a::b, dyn Is<T: super::super::F>, (super::super::super::F, crate::G, &'static T)>);
        assert_eq!(deeper.to_string(), expected.to_string());
    }
}
