//! The first hit on what a CI system has just restored: nothing is unpacked, nothing is proved.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::place::{Place, copy_tree};
use crate::samples::in_turns;
use crate::table::{Goal, Table};

pub(super) fn run(place: &Place, table: &mut Table) {
    println!("\nthe first hit on a restored entry:");
    let (graph, index) = place.entry("django");
    let cache = place.path("cache");
    let entry_of_graph = graph.parent().and_then(|path| path.parent()).and_then(|path| path.file_name()).unwrap();
    let archive = cache.join("django").join(entry_of_graph).join("graph.tar.zst");
    let restored = place.path("restored");
    let files = place.path("restored-files");
    fs::create_dir_all(&files).unwrap();
    let restore = || {
        let _ = fs::remove_dir_all(&restored);
        // The names under which the entries lie are the keys.
        for entry in [archive.parent().unwrap(), index.parent().unwrap()] {
            copy_tree(entry, &restored.join("django").join(entry.file_name().unwrap()));
        }
        // The state of the repository is known, as it is to every process of a run but the first: it is not what is measured.
        let notes = Path::new(".runs").join(place.run()).join("repos");
        copy_tree(&cache.join(&notes), &restored.join(&notes));
        // A CI system is done with it before the tests begin.
        assert!(Command::new("sync").status().unwrap().success());
    };
    let _ = fs::remove_dir_all(&files);
    copy_tree(&index, &files.join("sparse_index"));
    fs::copy(&archive, files.join("graph.tar.zst")).unwrap();
    let least = place.program("digest-and-unpack").set(crate::programs::FILES, &files);
    let first = place.hit("django").set("SMOKE_CACHE_DIR", &restored);
    let first = || {
        restore();
        first.run().inside
    };
    let [least, first] = in_turns(place.rounds.min(21), [&|| least.run().inside, &first]);
    let ratio = first.say("the first hit") / least.say("one digest of its files and one unpack");
    table.ratio("first hit on a restored entry ÷ digest + unpack", ratio, Goal::AtMost(1.2));
}
