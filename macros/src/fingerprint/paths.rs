//! Paths of packages and between files.

use std::path::Path;

/// Returns the directory of the package that a source in `directory` belongs to.
pub(super) fn package_directory(directory: &Path) -> Option<&Path> {
    directory.ancestors().find(|above| above.join("Cargo.toml").is_file())
}

/// Returns the path from `base` to `path`, with `/` on every system. Both are canonical, or are spelled alike.
pub(super) fn relative(path: &Path, base: &Path) -> String {
    let common = path.iter().zip(base.iter()).take_while(|(a, b)| a == b).count();
    let up = base.iter().skip(common).map(|_| "..");
    let down = path.iter().skip(common).map(|part| part.to_string_lossy());
    up.map(std::borrow::Cow::from).chain(down).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_path_leads_from_base_to_path() {
        assert_eq!(relative(Path::new("/a/b/c.rs"), Path::new("/a/b")), "c.rs");
        assert_eq!(relative(Path::new("/a/x/c.rs"), Path::new("/a/b")), "../x/c.rs");
    }
}
