//! Tests of imports edges.

mod common;

use code_index::{GraphBuilder, GraphBuilderConfig};
use common::{bookshop, graph_of, imports, inherits, invokes, project};

#[test]
fn imports_of_the_bookshop() {
    let graph = bookshop();
    let of = |file: &str| imports(&graph, &format!("bookshop/{file}"));
    // `from .catalogue import Book`: the module re-exports the name, so the target is the module's file.
    assert_eq!(
        of("__init__.py"),
        ["bookshop/catalogue/__init__.py", "bookshop/orders/__init__.py", "bookshop/settings.py:Settings"]
    );
    // Absolute imports, an alias, an imported variable, and an import in a function.
    assert_eq!(
        of("orders/service.py"),
        [
            "bookshop/inventory/stock.py as warehouse",
            "bookshop/orders/models.py:Order",
            "bookshop/payments/__init__.py",
            "bookshop/payments/refunds.py:refund",
            "bookshop/shipping/__init__.py",
            "bookshop/shipping/__init__.py:choose_carrier",
            "bookshop/utils/decorators.py:logged",
            "bookshop/utils/decorators.py:retry",
        ]
    );
    assert_eq!(of("shipping/carriers.py"), ["bookshop/orders/events.py as events"]);
    assert_eq!(of("search/engine.py"), ["bookshop/search/tokenizer.py"]);
    assert_eq!(of("storage/sqlite.py"), ["bookshop/storage/base.py as _base", "bookshop/utils/decorators.py"]);
}

#[test]
fn imports_belong_to_the_scope_and_to_the_file() {
    let graph = graph_of(&[
        ("a.py", "x = 1\n"),
        ("b.py", "y = 1\n"),
        ("c.py", "z = 1\n"),
        (
            "m.py",
            "def f():\n    if x:\n        import a\n    def g():\n        import b as bee\n\
             class C:\n    def __init__(self):\n        import c\n",
        ),
    ]);
    assert_eq!(imports(&graph, "m.py"), ["a.py", "b.py as bee", "c.py"]);
    assert_eq!(imports(&graph, "m.py:f"), ["a.py"]);
    assert_eq!(imports(&graph, "m.py:f.g"), ["b.py as bee"]);
    assert_eq!(imports(&graph, "m.py:C"), ["c.py"]);
}

#[test]
fn relative_imports_stay_below_the_root() {
    let graph = graph_of(&[
        ("top.py", "from . import side\nfrom .. import side\n"),
        ("side.py", ""),
        ("p/__init__.py", "from . import m\nfrom .m import f\n"),
        ("p/m.py", "def f(): pass\n"),
        ("p/q/__init__.py", ""),
        (
            "p/q/n.py",
            "from .. import m as em\nfrom ..m import f as eff\nfrom ... import side\nfrom .... import top\nfrom . . import q\n",
        ),
    ]);
    assert_eq!(imports(&graph, "top.py"), ["side.py"]);
    assert_eq!(imports(&graph, "p/__init__.py"), ["p/m.py", "p/m.py:f"]);
    assert_eq!(imports(&graph, "p/q/n.py"), ["p/m.py as em", "p/m.py:f as eff", "p/q/__init__.py", "side.py"]);
}

#[test]
fn submodules_precede_definitions_precede_the_file() {
    let graph = graph_of(&[
        ("p/__init__.py", "def both(): pass\ndef only(): pass\nvariable = 1\n"),
        ("p/both.py", ""),
        ("m.py", "from p import both\n"),
        ("n.py", "from p import only\n"),
        ("o.py", "from p import variable as v\n"),
    ]);
    assert_eq!(imports(&graph, "m.py"), ["p/both.py"]);
    assert_eq!(imports(&graph, "n.py"), ["p/__init__.py:only"]);
    assert_eq!(imports(&graph, "o.py"), ["p/__init__.py as v"]);
}

#[test]
fn a_wildcard_import_leads_to_the_module() {
    let graph = graph_of(&[("a.py", "def f(): pass\n"), ("m.py", "from a import *\n")]);
    assert_eq!(imports(&graph, "m.py"), ["a.py"]);
}

#[test]
fn each_alias_of_a_target_is_an_edge() {
    let graph = graph_of(&[("a.py", ""), ("m.py", "import a\nimport a\nimport a as b\nimport a as c, a as b\n")]);
    assert_eq!(imports(&graph, "m.py"), ["a.py", "a.py as b", "a.py as c"]);
}

#[test]
fn imports_from_outside_the_repository_have_no_edge() {
    let graph =
        graph_of(&[("m.py", "import os\nimport os.path as p\nfrom json import loads\nfrom .missing import x\n")]);
    assert_eq!(imports(&graph, "m.py"), [""; 0]);
}

#[test]
fn packages_without_init_file_are_found() {
    let graph = graph_of(&[
        ("bare/deep/a.py", "def f(): pass\n"),
        ("m.py", "import bare.deep.a\nfrom bare.deep import a\ndef g():\n    bare.deep.a.f()\n"),
    ]);
    assert_eq!(imports(&graph, "m.py"), ["bare/deep/a.py"]);
    assert_eq!(invokes(&graph, "m.py:g"), ["bare/deep/a.py:f"]);
}

#[test]
fn absolute_imports_are_resolved_in_source_roots() {
    let files = [
        ("src/app/__init__.py", ""),
        ("src/app/core.py", "class Core: pass\n"),
        ("lib/extra.py", ""),
        ("tests/test_core.py", "from app.core import Core\nimport extra\nclass Mine(Core): pass\n"),
    ];
    let graph = graph_of(&files);
    assert_eq!(imports(&graph, "tests/test_core.py"), ["lib/extra.py", "src/app/core.py:Core"]);
    assert_eq!(inherits(&graph, "tests/test_core.py:Mine"), ["src/app/core.py:Core"]);

    let dir = project(&files);
    let config = GraphBuilderConfig { source_roots: vec![], ..Default::default() };
    let graph = GraphBuilder::with_config(dir.path(), config).build().expect("the project exists");
    assert_eq!(imports(&graph, "tests/test_core.py"), [""; 0]);
}

#[test]
fn a_skipped_file_can_be_imported() {
    let graph = graph_of(&[("broken.py", "def (\n"), ("m.py", "from broken import thing\n")]);
    assert_eq!(imports(&graph, "m.py"), ["broken.py"]);
}

#[test]
fn a_package_does_not_import_itself() {
    let graph = graph_of(&[("p/__init__.py", "from . import compiled\n"), ("p/m.py", "from . import compiled\n")]);
    assert_eq!(imports(&graph, "p/__init__.py"), [""; 0]);
    assert_eq!(imports(&graph, "p/m.py"), ["p/__init__.py"]);
}

#[test]
fn circular_re_exports_end() {
    let graph = graph_of(&[
        ("a/__init__.py", "from b import thing\nfrom b import *\n"),
        ("b/__init__.py", "from a import thing\nfrom a import *\n"),
        ("m.py", "from a import thing, other\ndef f():\n    thing()\n    other()\n"),
    ]);
    assert_eq!(imports(&graph, "m.py"), ["a/__init__.py"]);
    assert_eq!(invokes(&graph, "m.py:f"), [""; 0]);
}

#[test]
fn names_are_resolved_through_re_exports() {
    let graph = graph_of(&[
        ("p/__init__.py", "from .inner import Public as Shown, helper\n"),
        ("p/inner/__init__.py", "from .deep import *\n"),
        ("p/inner/deep.py", "class Public: pass\ndef helper(): pass\ndef _hidden(): pass\n"),
        (
            "m.py",
            "import p\nfrom p import Shown\nfrom p.inner import _hidden\nclass A(Shown): pass\nclass B(p.Shown): pass\n\
             def f():\n    p.helper()\n    _hidden()\n",
        ),
    ]);
    assert_eq!(inherits(&graph, "m.py:A"), ["p/inner/deep.py:Public"]);
    assert_eq!(inherits(&graph, "m.py:B"), ["p/inner/deep.py:Public"]);
    // A wildcard import does not bind names that begin with an underscore.
    assert_eq!(invokes(&graph, "m.py:f"), ["p/inner/deep.py:helper"]);
}
