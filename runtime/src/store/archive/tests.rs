use super::*;
use crate::store::manifest::FileKind;

struct Packed {
    directory: tempfile::TempDir,
    files: Vec<ListedFile>,
    archive: ArchiveFile,
}

fn packed() -> Packed {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let source = directory.path().join("files");
    fs::create_dir_all(source.join("below")).expect("created");
    let mut files = Vec::new();
    for (path, content) in [("a", vec![7_u8; 300_000]), ("below/b", b"content".to_vec()), ("empty", Vec::new())] {
        fs::write(source.join(path), &content).expect("written");
        let digest = blake3::hash(&content).to_hex().to_string();
        files.push(ListedFile { path: path.to_owned(), kind: FileKind::Plain, size: content.len() as u64, digest });
    }
    let archive = pack(&source, &files, &directory.path().join("a.tar.zst")).expect("packed");
    Packed { directory, files, archive }
}

impl Packed {
    fn unpack(&self, name: &str) -> Result<(), String> {
        let path = self.directory.path();
        damage_of(unpack(&path.join("a.tar.zst"), &self.archive, &self.files, &path.join(name)))
    }
}

/// Returns the damage that an unpacking found.
fn damage_of(unpacked: Result<(), UnpackError>) -> Result<(), String> {
    match unpacked {
        Ok(()) => Ok(()),
        Err(UnpackError::Damaged(damage)) => Err(damage),
        Err(UnpackError::Io(error)) => panic!("the disk is fine: {error}"),
    }
}

#[test]
fn unpacking_restores_the_packed_files() {
    let packed = packed();
    assert_eq!(packed.unpack("out"), Ok(()));
    for file in &packed.files {
        let read = |top: &str| fs::read(packed.directory.path().join(top).join(&file.path)).expect("readable");
        assert_eq!(read("files"), read("out"));
    }
}

#[test]
fn packing_is_deterministic() {
    assert_eq!(packed().archive, packed().archive);
}

#[test]
fn each_flipped_missing_or_added_byte_is_damage() {
    let packed = packed();
    let path = packed.directory.path().join("a.tar.zst");
    let good = fs::read(&path).expect("readable");
    let mut damaged = Vec::new();
    for position in 0..good.len() {
        let mut flipped = good.clone();
        flipped[position] ^= 1;
        damaged.push(flipped);
        damaged.push(good[..position].to_vec());
    }
    damaged.push([&good[..], b"\0"].concat());
    damaged.push([&good[..], &good[..]].concat());
    for (number, bytes) in damaged.into_iter().enumerate() {
        fs::write(&path, bytes).expect("written");
        assert!(packed.unpack(&format!("out{number}")).is_err(), "case {number}");
    }
}

#[test]
fn unlisted_missing_and_resized_files_are_damage() {
    let mut unlisted = packed();
    unlisted.files.pop();
    assert!(unlisted.unpack("out").is_err_and(|damage| damage.contains("`empty`, which is not listed")));

    let mut lacking = packed();
    lacking.files.push(ListedFile { path: "more".to_owned(), kind: FileKind::Plain, size: 0, digest: String::new() });
    assert!(lacking.unpack("out").is_err_and(|damage| damage.contains("lacks `more`")));

    let mut resized = packed();
    resized.files[0].size += 1;
    assert!(resized.unpack("out").is_err_and(|damage| damage.contains("not a file of 300001 bytes")));
}

/// Unpacks a hostile archive, by a manifest that lists only `file`, of seven bytes. The digest of the archive is valid,
/// so only its content can be refused. Returns the damage.
fn hostile(write: impl FnOnce(&mut tar::Builder<Vec<u8>>)) -> String {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut builder = tar::Builder::new(Vec::new());
    write(&mut builder);
    let bytes = zstd::encode_all(&builder.into_inner().expect("finished")[..], 3).expect("packed");
    let source = directory.path().join("a.tar.zst");
    fs::write(&source, &bytes).expect("written");
    let archive = ArchiveFile { size: bytes.len() as u64, digest: blake3::hash(&bytes).to_hex().to_string() };
    let digest = blake3::hash(b"content").to_hex().to_string();
    let files = [ListedFile { path: "file".to_owned(), kind: FileKind::Plain, size: 7, digest }];
    let target = directory.path().join("in/out");
    fs::create_dir(directory.path().join("in")).expect("created");
    let unpacked = damage_of(unpack(&source, &archive, &files, &target));
    let mut around: Vec<_> = fs::read_dir(directory.path()).expect("readable").flatten().collect();
    around.extend(fs::read_dir(directory.path().join("in")).expect("readable").flatten());
    assert_eq!(around.len(), 3, "nothing is written outside of the target: {around:?}");
    unpacked.err().unwrap_or_default()
}

/// Returns a header of any name and kind, which a library would refuse to write.
fn header(name: &str, kind: tar::EntryType, size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(0o644);
    header.set_cksum();
    header
}

#[test]
fn a_listed_file_of_a_hostile_archive_is_unpacked() {
    let good = |builder: &mut tar::Builder<Vec<u8>>| {
        builder.append(&header("file", tar::EntryType::Regular, 7), &b"content"[..]).expect("written");
    };
    assert_eq!(hostile(good), "");
}

#[test]
fn names_outside_of_the_target_are_refused() {
    for name in ["../evil", "/evil", "in/../../evil", "..", ".", "file/../../evil", "./file", "file/"] {
        let damage = hostile(|builder| {
            builder.append(&header(name, tar::EntryType::Regular, 7), &b"content"[..]).expect("written");
        });
        assert!(damage.contains("which is not listed"), "{name}: {damage}");
    }
}

#[test]
fn names_in_extension_headers_are_refused() {
    let damage = hostile(|builder| {
        builder.append_pax_extensions([("path", &b"../evil"[..])]).expect("written");
        builder.append(&header("file", tar::EntryType::Regular, 7), &b"content"[..]).expect("written");
    });
    assert!(damage.contains("which is not listed"), "{damage}");
    let damage = hostile(|builder| {
        builder.append_pax_extensions([("size", &b"1000000000000"[..])]).expect("written");
        builder.append(&header("file", tar::EntryType::Regular, 7), &b"content"[..]).expect("written");
    });
    assert!(damage.contains("which is not listed"), "{damage}");
    let damage = hostile(|builder| {
        builder.append(&header("long", tar::EntryType::GNULongName, 8), &b"../evil\0"[..]).expect("written");
        builder.append(&header("file", tar::EntryType::Regular, 7), &b"content"[..]).expect("written");
    });
    assert!(damage.contains("`../evil`, which is not listed"), "{damage}");
}

#[test]
fn long_names_are_unpacked_up_to_a_limit() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let name = ["a".repeat(150), "b".repeat(150)].join("/");
    fs::create_dir(directory.path().join("a".repeat(150))).expect("created");
    fs::write(directory.path().join(&name), "content").expect("written");
    let listed = ListedFile {
        path: name.clone(),
        kind: FileKind::Plain,
        size: 7,
        digest: blake3::hash(b"content").to_hex().to_string(),
    };
    let (files, target) = ([listed], directory.path().join("a.tar.zst"));
    let archive = pack(directory.path(), &files, &target).expect("packed");
    let out = directory.path().join("out");
    assert_eq!(damage_of(unpack(&target, &archive, &files, &out)), Ok(()));
    assert_eq!(fs::read(out.join(name)).expect("readable"), b"content");

    let damage = hostile(|builder| {
        for _ in 0..2 {
            builder.append(&header("long", tar::EntryType::GNULongName, 5), &b"file\0"[..]).expect("written");
        }
        builder.append(&header("file", tar::EntryType::Regular, 7), &b"content"[..]).expect("written");
    });
    assert!(damage.contains("is not a file of 7 bytes"), "one name for each file: {damage}");
    // An extension header would be read into memory before it is checked.
    for (kind, size) in [(tar::EntryType::GNULongName, 64 << 20), (tar::EntryType::XHeader, 64 << 20)] {
        let damage = hostile(|builder| {
            let zeros = vec![0; size];
            builder.append(&header("long", kind, size as u64), &zeros[..]).expect("written");
            builder.append(&header("file", tar::EntryType::Regular, 7), &b"content"[..]).expect("written");
        });
        assert!(damage.contains("`long`, which is not listed"), "{kind:?}: {damage}");
    }
}

#[test]
fn special_files_are_refused() {
    use tar::EntryType;
    for kind in [
        EntryType::Symlink,
        EntryType::Link,
        EntryType::Char,
        EntryType::Block,
        EntryType::Fifo,
        EntryType::Directory,
        EntryType::GNUSparse,
        EntryType::Continuous,
    ] {
        let damage = hostile(|builder| {
            let mut header = header("file", kind, 7);
            header.set_link_name("../evil").expect("short enough");
            header.set_cksum();
            builder.append(&header, &b"content"[..]).expect("written");
        });
        assert!(!damage.is_empty(), "{kind:?}");
    }
}

#[test]
fn a_duplicate_name_is_refused() {
    let damage = hostile(|builder| {
        for _ in 0..2 {
            builder.append(&header("file", tar::EntryType::Regular, 7), &b"content"[..]).expect("written");
        }
    });
    assert!(damage.contains("which is not listed"), "{damage}");
}

#[test]
fn content_that_differs_from_the_list_is_refused() {
    for content in [&b"content and more"[..], b"conten", b"CONTENT", b""] {
        let damage = hostile(|builder| {
            let size = content.len() as u64;
            builder.append(&header("file", tar::EntryType::Regular, size), content).expect("written");
        });
        assert!(!damage.is_empty(), "{content:?}");
    }
}

#[test]
fn a_decompression_bomb_is_refused() {
    let damage = hostile(|builder| {
        let zeros = vec![0; 64 << 20];
        builder.append(&header("file", tar::EntryType::Regular, zeros.len() as u64), &zeros[..]).expect("written");
    });
    assert!(damage.contains("is not a file of 7 bytes"), "{damage}");
}
