use super::super::workspace::Workspace;
use super::*;

#[test]
fn dependencies_are_keyed_by_package_name() {
    let workspace = Workspace::new();
    let index = Manifest::read(&workspace.root().join("index")).expect("valid").expect("there");
    let root = index.workspace().expect("valid").expect("a workspace");
    let dependencies = index.dependencies(&root, false);
    assert_eq!(dependencies.keys().collect::<Vec<_>>(), ["builder", "helper", "original", "shared", "unix-only"]);
    assert_eq!(dependencies["helper"][0].directory, Some(workspace.root().join("helper")));
    assert_eq!(dependencies["builder"][0].directory, Some(workspace.root().join("index/../builder")));
    assert!(dependencies["shared"][0].inherited.is_some());
    assert_eq!(dependencies["original"], [Dependency::default()]);
    assert!(index.dependencies(&root, true).contains_key("only-tests"));
}

#[test]
fn the_nearest_package_owns_a_directory() {
    let workspace = Workspace::new();
    let root = workspace.root();
    let owner = Manifest::owning(&root.join("index/src/deep"), &root).expect("valid").expect("owned");
    assert_eq!((owner.name(), owner.version()), (Some("index"), Some("0.1.0")));
    assert!(Manifest::owning(&root, &root).expect("valid").is_none(), "a workspace without package");
}

#[test]
fn packages_may_name_their_workspace() {
    let workspace = Workspace::new();
    workspace.write("apart/Cargo.toml", "[package]\nname = 'apart'\nworkspace = '../other'\n");
    workspace.write("other/Cargo.toml", "[workspace]\n");
    let apart = Manifest::read(&workspace.root().join("apart")).expect("valid").expect("there");
    let named = apart.workspace().expect("valid").expect("there");
    assert_eq!(named.directory, workspace.root().join("apart/../other"));
    assert!(named.workspace().expect("valid").is_none());
}

#[test]
fn root_is_the_nearest_lock_file_or_workspace() {
    let workspace = Workspace::new();
    let root = workspace.root();
    assert_eq!(workspace_root(&root.join("app")), root);
    workspace.remove("Cargo.lock");
    assert_eq!(workspace_root(&root.join("app")), root);
    workspace.write("app/Cargo.lock", "");
    assert_eq!(workspace_root(&root.join("app")), root.join("app"));
}

#[test]
fn encoding_ignores_formatting() {
    let encoded = |text: &str| {
        let mut bytes = Vec::new();
        encode(&Value::Table(text.parse().expect("valid")), &mut bytes);
        bytes
    };
    assert_eq!(encoded("a = '1'\nb = ['x']"), encoded("b = [ \"x\", ]\n\na = \"1\""));
    assert_ne!(encoded("a = ['x', 'y']"), encoded("a = ['xy']"));
    assert_ne!(encoded("a = 'b'"), encoded("b = 'a'"));
}
