//! The properties of the two readers of untrusted input, manifests and archives.
//!
//! The fuzz targets in `fuzz/` check them, and so do tests with thousands of random inputs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use arbitrary::{Result, Unstructured};

use crate::store::archive;
use crate::store::manifest::{ArchiveFile, FileKind, ListedFile, Manifest, check_paths};

/// Returns `true` if the bytes are a manifest.
///
/// # Panics
/// If a manifest that is written and read again differs, or if it names a file outside its directory.
pub fn manifest(text: &[u8]) -> bool {
    // The bytes themselves, and the bytes with the digest that an attacker would compute for them.
    let vouched = Manifest::vouched(text);
    let texts = [Some(text), vouched.as_deref().map(str::as_bytes)];
    let read = texts.into_iter().flatten().filter_map(|text| Manifest::from_json(text).ok()).inspect(|manifest| {
        assert_eq!(Manifest::from_json(manifest.to_json().as_bytes()).as_ref(), Ok(manifest));
        let root = Path::new("/cache/entry/artifact");
        let mut paths: Vec<PathBuf> = manifest.files.iter().map(|file| root.join(&file.path)).collect();
        assert!(paths.iter().all(|path| path.starts_with(root) && path != root), "{paths:?}");
        assert!(!paths.iter().any(|path| path.components().any(|part| part.as_os_str() == "..")), "{paths:?}");
        paths.sort();
        assert!(
            paths.windows(2).all(|pair| !pair[1].starts_with(&pair[0])),
            "a path equals another path or is below it: {paths:?}"
        );
        let _ = manifest.bytes();
    });
    read.count() > 0
}

/// Returns `true` if an archive that is generated from the bytes can be unpacked.
///
/// # Panics
/// If the unpacked files differ from the listed ones, or if anything is written outside the target directory.
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
    let (packed, parent) = (root.path().join("archive"), root.path().join("parent"));
    if fs::write(&packed, &tar).and_then(|()| fs::create_dir(&parent)).is_err() {
        return false;
    }
    let expected = ArchiveFile { size: tar.len() as u64, digest: digest(&tar) };
    let target = parent.join("target");
    let unpacked = archive::unpack(&packed, &expected, &listed, &target).is_ok();
    let names = |path: &Path| fs::read_dir(path).map_or(0, Iterator::count);
    assert!(names(root.path()) == 2 && names(&parent) <= 1, "a file was written outside the target");
    if unpacked {
        let mut found = BTreeMap::new();
        collect(&target, &target, &mut found);
        assert_eq!(found, contents);
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
            _ => panic!("{} is not a plain file", path.display()),
        }
    }
}

/// The files that a manifest lists, and the bytes of an archive, which mostly has the same files.
type Archive = (Vec<(String, Vec<u8>)>, Vec<u8>);

/// Generates an archive.
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

/// Adds an entry to an archive: mostly a valid one, sometimes with the wrong kind, size or name.
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
    // Set directly, because the library rejects names with `..` and absolute names.
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
    fn random_archives_unpack_only_inside_the_target() {
        let mut unpacked = 0;
        for seed in 0..3_000 {
            let mut random = Rng::with_seed(seed);
            let bytes: Vec<u8> = (0..random.usize(1..200)).map(|_| random.u8(..)).collect();
            unpacked += u32::from(unpack(&bytes));
        }
        assert!(unpacked > 100, "too few archives are valid: {unpacked}");
    }

    /// Changes a few bytes or values of a valid manifest.
    #[test]
    fn random_manifests_name_only_files_inside_the_entry() {
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
        assert!(read > 100, "too few manifests are valid: {read}");
    }
}
