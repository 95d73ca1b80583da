use super::*;

const BEGIN: &str = "1 statx(AT_FDCWD</w>, \"/proc/self/cached-smoke/begin\", 0, 0, 0x7) = -1 ENOENT (No such file)\n";
const END: &str = "1 statx(AT_FDCWD</w>, \"/proc/self/cached-smoke/end\", 0, 0, 0x7) = -1 ENOENT (No such file)\n";

/// Returns the trace of a build with these lines.
fn trace(lines: &str) -> Trace {
    let all = format!(
        "1 openat(AT_FDCWD</w>, \"/before\", O_RDONLY) = 3</before>\n{BEGIN}{lines}\n{END}1 access(\"/after\", F_OK) = 0\n"
    );
    Trace::read(&hexed(&all), Path::new("/w"))
}

/// Returns kind and path of each use.
#[track_caller]
fn uses(lines: &str) -> Vec<(Action, String)> {
    let trace = trace(lines);
    assert!(trace.is_complete);
    trace.uses.into_iter().map(|used| (used.action, used.path.display().to_string())).collect()
}

#[track_caller]
fn assert_use(line: &str, action: Action, path: &str) {
    assert_eq!(uses(line), [(action, path.to_owned())], "{line}");
}

#[test]
fn only_calls_between_the_marks_count() {
    assert_eq!(uses(""), []);
    let killed = Trace::read(&hexed(&format!("{BEGIN}1 access(\"/a\", F_OK) = 0\n")), Path::new("/w"));
    assert!(!killed.is_complete);
}

#[test]
fn each_call_is_a_kind_of_use() {
    use Action::{Create, Execute, Find, FindDirectory, List, Miss, Move, Read};
    for (line, action, path) in [
        (r#"1 openat(AT_FDCWD</w>, "/a", O_RDONLY|O_CLOEXEC) = 3</a>"#, Read, "/a"),
        (r#"1 open("/a", O_RDONLY) = 3</a>"#, Read, "/a"),
        (r#"1 openat2(AT_FDCWD</w>, "a", {flags=O_RDONLY|O_CLOEXEC, resolve=0}, 24) = 3</w/a>"#, Read, "/w/a"),
        (r#"1 openat(AT_FDCWD</w>, "/a", O_RDWR|O_CREAT, 0644) = 3</a>"#, Read, "/a"),
        (r#"1 openat(AT_FDCWD</w>, "/a", O_WRONLY|O_CREAT|O_TRUNC, 0644) = 3</a>"#, Create, "/a"),
        (r#"1 openat(AT_FDCWD</w>, "/a", O_RDWR|O_CREAT|O_EXCL, 0600) = 3</a>"#, Create, "/a"),
        (r#"1 openat(AT_FDCWD</w>, "/a", O_RDONLY|O_DIRECTORY) = 3</a>"#, FindDirectory, "/a"),
        (r"1 getdents64(3</a>, 0x55 /* 2 entries */, 32768) = 48", List, "/a"),
        (r#"1 statx(AT_FDCWD</w>, "/a", 0, STATX_ALL, {stx_mode=S_IFREG|0644}) = 0"#, Find, "/a"),
        (r#"1 newfstatat(AT_FDCWD</w>, "/a", {st_mode=S_IFDIR|0755}, 0) = 0"#, FindDirectory, "/a"),
        (r#"1 readlink("/a", 0x7ffd, 1023) = -1 EINVAL (Invalid argument)"#, Find, "/a"),
        (r#"1 access("a/../b", R_OK) = 0"#, Find, "/w/b"),
        (r#"1 openat(AT_FDCWD</w>, "/a", O_RDONLY) = -1 ENOENT (No such file or directory)"#, Miss, "/a"),
        (r#"1 openat(AT_FDCWD</w>, "/a/b", O_RDONLY) = -1 ENOTDIR (Not a directory)"#, Miss, "/a/b"),
        (r#"1 openat(AT_FDCWD</w>, "/a", O_RDONLY) = -1 EACCES (Permission denied)"#, Read, "/a"),
        (r#"1 openat(AT_FDCWD</w>, "/a", O_RDONLY|O_DIRECTORY) = -1 EACCES (Permission denied)"#, List, "/a"),
        (r#"1 execve("/a", ["a"], 0x7 /* 2 vars */) = -1 EACCES (Permission denied)"#, Execute, "/a"),
        (r#"1 mkdirat(AT_FDCWD</w>, "/a", 0777) = 0"#, Create, "/a"),
        (r#"1 symlink("/target", "/a") = 0"#, Create, "/a"),
        (r#"1 creat("/a", 0644) = 3</a>"#, Create, "/a"),
        (r#"1 openat(AT_FDCWD</w>, "/a", O_RDONLY|O_CLOEXEC|O_PATH) = 3</a>"#, Find, "/a"),
        (r"1 getdents(3</a>, 0x55 /* 2 entries */, 32768) = 48", List, "/a"),
        (r#"1 readlink("/a", "/b", 1023) = 2"#, Find, "/a"),
        (r#"1 rename("/a", "/b") = 0"#, Move, "/b"),
        (r#"1 link("/a", "/b") = 0"#, Move, "/b"),
        (r#"1 linkat(AT_FDCWD</w>, "/proc/self/fd/3", AT_FDCWD</w>, "/b", AT_SYMLINK_FOLLOW) = 0"#, Create, "/b"),
        (r#"1 renameat2(5</d>, "a", AT_FDCWD</w>, "b", RENAME_NOREPLACE) = 0"#, Move, "/w/b"),
        (r#"1 openat(5</d>, "a", O_RDONLY) = 3</d/a>"#, Read, "/d/a"),
    ] {
        assert_use(line, action, path);
    }
}

#[test]
fn calls_about_descriptors_are_no_uses() {
    for line in [
        r#"1 newfstatat(3</a>, "", {st_mode=S_IFREG|0644}, AT_EMPTY_PATH) = 0"#,
        r#"1 openat(AT_FDCWD</w>, "/a", O_WRONLY|O_APPEND) = 3</a>"#,
        r#"1 openat(AT_FDCWD</w>, "/a", O_RDONLY) = -1 EINTR (Interrupted system call)"#,
        r#"1 openat(AT_FDCWD</w>, "/a", O_WRONLY|O_CREAT|O_TRUNC, 0644) = -1 EACCES (Permission denied)"#,
        r#"1 openat(AT_FDCWD</w>, "/a", O_RDWR|O_TMPFILE, 0600) = 3</a/#7>"#,
        r#"1 creat("/a", 0644) = -1 EACCES (Permission denied)"#,
        r#"1 bind(3, {sa_family=AF_UNIX, sun_path="/x"}, 110) = -1 EADDRINUSE (Address already in use)"#,
    ] {
        assert_eq!(uses(line), []);
    }
}

#[test]
fn an_address_is_readable() {
    for (line, address) in [
        (
            r#"1 connect(3<socket:[1]>, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, 16) = 0"#,
            "127.0.0.1:80",
        ),
        (
            r#"1 connect(3, {sa_family=AF_INET6, sin6_port=htons(443), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "::1", &sin6_addr), sin6_scope_id=0}, 28) = -1 ECONNREFUSED (x)"#,
            "[::1]:443",
        ),
        (r#"1 connect(3, {sa_family=AF_UNIX, sun_path="/run/x"}, 110) = 0"#, "/run/x"),
        (r#"1 connect(3, {sa_family=AF_UNIX, sun_path=@"x"}, 110) = 0"#, "@x"),
        (
            r#"1 sendto(3, "x", 1, 0, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("10.0.0.1")}, 16) = 1"#,
            "10.0.0.1:53",
        ),
        (
            r#"1 sendmsg(3, {msg_name={sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("10.0.0.1")}, msg_namelen=16}, 0) = 1"#,
            "10.0.0.1:53",
        ),
        (
            r#"1 sendmmsg(3, [{msg_hdr={msg_name={sa_family=AF_INET6, sin6_port=htons(53), sin6_addr="::1"}}}], 1, 0) = 1"#,
            "[::1]:53",
        ),
    ] {
        assert_use(line, Action::Connect, address);
    }
    assert_eq!(uses(r"1 connect(3, {sa_family=AF_NETLINK, nl_pid=0, nl_groups=00000000}, 12) = 0"), []);
    assert_eq!(uses(r#"1 sendto(3, "x", 1, 0, NULL, 0) = 1"#), []);
}

#[test]
fn an_open_file_has_its_path_without_links() {
    let [used] = &trace(r#"1 openat(AT_FDCWD</w>, "/link", O_RDONLY) = 3</target>"#).uses[..] else {
        panic!("one use")
    };
    assert_eq!((&*used.path, used.real.as_deref()), (Path::new("/link"), Some(Path::new("/target"))));
}

#[test]
fn a_lack_of_permissions_is_a_refusal() {
    for (error, is_denied) in [("EACCES", true), ("EPERM", true), ("ENOENT", false)] {
        let [used] = &trace(&format!("1 access(\"/a\", R_OK) = -1 {error} (x)")).uses[..] else { panic!("one use") };
        assert_eq!(used.is_denied, is_denied, "{error}");
    }
}

#[test]
fn refused_changes_are_kept() {
    let write = |path: &str| vec![Refused::Write(path.into())];
    let open = |flags: &str| format!("1 openat(AT_FDCWD</w>, \"/a\", {flags}) = -1 EACCES (x)");
    let cases = [
        (open("O_WRONLY"), write("/a")),
        (open("O_RDWR"), write("/a")),
        (open("O_RDONLY|O_CREAT, 0644"), write("/a")),
        (open("O_RDONLY|O_TRUNC"), write("/a")),
        (open("O_TMPFILE, 0600"), write("/a")),
        (open("O_RDONLY"), vec![]),
        ("1 creat(\"/a\", 0644) = -1 EACCES (x)".to_owned(), write("/a")),
        ("1 mkdirat(5</d>, \"a\", 0777) = -1 EPERM (x)".to_owned(), write("/d/a")),
        ("1 symlink(\"/from\", \"/a\") = -1 EACCES (x)".to_owned(), write("/a")),
        ("1 renameat2(5</d>, \"from\", AT_FDCWD</w>, \"a\", 0) = -1 EACCES (x)".to_owned(), write("/w/a")),
        ("1 link(\"/from\", \"/a\") = -1 EACCES (x)".to_owned(), write("/a")),
        ("1 mkdir(\"/a\", 0777) = -1 EEXIST (x)".to_owned(), vec![]),
        (
            "1 bind(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr(\"127.0.0.1\")}, 16) = -1 EACCES (x)"
                .to_owned(),
            vec![Refused::Bind("127.0.0.1:80".to_owned())],
        ),
    ];
    for (line, expected) in cases {
        assert_eq!(trace(&line).refused.into_iter().collect::<Vec<_>>(), expected, "{line}");
    }
}

#[test]
fn a_process_inherits_its_directory_and_threads_share_one() {
    let lines = concat!(
        "1 clone3({flags=CLONE_VM|CLONE_FS|CLONE_THREAD, exit_signal=0}, 88) = 2\n",
        "2 chdir(\"/t\") = 0\n",
        "1 access(\"a\", F_OK) = 0\n",
        "1 vfork( <unfinished ...>\n",
        "3 chdir(\"/p\") = 0\n",
        "3 access(\"b\", F_OK) = 0\n",
        "1 <... vfork resumed>) = 3\n",
        "1 access(\"c\", F_OK) = 0\n",
        "1 fchdir(4</f>) = 0\n",
        "2 access(\"d\", F_OK) = 0",
    );
    let paths: Vec<String> = uses(lines).into_iter().map(|(_, path)| path).collect();
    assert_eq!(paths, ["/t/a", "/p/b", "/t/c", "/f/d"]);
}

#[test]
fn a_use_names_the_program_of_its_process() {
    let lines = concat!(
        "1 vfork() = 2\n",
        "2 execve(\"/usr/local/bin/x\", [\"x\"], 0x7 /* 2 vars */) = -1 ENOENT (No such file)\n",
        "2 execve(\"/usr/bin/x\", [\"x\"], 0x7 /* 2 vars */) = 0\n",
        "2 access(\"/a\", F_OK) = 0\n",
        "1 access(\"/a\", F_OK) = 0",
    );
    let programs: Vec<_> = trace(lines).uses.into_iter().map(|used| (used.action, used.program)).collect();
    let program = Some(PathBuf::from("/usr/bin/x"));
    assert_eq!(
        programs,
        [(Action::MissProgram, None), (Action::Execute, None), (Action::Find, program), (Action::Find, None)]
    );
}

/// The tracer starts the builder, which is no program of the build.
#[test]
fn the_builder_itself_is_no_program() {
    let all =
        format!("1 execve(\"/test\", [\"test\"], 0x7 /* 2 vars */) = 0\n{BEGIN}1 access(\"/a\", F_OK) = 0\n{END}");
    let programs: Vec<_> =
        Trace::read(&hexed(&all), Path::new("/w")).uses.into_iter().map(|used| used.program).collect();
    assert_eq!(programs, [None]);
}

#[test]
fn a_mark_is_a_call_that_fails() {
    let lines = "1 access(\"/proc/self/cached-smoke/end\", F_OK) = 0\n1 access(\"/a\", F_OK) = 0";
    assert_eq!(uses(lines).last().map(|(_, path)| &**path), Some("/a"));
}

#[test]
fn calls_for_a_dependency_do_not_count() {
    let lines = concat!(
        "1 statx(AT_FDCWD</w>, \"/proc/self/cached-smoke/dependency-begin\", 0, 0, 0x7) = -1 ENOENT (x)\n",
        "1 access(\"/a\", F_OK) = 0\n",
        "1 vfork() = 2\n",
        "3 access(\"/b\", F_OK) = 0\n",
        "1 statx(AT_FDCWD</w>, \"/proc/self/cached-smoke/dependency-end\", 0, 0, 0x7) = -1 ENOENT (x)\n",
        "2 access(\"/c\", F_OK) = 0\n",
        "1 access(\"/d\", F_OK) = 0",
    );
    let paths: Vec<String> = uses(lines).into_iter().map(|(_, path)| path).collect();
    assert_eq!(paths, ["/b", "/d"]);
}

#[test]
fn questions_to_the_system_are_kept() {
    let lines = concat!(
        "1 uname({sysname=\"Linux\"}) = 0\n",
        "1 sched_getaffinity(1, 128, [0, 1]) = 8\n",
        "1 getrandom(\"x\", 8, 0) = 8\n",
        "1 io_uring_setup(8, {flags=0}) = 3",
    );
    let questions: Vec<_> = trace(lines).questions.into_iter().collect();
    assert_eq!(questions, [Question::Cores, Question::Host, Question::Randomness, Question::Invisible]);
    let read = |path: &str| {
        let line = format!("1 openat(AT_FDCWD</w>, \"{path}\", O_RDONLY) = 3<{path}>");
        trace(&line).questions.into_iter().collect::<Vec<_>>()
    };
    for (path, question) in [
        ("/proc/sys/kernel/hostname", Question::Host),
        ("/proc/version", Question::Host),
        ("/proc/cpuinfo", Question::Cores),
        ("/proc/stat", Question::Cores),
        ("/sys/devices/system/cpu/online", Question::Cores),
        ("/sys/fs/cgroup/cpu.max", Question::Cores),
        ("/dev/random", Question::Randomness),
        ("/dev/urandom", Question::Randomness),
    ] {
        assert_eq!(read(path), [question], "{path}");
    }
    assert_eq!(read("/proc/self/maps"), []);
    let find = "1 access(\"/dev/urandom\", F_OK) = 0";
    assert!(trace(find).questions.is_empty(), "only its content is an answer");
    let handle = "1 open_by_handle_at(3</a>, {handle_bytes=8}, O_RDONLY) = 4</a/b>";
    assert_eq!(trace(handle).questions, BTreeSet::from([Question::Invisible]));
    for call in ["chroot(\"/a\")", "pivot_root(\"/a\", \"/b\")", "mount(\"x\", \"/a\", \"tmpfs\", 0, NULL)"] {
        let done = trace(&format!("1 {call} = 0"));
        assert_eq!((done.uses, done.questions), (vec![], BTreeSet::from([Question::Invisible])), "{call}");
        let refused = trace(&format!("1 {call} = -1 ENOENT (x)"));
        assert_eq!((refused.uses, refused.questions), (vec![], BTreeSet::new()), "{call}");
    }
}
