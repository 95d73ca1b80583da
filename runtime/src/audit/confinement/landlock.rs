//! Landlock, the access control of Linux that a process may set for itself.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreated, RulesetCreatedAttr, RulesetError, Scope,
};

use super::{Unconfined, check_threads};
use crate::audit::cover::Cover;
use crate::audit::system::{INSTALLED, KERNEL, LIBRARIES, LOADER, SHARED_MEMORY};
use crate::disk;

/// The oldest supported version: it limits files, truncation and TCP. Linux 6.7 and later have it.
const REQUIRED: ABI = ABI::V4;
/// The version that also limits abstract Unix sockets and signals. Applied where the kernel has it.
const WANTED: ABI = ABI::V6;
/// Devices that hold no data. Others, such as disks, do, and so do the files in shared memory.
const DEVICES: &[&str] = &["/dev/null", "/dev/zero", "/dev/full", "/dev/tty", "/dev/random", "/dev/urandom"];
/// The longest first line of a script.
const FIRST_LINE: usize = 256;

/// Returns an error if the kernel cannot confine builds.
pub(super) fn check() -> Result<(), Unconfined> {
    ruleset().map(drop).map_err(unsupported)
}

/// Confines this thread, and all that it starts, to what the key covers.
pub(crate) fn confine(cover: &Cover, known_threads: &BTreeSet<String>) -> Result<(), Unconfined> {
    check_threads(known_threads)?;
    restrict(cover).map_err(unsupported)
}

fn restrict(cover: &Cover) -> Result<(), RulesetError> {
    let mut rules = Rules(ruleset()?);
    rules.add_all(cover)?;
    rules.0.restrict_self().map(drop)
}

fn unsupported(error: RulesetError) -> Unconfined {
    Unconfined::new(
        format!("the kernel does not confine the build: {error}"),
        "use Linux 6.7 or later with Landlock, or set SMOKE_HERMETIC=0: artifacts then have another key",
    )
}

fn ruleset() -> Result<RulesetCreated, RulesetError> {
    Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(REQUIRED))?
        .handle_access(AccessNet::from_all(REQUIRED))?
        .set_compatibility(CompatLevel::BestEffort)
        .scope(Scope::from_all(WANTED))?
        .create()
}

struct Rules(RulesetCreated);

impl Rules {
    fn add_all(&mut self, cover: &Cover) -> Result<(), RulesetError> {
        let read = AccessFs::from_read(REQUIRED) & !BitFlags::from(AccessFs::Execute);
        let execute = AccessFs::from_read(REQUIRED);
        let all = AccessFs::from_all(REQUIRED);
        let has_no_memory = |path: &&&str| !Path::new(SHARED_MEMORY).starts_with(path);
        for path in KERNEL.iter().filter(has_no_memory).chain(LOADER) {
            self.allow(Path::new(path), read)?;
        }
        for path in LIBRARIES.iter().chain(INSTALLED) {
            self.allow(Path::new(path), execute)?;
        }
        for path in DEVICES {
            self.allow(Path::new(path), AccessFs::ReadFile | AccessFs::WriteFile)?;
        }
        for path in &cover.own {
            self.allow(path, all)?;
        }
        // The key covers files of the repository, which a build may execute.
        for root in cover.repository.iter().chain(&cover.directories) {
            self.allow(root, execute)?;
            for target in targets_of_links(root) {
                self.allow(&target, execute)?;
            }
        }
        for path in cover.files.iter().chain(&cover.tools).chain([&cover.executable]) {
            self.allow(path, execute)?;
            if let Some(interpreter) = interpreter(path) {
                self.allow(&interpreter, execute)?;
            }
        }
        for path in cover.code.iter().chain(&cover.dependencies).chain(&cover.libraries) {
            self.allow(path, read)?;
        }
        Ok(())
    }

    /// Allows access below a path. A path that does not exist needs no rule.
    fn allow(&mut self, path: &Path, access: BitFlags<AccessFs>) -> Result<(), RulesetError> {
        let Ok(opened) = PathFd::new(path) else { return Ok(()) };
        let access = if path.is_dir() { access } else { access & AccessFs::from_file(REQUIRED) };
        (&mut self.0).add_rule(PathBeneath::new(opened, access)).map(drop)
    }
}

/// Returns the targets of links that leave a directory. The key covers them, too.
fn targets_of_links(root: &Path) -> Vec<PathBuf> {
    let mut targets = BTreeSet::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in disk::entries(&directory) {
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                directories.push(entry.path());
            } else if kind.is_symlink()
                && let Ok(target) = entry.path().canonicalize()
                && !target.starts_with(root)
                // It may be a link to a directory with links.
                && targets.insert(target.clone())
                && target.is_dir()
                && !root.starts_with(&target)
            {
                directories.push(target);
            }
        }
    }
    targets.into_iter().collect()
}

/// Returns the program that the first line of a script names.
fn interpreter(script: &Path) -> Option<PathBuf> {
    use std::io::Read;
    let mut line = Vec::new();
    fs::File::open(script).ok()?.take(FIRST_LINE as u64).read_to_end(&mut line).ok()?;
    let line = line.strip_prefix(b"#!")?;
    let line = std::str::from_utf8(line.split(|byte| *byte == b'\n').next()?).ok()?;
    line.split_whitespace().next().map(PathBuf::from)
}

#[cfg(test)]
mod tests;
