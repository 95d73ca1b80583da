//! Artifacts whose builds use one thing each in a way that is hard to watch.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;

use cached_smoke::{Artifact, BuildContext, KeyBuilder, LoadContext, Result, artifact, cached_smoke};
use serde::{Deserialize, Serialize};

use super::artifacts::{Count, Subject};
use super::orders::{log, order};

const NAMES: [&str; 21] = [
    "repository",
    "declared",
    "temporary",
    "renamed",
    "dependency",
    "relative",
    "thread",
    "child",
    "script",
    "ignored",
    "history",
    "network",
    "own_server",
    "writes",
    "pool",
    "tolerant",
    "variables",
    "litter",
    "failing",
    "declared_temporary",
    "path",
];

/// The artifact whose build does `NAMES[WHAT]`.
pub(super) struct Uses<const WHAT: usize>(String);

impl<const WHAT: usize> Artifact<Subject> for Uses<WHAT> {
    const NAME: &'static str = NAMES[WHAT];
    const RELOCATABLE: bool = true;

    fn key(key: &mut KeyBuilder<'_, Subject>) {
        match Self::NAME {
            "declared" => {
                key.file("data/file").directory("data/directory").tool("cat");
                key.optional_file("data/none").optional_file("../project/data/../data/absent");
            }
            "dependency" => {
                key.needs::<Count>();
            }
            "network" => {
                key.env("USES_PORT");
            }
            "path" => {
                key.env("READS_PATH");
            }
            "variables" => drop(key.env("USES_DECLARED")),
            "declared_temporary" => drop(key.env("TMPDIR")),
            // A thread that is older than the build.
            "pool" => drop(std::thread::spawn(std::thread::park)),
            _ => {}
        }
    }

    fn build(cx: &BuildContext<'_, Subject>) -> Result<Self> {
        log(&format!("build {}", Self::NAME));
        let repo = cx.repo().path();
        let root = repo.parent().unwrap_or(Path::new("/"));
        let data = root.join("project/data");
        let neighbour = root.join("neighbour.txt");
        Ok(Uses(match Self::NAME {
            "repository" => {
                let names = fs::read_dir(repo)?.count();
                assert!(!repo.join("none").exists());
                format!("{names} {}", fs::read_to_string(repo.join("a.txt"))?)
            }
            "declared" => {
                let names = fs::read_dir(data.join("directory"))?.count();
                assert!(!data.join("none").exists() && !data.join("absent").exists());
                assert!(!data.join("directory/none").exists());
                let output = Command::new("cat").arg(data.join("file")).output()?;
                assert!(output.status.success());
                format!("{names} {}", fs::read_to_string(data.join("file"))?)
            }
            "temporary" => {
                let mut file = tempfile::NamedTempFile::new()?;
                file.write_all(b"one")?;
                fs::read_to_string(file.path())?
            }
            "renamed" => {
                let old = cx.dir().join("old");
                fs::create_dir(&old)?;
                fs::write(old.join("file"), "one")?;
                fs::rename(&old, cx.dir().join("new"))?;
                fs::read_to_string(cx.dir().join("new/file"))?
            }
            "dependency" => cx.artifact::<Count>()?.0.to_string(),
            "relative" => {
                let program = "cd \"$0\" && read -r line <../neighbour.txt && echo \"$line\"";
                text(Command::new("sh").args(["-c", program]).arg(repo))?
            }
            "thread" => std::thread::scope(|scope| {
                let reader = scope.spawn(|| fs::read_to_string(&neighbour));
                reader.join().expect("no panic")
            })?,
            "child" => text(Command::new("cat").arg(&neighbour))?,
            "script" => text(&mut Command::new(repo.join("script")))?,
            "ignored" => fs::read_to_string(repo.join("x.log"))?,
            "history" => fs::read_to_string(repo.join(".git/HEAD"))?,
            "network" => {
                let mut text = String::new();
                let port = order("USES_PORT").ok_or("no port")?.parse::<u16>()?;
                TcpStream::connect(("127.0.0.1", port))?.read_to_string(&mut text)?;
                text
            }
            "own_server" => {
                let listener = TcpListener::bind("127.0.0.1:0")?;
                let _client = TcpStream::connect(listener.local_addr()?)?;
                String::new()
            }
            "path" => fs::read_to_string(order("READS_PATH").ok_or("no path")?)?,
            "writes" => {
                File::create(root.join("written"))?.write_all(b"one")?;
                String::new()
            }
            "tolerant" => fs::read_to_string(&neighbour).unwrap_or_default(),
            "variables" => {
                let mut names: Vec<_> = std::env::vars().map(|(name, _)| name).collect();
                names.sort();
                names.join(" ")
            }
            "litter" => {
                let temporary = std::env::temp_dir();
                let count = fs::read_dir(&temporary)?.count();
                fs::write(temporary.join("left"), "")?;
                format!("{count} {}", std::env::var("HOME")?)
            }
            "failing" => {
                eprintln!("the build speaks");
                return Err("no luck\nhelp: try again".into());
            }
            "declared_temporary" => std::env::temp_dir().display().to_string(),
            _ => String::new(),
        }))
    }

    fn save(&self, dir: &Path) -> Result<()> {
        Ok(fs::write(dir.join("text"), &self.0)?)
    }

    fn load(cx: &LoadContext<'_, Subject>) -> Result<Self> {
        Ok(Uses(fs::read_to_string(cx.dir().join("text"))?))
    }
}

fn text(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

macro_rules! tests {
    ($($name:ident: $number:literal),* $(,)?) => {$(
        #[cached_smoke(repo = "bookshop", suite = Subject)]
        #[ignore = "run by the other tests, in a separate process"]
        fn $name(uses: &Uses<$number>) {
            println!("text={}", uses.0);
        }
    )*};
}

tests! {
    repository: 0,
    declared: 1,
    temporary: 2,
    renamed: 3,
    dependency: 4,
    relative: 5,
    thread: 6,
    child: 7,
    script: 8,
    ignored: 9,
    history: 10,
    network: 11,
    own_server: 12,
    writes: 13,
    pool: 14,
    tolerant: 15,
    variables: 16,
    litter: 17,
    failing: 18,
    declared_temporary: 19,
    path: 20,
}

/// Hermetic in each run.
#[derive(Serialize, Deserialize)]
struct Sealed(String);

#[artifact(hermetic)]
fn sealed() -> Sealed {
    Sealed(order("READS_VARIABLE").unwrap_or_default())
}

#[cached_smoke(repos = [])]
#[ignore = "run by the other tests, in a separate process"]
fn takes_sealed(sealed: &Sealed) {
    println!("sealed={}", sealed.0);
}
