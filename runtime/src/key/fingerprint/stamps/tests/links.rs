//! Content behind links, and the rules for skipped directories.

use super::*;

/// Returns a repository with links beside the directory `shared`: with git, and without.
fn with_links(links: &[(&str, &str)]) -> [Fixture; 2] {
    [Fixture::with_git(), Fixture::without_git()].map(|fixture| {
        fixture.write("../shared/s.txt", "shared");
        fixture.write("../shared/below/b.txt", "below");
        for (link, target) in links {
            symlink(target, fixture.root().join(link)).expect("linked");
        }
        fixture
    })
}

#[track_caller]
fn each_sees(links: &[(&str, &str)], change: impl Fn(&Fixture)) {
    for fixture in with_links(links) {
        fixture.sees(&change);
    }
}

#[test]
fn content_behind_links_is_seen() {
    each_sees(&[("out", "../shared/s.txt")], |it| it.write("../shared/s.txt", "edited"));
    each_sees(&[("out", "../shared")], |it| it.write("../shared/below/b.txt", "edited"));
    each_sees(&[("out", "../shared")], |it| it.write("../shared/below/new", ""));
    each_sees(&[("out", "../later/l.txt")], |it| it.write("../later/l.txt", ""));
    // Links to files that do not count themselves.
    for fixture in with_links(&[("file", "ignored/d.txt"), ("directory", ".svn")]) {
        fixture.write(".svn/x", "");
        fixture.write(".gitignore", "ignored/\n.svn/\n");
        fixture.sees(|it| it.write(".svn/x", "edited"));
    }
    Fixture::with_git().sees(|it| symlink("../shared", it.root().join("new")).expect("linked"));
    each_sees(&[("file", "ignored/d.txt")], |it| it.write("ignored/d.txt", "edited"));
}

#[test]
fn a_changed_link_on_the_way_is_seen() {
    let point = |fixture: &Fixture, link: &str, target: &str| {
        let link = fixture.root().join(link);
        let _ = fs::remove_file(&link);
        symlink(target, link).expect("linked");
    };
    for link in [("out", "../first/s.txt"), ("out", "../first")] {
        for fixture in with_links(&[link]) {
            point(&fixture, "../first", "second");
            point(&fixture, "../second", "shared");
            fixture.write("../other/s.txt", "other");
            fixture.sees(|it| point(it, "../second", "other"));
        }
    }
    for fixture in with_links(&[("out", "../back")]) {
        point(&fixture, "../back", "repo/a.txt");
        fixture.sees(|it| point(it, "../back", "repo/b/c.txt"));
    }
    // A directory on the way becomes a link.
    for fixture in with_links(&[("out", "../shared/below/../s.txt")]) {
        fixture.write("../other/s.txt", "other");
        fixture.write("../other/below/x", "");
        fixture.sees(|it| {
            let below = it.root().join("../shared/below");
            fs::rename(&below, it.root().join("../away")).expect("moved");
            symlink("../other/below", below).expect("linked");
        });
    }
}

#[test]
fn a_directory_that_is_no_longer_a_cache_is_seen() {
    let tagged = || {
        let fixture = Fixture::without_git();
        fixture.write("cache/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55");
        fixture.write("cache/x", "");
        fixture
    };
    tagged().sees(|it| fs::remove_file(it.root().join("cache/CACHEDIR.TAG")).expect("removed"));
    tagged().sees(|it| it.write("cache/CACHEDIR.TAG", "no signature"));
    let fixture = tagged();
    fixture.state();
    fixture.write("cache/x", "edited");
    assert!(fixture.is_unchanged());
}

#[test]
fn nothing_is_kept_while_content_behind_a_link_is_young() {
    for fixture in with_links(&[("out", "../shared")]) {
        let file = File::options().write(true).open(fixture.root().join("../shared/below/b.txt")).expect("there");
        file.set_modified(later()).expect("set");
        fixture.keeps_nothing();
    }
}

#[test]
fn deep_directories_and_long_chains_of_links_work() {
    let fixture = Fixture::without_git();
    let deep = fixture.root().join("d/".repeat(400));
    fs::create_dir_all(deep).expect("made");
    // Each has a link to the next.
    for number in 0..1500 {
        let directory = fixture.root().with_file_name(format!("chain-{number}"));
        fs::create_dir(&directory).expect("made");
        symlink(format!("../chain-{}", number + 1), directory.join("next")).expect("linked");
    }
    symlink("../chain-0", fixture.root().join("chain")).expect("linked");
    let last = "../chain-1499/last";
    fixture.write(last, "");
    fixture.sees(|it| it.write(last, "edited"));
}
