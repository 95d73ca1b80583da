//! Checks the names of entries, and the targets of links.

use anyhow::{Result, anyhow, bail};
use gix_validate::path::component::Options;

/// git refuses names that some file system takes for `.git`: macOS ignores case and characters of no width, Windows
/// ignores dots and blanks at the end, and knows `git~1`. A name that Windows forbids is refused on Windows only.
const PROTECTION: Options = Options { protect_windows: cfg!(windows), protect_hfs: true, protect_ntfs: true };

/// Returns the parts of an entry's name, without empty ones and `.`.
pub(super) fn parts(name: &str) -> Result<Vec<&str>> {
    if name.starts_with('/') {
        bail!("its name is absolute");
    }
    let parts: Vec<&str> = name.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    for part in &parts {
        if *part == ".." {
            bail!("its name leads out of the archive");
        }
        if part.contains(char::is_control) {
            bail!("its name has control characters");
        }
        let checked = gix_validate::path::component(part.as_bytes().into(), None, PROTECTION);
        checked.map_err(|error| anyhow!("its name is refused: {error}"))?;
    }
    Ok(parts)
}

/// Fails if a link to `target`, `depth` directories below the top, leads out of the top-level directory.
pub(super) fn stays_inside(target: &[u8], depth: usize) -> Result<()> {
    const OUT: &str = "the link leads out of the archive";
    if target.starts_with(b"/") || (cfg!(windows) && target.iter().any(|byte| matches!(byte, b'\\' | b':'))) {
        bail!(OUT);
    }
    let mut depth = depth;
    for part in target.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." if depth == 0 => bail!(OUT),
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
        assert_eq!(parts("./a//b/./.gitignore").expect("a name"), ["a", "b", ".gitignore"]);
        assert!(parts("./").expect("a name").is_empty());
    }

    #[test]
    fn names_of_the_git_directory_are_refused() {
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
    fn links_may_lead_to_the_top_and_no_further() {
        assert!(stays_inside(b"../x", 1).is_ok());
        assert!(stays_inside(b"y/../../x", 1).is_ok());
        assert!(stays_inside(b"../x", 0).is_err());
        assert!(stays_inside(b"y/../../../x", 1).is_err());
        assert!(stays_inside(b"/etc/passwd", 5).is_err());
    }
}
