//! Recognises the temporary files of editors and file managers, which come and go while the user edits other files.

/// Returns `true` for the name of a temporary file: swap files of Vim, lock files and backups of Emacs, and files of
/// macOS and of NFS.
pub(crate) fn is_temporary(name: &[u8]) -> bool {
    let is_swap = name.starts_with(b".") && name.len() > 4 && name[..name.len() - 1].ends_with(b".sw");
    is_swap
        || name.starts_with(b".#")
        || name.starts_with(b"#") && name.ends_with(b"#")
        || name.ends_with(b"~")
        || name.starts_with(b".nfs0")
        || name == b".DS_Store"
        || name == b"4913"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temporary_files_are_recognised_by_name() {
        for name in [".lib.rs.swp", ".#lib.rs", "#lib.rs#", "lib.rs~", ".nfs0123", ".DS_Store", "4913"] {
            assert!(is_temporary(name.as_bytes()), "{name}");
        }
        for name in ["lib.rs", ".hidden", ".sw", "a.swp", "#lib.rs"] {
            assert!(!is_temporary(name.as_bytes()), "{name}");
        }
    }
}
