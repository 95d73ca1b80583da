//! Separates the tests of a crate from the code that counts.
//!
//! A test counts nevertheless if other code mentions its name, or if its body contains an item that affects code
//! outside of it, such as an `impl`.

use super::attributes::{ARTIFACT, are_of_test, names};
use super::code::Code;
use super::items::{Item, Kind, split};
use super::lexer::{Group, Token};
use super::neutral;
use super::scope::{Words, plain};
use super::walk::walk;
use proc_macro2::Delimiter;
use std::io;
use std::path::Path;

/// The words in a test that may affect code outside of it: implementations, exported macros and symbols. Files of
/// modules count only if they are reached from code that counts.
const FAR_REACHING: [&str; 6] = ["export_name", "impl", "include", "macro_export", "mod", "no_mangle"];

/// The macros whose items are those of the module around them.
const TRANSPARENT: &str = "proptest";
/// The macro whose functions are tests.
const ALL_TESTS: &str = "quickcheck";
/// The macros that declare no module.
const CLOSED: [&str; 9] = [
    "cfg_if",
    "compile_error",
    "criterion_group",
    "criterion_main",
    "include",
    "lazy_static",
    "proptest",
    "quickcheck",
    "thread_local",
];

/// The sources of a crate.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    pub(crate) sources: Vec<Source>,
    /// Another crate's macro may declare modules, whose files are not among the sources.
    pub(crate) is_open: bool,
}

/// A source of a crate.
#[derive(Debug)]
pub(crate) struct Source {
    /// Relative to the package, or absolute.
    pub(crate) name: String,
    /// The code that counts, without comments and tests. `None` if the file is not Rust, and counts as it is.
    pub(crate) code: Option<String>,
    /// The tests that do not count.
    pub(crate) tests: String,
    /// No code of the crate depends on this source.
    pub(crate) is_neutral: bool,
}

/// A module that is written within a file, or the top of a file.
#[derive(Debug)]
struct Scope {
    /// `None` for the top of a file.
    name: Option<String>,
    /// The names that the code in the module and below mentions.
    words: Words,
}

/// A function that does not count, unless code mentions it.
#[derive(Debug)]
struct Test {
    /// The index of its source.
    source: usize,
    name: String,
    text: String,
    words: Words,
    /// The indices of the modules around it, the innermost last.
    scopes: Vec<usize>,
}

impl Counted {
    /// Reads the sources of the crate whose root is `root`, relative to `package`.
    ///
    /// # Errors
    ///
    /// Returns an error if the root cannot be read.
    pub(crate) fn read(package: &Path, root: &str) -> io::Result<Self> {
        let mut reading = Reading::default();
        walk(package, root, |_| true, |name, tokens| reading.add_file(name, tokens))?;
        reading.count_mentioned();
        Ok(reading.finish())
    }
}

#[derive(Default)]
struct Reading {
    counted: Counted,
    scopes: Vec<Scope>,
    tests: Vec<Test>,
    /// The names that the code of the crate mentions.
    words: Words,
    /// The names of the macros that the crate defines.
    macros: Vec<String>,
    /// The names of the macros that the crate calls in place of an item.
    called: Vec<String>,
}

impl Reading {
    fn add_file(&mut self, name: &str, tokens: Option<&[Token]>) {
        let code = tokens.map(|_| String::new());
        self.counted.sources.push(Source { name: name.to_owned(), code, tests: String::new(), is_neutral: false });
        match tokens {
            Some(tokens) => {
                self.scopes.push(Scope { name: None, words: Words::default() });
                self.add_items(tokens, &[self.scopes.len() - 1], false);
            }
            None => self.counted.is_open = true,
        }
    }

    fn add_items(&mut self, tokens: &[Token], scopes: &[usize], all_are_tests: bool) {
        let mut other: Vec<&Token> = Vec::new();
        for item in split(tokens) {
            match item.kind {
                Kind::Function(ref function)
                    if (all_are_tests || are_of_test(&item.attributes)) && !is_far_reaching(item.tokens) =>
                {
                    let name = plain(function.name).to_owned();
                    self.add_test(name, item.tokens, scopes);
                }
                Kind::Module { name, content } => {
                    self.add_code(std::mem::take(&mut other), scopes);
                    let name = plain(name).to_owned();
                    self.scopes.push(Scope { name: Some(name), words: Words::default() });
                    let inner = [scopes, &[self.scopes.len() - 1]].concat();
                    self.add_group(&item, content, scopes, &inner, false);
                }
                Kind::Call { name, content } if name == TRANSPARENT || name == ALL_TESTS => {
                    self.add_code(std::mem::take(&mut other), scopes);
                    self.add_group(&item, content, scopes, scopes, name == ALL_TESTS);
                }
                Kind::Call { name, .. } => {
                    self.called.push(name.to_owned());
                    other.extend(item.tokens);
                }
                _ => other.extend(item.tokens),
            }
        }
        self.add_code(other, scopes);
    }

    /// Adds an item that ends with a group of items.
    fn add_group(&mut self, item: &Item<'_>, content: &Group, scopes: &[usize], inner: &[usize], all_are_tests: bool) {
        let head = item.tokens.split_last().map_or(item.tokens, |(_, head)| head);
        self.add_code(head, scopes);
        self.append("{");
        self.add_items(&content.tokens, inner, all_are_tests);
        self.append("}");
    }

    fn add_code<'a>(&mut self, tokens: impl IntoIterator<Item = &'a Token>, scopes: &[usize]) {
        let code = Code::of(tokens);
        if code.text.is_empty() {
            return;
        }
        self.append(&code.text);
        // Two sequences of tokens that follow each other are not one.
        self.append("\n");
        self.mention(&code.words, scopes);
        self.macros.extend(code.macros);
        self.counted.is_open |= code.is_open;
    }

    fn append(&mut self, text: &str) {
        if let Some(code) = self.counted.sources.last_mut().and_then(|source| source.code.as_mut()) {
            code.push_str(text);
        }
    }

    fn mention(&mut self, words: &Words, scopes: &[usize]) {
        self.words.extend(words);
        for &scope in scopes {
            self.scopes[scope].words.extend(words);
        }
    }

    fn add_test(&mut self, name: String, tokens: &[Token], scopes: &[usize]) {
        let Code { text, words, .. } = Code::of(tokens);
        let source = self.counted.sources.len() - 1;
        self.tests.push(Test { source, name, text, words, scopes: scopes.to_owned() });
    }

    /// Counts the tests that code mentions, and those that these mention.
    fn count_mentioned(&mut self) {
        loop {
            let (mentioned, others) = std::mem::take(&mut self.tests).into_iter().partition(|test| self.mentions(test));
            self.tests = others;
            let mentioned: Vec<Test> = mentioned;
            if mentioned.is_empty() {
                return;
            }
            for test in mentioned {
                self.mention(&test.words, &test.scopes);
                if let Some(code) = &mut self.counted.sources[test.source].code {
                    code.push_str(&test.text);
                    code.push('\n');
                }
            }
        }
    }

    /// Returns `true` if code that can name a test mentions its name. The items of a module whose own name is nowhere
    /// mentioned can only be named within that module.
    fn mentions(&self, test: &Test) -> bool {
        let innermost = test.scopes.last().map(|scope| &self.scopes[*scope]);
        let hidden = innermost.filter(|scope| scope.name.as_ref().is_some_and(|name| !self.words.has(name)));
        hidden.map_or(&self.words, |scope| &scope.words).has(&test.name)
    }

    fn finish(mut self) -> Counted {
        let is_closed = |name: &&String| CLOSED.contains(&name.as_str()) || self.macros.contains(name);
        self.counted.is_open |= !self.called.iter().all(|name| is_closed(&name));
        self.counted.sources[0].is_neutral = self.is_root_neutral();
        for test in &self.tests {
            let tests = &mut self.counted.sources[test.source].tests;
            tests.push_str(&test.text);
            tests.push('\n');
        }
        self.counted
    }
}

impl Reading {
    /// Returns `true` if the root has no code, and no other source mentions what the root may name.
    fn is_root_neutral(&self) -> bool {
        let files = self.scopes.iter().filter(|scope| scope.name.is_none()).skip(1);
        let looks_up = |scope: &Scope| scope.words.has("crate") || scope.words.has("super");
        let code = self.counted.sources[0].code.as_deref();
        self.counted.sources.len() > 1
            && code.is_some_and(neutral::only_declares)
            && !files.into_iter().any(looks_up)
            && self.counted.sources.iter().all(|source| source.code.is_some())
    }
}

/// Returns `true` if a test contains an item that affects code outside of it, or a function that builds an artifact.
fn is_far_reaching(tokens: &[Token]) -> bool {
    tokens.iter().any(|token| match token {
        Token::Group(group) => {
            is_far_reaching(&group.tokens)
                || group.delimiter == Delimiter::Bracket && names(&[group]).contains(&ARTIFACT)
        }
        Token::Word(word) => FAR_REACHING.contains(&word.as_str()),
        _ => false,
    })
}

#[cfg(test)]
mod tests;
