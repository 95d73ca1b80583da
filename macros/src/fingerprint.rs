//! `code_fingerprint!`: from the names of directories and files to a fingerprint of the code in and below them.
//!
//! | module | job |
//! | --- | --- |
//! | [`command_line`] | the compiler's command line |
//! | [`compiled`], [`metadata`], [`dep_info`], [`unit`] | the libraries below, from the files that the compiler and cargo wrote |
//! | [`objects`], [`archive`] | objects of other languages in them |
//! | [`flags`] | flags that can change what code does |
//! | [`named`], [`files`] | what the user named |
//! | [`loose`], [`mentions`] | named files that no library is compiled from |
//! | [`manifest`], [`lockfile`], [`packages`], [`locked`] | code that is not compiled, by cargo's files |
//! | [`part`], [`digest`] | the parts of the fingerprint |
//! | [`code`] | which of these counts in which way |

mod archive;
mod code;
mod command_line;
mod compiled;
mod dep_info;
mod digest;
mod files;
mod flags;
mod locked;
mod lockfile;
mod loose;
mod manifest;
mod mentions;
mod metadata;
mod named;
mod objects;
mod packages;
mod part;
mod unit;
#[cfg(test)]
mod workspace;

use crate::errors::Errors;
use crate::message;
use code::{Code, Failure, Surroundings};
use command_line::CommandLine;
use named::Named;
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::quote;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use syn::parse::{ParseStream, Parser};
use syn::{Ident, LitStr, Token};

/// The word for a fingerprint by sources.
const PORTABLE: &str = "portable";

/// A larger file is not given to the compiler to watch: it would be read into memory.
const MOST_WATCHED: u64 = 1 << 20;

/// Expands a call `code_fingerprint!(#krate; "dir", …)`: the wrapper that users call puts its crate in front.
pub(crate) fn expand(input: TokenStream, manifest_dir: Option<&Path>) -> TokenStream {
    let mut errors = Errors::default();
    let Call { krate, portable, names } = Call::parse(input, &mut errors);
    let code = manifest_dir.map(|manifest_dir| fingerprint(manifest_dir, &names, portable, &mut errors));
    let (code, errors) = match code {
        Some(code) if errors.is_empty() => (code, TokenStream::new()),
        code => {
            if code.is_none() {
                errors.at(Span::call_site(), message::no_manifest_dir());
            }
            // A value all the same, so that there is no second error about its absence.
            (Code::default(), errors.to_compile_errors())
        }
    };
    let watched = watched(code.tracked);
    let (digest, parts) = (code.parts.digest(), code.parts.lines());
    let (files_digest, files) = (code.loose.digest(), code.loose.lines());
    let files_parts = code.loose.parts().lines();
    let package = std::env::var("CARGO_PKG_NAME").unwrap_or_default();
    let manifest_dir = manifest_dir.unwrap_or(Path::new("")).display().to_string();
    let directory = std::env::current_dir().unwrap_or_default().display().to_string();
    let (suspect, fallback) = (option(code.suspect), option(code.fallback));
    quote!({
        #errors
        const _: &[&[::core::primitive::u8]] = &[#(::core::include_bytes!(#watched)),*];
        #krate::__private::code(#krate::__private::Code {
            package: #package,
            file: ::core::file!(),
            module: ::core::module_path!(),
            names: &[#(#names),*],
            digest: #digest,
            parts: #parts,
            files_digest: #files_digest,
            files: #files,
            files_parts: #files_parts,
            manifest_dir: #manifest_dir,
            directory: #directory,
            suspect: #suspect,
            fallback: #fallback,
        })
    })
}

fn option(text: Option<String>) -> TokenStream {
    text.map_or_else(|| quote!(::core::option::Option::None), |text| quote!(::core::option::Option::Some(#text)))
}

fn watched(files: BTreeSet<PathBuf>) -> Vec<String> {
    let is_small =
        |path: &PathBuf| fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() <= MOST_WATCHED);
    files.into_iter().filter(is_small).filter_map(|path| path.to_str().map(str::to_owned)).collect()
}

fn fingerprint(manifest_dir: &Path, literals: &[LitStr], portable: bool, errors: &mut Errors) -> Code {
    let line = CommandLine::of_process();
    let out_dir = std::env::var_os("OUT_DIR").map(PathBuf::from);
    fingerprint_in(manifest_dir, literals, portable, line, out_dir.as_deref(), errors)
}

fn fingerprint_in(
    manifest_dir: &Path,
    literals: &[LitStr],
    portable: bool,
    line: Result<CommandLine, String>,
    out_dir: Option<&Path>,
    errors: &mut Errors,
) -> Code {
    let root = manifest::workspace_root(manifest_dir);
    let mut named: Vec<Named> = Vec::new();
    for literal in literals {
        match Named::find(manifest_dir, &root, &literal.value()) {
            Ok(found) if named.iter().any(|earlier| earlier.canonical == found.canonical) => {
                errors.on(literal, message::named_twice(&literal.value()));
            }
            Ok(found) => match found.check() {
                Ok(()) => named.push(found),
                Err(message) => errors.on(literal, message),
            },
            Err(message) => errors.on(literal, message),
        }
    }
    if !errors.is_empty() {
        return Code::default();
    }
    let directory = std::env::current_dir().unwrap_or_else(|_| root.clone());
    let compiled = line.map_err(Failure::Unreadable).and_then(|line| {
        let around = Surroundings { manifest_dir, root: &root, directory: &directory, out_dir, line };
        code::compiled(&named, &around, portable)
    });
    let code = match compiled {
        Err(Failure::Unreadable(reason)) => code::by_sources_alone(&named, manifest_dir, &root, reason),
        Err(Failure::Mistake(message)) => Err(message),
        Ok(code) => Ok(code),
    };
    code.unwrap_or_else(|message| {
        errors.on(literals.first(), message);
        Code::default()
    })
}

/// The crate that the wrapper belongs to, and what the user wrote.
struct Call {
    krate: TokenStream,
    portable: bool,
    names: Vec<LitStr>,
}

impl Call {
    fn parse(input: TokenStream, errors: &mut Errors) -> Self {
        let parser = |input: ParseStream<'_>| {
            let krate = tokens_until(input, |input| input.peek(Token![;]));
            input.parse::<Token![;]>()?;
            Self { krate, portable: false, names: Vec::new() }.with_arguments(input, errors)
        };
        parser.parse2(input).unwrap_or_else(|error| {
            errors.push(error);
            Self { krate: quote!(::cached_smoke), portable: false, names: Vec::new() }
        })
    }

    fn with_arguments(mut self, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Self> {
        while !input.is_empty() {
            let fork = input.fork();
            let argument = tokens_until(input, |input| input.peek(Token![,]));
            let is_end = |fork: ParseStream<'_>| fork.is_empty() || fork.peek(Token![,]);
            if let Ok(word) = fork.parse::<Ident>() {
                match word == PORTABLE && is_end(&fork) {
                    true if self.portable => errors.on(argument, message::portable_twice()),
                    true => self.portable = true,
                    false => errors.on(argument, message::name_is_no_literal()),
                }
            } else {
                match fork.parse::<LitStr>() {
                    Ok(literal) if is_end(&fork) => self.names.push(literal),
                    _ => errors.on(argument, message::name_is_no_literal()),
                }
            }
            input.parse::<Option<Token![,]>>()?;
        }
        if self.names.is_empty() && errors.is_empty() {
            errors.at(Span::call_site(), message::nothing_named());
        }
        Ok(self)
    }
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
