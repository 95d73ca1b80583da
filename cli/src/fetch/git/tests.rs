use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use super::*;

/// A server with two commits, the first of which is tagged.
struct Server {
    root: TempDir,
    commits: Vec<String>,
}

impl Server {
    fn new() -> Self {
        let root = tempfile::tempdir().expect("a directory");
        let directory = root.path().join("server");
        let server = Repository::init(&directory).expect("a repository");
        let identity = [
            ("GIT_AUTHOR_NAME", "a"),
            ("GIT_AUTHOR_EMAIL", "a"),
            ("GIT_COMMITTER_NAME", "a"),
            ("GIT_COMMITTER_EMAIL", "a"),
        ];
        let mut commits = Vec::new();
        for content in ["first\r\n", "second\r\n"] {
            fs::write(directory.join("file"), content).expect("a file");
            server.run(&["add", "file"]).expect("added");
            server.run_with(&identity, &["commit", "--quiet", "--message", content]).expect("committed");
            commits.push(server.head().expect("a commit"));
        }
        server.run_with(&identity, &["tag", "--annotate", "--message=one", "v1", &commits[0]]).expect("a tag");
        Server { root, commits }
    }

    fn url(&self) -> String {
        format!("file://{}", self.root.path().join("server").display())
    }

    fn target(&self) -> PathBuf {
        self.root.path().join("target")
    }

    fn fetch(&self, rev: &str) -> Result<String> {
        fetch(&self.url(), rev, &self.target(), &ProgressBar::hidden())
    }

    /// Returns the content of the file, and the number of commits.
    fn fetched(&self) -> (String, String) {
        let count = Repository::at(&self.target()).run(&["rev-list", "--count", "--all", "HEAD"]).expect("a number");
        (fs::read_to_string(self.target().join("file")).expect("a file"), count.trim().to_owned())
    }
}

#[test]
fn commit_is_fetched_without_history() {
    let server = Server::new();
    assert_eq!(server.fetch(&server.commits[1]).expect("fetched"), server.commits[1]);
    assert_eq!(server.fetched(), ("second\r\n".into(), "1".into()));
}

#[test]
fn annotated_tag_is_its_commit() {
    let server = Server::new();
    assert_eq!(server.fetch("v1").expect("fetched"), server.commits[0]);
    assert_eq!(server.fetched(), ("first\r\n".into(), "1".into()));
}

#[test]
fn branch_is_its_latest_commit() {
    let server = Server::new();
    assert_eq!(server.fetch("main").expect("fetched"), server.commits[1]);
}

#[test]
fn commit_that_the_server_refuses_is_found_in_its_history() {
    let server = Server::new();
    assert_eq!(server.fetch(&server.commits[0][..12]).expect("fetched"), server.commits[0]);
    assert_eq!(server.fetched(), ("first\r\n".into(), "2".into()));
}

#[test]
fn missing_revision_is_an_error_that_names_it() {
    for rev in ["v2", "0123456789012345678901234567890123456789"] {
        let server = Server::new();
        let error = server.fetch(rev).expect_err("it does not exist");
        assert!(has_failed(&error), "{error}");
        let error = format!("{error:#}");
        assert!(error.starts_with(&format!("failed to fetch {rev} of file://")) && error.contains(HELP), "{error}");
    }
}

#[test]
fn missing_server_is_an_error_that_names_it() {
    let server = Server::new();
    let target = server.target();
    let error = fetch("file:///no/such/repository", "main", &target, &ProgressBar::hidden()).expect_err("no server");
    assert_eq!(error.to_string(), "failed to reach file:///no/such/repository");
}

#[test]
fn options_refspecs_and_relative_paths_are_refused() {
    for url in ["", "-u", "--upload-pack=touch escaped", "repository", "../repository", "https://example.org/\n"] {
        assert!(check(url, "main").is_err(), "{url:?}");
    }
    for rev in ["", "-f", "--force", "+main", "main:other", "a..b", "v1^{}", "main~1", "refs/heads/*", "a b"] {
        assert!(check("https://example.org/x", rev).is_err(), "{rev:?}");
    }
    for rev in ["main", "feature/x", "v1.0-rc.1", "refs/tags/v1", "HEAD"] {
        assert!(check("git@example.org:x/y.git", rev).is_ok(), "{rev:?}");
    }
}
