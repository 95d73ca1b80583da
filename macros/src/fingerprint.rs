//! Expands `code_fingerprint!`: from the names of directories and files to a fingerprint of their code and
//! dependencies.
//!
//! | module | job |
//! | --- | --- |
//! | [`call`] | parses the call |
//! | [`command_line`] | reads the compiler's command line |
//! | [`compiled`], [`metadata`], [`dep_info`], [`unit`] | find the dependencies, by the files that the compiler and cargo wrote |
//! | [`objects`], [`archive`] | find objects of other languages in the dependencies |
//! | [`flags`] | selects the flags that can change what code does |
//! | [`named`], [`files`], [`paths`] | find the directories and files that the user named |
//! | [`recorded`], [`mentions`], [`times`] | record the named files that no dependency is compiled from, and own sources |
//! | [`manifest`], [`lockfile`], [`packages`], [`locked`] | find code that is not compiled, by cargo's files |
//! | [`part`], [`digest`] | hold and digest the parts of a fingerprint |
//! | [`assemble`] | decides which of these counts, and how |
//! | [`fallback`] | assembles a fingerprint without the compiler's command line |
//! | [`code`] | holds the result |

mod archive;
mod assemble;
mod call;
mod code;
mod command_line;
mod compiled;
mod dep_info;
mod digest;
mod fallback;
mod files;
mod flags;
mod locked;
mod lockfile;
mod manifest;
mod mentions;
mod metadata;
mod named;
mod objects;
mod packages;
mod part;
mod paths;
mod recorded;
mod times;
mod unit;
#[cfg(test)]
mod workspace;

use crate::errors::Errors;
use crate::message;
use assemble::{Compilation, Failure};
use call::{Arguments, Call};
use code::Code;
use command_line::CommandLine;
use named::{Named, Subject};
use proc_macro2::{Span, TokenStream};
use quote::quote;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use syn::LitStr;

/// The largest file, in bytes, that the compiler watches by `include_bytes!`: it reads the whole file into memory.
const MAX_WATCHED: u64 = 1 << 20;

/// Returns the directory into which the compiler writes the current crate.
pub(crate) fn output_directory() -> Option<PathBuf> {
    CommandLine::of_process().ok()?.out_dir.filter(|directory| directory.is_absolute())
}

/// Expands a call `code_fingerprint!(#krate; "dir", …)`: the wrapper that users call puts its crate in front.
pub(crate) fn expand(input: TokenStream, manifest_dir: Option<&Path>) -> TokenStream {
    let mut errors = Errors::default();
    let call = Call::parse(input, &mut errors);
    let code = manifest_dir.map(|manifest_dir| fingerprint(manifest_dir, &call, &mut errors));
    let (code, errors) = match code {
        Some(code) if errors.is_empty() => (code, TokenStream::new()),
        code => {
            if code.is_none() {
                errors.at(Span::call_site(), message::no_manifest_dir());
            }
            // The expansion has a value in any case, so that its absence is not a second error.
            (Arc::default(), errors.to_compile_errors())
        }
    };
    let krate = &call.krate;
    let names = call.own.then(|| call::OWN.to_owned()).into_iter().chain(call.names.iter().map(LitStr::value));
    let watched = watched(&code.tracked);
    let (digest, parts) = (code.parts.digest(), code.parts.lines());
    let (files_digest, files) = (code.recorded.digest(), code.recorded.lines());
    let files_parts = code.recorded.parts().lines();
    let package = std::env::var("CARGO_PKG_NAME").unwrap_or_default();
    let manifest_dir = manifest_dir.unwrap_or(Path::new("")).display().to_string();
    let directory = std::env::current_dir().unwrap_or_default().display().to_string();
    let (doubt, fallback) = (option(code.doubt.as_ref()), option(code.fallback.as_ref()));
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
            doubt: #doubt,
            fallback: #fallback,
        })
    })
}

fn option(text: Option<&String>) -> TokenStream {
    text.map_or_else(|| quote!(::core::option::Option::None), |text| quote!(::core::option::Option::Some(#text)))
}

/// Selects the files that `include_bytes!` can watch.
fn watched(files: &BTreeSet<PathBuf>) -> Vec<String> {
    let is_small = |path: &PathBuf| fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() <= MAX_WATCHED);
    files.iter().filter(|path| is_small(path)).filter_map(|path| path.to_str().map(str::to_owned)).collect()
}

/// Returns the root of the crate that is being compiled, by the compiler's command line.
#[allow(dead_code, reason = "the attribute will use it")]
pub(crate) fn root_of_current_crate() -> Option<PathBuf> {
    let root = std::env::current_dir().ok()?.join(CommandLine::of_process().ok()?.input?);
    root.is_file().then_some(root)
}

/// Returns the fingerprint of a call. Calls with equal arguments in one crate have one fingerprint, and many functions
/// of a crate may have the same.
fn fingerprint(manifest_dir: &Path, call: &Call, errors: &mut Errors) -> Arc<Code> {
    static KNOWN: Mutex<BTreeMap<Arguments, Arc<Code>>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(code) = known.get(&call.arguments()) {
        return Arc::clone(code);
    }
    let line = CommandLine::of_process();
    let out_dir = std::env::var_os("OUT_DIR").map(PathBuf::from);
    let code = Arc::new(fingerprint_in(manifest_dir, call, line, out_dir.as_deref(), errors));
    // A server of macros outside of the compiler serves several crates.
    if errors.is_empty() && code.fallback.is_none() {
        known.insert(call.arguments(), Arc::clone(&code));
    }
    code
}

fn fingerprint_in(
    manifest_dir: &Path,
    call: &Call,
    line: Result<CommandLine, String>,
    out_dir: Option<&Path>,
    errors: &mut Errors,
) -> Code {
    let root = manifest::workspace_root(manifest_dir);
    let mut subject = Subject { named: Vec::new(), own: call.own, portable: call.portable };
    let named = &mut subject.named;
    for literal in &call.names {
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
        let compilation = Compilation { manifest_dir, root: &root, directory: &directory, out_dir, line };
        assemble::compiled(&subject, &compilation)
    });
    let code = match compiled {
        Err(Failure::Unreadable(reason)) => fallback::by_sources_alone(&subject, manifest_dir, &root, reason),
        Err(Failure::Mistake(message)) => Err(message),
        Ok(code) => Ok(code),
    };
    code.unwrap_or_else(|message| {
        errors.on(call.names.first(), message);
        Code::default()
    })
}

#[cfg(test)]
mod tests;
