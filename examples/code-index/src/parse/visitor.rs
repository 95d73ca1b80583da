//! Visits a syntax tree once and collects its scopes.
//!
//! The visitor moves a cursor instead of recursing, so deep nesting cannot exhaust the stack.

use tree_sitter::{Node, Tree, TreeCursor};

use super::syntax::{Invocation, MODULE, ParsedFile, Scope, ScopeKind};
use super::{imports, references};
use crate::graph::SkipReason;

/// Collects the scopes of a tree, unless the tree is too deep or has an error.
pub(super) fn visit(tree: &Tree, text: &str, max_nesting: u32) -> Result<ParsedFile, SkipReason> {
    let root = tree.root_node();
    let mut visitor = Visitor { text, scopes: vec![module(root)], open: Vec::new() };
    let mut cursor = tree.walk();
    let mut depth = 0;
    loop {
        if depth > max_nesting {
            return Err(SkipReason::TooDeep);
        }
        if is_python_2(cursor.node()) {
            return Err(SkipReason::DoesNotParse);
        }
        visitor.enter(&cursor, depth);
        if cursor.goto_first_child() {
            depth += 1;
            continue;
        }
        loop {
            visitor.leave(depth);
            if cursor.goto_next_sibling() {
                break;
            }
            if !cursor.goto_parent() {
                // Checked last, so that a file that is both too deep and malformed is reported as too deep.
                return if root.has_error() { Err(SkipReason::DoesNotParse) } else { Ok(visitor.finish()) };
            }
            depth -= 1;
        }
    }
}

/// Returns `true` for a statement that is in the grammar, but not in Python 3.
///
/// `print >>file, text` is valid in Python 3: it is a tuple.
fn is_python_2(node: Node<'_>) -> bool {
    match node.kind() {
        "exec_statement" => true,
        "print_statement" => node.named_child(0).is_none_or(|first| first.kind() != "chevron"),
        _ => false,
    }
}

/// A definition around the current node.
struct Open {
    scope: u32,
    /// The depth of the outermost node: of the decorated definition if there are decorators.
    depth: u32,
    /// The id of the `def` or `class` node.
    definition: usize,
    /// The depth of the `def` or `class` node.
    definition_depth: u32,
    /// Marks that the visitor is past the decorators, parameters and bases.
    in_body: bool,
}

struct Visitor<'t> {
    text: &'t str,
    scopes: Vec<Scope>,
    /// The definitions around the current node, outermost first.
    open: Vec<Open>,
}

impl Visitor<'_> {
    fn enter(&mut self, cursor: &TreeCursor<'_>, depth: u32) {
        let node = cursor.node();
        if let Some(open) = self.open.last_mut()
            && !open.in_body
            && depth == open.definition_depth + 1
            && cursor.field_name() == Some("body")
        {
            open.in_body = true;
        }
        match node.kind() {
            "decorated_definition" => {
                if let Some(definition) = node.child_by_field_name("definition") {
                    self.define(definition, depth, depth + 1);
                }
            }
            "function_definition" | "class_definition" => {
                let known = self.open.last().is_some_and(|open| open.definition == node.id());
                if !known {
                    self.define(node, depth, depth);
                }
            }
            "import_statement" | "import_from_statement" => {
                let imports = imports::of_statement(node, self.text);
                let scope = self.current();
                self.scopes[scope as usize].imports.extend(imports);
            }
            "call" => self.invoke(node.child_by_field_name("function")),
            "decorator" => {
                // A decorator with arguments is a call, and is visited as such.
                let bare =
                    node.named_child(0).filter(|expression| matches!(expression.kind(), "identifier" | "attribute"));
                self.invoke(bare);
            }
            _ => {}
        }
    }

    fn leave(&mut self, depth: u32) {
        self.open.pop_if(|open| open.depth == depth);
    }

    fn current(&self) -> u32 {
        self.open.last().map_or(MODULE, |open| open.scope)
    }

    fn define(&mut self, definition: Node<'_>, depth: u32, definition_depth: u32) {
        let name = definition.child_by_field_name("name").and_then(|name| references::text_of(name, self.text));
        let Some(name) = name else { return };
        let parent = self.current();
        let enclosing = &self.scopes[parent as usize];
        let kind = if definition.kind() == "class_definition" { ScopeKind::Class } else { ScopeKind::Function };
        let initializer = kind == ScopeKind::Function && enclosing.kind == ScopeKind::Class && name == "__init__";
        let scope = Scope {
            kind,
            name: name.to_owned(),
            parent,
            hidden: enclosing.hidden || initializer,
            start_line: line(definition.start_position().row),
            end_line: last_line(definition),
            imports: Vec::new(),
            bases: bases(definition, self.text),
            invocations: Vec::new(),
        };
        // `try_from` fails only for 4 billion definitions in one file.
        let number = u32::try_from(self.scopes.len()).unwrap_or(u32::MAX);
        self.scopes.push(scope);
        self.open.push(Open { scope: number, depth, definition: definition.id(), definition_depth, in_body: false });
    }

    fn invoke(&mut self, callee: Option<Node<'_>>) {
        let Some(open) = self.open.last() else { return };
        let outside = !open.in_body;
        let scope = open.scope;
        if let Some(callee) = callee.and_then(|callee| references::of_callee(callee, self.text)) {
            self.scopes[scope as usize].invocations.push(Invocation { callee, outside });
        }
    }

    fn finish(mut self) -> ParsedFile {
        for scope in &mut self.scopes {
            // Repeated calls add nothing to the graph.
            scope.invocations.sort_unstable();
            scope.invocations.dedup();
        }
        ParsedFile { scopes: self.scopes }
    }
}

fn module(root: Node<'_>) -> Scope {
    Scope {
        kind: ScopeKind::Module,
        name: String::new(),
        parent: MODULE,
        hidden: false,
        start_line: 1,
        end_line: line(root.end_position().row),
        imports: Vec::new(),
        bases: Vec::new(),
        invocations: Vec::new(),
    }
}

fn bases(definition: Node<'_>, text: &str) -> Vec<super::Reference> {
    let Some(arguments) = definition.child_by_field_name("superclasses") else { return Vec::new() };
    let mut cursor = arguments.walk();
    arguments.named_children(&mut cursor).filter_map(|base| references::of_base(base, text)).collect()
}

/// Returns the line on which the definition's last statement ends, as in Python's `ast`.
///
/// In the grammar, comments after the last statement belong to the definition as well.
fn last_line(definition: Node<'_>) -> u32 {
    let mut cursor = definition.walk();
    let mut last = definition;
    while cursor.goto_last_child() {
        while cursor.node().is_extra() && cursor.goto_previous_sibling() {}
        if cursor.node().is_extra() {
            break;
        }
        last = cursor.node();
    }
    line(last.end_position().row)
}

fn line(row: usize) -> u32 {
    u32::try_from(row + 1).unwrap_or(u32::MAX)
}
