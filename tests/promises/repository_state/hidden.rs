//! Changes that git's configuration hides, and those that git takes for none because it converts files.

use super::*;

#[test]
fn a_file_beside_one_whose_name_differs_in_case_counts() {
    let sandbox = Sandbox::new();
    let file = sandbox.repo().join("A.txt");
    if file.exists() {
        println!("left out: the file system does not tell a.txt and A.txt apart");
        return;
    }
    sandbox.git(&["config", "core.ignoreCase", "true"]);
    counts(&sandbox, || fs::write(&file, "x").unwrap(), || fs::remove_file(&file).unwrap());
    fs::write(&file, "x").unwrap();
    counts(&sandbox, || fs::write(&file, "y").unwrap(), || fs::write(&file, "x").unwrap());
}

#[test]
fn a_submodule_at_another_commit_counts_if_git_ignores_it() {
    for setting in
        [["submodule.sub.ignore", "all"], ["diff.ignoreSubmodules", "all"], ["submodule.sub.active", "false"]]
    {
        let sandbox = with_submodule();
        sandbox.git(&[&["config"][..], &setting].concat());
        let go = |to: &str| sandbox.git(&["-C", "sub", "checkout", "--quiet", to]);
        counts(&sandbox, || go("HEAD~1"), || go("main"));
    }
}

/// Commits `stored` under these attributes, and checks it out as `checked_out`.
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
        // git has the same object for both.
        sandbox.git(&["add", "c.txt"]);
        sandbox.git(&["diff", "--exit-code", "HEAD"]);
    };
    write(one);
    counts(sandbox, || write(other), || write(one));
}

#[test]
fn line_ends_count_although_git_converts_them() {
    let auto = ("* text=auto\n", &[][..]);
    let as_configured = ("", &[["core.autocrlf", "true"], ["core.safecrlf", "false"]][..]);
    for (attributes, settings) in [auto, as_configured, ("*.txt text\n", &[]), ("*.txt eol=crlf\n", &[])] {
        let sandbox = converted(attributes, settings, b"one\ntwo\n");
        bytes_count(&sandbox, b"one\ntwo\n", b"one\r\ntwo\r\n");
        bytes_count(&sandbox, b"one\r\ntwo\n", b"one\ntwo\r\n");
    }
}

#[test]
fn line_ends_count_after_git_was_told_not_to_convert_them() {
    let sandbox = converted("", &[["core.autocrlf", "true"], ["core.safecrlf", "false"]], b"one\ntwo\n");
    let check_out = |autocrlf| {
        sandbox.git(&["config", "core.autocrlf", autocrlf]);
        let file = sandbox.repo().join("c.txt");
        fs::remove_file(&file).unwrap();
        sandbox.git(&["checkout", "--quiet", "c.txt"]);
        // Long before git looks at it, so that it need not look again.
        let an_hour_ago = SystemTime::now() - Duration::from_hours(1);
        File::options().append(true).open(&file).unwrap().set_modified(an_hour_ago).unwrap();
        sandbox.git(&["update-index", "--refresh"]);
        sandbox.git(&["config", "core.autocrlf", "false"]);
    };
    check_out("input");
    counts(&sandbox, || check_out("true"), || check_out("input"));
}

#[test]
fn expanded_keywords_count() {
    let sandbox = converted("*.txt ident\n", &[], b"$Id$\n");
    bytes_count(&sandbox, b"$Id$\n", b"$Id: one $\n");
    bytes_count(&sandbox, b"$Id: one $\n", b"$Id: two $\n");
}

#[test]
fn an_encoding_that_git_converts_counts() {
    let utf_16 = |mark: [u8; 2], to_bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        mark.into_iter().chain("one\n".encode_utf16().flat_map(to_bytes)).collect()
    };
    let (big, little) = (utf_16([0xfe, 0xff], u16::to_be_bytes), utf_16([0xff, 0xfe], u16::to_le_bytes));
    let sandbox = converted("c.txt working-tree-encoding=UTF-16\n", &[], &big);
    bytes_count(&sandbox, &big, &little);
}

/// A filter that keeps the size, and one that does not.
#[cfg(unix)]
#[test]
fn content_behind_a_filter_counts() {
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
fn what_is_converted_to_itself_does_not_differ_from_the_commit() {
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
