//! Content behind links. A build reads it as if it were in the repository.

use std::os::unix::fs::symlink;

use super::*;

/// Returns repositories with these links, beside the directory `shared`: committed, untracked, and without git.
fn with_links(links: &[(&str, &str)]) -> [Sandbox; 3] {
    let [tracked, plain] = two_repositories();
    let sandboxes = [tracked, Sandbox::new(), plain];
    for (number, sandbox) in sandboxes.iter().enumerate() {
        fs::create_dir_all(sandbox.path("shared/below")).unwrap();
        fs::write(sandbox.path("shared/s.txt"), "shared").unwrap();
        fs::write(sandbox.path("shared/below/b.txt"), "below").unwrap();
        for (link, target) in links {
            symlink(target, sandbox.repo().join(link)).unwrap();
        }
        if number == 0 {
            sandbox.commit();
        }
    }
    sandboxes
}

/// Expects an edit of the file to change the key.
#[track_caller]
fn edit_counts(sandbox: &Sandbox, file: &Path) {
    let original = fs::read(file).unwrap();
    counts(sandbox, || fs::write(file, "edited").unwrap(), || fs::write(file, original).unwrap());
}

#[test]
fn target_outside_of_the_repository_changes_the_key() {
    for sandbox in with_links(&[("file", "../shared/s.txt"), ("directory", "../shared/below")]) {
        edit_counts(&sandbox, &sandbox.path("shared/s.txt"));
        edit_counts(&sandbox, &sandbox.path("shared/below/b.txt"));
        let new = sandbox.path("shared/below/new");
        counts(&sandbox, || fs::write(&new, "").unwrap(), || fs::remove_file(&new).unwrap());
        counts(&sandbox, || fs::create_dir(&new).unwrap(), || fs::remove_dir(&new).unwrap());
    }
}

#[test]
fn dangling_link_that_gets_a_target_changes_the_key() {
    for sandbox in with_links(&[("file", "../later/l.txt")]) {
        let later = sandbox.path("later");
        let come = || {
            fs::create_dir(&later).unwrap();
            fs::write(later.join("l.txt"), "x").unwrap();
        };
        counts(&sandbox, come, || fs::remove_dir_all(&later).unwrap());
    }
}

#[test]
fn content_behind_chained_links_changes_the_key() {
    for sandbox in with_links(&[("file", "../first/s.txt")]) {
        symlink("shared", sandbox.path("first")).unwrap();
        fs::create_dir(sandbox.path("other")).unwrap();
        fs::write(sandbox.path("other/s.txt"), "other").unwrap();
        edit_counts(&sandbox, &sandbox.path("shared/s.txt"));
        let point = |target: &str| {
            fs::remove_file(sandbox.path("first")).unwrap();
            symlink(target, sandbox.path("first")).unwrap();
        };
        counts(&sandbox, || point("other"), || point("shared"));
    }
    for sandbox in with_links(&[("directory", "../shared")]) {
        fs::create_dir(sandbox.path("other")).unwrap();
        fs::write(sandbox.path("other/o.txt"), "other").unwrap();
        symlink("../other", sandbox.path("shared/onwards")).unwrap();
        edit_counts(&sandbox, &sandbox.path("other/o.txt"));
    }
}

#[test]
fn outside_link_back_into_the_repository_changes_the_key() {
    for sandbox in with_links(&[("file", "../shared/back")]) {
        fs::write(sandbox.repo().join("b.txt"), "b").unwrap();
        let point = |target: &str| {
            let _ = fs::remove_file(sandbox.path("shared/back"));
            symlink(target, sandbox.path("shared/back")).unwrap();
        };
        point("../repo/a.txt");
        counts(&sandbox, || point("../repo/b.txt"), || point("../repo/a.txt"));
    }
}

#[test]
fn circular_links_do_not_block() {
    let links = [("self", "self"), ("here", "."), ("up", ".."), ("shared", "../shared"), ("again", "../shared/below")];
    for sandbox in with_links(&links) {
        symlink("../repo", sandbox.path("shared/back")).unwrap();
        symlink("..", sandbox.path("shared/below/up")).unwrap();
        symlink(".", sandbox.path("shared/here")).unwrap();
        // The log of the subject would be behind `up`.
        let run = || sandbox.run("only_count").without_env("SUBJECT_LOG").passes().outcome("count");
        assert_eq!(run(), Outcome::Built);
        assert_eq!(run(), Outcome::Hit);
        fs::write(sandbox.path("shared/below/b.txt"), "edited").unwrap();
        assert_eq!(run(), Outcome::Built);
    }
}

#[test]
fn link_into_a_skipped_directory_changes_the_key() {
    for (sandbox, skipped) in with_links(&[("file", "skipped.log/s.txt"), ("directory", "skipped.log")])
        .iter()
        .chain(&with_links(&[("file", ".git/other"), ("directory", ".git/of-a-tool")]))
        .zip(["skipped.log", "skipped.log", "skipped.log", ".git", ".git", ".git"])
    {
        // Ignored by git, or tagged as a cache.
        let skipped = sandbox.repo().join(skipped);
        fs::create_dir_all(skipped.join("of-a-tool")).unwrap();
        fs::write(skipped.join("CACHEDIR.TAG"), "Signature: 8a477f597d28d172789f06886806bc55").unwrap();
        for name in ["s.txt", "other", "of-a-tool/t.txt"] {
            fs::write(skipped.join(name), "x").unwrap();
        }
        if skipped.ends_with(".git") && !skipped.join("HEAD").exists() {
            // A folder without git has no `.git` to link to.
            fs::rename(&skipped, sandbox.repo().join(".hg")).unwrap();
            for (link, target) in [("file", ".hg/other"), ("directory", ".hg/of-a-tool")] {
                fs::remove_file(sandbox.repo().join(link)).unwrap();
                symlink(target, sandbox.repo().join(link)).unwrap();
            }
        }
        for name in ["file", "directory/t.txt", "directory/of-a-tool/t.txt"] {
            let file = sandbox.repo().join(name);
            if file.exists() {
                edit_counts(sandbox, &file);
            }
        }
    }
}

#[test]
fn link_within_the_repository_is_clean() {
    let links = [("file", "a.txt"), ("root", "."), ("onwards", "file"), ("nowhere", "missing")];
    let [sandbox, ..] = with_links(&links);
    fs::create_dir(sandbox.repo().join("below")).unwrap();
    fs::write(sandbox.repo().join("below/b.txt"), "b").unwrap();
    symlink("below", sandbox.repo().join("directory")).unwrap();
    sandbox.commit();
    let done = sandbox.run("only_count").passes();
    assert!(!done.report("count").key.contains("dirty"), "{}", done.report("count").key);
    // An ignored file stays ignored in a directory that a link leads to.
    does_not_count(&sandbox, || fs::write(sandbox.repo().join("below/ignored.log"), "x").unwrap());
}

#[test]
fn assume_unchanged_file_that_becomes_a_link_counts() {
    let [sandbox, ..] = with_links(&[("within", "a.txt")]);
    fs::write(sandbox.repo().join("b.txt"), "b").unwrap();
    sandbox.commit();
    sandbox.git(&["update-index", "--assume-unchanged", "b.txt"]);
    fs::remove_file(sandbox.repo().join("b.txt")).unwrap();
    symlink("../shared/s.txt", sandbox.repo().join("b.txt")).unwrap();
    edit_counts(&sandbox, &sandbox.path("shared/s.txt"));
}

#[test]
fn link_to_the_cache_does_not_change_the_key() {
    for sandbox in with_links(&[("link", "../cache")]) {
        let run = || sandbox.run("only_count").passes();
        run();
        let done = run();
        assert_eq!(done.outcome("count"), Outcome::Hit);
    }
}

#[test]
fn content_behind_a_link_in_a_submodule_changes_the_key() {
    let sandbox = with_submodule();
    fs::write(sandbox.path("outside"), "x").unwrap();
    symlink("../../outside", sandbox.repo().join("sub/link")).unwrap();
    sandbox.git(&["-C", "sub", "add", "link"]);
    sandbox.git(&["-C", "sub", "commit", "--quiet", "--message", "a link"]);
    sandbox.commit();
    edit_counts(&sandbox, &sandbox.path("outside"));
}

#[test]
fn link_to_the_root_directory_is_an_error() {
    for target in ["/", "/dev", "/proc", "/proc/kmsg"] {
        if !Path::new(target).exists() {
            continue;
        }
        for sandbox in with_links(&[("all", target)]) {
            let done = sandbox.run("only_count").fails();
            assert!(done.stderr.contains("repo/all") && done.stderr.contains("help: "), "{}", done.stderr);
        }
    }
    // A device has no content.
    for sandbox in with_links(&[("null", "/dev/null")]) {
        sandbox.run("only_count").passes();
    }
}
