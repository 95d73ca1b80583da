//! Dependencies of a state besides the files of the work tree.

use super::*;

#[test]
fn changes_in_git_alone_are_seen() {
    Fixture::with_git().sees(|it| it.git(&["commit", "--quiet", "--allow-empty", "--message", "second"]));
    Fixture::with_git().sees(|it| it.git(&["checkout", "--quiet", "-b", "other"]));
    Fixture::with_git().sees(|it| it.git(&["checkout", "--quiet", "--detach"]));
    Fixture::with_git().sees(|it| it.git(&["rm", "--quiet", "--cached", "a.txt"]));
    Fixture::with_git().sees(|it| it.git(&["update-index", "--assume-unchanged", "a.txt"]));
    Fixture::with_git().sees(|it| {
        it.git(&["commit", "--quiet", "--allow-empty", "--message", "second"]);
        it.git(&["pack-refs", "--all"]);
        it.git(&["reset", "--quiet", "--soft", "HEAD~1"]);
    });
}

#[test]
fn changed_ignore_rules_are_seen() {
    Fixture::with_git().sees(|it| it.write(".gitignore", "ignored/\nempty/\n"));
    Fixture::with_git().sees(|it| it.write("b/.gitignore", "*.txt\n"));
    Fixture::with_git().sees(|it| it.write(".git/info/exclude", "e/\n"));
    Fixture::with_git().sees(|it| {
        it.write("../excludes", "e/\n");
        it.git(&["config", "core.excludesFile", "../excludes"]);
    });
    // The file is named before it exists.
    let fixture = Fixture::with_git();
    fixture.git(&["config", "core.excludesFile", "../excludes"]);
    fixture.sees(|it| it.write("../excludes", "e/\n"));
    // An included file.
    let fixture = Fixture::with_git();
    fixture.write("../included", "");
    fixture.git(&["config", "include.path", "../../included"]);
    fixture.sees(|it| it.write("../included", "[core]\n\tignoreCase = true\n"));
}

#[test]
fn ignored_files_with_rules_are_seen() {
    let fixture = Fixture::with_git();
    fixture.write("b/.gitignore", ".gitignore\nx\n");
    fixture.write("b/x", "");
    fixture.sees(|it| it.write("b/.gitignore", ".gitignore\n"));
    // A directory that ignores all its files.
    let fixture = Fixture::with_git();
    fixture.write("of-a-tool/.gitignore", "*\n");
    fixture.write("of-a-tool/x", "");
    fixture.sees(|it| it.write("of-a-tool/.gitignore", ".gitignore\n"));
    // An ignored directory with a tracked file.
    let fixture = Fixture::with_git();
    fixture.write("ignored/.gitignore", "");
    fixture.sees(|it| it.write("ignored/.gitignore", "!*\n"));
    let fixture = Fixture::with_git();
    fixture.write(".git/info/exclude", ".gitattributes\n");
    fixture.write(".gitattributes", "");
    fixture.sees(|it| it.write(".gitattributes", "* text\n"));
}

#[test]
fn configuration_behind_links_is_seen() {
    let linked = |names: &[&str]| {
        let fixture = Fixture::with_git();
        fixture.git(&["config", "include.path", "../../included"]);
        let mut link = fixture.root().with_file_name("included");
        for name in names {
            symlink(name, &link).expect("linked");
            link.set_file_name(name);
        }
        fixture
    };
    let ignore_case = "[core]\n\tignoreCase = true\n";
    // The link's target does not exist yet.
    linked(&["a"]).sees(|it| it.write("../a", ignore_case));
    linked(&["a", "b"]).sees(|it| it.write("../b", ignore_case));
    let fixture = linked(&["a", "b"]);
    fixture.write("../b", "");
    fixture.sees(|it| it.write("../b", ignore_case));
    let fixture = linked(&["a", "b"]);
    fixture.write("../b", "");
    fixture.write("../c", ignore_case);
    fixture.sees(|it| {
        fs::remove_file(it.root().with_file_name("a")).expect("removed");
        symlink("c", it.root().with_file_name("a")).expect("linked");
    });
    // A file of git's own.
    let fixture = Fixture::with_git();
    fs::rename(fixture.root().join(".git/info/exclude"), fixture.root().with_file_name("exclude")).expect("moved");
    symlink("../../../exclude", fixture.root().join(".git/info/exclude")).expect("linked");
    fixture.sees(|it| it.write("../exclude", "e/\n"));
}

#[test]
fn a_commit_on_an_alias_of_a_branch_is_seen() {
    let fixture = Fixture::with_git();
    fixture.git(&["symbolic-ref", "refs/heads/alias", "refs/heads/main"]);
    fixture.git(&["symbolic-ref", "refs/heads/alias-of-alias", "refs/heads/alias"]);
    fixture.git(&["symbolic-ref", "HEAD", "refs/heads/alias-of-alias"]);
    fixture.sees(|it| it.git(&["commit", "--quiet", "--allow-empty", "--message", "second"]));
    // A circle, which git does not follow to its end.
    let fixture = Fixture::with_git();
    fixture.write(".git/refs/heads/alias", "ref: refs/heads/alias\n");
    fixture.write(".git/HEAD", "ref: refs/heads/alias\n");
    assert!(git::files(&fixture.root()).is_ok_and(|files| files.is_none()));
}
