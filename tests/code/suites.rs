//! Suites and artifacts are identified by the file and module that define them.

use std::fs;

use crate::workspace::{Workspace, with_suite};

#[test]
fn suites_of_one_name_in_two_test_files_differ() {
    let workspace = Workspace::new("two-files", "\"src\"", "String::new()");
    fs::remove_dir_all(workspace.path("tests")).unwrap();
    for name in ["one", "t"] {
        workspace
            .write(&format!("tests/{name}.rs"), &with_suite("\"src\", \"tests\"", &format!("\"from {name}\".into()")));
    }
    let reasons = workspace.reasons(workspace.cargo(&["--test", "one"]));
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    assert_eq!(workspace.reasons(workspace.cargo(&["--test", "one"])), [""; 0]);
}

#[test]
fn suites_of_one_name_in_two_modules_differ() {
    let workspace = Workspace::new("two-modules", "\"src\"", "String::new()");
    let module =
        |name: &str| format!("mod {name} {{\n{}}}\n", with_suite("\"src\"", &format!("\"from {name}\".into()")));
    workspace.write("tests/t.rs", &(module("one") + &module("two")));
    assert_eq!(workspace.reasons(workspace.cargo(&[])).len(), 2);
    assert_eq!(workspace.reasons(workspace.cargo(&[])), [""; 0]);
}

#[test]
fn test_binaries_with_one_suite_module_share_artifacts() {
    let workspace = Workspace::new("shared-module", "\"src\", \"tests/support\"", "app::answer()");
    fs::copy(workspace.path("tests/t.rs"), workspace.path("tests/u.rs")).unwrap();
    assert_eq!(workspace.reasons(workspace.cargo(&["--test", "u"])).len(), 1);
}

#[test]
fn artifacts_of_two_test_files_differ() {
    let workspace = Workspace::new("two-artifacts", "\"src\", \"tests/support\"", "String::new()");
    let own = |name: &str| {
        format!(
            "mod support;\nuse cached_smoke::{{Artifact, BuildContext, LoadContext, Result, cached_smoke}};\nuse support::Smoke;\n\
             struct Own(String);\nimpl Artifact<Smoke> for Own {{\n    const NAME: &'static str = \"own\";\n    \
             fn build(_: &BuildContext<'_, Smoke>) -> Result<Self> {{\n        \
             std::fs::write(std::env::var(\"SUBJECT_LOG\")?, \"built\\n\")?;\n        Ok(Own(\"{name}\".into()))\n    }}\n    \
             fn save(&self, dir: &std::path::Path) -> Result<()> {{ Ok(std::fs::write(dir.join(\"own\"), &self.0)?) }}\n    \
             fn load(cx: &LoadContext<'_, Smoke>) -> Result<Self> {{ Ok(Own(std::fs::read_to_string(cx.dir().join(\"own\"))?)) }}\n}}\n\
             #[cached_smoke(repo = \"one\")]\nfn is_own(own: &Own) {{ assert_eq!(own.0, \"{name}\"); }}\n"
        )
    };
    workspace.write("tests/t.rs", &own("from t"));
    workspace.write("tests/u.rs", &own("from u"));
    workspace.is_built_for("first build");
    fs::write(workspace.path("tests/t.rs"), own("from u")).unwrap();
    fs::rename(workspace.path("tests/t.rs"), workspace.path("tests/v.rs")).unwrap();
    workspace.write("tests/t.rs", &own("from t"));
    let reasons = workspace.reasons(workspace.cargo(&["--test", "v"]));
    assert_eq!(reasons.len(), 1, "only the other file's: {reasons:?}");
}
