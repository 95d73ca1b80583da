//! The effect of each step of `session/obtain.rs`. The methods have the names of the functions that take the step.

use super::Artifact::{Graph, Index};
use super::{
    Artifact, Entry, Exploration, FORGOTTEN, Frame, Life, Lock, Process, Protocol, State, Step, TESTS, bit, builder_of,
    short,
};

impl State {
    /// Takes the next step of a process.
    pub(super) fn take(&mut self, model: &Exploration, number: usize) {
        let frame = self.frame(number);
        match frame.step {
            Step::Look | Step::Lock | Step::LookAgain => self.restore_or_build(model.protocol, number, frame),
            Step::Detach | Step::HandOver | Step::LockAfterBuilder | Step::WaitForBuilder | Step::LookForResult => {
                self.build_detached(model.protocol, number, frame);
            }
            Step::Stage | Step::Build | Step::PlaceFiles | Step::CommitManifest | Step::Sync => {
                self.build_and_publish(model.protocol, number, frame);
            }
            Step::BuildPrivately => match self.processes[number].missing_need(frame.artifact) {
                Some(need) => self.obtain(number, need),
                None => self.hand_back(model.protocol, number),
            },
            Step::Load => match self.processes[number].missing_need(frame.artifact).filter(|_| model.load_needs) {
                Some(need) => self.obtain(number, need),
                None => self.finish(model.protocol, number),
            },
        }
    }

    fn restore_or_build(&mut self, protocol: Protocol, number: usize, frame: Frame) {
        let (process, artifact) = (&self.processes[number], frame.artifact);
        let is_target = process.is_target(artifact);
        let looks = !(is_target && protocol == Protocol::BuildTarget && frame.step == Step::Look);
        match frame.step {
            Step::Look | Step::LookAgain if looks && self.is_published(artifact) => self.restore(number),
            Step::Look if is_target => {
                // `BuildLock::inherited` writes the builder's name into the file.
                self.own(number, artifact);
                self.go_to(number, Step::LookAgain);
            }
            Step::Look => self.go_to(number, Step::Lock),
            Step::Lock => {
                self.acquire(number, artifact);
                self.go_to(number, Step::LookAgain);
            }
            _ if !frame.is_locked => self.build_privately(number),
            _ => self.go_to(number, if process.is_detached { Step::Detach } else { Step::Stage }),
        }
    }

    fn build_detached(&mut self, protocol: Protocol, number: usize, frame: Frame) {
        let artifact = frame.artifact;
        match frame.step {
            Step::Detach => {
                self.start(protocol, number, artifact);
                self.go_to(number, Step::HandOver);
            }
            Step::HandOver => {
                self.close(number, artifact);
                self.go_to(number, Step::LockAfterBuilder);
            }
            Step::LockAfterBuilder => {
                self.acquire(number, artifact);
                self.go_to(number, Step::WaitForBuilder);
            }
            Step::WaitForBuilder => self.go_to(number, Step::LookForResult),
            _ if self.processes[number].is_handed => self.finish(protocol, number),
            _ if self.is_published(artifact) => self.restore(number),
            _ if !frame.is_locked => self.build_privately(number),
            _ => self.go_to(number, Step::Stage),
        }
    }

    /// Starts a builder, which inherits the open lock.
    fn start(&mut self, protocol: Protocol, number: usize, target: Artifact) {
        let parameters = match protocol {
            Protocol::ReplayParameters => self.processes[number].parameters,
            Protocol::BuildTarget => [Some(target), None],
        };
        let builder = builder_of(number);
        assert!(self.processes[builder].life != Life::Running, "a test has one builder at a time");
        self.forget(builder);
        self.processes[builder] = Process::new(Life::Running, parameters, false, Some(target));
        self.processes[number].is_handed = false;
        self.lock(target).open_in |= bit(builder);
    }

    fn build_and_publish(&mut self, protocol: Protocol, number: usize, frame: Frame) {
        let artifact = frame.artifact;
        let is_locked = self.locks[artifact as usize].open_in & bit(number) != 0;
        match frame.step {
            Step::Stage => {
                self.builds[artifact as usize] += 1;
                self.go_to(number, Step::Build);
            }
            Step::Build => match self.processes[number].missing_need(artifact) {
                Some(need) => self.obtain(number, need),
                None => self.go_to(number, Step::PlaceFiles),
            },
            Step::PlaceFiles => {
                self.is_unsound |= !is_locked;
                self.entries[artifact as usize] = Entry { files: Some(short(number)), manifest: None };
                self.go_to(number, Step::CommitManifest);
            }
            Step::CommitManifest => {
                self.is_unsound |= !is_locked;
                self.entries[artifact as usize].manifest = Some(short(number));
                self.go_to(number, Step::Sync);
            }
            // The test that started the builder loads it.
            _ if protocol == Protocol::BuildTarget && self.processes[number].is_target(artifact) => {
                self.finish(protocol, number);
            }
            _ => self.go_to(number, Step::Load),
        }
    }

    /// Takes the next step of a process whose call the system refuses.
    pub(super) fn refuse(&mut self, protocol: Protocol, number: usize) {
        match self.frame(number).step {
            Step::Lock => self.go_to(number, Step::LookAgain),
            Step::LockAfterBuilder => match protocol {
                Protocol::ReplayParameters => self.end(number, Life::Failed),
                Protocol::BuildTarget => self.go_to(number, Step::WaitForBuilder),
            },
            Step::Detach => self.go_to(number, Step::Stage),
            // The process uses the files in the staging directory.
            Step::PlaceFiles => self.hand_back(protocol, number),
            _ => self.build_privately(number),
        }
    }

    fn go_to(&mut self, number: usize, step: Step) {
        let frame = self.processes[number].frame_mut().expect("it is obtaining an artifact");
        frame.step = step;
    }

    /// Asks for a dependency of the artifact that the process is building or loading.
    fn obtain(&mut self, number: usize, need: Artifact) {
        self.processes[number].frames[1] = Some(Frame::new(need));
    }

    /// Goes on to load the published artifact.
    fn restore(&mut self, number: usize) {
        let entry = self.entries[self.frame(number).artifact as usize];
        self.is_unsound |= entry.files != entry.manifest;
        self.go_to(number, Step::Load);
    }

    pub(super) fn build_privately(&mut self, number: usize) {
        let artifact = self.frame(number).artifact;
        self.builds[artifact as usize] += 1;
        self.go_to(number, Step::BuildPrivately);
    }

    /// Ends a build that could not be published. A builder hands the artifact over to its test.
    fn hand_back(&mut self, protocol: Protocol, number: usize) {
        if protocol == Protocol::BuildTarget && self.processes[number].is_target(self.frame(number).artifact) {
            self.processes[number - TESTS].is_handed = true;
        }
        self.finish(protocol, number);
    }

    /// Ends a request: the process has the artifact, releases the lock and goes on.
    fn finish(&mut self, protocol: Protocol, number: usize) {
        let frame = self.frame(number);
        if frame.is_locked {
            match protocol {
                // The standard input of the builder has the lock open, too, until the process ends.
                Protocol::ReplayParameters if self.processes[number].is_target(frame.artifact) => {}
                Protocol::ReplayParameters => self.close(number, frame.artifact),
                Protocol::BuildTarget => *self.lock(frame.artifact) = Lock::default(),
            }
        }
        let process = &mut self.processes[number];
        process.has[frame.artifact as usize] = true;
        if process.frames[1].take().is_some() {
            return;
        }
        process.frames[0] = None;
        if process.is_target(frame.artifact) {
            // A builder exits next.
            return;
        }
        process.ask();
        if process.frame().is_none() {
            self.end(number, Life::Ended);
        }
    }

    fn acquire(&mut self, number: usize, artifact: Artifact) {
        self.lock(artifact).open_in = bit(number);
        self.own(number, artifact);
    }

    /// Records the process in the lock file as the holder.
    fn own(&mut self, number: usize, artifact: Artifact) {
        self.lock(artifact).holder = Some(short(number));
        self.processes[number].frame_mut().expect("it is obtaining an artifact").is_locked = true;
    }

    /// Closes the lock file in the process. Other processes that have it open still hold the lock.
    fn close(&mut self, number: usize, artifact: Artifact) {
        if let Some(frame) = self.processes[number].frame_mut() {
            frame.is_locked = false;
        }
        let lock = self.lock(artifact);
        lock.open_in &= !bit(number);
        if lock.open_in == 0 {
            *lock = Lock::default();
        }
    }

    /// Frees the slot of a dead process. A lock that names it as holder still names a dead process.
    fn forget(&mut self, dead: usize) {
        for lock in &mut self.locks {
            if lock.holder == Some(short(dead)) {
                lock.holder = Some(FORGOTTEN);
            }
        }
    }

    pub(super) fn end(&mut self, number: usize, life: Life) {
        for artifact in [Index, Graph] {
            self.close(number, artifact);
        }
        // The rest of its state makes no difference any more.
        self.processes[number] = Process::new(life, [None; 2], false, None);
    }
}
