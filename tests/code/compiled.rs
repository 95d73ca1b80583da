//! A named package changes the key as it was compiled.

#[cfg(unix)]
use std::os::unix::fs::symlink;

use crate::workspace::Workspace;

const NAMES: &str = "\"src\", \"tests/support\"";

/// Returns a workspace whose artifact holds many parts, each compiled in another way.
fn workspace() -> Workspace {
    let workspace = Workspace::new("compiled", NAMES, "format!(\"{} {}\", app::answer(), dev::answer())");
    workspace.declare("package", "build = \"build/main.rs\"");
    workspace.write(
        "build/main.rs",
        "mod helper;\nfn main() {\n    println!(\"cargo:rustc-env=MADE={}\", helper::made());\n    \
         let out = std::env::var(\"OUT_DIR\").unwrap();\n    \
         std::fs::write(out.clone() + \"/read.txt\", std::fs::read(\"read.txt\").unwrap()).unwrap();\n}\n",
    );
    workspace.write("build/helper.rs", "pub fn made() -> &'static str { \"one\" }\n");
    workspace.write("read.txt", "one");
    workspace.package("old", "twin", "pub fn answer() -> &'static str { \"old one\" }");
    workspace.package("new", "twin", "pub fn answer() -> &'static str { \"new one\" }");
    workspace.replace("new/Cargo.toml", "0.1.0", "0.2.0");
    workspace.declare("dependencies", "old = { package = \"twin\", path = \"old\" }");
    workspace.declare("dependencies", "new = { package = \"twin\", path = \"new\" }");
    workspace.package("embeds", "embeds", "pub fn answer() -> &'static str { include_str!(\"../examples/demo.txt\") }");
    workspace.write("embeds/examples/demo.txt", "one");
    workspace.declare("dependencies", "embeds = { path = \"embeds\" }");
    workspace.package("dev", "dev", "pub fn answer() -> &'static str { \"one\" }");
    workspace.declare("dev", "dev = { path = \"dev\" }");
    workspace.write("shared/gen/g.rs", "pub fn answer() -> &'static str { \"one\" }\n");
    workspace.write(
        "src/lib.rs",
        "#[path = \"../shared/gen/g.rs\"]\nmod linked;\n\
         pub fn answer() -> String {\n    let read = std::fs::read_to_string(concat!(env!(\"OUT_DIR\"), \"/read.txt\")).unwrap();\n    \
         format!(\"{} {} {} {} {} {} {} {} {read}\", own(), env!(\"MADE\"), option_env!(\"SCHEMA\").unwrap_or(\"-\"), old::answer(), \
         new::answer(), embeds::answer(), linked::answer(), [cfg!(feature = \"fancy\"), cfg!(debug_assertions)].map(|on| on.to_string()).concat())\n}\n\
         fn own() -> u32 { 1 }\n#[cfg(test)]\nmod tests;\n",
    );
    workspace.write("src/tests.rs", "#[test]\nfn a_unit_test() {}\n");
    workspace
}

#[test]
fn all_compiled_code_changes_the_key() {
    let mut workspace = workspace();
    workspace.is_built_for("first build");
    workspace.is_restored();
    for (file, from, to, reason) in [
        ("src/lib.rs", "{ 1 }", "{ 2 }", "code changed: crate app changed"),
        ("build/helper.rs", "one", "two", "crate app changed"),
        // Read at run time, from the output of the build script.
        ("read.txt", "one", "two", "generated file compiled/read.txt changed"),
        ("old/src/lib.rs", "one", "two", "crate twin"),
        ("new/src/lib.rs", "one", "two", "crate twin"),
        ("embeds/examples/demo.txt", "one", "two", "crate embeds changed"),
        ("shared/gen/g.rs", "one", "two", "crate app changed"),
        ("dev/src/lib.rs", "one", "two", "code changed: crate dev changed"),
        ("tests/support/mod.rs", "{} {}", "{}, {}", "code changed: file tests/support/mod.rs changed"),
    ] {
        workspace.counts(file, from, to, reason);
    }

    workspace.is_built_with(&["--features", "fancy"], "code changed: feature fancy is on");
    workspace.is_restored();
    // Of this package alone: a whole release build takes a minute.
    let without_assertions = ["--config", "profile.dev.package.compiled.debug-assertions=false"];
    workspace.is_built_with(&without_assertions, "flag debug-assertions on → off");
    workspace.is_restored();
    workspace.set("SCHEMA", "two");
    workspace.is_built_for("crate app changed");
    workspace.unset("SCHEMA");
    workspace.is_restored();

    workspace.does_not_count("tests/t.rs", "\"stale\"", "\"not current\"");
    workspace.does_not_count("src/tests.rs", "{}", "{ assert!(true) }");
    if let Some(run) = workspace.nextest("run", &["--no-capture"]) {
        assert_eq!(workspace.reasons(run), [""; 0], "nextest compiles the same");
    }
}

#[cfg(unix)]
#[test]
fn file_saved_during_compilation_is_a_miss() {
    let mut workspace = Workspace::new("saved", NAMES, "app::answer()");
    let wrapper = workspace.path("wrapper.sh");
    test_support::write_executable(
        &wrapper,
        "#!/bin/sh\n\"$@\"; status=$?\ncase \" $* \" in *\" --crate-name app \"*\" --crate-type lib \"*)\n    \
         if [ -f edit ]; then rm edit; sed -i s/one/two/ src/lib.rs; fi;;\nesac\nexit $status\n",
    );
    workspace.set("RUSTC_WRAPPER", wrapper.to_str().unwrap());
    workspace.write("edit", "");
    workspace.is_built_for("first build");
    assert!(!workspace.path("edit").exists(), "the wrapper has edited the file");
    workspace.is_built_for("crate app changed");
    workspace.replace("src/lib.rs", "two", "one");
    // The first key was that of the compiled code, not that of the file on disk.
    workspace.is_restored();
}

#[cfg(unix)]
#[test]
fn code_behind_a_linked_directory_changes_the_key() {
    let workspace = Workspace::new("linked", NAMES, "app::answer()");
    workspace.write("shared/gen/g.rs", "pub fn v() -> &'static str { \"one\" }\n");
    symlink("../shared/gen", workspace.path("src/gen_link")).unwrap();
    workspace.write("src/lib.rs", "#[path = \"gen_link/g.rs\"]\nmod g;\npub fn answer() -> String { g::v().into() }\n");
    workspace.is_built_for("first build");
    workspace.counts("shared/gen/g.rs", "one", "two", "crate app changed");
}

#[test]
fn objects_of_c_code_change_the_key() {
    let workspace = Workspace::new("objects", "\"src\"", "app::answer()");
    workspace.package(
        "native",
        "native",
        "unsafe extern \"C\" { fn answer() -> i32; }\npub fn call() -> i32 { unsafe { answer() } }\n",
    );
    workspace.replace("native/Cargo.toml", "[package]\n", "[package]\nbuild = \"build.rs\"\n");
    workspace.write(
        "native/build.rs",
        "use std::process::Command;\nfn main() {\n    let out = std::env::var(\"OUT_DIR\").unwrap();\n    \
         let run = |program: &str, arguments: &[&str]| \
         assert!(Command::new(program).args(arguments).current_dir(&out).status().unwrap().success());\n    \
         let source = std::env::current_dir().unwrap().join(\"answer.c\");\n    \
         run(\"cc\", &[\"-c\", source.to_str().unwrap(), \"-o\", \"answer.o\"]);\n    run(\"ar\", &[\"crs\", \"libanswer.a\", \"answer.o\"]);\n    \
         println!(\"cargo:rerun-if-changed=answer.c\\ncargo:rustc-link-search=native={out}\\ncargo:rustc-link-lib=static=answer\");\n}\n",
    );
    workspace.write("native/answer.c", "int answer(void) { return 1; }\n");
    workspace.declare("dependencies", "native = { path = \"native\" }");
    workspace.write("src/lib.rs", "pub fn answer() -> String { native::call().to_string() }\n");
    workspace.is_built_for("first build");
    workspace.counts("native/answer.c", "1", "2", "code changed: objects of crate native changed");
}
