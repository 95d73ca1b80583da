//! Reads the root of a crate and the files that it reaches by `mod x;`, `#[path]` and `include!`.
//!
//! A declaration counts whatever its `cfg` says, and also within a macro. A file that exists although the compiler
//! does not read it costs a needless build at worst.

use super::lexer::{self, Group, Token};
use super::place::Place;
use proc_macro2::Delimiter;
use std::collections::BTreeSet;
use std::path::Path;
use std::{fs, io};

/// The largest file, in bytes, that may be source. A larger one is data, such as a generated table.
const MAX_SOURCE: u64 = 1 << 20;

/// Calls `visit` with the name of each file, and with its tokens unless it is not Rust. Names are relative to
/// `package` unless they are absolute.
///
/// `visit` must not use tokens of the compiler. A text for which `matters` returns `false` may be skipped if it
/// declares no file.
///
/// # Errors
///
/// Returns an error if the root cannot be read.
pub(crate) fn walk(
    package: &Path,
    root: &str,
    matters: impl Fn(&str) -> bool,
    visit: impl FnMut(&str, Option<&[Token]>),
) -> io::Result<()> {
    lexer::without_compiler(|| walk_files(package, root, matters, visit))
}

fn walk_files(
    package: &Path,
    root: &str,
    matters: impl Fn(&str) -> bool,
    mut visit: impl FnMut(&str, Option<&[Token]>),
) -> io::Result<()> {
    fs::metadata(package.join(root))?;
    let mut visited = BTreeSet::new();
    let mut known = BTreeSet::new();
    let mut pending = vec![(root.to_owned(), Place::of_file(root))];
    while let Some((name, place)) = pending.pop() {
        let path = package.join(&name);
        let Some(found) = fs::metadata(&path).ok().filter(fs::Metadata::is_file) else { continue };
        // Links and `..` give a file several names, and an included file may include itself.
        if !visited.insert((path.canonicalize()?, place.clone())) {
            continue;
        }
        let is_first = known.insert(name.clone());
        let text = if found.len() <= MAX_SOURCE { fs::read_to_string(&path).ok() } else { None };
        if text.as_ref().is_some_and(|text| !matters(text) && !text.contains("mod") && !text.contains("include")) {
            continue;
        }
        let tokens = text.and_then(|text| lexer::tokens(&text));
        if is_first {
            visit(&name, tokens.as_deref());
        }
        add_declared(&tokens.unwrap_or_default(), &place, &mut pending);
    }
    Ok(())
}

/// Adds the files that tokens declare, in any group.
fn add_declared(tokens: &[Token], place: &Place, files: &mut Vec<(String, Place)>) {
    let mut attributes: Vec<&Group> = Vec::new();
    let mut rest = tokens;
    while let Some((token, after)) = rest.split_first() {
        rest = after;
        match (token, after) {
            (Token::Word(word), [Token::Word(name), end, ..]) if word == "mod" => {
                let name = super::scope::plain(name);
                match end {
                    Token::Group(content) if content.delimiter == Delimiter::Brace => {
                        for inside in place.inside(name, &attributes) {
                            add_declared(&content.tokens, &inside, files);
                        }
                        rest = &after[2..];
                    }
                    end if end.is_sign(';') => files.extend(place.files(name, &attributes)),
                    _ => {}
                }
                attributes.clear();
            }
            (Token::Word(word), [mark, Token::Group(arguments), ..]) if word == "include" && mark.is_sign('!') => {
                files.extend(included(arguments, place));
            }
            (Token::Group(group), _) => {
                add_declared(&group.tokens, place, files);
                if group.delimiter == Delimiter::Bracket {
                    attributes.push(group);
                }
            }
            // `#[…] pub(crate) unsafe mod`.
            (Token::Sign('#', _), _) => {}
            (Token::Word(word), _) if word == "pub" || word == "unsafe" => {}
            _ => attributes.clear(),
        }
    }
}

/// Returns the file in `include!("x")` or `include!(concat!(env!("CARGO_MANIFEST_DIR"), "/x"))`.
fn included(arguments: &Group, place: &Place) -> Option<(String, Place)> {
    let literal = |token: &Token| match token {
        Token::Literal(literal) => syn::parse_str::<syn::LitStr>(literal).ok().map(|text| text.value()),
        _ => None,
    };
    match &arguments.tokens[..] {
        [token] | [token, _] => literal(token).map(|path| place.included(&path)),
        [concat, _, Token::Group(parts)] if concat.is_word("concat") => {
            let [env, _, Token::Group(variable), _, path, ..] = &parts.tokens[..] else { return None };
            let is_package = env.is_word("env")
                && variable.tokens.first().and_then(literal).as_deref() == Some("CARGO_MANIFEST_DIR");
            let name = literal(path).filter(|_| is_package)?.trim_start_matches('/').to_owned();
            let place = Place::of_file(&name);
            Some((name, place))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the files that a crate of these sources reaches. The first is its root.
    fn reached(files: &[(&str, &str)]) -> Vec<String> {
        let package = tempfile::tempdir().expect("a temporary directory");
        for (name, text) in files {
            let path = package.path().join(name);
            fs::create_dir_all(path.parent().expect("in a directory")).expect("a directory");
            fs::write(path, text).expect("written");
        }
        let mut names = Vec::new();
        walk(package.path(), files[0].0, |_| true, |name, _| names.push(name.to_owned())).expect("readable");
        names.sort();
        names
    }

    #[test]
    fn declared_files_are_reached() {
        let files = [
            ("tests/t.rs", "mod a; #[cfg(x)] pub(crate) mod b { mod c; } #[path = \"../far/d.rs\"] mod d; mod gone;"),
            ("tests/a.rs", "mod deep; fn f() { #[path = \"in_body.rs\"] mod x; }"),
            ("tests/a/deep.rs", ""),
            ("tests/in_body.rs", ""),
            ("tests/b/c/mod.rs", "cfg_if! { if #[cfg(unix)] { mod e; } }"),
            ("tests/b/c/e.rs", ""),
            ("far/d.rs", "mod f;"),
            ("far/f.rs", ""),
            ("tests/other.rs", ""),
        ];
        let expected = [
            "tests/../far/d.rs",
            "tests/../far/f.rs",
            "tests/a.rs",
            "tests/a/deep.rs",
            "tests/b/c/e.rs",
            "tests/b/c/mod.rs",
            "tests/in_body.rs",
            "tests/t.rs",
        ];
        assert_eq!(reached(&files), expected);
    }

    #[test]
    fn included_files_are_sources() {
        let files = [
            ("t.rs", "include!(\"more/x.in\"); fn f() { include!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/y.rs\")) }"),
            ("more/x.in", "mod z; include!(\"x.in\");"),
            ("more/z.rs", ""),
            ("y.rs", "1"),
        ];
        assert_eq!(reached(&files), ["more/x.in", "more/z.rs", "t.rs", "y.rs"]);
    }

    #[test]
    fn files_that_are_not_rust_are_visited_without_tokens() {
        let package = tempfile::tempdir().expect("a temporary directory");
        fs::write(package.path().join("t.rs"), "fn (").expect("written");
        let mut visited = 0;
        walk(package.path(), "t.rs", |_| true, |_, tokens| visited += usize::from(tokens.is_none())).expect("readable");
        assert_eq!(visited, 1);
        assert!(walk(package.path(), "gone.rs", |_| true, |_, _| ()).is_err());
    }
}
