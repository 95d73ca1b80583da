use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, Header};
use tempfile::TempDir;

use super::*;

/// An archive under construction. It writes any name into a header.
struct Sdist(Builder<Vec<u8>>);

impl Sdist {
    fn new() -> Self {
        Sdist(Builder::new(Vec::new()))
    }

    fn entry(mut self, kind: EntryType, name: &str, target: &str, mode: u32, content: &[u8]) -> Self {
        let mut header = Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.as_old_mut().linkname[..target.len()].copy_from_slice(target.as_bytes());
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(content.len() as u64);
        header.set_cksum();
        self.0.append(&header, content).expect("an entry");
        self
    }

    fn file(self, name: &str, content: &str) -> Self {
        self.entry(EntryType::Regular, name, "", 0o644, content.as_bytes())
    }

    fn link(self, kind: EntryType, name: &str, target: &str) -> Self {
        self.entry(kind, name, target, 0o777, b"")
    }

    fn compressed(self) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&self.0.into_inner().expect("a tar")).expect("compressed");
        encoder.finish().expect("compressed")
    }

    fn unpack(self) -> (TempDir, Result<Unpacked, String>) {
        unpack_bytes(&self.compressed(), LIMITS)
    }
}

/// Unpacks into `inside/staging` below the returned directory, so that an escape by one level is detected.
fn unpack_bytes(bytes: &[u8], limits: Limits) -> (TempDir, Result<Unpacked, String>) {
    let root = tempfile::tempdir().expect("a directory");
    let archive = root.path().join("x-1.0.tar.gz");
    fs::write(&archive, bytes).expect("an archive");
    fs::create_dir(root.path().join("inside")).expect("a directory");
    let unpacked = unpack(&archive, &root.path().join("inside/staging"), limits, &ProgressBar::hidden());
    (root, unpacked.map_err(|error| format!("{error:#}")))
}

#[track_caller]
fn refused(sdist: Sdist, reason: &str) {
    let (root, unpacked) = sdist.unpack();
    let error = unpacked.expect_err("a hostile archive");
    assert!(error.contains(reason), "{error}");
    let names = |path: &Path| -> Vec<_> {
        fs::read_dir(path).expect("a directory").map(|entry| entry.expect("an entry").file_name()).collect()
    };
    assert_eq!(names(root.path()).len(), 2, "something was written outside");
    assert!(names(&root.path().join("inside")).len() <= 1, "something was written outside");
}

#[test]
fn top_level_directory_and_modes_are_removed() {
    let (root, unpacked) = Sdist::new()
        .entry(EntryType::XGlobalHeader, "pax_global_header", "", 0o644, b"30 comment=0123456789abcdef01\n")
        .entry(EntryType::Directory, "x-1.0/", "", 0o700, b"")
        .file("x-1.0/setup.py", "setup()")
        .entry(EntryType::Regular, "x-1.0/bin/run", "", 0o6711, b"#!/bin/sh")
        .entry(EntryType::Directory, "./x-1.0/bin", "", 0o000, b"")
        .unpack();
    assert_eq!(unpacked.expect("a good archive").executables, ["bin/run"]);
    let staging = root.path().join("inside/staging");
    assert_eq!(fs::read_to_string(staging.join("setup.py")).expect("a file"), "setup()");
    #[cfg(unix)]
    for (name, mode) in [("setup.py", 0o100_644), ("bin/run", 0o100_755)] {
        use std::os::unix::fs::MetadataExt;
        assert_eq!(fs::metadata(staging.join(name)).expect("a file").mode(), mode, "{name}");
    }
}

#[test]
fn long_names_are_combined() {
    let name = format!("x-1.0/{}/file.py", "directory/".repeat(30));
    let mut builder = Builder::new(Vec::new());
    let mut header = Header::new_gnu();
    header.set_size(1);
    header.set_mode(0o644);
    builder.append_data(&mut header, &name, &b"1"[..]).expect("an entry");
    let (root, unpacked) = Sdist(builder).unpack();
    unpacked.expect("a good archive");
    let inner = name.strip_prefix("x-1.0/").expect("a prefix");
    assert!(root.path().join("inside/staging").join(inner).is_file());
}

#[test]
fn link_that_stays_inside_is_skipped_and_counted() {
    let (root, unpacked) = Sdist::new()
        .file("x-1.0/docs/a", "a")
        .link(EntryType::Symlink, "x-1.0/docs/b", "../docs/a")
        .link(EntryType::Symlink, "x-1.0/c", "docs")
        .unpack();
    assert_eq!(unpacked.expect("a good archive").links_skipped, 2);
    assert!(fs::symlink_metadata(root.path().join("inside/staging/docs/b")).is_err());
}

#[test]
fn traversal_is_refused() {
    refused(Sdist::new().file("x-1.0/../../escaped", ""), "leads out");
}

#[test]
fn absolute_name_is_refused() {
    refused(Sdist::new().file("/x-1.0/escaped", ""), "absolute");
}

#[test]
fn file_is_not_written_through_a_link() {
    let sdist = Sdist::new().link(EntryType::Symlink, "x-1.0/out", "../..").file("x-1.0/out/escaped", "");
    refused(sdist, "the link leads out");
}

#[test]
fn hard_link_is_refused() {
    refused(Sdist::new().file("x-1.0/a", "").link(EntryType::Link, "x-1.0/b", "x-1.0/a"), "hard links");
}

#[test]
fn devices_and_pipes_are_refused() {
    for kind in [EntryType::Char, EntryType::Block, EntryType::Fifo] {
        refused(Sdist::new().entry(kind, "x-1.0/device", "", 0o666, b""), "only files and directories");
    }
}

#[test]
fn git_directory_is_refused() {
    refused(Sdist::new().file("x-1.0/.git/config", "[core]\n\tfsmonitor = evil\n"), "The .git name may never be used");
}

#[test]
fn duplicate_name_is_refused() {
    refused(Sdist::new().file("x-1.0/a", "1").file("x-1.0/./a", "2"), "occurs twice");
}

#[test]
fn file_in_place_of_a_directory_is_refused() {
    refused(Sdist::new().file("x-1.0/a", "1").file("x-1.0/a/b", "2"), "a file is in its place");
}

#[test]
fn second_top_level_directory_is_refused() {
    refused(Sdist::new().file("x-1.0/a", "").file("y-1.0/a", ""), "more than one top-level");
}

#[test]
fn file_at_the_top_level_is_refused() {
    refused(Sdist::new().file("setup.py", ""), "not inside a top-level");
}

#[test]
fn archive_without_files_is_refused() {
    refused(Sdist::new().entry(EntryType::Directory, "x-1.0/", "", 0o755, b""), "holds no file");
}

#[test]
fn bomb_is_refused_before_anything_is_written() {
    let bytes = Sdist::new().file("x-1.0/zeros", &"\0".repeat(100_000)).compressed();
    let (root, unpacked) = unpack_bytes(&bytes, Limits { bytes: 50_000, entries: 10 });
    let error = unpacked.expect_err("too large");
    assert!(error.ends_with("it unpacks to more than 50000 bytes"), "{error}");
    assert!(!root.path().join("inside/staging").exists());
}

#[test]
fn bomb_behind_the_end_of_the_tar_is_refused() {
    let tar = Sdist::new().file("x-1.0/a", "").0.into_inner().expect("a tar");
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&tar).expect("compressed");
    encoder.write_all(&vec![0; 100_000]).expect("compressed");
    let (_root, unpacked) = unpack_bytes(&encoder.finish().expect("compressed"), Limits { bytes: 50_000, entries: 10 });
    assert!(unpacked.expect_err("too large").ends_with("it unpacks to more than 50000 bytes"));
}

#[test]
fn too_many_entries_are_refused_before_anything_is_written() {
    let sdist = (0..11).fold(Sdist::new(), |sdist, file| sdist.file(&format!("x-1.0/{file}"), ""));
    let (root, unpacked) = unpack_bytes(&sdist.compressed(), Limits { bytes: 1 << 20, entries: 10 });
    assert!(unpacked.expect_err("too many").ends_with("it has more than 10 entries"));
    assert!(!root.path().join("inside/staging").exists());
}

#[test]
fn enormous_name_is_refused_without_reading_it() {
    let name = "n".repeat(2 << 20);
    let sdist = Sdist::new().entry(EntryType::GNULongName, "././@LongLink", "", 0o644, name.as_bytes());
    refused(sdist.file("x-1.0/a", ""), "a header of more than a megabyte");
}

#[test]
fn size_in_an_extended_header_is_refused() {
    let sdist = Sdist::new().entry(EntryType::XHeader, "x-1.0/pax", "", 0o644, b"10 size=7\n");
    refused(sdist.file("x-1.0/a", "1"), "sparse or enormous");
}

#[test]
fn damaged_archive_is_refused_before_anything_is_written() {
    let whole = Sdist::new().file("x-1.0/a", &"some text ".repeat(1000)).file("x-1.0/b", "more").compressed();
    for length in [0, 5, whole.len() / 2, whole.len() - 1] {
        let (root, unpacked) = unpack_bytes(&whole[..length], LIMITS);
        assert!(unpacked.is_err(), "cut off after {length} of {}", whole.len());
        assert!(!root.path().join("inside/staging").exists());
    }
    let mut wrong_checksum = whole.clone();
    let last = whole.len() - 5;
    wrong_checksum[last] ^= 1;
    assert!(unpack_bytes(&wrong_checksum, LIMITS).1.expect_err("altered").contains(": it is damaged, incomplete or "));
}
