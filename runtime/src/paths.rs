//! The forms of paths that other programs accept, and the names that Windows cannot have.
//!
//! The rules of Windows are pure functions, so that tests on every system check them.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The length in characters from which Windows refuses a path without the prefix `\\?\`, for a directory that is to
/// have files.
const MAX_WITHOUT_PREFIX: usize = 248;

/// Returns the absolute path without links, in a form that other programs accept.
///
/// On Windows, `fs::canonicalize` returns `\\?\C:\…`. Compilers, interpreters and git do not accept that form.
///
/// # Errors
/// Fails if the path does not exist, or if a directory on the way cannot be read.
pub(crate) fn real(path: &Path) -> io::Result<PathBuf> {
    let real = fs::canonicalize(path)?;
    let short = real.to_str().and_then(without_prefix).map(PathBuf::from);
    Ok(short.filter(|_| cfg!(windows)).unwrap_or(real))
}

/// Returns a path of Windows without the prefix `\\?\`. Returns `None` if the prefix is missing or needed: for a long
/// path, for a name that Windows reads differently without it, and on a network drive.
fn without_prefix(path: &str) -> Option<&str> {
    let rest = path.strip_prefix(r"\\?\")?;
    let (drive, below) = rest.split_at_checked(3)?;
    let is_drive = matches!(drive.as_bytes(), [letter, b':', b'\\'] if letter.is_ascii_alphabetic());
    let is_short = rest.encode_utf16().count() < MAX_WITHOUT_PREFIX;
    let mut names = below.split('\\').filter(|name| !name.is_empty());
    (is_drive && is_short && names.all(|name| refusal_of_windows(name).is_none())).then_some(rest)
}

/// Returns the reason why Windows cannot have a file of this name, if it cannot.
///
/// It opens a device in place of `nul` and of `nul.txt`, and removes dots and spaces from the end of a name.
pub(crate) fn refusal_of_windows(name: &str) -> Option<&'static str> {
    const DEVICES: &[&str] = &["con", "prn", "aux", "nul", "conin$", "conout$"];
    /// Followed by a digit.
    const PORTS: &[&str] = &["com", "lpt"];
    const DIGITS: &[&str] = &["1", "2", "3", "4", "5", "6", "7", "8", "9", "¹", "²", "³"];
    let is_refused = |character: char| character.is_ascii_control() || r#"<>:"/\|?*"#.contains(character);
    if name.contains(is_refused) {
        return Some("Windows does not allow one of its characters");
    }
    if name.ends_with(['.', ' ']) {
        return Some("Windows allows no dot and no space at the end of a name");
    }
    let stem = name.split('.').next().unwrap_or(name).trim_end_matches(' ').to_ascii_lowercase();
    let is_port = PORTS.iter().any(|port| stem.strip_prefix(port).is_some_and(|digit| DIGITS.contains(&digit)));
    (is_port || DEVICES.contains(&&*stem)).then_some("it is the name of a device on Windows")
}

/// Returns the bytes of a path with `/` between its components, so that equal trees have equal digests on all systems.
pub(crate) fn bytes(path: &OsStr) -> Cow<'_, [u8]> {
    with_slashes(path.as_encoded_bytes(), std::path::MAIN_SEPARATOR)
}

fn with_slashes(path: &[u8], separator: char) -> Cow<'_, [u8]> {
    match separator {
        // No other character has this byte in its encoding.
        '\\' => path.iter().map(|byte| if *byte == b'\\' { b'/' } else { *byte }).collect::<Vec<_>>().into(),
        _ => path.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_windows_cannot_have_are_known() {
        for refused in [
            "nul",
            "NUL",
            "nul.txt",
            "nul .txt",
            "Con",
            "aux.tar.gz",
            "com1",
            "LPT9.log",
            "com¹",
            "conout$",
            "a.",
            "a ",
            "..",
            "a:b",
            "a?",
            "a\"b",
            "a\\b",
            "a\tb",
            "a|b",
        ] {
            assert!(refusal_of_windows(refused).is_some(), "{refused}");
        }
        for allowed in
            ["a", "null", "nul_", "console", "com", "com10", "com0x", "lpt", ".a", "a.b", "ä", "a b", "auxiliary.c"]
        {
            assert_eq!(refusal_of_windows(allowed), None, "{allowed}");
        }
    }

    #[test]
    fn the_prefix_of_windows_is_removed_where_it_is_not_needed() {
        for (path, expected) in [
            (r"\\?\C:\a\b", Some(r"C:\a\b")),
            (r"\\?\z:\", Some(r"z:\")),
            (r"C:\a", None),
            ("/a/b", None),
            (r"\\?\UNC\server\share\a", None),
            (r"\\?\Volume{b75e2c83-0000-0000-0000-602f00000000}\a", None),
            (r"\\?\C:\a.\b", None),
            (r"\\?\C:\nul\b", None),
            (r"\\?\C:", None),
            (r"\\?\ä:\a", None),
            (r"\\?\", None),
        ] {
            assert_eq!(without_prefix(path), expected, "{path}");
        }
        let long = |length: usize| format!(r"\\?\C:\{}", "x".repeat(length - 3));
        assert!(without_prefix(&long(MAX_WITHOUT_PREFIX - 1)).is_some());
        assert!(without_prefix(&long(MAX_WITHOUT_PREFIX)).is_none());
    }

    #[test]
    fn a_real_path_has_no_prefix_and_no_link() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let real = real(directory.path()).expect("it exists");
        assert!(!real.to_str().is_some_and(|path| path.starts_with(r"\\")), "{}", real.display());
        assert_eq!(fs::canonicalize(&real).expect("it exists"), fs::canonicalize(directory.path()).expect("it exists"));
    }

    #[test]
    fn digests_see_slashes_on_every_system() {
        assert_eq!(&*with_slashes(b"a\\b\\c", '\\'), b"a/b/c");
        assert_eq!(&*with_slashes(b"a\\b/c", '/'), b"a\\b/c");
        let nested: PathBuf = ["a", "b"].iter().collect();
        assert_eq!(&*bytes(nested.as_os_str()), b"a/b");
    }
}
