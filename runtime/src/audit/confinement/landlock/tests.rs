use std::fs::{File, OpenOptions};
use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Command, Stdio};
use std::thread;

use tempfile::TempDir;

use super::*;

/// A directory with one part for each part of a cover, and with others.
struct World {
    root: TempDir,
    cover: Cover,
}

impl World {
    fn new() -> World {
        let root = TempDir::new().expect("a temporary directory");
        let path = |name: &str| root.path().join(name);
        for directory in
            ["own", "repo/below", "directory", "dependency", "libraries", "linked", "further", "bin", "other"]
        {
            fs::create_dir_all(path(directory)).expect("a new directory");
            fs::write(path(directory).join("file"), "").expect("a new file");
        }
        for (target, link) in [("other/target", "repo/below/link"), ("linked", "repo/linked"), ("further", "linked/on")]
        {
            let _ = fs::create_dir_all(path(target));
            symlink(path(target), path(link)).expect("a new link");
        }
        for file in ["repo/file", "other/target/file"] {
            fs::write(path(file), "").expect("a new file");
        }
        fs::copy("/bin/sh", path("bin/sh")).expect("a copy of the shell");
        let interpreter = format!("#!{}\n", path("bin/sh").display());
        for script in ["own", "repo", "directory", "dependency", "other"].map(|name| format!("{name}/script")) {
            write_executable(&path(&script), "#!/bin/sh\n");
        }
        for script in ["file", "tool", "executable", "code"] {
            write_executable(&path(script), &interpreter);
        }
        let cover = Cover {
            own: vec![path("own")],
            repository: Some(path("repo")),
            directories: vec![path("directory")],
            files: vec![path("file"), path("none")],
            tools: vec![path("tool"), "/bin/sh".into(), Path::new("/bin/sh").canonicalize().expect("a shell")],
            executable: path("executable"),
            code: vec![path("code")],
            dependencies: vec![path("dependency")],
            libraries: vec![path("libraries")],
            ..Cover::default()
        };
        World { root, cover }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// Returns the result of `work` on a confined thread; `None`, with a line, if the kernel confines none.
    fn confined<T: Send>(&self, work: impl FnOnce(&Self) -> T + Send) -> Option<T> {
        if let Err(Unconfined { reason, .. }) = check() {
            eprintln!("skipped: {reason}");
            return None;
        }
        let on_thread = || {
            restrict(&self.cover).expect("the kernel confines");
            work(self)
        };
        Some(thread::scope(|scope| scope.spawn(on_thread).join().expect("no panic")))
    }
}

fn write_executable(path: &Path, text: &str) {
    fs::write(path, text).expect("a new file");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("other permissions");
}

/// The four ways in which a build uses a path.
#[derive(Clone, Copy, Debug)]
enum Way {
    Read,
    List,
    Write,
    Start,
}

/// Returns `true` if this thread may use the path in this way.
#[track_caller]
fn may(way: Way, path: &Path) -> bool {
    let result = match way {
        Way::Read => File::open(path).map(drop),
        Way::List => fs::read_dir(path).map(drop),
        Way::Write if path.exists() => OpenOptions::new().append(true).open(path).map(drop),
        Way::Write => File::create(path).map(drop),
        Way::Start => {
            let mut command = Command::new(path);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().map(drop)
        }
    };
    match result {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => false,
        Err(error) => panic!("{way:?} {}: {error}", path.display()),
    }
}

/// Returns the first of the paths that exists.
fn first(paths: &[&str]) -> Option<PathBuf> {
    paths.iter().map(PathBuf::from).find(|path| path.exists())
}

#[test]
fn covered_paths_are_allowed() {
    let _ = World::new().confined(|world| {
        for (way, path) in [
            (Way::Read, "own/file"),
            (Way::List, "own"),
            (Way::Write, "own/new"),
            (Way::Start, "own/script"),
            (Way::Read, "repo/file"),
            (Way::List, "repo/below"),
            (Way::Start, "repo/script"),
            (Way::Read, "other/target/file"),
            (Way::Read, "linked/file"),
            (Way::Read, "further/file"),
            (Way::Read, "directory/file"),
            (Way::List, "directory"),
            (Way::Start, "directory/script"),
            (Way::Read, "file"),
            (Way::Start, "file"),
            (Way::Start, "tool"),
            (Way::Read, "executable"),
            (Way::Start, "executable"),
            (Way::Read, "code"),
            (Way::Read, "dependency/file"),
            (Way::Read, "libraries/file"),
        ] {
            assert!(may(way, &world.path(path)), "{way:?} {path}");
        }
        for path in ["/proc/self/status", "/sys/kernel", "/dev/urandom"] {
            assert!(may(Way::Read, Path::new(path)), "{path}");
        }
        assert!(may(Way::Write, Path::new("/dev/null")));
        let loader = first(&["/etc/hosts", "/etc/nsswitch.conf", "/etc/resolv.conf", "/etc/services"]);
        assert!(loader.is_none_or(|path| may(Way::Read, &path)));
        assert!(may(Way::List, Path::new("/usr/lib")));
    });
}

#[test]
fn other_paths_are_denied() {
    let memory = TempDir::new_in("/dev/shm").ok();
    let world = World::new();
    for script in memory.iter().map(|memory| memory.path().join("script")) {
        write_executable(&script, "#!/bin/sh\n");
    }
    let _ = world.confined(|world| {
        for (way, path) in [
            (Way::Read, "other/file"),
            (Way::List, "other"),
            (Way::Write, "other/new"),
            (Way::Write, "other/file"),
            (Way::Start, "other/script"),
            (Way::List, "."),
            (Way::Write, "new"),
            (Way::Write, "repo/new"),
            (Way::Write, "repo/file"),
            (Way::Write, "directory/file"),
            (Way::Write, "file"),
            (Way::Write, "code"),
            (Way::Start, "code"),
            (Way::Write, "dependency/file"),
            (Way::Start, "dependency/script"),
            (Way::Write, "libraries/file"),
        ] {
            assert!(!may(way, &world.path(path)), "{way:?} {path}");
        }
        for (way, path) in [(Way::Read, "/etc/passwd"), (Way::List, "/"), (Way::Start, "/usr/bin/env")] {
            assert!(!may(way, Path::new(path)), "{way:?} {path}");
        }
        let release = first(&["/usr/lib/os-release", "/usr/lib/ld-linux-x86-64.so.2", "/lib/ld-musl-x86_64.so.1"]);
        assert!(release.is_none_or(|path| !may(Way::Write, &path)), "files of the system");
        for script in memory.iter().map(|memory| memory.path().join("script")) {
            for way in [Way::Read, Way::Write, Way::Start] {
                assert!(!may(way, &script), "{way:?} in shared memory");
            }
        }
        assert!(!may(Way::Write, Path::new("/proc/self/comm")), "files of the kernel");
    });
}

#[test]
fn network_is_denied() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let _ = World::new().confined(|_| {
        let kinds = [TcpStream::connect(address).map(drop), TcpListener::bind("127.0.0.1:0").map(drop)]
            .map(|result| result.map_err(|error| error.kind()));
        assert_eq!(kinds, [Err(io::ErrorKind::PermissionDenied); 2]);
    });
}

/// Linux 6.12 and later confine these.
#[test]
fn abstract_sockets_are_denied_where_the_kernel_can() {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let mut numbers = release.split(['.', '-']).map_while(|number| number.trim().parse::<u32>().ok());
    if (numbers.next(), numbers.next()) < (Some(6), Some(12)) {
        return eprintln!("skipped: the kernel is older than 6.12");
    }
    let world = World::new();
    let name = world.root.path().as_os_str().as_encoded_bytes();
    let address = SocketAddr::from_abstract_name(name).expect("a short name");
    let _listener = UnixListener::bind_addr(&address).expect("a socket");
    let _ = world.confined(|_| {
        let error = UnixStream::connect_addr(&address).map(drop).map_err(|error| error.kind());
        assert_eq!(error, Err(io::ErrorKind::PermissionDenied));
    });
}
