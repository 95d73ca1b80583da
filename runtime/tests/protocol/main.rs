//! A model of the protocol by which processes obtain artifacts. stateright explores every order of their steps, with
//! kills and failed system calls. `docs/internals/model.md` lists the parts that the model covers.

mod model;

use std::time::Instant;

use model::Artifact::{Graph, Index};
use model::{Exploration, Faults, Parameters, Protocol};
use stateright::{Checker, Model};

const ONLY_INDEX: Parameters = [Some(Index), None];
const ONLY_GRAPH: Parameters = [Some(Graph), None];
const GRAPH_AND_INDEX: Parameters = [Some(Graph), Some(Index)];
const INDEX_AND_GRAPH: Parameters = [Some(Index), Some(Graph)];
const NO_TEST: Parameters = [None, None];

const ONE_TEST: [&[Parameters]; 3] = [&[ONLY_INDEX], &[NO_TEST], &[NO_TEST]];
const TWO_TESTS: [&[Parameters]; 3] = [&[ONLY_INDEX], &[ONLY_GRAPH, GRAPH_AND_INDEX, INDEX_AND_GRAPH], &[NO_TEST]];
const THREE_TESTS: [&[Parameters]; 3] = [&[ONLY_INDEX], &[ONLY_GRAPH], &[ONLY_INDEX]];

const A_KILL: Faults = Faults { kills: 1, refusals: 0, children: 0, total: 1 };
const A_REFUSAL: Faults = Faults { kills: 0, refusals: 1, children: 0, total: 1 };
const A_CHILD: Faults = Faults { kills: 0, refusals: 0, children: 1, total: 1 };
const ONE_FAULT: Faults = Faults { kills: 1, refusals: 1, children: 1, total: 1 };
const TWO_FAULTS: Faults = Faults { kills: 2, refusals: 2, children: 1, total: 2 };

/// A path on which a property does not hold, as text.
struct Counterexample {
    property: &'static str,
    steps: Vec<String>,
    /// The waits at the end of the path.
    waits: Vec<String>,
}

/// Explores every state. Returns the shortest counterexample to each property that does not hold.
fn explore(protocol: Protocol, tests: [&'static [Parameters]; 3], faults: Faults) -> Vec<Counterexample> {
    let mut found = Vec::new();
    for load_needs in [false, true] {
        let begun = Instant::now();
        let checker = Exploration { protocol, tests, load_needs, faults }.checker().spawn_bfs().join();
        println!(
            "{protocol:?}, {faults:?}, load_needs: {load_needs}: {} states, {:.1?}",
            checker.unique_state_count(),
            begun.elapsed()
        );
        for (property, path) in checker.discoveries() {
            let end = path.last_state().waits();
            let steps = path.into_vec().into_iter();
            let steps = steps.filter_map(|(state, action)| Some(Exploration::describe(&state, action?))).collect();
            found.push(Counterexample { property, steps, waits: end });
        }
    }
    for Counterexample { property, steps, waits } in &found {
        println!("does not hold: {property}\n    {}\n    {}", steps.join("\n    "), waits.join("\n    "));
    }
    found
}

fn holds(tests: [&'static [Parameters]; 3], faults: Faults) {
    let found = explore(Protocol::BuildTarget, tests, faults);
    assert!(found.is_empty(), "the output shows {} counterexamples", found.len());
}

/// Returns the counterexample to `property`.
///
/// # Panics
///
/// Panics if the property holds.
fn fails(property: &str, tests: [&'static [Parameters]; 3], faults: Faults) -> Counterexample {
    let found = explore(Protocol::ReplayParameters, tests, faults);
    found.into_iter().find(|one| one.property == property).expect("a counterexample")
}

/// The test builds the index itself, because its builder was killed or could not start. It starts a builder for the
/// graph.
#[test]
fn replaying_parameters_deadlocks_after_a_kill_or_a_refusal() {
    for (faults, cause) in
        [(A_KILL, ", in which it is killed"), (A_REFUSAL, "start of the Index, which the system refuses")]
    {
        let path = fails("every process ends", ONE_TEST, faults);
        assert!(path.steps.iter().any(|step| step.ends_with(cause)), "{:?}", path.steps);
        let expected = [
            "test 1 waits for the lock of the Graph, held by builder of test 1",
            "builder of test 1 waits for the lock of the Index, held by test 1",
        ];
        assert_eq!(path.waits, expected);
    }
}

#[test]
fn replaying_parameters_waits_for_a_child_of_a_build() {
    let path = fails("every process ends", ONE_TEST, A_CHILD);
    assert_eq!(path.waits, ["test 1 waits for the lock of the Index, held by a child of a build"]);
}

#[test]
fn replaying_parameters_fails_a_test_after_a_refusal() {
    let path = fails("no test fails", ONE_TEST, A_REFUSAL);
    let refusal = "test 1: build_detached: lock_within of the Index, which the system refuses";
    assert!(path.steps.iter().any(|step| step == refusal), "{:?}", path.steps);
}

#[test]
fn building_targets_survives_two_faults_in_one_test() {
    holds(ONE_TEST, TWO_FAULTS);
}

#[test]
fn building_targets_survives_one_fault_in_two_tests() {
    holds(TWO_TESTS, ONE_FAULT);
}

#[test]
fn building_targets_survives_a_kill_in_three_tests() {
    holds(THREE_TESTS, A_KILL);
}

#[test]
#[ignore = "takes a quarter of a minute"]
fn building_targets_survives_two_faults_in_two_tests() {
    holds(TWO_TESTS, TWO_FAULTS);
}

#[test]
#[ignore = "takes a quarter of a minute"]
fn building_targets_survives_one_fault_in_three_tests() {
    holds(THREE_TESTS, ONE_FAULT);
}
