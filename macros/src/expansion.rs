//! Formats whole expansions of an attribute, for comparisons with a snapshot.

use proc_macro2::TokenStream;
use syn::{ItemFn, Meta};

/// Returns each function as a comment, with its point, and its expansion by `expand`.
pub(crate) fn snapshot(
    attribute: &str,
    shown: &[(&str, &str)],
    expand: fn(TokenStream, TokenStream) -> TokenStream,
) -> String {
    let section = |(point, source): &(&str, &str)| {
        format!("{}\n{}", commented(point, source), expanded(attribute, source, expand))
    };
    shown.iter().map(section).collect::<Vec<_>>().join("\n")
}

fn commented(point: &str, source: &str) -> String {
    let mut lines = vec![format!("// {point}"), "//".to_owned()];
    lines.extend(source.trim().lines().map(|line| format!("//     {line}")));
    lines.join("\n") + "\n"
}

fn expanded(attribute: &str, source: &str, expand: fn(TokenStream, TokenStream) -> TokenStream) -> String {
    let mut item: ItemFn = syn::parse_str(source).expect("a function");
    let ours = item.attrs.iter().position(|one| one.path().is_ident(attribute)).expect("the attribute");
    let arguments = match item.attrs.remove(ours).meta {
        Meta::List(arguments) => arguments.tokens,
        _ => TokenStream::new(),
    };
    let expansion = expand(arguments, quote::quote!(#item));
    prettyplease::unparse(&syn::parse2(expansion).expect("items"))
}
