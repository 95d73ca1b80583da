//! The command `init`: writes the settings and a first smoke test. No file is overwritten.

use std::env;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use cached_smoke::tooling::Config;
use clap::Args;
use fs_err as fs;

use crate::output;
use crate::workspace::{Package, Workspace};

const SMOKE_TOML: &str = include_str!("init/smoke.toml.txt");
const TESTS: &str = include_str!("init/main.rs.txt");
const ARTIFACTS: &str = include_str!("init/artifacts.rs.txt");
const NEXTEST: &str = include_str!("init/nextest.toml.txt");
/// The head of a new configuration of nextest.
const NEXTEST_HEAD: &str = "# The configuration of cargo nextest: https://nexte.st/docs/configuration\n\
                            nextest-version = \"0.9.100\"\n\n";
/// The line for `.gitignore`: the cache directory of the template.
const IGNORED: &str = "/.smoke-cache/";

#[derive(Args, Debug)]
pub(crate) struct InitArguments {
    /// Write the tests into this package of the workspace.
    #[arg(long, short, value_name = "NAME")]
    package: Option<String>,
}

pub(super) fn run(manifest: Option<&Path>, arguments: &InitArguments) -> anyhow::Result<ExitCode> {
    let workspace = Workspace::read(manifest)?;
    let current = env::current_dir().and_then(|directory| directory.canonicalize());
    let directory = match manifest.and_then(Path::parent) {
        Some(directory) => directory.canonicalize()?,
        None => current.context("failed to find the current directory")?,
    };
    let package = workspace.package(arguments.package.as_deref(), &directory)?;
    let files = Files { root: workspace.root.clone(), directory };

    let config = Config::for_directory(package.directory())?;
    if config.has_smoke_toml() {
        files.print("kept", &config.smoke_toml());
    } else {
        files.write(&workspace.root.join("smoke.toml"), SMOKE_TOML)?;
        files.add_line(&workspace.root.join(".gitignore"), IGNORED)?;
    }
    let tests = package.directory().join("tests");
    if let Some(existing) = ["smoke.rs", "smoke"].map(|name| tests.join(name)).iter().find(|path| path.exists()) {
        files.print("kept", existing);
    } else {
        files.write(&tests.join("smoke/main.rs"), TESTS)?;
        files.write(&tests.join("smoke/artifacts.rs"), ARTIFACTS)?;
    }
    let nextest = workspace.root.join(".config/nextest.toml");
    let is_new = files.write(&nextest, &format!("{NEXTEST_HEAD}{NEXTEST}"))?;
    if !is_new && !fs::read_to_string(&nextest)?.contains("binary(smoke)") {
        output::line(format_args!("add to {}, if you use nextest:\n\n{NEXTEST}", files.shown(&nextest)));
    }
    print_next(&workspace, package, &files.directory);
    Ok(ExitCode::SUCCESS)
}

fn print_next(workspace: &Workspace, package: &Package, directory: &Path) {
    let option = |is_needed: bool| if is_needed { format!(" --package {}", package.name) } else { String::new() };
    if !package.has_library() {
        let option = option(!directory.starts_with(package.directory()));
        output::line(format_args!(
            "next:    cargo add --dev --git {} cached-smoke{option}",
            env!("CARGO_PKG_REPOSITORY")
        ));
    }
    let option = option(!workspace.is_tested_in(package, directory));
    output::line(format_args!("next:    cargo smoke-cache test{option}"));
}

/// The files of the command, which it reports relative to the current directory.
struct Files {
    root: PathBuf,
    directory: PathBuf,
}

impl Files {
    /// Writes a new file, and creates its directory. Returns `false` if the file exists; then it stays.
    fn write(&self, path: &Path, text: &str) -> anyhow::Result<bool> {
        fs::create_dir_all(path.parent().unwrap_or(path))?;
        match fs::File::create_new(path) {
            Ok(mut file) => file.write_all(text.as_bytes())?,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                self.print("kept", path);
                return Ok(false);
            }
            Err(error) => return Err(error.into()),
        }
        self.print("wrote", path);
        Ok(true)
    }

    /// Adds a line at the end of a file, unless the file contains it.
    fn add_line(&self, path: &Path, line: &str) -> anyhow::Result<()> {
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            read => read?,
        };
        let bare = |line: &str| line.trim().trim_matches('/').to_owned();
        if text.lines().any(|one| bare(one) == bare(line)) {
            self.print("kept", path);
            return Ok(());
        }
        let separator = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        let mut file = fs::File::options().append(true).create(true).open(path)?;
        file.write_all(format!("{separator}{line}\n").as_bytes())?;
        self.print("added to", path);
        Ok(())
    }

    fn print(&self, verb: &str, path: &Path) {
        output::line(format_args!("{verb:<8} {}", self.shown(path)));
    }

    fn shown(&self, path: &Path) -> String {
        let shown = path.strip_prefix(&self.directory).or_else(|_| path.strip_prefix(&self.root)).unwrap_or(path);
        shown.display().to_string()
    }
}
