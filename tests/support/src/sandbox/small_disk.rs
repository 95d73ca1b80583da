//! A cache directory on a file system with little room, which only processes of this test see.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

use super::{Sandbox, is_root};
use crate::process::Run;

/// A mount namespace with a tmpfs at the place of the sandbox's cache directory. Dropping the value removes both.
pub struct SmallDisk<'a> {
    sandbox: &'a Sandbox,
    keeper: Child,
    answers: BufReader<ChildStdout>,
}

impl<'a> SmallDisk<'a> {
    /// Mounts a file system with `options` such as `size=16k,nr_inodes=8`.
    ///
    /// Returns `None`, and prints a line, if this user may not mount.
    pub fn mount(sandbox: &'a Sandbox, options: &str) -> Option<SmallDisk<'a>> {
        std::fs::create_dir_all(sandbox.cache()).unwrap();
        let mut command = Command::new("unshare");
        if !is_root() {
            command.args(["--user", "--map-root-user"]);
        }
        // The keeper lives until its standard input ends, and the file system as long as the keeper. It remounts with
        // the options of each line that it reads: root in its user namespace, it may. The source is named so that
        // mount(8) does not add the options of the mount table: the owner in there has no number in the namespace.
        let script = "mount -t tmpfs -o \"$1\" cached-smoke \"$0\" && echo mounted &&
            while read -r options; do mount -t tmpfs -o \"remount,$options\" cached-smoke \"$0\" && echo mounted || exit; done";
        command.args(["--mount", "sh", "-c", script]).arg(sandbox.cache()).arg(format!("mode=700,{options}"));
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let Ok(mut keeper) = spawned else {
            eprintln!("skipped: unshare, of util-linux, is not installed");
            return None;
        };
        let answers = BufReader::new(keeper.stdout.take().unwrap());
        let mut disk = SmallDisk { sandbox, keeper, answers };
        if disk.is_mounted() {
            return Some(disk);
        }
        eprintln!("skipped: this user may not mount a file system");
        None
    }

    /// Makes room.
    pub fn enlarge(&mut self) {
        self.keeper.stdin.as_mut().unwrap().write_all(b"mode=700,size=100m,nr_inodes=10000\n").unwrap();
        assert!(self.is_mounted(), "the file system cannot be enlarged");
    }

    /// Waits for the keeper's answer.
    fn is_mounted(&mut self) -> bool {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        line == "mounted\n"
    }

    /// Prepares a process like [`Sandbox::run_within`], which sees the small disk.
    pub fn run_within(&self, id: &str, test: &str) -> Run<'a> {
        let entrance = self.entrance();
        let arguments: Vec<&str> = entrance.iter().map(String::as_str).collect();
        self.sandbox.run_within(id, test).wrapped("nsenter", &arguments)
    }

    /// Returns a path to the cache directory on the small disk, for this process, which is outside of the namespace.
    pub fn cache(&self) -> PathBuf {
        let inside = self.sandbox.cache();
        let root = PathBuf::from(format!("/proc/{}/root", self.keeper.id()));
        root.join(inside.strip_prefix("/").unwrap())
    }

    fn entrance(&self) -> Vec<String> {
        let mut arguments = vec![format!("--target={}", self.keeper.id()), "--mount".to_owned()];
        if !is_root() {
            arguments.extend(["--user".to_owned(), "--preserve-credentials".to_owned()]);
        }
        arguments
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}
