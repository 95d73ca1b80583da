use std::collections::BTreeSet;

use super::*;
use crate::audit::trace::hexed;

/// A machine whose repository ignores `*.log`, and whose program `sh` has no version.
struct Fake;

impl Machine for Fake {
    fn ignored(&self, repository: &Path, paths: &[PathBuf]) -> Vec<PathBuf> {
        assert!(paths.iter().all(|path| path != repository), "git fails for the repository itself");
        paths.iter().filter(|path| path.extension().is_some_and(|extension| extension == "log")).cloned().collect()
    }

    fn has_version(&self, program: &Path) -> bool {
        !program.ends_with("sh")
    }

    fn interpreter(&self, script: &Path) -> Option<PathBuf> {
        script.extension().is_some_and(|extension| extension == "sh").then(|| PathBuf::from("/usr/bin/sh"))
    }

    fn real(&self, path: &Path) -> Option<PathBuf> {
        let links = [("/bin", "/usr/bin"), ("/opt/link", "/opt/real")];
        links.iter().find_map(|(link, target)| path.strip_prefix(link).ok().map(|name| Path::new(target).join(name)))
    }
}

fn cover() -> Cover {
    let paths = |all: &[&str]| all.iter().map(PathBuf::from).collect();
    Cover {
        package: "/w/tests".into(),
        project: "/w".into(),
        repository: Some("/r/bookshop".into()),
        files: paths(&["/d/file"]),
        directories: paths(&["/d/dir"]),
        tools: paths(&["/usr/bin/ctags"]),
        code: paths(&["/w/tests/data", "/w/tests/data/x"]),
        own: paths(&["/c/.staging/x", "/tmp/own"]),
        cache: "/c".into(),
        dependencies: paths(&["/c/bookshop/1-2/words"]),
        executable: "/w/target/debug/deps/smoke-1".into(),
        search_path: paths(&["/w/bin", "/usr/local/bin", "/usr/bin"]),
        libraries: paths(&["/h/.rustup/toolchains/stable/lib/rustlib/x86_64-unknown-linux-gnu/lib", "/opt/lib"]),
        home: Some("/h".into()),
        ..Cover::default()
    }
}

/// Returns the findings of a build with these calls and this cover.
fn all_found(cover: &Cover, lines: &str) -> Vec<Finding> {
    let mark = |name: &str| format!("1 access(\"/proc/self/cached-smoke/{name}\", F_OK) = -1 ENOENT (x)\n");
    let trace = Trace::read(&hexed(&format!("{}{lines}\n{}", mark("begin"), mark("end"))), Path::new("/w/tests"));
    findings(cover, &trace, &Fake)
}

/// Returns kind, subject, and line or help of the findings of a build with these calls.
fn found(lines: &str) -> Vec<(Kind, String, String)> {
    let text = |finding: &Finding| finding.line.clone().or_else(|| finding.help.clone()).unwrap_or_default();
    let found = all_found(&cover(), lines);
    found.iter().map(|found| (found.kind, found.subject.clone(), text(found))).collect()
}

fn read(path: &str) -> String {
    format!("1 openat(AT_FDCWD</w/tests>, \"{path}\", O_RDONLY|O_CLOEXEC) = 3<{path}>\n")
}

#[track_caller]
fn assert_found(lines: &str, kind: Kind, subject: &str, line: &str) {
    assert_eq!(found(lines), [(kind, subject.to_owned(), line.to_owned())], "{lines}");
}

#[track_caller]
fn assert_nothing(lines: &str) {
    assert_eq!(found(lines), [], "{lines}");
}

#[test]
fn covered_files_are_no_findings() {
    for path in [
        "/r/bookshop/a.py",
        "/d/file",
        "/d/dir/below/it",
        "/w/tests/data/x",
        "/c/.staging/x/files/a",
        "/c/.runs/1/note",
        "/c/bookshop/1-2/words.json",
        "/w/target/debug/deps/smoke-1",
        "/proc/cpuinfo",
        "/lib/x86_64-linux-gnu/libnss_files.so.2",
        "/usr/lib/locale/locale-archive",
        "/h/.rustup/toolchains/stable/bin/rustc",
    ] {
        assert_nothing(&read(path));
    }
}

#[test]
fn each_undeclared_use_has_its_line() {
    let list = "1 getdents64(3</d/other>, 0x5 /* 2 entries */, 32768) = 48";
    let miss = "1 access(\"/d/none\", F_OK) = -1 ENOENT (No such file)";
    let find = "1 access(\"/d/there\", F_OK) = 0";
    let network = "save the data in a file and declare that, or raise `FORMAT` when the data changes";
    let connect = "1 connect(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr(\"127.0.0.1\")}, 16) = 0";
    assert_found(&read("/d/x"), Kind::Read, "/d/x", "key.file(\"/d/x\")");
    assert_found(&read("/w/notes.txt"), Kind::Read, "/w/notes.txt", "key.file(\"../notes.txt\")");
    assert_found(&read("/w/tests/a/b"), Kind::Read, "/w/tests/a/b", "key.file(\"a/b\")");
    assert_found(list, Kind::Listed, "/d/other", "key.directory(\"/d/other\")");
    assert_found(miss, Kind::Missing, "/d/none", "key.optional_file(\"/d/none\")");
    assert_found(find, Kind::Found, "/d/there", "key.file(\"/d/there\")");
    assert_found(connect, Kind::Connected, "127.0.0.1:80", network);
}

#[test]
fn an_entry_of_another_artifact_is_a_finding() {
    let help = "declare the artifact with `key.needs::<…>()`, and request it from the context";
    for path in [
        "/c/bookshop/1-2/graph.json",
        "/c/bookshop/1-2/words2.json",
        "/c/other/1-2/words.json",
        "/c/.repos/django/x",
        "/c/.unpacked/bookshop/1-2/graph/value.json",
    ] {
        assert_found(&read(path), Kind::Read, path, help);
    }
}

#[test]
fn ignored_files_and_the_history_of_a_repository_are_findings() {
    let history = "read the files or `Repo::revision`; the key does not cover history, branches and tags";
    assert_found(&read("/r/bookshop/x.log"), Kind::Read, "/r/bookshop/x.log", "key.file(\"/r/bookshop/x.log\")");
    assert_found(&read("/r/bookshop/.git/HEAD"), Kind::Read, "/r/bookshop/.git/HEAD", history);
    assert_nothing("1 statx(AT_FDCWD</w>, \"/r/bookshop/.git\", 0, 0, {stx_mode=S_IFDIR|0755}) = 0");
}

#[test]
fn a_program_is_found_by_its_search() {
    let search = concat!(
        "1 vfork() = 2\n",
        "2 execve(\"/usr/local/bin/cc\", [\"cc\"], 0x7 /* 2 vars */) = -1 ENOENT (x)\n",
        "2 execve(\"/usr/bin/cc\", [\"cc\"], 0x7 /* 2 vars */) = 0\n",
    );
    assert_found(search, Kind::Executed, "/usr/bin/cc", "key.tool(\"cc\")");
    let declared = search.replace("/cc\"", "/ctags\"");
    assert_nothing(&declared);
    let elsewhere = "1 vfork() = 2\n2 execve(\"/opt/x/cc\", [\"cc\"], 0x7 /* 2 vars */) = 0\n";
    assert_found(elsewhere, Kind::Executed, "/opt/x/cc", "key.file(\"/opt/x/cc\")");
    let absent = "2 execve(\"/usr/bin/cc\", [\"cc\"], 0x7 /* 2 vars */) = -1 ENOENT (x)\n";
    assert_found(absent, Kind::Missing, "cc", "start a program that is installed, and declare it");
}

/// The version of a script in the project stays when its content changes.
#[test]
fn a_program_of_the_project_counts_by_its_content() {
    let in_project = "1 vfork() = 2\n2 execve(\"/w/bin/gen\", [\"gen\"], 0x7 /* 2 vars */) = 0\n";
    assert_found(in_project, Kind::Executed, "/w/bin/gen", "key.file(\"../bin/gen\")");
}

#[test]
fn a_declared_program_has_several_paths() {
    assert_nothing("1 vfork() = 2\n2 execve(\"/bin/ctags\", [\"ctags\"], 0x7 /* 2 vars */) = 0\n");
}

#[test]
fn a_name_that_is_not_text_is_a_byte_string() {
    let line = "1 openat(AT_FDCWD</w>, \"/d/x\", O_RDONLY) = 3</d/x>\n";
    let mark = |name: &str| format!("1 access(\"/proc/self/cached-smoke/{name}\", F_OK) = -1 ENOENT (x)\n");
    let text = hexed(&format!("{}{line}{}", mark("begin"), mark("end"))).replace("\\x78", "\\xff");
    let found = findings(&cover(), &Trace::read(&text, Path::new("/w")), &Fake);
    let lines: Vec<_> = found.iter().map(|found| found.line.as_deref()).collect();
    assert_eq!(lines, [Some(r#"key.file(OsStr::from_bytes(b"/d/\xff"))"#)]);
}

#[test]
fn the_package_itself_has_no_line() {
    let find = "1 access(\"/w/tests\", F_OK) = 0\n1 getdents64(3</w/tests>, 0x5 /* 2 entries */, 32768) = 48";
    assert_found(find, Kind::Listed, "/w/tests", "read a smaller directory, and declare that");
}

#[test]
fn a_program_without_a_version_counts_by_its_content() {
    let shell = "1 vfork() = 2\n2 execve(\"/usr/bin/sh\", [\"sh\"], 0x7 /* 2 vars */) = 0\n";
    assert_found(shell, Kind::Executed, "/usr/bin/sh", "key.file(\"/usr/bin/sh\")");
}

#[test]
fn the_interpreter_of_a_script_is_a_program() {
    let script = "1 vfork() = 2\n2 execve(\"/r/bookshop/make.sh\", [\"x\"], 0x7 /* 2 vars */) = 0\n";
    assert_found(script, Kind::Executed, "/usr/bin/sh", "key.file(\"/usr/bin/sh\")");
}

#[test]
fn the_installation_of_a_program_belongs_to_it() {
    let start = "1 vfork() = 2\n2 execve(\"/usr/bin/ctags\", [\"x\"], 0x7 /* 2 vars */) = 0\n";
    let by_program = |path: &str| start.to_owned() + &read(path).replacen('1', "2", 1);
    assert_nothing(&by_program("/usr/lib/ctags/x"));
    assert_nothing(&by_program("/usr/share/ctags/x"));
    assert_found(
        &by_program("/usr/share/dict/words"),
        Kind::Read,
        "/usr/share/dict/words",
        "key.file(\"/usr/share/dict/words\")",
    );
    assert_found(&by_program("/h/.ctags"), Kind::Read, "/h/.ctags", "key.file(\"/h/.ctags\")");
    assert_found(&read("/usr/lib/x/data"), Kind::Read, "/usr/lib/x/data", "key.file(\"/usr/lib/x/data\")");
}

#[test]
fn files_that_the_build_creates_are_no_findings() {
    let create = |path: &str| format!("1 openat(AT_FDCWD</w>, \"{path}\", O_RDWR|O_CREAT|O_EXCL, 0600) = 3<{path}>\n");
    assert_nothing(&(create("/tmp/a") + &read("/tmp/a")));
    assert_nothing(&(create("/tmp/a") + "1 rename(\"/tmp/a\", \"/tmp/b\") = 0\n" + &read("/tmp/b")));
    assert_nothing(&("1 mkdir(\"/tmp/d\", 0700) = 0\n".to_owned() + &read("/tmp/d/below")));
    assert_found(&(read("/tmp/a") + &create("/tmp/a")), Kind::Read, "/tmp/a", "key.file(\"/tmp/a\")");
}

#[test]
fn directories_above_other_paths_are_no_findings() {
    let directory = |path: &str| format!("1 statx(AT_FDCWD</w>, \"{path}\", 0, 0, {{stx_mode=S_IFDIR|0755}}) = 0\n");
    assert_nothing(&(directory("/r") + &directory("/h") + &directory("/w")));
    assert_found(
        &(directory("/x") + &directory("/x/y") + &read("/x/y/z")),
        Kind::Read,
        "/x/y/z",
        "key.file(\"/x/y/z\")",
    );
    assert_found(&directory("/x/y"), Kind::Found, "/x/y", "key.directory(\"/x/y\")");
}

#[test]
fn a_listed_directory_stands_for_the_files_below_it() {
    let list = "1 getdents64(3</d/other>, 0x5 /* 2 entries */, 32768) = 48\n".to_owned();
    assert_found(
        &(list + &read("/d/other/a") + &read("/d/other/b/c")),
        Kind::Listed,
        "/d/other",
        "key.directory(\"/d/other\")",
    );
    let home = "1 getdents64(3</h>, 0x5 /* 2 entries */, 32768) = 48\n";
    assert_found(home, Kind::Listed, "/h", "read a smaller directory, and declare that");
}

#[test]
fn a_server_of_the_build_is_no_finding() {
    let at = |call: &str, address: &str| {
        format!("1 {call}(3, {{sa_family=AF_INET, sin_port=htons(4000), sin_addr=inet_addr(\"{address}\")}}, 16) = 0\n")
    };
    assert_nothing(&(at("getsockname", "127.0.0.1") + &at("connect", "127.0.0.1")));
    assert_nothing(&(at("bind", "0.0.0.0") + &at("connect", "127.0.0.1")));
    let kinds: BTreeSet<Kind> =
        found(&(at("bind", "10.0.0.1") + &at("connect", "127.0.0.1"))).into_iter().map(|one| one.0).collect();
    assert_eq!(kinds, BTreeSet::from([Kind::Connected]));
}

/// Returns the subjects of the findings.
fn subjects(lines: &str) -> Vec<String> {
    all_found(&cover(), lines).into_iter().map(|finding| finding.subject).collect()
}

fn list(path: &str) -> String {
    format!("1 getdents64(3<{path}>, 0x5 /* 2 entries */, 32768) = 48\n")
}

fn miss(path: &str) -> String {
    format!("1 access(\"{path}\", F_OK) = -1 ENOENT (x)\n")
}

fn find(path: &str) -> String {
    format!("1 access(\"{path}\", F_OK) = 0\n")
}

fn find_directory(path: &str) -> String {
    format!("1 statx(AT_FDCWD</w/tests>, \"{path}\", 0, 0, {{stx_mode=S_IFDIR|0755}}) = 0\n")
}

/// Process 2 executes a program.
fn start(program: &str) -> String {
    format!("1 vfork() = 2\n2 execve(\"{program}\", [\"x\"], 0x7 /* 2 vars */) = 0\n")
}

/// Process 2 does what the calls of process 1 do.
fn by_child(calls: &str) -> String {
    calls.replacen('1', "2", 1)
}

#[test]
fn files_of_the_system_are_no_findings() {
    for path in [
        "/sys/class/net",
        "/dev/null",
        "/etc/ld.so.cache",
        "/etc/ld.so.preload",
        "/etc/ld.so.conf",
        "/etc/ld.so.conf.d/x.conf",
        "/usr/share/locale/de/x.mo",
        "/usr/share/locale-langpack/de/x.mo",
        "/usr/share/i18n/charmaps/x",
        "/etc/nsswitch.conf",
        "/etc/host.conf",
        "/etc/hosts",
        "/etc/resolv.conf",
        "/etc/gai.conf",
        "/etc/services",
        "/etc/protocols",
        "/run/nscd/x",
        "/var/run/nscd/x",
        "/run/systemd/resolve/stub-resolv.conf",
        "/run/systemd/userdb/x",
        "/usr/lib/x86_64-linux-gnu/gconv/gconv-modules",
        "/usr/lib/x86_64-linux-gnu/gconv/gconv-modules.cache",
        "/opt/lib/libz.so",
        "/opt/lib/glibc-hwcaps/x86-64-v3/x",
        "/tmp/own/a",
        "/c/CACHEDIR.TAG",
        "/c/bookshop/1-2/words/value",
    ] {
        assert_nothing(&read(path));
    }
    for directory in ["/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/local/lib"] {
        assert_nothing(&(read(&format!("{directory}/libz.so.1")) + &read(&format!("{directory}/x/libz.so"))));
        assert_nothing(&list(directory));
        for variant in ["tls", "x86_64", "haswell", "avx512_1", "aarch64"] {
            assert_nothing(&miss(&format!("{directory}/{variant}")));
        }
    }
    assert_nothing(&miss("/opt/lib/none"));
    assert_nothing(&list("/c"));
}

#[test]
fn data_beside_files_of_the_system_is_a_finding() {
    for path in ["/dev/shm/x", "/opt/lib/data", "/usr/lib/tls", "/c/.trash/x", "/etc/passwd", "/etc/localtime"] {
        assert_eq!(subjects(&read(path)), [path]);
    }
    assert_eq!(subjects(&start("/lib64/ld-linux-x86-64.so.2")), ["/lib64/ld-linux-x86-64.so.2"]);
}

#[test]
fn directories_above_covered_paths_are_no_findings() {
    let path = |path: &str| vec![PathBuf::from(path)];
    let cover = Cover {
        files: path("/a/1/x"),
        directories: path("/a/2/x"),
        tools: path("/a/3/x"),
        code: path("/a/4/x"),
        own: path("/a/5/x"),
        search_path: path("/a/6/x"),
        repository: Some("/a/7/x".into()),
        home: Some("/a/8/x".into()),
        cache: "/a/9/x".into(),
        executable: "/a/10/x".into(),
        package: "/a/11/x".into(),
        ..Cover::default()
    };
    for number in 1..=11 {
        assert_eq!(all_found(&cover, &find_directory(&format!("/a/{number}"))), [], "{number}");
    }
    assert_eq!(all_found(&cover, &find_directory("/a/12")).len(), 1);
}

/// The program takes the file for a directory.
#[test]
fn a_file_above_a_missing_path_is_a_finding() {
    let below = "1 openat(AT_FDCWD</w>, \"/d/there/x\", O_RDONLY) = -1 ENOTDIR (x)\n";
    assert_eq!(subjects(&(find("/d/there") + below)), ["/d/there/x", "/d/there"]);
}

#[test]
fn findings_are_sorted_by_kind_and_subject() {
    let lines = read("/d/a") + &read("/d/A") + &miss("/d/z") + &list("/d/list");
    assert_eq!(subjects(&lines), ["/d/z", "/d/A", "/d/a", "/d/list"]);
}

#[test]
fn a_listing_counts_the_files_below_it() {
    let lines = list("/d/other") + &read("/d/other/a") + &read("/d/other/b/c") + &start("/d/other/gen");
    let found: Vec<_> = all_found(&cover(), &lines).into_iter().map(|one| (one.subject, one.count)).collect();
    assert_eq!(found, [("/d/other".to_owned(), 3), ("/d/other/gen".to_owned(), 1)]);
}

#[test]
fn a_listing_without_a_line_covers_nothing() {
    for (directory, file) in [("/h", "/h/x/a"), ("/c/bookshop", "/c/bookshop/1-2/graph.json")] {
        assert_eq!(subjects(&(list(directory) + &read(file))), [file, directory]);
    }
}

#[test]
fn a_large_directory_has_no_line() {
    let cover = Cover { package: "/p/x".into(), cache: "/k/cache".into(), ..cover() };
    for directory in ["/w", "/p", "/p/x", "/tmp", "/r", "/h", "/k"] {
        let [found] = &all_found(&cover, &list(directory))[..] else { panic!("{directory}") };
        assert_eq!(found.help.as_deref(), Some("read a smaller directory, and declare that"), "{directory}");
    }
}

#[test]
fn a_package_outside_the_project_has_relative_lines() {
    let cover = Cover { package: "/p/x".into(), search_path: vec!["/p/x/bin".into()], ..cover() };
    for (calls, line) in [(read("/p/x/data"), "key.file(\"data\")"), (start("/p/x/bin/gen"), "key.file(\"bin/gen\")")] {
        let [found] = &all_found(&cover, &calls)[..] else { panic!("{calls}") };
        assert_eq!(found.line.as_deref(), Some(line));
    }
}

#[test]
fn a_finding_names_its_program_and_its_refusal() {
    let denied = "1 openat(AT_FDCWD</w>, \"/d/x\", O_RDONLY) = -1 EACCES (x)\n";
    let lines = start("/usr/bin/ctags") + &by_child(denied) + &read("/d/y");
    let found: Vec<_> =
        all_found(&cover(), &lines).into_iter().map(|one| (one.subject, one.program, one.is_denied)).collect();
    let ctags = Some("/usr/bin/ctags".to_owned());
    assert_eq!(found, [("/d/x".to_owned(), ctags, true), ("/d/y".to_owned(), None, false)]);
}

#[test]
fn control_characters_of_names_are_not_printed() {
    let calls = start("/d/a\u{1b}[1m") + &by_child(&read("/d/b\u{1b}[1m"));
    for found in all_found(&cover(), &calls) {
        let shown = [&found.subject, found.program.as_ref().unwrap_or(&found.subject)];
        assert!(shown.iter().all(|text| !text.contains('\u{1b}')), "{found:?}");
    }
}

#[test]
fn the_search_for_a_program_is_no_finding() {
    let start = start("/opt/link/gen");
    let only = ["/opt/link/gen"];
    for search in [find("/usr/bin/gen"), miss("/usr/bin/gen"), find("/opt/real/gen"), read("/opt/real/gen")] {
        assert_eq!(subjects(&(search + &start)), only);
    }
    assert_eq!(subjects(&(find("/d/gen") + &start)), ["/d/gen", "/opt/link/gen"], "a namesake elsewhere");
}

#[test]
fn a_missing_program_has_one_finding() {
    let everywhere = ["/w/bin/nm", "/usr/local/bin/nm", "/usr/bin/nm"].map(miss).concat();
    assert_eq!(subjects(&everywhere), ["nm"]);
    assert_eq!(subjects(&(miss("/usr/local/bin/nm") + &find("/usr/bin/nm"))), ["/usr/bin/nm"]);
}

#[test]
fn a_missing_directory_stands_for_the_paths_below_it() {
    let lines = miss("/d/none/a") + &miss("/d/none") + &miss("/d/none/b/c") + &miss("/d/nonesuch");
    let found: Vec<_> = all_found(&cover(), &lines).into_iter().map(|one| (one.subject, one.count)).collect();
    assert_eq!(found, [("/d/none".to_owned(), 3), ("/d/nonesuch".to_owned(), 1)]);
}

#[test]
fn a_link_to_a_program_has_both_installations() {
    let by = |path: &str| subjects(&(start("/opt/link/x/bin/python") + &by_child(&read(path))));
    for path in ["/opt/link/x/pyvenv.cfg", "/opt/real/x/lib/os.py"] {
        assert_eq!(by(path), ["/opt/link/x/bin/python"]);
    }
    assert_eq!(by("/opt/real/y/lib/os.py"), ["/opt/real/y/lib/os.py", "/opt/link/x/bin/python"]);
}

#[test]
fn a_program_owns_its_installation_only() {
    let by =
        |program: &str, path: &str| subjects(&(start(program) + &by_child(&read(path)))).contains(&path.to_owned());
    for path in [
        "/lib/x/data",
        "/lib32/x/data",
        "/lib64/x/data",
        "/usr/lib/x/data",
        "/usr/lib32/x/data",
        "/usr/lib64/x/data",
        "/usr/libexec/x",
        "/usr/include/x.h",
        "/usr/local/lib/x/data",
        "/usr/local/libexec/x",
        "/usr/local/include/x.h",
        "/usr/local/share/ctags/x",
    ] {
        assert!(!by("/usr/bin/ctags", path), "{path}");
    }
    assert!(!by("/opt/x/bin/gen", "/opt/x/share/data"));
    assert!(!by("/usr/bin/perl5.36", "/usr/share/perl/x"));
    assert!(by("/usr/bin/ctags", "/usr/x/data"));
    assert!(by("/usr/local/bin/gen", "/usr/local/x/data"));
    assert!(by("/opt/bin/gen", "/opt/other/data"));
    assert!(by("/bin/gen", "/data"));
    let nested =
        start("/usr/bin/ctags") + "2 vfork() = 3\n3 execve(\"/usr/libexec/x\", [\"x\"], 0x7 /* 2 vars */) = 0\n";
    assert_eq!(subjects(&nested), ["/usr/libexec/x"], "a program is more than a file");
}

#[test]
fn the_history_of_a_repository_is_no_declared_input() {
    let history = "read the files or `Repo::revision`; the key does not cover history, branches and tags";
    for path in ["/r/bookshop/.hg/x", "/r/bookshop/.jj/x", "/r/bookshop/.svn/x", "/r/bookshop/below/.git/HEAD"] {
        assert_found(&read(path), Kind::Read, path, history);
    }
    assert_found(&find("/r/bookshop/.git/HEAD"), Kind::Found, "/r/bookshop/.git/HEAD", history);
}

#[test]
fn an_ignored_file_that_is_not_read_is_no_finding() {
    assert_nothing(&find("/r/bookshop/x.log"));
    assert_nothing(&list("/r/bookshop"));
}

#[test]
fn a_moved_file_stays_what_it_was() {
    let moved = "1 rename(\"/d/x\", \"/tmp/b\") = 0\n".to_owned();
    assert_eq!(subjects(&(moved + &read("/tmp/b"))), ["/tmp/b"]);
}

#[test]
fn a_file_without_a_name_owns_no_directory() {
    let file = "1 openat(AT_FDCWD</w>, \"/d\", O_RDWR|O_TMPFILE, 0600) = 3</d/#7>\n".to_owned();
    assert_eq!(subjects(&(file + &read("/d/x"))), ["/d/x"]);
}

#[test]
fn connections_that_are_no_input_are_no_findings() {
    let connect = |address: &str| format!("1 connect(3, {{{address}}}, 16) = 0\n");
    let inet = |address: &str, port: u16| {
        connect(&format!("sa_family=AF_INET, sin_port=htons({port}), sin_addr=inet_addr(\"{address}\")"))
    };
    assert_nothing(&inet("10.0.0.1", 0));
    for socket in ["/run/nscd/socket", "/run/systemd/resolve/io.systemd.Resolve", "/tmp/own/socket"] {
        assert_nothing(&connect(&format!("sa_family=AF_UNIX, sun_path=\"{socket}\"")));
    }
    let bound = "1 bind(3, {sa_family=AF_INET, sin_port=htons(4000), sin_addr=inet_addr(\"0.0.0.0\")}, 16) = 0\n";
    assert_eq!(subjects(&(bound.to_owned() + &inet("10.0.0.9", 4000))), ["10.0.0.9:4000"], "another host");
    assert_eq!(subjects(&(bound.to_owned() + &inet("127.0.0.1", 5000))), ["127.0.0.1:5000"], "another server");
}
