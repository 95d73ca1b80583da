//! Parses the arguments of `#[artifact(…)]`.

use crate::arguments::{self, is_repetition, path_value, skip_value};
use crate::errors::Errors;
use crate::message;
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Expr, Ident, LitStr, Path, Token, TypePath};

/// The names of all arguments, in the order of the documentation.
const KNOWN: [&str; 14] = [
    "name",
    "suite",
    "codec",
    "directory",
    "load",
    "save",
    "same",
    "key",
    "code",
    "format",
    "relocatable",
    "writable",
    "hermetic",
    "crate",
];
/// Those that have no value.
const FLAGS: [&str; 4] = ["directory", "relocatable", "writable", "hermetic"];

/// The well-formed arguments of one attribute.
#[derive(Default)]
pub(super) struct Arguments {
    pub(super) name: Option<LitStr>,
    pub(super) suite: Option<TypePath>,
    pub(super) codec: Option<TypePath>,
    pub(super) load: Option<Expr>,
    pub(super) save: Option<Expr>,
    pub(super) same: Option<Expr>,
    pub(super) key: Option<Expr>,
    pub(super) code: Option<Expr>,
    pub(super) format: Option<Expr>,
    pub(super) krate: Option<Path>,
    pub(super) directory: Option<Ident>,
    pub(super) is_relocatable: bool,
    pub(super) is_writable: bool,
    pub(super) is_hermetic: bool,
}

impl Arguments {
    /// Parses all arguments, and continues after errors.
    pub(super) fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        arguments::parse(tokens, errors, Self::parse_one)
    }

    fn parse_one(&mut self, input: ParseStream<'_>, seen: &mut Vec<Ident>, errors: &mut Errors) {
        let Some(name) = arguments::name(input, &KNOWN, "name", errors) else { return };
        let repeats = is_repetition(&name, seen, errors);
        seen.push(name.clone());
        // A repeated argument is parsed for its errors and then dropped.
        let target = if repeats { &mut Self::default() } else { self };
        let text = name.unraw().to_string();
        if FLAGS.contains(&&*text) {
            target.set_flag(name, &text, input, errors);
        } else {
            target.parse_value(&name, &text, input, errors);
        }
    }

    fn set_flag(&mut self, name: Ident, text: &str, input: ParseStream<'_>, errors: &mut Errors) {
        if input.peek(Token![=]) {
            errors.on(&name, message::flag_with_value(text));
            return skip_value(input);
        }
        match text {
            "directory" => self.directory = Some(name),
            "relocatable" => self.is_relocatable = true,
            "hermetic" => self.is_hermetic = true,
            _ => self.is_writable = true,
        }
    }

    fn parse_value(&mut self, name: &Ident, text: &str, input: ParseStream<'_>, errors: &mut Errors) {
        if !arguments::has_value(name, input, errors) {
            return;
        }
        match text {
            "suite" => self.suite = path_value(input, text, errors, TypePath::parse),
            "codec" => self.codec = path_value(input, text, errors, TypePath::parse),
            "crate" => self.krate = path_value(input, text, errors, Path::parse),
            _ => self.take_expression(input, text, errors),
        }
    }

    fn take_expression(&mut self, input: ParseStream<'_>, name: &str, errors: &mut Errors) {
        let Some(value) = arguments::expression(input, name, errors) else { return };
        match name {
            "name" => match arguments::string(&value) {
                Some(text) => self.name = Some(text),
                None => errors.on(value.to_token_stream(), message::name_takes_a_string()),
            },
            "load" => self.load = Some(value),
            "save" => self.save = Some(value),
            "same" => self.same = Some(value),
            "key" => self.key = Some(value),
            "code" => self.code = Some(value),
            _ => self.format = Some(value),
        }
    }
}
