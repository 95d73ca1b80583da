//! The state of the model: processes, locks and entries. The actions that change it.

mod steps;

use stateright::{Model, Property};

/// The number of tests. Each has a slot for one builder at a time.
const TESTS: usize = 3;
const PROCESSES: usize = 2 * TESTS;
/// The bit in [`Lock::open_in`] of a child that a build left behind. Lower bits are those of the processes.
const CHILD: u8 = 1 << 7;
/// A dead process whose slot another one has taken.
const FORGOTTEN: u8 = 0xFF;

/// The rules that the processes follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// A builder obtains the parameters of the test, one after the other, up to its target.
    ReplayParameters,
    /// A builder builds its target and nothing else. Locks are unlocked explicitly, a lock whose recorded holder is
    /// dead is not waited for, and a builder that cannot publish hands its result to the test that started it.
    BuildTarget,
}

/// Two artifacts. The first depends on the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Artifact {
    Index,
    Graph,
}

use Artifact::{Graph, Index};

/// The parameters of a test, in their order.
pub(crate) type Parameters = [Option<Artifact>; 2];

/// The protocol, the tests and the faults that are explored.
#[derive(Clone, Debug)]
pub(crate) struct Exploration {
    pub(crate) protocol: Protocol,
    /// The parameters that each test may have: every combination is explored.
    pub(crate) tests: [&'static [Parameters]; TESTS],
    /// `load` of the index asks for the graph, as its `build` does.
    pub(crate) load_needs: bool,
    pub(crate) faults: Faults,
}

/// The number of faults that an execution may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Faults {
    /// Processes that are killed.
    pub(crate) kills: u8,
    /// System calls that fail.
    pub(crate) refusals: u8,
    /// Builds that leave behind a child which keeps the builder's standard input open.
    pub(crate) children: u8,
    /// Faults in all.
    pub(crate) total: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct State {
    processes: [Process; PROCESSES],
    locks: [Lock; 2],
    entries: [Entry; 2],
    /// The number of builds of each artifact.
    builds: [u8; 2],
    /// The number of waits for the lock of each artifact that ended because the holder was dead.
    given_up: [u8; 2],
    left: Faults,
    /// A process restored files that are not those of the manifest, or published without the lock.
    is_unsound: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Process {
    life: Life,
    parameters: Parameters,
    /// The test starts builders: it runs under nextest.
    is_detached: bool,
    /// The artifact that this builder builds. `None` for a test.
    target: Option<Artifact>,
    has: [bool; 2],
    /// The artifacts that the process is obtaining: one, and maybe its dependency.
    frames: [Option<Frame>; 2],
    /// The builder of this test has handed over an artifact that it could not publish.
    is_handed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Life {
    /// An empty slot for a builder.
    Vacant,
    Running,
    Ended,
    Failed,
    Killed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Frame {
    artifact: Artifact,
    step: Step,
    /// The process holds the build lock of the artifact.
    is_locked: bool,
}

/// The steps of a request for an artifact, in their order. No step leads back to an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    Look,
    Lock,
    LookAgain,
    Detach,
    HandOver,
    LockAfterBuilder,
    WaitForBuilder,
    LookForResult,
    Stage,
    Build,
    PlaceFiles,
    CommitManifest,
    Sync,
    BuildPrivately,
    Load,
}

/// A kernel lock. It is held as long as a process has the locked file open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Lock {
    /// A bit for each process.
    open_in: u8,
    /// The process that the lock file names as the holder.
    holder: Option<u8>,
}

/// The entry on disk: for each part, the process that wrote it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Entry {
    files: Option<u8>,
    manifest: Option<u8>,
}

/// An event that may happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    /// The process takes its next step.
    Take(usize),
    /// The system refuses the call that the next step of the process makes.
    Refuse(usize),
    /// The process waits for a lock, and finds that the holder is dead.
    GiveUp(usize),
    /// The builder's build starts a child that outlives it.
    LeaveChild(usize),
    /// SIGKILL ends the process.
    Kill(usize),
    /// The builder ends.
    Exit(usize),
}

impl Model for Exploration {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let [first, second, third] = self.tests;
        let mut states = Vec::new();
        for detached in 0..1 << TESTS {
            for a in first {
                for b in second {
                    states.extend(third.iter().map(|c| State::new([*a, *b, *c], detached, self.faults)));
                }
            }
        }
        states
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        // A step that concerns only its process may come first: the steps of others, or a kill, have the same effect
        // after it. So the other orders need no exploration.
        if let Some(number) = (0..PROCESSES).find(|number| state.is_at_a_private_step(*number, self.load_needs)) {
            self.actions_of(state, number, actions);
            return;
        }
        for number in 0..PROCESSES {
            if state.processes[number].life == Life::Running {
                self.actions_of(state, number, actions);
                if state.left.may(state.left.kills) {
                    actions.push(Action::Kill(number));
                }
            }
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut next = last.clone();
        match action {
            Action::Take(process) => next.take(self, process),
            Action::Refuse(process) => {
                next.left.spend(|left| &mut left.refusals);
                next.refuse(self.protocol, process);
            }
            Action::GiveUp(process) => {
                let artifact = next.frame(process).artifact;
                next.given_up[artifact as usize] += 1;
                next.build_privately(process);
            }
            Action::LeaveChild(process) => {
                next.left.spend(|left| &mut left.children);
                let artifact = next.frame(process).artifact;
                next.locks[artifact as usize].open_in |= CHILD;
            }
            Action::Kill(process) => {
                next.left.spend(|left| &mut left.kills);
                next.end(process, Life::Killed);
            }
            Action::Exit(process) => next.end(process, Life::Ended),
        }
        assert!(next.progress() > last.progress(), "{action:?} leads back: {last:?} {next:?}");
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            // Exact, although stateright ignores cycles and joins: `progress` excludes cycles, and an ended process
            // stays so.
            Property::eventually("every process ends", |_, state: &State| {
                state.processes.iter().all(|process| process.life != Life::Running)
            }),
            Property::always("no test fails", |_, state: &State| {
                state.processes.iter().all(|process| process.life != Life::Failed)
            }),
            Property::always("nothing wrong is served", |_, state: &State| !state.is_unsound),
            Property::always("no build is needless", |model: &Exploration, state: &State| {
                [Index, Graph]
                    .into_iter()
                    .all(|artifact| state.builds[artifact as usize] <= model.most_builds(state, artifact))
            }),
        ]
    }
}

impl Exploration {
    fn actions_of(&self, state: &State, number: usize, actions: &mut Vec<Action>) {
        let process = &state.processes[number];
        let Some(frame) = process.frame() else {
            actions.push(Action::Exit(number));
            return;
        };
        if !state.is_blocked(number, frame) {
            actions.push(Action::Take(number));
        }
        if state.left.may(state.left.refusals) && process.makes_a_call(frame) {
            actions.push(Action::Refuse(number));
        }
        if self.protocol == Protocol::BuildTarget && state.is_abandoned(frame) {
            actions.push(Action::GiveUp(number));
        }
        if state.left.may(state.left.children) && process.is_target(frame.artifact) && frame.step == Step::Build {
            actions.push(Action::LeaveChild(number));
        }
    }

    /// Describes an action in a state, for the output of the test.
    pub(crate) fn describe(state: &State, action: Action) -> String {
        let (number, event) = match action {
            Action::Take(number) => (number, ""),
            Action::Refuse(number) => (number, ", which the system refuses"),
            Action::GiveUp(number) => (number, ", whose holder is dead"),
            Action::LeaveChild(number) => (number, ", which leaves a child behind"),
            Action::Kill(number) => (number, ", in which it is killed"),
            Action::Exit(number) => return format!("{}: exit", name(number)),
        };
        state.processes[number].frame().map_or_else(
            || format!("{}{event}", name(number)),
            |frame| format!("{}: {} of the {:?}{event}", name(number), frame.step.name(), frame.artifact),
        )
    }

    /// Returns the largest allowed number of builds: one; one more for each kill; two more for each refused call, after
    /// which one process builds privately and another one for all; one more for each process that did not wait for a
    /// dead holder.
    fn most_builds(&self, state: &State, artifact: Artifact) -> u8 {
        let (kills, refusals) = (self.faults.kills - state.left.kills, self.faults.refusals - state.left.refusals);
        1 + kills + 2 * refusals + state.given_up[artifact as usize]
    }
}

impl Faults {
    fn may(self, left: u8) -> bool {
        left > 0 && self.total > 0
    }

    fn spend(&mut self, which: impl Fn(&mut Faults) -> &mut u8) {
        *which(self) -= 1;
        self.total -= 1;
    }
}

impl Artifact {
    fn need(self) -> Option<Artifact> {
        (self == Index).then_some(Graph)
    }
}

impl Step {
    /// Returns the function of `session/obtain.rs`, `obtain/detached.rs`, `obtain/build.rs` or `store.rs` that takes
    /// the step.
    fn name(self) -> &'static str {
        match self {
            Step::Look => "look",
            Step::Lock => "lock",
            Step::LookAgain => "look_again",
            Step::Detach => "build_detached: start",
            Step::HandOver => "build_detached: drop(lock)",
            Step::LockAfterBuilder => "build_detached: lock_within",
            Step::WaitForBuilder => "build_detached: builder.wait",
            Step::LookForResult => "build_detached: look_again",
            Step::Stage => "build_and_publish: Staging::create",
            Step::Build => "build_and_publish: build",
            Step::PlaceFiles => "publish: the files move into place",
            Step::CommitManifest => "publish: the manifest is renamed",
            Step::Sync => "publish: the directories are synced",
            Step::BuildPrivately => "build_privately",
            Step::Load => "load",
        }
    }

    fn waits_for_a_lock(self) -> bool {
        matches!(self, Step::Lock | Step::LockAfterBuilder)
    }
}

impl Process {
    fn new(life: Life, parameters: Parameters, is_detached: bool, target: Option<Artifact>) -> Process {
        let mut process =
            Process { life, parameters, is_detached, target, has: [false; 2], frames: [None; 2], is_handed: false };
        process.ask();
        process
    }

    /// Returns the request in progress.
    fn frame(&self) -> Option<Frame> {
        self.frames[1].or(self.frames[0])
    }

    fn frame_mut(&mut self) -> Option<&mut Frame> {
        let [outer, inner] = &mut self.frames;
        inner.as_mut().or(outer.as_mut())
    }

    fn has(&self, artifact: Artifact) -> bool {
        self.has[artifact as usize]
    }

    /// Asks for the next parameter, if there is one.
    fn ask(&mut self) {
        if let Some(artifact) = self.parameters.into_iter().flatten().find(|artifact| !self.has(*artifact)) {
            self.frames[0] = Some(Frame::new(artifact));
        }
    }

    /// Returns the dependency that `build`, or `load`, of the artifact asks for next.
    fn missing_need(&self, artifact: Artifact) -> Option<Artifact> {
        artifact.need().filter(|need| !self.has(*need))
    }

    /// Returns `true` if the next step makes a call that the system may refuse.
    fn makes_a_call(&self, frame: Frame) -> bool {
        match frame.step {
            Step::Lock
            | Step::LockAfterBuilder
            | Step::Detach
            | Step::Stage
            | Step::PlaceFiles
            | Step::CommitManifest
            | Step::Sync => true,
            Step::Build => self.missing_need(frame.artifact).is_none(),
            _ => false,
        }
    }

    fn is_target(&self, artifact: Artifact) -> bool {
        self.target == Some(artifact)
    }

    fn progress(&self) -> u64 {
        if self.life != Life::Running {
            return 2048;
        }
        let step = |frame: Option<Frame>| frame.map_or(0, |frame| frame.step as u64 + 1);
        let had = self.has.iter().filter(|has| **has).count() as u64;
        had * 512 + step(self.frames[0]) * 20 + step(self.frames[1])
    }
}

impl Frame {
    fn new(artifact: Artifact) -> Frame {
        Frame { artifact, step: Step::Look, is_locked: false }
    }
}

impl State {
    fn new(parameters: [Parameters; TESTS], detached: u8, faults: Faults) -> State {
        State {
            processes: std::array::from_fn(|number| match parameters.get(number) {
                Some([None, None]) => Process::new(Life::Ended, [None; 2], false, None),
                Some(parameters) => Process::new(Life::Running, *parameters, detached & (1 << number) != 0, None),
                None => Process::new(Life::Vacant, [None; 2], false, None),
            }),
            locks: Default::default(),
            entries: Default::default(),
            builds: [0; 2],
            given_up: [0; 2],
            left: faults,
            is_unsound: false,
        }
    }

    /// Describes the waits in a state without a next step.
    pub(crate) fn waits(&self) -> Vec<String> {
        let waiting = (0..PROCESSES).filter(|number| self.processes[*number].life == Life::Running);
        waiting
            .filter_map(|number| Some((number, self.processes[number].frame()?)))
            .map(|(waiter, frame)| {
                let holders = self.locks[frame.artifact as usize].open_in;
                let holders = (0..PROCESSES).filter(|number| holders & bit(*number) != 0).map(name);
                let held_by = holders.collect::<Vec<_>>().join(", ");
                let held_by = if held_by.is_empty() { "a child of a build" } else { &held_by };
                format!("{} waits for the lock of the {:?}, held by {held_by}", name(waiter), frame.artifact)
            })
            .collect()
    }

    fn frame(&self, process: usize) -> Frame {
        self.processes[process].frame().expect("it is obtaining an artifact")
    }

    fn lock(&mut self, artifact: Artifact) -> &mut Lock {
        &mut self.locks[artifact as usize]
    }

    fn is_published(&self, artifact: Artifact) -> bool {
        self.entries[artifact as usize].manifest.is_some()
    }

    fn is_blocked(&self, process: usize, frame: Frame) -> bool {
        let is_held = self.locks[frame.artifact as usize].open_in != 0;
        match frame.step {
            Step::Lock | Step::LockAfterBuilder => is_held,
            Step::WaitForBuilder => self.processes[builder_of(process)].life == Life::Running,
            _ => false,
        }
    }

    /// Returns `true` if the process waits for a lock whose recorded holder is dead, but which is held.
    fn is_abandoned(&self, frame: Frame) -> bool {
        let lock = self.locks[frame.artifact as usize];
        let is_dead = lock.holder.is_some_and(|holder| {
            self.processes.get(usize::from(holder)).is_none_or(|process| process.life != Life::Running)
        });
        frame.step.waits_for_a_lock() && lock.open_in != 0 && is_dead
    }

    /// Returns `true` if the next step of the process neither reads nor changes what other processes see.
    fn is_at_a_private_step(&self, number: usize, load_needs: bool) -> bool {
        let process = &self.processes[number];
        let Some(frame) = process.frame().filter(|_| process.life == Life::Running) else { return false };
        let is_about_to_ask = process.missing_need(frame.artifact).is_some();
        match frame.step {
            Step::Stage | Step::Build => true,
            Step::Sync => !process.is_target(frame.artifact),
            Step::WaitForBuilder => !self.is_blocked(number, frame),
            Step::BuildPrivately => is_about_to_ask,
            Step::Load => is_about_to_ask && load_needs,
            _ => false,
        }
    }

    /// Returns a number that grows with each step of any process, so that no execution goes on for ever. A step of a
    /// builder counts for less than a step of a test, because a test's step starts the builder.
    fn progress(&self) -> u64 {
        let (tests, builders) = self.processes.split_at(TESTS);
        let sum = |processes: &[Process]| processes.iter().map(Process::progress).sum::<u64>();
        let children = self.locks.iter().filter(|lock| lock.open_in & CHILD != 0).count() as u64;
        (sum(tests) << 16) + (sum(builders) << 2) + children + 4 * u64::from(8 - self.left.children)
    }
}

fn builder_of(test: usize) -> usize {
    test + TESTS
}

fn name(process: usize) -> String {
    if process < TESTS { format!("test {}", process + 1) } else { format!("builder of test {}", process - TESTS + 1) }
}

fn bit(process: usize) -> u8 {
    1 << process
}

fn short(process: usize) -> u8 {
    u8::try_from(process).expect("six processes")
}
