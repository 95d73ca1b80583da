//! Measures the first hit on an entry that a CI system has just restored: it is neither unpacked nor verified yet.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::samples::in_turns;
use crate::setup::{Setup, copy_tree};
use crate::table::{Goal, Table};

pub(super) fn run(setup: &Setup, table: &mut Table) {
    println!("\nthe first hit on a restored entry:");
    let (graph, index) = setup.entry("django");
    let cache = setup.path("cache");
    let entry_of_graph = graph.parent().and_then(|path| path.parent()).and_then(|path| path.file_name()).unwrap();
    let archive = cache.join("django").join(entry_of_graph).join("graph.tar.zst");
    let restored = setup.path("restored");
    let files = setup.path("restored-files");
    fs::create_dir_all(&files).unwrap();
    let restore = || {
        let _ = fs::remove_dir_all(&restored);
        // The directory of an entry has the name of its key.
        for entry in [archive.parent().unwrap(), index.parent().unwrap()] {
            copy_tree(entry, &restored.join("django").join(entry.file_name().unwrap()));
        }
        // The state of the repository is known, as in every process of a run except the first. It is not measured here.
        let notes = Path::new(".runs").join(setup.run()).join("repos");
        copy_tree(&cache.join(&notes), &restored.join(&notes));
        // A CI system has finished writing before the tests begin.
        assert!(Command::new("sync").status().unwrap().success());
    };
    let _ = fs::remove_dir_all(&files);
    copy_tree(&index, &files.join("sparse_index"));
    fs::copy(&archive, files.join("graph.tar.zst")).unwrap();
    let least = setup.program("digest-and-unpack").set(crate::programs::FILES, &files);
    let first = setup.hit("django").set("SMOKE_CACHE_DIR", &restored);
    let first = || {
        restore();
        first.run().inside
    };
    let [least, first] = in_turns(setup.rounds.min(21), [&|| least.run().inside, &first]);
    let ratio = first.print("the first hit") / least.print("one digest of its files and one unpack");
    table.ratio("first hit on a restored entry ÷ digest + unpack", ratio, Goal::AtMost(1.2));
}
