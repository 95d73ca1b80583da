use super::workspace::Workspace;
use super::*;
use std::fs;

const INDEX: &[&str] = &["../index"];

#[test]
fn the_place_of_the_workspace_does_not_matter() {
    assert_eq!(Workspace::new().digest(INDEX), Workspace::new().digest(INDEX));
}

#[test]
fn the_order_of_creation_does_not_matter() {
    let one = Workspace::new();
    one.write("index/src/x.rs", "x");
    one.write("index/src/y.rs", "y");
    let other = Workspace::new();
    other.write("index/src/y.rs", "y");
    other.write("index/src/x.rs", "x");
    assert_eq!(one.digest(INDEX), other.digest(INDEX));
}

#[test]
fn the_order_of_names_does_not_matter() {
    let workspace = Workspace::new();
    assert_eq!(workspace.digest(&["../index", "src"]), workspace.digest(&["src", "../index"]));
    assert_ne!(workspace.digest(&["../index", "src"]), workspace.digest(INDEX));
}

#[test]
fn an_edit_a_new_file_a_renamed_file_and_a_removed_one_are_noticed() {
    assert!(Workspace::notices(|workspace| workspace.write("index/src/lib.rs", "// edited")));
    assert!(Workspace::notices(|workspace| workspace.write("index/src/new.rs", "")));
    assert!(Workspace::notices(|workspace| workspace.remove("index/src/deep/a.rs")));
    assert!(Workspace::notices(|workspace| {
        let source = workspace.root().join("index/src/deep");
        fs::rename(source.join("a.rs"), source.join("b.rs")).expect("rename");
    }));
    assert!(!Workspace::notices(|workspace| workspace.write("index/src/lib.rs", "// index")), "same content");
}

#[test]
fn content_moved_between_files_is_noticed() {
    let workspace = Workspace::new();
    workspace.write("index/src/a.rs", "ab");
    workspace.write("index/src/b.rs", "c");
    let before = workspace.digest(INDEX);
    workspace.write("index/src/a.rs", "a");
    workspace.write("index/src/b.rs", "bc");
    assert_ne!(before, workspace.digest(INDEX));
}

#[test]
fn dependencies_that_are_compiled_in_are_noticed() {
    for package in ["shared-1", "deep-1", "original-2", "unix-only-1"] {
        assert!(Workspace::notices(|workspace| workspace.replace("Cargo.lock", package, "bumped")), "{package}");
    }
}

#[test]
fn a_version_alone_and_a_source_alone_are_noticed() {
    let deep = "name = \"deep\"\nversion = \"1.0.0\"";
    assert!(Workspace::notices(|workspace| workspace.replace("Cargo.lock", deep, &deep.replace("1.0.0", "1.0.1"))));
    let source = deep.to_owned() + "\nsource = \"registry+https://example.com/index\"";
    assert!(Workspace::notices(|workspace| workspace.replace(
        "Cargo.lock",
        &source,
        &source.replace("example.com", "example.org")
    )));
}

#[test]
fn other_packages_are_not() {
    for package in ["only-tests-1", "unrelated-1"] {
        assert!(!Workspace::notices(|workspace| workspace.replace("Cargo.lock", package, "bumped")), "{package}");
    }
    assert!(!Workspace::notices(|workspace| workspace.write("unused/src/lib.rs", "// edited")));
    assert!(!Workspace::notices(|workspace| workspace.write("app/src/lib.rs", "// edited")));
}

#[test]
fn path_dependencies_are_noticed_without_their_tests() {
    assert!(Workspace::notices(|workspace| workspace.write("helper/src/lib.rs", "// edited")));
    assert!(Workspace::notices(|workspace| workspace.write("builder/src/lib.rs", "// edited")));
    assert!(!Workspace::notices(|workspace| workspace.write("helper/tests/t.rs", "// edited")));
}

#[test]
fn a_path_dependency_counts_whole_although_a_part_of_it_is_named() {
    for order in [["../helper/src", "../index"], ["../index", "../helper/src"]] {
        let workspace = Workspace::new();
        let before = workspace.digest(&order);
        workspace.write("helper/build.rs", "fn main() {}");
        assert_ne!(before, workspace.digest(&order), "{order:?}");
    }
}

#[test]
fn what_the_workspace_decides_about_a_dependency_is_noticed() {
    assert!(Workspace::notices(|workspace| workspace.replace("Cargo.toml", "[\"std\"]", "[\"std\", \"fast\"]")));
    assert!(!Workspace::notices(|workspace| workspace.replace("Cargo.toml", "unrelated = \"1\"", "unrelated = \"2\"")));
}

#[test]
fn a_directory_below_the_package_brings_its_manifest() {
    let workspace = Workspace::new();
    let before = workspace.digest(&["../index/src"]);
    workspace.replace("index/Cargo.toml", "version = \"2\"", "version = \"2.0\"");
    assert_ne!(before, workspace.digest(&["../index/src"]));
}

#[test]
fn every_unnamed_file_that_counts_is_tracked() {
    assert_eq!(
        Workspace::new().tracked(INDEX),
        [
            "Cargo.lock",
            "Cargo.toml",
            "app/Cargo.toml",
            "builder/Cargo.toml",
            "builder/src/lib.rs",
            "helper/Cargo.toml",
            "helper/src/lib.rs",
            "index/Cargo.toml",
        ]
    );
}

#[test]
fn patches_say_where_a_package_is() {
    let workspace = Workspace::new();
    workspace.replace("Cargo.lock", "source = \"registry+https://example.com/index\"\nchecksum = \"deep-1\"\n", "");
    let (_, errors) = workspace.fingerprint(INDEX);
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0].contains("`shared` depends on `deep` by path"), "{errors:?}");

    workspace.write("patched/Cargo.toml", "[package]\nname = 'deep'\nversion = '1.0.0'\n");
    workspace.write("patched/src/lib.rs", "// patched");
    let manifest = fs::read_to_string(workspace.root().join("Cargo.toml")).expect("manifest");
    workspace.write("Cargo.toml", &format!("{manifest}\n[patch.crates-io]\ndeep = {{ path = 'patched' }}\n"));
    let before = workspace.digest(INDEX);
    workspace.write("patched/src/lib.rs", "// edited");
    assert_ne!(before, workspace.digest(INDEX));
}

#[test]
fn without_a_lock_file_the_files_are_the_digest() {
    let workspace = Workspace::new();
    workspace.remove("Cargo.lock");
    let before = workspace.digest(INDEX);
    workspace.write("helper/src/lib.rs", "// edited");
    assert_eq!(before, workspace.digest(INDEX));
    workspace.write("index/src/lib.rs", "// edited");
    assert_ne!(before, workspace.digest(INDEX));
}

#[test]
fn each_wrong_directory_is_an_error_of_its_own() {
    let (_, errors) = Workspace::new().fingerprint(&["src", "nowhere", "../app/src", "src/lib.rs"]);
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(errors[0].contains("`nowhere`") && errors[1].contains("named twice"));
}

#[test]
fn a_directory_without_files_is_an_error() {
    let workspace = Workspace::new();
    workspace.write("app/empty/lib.rs~", "");
    assert_eq!(workspace.fingerprint(&["empty"]).1, ["the directory `empty` holds no files; name another one"]);
}

#[test]
fn a_malformed_manifest_or_lock_file_is_named() {
    let workspace = Workspace::new();
    workspace.write("index/Cargo.toml", "[package");
    assert!(workspace.fingerprint(INDEX).1[0].contains("index/Cargo.toml is malformed"));
    let workspace = Workspace::new();
    workspace.write("Cargo.lock", "[[");
    assert!(workspace.fingerprint(INDEX).1[0].contains("Cargo.lock is malformed"));
}

fn expanded(input: TokenStream, workspace: Option<&Workspace>) -> String {
    expand(input, workspace.map(|workspace| workspace.root().join("app")).as_deref()).to_string()
}

#[test]
fn the_call_becomes_a_constant_with_its_place() {
    let workspace = Workspace::new();
    let expansion = expanded(quote!($crate; "src", portable, "../index",), Some(&workspace));
    for value in
        [quote!(names: &["src", "../index"]), quote!(file: ::core::file!()), quote!(module: ::core::module_path!())]
    {
        assert!(expansion.contains(&value.to_string()), "{expansion}");
    }
    assert!(expansion.contains("$ crate :: __private :: code"), "{expansion}");
    assert!(!expansion.contains("compile_error"), "{expansion}");
}

#[test]
fn errors_leave_a_value() {
    let workspace = Workspace::new();
    for (input, message) in [
        (quote!(k;), "name at least one directory or file"),
        (quote!(k; portable), "name at least one directory or file"),
        (quote!(k; portable, "src", portable), "given twice"),
        (quote!(k; SRC), "string literal"),
        (quote!(k; "src" "lib"), "string literal"),
        (quote!(k; concat!("a", "b"), "src"), "string literal"),
        (quote!(k; "src", , "lib"), "string literal"),
        (quote!(k; "nowhere"), "no file or directory `nowhere`"),
    ] {
        let expansion = expanded(input, Some(&workspace));
        assert!(expansion.contains(message), "{expansion}");
        assert!(expansion.contains("k :: __private :: code"), "{expansion}");
    }
    assert!(expanded(quote!(k; "src"), None).contains("CARGO_MANIFEST_DIR"));
}

#[test]
fn the_build_script_of_a_named_directory_is_noticed() {
    let workspace = Workspace::new();
    let digest = |workspace: &Workspace| workspace.digest(&["../index/src"]);
    workspace.write("index/build.rs", "fn main() {}");
    let before = digest(&workspace);
    workspace.write("index/build.rs", "fn main() { println!() }");
    assert_ne!(before, digest(&workspace));

    workspace.replace("index/Cargo.toml", "version = \"0.1.0\"", "version = \"0.1.0\"\nbuild = \"made/by.rs\"");
    workspace.write("index/made/by.rs", "fn main() {}");
    let before = digest(&workspace);
    workspace.write("index/made/by.rs", "fn main() { println!() }");
    assert_ne!(before, digest(&workspace));
}
