//! Converts expressions into [`Reference`]s.

use ruff_python_ast::{Expr, Operator};
use ruff_python_parser::parse_string_annotation;

use super::syntax::{Reference, Root, Step};

/// The maximum number of attributes and calls in a chain that is followed to the left.
///
/// Without a limit, a chain of a thousand calls would be walked once for each call. More than a few steps do not
/// resolve in practice.
const MAX_CHAIN: usize = 16;

/// The maximum number of alternatives of a value; further ones are ignored.
const MAX_ALTERNATIVES: usize = 8;

/// The maximum length in bytes of a quoted annotation. It also bounds the depth of its syntax tree.
const MAX_QUOTED: usize = 256;

/// Returns the callee of a call, or `None` if no name in the expression identifies it.
pub(super) fn of_callee(expression: &Expr) -> Option<Reference> {
    let reference = of_chain(expression)?;
    let is_identified = match reference.root {
        Root::Name(_) => true,
        Root::Unknown => matches!(reference.steps.last(), Some(Step::Attribute(_))),
        Root::Builtin => reference.steps.contains(&Step::Element),
    };
    is_identified.then_some(reference)
}

/// Returns a base class: a name, an attribute, or one of these with type arguments.
pub(super) fn of_base(expression: &Expr) -> Option<Reference> {
    let class = if let Expr::Subscript(subscript) = expression { &subscript.value } else { expression };
    matches!(class, Expr::Name(_) | Expr::Attribute(_))
        .then(|| of_chain(class))
        .flatten()
        .filter(|base| matches!(base.root, Root::Name(_)))
}

/// Returns the classes in a base that a call makes: the object of the called method, and the arguments.
pub(super) fn of_made_base(expression: &Expr) -> Vec<Reference> {
    let Expr::Call(call) = expression else { return Vec::new() };
    let object = if let Expr::Attribute(method) = &*call.func { Some(&*method.value) } else { None };
    object.into_iter().chain(&call.arguments.args).filter_map(of_base).collect()
}

/// Returns the references of a value; an empty list for a value that is not from the repository.
pub(super) fn of_value(expression: &Expr) -> Vec<Reference> {
    let mut found = Vec::new();
    let mut pending = vec![expression];
    while let Some(expression) = pending.pop() {
        match expression {
            Expr::If(choice) => pending.extend([&*choice.orelse, &*choice.body]),
            Expr::BoolOp(choice) => pending.extend(choice.values.iter().rev()),
            Expr::Named(named) => pending.push(&named.value),
            _ => found.extend(of_chain(expression)),
        }
        if found.len() == MAX_ALTERNATIVES {
            break;
        }
    }
    found
}

/// Returns the types of an annotation, as references to instances.
pub(super) fn of_annotation(text: &str, annotation: &Expr) -> Vec<Reference> {
    let mut found = Vec::new();
    add_types(text, annotation, &mut found);
    found.truncate(MAX_ALTERNATIVES);
    found
}

fn add_types(text: &str, annotation: &Expr, found: &mut Vec<Reference>) {
    match annotation {
        Expr::Name(_) | Expr::Attribute(_) => {
            found.extend(of_chain(annotation).map(|class| class.with(Step::Instance)));
        }

        Expr::BinOp(union) if union.op == Operator::BitOr => {
            add_types(text, &union.left, found);
            add_types(text, &union.right, found);
        }
        Expr::Subscript(generic) => match last_name(&generic.value) {
            Some("Optional" | "Union" | "Annotated" | "Final" | "ClassVar" | "Required") => match &*generic.slice {
                Expr::Tuple(types) => types.elts.iter().for_each(|of| add_types(text, of, found)),
                of => add_types(text, of, found),
            },
            Some("type" | "Type") => found.extend(of_chain(&generic.slice)),
            _ => add_types(text, &generic.value, found),
        },
        Expr::StringLiteral(quoted) => {
            // The parts of a concatenated literal are not an annotation that anything reads.
            if let [literal] = quoted.value.as_slice()
                && literal.value.len() <= MAX_QUOTED
                && let Ok(parsed) = parse_string_annotation(text, literal)
                && !matches!(parsed.expr(), Expr::StringLiteral(_))
            {
                add_types(text, parsed.expr(), found);
            }
        }
        _ => {}
    }
}

/// Returns the last name of a name or an attribute.
pub(super) fn last_name(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
        _ => None,
    }
}

/// Follows attributes, calls and subscripts to the left. `None` for literals and operators with builtin results.
fn of_chain(expression: &Expr) -> Option<Reference> {
    let mut steps = Vec::new();
    let mut node = expression;
    let root = loop {
        if steps.len() == MAX_CHAIN {
            break Root::Unknown;
        }
        match node {
            Expr::Name(name) => break Root::Name(name.id.as_str().to_owned()),
            Expr::Attribute(attribute) => {
                steps.push(Step::Attribute(attribute.attr.as_str().to_owned()));
                node = &attribute.value;
            }
            Expr::Call(call) => {
                let arguments = &*call.arguments.args;
                match (last_name(&call.func), arguments) {
                    (Some("type"), [of]) => {
                        steps.push(Step::Class);
                        node = of;
                    }
                    (Some("cast"), [class, _]) => {
                        steps.push(Step::Instance);
                        node = class;
                    }
                    _ => {
                        steps.push(Step::Call);
                        node = &call.func;
                    }
                }
            }
            Expr::Subscript(subscript) => {
                steps.push(Step::Element);
                node = &subscript.value;
            }
            Expr::Await(waited) => node = &waited.value,
            Expr::Starred(starred) => node = &starred.value,
            Expr::Named(named) => node = &named.value,
            Expr::List(_)
            | Expr::Tuple(_)
            | Expr::Set(_)
            | Expr::Dict(_)
            | Expr::ListComp(_)
            | Expr::SetComp(_)
            | Expr::DictComp(_)
            | Expr::Generator(_) => break Root::Builtin,
            Expr::BinOp(operation) if is_builtin(&operation.left) => return None,
            Expr::BinOp(_) | Expr::If(_) | Expr::BoolOp(_) | Expr::Lambda(_) | Expr::Yield(_) | Expr::YieldFrom(_) => {
                break Root::Unknown;
            }
            _ => return None,
        }
    };
    steps.reverse();
    if root == Root::Unknown {
        // Only the name of the last attribute identifies the value.
        steps.drain(..steps.len().saturating_sub(1));
    }
    Some(Reference { root, steps })
}

/// Returns `true` for literals, whose operators have builtin results.
fn is_builtin(expression: &Expr) -> bool {
    expression.is_literal_expr() || matches!(expression, Expr::FString(_) | Expr::List(_) | Expr::Tuple(_))
}
