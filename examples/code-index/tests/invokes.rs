//! Tests of invokes and inherits edges.

mod common;

use common::{bookshop, graph_of, inherits, invokes};

#[test]
fn calls_in_the_bookshop() {
    let graph = bookshop();
    let of = |id: &str| invokes(&graph, &format!("bookshop/{id}"));
    // A decorator, a module with an alias, a re-exported function, a method of its result.
    assert_eq!(
        of("orders/service.py:place_order"),
        [
            "bookshop/inventory/stock.py:reservation",
            "bookshop/orders/service.py:charge",
            "bookshop/shipping/__init__.py:choose_carrier",
            "bookshop/shipping/carriers.py:Carrier.ship",
            "bookshop/utils/decorators.py:logged",
        ]
    );
    assert_eq!(
        of("orders/service.py:charge"),
        [
            "bookshop/orders/models.py:Order.mark_paid",
            "bookshop/orders/models.py:Order.total",
            "bookshop/payments/__init__.py:provider_for",
            "bookshop/payments/base.py:PaymentProvider.charge",
            "bookshop/payments/providers.py:CardProvider.charge",
            "bookshop/payments/providers.py:InvoiceProvider.charge",
            "bookshop/shipping/rates.py:shipping_cost",
            "bookshop/utils/decorators.py:retry",
            "bookshop/utils/money.py:Money.plus",
        ]
    );
    assert_eq!(
        of("catalogue/models.py:Book"),
        ["bookshop/catalogue/models.py:validate_isbn", "bookshop/utils/money.py:Money"]
    );
    assert_eq!(of("search/engine.py:SearchEngine.query"), ["bookshop/search/tokenizer.py:tokenize"]);
    assert_eq!(
        of("orders/events.py:announce_delivery"),
        ["bookshop/orders/events.py:announce_delivery.deliver", "bookshop/orders/events.py:on"]
    );
    assert_eq!(of("orders/events.py:announce_delivery.deliver"), ["bookshop/utils/mail.py:send_mail"]);
    assert_eq!(
        of("web/views.py:checkout"),
        [
            "bookshop/orders/models.py:Order",
            "bookshop/orders/service.py:place_order",
            "bookshop/web/routing.py:Router.route",
            "bookshop/web/views.py:render",
        ]
    );
}

#[test]
fn inheritance_in_the_bookshop() {
    let graph = bookshop();
    let of = |id: &str| inherits(&graph, &format!("bookshop/{id}"));
    assert_eq!(of("catalogue/models.py:AudioBook"), ["bookshop/catalogue/models.py:EBook"]);
    assert_eq!(of("orders/models.py:Order"), ["bookshop/storage/base.py:Record"]);
    assert_eq!(of("payments/providers.py:InvoiceProvider"), ["bookshop/payments/base.py:PaymentProvider"]);
    assert_eq!(of("storage/sqlite.py:SqliteRepository"), ["bookshop/storage/base.py:Repository"]);
    assert_eq!(of("errors.py:BookshopError"), [""; 0]);
}

#[test]
fn the_innermost_binding_wins() {
    let graph = graph_of(&[
        ("other.py", "def far(): pass\ndef near(): pass\n"),
        (
            "m.py",
            "from other import far, near\ndef near(): pass\ndef f():\n    def inner(): pass\n    def near(): pass\n    near()\n    inner()\n    far()\n",
        ),
    ]);
    assert_eq!(invokes(&graph, "m.py:f"), ["m.py:f.inner", "m.py:f.near", "other.py:far"]);
}

#[test]
fn functions_do_not_see_names_of_their_class_body() {
    let graph = graph_of(&[(
        "m.py",
        "def helper(): pass\nclass A:\n    def helper(self): pass\n    def f(self):\n        helper()\n    g = helper()\n",
    )]);
    assert_eq!(invokes(&graph, "m.py:A.f"), ["m.py:helper"]);
    assert_eq!(invokes(&graph, "m.py:A"), ["m.py:A.helper"]);
}

#[test]
fn an_import_binds_only_in_its_scope() {
    let graph = graph_of(&[
        ("a.py", "def f(): pass\n"),
        ("m.py", "def one():\n    from a import f\n    def nested():\n        f()\n    f()\ndef two():\n    f()\n"),
    ]);
    assert_eq!(invokes(&graph, "m.py:one"), ["a.py:f"]);
    assert_eq!(invokes(&graph, "m.py:one.nested"), ["a.py:f"]);
    assert_eq!(invokes(&graph, "m.py:two"), [""; 0]);
}

#[test]
fn an_alias_shadows_the_name() {
    let graph = graph_of(&[
        ("a.py", "def f(): pass\ndef g(): pass\n"),
        ("m.py", "from a import f as g\nimport a as b\ndef h():\n    g()\n    f()\n    b.g()\n    a.f()\n"),
    ]);
    assert_eq!(invokes(&graph, "m.py:h"), ["a.py:f", "a.py:g"]);
}

#[test]
fn calls_in_init_belong_to_the_class() {
    let graph = graph_of(&[(
        "m.py",
        "def a(): pass\ndef b(): pass\ndef c(): pass\n\
         class A:\n    def __init__(self, x=c()):\n        a()\n        def inner():\n            b()\n        inner()\n",
    )]);
    assert_eq!(invokes(&graph, "m.py:A"), ["m.py:a", "m.py:b", "m.py:c"]);
}

#[test]
fn calls_belong_to_the_innermost_definition() {
    let graph = graph_of(&[(
        "m.py",
        "def a(): pass\ndef b(): pass\ndef f():\n    a()\n    def g():\n        b()\n    class C:\n        x = b()\n",
    )]);
    assert_eq!(invokes(&graph, "m.py:f"), ["m.py:a"]);
    assert_eq!(invokes(&graph, "m.py:f.g"), ["m.py:b"]);
    assert_eq!(invokes(&graph, "m.py:f.C"), ["m.py:b"]);
}

#[test]
fn module_level_calls_are_not_recorded() {
    let graph = graph_of(&[("m.py", "def f(): pass\nf()\nif __name__ == '__main__':\n    f()\n")]);
    assert_eq!(invokes(&graph, "m.py"), [""; 0]);
}

#[test]
fn definitions_invoke_their_decorators() {
    let graph = graph_of(&[
        ("d.py", "def plain(f): pass\ndef made(x): pass\nclass Tool:\n    @staticmethod\n    def wrap(f): pass\n"),
        (
            "m.py",
            "import d\nfrom d import plain, Tool\ndef argument(): pass\n\
             @plain\n@d.made(argument())\n@Tool.wrap\ndef f():\n    def plain(): pass\n\
             @plain\nclass C:\n    @d.plain\n    def method(self): pass\n",
        ),
    ]);
    // The decorator is resolved outside the function, so it is not the function's own `plain`.
    assert_eq!(invokes(&graph, "m.py:f"), ["d.py:Tool.wrap", "d.py:made", "d.py:plain", "m.py:argument"]);
    assert_eq!(invokes(&graph, "m.py:C"), ["d.py:plain"]);
    assert_eq!(invokes(&graph, "m.py:C.method"), ["d.py:plain"]);
}

#[test]
fn self_and_super_resolve_to_one_member() {
    let graph = graph_of(&[
        ("base.py", "class Base:\n    def shared(self): pass\n    def both(self): pass\n"),
        (
            "m.py",
            "from base import Base\nclass Other:\n    def both(self): pass\n    def shared(self): pass\n\
             class A(Base):\n    def both(self):\n        super().both()\n\
             \x20   def f(self):\n        self.both()\n        self.shared()\n\
             \x20   @classmethod\n    def g(cls):\n        cls.both()\n        A().shared()\n",
        ),
    ]);
    assert_eq!(invokes(&graph, "m.py:A.both"), ["base.py:Base.both"]);
    assert_eq!(invokes(&graph, "m.py:A.f"), ["base.py:Base.shared", "m.py:A.both"]);
    assert_eq!(invokes(&graph, "m.py:A.g"), ["base.py:Base.shared", "m.py:A", "m.py:A.both"]);
}

#[test]
fn unknown_objects_are_resolved_by_method_name() {
    let graph = graph_of(&[
        (
            "shapes.py",
            "class Circle:\n    def draw(self): pass\nclass Square:\n    def draw(self): pass\ndef draw(): pass\n",
        ),
        ("unseen.py", "class Line:\n    def draw(self): pass\n"),
        (
            "m.py",
            "from shapes import Circle\nclass Text:\n    def draw(self): pass\ndef f(thing):\n    thing.draw()\n    thing.parts[0].draw()\n",
        ),
        ("n.py", "import shapes\ndef f(thing):\n    thing.draw()\n"),
    ]);
    assert_eq!(invokes(&graph, "m.py:f"), ["m.py:Text.draw", "shapes.py:Circle.draw"]);
    assert_eq!(invokes(&graph, "n.py:f"), ["shapes.py:Circle.draw", "shapes.py:Square.draw"]);
}

#[test]
fn calls_outside_the_repository_have_no_edge() {
    let graph = graph_of(&[(
        "m.py",
        "import os\nfrom json import decoder\nclass A:\n    def join(self): pass\n    def format(self): pass\n\
         def f():\n    os.path.join()\n    decoder.join()\n    ', '.join([])\n    f'{1}'.format()\n    [].join()\n    print()\n",
    )]);
    assert_eq!(invokes(&graph, "m.py:f"), [""; 0]);
}

#[test]
fn only_certain_recursion_is_recorded() {
    let graph =
        graph_of(&[("m.py", "def f():\n    f()\nclass A:\n    def save(self, other):\n        other.save()\n")]);
    assert_eq!(invokes(&graph, "m.py:f"), ["m.py:f"]);
    assert_eq!(invokes(&graph, "m.py:A.save"), [""; 0]);
}

#[test]
fn all_bindings_of_a_name_are_followed() {
    let graph = graph_of(&[
        ("fast.py", "def load(): pass\nclass Base: pass\n"),
        (
            "m.py",
            "try:\n    from fast import load, Base\nexcept ImportError:\n    def load(): pass\n    class Base: pass\n\
             def f():\n    load()\nclass C(Base): pass\n",
        ),
    ]);
    assert_eq!(invokes(&graph, "m.py:f"), ["fast.py:load", "m.py:load"]);
    assert_eq!(inherits(&graph, "m.py:C"), ["fast.py:Base", "m.py:Base"]);
}

#[test]
fn bases_can_be_names_attributes_and_generics() {
    let graph = graph_of(&[
        ("a/__init__.py", ""),
        ("a/b.py", "class X:\n    class Nested: pass\nclass Y: pass\nclass Meta(type): pass\ndef factory(): pass\n"),
        (
            "m.py",
            "import a.b\nfrom a import b\nfrom typing import Generic\n\
             class C(b.X.Nested, a.b.Y[int], Generic[T], metaclass=b.Meta): pass\nclass D(b.factory()): pass\n",
        ),
    ]);
    assert_eq!(inherits(&graph, "m.py:C"), ["a/b.py:X.Nested", "a/b.py:Y"]);
    assert_eq!(inherits(&graph, "m.py:D"), [""; 0]);
    assert_eq!(invokes(&graph, "m.py:D"), ["a/b.py:factory"]);
}

#[test]
fn circular_inheritance_ends() {
    let graph = graph_of(&[(
        "m.py",
        "class A(B):\n    def f(self):\n        self.missing()\nclass B(A): pass\nclass C(C.D):\n    def f(self):\n        self.missing()\nclass E(E): pass\n",
    )]);
    assert_eq!(inherits(&graph, "m.py:A"), ["m.py:B"]);
    assert_eq!(inherits(&graph, "m.py:B"), ["m.py:A"]);
    assert_eq!(inherits(&graph, "m.py:E"), [""; 0]);
    assert_eq!(invokes(&graph, "m.py:A.f"), [""; 0]);
}

#[test]
fn diamond_inheritance_is_resolved_in_linear_time() {
    // Forty levels with two bases each: 2^40 paths to the top, and the method is on none of them.
    let mut lines = vec!["class A0: pass".to_owned(), "class B0: pass".to_owned()];
    for (below, n) in (0..39).zip(1..) {
        lines.push(format!("class A{n}(A{below}, B{below}): pass"));
        lines.push(format!("class B{n}(B{below}, A{below}): pass"));
    }
    lines.push("class Top(A39, B39):\n    def f(self):\n        self.missing()\n        super().missing()".to_owned());
    let graph = graph_of(&[("m.py", &lines.join("\n"))]);
    assert_eq!(invokes(&graph, "m.py:Top.f"), [""; 0]);
    assert_eq!(inherits(&graph, "m.py:Top"), ["m.py:A39", "m.py:B39"]);
}

#[test]
fn too_common_method_names_are_not_resolved() {
    let class = |n| format!("class A{n}:\n  def f(self): x.f()");
    let classes = |count| (0..count).map(class).collect::<Vec<_>>().join("\n");
    assert_eq!(invokes(&graph_of(&[("m.py", &classes(100))]), "m.py:A0.f").len(), 99);
    assert_eq!(invokes(&graph_of(&[("m.py", &classes(101))]), "m.py:A0.f"), [""; 0]);
}

#[test]
fn starred_calls_are_calls() {
    for expression in [
        "[*f()]",
        "[1, *f()]",
        "{*f()}",
        "(*f(),)",
        "{**f()}",
        "x = *f(),",
        "x = 1, *f()",
        "return *f(),",
        "yield *f(),",
        "y[*f()]",
        "g(*f())",
        "g((*f(), 1))",
        "[*f().items()]",
        "[*f()()]",
        "[*f(), ] + []",
        "for i in *f(), 1: pass",
    ] {
        let graph = graph_of(&[("m.py", &format!("def f(): pass\ndef test(y):\n    {expression}\n"))]);
        assert_eq!(invokes(&graph, "m.py:test"), ["m.py:f"], "of {expression}");
    }
    let text = "class A:\n    def list(self):\n        return [*self.parts(), *m.f()]\n    def parts(self): pass\n";
    let graph = graph_of(&[("a.py", &format!("import m\n{text}")), ("m.py", "def f(): pass\n")]);
    assert_eq!(invokes(&graph, "a.py:A.list"), ["a.py:A.parts", "m.py:f"]);
}
