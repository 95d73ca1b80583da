//! Splits the text of a source into tokens.
//!
//! The lexer of `proc-macro2` does the work even in the compiler's process. The compiler's own lexer reports each
//! malformed source as an error, although the compiler may never read it, and keeps a copy of each text.

use proc_macro2::{TokenStream, TokenTree, fallback};

/// Calls a function that works with [`tokens`] only. Tokens of the compiler cannot be mixed with them.
pub(super) fn without_compiler<T>(work: impl FnOnce() -> T) -> T {
    struct Forced;
    impl Drop for Forced {
        fn drop(&mut self) {
            fallback::unforce();
        }
    }
    fallback::force();
    let _forced = Forced;
    work()
}

/// Returns the tokens of a source, or `None` if it is not Rust. For [`without_compiler`].
pub(super) fn tokens(text: &str) -> Option<Vec<TokenTree>> {
    text.parse::<TokenStream>().ok().map(|tokens| tokens.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_sources_have_no_tokens() {
        assert_eq!(tokens("fn a() { /* b */ }").expect("Rust").len(), 4);
        assert!(tokens("fn a( {").is_none());
        assert!(tokens("\"open").is_none());
    }
}
