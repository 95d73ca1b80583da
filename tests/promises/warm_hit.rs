//! A warm hit starts no process, reads no file twice and writes one record.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::fs;

use test_support::{Sandbox, can_trace};

use crate::Reports;

/// A line of the output of strace.
struct Call<'a> {
    name: &'a str,
    line: &'a str,
}

/// Returns the calls of all threads. strace splits a call that another thread interrupts. The first line has its
/// arguments.
fn calls(trace: &str) -> impl Iterator<Item = Call<'_>> {
    trace.lines().filter_map(|line| {
        let call = line.split_once(' ')?.1.trim_start();
        let name = call.split_once('(')?.0;
        name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_').then_some(Call { name, line })
    })
}

#[test]
fn warm_hit_makes_no_needless_system_calls() {
    if !can_trace() {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.run("both").passes();
    sandbox.run_within("one", "both").passes();

    let trace = sandbox.path("trace");
    // -y: paths of descriptors.
    let strace = ["-f", "-qq", "-y", "-s", "4096", "-o", trace.to_str().unwrap()];
    let run = sandbox.run_within("one", "both").without_env("SUBJECT_LOG");
    let done = run.wrapped("strace", &strace).passes();
    assert!(done.reports().last().unwrap().cache_hit());

    let trace = fs::read_to_string(trace).unwrap();
    let cache = sandbox.cache().to_str().unwrap().to_owned();
    let repo = sandbox.repo().to_str().unwrap().to_owned();
    let mut programs = 0;
    let mut opened: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut records, mut other_writes) = (0, Vec::new());
    for Call { name, line } in calls(&trace) {
        match name {
            "execve" | "execveat" => programs += 1,
            "fork" | "vfork" => panic!("{line}"),
            "clone" | "clone3" => assert!(line.contains("CLONE_THREAD"), "{line}"),
            "openat" if !line.contains(" = -1 ") => {
                let path = line.split('"').nth(1).unwrap();
                let is_ours = path.starts_with(&cache) || path.starts_with(&repo) || path.ends_with("smoke.toml");
                let is_read = !line.contains("O_WRONLY") && !line.contains("O_DIRECTORY");
                if is_ours && is_read {
                    *opened.entry(path).or_default() += 1;
                }
            }
            "write" if line.contains("telemetry.jsonl") => records += 1,
            "write" | "pwrite64" | "writev" if line.contains(&cache) && !line.contains("/under-way/") => {
                other_writes.push(line);
            }
            _ => {}
        }
    }
    assert_eq!(programs, 1, "the test itself");
    let twice: Vec<_> = opened.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    assert_eq!((records, other_writes), (1, Vec::new()));
    // The configuration, the run's record of the repository, and the manifest, verification record and file of each
    // artifact.
    let expected = ["smoke.toml", "/repos/", "words.json", "lengths.json", "/proofs/"];
    for name in expected {
        assert!(opened.keys().any(|path| path.contains(name)), "{name}: {opened:?}");
    }
    assert!(!opened.keys().any(|path| path.starts_with(&repo)), "{opened:?}");
}
