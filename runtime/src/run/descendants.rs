//! The processes that a process has started, on Windows: it has no process groups.

use std::collections::BTreeSet;

/// A process, as far as it matters for the search.
#[derive(Clone, Copy, Debug)]
struct Process {
    pid: u32,
    parent: Option<u32>,
    /// In seconds. It is only compared.
    start: u64,
}

/// Kills the processes below `root`, but not `root` itself.
///
/// A process whose parent has ended is not found.
#[cfg(windows)]
pub(crate) fn kill(root: u32) {
    use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};
    let mut system = System::new();
    let kind = ProcessRefreshKind::nothing().without_tasks();
    system.refresh_processes_specifics(ProcessesToUpdate::All, false, kind);
    let processes: Vec<Process> = system
        .processes()
        .iter()
        .map(|(pid, process)| Process {
            pid: pid.as_u32(),
            parent: process.parent().map(Pid::as_u32),
            start: process.start_time(),
        })
        .collect();
    for process in below(root, &processes).into_iter().filter_map(|pid| system.process(Pid::from_u32(pid))) {
        process.kill();
    }
}

/// Returns the ids of the processes below `root`. A process that started before its parent has another one: the id was
/// used again.
fn below(root: u32, processes: &[Process]) -> BTreeSet<u32> {
    let mut found = BTreeSet::new();
    let mut parents: Vec<Process> = processes.iter().filter(|process| process.pid == root).copied().collect();
    while let Some(parent) = parents.pop() {
        let is_child = |process: &&Process| {
            process.parent == Some(parent.pid) && process.start >= parent.start && process.pid != root
        };
        for child in processes.iter().filter(is_child) {
            if found.insert(child.pid) {
                parents.push(*child);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descendants_are_found_unless_an_id_was_used_again() {
        let process = |pid, parent, start| Process { pid, parent: Some(parent), start };
        let processes = [
            process(1, 0, 10),
            process(2, 1, 10),
            process(3, 2, 11),
            process(4, 3, 12),
            // Older than its parent's id.
            process(5, 3, 10),
            // A circle, from ids that were used again.
            process(6, 7, 13),
            process(7, 6, 13),
        ];
        assert_eq!(below(2, &processes), BTreeSet::from([3, 4]));
        assert_eq!(below(6, &processes), BTreeSet::from([7]));
        assert_eq!(below(9, &processes), BTreeSet::new());
    }
}
