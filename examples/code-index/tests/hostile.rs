//! Random texts that nest deeply: no text exhausts the stack of the threads that build a graph.
//!
//! `HOSTILE_TEXTS=20000 cargo test -p code-index --test hostile -- --nocapture` runs more of them, and prints the seed
//! of each round. A stack overflow aborts the process, so the last seed is that of the overflow.

mod common;

use std::env;

use code_index::{GraphBuilder, GraphBuilderConfig};
use common::project;
use fastrand::Rng;

/// The number of texts in a round, which is one project.
const ROUND: u64 = 100;

/// The texts before and after a nested expression.
const EXPRESSIONS: [(&str, &str); 44] = [
    ("(", ")"),
    ("[", "]"),
    ("{", "}"),
    ("(1, ", ")"),
    ("{1: ", "}"),
    ("{", ": 1}"),
    ("{**", "}"),
    ("[*", "]"),
    ("f(", ")"),
    ("f(*", ")"),
    ("f(**", ")"),
    ("f(a=", ")"),
    ("a[", "]"),
    ("a[1:", "]"),
    ("a[::", ", ...]"),
    ("", "()"),
    ("", ".a"),
    ("", ".a()"),
    ("", "[0]"),
    ("", " + 1"),
    ("1 + ", ""),
    ("2 ** ", ""),
    ("-", ""),
    ("~", ""),
    ("not ", ""),
    ("await ", ""),
    ("a < ", ""),
    ("", " or a"),
    ("a and ", ""),
    ("lambda: ", ""),
    ("lambda a, *b: ", ""),
    ("lambda a=", ": 1"),
    ("1 if a else ", ""),
    ("1 if ", " else 1"),
    ("(a := ", ")"),
    ("(yield ", ")"),
    ("(yield from ", ")"),
    ("[a for a in ", "]"),
    ("{", " for a in b if c}"),
    ("(a for a in b if ", ")"),
    ("f'{", "}'"),
    ("f\"{", "!r:>{a}}\""),
    ("f'''{1:{", "}}'''"),
    ("t'{", "}'"),
];

/// Statements around a nested expression.
const STATEMENTS: [(&str, &str); 18] = [
    ("x = ", "\n"),
    ("x: ", " = 1\n"),
    ("", " = 1\n"),
    ("del ", "\n"),
    ("return ", "\n"),
    ("@", "\ndef f(): pass\n"),
    ("def f(a: ", "): pass\n"),
    ("def f[T: ", "](a=1): pass\n"),
    ("class A(", "): pass\n"),
    ("type A = ", "\n"),
    ("for a in ", ": pass\n"),
    ("with ", " as a: pass\n"),
    ("match ", ":\n    case _: pass\n"),
    ("match a:\n    case ", ": pass\n"),
    ("match a:\n    case {1: [A(b=", "), *_]}: pass\n"),
    ("x: '", "'\n"),
    ("try: pass\nexcept ", ": pass\n"),
    ("assert ", "\n"),
];

/// Lines that begin a suite.
const SUITES: [&str; 10] = [
    "if a:",
    "if a: pass\nelif b:",
    "while a:",
    "for a in b:",
    "try: pass\nfinally:",
    "with a:",
    "def f():",
    "class A:",
    "async def f():",
    "match a:",
];

/// Returns a number with up to this many digits, each number of digits as often as the others.
fn up_to(random: &mut Rng, digits: u32) -> usize {
    let digits = random.u32(1..=digits);
    random.usize(1..=10_usize.pow(digits))
}

fn expression(random: &mut Rng) -> String {
    // A few kinds alternate, as many kinds rarely nest in each other without an error.
    let kinds = (0..random.usize(1..=4)).map(|_| EXPRESSIONS[random.usize(..EXPRESSIONS.len())]).collect::<Vec<_>>();
    let depth = up_to(random, 4);
    let chosen = (0..depth).map(|_| kinds[random.usize(..kinds.len())]).collect::<Vec<_>>();
    let before = chosen.iter().map(|(before, _)| *before);
    let after = chosen.iter().rev().map(|(_, after)| *after);
    before.chain(["a"]).chain(after).collect()
}

fn suites(random: &mut Rng, statement: &str) -> String {
    let (mut text, mut indentation) = (String::new(), String::new());
    for _ in 0..up_to(random, 2) {
        text = indented(text, &indentation, SUITES[random.usize(..SUITES.len())]);
        indentation += [" ", "\t", "    "][random.usize(..3)];
    }
    indented(text, &indentation, statement)
}

fn indented(text: String, indentation: &str, lines: &str) -> String {
    lines.lines().fold(text, |text, line| text + indentation + line + "\n")
}

fn text(random: &mut Rng) -> String {
    let (before, after) = STATEMENTS[random.usize(..STATEMENTS.len())];
    let statement = format!("{before}{}{after}", expression(random));
    let mut text = if random.bool() { statement } else { suites(random, &statement) };
    // Errors, after which the parser recovers.
    for _ in 0..random.usize(..3) {
        let at = random.usize(..=text.len());
        match random.u8(..3) {
            0 => text.insert_str(at, ["(", ")", "\n", ":", ",", "'", "f'{", "\\\n", "lambda", " "][random.usize(..10)]),
            1 => drop(text.drain(at..(at + 3).min(text.len()))),
            _ => text.truncate(at),
        }
    }
    text
}

#[test]
fn no_random_text_exhausts_the_stack() {
    let count = env::var("HOSTILE_TEXTS").ok().and_then(|count| count.parse().ok()).unwrap_or(500);
    let mut parsed = 0;
    for seed in 0..u64::div_ceil(count, ROUND) {
        eprintln!("seed {seed}");
        let mut random = Rng::with_seed(seed);
        let files = (0..ROUND).map(|n| (format!("m{n}.py"), text(&mut random))).collect::<Vec<_>>();
        let files = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect::<Vec<_>>();
        let dir = project(&files);
        for max_nesting in [GraphBuilderConfig::default().max_nesting, u32::MAX] {
            let config = GraphBuilderConfig { max_nesting, threads: Some(2), ..Default::default() };
            let graph = GraphBuilder::with_config(dir.path(), config).build().expect("the project exists");
            assert!(files.iter().all(|(path, _)| graph.node(path).is_some()), "seed {seed}");
            parsed += files.len() - graph.statistics().total_skipped();
        }
    }
    eprintln!("{parsed} of {} texts parsed", 2 * count);
    assert!(parsed > 0);
}
