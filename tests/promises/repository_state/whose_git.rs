//! git must answer for the directory that `smoke.toml` names.

use super::*;

/// Makes the directory around the repository a git repository that ignores everything below it.
fn surround(sandbox: &Sandbox) {
    fs::write(sandbox.path(".gitignore"), "*\n").unwrap();
    for arguments in [&["init", "--quiet"][..], &["commit", "--quiet", "--allow-empty", "--message", "around"]] {
        sandbox.git(&[&["-C", ".."], arguments].concat());
    }
}

/// Expects an error with all these texts, and with help.
#[track_caller]
fn fails_with(sandbox: &Sandbox, texts: &[&str]) {
    let done = sandbox.run("only_count").fails();
    for text in texts {
        assert!(done.stderr.contains(text), "{text}: {}", done.stderr);
    }
    assert!(done.stderr.contains("help: replace "), "{}", done.stderr);
}

#[test]
fn damaged_git_directory_is_an_error() {
    for lost in [&["refs"][..], &["objects"], &["HEAD"], &["refs", "objects", "HEAD"]] {
        let sandbox = Sandbox::new();
        surround(&sandbox);
        sandbox.run("only_count").passes();
        for name in lost {
            let path = sandbox.repo().join(".git").join(name);
            fs::remove_dir_all(&path).or_else(|_| fs::remove_file(&path)).unwrap();
        }
        fails_with(&sandbox, &["not a git repository", sandbox.repo().to_str().unwrap()]);
        // An empty `.git`.
        fs::remove_dir_all(sandbox.repo().join(".git")).unwrap();
        fs::create_dir(sandbox.repo().join(".git")).unwrap();
        fails_with(&sandbox, &["not a git repository"]);
    }
}

#[test]
fn work_tree_configured_elsewhere_is_an_error() {
    let sandbox = Sandbox::new();
    let elsewhere = sandbox.path("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::copy(sandbox.repo().join("a.txt"), elsewhere.join("a.txt")).unwrap();
    fs::copy(sandbox.repo().join(".gitignore"), elsewhere.join(".gitignore")).unwrap();
    sandbox.git(&["config", "core.worktree", elsewhere.to_str().unwrap()]);
    let elsewhere = elsewhere.canonicalize().unwrap();
    fails_with(&sandbox, &[&format!("git answers for {}", elsewhere.display())]);
}

#[test]
fn copied_submodule_is_an_error() {
    let sandbox = with_submodule();
    let copy = sandbox.repo().join("copy");
    fs::create_dir(&copy).unwrap();
    for name in [".git", "s.txt"] {
        fs::copy(sandbox.repo().join("sub").join(name), copy.join(name)).unwrap();
    }
    let sub = sandbox.repo().join("sub").canonicalize().unwrap();
    // As a repository within `bookshop`, and as `bookshop` itself.
    fails_with(&sandbox, &[&format!("git answers for {}", sub.display())]);
    fs::write(sandbox.path("project/smoke.toml"), format!("[repos.bookshop]\npath = {copy:?}")).unwrap();
    fails_with(&sandbox, &[&format!("git answers for {}", sub.display())]);
}

#[test]
fn damaged_submodule_is_an_error() {
    for is_its_own in [false, true] {
        let sandbox = with_submodule();
        let (module, link) = (sandbox.repo().join(".git/modules/sub"), sandbox.repo().join("sub/.git"));
        if is_its_own {
            // As old versions of git created submodules.
            fs::remove_file(&link).unwrap();
            fs::rename(&module, &link).unwrap();
            sandbox.git(&["config", "--file", "sub/.git/config", "--unset", "core.worktree"]);
            sandbox.run("only_count").passes();
        }
        fs::remove_file((if is_its_own { link } else { module }).join("HEAD")).unwrap();
        fails_with(&sandbox, &["not a git repository", "sub"]);
    }
}

#[test]
fn separate_git_directory_is_accepted() {
    for is_named in [false, true] {
        let sandbox = Sandbox::new();
        let (git, directory) = (sandbox.repo().join(".git"), sandbox.path("bookshop.git"));
        fs::rename(&git, &directory).unwrap();
        fs::write(&git, format!("gitdir: {}\n", directory.display())).unwrap();
        if is_named {
            sandbox.git(&["config", "core.worktree", sandbox.repo().to_str().unwrap()]);
        }
        let new = sandbox.repo().join("new.txt");
        counts(&sandbox, || fs::write(&new, "x").unwrap(), || fs::remove_file(&new).unwrap());
    }
}

#[test]
fn work_tree_of_a_bare_repository_is_accepted() {
    let sandbox = Sandbox::new();
    let (bare, tree) = (sandbox.path("bare.git"), sandbox.path("tree"));
    sandbox.git(&["clone", "--quiet", "--bare", ".", bare.to_str().unwrap()]);
    sandbox.git(&["-C", bare.to_str().unwrap(), "worktree", "add", "--quiet", tree.to_str().unwrap()]);
    fs::write(sandbox.path("project/smoke.toml"), format!("[repos.bookshop]\npath = {tree:?}")).unwrap();
    let new = tree.join("new.txt");
    counts(&sandbox, || fs::write(&new, "x").unwrap(), || fs::remove_file(&new).unwrap());
}

#[cfg(unix)]
#[test]
fn path_through_a_link_is_accepted() {
    let sandbox = Sandbox::new();
    let link = sandbox.path("link");
    std::os::unix::fs::symlink(sandbox.repo(), &link).unwrap();
    does_not_count(&sandbox, || {
        fs::write(sandbox.path("project/smoke.toml"), format!("[repos.bookshop]\npath = {link:?}")).unwrap();
    });
    let new = link.join("new.txt");
    counts(&sandbox, || fs::write(&new, "x").unwrap(), || fs::remove_file(&new).unwrap());
}

#[test]
fn repository_untrusted_by_git_is_an_error() {
    let sandbox = Sandbox::new();
    // A variable of the test suite of git.
    let done = sandbox.run("only_count").env("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1").fails();
    assert!(done.stderr.contains("git config --global --add safe.directory"), "{}", done.stderr);
    assert!(!done.stderr.contains("help: replace"), "{}", done.stderr);
}
