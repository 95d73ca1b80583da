//! What must hold of the two readers of what others may have written, whatever the bytes: the body of the fuzz targets in
//! `fuzz/`, and of a test that runs some thousands of random inputs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use arbitrary::{Result, Unstructured};

use crate::store::archive;
use crate::store::manifest::{ArchiveFile, FileKind, ListedFile, Manifest, check_paths};

/// Whether the bytes are a manifest. One that is read is written as it was read, and names no file outside of its directory.
///
/// # Panics
/// If that does not hold.
pub fn manifest(text: &[u8]) -> bool {
    // As it is, and as somebody would write it who knows how its digest is made.
    let vouched = Manifest::vouched(text);
    let texts = [Some(text), vouched.as_deref().map(str::as_bytes)];
    let read = texts.into_iter().flatten().filter_map(|text| Manifest::from_json(text).ok()).inspect(|manifest| {
        assert_eq!(Manifest::from_json(manifest.to_json().as_bytes()).as_ref(), Ok(manifest));
        let root = Path::new("/cache/entry/artifact");
        let mut places: Vec<PathBuf> = manifest.files.iter().map(|file| root.join(&file.path)).collect();
        assert!(places.iter().all(|place| place.starts_with(root) && place != root), "{places:?}");
        assert!(!places.iter().any(|place| place.components().any(|part| part.as_os_str() == "..")), "{places:?}");
        places.sort();
        assert!(
            places.windows(2).all(|pair| !pair[1].starts_with(&pair[0])),
            "one is another, or below it: {places:?}"
        );
        let _ = manifest.bytes();
    });
    read.count() > 0
}

/// Whether an archive that is made of the bytes is unpacked. If it is, all that is there is what was listed; and nothing is
/// written outside of its directory in any case.
///
/// # Panics
/// If that does not hold.
pub fn unpack(bytes: &[u8]) -> bool {
    let mut source = Unstructured::new(bytes);
    let Ok((files, tar)) = archive_of(&mut source) else { return false };
    let contents: BTreeMap<PathBuf, Vec<u8>> =
        files.iter().map(|(path, content)| (PathBuf::from(path), content.clone())).collect();
    let list = |(path, content): (String, Vec<u8>)| ListedFile {
        path,
        kind: FileKind::Plain,
        size: content.len() as u64,
        digest: digest(&content),
    };
    let listed: Vec<ListedFile> = files.into_iter().map(list).collect();
    if check_paths(&listed).is_err() {
        return false;
    }

    let Ok(root) = tempfile::tempdir() else { return false };
    let (packed, place) = (root.path().join("archive"), root.path().join("place"));
    if fs::write(&packed, &tar).and_then(|()| fs::create_dir(&place)).is_err() {
        return false;
    }
    let expected = ArchiveFile { size: tar.len() as u64, digest: digest(&tar) };
    let target = place.join("target");
    let unpacked = archive::unpack(&packed, &expected, &listed, &target).is_ok();
    let names = |path: &Path| fs::read_dir(path).map_or(0, Iterator::count);
    assert!(names(root.path()) == 2 && names(&place) <= 1, "something was written beside the target");
    if unpacked {
        let mut there = BTreeMap::new();
        collect(&target, &target, &mut there);
        assert_eq!(there, contents);
    }
    unpacked
}

fn digest(content: &[u8]) -> String {
    blake3::hash(content).to_hex().to_string()
}

fn collect(root: &Path, directory: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => collect(root, &path, found),
            Ok(kind) if kind.is_file() => {
                let relative = path.strip_prefix(root).map(Path::to_owned).unwrap_or_default();
                found.insert(relative, fs::read(&path).unwrap_or_default());
            }
            _ => panic!("{} is no plain file", path.display()),
        }
    }
}

/// Files that a manifest lists, and an archive, mostly of those, whose bytes the manifest vouches for.
type Archive = (Vec<(String, Vec<u8>)>, Vec<u8>);

fn archive_of(source: &mut Unstructured<'_>) -> Result<Archive> {
    let mut files = Vec::new();
    let mut builder = tar::Builder::new(Vec::new());
    for _ in 0..source.int_in_range(0..=4)? {
        let path = name(source)?;
        let content: Vec<u8> = source.arbitrary()?;
        if source.ratio(7, 8)? {
            files.push((path.clone(), content.clone()));
        }
        entry(source, &mut builder, &path, &content)?;
    }
    let mut tar = builder.into_inner().unwrap_or_default();
    if source.ratio(1, 8)? && !tar.is_empty() {
        let position = source.choose_index(tar.len())?;
        tar[position] = source.arbitrary()?;
    }
    let packed = zstd::encode_all(&tar[..], 1).unwrap_or_default();
    let packed = if source.ratio(1, 8)? { source.arbitrary()? } else { packed };
    Ok((files, packed))
}

/// One of an archive: mostly as it should be, sometimes of another kind, of another size, or under another name.
fn entry(source: &mut Unstructured<'_>, builder: &mut tar::Builder<Vec<u8>>, path: &str, content: &[u8]) -> Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Regular);
    header.set_size(content.len() as u64);
    let other = if source.ratio(1, 8)? { name(source)? } else { path.to_owned() };
    if source.ratio(1, 8)? {
        header.set_entry_type(tar::EntryType::new(source.arbitrary()?));
        let _ = header.set_link_name("../../elsewhere");
    }
    if source.ratio(1, 8)? {
        header.set_size(source.arbitrary()?);
    }
    if source.ratio(1, 8)? {
        let _ = builder.append_pax_extensions([("path", name(source)?.as_bytes()), ("size", b"7")]);
    }
    // As no library would write it: whatever the bytes.
    let length = other.len().min(99);
    header.as_old_mut().name[..length].copy_from_slice(&other.as_bytes()[..length]);
    header.set_cksum();
    let times = if source.ratio(1, 8)? { 2 } else { 1 };
    for _ in 0..times {
        let _ = builder.append(&header, content);
    }
    Ok(())
}

fn name(source: &mut Unstructured<'_>) -> Result<String> {
    const NAMES: [&str; 12] =
        ["a", "b", "a/b", "a/b/c", "below/d", "../a", "/a", "a/../../b", ".", "a/", "a\\b", "elsewhere"];
    if source.ratio(7, 8)? { Ok((*source.choose(&NAMES)?).to_owned()) } else { source.arbitrary() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fastrand::Rng;

    #[test]
    fn some_thousands_of_random_archives() {
        let mut unpacked = 0;
        for seed in 0..3_000 {
            let mut random = Rng::with_seed(seed);
            let bytes: Vec<u8> = (0..random.usize(1..200)).map(|_| random.u8(..)).collect();
            unpacked += u32::from(unpack(&bytes));
        }
        assert!(unpacked > 100, "most of what is tried is refused at once: {unpacked}");
    }

    /// What is to be read as a manifest: one that is, with a few bytes or values changed.
    #[test]
    fn some_thousands_of_random_manifests() {
        const GOOD: &str = include_str!("../fuzz/corpus/manifest/good.json");
        const VALUES: [&str; 9] = ["null", "-1", "18446744073709551615", "1e400", "\"../x\"", "[]", "{}", "\"a\"", "2"];
        assert!(manifest(GOOD.as_bytes()));
        let mut read = 0;
        for seed in 0..20_000 {
            let mut random = Rng::with_seed(seed);
            let mut text = GOOD.to_owned();
            for _ in 0..random.usize(1..3) {
                let marks: Vec<usize> = text.match_indices(": ").map(|(mark, _)| mark + 2).collect();
                let start = marks[random.usize(..marks.len())];
                let end = text[start..].find([',', '\n']).map_or(text.len(), |length| start + length);
                text.replace_range(start..end, VALUES[random.usize(..VALUES.len())]);
            }
            let mut bytes = text.into_bytes();
            if random.bool() {
                let position = random.usize(..bytes.len());
                bytes[position] = random.u8(..);
            }
            read += u32::from(manifest(&bytes));
        }
        assert!(read > 100, "most of what is tried is refused at once: {read}");
    }
}
