//! Repositories from a git server: one commit, detached. Submodules and LFS objects are not fetched.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use indicatif::ProgressBar;

use super::FetchError;
use super::command::{Task, redact, run};
use super::repository::{NULL_DEVICE, Repository, git};

/// A server that does not answer a question of one line in this time does not answer at all.
const HELLO: Duration = Duration::from_mins(1);
const ONE_COMMIT: Duration = Duration::from_mins(10);
const WHOLE_HISTORY: Duration = Duration::from_mins(30);
const MEND: &str = "check the URL, the revision, the network and your credentials (nothing is asked for interactively)";

/// Variables that say how to reach a server. Every other `GIT_…` variable describes a repository, and not ours.
const TRANSPORT: [&str; 6] = ["GIT_SSL_", "GIT_SSH", "GIT_HTTP_", "GIT_PROXY_", "GIT_CONFIG_", "GIT_ALLOW_PROTOCOL"];

/// Fails when `url` or `rev` is no address or revision but an option, a refspec or worse.
pub(super) fn check(url: &str, rev: &str) -> Result<(), FetchError> {
    let refuse = |text: &str, reason| Err(FetchError::Source { text: redact(text), reason });
    if url.is_empty() || url.starts_with('-') || url.contains(char::is_control) {
        return refuse(url, "this is no URL");
    }
    if !url.contains(':') && !Path::new(url).is_absolute() {
        return refuse(url, "a relative path would be relative to nothing in particular; give an absolute one");
    }
    let odd = |char: char| char.is_whitespace() || char.is_control() || ":?*[\\^~".contains(char);
    if rev.is_empty() || rev.starts_with(['-', '+', '/']) || rev.contains(odd) || rev.contains("..") {
        return refuse(rev, "a revision is a full commit id, a tag or a branch");
    }
    Ok(())
}

/// Fetches `rev` of `url` into the new directory `directory` and returns the full commit id.
pub(super) fn fetch(url: &str, rev: &str, directory: &Path, progress: &ProgressBar) -> Result<String, FetchError> {
    let (remote, shown) = (Remote { url, directory }, redact(url));
    let repository = Repository::init(directory)?;
    progress.set_message(format!("connecting to {shown}"));
    remote.run(&format!("reach {shown}"), HELLO, &["ls-remote", "--quiet", "--", url, "HEAD"])?;

    progress.set_message(format!("fetching {rev} of {shown}"));
    let action = format!("fetch {rev} of {shown}");
    let one = remote.run(&action, ONE_COMMIT, &["fetch", "--quiet", "--no-tags", "--depth=1", "--", url, rev]);
    let commit = match one {
        Ok(()) => "FETCH_HEAD^{commit}".to_owned(),
        // Some servers give a commit only as part of a branch, and none knows an abbreviated one.
        Err(FetchError::Command { .. }) if is_hexadecimal(rev) => {
            progress.set_message(format!("fetching all of {shown}"));
            let (branches, tags) = ("+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*");
            remote.run(&action, WHOLE_HISTORY, &["fetch", "--quiet", "--", url, branches, tags])?;
            format!("{rev}^{{commit}}")
        }
        Err(error) => return Err(error),
    };

    progress.set_message(format!("checking out {rev}"));
    let commit = repository.run(&["rev-parse", "--verify", "--end-of-options", &commit]);
    let commit = commit.map_err(|error| missing(error, &action))?.trim().to_owned();
    if is_hexadecimal(rev) && rev.len() == 40 && !rev.eq_ignore_ascii_case(&commit) {
        return Err(FetchError::Revision { url: shown, expected: rev.to_owned(), found: commit });
    }
    // Without the user's configuration: LFS files stay pointers, and no filter of anybody's runs.
    repository.run(&["checkout", "--quiet", "--detach", &commit])?;
    repository.check_clean()?;
    Ok(commit)
}

/// A revision that is not there is the server's fault or the user's, not that of the local command that noticed.
fn missing(error: FetchError, action: &str) -> FetchError {
    match error {
        FetchError::Command { status, tail, .. } => {
            FetchError::Command { action: action.to_owned(), status, tail, mend: MEND }
        }
        error => error,
    }
}

fn is_hexadecimal(rev: &str) -> bool {
    (4..=40).contains(&rev.len()) && rev.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_transport(variable: &str) -> bool {
    TRANSPORT.iter().any(|kept| variable.starts_with(kept))
}

/// git as the user has set it up to reach servers, except that it asks nothing and does not wait forever.
struct Remote<'a> {
    url: &'a str,
    directory: &'a Path,
}

impl Remote<'_> {
    fn run(&self, action: &str, deadline: Duration, arguments: &[&str]) -> Result<(), FetchError> {
        debug_assert!(arguments.contains(&self.url));
        let mut command = self.git();
        command.args(arguments);
        run(command, &Task { action, deadline, mend: MEND }).map(drop)
    }

    fn git(&self) -> Command {
        let mut command = git(is_transport);
        command.current_dir(self.directory);
        // No question: not on the terminal, not in a window, not by ssh, not by a credential helper.
        command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_ASKPASS", "").env("SSH_ASKPASS_REQUIRE", "never");
        command.env("GCM_INTERACTIVE", "never").args(["-c", "credential.interactive=false"]);
        if !self.has_own_ssh() {
            command.env("GIT_SSH_COMMAND", "ssh -o BatchMode=yes -o ConnectTimeout=30");
        }
        // Less than 1 kB/s for so long is a server that is gone. Less than the shortest deadline, so that git gives up by
        // itself: when it is killed, its helper processes notice only when their own patience ends.
        command.args(["-c", "http.lowSpeedLimit=1000", "-c", "http.lowSpeedTime=45"]);
        // Nothing of the user's runs, and nothing stays behind in the background.
        let hooks = format!("core.hooksPath={NULL_DEVICE}");
        command.args(["-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "fetch.recurseSubmodules=no"]);
        command.args(["-c", "fetch.writeCommitGraph=false", "-c", &hooks]);
        command
    }

    /// Whether the user has said how to run ssh. Nobody knows then which options it takes; the deadline holds anyway.
    fn has_own_ssh(&self) -> bool {
        let configured = || {
            let mut command = git(is_transport);
            command.current_dir(self.directory).args(["config", "core.sshCommand"]);
            run(command, &Task { action: "ask git for core.sshCommand", deadline: HELLO, mend: MEND }).is_ok()
        };
        ["GIT_SSH", "GIT_SSH_COMMAND"].iter().any(|name| std::env::var_os(name).is_some()) || configured()
    }
}

#[cfg(test)]
mod tests;
