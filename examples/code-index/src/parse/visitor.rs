//! Visits a syntax tree once and collects its scopes.

use std::collections::HashSet;
use std::mem;

use ruff_python_ast::visitor::{self, Visitor as _};
use ruff_python_ast::{
    Comprehension, Decorator, ExceptHandler, Expr, ExprCall, ModModule, Parameters, Stmt, StmtClassDef, StmtFunctionDef,
};
use ruff_text_size::{Ranged, TextRange, TextSize};

use super::syntax::{Assignment, Invocation, MODULE, ParsedFile, Reference, Role, Scope, ScopeKind, Step, Value};
use super::{imports, references};
use crate::graph::SkipReason;
use crate::lines::Lines;

/// Collects the scopes of a tree, unless the tree is too deep.
pub(super) fn visit(module: &ModModule, text: &str, max_nesting: u32) -> Result<ParsedFile, SkipReason> {
    let lines = Lines::of(text);
    let mut visitor = Visitor {
        text,
        scopes: vec![scope(ScopeKind::Module, String::new(), MODULE, 1, lines.count())],
        lines,
        scope: MODULE,
        outside: false,
        globals: HashSet::new(),
        is_type_checking: false,
        depth: 0,
        max_depth: max_nesting,
        too_deep: false,
    };
    visitor.visit_body(&module.body);
    if visitor.too_deep { Err(SkipReason::TooDeep) } else { Ok(visitor.finish()) }
}

fn scope(kind: ScopeKind, name: String, parent: u32, start_line: u32, end_line: u32) -> Scope {
    Scope {
        kind,
        name,
        parent,
        hidden: false,
        is_stub: false,
        start_line,
        end_line,
        imports: Vec::new(),
        bases: Vec::new(),
        base_parts: Vec::new(),
        metaclass: None,
        invocations: Vec::new(),
        receiver: None,
        variables: Vec::new(),
        attributes: Vec::new(),
        returns: Vec::new(),
        role: Role::Plain,
    }
}

struct Visitor<'t> {
    text: &'t str,
    lines: Lines,
    scopes: Vec<Scope>,
    /// The scope of the current node.
    scope: u32,
    /// Marks decorators, parameters and bases, which are evaluated outside of the current scope.
    outside: bool,
    /// The names that a scope declares as global.
    globals: HashSet<(u32, String)>,
    /// Marks the body of `if TYPE_CHECKING`.
    is_type_checking: bool,
    depth: u32,
    max_depth: u32,
    too_deep: bool,
}

impl<'t> visitor::Visitor<'t> for Visitor<'t> {
    fn visit_stmt(&mut self, statement: &'t Stmt) {
        self.deeper(|visitor| visitor.statement(statement));
    }

    fn visit_expr(&mut self, expression: &'t Expr) {
        self.deeper(|visitor| visitor.expression(expression));
    }

    fn visit_comprehension(&mut self, comprehension: &'t Comprehension) {
        let elements = elements(&comprehension.iter);
        self.assign(&comprehension.target, None, elements);
        visitor::walk_comprehension(self, comprehension);
    }

    fn visit_except_handler(&mut self, handler: &'t ExceptHandler) {
        let ExceptHandler::ExceptHandler(except) = handler;
        if let Some(name) = &except.name {
            let classes = match except.type_.as_deref() {
                Some(Expr::Tuple(classes)) => classes.elts.iter().flat_map(references::of_value).collect(),
                Some(class) => references::of_value(class),
                None => Vec::new(),
            };
            let raised = classes.into_iter().map(|class| class.with(Step::Instance)).collect();
            self.bind(name.as_str(), raised);
        }
        visitor::walk_except_handler(self, handler);
    }
}

impl<'t> Visitor<'t> {
    fn deeper(&mut self, visit: impl FnOnce(&mut Self)) {
        if self.depth == self.max_depth {
            self.too_deep = true;
        }
        if !self.too_deep {
            self.depth += 1;
            visit(self);
            self.depth -= 1;
        }
    }

    fn statement(&mut self, statement: &'t Stmt) {
        match statement {
            Stmt::FunctionDef(function) => return self.function(function),
            Stmt::ClassDef(class) => return self.class(class),
            Stmt::Import(import) => self.current().imports.extend(imports::of_import(import)),
            Stmt::ImportFrom(import) => self.current().imports.extend(imports::of_import_from(import)),
            Stmt::Global(global) => {
                let scope = self.scope;
                self.globals.extend(global.names.iter().map(|name| (scope, name.as_str().to_owned())));
            }
            Stmt::Return(returned) => {
                let alternatives = returned.value.as_deref().map(references::of_value).unwrap_or_default();
                let value = Value { scope: self.scope, alternatives };
                self.current().returns.push(value);
            }
            Stmt::Assign(assign) => {
                for target in &assign.targets {
                    self.assign(target, Some(&assign.value), references::of_value(&assign.value));
                }
            }
            Stmt::AnnAssign(assign) => {
                let mut types = references::of_annotation(self.text, &assign.annotation);
                types.extend(assign.value.as_deref().map(references::of_value).unwrap_or_default());
                self.assign(&assign.target, None, types);
            }
            Stmt::For(each) => {
                let elements = elements(&each.iter);
                self.assign(&each.target, None, elements);
            }
            Stmt::With(with) => {
                for item in &with.items {
                    if let Some(target) = item.optional_vars.as_deref() {
                        let entered = references::of_value(&item.context_expr).into_iter();
                        self.assign(target, None, entered.map(|context| context.with(Step::Enter)).collect());
                    }
                }
            }
            Stmt::If(branch) if references::last_name(&branch.test) == Some("TYPE_CHECKING") => {
                let outer = mem::replace(&mut self.is_type_checking, true);
                self.visit_body(&branch.body);
                self.is_type_checking = outer;
                return branch.elif_else_clauses.iter().for_each(|clause| self.visit_elif_else_clause(clause));
            }
            _ => {}
        }
        visitor::walk_stmt(self, statement);
    }

    fn expression(&mut self, expression: &'t Expr) {
        match expression {
            Expr::Call(call) => {
                self.invoke(&call.func);
                self.assign_by_call(call);
            }
            Expr::Named(named) => self.assign(&named.target, Some(&named.value), references::of_value(&named.value)),
            Expr::Yield(_) | Expr::YieldFrom(_) => {
                let function = self.scope as usize;
                self.scopes[function].role = Role::Generator;
            }
            Expr::Lambda(lambda) => {
                let outer = self.enter(self.unnamed(expression));
                if let Some(parameters) = lambda.parameters.as_deref() {
                    self.declare(parameters, outer.scope);
                }
                visitor::walk_expr(self, expression);
                return self.leave(outer);
            }
            Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) | Expr::Generator(_) => {
                let outer = self.enter(self.unnamed(expression));
                visitor::walk_expr(self, expression);
                return self.leave(outer);
            }
            _ => {}
        }
        visitor::walk_expr(self, expression);
    }

    fn function(&mut self, function: &'t StmtFunctionDef) {
        let parameters = &function.parameters;
        let mut scope =
            self.named(ScopeKind::Function, function.name.as_str(), &function.decorator_list, function.range());
        let enclosing = &self.scopes[self.scope as usize];
        let is_method = enclosing.kind == ScopeKind::Class;
        scope.hidden = enclosing.hidden || is_method && scope.name == "__init__";
        scope.is_stub = self.is_type_checking;
        scope.role =
            function.decorator_list.iter().find_map(|decorator| role(&decorator.expression)).unwrap_or(Role::Plain);
        if is_method && scope.role != Role::StaticMethod {
            let first = parameters.iter_non_variadic_params().next();
            scope.receiver = first.map(|parameter| parameter.name().as_str().to_owned());
        }
        let outer = self.enter(scope);
        self.outside = true;
        self.decorators(&function.decorator_list);
        self.visit_parameters(parameters);
        if let Some(annotation) = function.returns.as_deref() {
            self.visit_annotation(annotation);
            let alternatives = references::of_annotation(self.text, annotation);
            self.current().returns.push(Value { scope: outer.scope, alternatives });
        }
        self.outside = false;
        self.declare(parameters, outer.scope);
        self.visit_body(&function.body);
        self.leave(outer);
    }

    fn class(&mut self, class: &'t StmtClassDef) {
        let mut scope = self.named(ScopeKind::Class, class.name.as_str(), &class.decorator_list, class.range());
        scope.hidden = self.scopes[self.scope as usize].hidden;
        let arguments = class.arguments.as_deref();
        let bases = arguments.map_or(&[][..], |arguments| &arguments.args);
        scope.bases = bases.iter().filter_map(references::of_base).collect();
        scope.base_parts = bases.iter().flat_map(references::of_made_base).collect();
        let metaclass = arguments.and_then(|arguments| arguments.find_keyword("metaclass"));
        scope.metaclass = metaclass.and_then(|keyword| references::of_base(&keyword.value));
        let outer = self.enter(scope);
        self.outside = true;
        self.decorators(&class.decorator_list);
        if let Some(arguments) = arguments {
            self.visit_arguments(arguments);
        }
        self.outside = false;
        self.visit_body(&class.body);
        self.leave(outer);
    }

    fn decorators(&mut self, decorators: &'t [Decorator]) {
        for decorator in decorators {
            // A decorator with arguments is a call, and is visited as such.
            if references::last_name(&decorator.expression).is_some() {
                self.invoke(&decorator.expression);
            }
            self.visit_decorator(decorator);
        }
    }

    fn invoke(&mut self, callee: &Expr) {
        if self.is_in_definition()
            && let Some(callee) = references::of_callee(callee)
        {
            let outside = self.outside;
            self.current().invocations.push(Invocation { callee, outside });
        }
    }

    /// Binds the parameters of a function. Their types and defaults are resolved in the scope around it.
    fn declare(&mut self, parameters: &Parameters, around: u32) {
        let receiver = self.current().receiver.clone();
        for parameter in parameters.iter_non_variadic_params() {
            let name = parameter.name().as_str();
            if receiver.as_deref() == Some(name) {
                continue;
            }
            let annotation = parameter.parameter.annotation();
            let mut alternatives =
                annotation.map_or_else(Vec::new, |annotation| references::of_annotation(self.text, annotation));
            if alternatives.is_empty() {
                alternatives.push(Reference::UNKNOWN);
            }
            alternatives.extend(parameter.default().map(references::of_value).unwrap_or_default());
            let value = Value { scope: around, alternatives };
            self.current().variables.push(Assignment { name: name.to_owned(), value });
        }
        for parameter in [&parameters.vararg, &parameters.kwarg].into_iter().flatten() {
            let value = Value { scope: around, alternatives: vec![Reference::BUILTIN] };
            self.current().variables.push(Assignment { name: parameter.name().as_str().to_owned(), value });
        }
    }

    /// Binds the names of a target. `source` is the assigned expression, for an assignment of its parts.
    fn assign(&mut self, target: &Expr, source: Option<&Expr>, alternatives: Vec<Reference>) {
        match target {
            Expr::Name(name) => self.bind(name.id.as_str(), alternatives),
            Expr::Attribute(attribute) => {
                if let Expr::Name(object) = &*attribute.value
                    && let Some(class) = self.class_of_receiver(object.id.as_str())
                {
                    let value = Value { scope: self.scope, alternatives };
                    let name = attribute.attr.as_str().to_owned();
                    self.scopes[class as usize].attributes.push(Assignment { name, value });
                }
            }
            Expr::Starred(rest) => self.assign(&rest.value, None, vec![Reference::BUILTIN]),
            Expr::Tuple(_) | Expr::List(_) => {
                let targets = parts(target);
                let sources = source.map(parts).filter(|sources| {
                    sources.len() == targets.len() && !targets.iter().chain(*sources).any(Expr::is_starred_expr)
                });
                for (index, target) in targets.iter().enumerate() {
                    if let Some(sources) = sources {
                        self.assign(target, Some(&sources[index]), references::of_value(&sources[index]));
                    } else {
                        let elements = alternatives.iter().cloned().map(|of| of.with(Step::Element)).collect();
                        self.assign(target, None, elements);
                    }
                }
            }
            _ => {}
        }
    }

    /// Binds the attribute that `setattr(self, "name", …)` or `cls.add_to_class("name", …)` assigns.
    fn assign_by_call(&mut self, call: &ExprCall) {
        let (object, arguments) = match (&*call.func, &*call.arguments.args) {
            (Expr::Name(name), [object, arguments @ ..]) if name.id == "setattr" => (object, arguments),
            (Expr::Attribute(method), arguments) if method.attr.as_str() == "add_to_class" => {
                (&*method.value, arguments)
            }
            _ => return,
        };
        if let (Expr::Name(object), [Expr::StringLiteral(name), value]) = (object, arguments)
            && let Some(class) = self.class_of_receiver(object.id.as_str())
        {
            let value = Value { scope: self.scope, alternatives: references::of_value(value) };
            let name = name.value.to_str().to_owned();
            self.scopes[class as usize].attributes.push(Assignment { name, value });
        }
    }

    fn bind(&mut self, name: &str, alternatives: Vec<Reference>) {
        let value = Value { scope: self.scope, alternatives };
        let is_global = self.globals.contains(&(self.scope, name.to_owned()));
        let target = if is_global { MODULE } else { self.scope };
        self.scopes[target as usize].variables.push(Assignment { name: name.to_owned(), value });
    }

    /// Returns the class whose instance, or which itself, a name is: `self` in a method and in the functions in it.
    fn class_of_receiver(&self, name: &str) -> Option<u32> {
        let mut scope = &self.scopes[self.scope as usize];
        loop {
            if scope.receiver.as_deref() == Some(name) {
                return Some(scope.parent);
            }
            if scope.kind != ScopeKind::Function || scope.variables.iter().any(|variable| variable.name == name) {
                return None;
            }
            scope = &self.scopes[scope.parent as usize];
        }
    }

    /// Returns `true` within a class or function. Calls outside are not recorded, also those in a lambda.
    fn is_in_definition(&self) -> bool {
        let mut scope = self.scope;
        while scope != MODULE && self.scopes[scope as usize].name.is_empty() {
            scope = self.scopes[scope as usize].parent;
        }
        scope != MODULE
    }

    fn current(&mut self) -> &mut Scope {
        &mut self.scopes[self.scope as usize]
    }

    fn named(&self, kind: ScopeKind, name: &str, decorators: &[Decorator], range: TextRange) -> Scope {
        // The range of a definition begins with its decorators.
        let after = decorators.last().map_or(range.start(), |last| self.skip_trivia(last.end()));
        let (start, end) = (self.lines.line(after), self.lines.line(range.end()));
        scope(kind, name.to_owned(), self.scope, start, end)
    }

    /// Returns the scope of a lambda or a comprehension.
    fn unnamed(&self, expression: &Expr) -> Scope {
        let line = self.lines.line(expression.start());
        Scope { hidden: true, ..scope(ScopeKind::Function, String::new(), self.scope, line, line) }
    }

    /// Returns the position of the first code at or after a position.
    fn skip_trivia(&self, position: TextSize) -> TextSize {
        let mut rest = &self.text[position.to_usize()..];
        loop {
            rest = rest.trim_start();
            match rest.strip_prefix('#') {
                Some(comment) => rest = comment.find('\n').map_or("", |end| &comment[end..]),
                None => match rest.strip_prefix('\\') {
                    Some(continued) => rest = continued,
                    None => break,
                },
            }
        }
        // Offsets in a text have 32 bits; the parser refuses longer texts.
        TextSize::try_from(self.text.len() - rest.len()).unwrap_or(position)
    }

    fn enter(&mut self, scope: Scope) -> Outer {
        let outer = Outer { scope: self.scope, outside: self.outside };
        // `try_from` fails only for 4 billion definitions in one file.
        self.scope = u32::try_from(self.scopes.len()).unwrap_or(u32::MAX);
        self.scopes.push(scope);
        self.outside = false;
        outer
    }

    fn leave(&mut self, outer: Outer) {
        self.scope = outer.scope;
        self.outside = outer.outside;
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

/// The state of the visitor around a scope.
struct Outer {
    scope: u32,
    outside: bool,
}

/// Returns the references of the elements of an expression.
fn elements(expression: &Expr) -> Vec<Reference> {
    references::of_value(expression).into_iter().map(|value| value.with(Step::Element)).collect()
}

/// Returns the parts of a tuple or a list.
fn parts(expression: &Expr) -> &[Expr] {
    match expression {
        Expr::Tuple(tuple) => &tuple.elts,
        Expr::List(list) => &list.elts,
        _ => &[],
    }
}

/// Returns the role that a decorator gives to a function.
fn role(decorator: &Expr) -> Option<Role> {
    let name = match decorator {
        Expr::Call(call) => references::last_name(&call.func)?,
        name => references::last_name(name)?,
    };
    match name {
        "classmethod" => Some(Role::ClassMethod),
        "staticmethod" => Some(Role::StaticMethod),
        "fixture" => Some(Role::Fixture),
        name if name.ends_with("property") || matches!(name, "setter" | "deleter") => Some(Role::Property),
        _ => None,
    }
}
