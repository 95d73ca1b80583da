//! Prepares the executables, the repositories, a cache with their entries, and the files of the floor and of the plan.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cached_smoke::tooling::{Config, stored};
use code_index::DependencyGraph;

use crate::programs::{FILES, Memo, PlanCache, REPO, list_known};
use crate::samples::Program;

/// The number of copies of Django in the larger repository.
pub(crate) const LARGER: usize = 10;

/// An executable of this benchmark, compiled with one profile.
#[derive(Clone)]
pub(crate) struct Build {
    pub(crate) name: &'static str,
    pub(crate) executable: PathBuf,
}

/// The prepared directory of the benchmark.
pub(crate) struct Setup {
    root: PathBuf,
    /// The id of the run, to which all programs of this benchmark belong.
    run: String,
    pub(crate) rounds: usize,
    pub(crate) release: Build,
}

impl Setup {
    /// Prepares the directory, and builds missing entries.
    ///
    /// # Errors
    /// `SMOKE_CACHE_DIR` is set, or Django is not fetched.
    pub(crate) fn prepare(rounds: usize) -> Result<Setup, String> {
        if std::env::var_os("SMOKE_CACHE_DIR").is_some() {
            return Err("SMOKE_CACHE_DIR is set, but the benchmark needs its own caches\nhelp: unset it".to_owned());
        }
        let workspace = Config::for_directory(Path::new(crate::WORKSPACE)).map_err(|error| error.report())?;
        let django = &workspace.repo("django").map_err(|error| error.report())?.path;
        let scikit_learn = workspace.repo("scikit-learn").map(|repo| repo.path.clone());
        if !django.is_dir() {
            return Err("the repository django is missing\nhelp: run `cargo smoke-cache fetch django`".to_owned());
        }
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("performance");
        fs::create_dir_all(root.join("tiny")).unwrap();
        fs::write(root.join("tiny/file"), "content").unwrap();
        let settings = format!(
            "[defaults]\ncache-dir = \"cache\"\n\n[repos.django]\npath = '{}'\n\n[repos.larger]\npath = \"larger\"\n\n\
             [repos.tiny]\npath = \"tiny\"\n\n[repos.scikit-learn]\npath = '{}'\n",
            django.display(),
            scikit_learn.unwrap_or_default().display()
        );
        fs::write(root.join("smoke.toml"), settings).unwrap();
        // `SMOKE_REPO_PATHS` takes the name of a repository from its directory.
        #[cfg(unix)]
        let _ = std::os::unix::fs::symlink(django, root.join("django"));
        let release = Build { name: "release", executable: std::env::current_exe().unwrap() };
        let setup = Setup { root, run: format!("bench-{}", std::process::id()), rounds, release };
        println!("building missing entries …");
        setup.hit("django").run();
        let (graph, index) = setup.entry("django");
        Memo { revision: "f429f1cf3244", graph: &graph, index: &index }.write(&setup.root);
        let owned = DependencyGraph::read_from(&graph).unwrap();
        PlanCache { repo: django, graph: &owned, index: &index }.write(&setup.root);
        list_known(django, &setup.root);
        Ok(setup)
    }

    pub(crate) fn run(&self) -> &str {
        &self.run
    }

    /// Returns the path of Django.
    pub(crate) fn django(&self) -> PathBuf {
        Config::for_directory(&self.root).unwrap().repo("django").unwrap().path.clone()
    }

    /// Returns the path of a repository, if it is fetched.
    pub(crate) fn repo(&self, name: &str) -> Option<PathBuf> {
        let config = Config::for_directory(&self.root).unwrap();
        config.repo(name).ok().map(|repo| repo.path.clone()).filter(|path| path.is_dir())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Returns the program of this name in the release build.
    pub(crate) fn program(&self, name: &'static str) -> Program {
        self.program_of(&self.release, name)
    }

    pub(crate) fn program_of(&self, build: &Build, name: &'static str) -> Program {
        let program =
            Program::new(&build.executable, name).set(FILES, &self.root).set("CARGO_MANIFEST_DIR", &self.root);
        program.set("SMOKE_RUN_ID", &self.run).set(REPO, "django")
    }

    /// Returns the program that has a hit, in the run of this benchmark.
    pub(crate) fn hit(&self, repo: &str) -> Program {
        self.program("hit").set(REPO, repo)
    }

    /// Returns the paths of a repository's graph file and index directory.
    pub(crate) fn entry(&self, repo: &str) -> (PathBuf, PathBuf) {
        let config = Config::for_directory(&self.root).unwrap();
        let all = stored(&config).unwrap();
        let latest = |artifact: &str| {
            let of_repo = all.iter().filter(|stored| stored.repo == repo && stored.artifact == artifact);
            { of_repo }.max_by_key(|stored| stored.last_used).unwrap().entry.clone()
        };
        let graph = self.path("cache/.unpacked").join(repo).join(latest("graph")).join("graph/graph.bin");
        let index = self.path("cache").join(repo).join(latest("sparse_index")).join("sparse_index");
        (graph, index)
    }

    /// Compiles two debug builds: with optimised dependencies, as the documentation recommends, and without.
    pub(crate) fn debug_builds() -> [Build; 2] {
        let build = |name, opt_level: u8| {
            let set = |package: &str| format!("profile.plain.package.{package}.opt-level={opt_level}");
            let mut command = Command::new(env!("CARGO"));
            command
                .current_dir(crate::WORKSPACE)
                .args(["bench", "--bench", "performance", "--no-run", "--profile", "plain", "--message-format", "json"])
                // In a user's project, these two crates are dependencies.
                .args(["--config", &set("\"*\""), "--config", &set("cached-smoke"), "--config", &set("code-index")]);
            println!("compiling the {name} build …");
            let output = command.stderr(std::process::Stdio::inherit()).output().unwrap();
            assert!(output.status.success());
            let messages = String::from_utf8(output.stdout).unwrap();
            let executable = messages.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
            let executable = { executable }.find_map(|message| Some(message["executable"].as_str()?.to_owned()));
            Build { name, executable: executable.unwrap().into() }
        };
        [build("debug", 3), build("debug, nothing optimised", 0)]
    }

    /// Creates the larger repository: ten copies of Django, in a folder without git.
    pub(crate) fn link_larger(&self) {
        let larger = self.path("larger");
        let django = self.django();
        for part in 0..LARGER {
            let target = larger.join(format!("part{part}"));
            if !target.exists() {
                link_tree(&django, &target);
            }
        }
    }
}

/// Copies a directory with hard links, which is safe because the files are only read.
fn link_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_name() == ".git" || entry.file_type().unwrap().is_symlink() {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            link_tree(&entry.path(), &target);
        } else {
            fs::hard_link(entry.path(), target).unwrap();
        }
    }
}

/// Copies a directory.
pub(crate) fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            copy_tree(&entry.path(), &to.join(entry.file_name()));
        } else {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}
