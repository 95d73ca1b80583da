//! Assembles a fingerprint by sources and lock file alone, where the compiler's command line cannot be read.

use super::code::Code;
use super::command_line::CommandLine;
use super::flags::Flags;
use super::locked;
use super::manifest::Manifest;
use super::named::Subject;
use super::part::Kind;
use super::recorded::Context;
use crate::message;
use std::collections::BTreeSet;
use std::path::Path;

/// Returns the fingerprint of the subject by sources and lock file. `reason` says why the compiled libraries do not
/// count.
///
/// # Errors
///
/// Returns a message if a file cannot be read.
pub(super) fn by_sources_alone(
    subject: &Subject,
    manifest_dir: &Path,
    root: &Path,
    reason: String,
) -> Result<Code, String> {
    let mut code = Code { fallback: Some(reason), ..Code::default() };
    let compiled = BTreeSet::new();
    let context = Context { manifest_dir, compiled: &compiled, started: None, input: None, is_library: false };
    let mut owners: Vec<Manifest> = Manifest::read(manifest_dir)?.into_iter().collect();
    if subject.own {
        code.doubt = Some(message::unknown_sources());
    }
    for named in &subject.named {
        code.recorded.add(named, &context)?;
        owners.extend(locked::owner(named, root)?);
    }
    for owner in &mut owners {
        owner.directory = owner.directory.canonicalize().unwrap_or_else(|_| owner.directory.clone());
    }
    let target = Flags::of(&CommandLine::default())?.target;
    code.parts.add(Kind::Target, "", target);
    locked::add(&mut code, &subject.named, manifest_dir, root, owners)?;
    Ok(code)
}
