use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::*;

struct Fixture(TempDir);

impl Fixture {
    fn new() -> Fixture {
        let fixture = Fixture(tempfile::tempdir().expect("a temporary directory"));
        fixture.write("a.txt", "a novel\n");
        fixture.write("b/c.txt", "of manners\n");
        fixture.git(&["init", "--quiet", "--initial-branch=main"]);
        fixture.git(&["add", "."]);
        fixture.git(&["commit", "--quiet", "--message", "first"]);
        fixture
    }

    fn root(&self) -> PathBuf {
        self.0.path().canonicalize().expect("exists")
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(path, text).expect("written");
    }

    fn git(&self, arguments: &[&str]) {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=n", "-c", "user.email=e@e", "-C"]).arg(self.0.path()).args(arguments);
        let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
        assert!(status.expect("git").success(), "git {arguments:?}");
    }

    fn is_plain(&self) -> bool {
        Plain::of(&self.root()).is_some()
    }

    fn may_convert(&self) -> bool {
        let plain = Plain::of(&self.root()).expect("plain");
        plain.may_convert(&self.root(), ["a.txt", "b/c.txt", "b/.gitattributes"].into_iter().map(OsStr::new))
    }
}

/// The tests of this file suppose that the configuration of the user and of the system is plain.
fn is_testable() -> bool {
    let is_plain = Fixture::new().is_plain();
    if !is_plain {
        eprintln!("skipped: the configuration of git on this machine names other files");
    }
    is_plain
}

#[test]
fn configuration_that_names_files_is_left_to_git() {
    if !is_testable() {
        return;
    }
    for setting in ["core.attributesFile", "include.path", "includeIf.onbranch:main.path"] {
        let fixture = Fixture::new();
        fixture.git(&["config", setting, "other"]);
        assert!(!fixture.is_plain(), "{setting}");
    }
    let fixture = Fixture::new();
    fixture.git(&["config", "core.worktree", "../other"]);
    assert!(!fixture.is_plain());
    // Then git names the files, and answers no other question.
    let fixture = Fixture::new();
    fixture.git(&["config", "core.excludesFile", "other"]);
    assert!(Plain::of(&fixture.root()).expect("plain").files.is_none());
    assert!(files(&fixture.root()).expect("listed").expect("supported").contains(&fixture.root().join("other")));
}

#[test]
fn unreadable_configuration_is_left_to_git() {
    if !is_testable() {
        return;
    }
    let fixture = Fixture::new();
    fixture.write(".git/config", &format!("# {}\n", "x".repeat(1 << 20)));
    assert!(!fixture.is_plain(), "a large file");
    let fixture = Fixture::new();
    fs::remove_file(fixture.root().join(".git/config")).expect("removed");
    fs::create_dir(fixture.root().join(".git/config")).expect("made");
    assert!(!fixture.is_plain(), "a directory");
}

/// Variables, and whether a work tree is plain with them.
const VARIABLES: [(&str, &str, bool); 3] =
    [("GIT_CONFIG_GLOBAL", "/dev/null", false), ("GIT_CONFIG_COUNT", "0", false), ("GIT_CONFIG_NOSYSTEM", "1", true)];

/// The test runs again in a process with each of the variables.
#[test]
fn variables_that_name_configuration_are_left_to_git() {
    const NAME: &str = "key::fingerprint::git::tests::variables_that_name_configuration_are_left_to_git";
    if let Some((name, _, is_plain)) = VARIABLES.into_iter().find(|(name, ..)| std::env::var_os(name).is_some()) {
        assert_eq!(Fixture::new().is_plain(), is_plain, "{name}");
        return;
    }
    if !is_testable() {
        return;
    }
    for (name, value, _) in VARIABLES {
        let executable = std::env::current_exe().expect("this executable");
        let output = Command::new(executable).args(["--exact", NAME]).env(name, value).output().expect("it starts");
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && stdout.contains("1 passed"), "{name}: {stdout}");
    }
}

#[test]
fn shared_git_directories_are_left_to_git() {
    if !is_testable() {
        return;
    }
    let fixture = Fixture::new();
    fs::rename(fixture.root().join(".git"), fixture.root().join("moved")).expect("moved");
    symlink("moved", fixture.root().join(".git")).expect("linked");
    assert!(!fixture.is_plain());
    let fixture = Fixture::new();
    fixture.write(".git/commondir", "../other\n");
    assert!(!fixture.is_plain());
}

#[test]
fn attributes_of_each_place_may_convert() {
    if !is_testable() {
        return;
    }
    let with = |path: &str, text: &str| {
        let fixture = Fixture::new();
        fixture.write("b/.gitattributes", "");
        fixture.write(path, text);
        fixture.may_convert()
    };
    assert!(!with("b/.gitattributes", "* text=auto\n"));
    for path in [".gitattributes", "b/.gitattributes", ".git/info/attributes"] {
        assert!(with(path, "*.txt filter=lfs\n"), "{path}");
        assert!(with(path, "*.txt working-tree-encoding=UTF-16\n"), "{path}");
    }
    // The directory has no tracked file.
    assert!(!with("other/.gitattributes", "* filter=lfs\n"));
    // Git reads a missing file from the index.
    assert!(Fixture::new().may_convert());
}

/// Both ways to read a repository have the same result.
#[test]
fn plain_repositories_have_the_state_that_git_reports() {
    if !is_testable() {
        return;
    }
    let nested = |path: &Path| panic!("no nested repository at {}", path.display());
    let agrees = |fixture: &Fixture, step: usize| {
        let root = fixture.root();
        let plain = Plain::of(&root);
        assert!(plain.is_some());
        let (quick, _) = look_at(&root, plain.as_ref(), STATUS_WITH_IGNORED, &nested).expect("a state");
        let (asked, _) = look_at(&root, None, STATUS, &nested).expect("a state");
        assert_eq!(quick, asked, "step {step}");
    };
    let mut random = fastrand::Rng::with_seed(11);
    let paths = ["a.txt", "b/c.txt", "b/.gitattributes", ".gitignore", "new", "b/new/x", "b/ignored"];
    let texts = ["", "one\n", "one\r\n", "*.txt text eol=crlf\n", "ignored\n", "*.txt filter=x\n", "c.txt ident\n"];
    for repository in 0..4 {
        let fixture = Fixture::new();
        if repository % 2 == 1 {
            fixture.git(&["config", "core.autocrlf", "true"]);
        }
        for step in 0..30 {
            let path = paths[random.usize(..paths.len())];
            match random.u8(..9) {
                0..=3 => fixture.write(path, texts[random.usize(..texts.len())]),
                4 => drop(fs::remove_file(fixture.root().join(path))),
                5 => fixture.git(&["add", "--all", "--force"]),
                6 => fixture.git(&["commit", "--quiet", "--allow-empty", "--message", "again"]),
                7 => fixture.git(&["update-index", "--assume-unchanged", "a.txt"]),
                _ => {
                    fixture.write("a.txt", "again\n");
                    let executable = fs::Permissions::from_mode(0o755);
                    fs::set_permissions(fixture.root().join("a.txt"), executable).expect("executable");
                }
            }
            agrees(&fixture, step);
        }
    }
}
