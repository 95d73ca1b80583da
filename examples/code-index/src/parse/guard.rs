//! Bounds the depth of a syntax tree before it is built.
//!
//! The parser, the visitor and the drop of the tree use the stack in proportion to the depth of the tree.

use std::mem;

use ruff_python_ast::token::TokenKind;
use ruff_python_parser::Mode;
use ruff_python_parser::lexer::lex;

use crate::graph::SkipReason;

/// The largest bound on the depth that is parsed.
///
/// The bound counts operators and spaces, so it is larger than the depth.
const MAX_DEPTH: usize = 10_000;

/// The stack in bytes that one level of a tree needs at most, with a margin.
const STACK_PER_LEVEL: usize = if cfg!(debug_assertions) { 16 * 1024 } else { 4 * 1024 };

/// Runs the parser with enough stack for the text, or refuses a text that nests too deeply.
pub(super) fn with_stack_for<T>(text: &str, parse: impl FnOnce() -> T) -> Result<T, SkipReason> {
    let depth = depth_bound(text).ok_or(SkipReason::DoesNotParse)?;
    if depth > MAX_DEPTH {
        return Err(SkipReason::TooDeep);
    }
    let stack = depth * STACK_PER_LEVEL;
    Ok(stacker::maybe_grow(stack, stack, parse))
}

/// A bracket, a string with expressions, or an indented suite.
struct Level {
    end: TokenKind,
    /// The operators and keywords since the last comma or statement. Each may nest the next one.
    operators: usize,
    /// The lambdas since the last statement. A comma may be in their parameters, and does not end them.
    lambdas: usize,
}

/// Returns an upper bound of the depth of the syntax tree; `None` if the brackets do not match.
fn depth_bound(text: &str) -> Option<usize> {
    let mut levels = vec![Level { end: TokenKind::EndOfFile, operators: 0, lambdas: 0 }];
    let (mut sum, mut bound) = (0, 0);
    let mut lexer = lex(text, Mode::Module);
    while bound <= MAX_DEPTH {
        let kind = lexer.next_token();
        let is_outermost = levels.len() == 1;
        let level = levels.last_mut()?;
        match kind {
            TokenKind::EndOfFile if is_outermost => break,
            TokenKind::EndOfFile | TokenKind::Unknown => return None,
            TokenKind::Comma => sum -= mem::take(&mut level.operators),
            TokenKind::Newline | TokenKind::Semi => {
                sum -= mem::take(&mut level.operators) + mem::take(&mut level.lambdas);
            }
            TokenKind::Lambda => {
                level.lambdas += 1;
                sum += 1;
            }
            kind => {
                if let Some(end) = end_of(kind) {
                    // The bracket of a call or a subscript also nests the expression before it.
                    level.operators += 1;
                    sum += 1;
                    levels.push(Level { end, operators: 0, lambdas: 0 });
                } else if is_end(kind) {
                    let level = levels.pop().filter(|level| level.end == kind)?;
                    sum -= level.operators + level.lambdas;
                } else if kind.is_operator() || kind.is_keyword() {
                    level.operators += 1;
                    sum += 1;
                }
            }
        }
        // A definition or a loop is a level above its suite; a bracket may be a display in an argument.
        bound = bound.max(sum + 2 * levels.len());
    }
    // After an error in brackets, the parser reads the lines in them as statements.
    Some(bound + widest_indentation(text))
}

/// Returns the token that ends a level, if a token begins one.
fn end_of(kind: TokenKind) -> Option<TokenKind> {
    match kind {
        TokenKind::Lpar => Some(TokenKind::Rpar),
        TokenKind::Lsqb => Some(TokenKind::Rsqb),
        TokenKind::Lbrace => Some(TokenKind::Rbrace),
        TokenKind::Indent => Some(TokenKind::Dedent),
        TokenKind::FStringStart => Some(TokenKind::FStringEnd),
        TokenKind::TStringStart => Some(TokenKind::TStringEnd),
        _ => None,
    }
}

fn is_end(kind: TokenKind) -> bool {
    use TokenKind::{Dedent, FStringEnd, Rbrace, Rpar, Rsqb, TStringEnd};
    matches!(kind, Rpar | Rsqb | Rbrace | Dedent | FStringEnd | TStringEnd)
}

fn widest_indentation(text: &str) -> usize {
    let indentation = |line: &str| line.bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    text.split('\n').map(indentation).max().unwrap_or(0)
}
