//! `code_fingerprint!`: from the names of directories to a digest of the code in and behind them.
//!
//! [`files`] says what a directory holds, [`manifest`] and [`lockfile`] read cargo's files, [`packages`] walks from a
//! package to all that it is compiled with, and [`code`] puts these into one [`digest`].

mod code;
mod digest;
mod directory;
mod files;
mod lockfile;
mod manifest;
mod packages;
#[cfg(test)]
mod workspace;

use crate::errors::Errors;
use crate::message;
use code::Code;
use directory::Directory;
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::quote;
use std::path::Path;
use syn::parse::{ParseStream, Parser};
use syn::{LitStr, Token};

/// The value of a call `code_fingerprint!(#krate; "dir", …)`: the wrapper that users call puts its crate in front.
pub(crate) fn expand(input: TokenStream, manifest_dir: Option<&Path>) -> TokenStream {
    let mut errors = Errors::default();
    let Call { krate, directories } = Call::parse(input, &mut errors);
    let code = manifest_dir.map(|manifest_dir| fingerprint(manifest_dir, &directories, &mut errors));
    match code {
        Some(code) if errors.is_empty() => {
            let Code { digest, tracked } = code;
            quote!({
                const _: &[&[::core::primitive::u8]] = &[#(::core::include_bytes!(#tracked)),*];
                #krate::__private::code(#digest, &[#(#directories),*])
            })
        }
        code => {
            if code.is_none() {
                errors.at(Span::call_site(), message::no_manifest_dir());
            }
            // A value all the same, so that there is no second error about its absence.
            let (errors, digest) = (errors.to_compile_errors(), "0".repeat(64));
            quote!({
                #errors
                #krate::__private::code(#digest, &[])
            })
        }
    }
}

fn fingerprint(manifest_dir: &Path, literals: &[LitStr], errors: &mut Errors) -> Code {
    let root = manifest::workspace_root(manifest_dir);
    let mut directories: Vec<(&LitStr, Directory)> = Vec::new();
    for literal in literals {
        match Directory::find(manifest_dir, &root, &literal.value()) {
            Ok(found) if directories.iter().any(|(_, earlier)| earlier.canonical == found.canonical) => {
                errors.on(literal, message::directory_twice(&literal.value()));
            }
            Ok(found) => directories.push((literal, found)),
            Err(message) => errors.on(literal, message),
        }
    }
    let mut builder = code::Builder::default();
    for (literal, directory) in &directories {
        if let Err(message) = builder.add_directory(directory, &root) {
            errors.on(literal, message);
        }
    }
    if !errors.is_empty() {
        return Code::default();
    }
    let literal = directories.first().map(|(literal, _)| *literal);
    builder.finish(manifest_dir, &root).unwrap_or_else(|message| {
        errors.on(literal, message);
        Code::default()
    })
}

/// The crate that the wrapper belongs to, and the directories that the user named.
struct Call {
    krate: TokenStream,
    directories: Vec<LitStr>,
}

impl Call {
    fn parse(input: TokenStream, errors: &mut Errors) -> Self {
        let parser = |input: ParseStream<'_>| {
            let krate = tokens_until(input, |input| input.peek(Token![;]));
            input.parse::<Token![;]>()?;
            Ok(Self { krate, directories: directories(input, errors)? })
        };
        parser.parse2(input).unwrap_or_else(|error| {
            errors.push(error);
            Self { krate: quote!(::cached_smoke), directories: Vec::new() }
        })
    }
}

fn directories(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Vec<LitStr>> {
    if input.is_empty() {
        errors.at(Span::call_site(), message::no_directory_given());
    }
    let mut directories = Vec::new();
    while !input.is_empty() {
        let fork = input.fork();
        let argument = tokens_until(input, |input| input.peek(Token![,]));
        match fork.parse::<LitStr>() {
            Ok(literal) if fork.is_empty() || fork.peek(Token![,]) => directories.push(literal),
            _ => errors.on(argument, message::directory_is_no_literal()),
        }
        input.parse::<Option<Token![,]>>()?;
    }
    Ok(directories)
}

fn tokens_until(input: ParseStream<'_>, end: impl Fn(ParseStream<'_>) -> bool) -> TokenStream {
    let mut tokens = TokenStream::new();
    while !input.is_empty() && !end(input) {
        tokens.extend(input.parse::<TokenTree>());
    }
    tokens
}

#[cfg(test)]
mod tests;
