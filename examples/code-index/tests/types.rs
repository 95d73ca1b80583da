//! Tests of calls on objects whose type is inferred. Each project also has a class with the same method that is not
//! meant: a call by the name alone would lead to both.

mod common;

use common::{graph_of, inherits, invokes};

/// Returns the targets of the calls of `f` in `m.py`, beside other files.
fn calls(files: &[(&str, &str)], text: &str) -> Vec<String> {
    let other = "class Other:\n    def go(self): pass\n    def run(self): pass\n";
    let text = format!("{other}{text}");
    let files = files.iter().copied().chain([("m.py", text.as_str())]).collect::<Vec<_>>();
    invokes(&graph_of(&files), "m.py:f")
}

const SHAPES: (&str, &str) = (
    "shapes.py",
    "class Shape:\n    def go(self): pass\n    def run(self): pass\nclass Circle(Shape):\n    def run(self): pass\n",
);

#[test]
fn a_variable_has_the_type_of_its_value() {
    let text = "from shapes import Circle\ndef f():\n    x = Circle()\n    x.run()\n    x.go()\n";
    assert_eq!(calls(&[SHAPES], text), ["shapes.py:Circle", "shapes.py:Circle.run", "shapes.py:Shape.go"]);
    let text = "import shapes\nx = shapes.Circle()\ndef f():\n    x.run()\n";
    assert_eq!(calls(&[SHAPES], text), ["shapes.py:Circle.run"]);
}

#[test]
fn every_form_of_assignment_is_followed() {
    for body in [
        "y = x = Circle()\n    x.run()",
        "x: object = Circle()\n    x.run()",
        "if (x := Circle()): x.run()",
        "x, y = Circle(), 1\n    x.run()",
        "[x, y] = [Circle(), 1]\n    x.run()",
        "x = Circle() if 1 else None\n    x.run()",
        "x = None or Circle()\n    x.run()",
        "global x\n    x = Circle()\n    x.run()",
        "x = Circle()\n    y = x\n    y.run()",
        "x = Circle()\n    (lambda: x.run())()",
        "x = Circle()\n    [x.run() for i in range(3)]",
        "Circle().run()",
        "(x := Circle()).run()",
    ] {
        let found = calls(&[SHAPES], &format!("from shapes import Circle\ndef f():\n    {body}\n"));
        assert_eq!(found, ["shapes.py:Circle", "shapes.py:Circle.run"], "{body}");
    }
}

#[test]
fn annotations_give_types() {
    for parameter in [
        "x: Circle",
        "x: 'Circle'",
        "x: Circle | None",
        "x: 'Circle | None' = None",
        "x: Optional[Circle]",
        "x: typing.Union[None, Circle]",
        "*, x: shapes.Circle",
    ] {
        let text = format!("import shapes\nfrom shapes import Circle\ndef f({parameter}):\n    x.run()\n");
        assert_eq!(calls(&[SHAPES], &text), ["shapes.py:Circle.run"], "{parameter}");
    }
}

#[test]
fn results_have_types() {
    for function in [
        "def make(): return Circle()",
        "def make() -> Circle: pass",
        "def make() -> 'Circle': pass",
        "def make():\n    made = Circle()\n    return made",
        "def make():\n    if 1: return None\n    return Circle()",
        "async def make(): return Circle()",
        "def inner(): return Circle()\ndef make(): return inner()",
    ] {
        let text =
            format!("from shapes import Circle\n{function}\nasync def f():\n    x = await make()\n    x.run()\n");
        assert_eq!(calls(&[SHAPES], &text), ["m.py:make", "shapes.py:Circle.run"], "{function}");
    }
}

#[test]
fn a_method_that_returns_self_keeps_the_type() {
    let text = "class A:\n    def clone(self): return self.__class__()\n    def chain(self):\n        made = self.clone()\n        return made\n\
                class B(A):\n    def go(self): pass\ndef f():\n    B().chain().go()\n";
    assert_eq!(calls(&[], text), ["m.py:A.chain", "m.py:B", "m.py:B.go"]);
}

#[test]
fn attributes_of_instances_and_classes_have_types() {
    for body in [
        "def __init__(self):\n        self.p = Circle()",
        "def set(self, p: Circle):\n        self.p = p",
        "p = Circle()",
        "p: Circle",
        "@property\n    def p(self): return Circle()",
        "@cached_property\n    def p(self): return Circle()",
        "def set(self):\n        def inner(): self.p = Circle()",
    ] {
        let class = format!("class Base:\n    {body}\nclass A(Base):\n    def f(self):\n        self.p.run()\n");
        let text = format!("from shapes import Circle\n{class}def f(a: A):\n    a.p.run()\n");
        assert_eq!(calls(&[SHAPES], &text), ["shapes.py:Circle.run"], "{body}");
    }
}

#[test]
fn a_call_of_a_property_value_also_calls_the_property() {
    for decorator in ["property", "cached_property"] {
        let text = format!(
            "from shapes import Circle\nclass A:\n    @{decorator}\n    def go(self): return Circle\ndef f(a: A):\n    a.go()\n"
        );
        assert_eq!(calls(&[SHAPES], &text), ["m.py:A.go", "shapes.py:Circle"], "{decorator}");
    }
    let text = "class A:\n    @property\n    def func(self): return self.__class__\n    def f(self): self.func()\nclass B(A): pass\n";
    assert_eq!(invokes(&graph_of(&[("m.py", text)]), "m.py:A.f"), ["m.py:A", "m.py:A.func"]);
}

#[test]
fn a_stub_for_type_checkers_does_not_run() {
    let base = "class Base:\n    def go(self): pass\n";
    for condition in ["TYPE_CHECKING", "typing.TYPE_CHECKING", "t.TYPE_CHECKING"] {
        let text = format!(
            "{base}class A(Base):\n    if {condition}:\n        def go(self) -> int: ...\ndef f(a: A):\n    a.go()\n    A().go()\n"
        );
        assert_eq!(calls(&[], &text), ["m.py:A", "m.py:Base.go"], "{condition}");
    }
    // Other branches do run, and a stub without a base class is all that is known.
    let text = format!(
        "{base}class A(Base):\n    if TYPE_CHECKING: pass\n    else:\n        def go(self): pass\ndef f(a: A):\n    a.go()\n"
    );
    assert_eq!(calls(&[], &text), ["m.py:A.go"]);
    let text = "class A:\n    if TYPE_CHECKING:\n        def go(self): ...\ndef f(a: A):\n    a.go()\n";
    assert_eq!(calls(&[], text), ["m.py:A.go"]);
}

#[test]
fn managers_of_classes_have_types() {
    let text = "class Set:\n    def go(self): pass\n    def all(self): return self\n\
                class Base:\n    @classmethod\n    def of(cls, made): pass\n\
                class Manager(Base.of(Set)): pass\n\
                class Model:\n    objects = Manager()\ndef f():\n    Model.objects.all().go()\n";
    assert_eq!(calls(&[], text), ["m.py:Set.all", "m.py:Set.go"]);
    let graph = graph_of(&[("m.py", text)]);
    assert_eq!(inherits(&graph, "m.py:Manager"), [""; 0]);
}

#[test]
fn a_call_on_self_may_lead_to_an_override() {
    let text = "class A:\n    def f(self): self.go()\n    def go(self): pass\nclass B(A):\n    def go(self): pass\n";
    let graph = graph_of(&[("m.py", text), ("n.py", "class Other:\n    def go(self): pass\n")]);
    assert_eq!(invokes(&graph, "m.py:A.f"), ["m.py:A.go", "m.py:B.go"]);
    // The type of a new object is exact.
    assert_eq!(calls(&[("a.py", text)], "from a import A\ndef f():\n    A().go()\n"), ["a.py:A", "a.py:A.go"]);
}

#[test]
fn a_mixin_calls_the_class_beside_it() {
    let text = "class Mixin:\n    def f(self):\n        super().f()\n        self.go()\n\
                class Base:\n    def f(self): pass\n    def go(self): pass\nclass A(Mixin, Base): pass\n";
    let graph = graph_of(&[("m.py", text), ("n.py", "class Other:\n    def go(self): pass\n")]);
    assert_eq!(invokes(&graph, "m.py:Mixin.f"), ["m.py:Base.f", "m.py:Base.go"]);
}

#[test]
fn bases_are_searched_in_the_order_of_python() {
    let text = "class Top:\n    def go(self): pass\nclass Left(Top): pass\nclass Right(Top):\n    def go(self): pass\n\
                class Both(Left, Right): pass\ndef f():\n    Both().go()\n";
    assert_eq!(calls(&[], text), ["m.py:Both", "m.py:Right.go"]);
}

#[test]
fn a_re_exported_variable_keeps_its_type() {
    let files = [
        ("apps/__init__.py", "from .registry import apps\n"),
        ("apps/registry.py", "class Apps:\n    def go(self): pass\napps = Apps()\n"),
    ];
    assert_eq!(calls(&files, "from apps import apps\ndef f():\n    apps.go()\n"), ["apps/registry.py:Apps.go"]);
}

#[test]
fn a_name_of_a_package_precedes_its_submodule() {
    let files = [
        ("pkg/__init__.py", "from .foo import foo\nfrom .bar import bar\nfrom . import plain\n"),
        ("pkg/foo.py", "def foo(): pass\n"),
        ("pkg/bar.py", "class bar: pass\n"),
        ("pkg/plain.py", "def g(): pass\n"),
    ];
    let text = "import pkg\nfrom pkg import foo, bar, plain\nclass A(bar): pass\ndef f():\n    foo()\n    pkg.foo()\n    plain.g()\n";
    assert_eq!(calls(&files, text), ["pkg/foo.py:foo", "pkg/plain.py:g"]);
    let graph = graph_of(&[files[0], files[1], files[2], files[3], ("m.py", text)]);
    assert_eq!(inherits(&graph, "m.py:A"), ["pkg/bar.py:bar"]);
}

#[test]
fn variables_and_parameters_shadow_definitions() {
    for function in [
        "def f(g): g()",
        "def f(g): g.run()",
        "def f(*g): g()",
        "def f(g=1): g()",
        "def f():\n    for g in x: g()",
        "def f():\n    with x as g: g()",
        "def f():\n    g = x\n    g()",
        "def f():\n    return lambda g: g()",
        "def f():\n    return [g() for g in x]",
        "def f():\n    try: pass\n    except E as g: g()",
    ] {
        let graph = graph_of(&[("m.py", &format!("def g(): pass\n{function}\n"))]);
        assert_eq!(invokes(&graph, "m.py:f"), [""; 0], "{function}");
    }
    // A method of the class of a parameter's namesake.
    assert_eq!(calls(&[], "class g:\n    def go(self): pass\ndef f(g):\n    g.go()\n"), ["m.py:Other.go", "m.py:g.go"]);
}

#[test]
fn parentheses_do_not_hide_a_name() {
    let text = "def d(f): pass\nclass B: pass\nclass A((B)): pass\n@(d)\ndef f(): (d)(1)\n";
    let graph = graph_of(&[("m.py", text)]);
    assert_eq!(inherits(&graph, "m.py:A"), ["m.py:B"]);
    assert_eq!(invokes(&graph, "m.py:f"), ["m.py:d"]);
}

#[test]
fn values_of_builtin_types_have_no_methods() {
    for value in ["[]", "{}", "''", "f'{1}'", "1", "list(y)", "str(y)", "'%s' % y", "[y for y in z]", "not y"] {
        assert_eq!(calls(&[], &format!("def f(y):\n    x = {value}\n    x.go()\n")), [""; 0], "{value}");
    }
    // Their elements may have.
    assert_eq!(calls(&[], "def f(y):\n    for x in [y]:\n        x.go()\n"), ["m.py:Other.go"]);
}

#[test]
fn circular_assignments_end() {
    let text = "def f(x):\n    a = b\n    b = a\n    a.go()\n    f(f).go()\nclass A:\n    def g(self): return self.g().h\n    h = g\n";
    assert_eq!(calls(&[], text), ["m.py:f"]);
}
