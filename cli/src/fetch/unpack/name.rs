//! What an entry may be called, and where a link may lead.

/// Characters that no name may have on this system: they would name something else than a file of this name.
const FORBIDDEN: &[char] = if cfg!(windows) { &['\\', ':', '*', '?', '"', '<', '>', '|'] } else { &[] };

/// The parts of an entry's name, without empty ones and `.`; an error says why the name is refused.
pub(super) fn parts(name: &str) -> Result<Vec<&str>, &'static str> {
    if name.starts_with('/') {
        return Err("its name is absolute");
    }
    let parts: Vec<&str> = name.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.contains(&"..") {
        return Err("its name leads out of the archive");
    }
    if parts.iter().any(|part| part.contains(char::is_control) || part.contains(FORBIDDEN)) {
        return Err("its name has characters that no file should have");
    }
    if parts.iter().any(|part| is_git_directory(part)) {
        return Err("it would be part of git's own directory");
    }
    Ok(parts)
}

/// Whether some file system takes `part` for `.git`: case is ignored by most, dots and blanks at the end by Windows,
/// characters of no width by macOS, and `git~1` is its short name.
fn is_git_directory(part: &str) -> bool {
    let visible: String = part.chars().filter(|char| !is_invisible(*char)).collect();
    let plain = visible.trim_end_matches(['.', ' ']);
    plain.eq_ignore_ascii_case(".git") || plain.eq_ignore_ascii_case("git~1")
}

fn is_invisible(char: char) -> bool {
    matches!(char, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}')
}

/// Fails when a link to `target`, `depth` directories below the top, leads out of the top-level directory.
pub(super) fn stays_inside(target: &[u8], depth: usize) -> Result<(), &'static str> {
    let out = Err("the link leads out of the archive");
    if target.starts_with(b"/") || (cfg!(windows) && target.iter().any(|byte| matches!(byte, b'\\' | b':'))) {
        return out;
    }
    let mut depth = depth;
    for part in target.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." if depth == 0 => return out,
            b".." => depth -= 1,
            _ => depth += 1,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_are_split() {
        assert_eq!(parts("./a//b/./.gitignore"), Ok(vec!["a", "b", ".gitignore"]));
        assert_eq!(parts("./"), Ok(vec![]));
    }

    #[test]
    fn names_that_git_could_take_for_its_own_are_refused() {
        for name in
            ["a/.git/config", "a/.GIT/hooks/post-checkout", "a/b/.git", "a/.git . .", "a/GIT~1", "a/.g\u{200c}it"]
        {
            assert!(parts(name).is_err(), "{name}");
        }
        for name in ["a/.gitignore", "a/.github/x", "a/git", "a/x.git", "a/.gitattributes"] {
            assert!(parts(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn links_may_climb_as_far_as_the_top_and_no_further() {
        assert!(stays_inside(b"../x", 1).is_ok());
        assert!(stays_inside(b"y/../../x", 1).is_ok());
        assert!(stays_inside(b"../x", 0).is_err());
        assert!(stays_inside(b"y/../../../x", 1).is_err());
        assert!(stays_inside(b"/etc/passwd", 5).is_err());
    }
}
