//! Adds packages by their manifests and `Cargo.lock`, where no compiled library represents their code.
//!
//! This concerns packages that the user named and that are not compiled into the current crate. It concerns all
//! packages if the compiler's command line cannot be read.
//!
//! These count:
//!
//! - the manifests and build scripts of the packages that own the named files;
//! - the declarations that these packages inherit from their workspace;
//! - name, version, source and checksum of each dependency in `Cargo.lock`;
//! - the files of the path dependencies.

use super::code::Code;
use super::files::{self, Extent};
use super::lockfile::Lockfile;
use super::manifest::Manifest;
use super::named::Named;
use super::packages::{Closure, Walk};
use super::part::Kind;
use super::paths::relative;
use crate::message;
use std::path::{Path, PathBuf};

/// Returns the manifest of the package that owns a named file or directory, or `None` if no package owns it.
///
/// # Errors
///
/// Returns a message if a manifest cannot be read.
pub(super) fn owner(named: &Named, root: &Path) -> Result<Option<Manifest>, String> {
    let root = root.canonicalize().map_err(|error| message::unreadable(root, &error))?;
    let directory = if named.canonical.is_file() { named.canonical.parent() } else { Some(&*named.canonical) };
    directory.map_or(Ok(None), |directory| Manifest::owning(directory, &root))
}

/// Adds all that the owners are compiled with. The dev-dependencies of the current crate's package are included.
///
/// # Errors
///
/// Returns a message if a lock file, a manifest or a path dependency cannot be read or found.
pub(super) fn add(
    code: &mut Code,
    named: &[Named],
    manifest_dir: &Path,
    root: &Path,
    mut owners: Vec<Manifest>,
) -> Result<(), String> {
    owners.sort_by(|a, b| a.directory.cmp(&b.directory));
    owners.dedup_by(|a, b| a.directory == b.directory);
    let lock = Lockfile::find(manifest_dir)?;
    let root_manifest = Manifest::read(root)?;
    let own = manifest_dir.canonicalize().map_err(|error| message::unreadable(manifest_dir, &error))?;
    let closure = match &lock {
        Some(lock) => Walk::new(lock, root, root_manifest.as_ref(), &owners, &own)?.from(&owners)?,
        None => Closure::default(),
    };
    let mut add_file = |path: PathBuf| {
        let digest = files::digest(&path)?;
        code.parts.add(Kind::File, relative(&path, &own), digest);
        code.tracked.insert(path);
        Ok::<_, String>(())
    };
    for owner in &owners {
        add_file(owner.path())?;
        owner.build_script().map_or(Ok(()), &mut add_file)?;
    }
    let is_named = |canonical: &Path| named.iter().any(|named| named.covers(canonical));
    for (canonical, directory) in closure.local.iter().filter(|(canonical, _)| !is_named(canonical)) {
        for file in files::collect(directory, Extent::Library)?.files {
            add_file(canonical.join(&file.name))?;
        }
    }
    code.tracked.extend(closure.manifests.iter().cloned());
    code.tracked.extend(lock.iter().map(|lock| lock.path.clone()));
    for (package, dependency, declaration) in &closure.inherited {
        let digest = super::digest::of_bytes(declaration);
        code.parts.add(Kind::Package, format!("{dependency} of {package}"), digest);
    }
    for package in lock.iter().flat_map(|lock| closure.packages.iter().map(|&index| lock.package(index))) {
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        let name = format!("{} {}", package.name, package.version);
        let value = format!("{} {} {}", package.version, text(&package.source), text(&package.checksum));
        code.parts.add(Kind::Package, name, value);
    }
    Ok(())
}
