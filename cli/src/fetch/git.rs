//! Repositories from a git server: one commit, detached.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};
use indicatif::ProgressBar;

use super::command::{CommandError, Task, redact, run};
use super::repository::{NULL_DEVICE, Repository, git};

/// A server that does not answer a short question in this time does not answer at all.
const HELLO: Duration = Duration::from_mins(1);
const ONE_COMMIT: Duration = Duration::from_mins(10);
const WHOLE_HISTORY: Duration = Duration::from_mins(30);
const HELP: &str = "check the URL, the revision, the network and your credentials (git cannot ask for them here)";

/// Variables that configure the access to servers. Every other `GIT_…` variable describes a repository of the caller.
const TRANSPORT: [&str; 6] = ["GIT_SSL_", "GIT_SSH", "GIT_HTTP_", "GIT_PROXY_", "GIT_CONFIG_", "GIT_ALLOW_PROTOCOL"];

/// Fails if `url` or `rev` is an option, a refspec or otherwise malformed.
pub(super) fn check(url: &str, rev: &str) -> Result<()> {
    if url.is_empty() || url.starts_with('-') || url.contains(char::is_control) {
        bail!("failed to fetch {:?}: not a URL", redact(url));
    }
    if !url.contains(':') && !Path::new(url).is_absolute() {
        bail!("failed to fetch {url:?}: a relative path; write an absolute one");
    }
    let is_odd = |char: char| char.is_whitespace() || char.is_control() || ":?*[\\^~".contains(char);
    if rev.is_empty() || rev.starts_with(['-', '+', '/']) || rev.contains(is_odd) || rev.contains("..") {
        bail!("failed to fetch {:?}: a revision is a full commit id, a tag or a branch", redact(rev));
    }
    Ok(())
}

/// Fetches `rev` of `url` into the new directory `directory`, and returns the full commit id.
pub(super) fn fetch(url: &str, rev: &str, directory: &Path, progress: &ProgressBar) -> Result<String> {
    let shown = redact(url);
    let repository = Repository::init(directory)?;
    progress.set_message(format!("connecting to {shown}"));
    run_remote(directory, &format!("reach {shown}"), HELLO, &["ls-remote", "--quiet", "--", url, "HEAD"])?;

    progress.set_message(format!("fetching {rev} of {shown}"));
    let action = format!("fetch {rev} of {shown}");
    let one = ["fetch", "--quiet", "--no-tags", "--depth=1", "--", url, rev];
    let commit = match run_remote(directory, &action, ONE_COMMIT, &one) {
        Ok(()) => "FETCH_HEAD^{commit}".to_owned(),
        // Some servers send a commit only as part of a branch, and none knows an abbreviated one.
        Err(error) if has_failed(&error) && is_hexadecimal(rev) => {
            progress.set_message(format!("fetching all of {shown}"));
            let (branches, tags) = ("+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*");
            run_remote(directory, &action, WHOLE_HISTORY, &["fetch", "--quiet", "--", url, branches, tags])?;
            format!("{rev}^{{commit}}")
        }
        Err(error) => return Err(error),
    };

    progress.set_message(format!("checking out {rev}"));
    // This local command fails if the server does not have the revision.
    let task = Task { action: &action, deadline: HELLO, help: HELP };
    let commit = repository.run_as(&task, &[], &["rev-parse", "--verify", "--end-of-options", &commit])?;
    let commit = commit.trim();
    if is_hexadecimal(rev) && rev.len() == 40 && !rev.eq_ignore_ascii_case(commit) {
        bail!("failed to fetch {shown}: the server sent commit {commit} instead of {rev}");
    }
    // Without the user's configuration: LFS files stay pointers, and no filter runs.
    repository.run(&["checkout", "--quiet", "--detach", commit])?;
    repository.check_clean()?;
    Ok(commit.to_owned())
}

/// Returns `true` if git ran, and failed.
fn has_failed(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(CommandError::Failed { .. }))
}

fn is_hexadecimal(rev: &str) -> bool {
    (4..=40).contains(&rev.len()) && rev.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_transport(variable: &str) -> bool {
    TRANSPORT.iter().any(|kept| variable.starts_with(kept))
}

/// Runs git with the user's access to servers. It asks no question, and ends at the deadline.
fn run_remote(directory: &Path, action: &str, deadline: Duration, arguments: &[&str]) -> Result<()> {
    let mut command = git(is_transport);
    command.current_dir(directory);
    // No question: not on the terminal, not in a window, not by ssh, not by a credential helper.
    command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_ASKPASS", "").env("SSH_ASKPASS_REQUIRE", "never");
    command.env("GCM_INTERACTIVE", "never").args(["-c", "credential.interactive=false"]);
    if !has_own_ssh(directory) {
        command.env("GIT_SSH_COMMAND", "ssh -o BatchMode=yes -o ConnectTimeout=30");
    }
    // A server that sends less than 1 kB/s for this long is gone. The time is shorter than the shortest deadline, so
    // that git ends by itself: when it is killed, its helper processes continue until their own timeouts.
    command.args(["-c", "http.lowSpeedLimit=1000", "-c", "http.lowSpeedTime=45"]);
    // No hook of the user runs, and no process stays in the background.
    let hooks = format!("core.hooksPath={NULL_DEVICE}");
    command.args(["-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "fetch.recurseSubmodules=no"]);
    command.args(["-c", "fetch.writeCommitGraph=false", "-c", &hooks]).args(arguments);
    run(command, &Task { action, deadline, help: HELP }).map(drop)
}

/// Returns `true` if the user has configured a command for ssh. Its options are unknown then, but the deadline holds.
fn has_own_ssh(directory: &Path) -> bool {
    let is_configured = || {
        let mut command: Command = git(is_transport);
        command.current_dir(directory).args(["config", "core.sshCommand"]);
        run(command, &Task { action: "read core.sshCommand", deadline: HELLO, help: HELP }).is_ok()
    };
    ["GIT_SSH", "GIT_SSH_COMMAND"].iter().any(|name| std::env::var_os(name).is_some()) || is_configured()
}

#[cfg(test)]
mod tests;
