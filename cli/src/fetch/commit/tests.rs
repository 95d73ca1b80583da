use std::path::PathBuf;
use std::process::Command;

use super::*;

/// The id of the commit of one tree, on every machine, with any git, umask, locale and configuration.
const COMMIT: &str = "0208d008d0d1b6b10222fea8809346c4a745453c";

const FILES: [(&str, &str); 6] = [
    (".gitattributes", "* text=auto\n*.utf16 text working-tree-encoding=UTF-16\n*.id ident\n*.f filter=upper\n"),
    (".gitignore", "ignored\nbuild/\n"),
    ("build/ignored", "ignored, and committed\n"),
    ("dos.txt", "one\r\ntwo\r\n"),
    ("x.utf16", "not UTF-16 at all"),
    ("x.id", "$Id$ $Id: 0123 $\n"),
];

fn tree(directory: &Path) -> PathBuf {
    let tree = directory.join("tree");
    for (name, content) in
        FILES.iter().chain(&[("run[1].sh", "#!/bin/sh\n"), ("run1.sh", "not executable\n"), ("x.f", "filtered?\n")])
    {
        let path = tree.join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(&path, content).expect("a file");
        #[cfg(unix)]
        if executables().iter().any(|executable| executable == name) {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("a mode");
        }
    }
    tree
}

fn executables() -> Vec<String> {
    vec!["run[1].sh".to_owned()]
}

#[test]
fn same_files_have_the_same_commit_everywhere() {
    let root = tempfile::tempdir().expect("a directory");
    assert_eq!(commit(&tree(root.path()), &executables()).expect("a commit"), COMMIT);
}

#[test]
fn no_hooks_are_installed() {
    let root = tempfile::tempdir().expect("a directory");
    let tree = tree(root.path());
    commit(&tree, &executables()).expect("a commit");
    assert!(!tree.join(".git/hooks").exists());
    let tracked = Repository::at(&tree).run(&["ls-files", "build"]).expect("a list");
    assert_eq!(tracked, "build/ignored\n");
}

/// Commits the directory that the environment names. The test below runs this as a child; otherwise it does nothing.
#[test]
fn commit_in_a_foreign_environment() {
    if let Some(tree) = std::env::var_os("FETCH_TEST_TREE") {
        let id = commit(Path::new(&tree), &executables()).expect("a commit");
        assert_eq!(id, COMMIT);
    }
}

#[cfg(unix)]
#[test]
fn environment_and_umask_do_not_change_the_commit() {
    let root = tempfile::tempdir().expect("a directory");
    let tree = tree(root.path());
    let home = root.path().join("home");
    let write = |name: &str, content: &str| {
        let path = home.join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(path, content).expect("a file");
    };
    write("hooks/pre-commit", "#!/bin/sh\nexit 1\n");
    write("template/hooks/pre-commit", "#!/bin/sh\nexit 1\n");
    write("ignore", "*.txt\n*.new\n");
    write("attributes", "* text eol=crlf filter=upper\n");
    write(
        ".gitconfig",
        &"[user]\n\tname = Someone\n\temail = else@example.org\n[core]\n\tautocrlf = true\n\teol = crlf\n\tfileMode = \
          false\n\texcludesFile = HOME/ignore\n\tattributesFile = HOME/attributes\n\thooksPath = \
          HOME/hooks\n\tfsmonitor = HOME/hooks/pre-commit\n[init]\n\tdefaultBranch = trunk\n\ttemplateDir = \
          HOME/template\n[commit]\n\tgpgSign = true\n[i18n]\n\tcommitEncoding = ISO-8859-1\n[filter \"upper\"]\n\tclean \
          = tr a-z A-Z\n\trequired = true\n"
            .replace("HOME", &home.display().to_string()),
    );
    let foreign = |program: &str, arguments: &[&str]| {
        let mut command = Command::new("sh");
        command.args(["-c", "umask 077; exec \"$0\" \"$@\"", program]).args(arguments);
        command
            .env("HOME", &home)
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("GIT_CONFIG_GLOBAL")
            .env("TZ", "Asia/Tokyo");
        let command = command.env("LC_ALL", "de_DE.ISO-8859-1").env("FETCH_TEST_TREE", &tree);
        command.output().expect("a child")
    };
    let test = std::env::current_exe().expect("this test");
    let own = "fetch::commit::tests::commit_in_a_foreign_environment";
    let elsewhere = root.path().join("elsewhere");
    let variables = [
        "GIT_DIR=ELSEWHERE",
        "GIT_WORK_TREE=ELSEWHERE",
        "GIT_INDEX_FILE=ELSEWHERE",
        "GIT_OBJECT_DIRECTORY=ELSEWHERE",
        "GIT_AUTHOR_NAME=Other",
        "GIT_COMMITTER_DATE=2020-02-02T02:02:02Z",
        "GIT_DEFAULT_HASH=sha256",
        "GIT_CONFIG_COUNT=1",
        "GIT_CONFIG_KEY_0=core.autocrlf",
        "GIT_CONFIG_VALUE_0=true",
    ]
    .map(|variable| variable.replace("ELSEWHERE", &elsewhere.display().to_string()));
    let mut arguments: Vec<&str> = variables.iter().map(String::as_str).collect();
    arguments.extend([test.to_str().expect("UTF-8"), "--exact", own, "--nocapture"]);
    let committed = foreign("env", &arguments);
    let output = String::from_utf8_lossy(&committed.stdout);
    assert!(
        committed.status.success() && output.contains("1 passed"),
        "{output}{}",
        String::from_utf8_lossy(&committed.stderr)
    );
    assert!(!elsewhere.exists());

    // The user's own git, with all configuration, compares the content of every file again.
    for name in FILES.iter().map(|(name, _)| name) {
        let file = fs::File::options().append(true).open(tree.join(name)).expect("a file");
        file.set_modified(std::time::UNIX_EPOCH).expect("a time");
    }
    let status = foreign("git", &["-C", tree.to_str().expect("UTF-8"), "status", "--porcelain", "--ignored"]);
    assert_eq!((String::from_utf8_lossy(&status.stdout).as_ref(), status.status.success()), ("", true));
}
