//! Changes that the configuration of git hides, and changes that git does not see because it converts files.

use super::*;

#[test]
fn file_that_differs_in_case_changes_the_key() {
    let sandbox = Sandbox::new();
    let file = sandbox.repo().join("A.txt");
    if file.exists() {
        println!("skipped: the file system does not distinguish a.txt and A.txt");
        return;
    }
    sandbox.git(&["config", "core.ignoreCase", "true"]);
    counts(&sandbox, || fs::write(&file, "x").unwrap(), || fs::remove_file(&file).unwrap());
    fs::write(&file, "x").unwrap();
    counts(&sandbox, || fs::write(&file, "y").unwrap(), || fs::write(&file, "x").unwrap());
}

#[test]
fn submodule_that_git_ignores_changes_the_key() {
    for setting in
        [["submodule.sub.ignore", "all"], ["diff.ignoreSubmodules", "all"], ["submodule.sub.active", "false"]]
    {
        let sandbox = with_submodule();
        sandbox.git(&[&["config"][..], &setting].concat());
        let go = |to: &str| sandbox.git(&["-C", "sub", "checkout", "--quiet", to]);
        counts(&sandbox, || go("HEAD~1"), || go("main"));
    }
}

/// Returns a sandbox that has committed the file `c.txt` under these attributes and settings.
#[track_caller]
fn converted(attributes: &str, settings: &[[&str; 2]], checked_out: &[u8]) -> Sandbox {
    let sandbox = Sandbox::new();
    for setting in settings {
        sandbox.git(&[&["config"][..], setting].concat());
    }
    fs::write(sandbox.repo().join(".gitattributes"), attributes).unwrap();
    fs::write(sandbox.repo().join("c.txt"), checked_out).unwrap();
    sandbox.commit();
    sandbox
}

#[track_caller]
fn bytes_count(sandbox: &Sandbox, one: &[u8], other: &[u8]) {
    let file = sandbox.repo().join("c.txt");
    let write = |bytes: &[u8]| {
        fs::write(&file, bytes).unwrap();
        // Both contents are the same git object.
        sandbox.git(&["add", "c.txt"]);
        sandbox.git(&["diff", "--exit-code", "HEAD"]);
    };
    write(one);
    counts(sandbox, || write(other), || write(one));
}

#[test]
fn line_endings_that_git_converts_change_the_key() {
    let auto = ("* text=auto\n", &[][..]);
    let as_configured = ("", &[["core.autocrlf", "true"], ["core.safecrlf", "false"]][..]);
    for (attributes, settings) in [auto, as_configured, ("*.txt text\n", &[]), ("*.txt eol=crlf\n", &[])] {
        let sandbox = converted(attributes, settings, b"one\ntwo\n");
        bytes_count(&sandbox, b"one\ntwo\n", b"one\r\ntwo\r\n");
        bytes_count(&sandbox, b"one\r\ntwo\n", b"one\ntwo\r\n");
    }
}

#[test]
fn line_endings_converted_earlier_change_the_key() {
    let sandbox = converted("", &[["core.autocrlf", "true"], ["core.safecrlf", "false"]], b"one\ntwo\n");
    let check_out = |autocrlf| {
        sandbox.git(&["config", "core.autocrlf", autocrlf]);
        let file = sandbox.repo().join("c.txt");
        fs::remove_file(&file).unwrap();
        sandbox.git(&["checkout", "--quiet", "c.txt"]);
        // Long before git reads the file, so that it does not need to read it again.
        let an_hour_ago = SystemTime::now() - Duration::from_hours(1);
        File::options().append(true).open(&file).unwrap().set_modified(an_hour_ago).unwrap();
        sandbox.git(&["update-index", "--refresh"]);
        sandbox.git(&["config", "core.autocrlf", "false"]);
    };
    check_out("input");
    counts(&sandbox, || check_out("true"), || check_out("input"));
}

#[test]
fn expanded_keywords_change_the_key() {
    let sandbox = converted("*.txt ident\n", &[], b"$Id$\n");
    bytes_count(&sandbox, b"$Id$\n", b"$Id: one $\n");
    bytes_count(&sandbox, b"$Id: one $\n", b"$Id: two $\n");
}

#[test]
fn encoding_that_git_converts_changes_the_key() {
    let utf_16 = |mark: [u8; 2], to_bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        mark.into_iter().chain("one\n".encode_utf16().flat_map(to_bytes)).collect()
    };
    let (big, little) = (utf_16([0xfe, 0xff], u16::to_be_bytes), utf_16([0xff, 0xfe], u16::to_le_bytes));
    let sandbox = converted("c.txt working-tree-encoding=UTF-16\n", &[], &big);
    bytes_count(&sandbox, &big, &little);
}

/// One filter keeps the size, and another does not.
#[cfg(unix)]
#[test]
fn content_behind_a_filter_changes_the_key() {
    let upper = &[["filter.f.clean", "tr a-z A-Z"], ["filter.f.smudge", "tr A-Z a-z"]];
    let sandbox = converted("c.txt filter=f\n", upper, b"one\n");
    bytes_count(&sandbox, b"ONE\n", b"one\n");
    bytes_count(&sandbox, b"one\n", b"One\n");
    let pointer = &[["filter.f.clean", "echo pointer"], ["filter.f.smudge", "echo large"]];
    let sandbox = converted("c.txt filter=f\n", pointer, b"large\n");
    bytes_count(&sandbox, b"pointer\n", b"large\n");
    bytes_count(&sandbox, b"large\n", b"other\n");
}

#[cfg(unix)]
#[test]
fn content_equal_after_conversion_is_clean() {
    for attributes in ["* text=auto ident\n", "c.txt filter=f\n", "*.txt working-tree-encoding=UTF-8\n"] {
        let sandbox = converted(attributes, &[["filter.f.clean", "cat"]], b"one\n");
        for name in ["with\na newline.txt", "\"quoted\\\".txt", "with\r.txt", "with\r\n.txt", "\u{e9}.txt"] {
            fs::write(sandbox.repo().join(name), "x\n").unwrap();
        }
        sandbox.commit();
        let done = sandbox.run("only_count").passes();
        assert!(!done.report("count").key.contains("dirty"), "{attributes}: {}", done.report("count").key);
    }
}
