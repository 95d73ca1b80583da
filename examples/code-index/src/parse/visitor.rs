//! One pass over the syntax tree, with a cursor: no recursion, so that no nesting can exhaust the stack.

use tree_sitter::{Node, Tree, TreeCursor};

use super::syntax::{Invocation, MODULE, ParsedFile, Scope, ScopeKind};
use super::{imports, references};
use crate::graph::SkipReason;

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
                // Looked at last, so that a file which is too deep is called that, whatever else it is.
                return if root.has_error() { Err(SkipReason::DoesNotParse) } else { Ok(visitor.finish()) };
            }
            depth -= 1;
        }
    }
}

/// Whether the grammar knows this statement and Python 3 does not. `print >>file, text` is an odd tuple in Python 3.
fn is_python_2(node: Node<'_>) -> bool {
    match node.kind() {
        "exec_statement" => true,
        "print_statement" => node.named_child(0).is_none_or(|first| first.kind() != "chevron"),
        _ => false,
    }
}

/// A definition whose nodes are being visited.
struct Open {
    scope: u32,
    /// The depth of the outermost node: the decorated definition, if there is one.
    depth: u32,
    /// The `def` or `class` itself, by the id of its node.
    definition: usize,
    definition_depth: u32,
    /// Whether the visitor is past decorators, parameters and bases.
    in_body: bool,
}

struct Visitor<'t> {
    text: &'t str,
    scopes: Vec<Scope>,
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
                // A decorator that is a call is visited as one.
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
        // A file of 4 billion definitions is larger than any that is read.
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
            // The same call again says nothing new.
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

/// The line on which the definition's last statement ends, as Python's `ast` has it. The grammar counts comments that
/// follow the statement to the definition as well.
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
