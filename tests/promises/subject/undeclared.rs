//! Artifacts whose builds depend on one thing each that their keys do not name.

use std::collections::HashMap;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use cached_smoke::{Artifact, BuildContext, LoadContext, Result, cached_smoke};

use super::artifacts::{Count, Subject};
use super::orders::log;

/// The names of the artifacts: the thing that each one reads. The index is the parameter of its type.
const NAMES: [&str; 22] = [
    "nothing",
    "variable",
    "neighbour",
    "listing",
    "missing_file",
    "clock",
    "randomness",
    "program",
    "directory_order",
    "cores",
    "hash_order",
    "time_zone",
    "host_name",
    "other_entry",
    "home",
    "working_directory",
    "temporary_directory",
    "umask",
    "declared_variable",
    "locale",
    "hash_seed",
    "number",
];

/// The artifact whose build reads `NAMES[WHAT]`.
pub(super) struct Reads<const WHAT: usize>(String);

impl<const WHAT: usize> Artifact<Subject> for Reads<WHAT> {
    const NAME: &'static str = NAMES[WHAT];
    const RELOCATABLE: bool = true;

    fn key(key: &mut cached_smoke::KeyBuilder<'_, Subject>) {
        match Self::NAME {
            "declared_variable" => key.env("READS_VARIABLE"),
            // Its names are declared, and not their order.
            "directory_order" => key.directory("../ordered"),
            "time_zone" => key.tool("date"),
            _ => key,
        };
    }

    fn build(cx: &BuildContext<'_, Subject>) -> Result<Self> {
        log(&format!("build {}", Self::NAME));
        let root = cx.repo().path().parent().unwrap_or(Path::new("/"));
        read(Self::NAME, root).map(Reads)
    }

    fn save(&self, dir: &Path) -> Result<()> {
        Ok(fs::write(dir.join("text"), format!("what was read:\n{}\n", self.0))?)
    }

    fn load(cx: &LoadContext<'_, Subject>) -> Result<Self> {
        Ok(Reads(fs::read_to_string(cx.dir().join("text"))?))
    }
}

fn read(what: &str, root: &Path) -> Result<String> {
    let names = |directory: &Path| -> Result<Vec<String>> {
        let names = fs::read_dir(directory)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
        names.collect()
    };
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    Ok(match what {
        "variable" | "declared_variable" => variable("READS_VARIABLE"),
        "number" => variable("READS_VARIABLE").parse().unwrap_or(3).to_string(),
        "neighbour" => fs::read_to_string(root.join("neighbour.txt"))?,
        "listing" => {
            let mut names = names(&root.join("listing"))?;
            names.sort();
            names.join(" ")
        }
        "missing_file" => root.join("missing").exists().to_string(),
        "clock" => SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos().to_string(),
        "randomness" => {
            let mut bytes = [0; 8];
            fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
            u64::from_le_bytes(bytes).to_string()
        }
        "program" => String::from_utf8(Command::new(root.join("program")).output()?.stdout)?,
        "directory_order" => names(&root.join("ordered"))?.join(" "),
        "cores" => std::thread::available_parallelism()?.to_string(),
        "hash_order" => {
            let names: HashMap<u32, u32> = (0..100).map(|number| (number, number)).collect();
            names.keys().map(u32::to_string).collect::<Vec<_>>().join(" ")
        }
        "time_zone" => String::from_utf8(Command::new("date").arg("+%z").output()?.stdout)?,
        "host_name" => fs::read_to_string("/proc/sys/kernel/hostname")?,
        "other_entry" => {
            let entries = names(&root.join("cache/bookshop"))?;
            let manifests = entries.iter().map(|entry| root.join("cache/bookshop").join(entry).join("count.json"));
            let manifest = { manifests }.find_map(|path| fs::read_to_string(path).ok()).unwrap_or_default();
            manifest.lines().filter(|line| line.contains("\"run\"")).collect()
        }
        "home" => variable("HOME"),
        "working_directory" => std::env::current_dir()?.display().to_string(),
        "temporary_directory" => std::env::temp_dir().display().to_string(),
        "umask" => {
            let status = fs::read_to_string("/proc/self/status")?;
            status.lines().filter(|line| line.starts_with("Umask:")).collect()
        }
        "locale" => variable("LC_ALL"),
        "hash_seed" => variable("PYTHONHASHSEED"),
        _ => String::new(),
    })
}

/// An artifact with a time in its files that does not matter.
pub(super) struct Stamped(String);

impl Artifact<Subject> for Stamped {
    const NAME: &'static str = "stamped";
    const RELOCATABLE: bool = true;

    fn build(cx: &BuildContext<'_, Subject>) -> Result<Self> {
        let root = cx.repo().path().parent().unwrap_or(Path::new("/"));
        fs::write(cx.dir().join("time"), read("randomness", root)?)?;
        Ok(Stamped(read("variable", root)?))
    }

    fn save(&self, dir: &Path) -> Result<()> {
        Ok(fs::write(dir.join("text"), &self.0)?)
    }

    fn load(cx: &LoadContext<'_, Subject>) -> Result<Self> {
        Ok(Stamped(fs::read_to_string(cx.dir().join("text"))?))
    }

    fn same(&self, other: &Self) -> std::result::Result<(), String> {
        if self.0 == other.0 { Ok(()) } else { Err(format!("{:?} became {:?}", self.0, other.0)) }
    }
}

/// An artifact that needs one whose key lacks an input.
pub(super) struct Above(String);

impl Artifact<Subject> for Above {
    const NAME: &'static str = "above";
    const RELOCATABLE: bool = true;

    fn key(key: &mut cached_smoke::KeyBuilder<'_, Subject>) {
        key.needs::<Reads<1>>();
    }

    fn build(cx: &BuildContext<'_, Subject>) -> Result<Self> {
        log("build above");
        Ok(Above(cx.artifact::<Reads<1>>()?.0.len().to_string()))
    }

    fn save(&self, dir: &Path) -> Result<()> {
        Ok(fs::write(dir.join("text"), &self.0)?)
    }

    fn load(cx: &LoadContext<'_, Subject>) -> Result<Self> {
        Ok(Above(fs::read_to_string(cx.dir().join("text"))?))
    }
}

/// An artifact that needs [`Above`].
pub(super) struct Higher(String);

impl Artifact<Subject> for Higher {
    const NAME: &'static str = "higher";
    const RELOCATABLE: bool = true;

    fn key(key: &mut cached_smoke::KeyBuilder<'_, Subject>) {
        key.needs::<Above>();
    }

    fn build(cx: &BuildContext<'_, Subject>) -> Result<Self> {
        Ok(Higher(format!("more than {}", cx.artifact::<Above>()?.0)))
    }

    fn save(&self, dir: &Path) -> Result<()> {
        Ok(fs::write(dir.join("text"), &self.0)?)
    }

    fn load(cx: &LoadContext<'_, Subject>) -> Result<Self> {
        Ok(Higher(fs::read_to_string(cx.dir().join("text"))?))
    }
}

macro_rules! tests {
    ($($name:ident: $number:literal),* $(,)?) => {$(
        #[cached_smoke(repo = "bookshop", suite = Subject)]
        #[ignore = "run by the other tests, in a separate process"]
        fn $name(text: &Reads<$number>) {
            println!("text={}", text.0.escape_debug());
            assert!(text.0.starts_with("what was read:"));
        }
    )*};
}

tests! {
    nothing: 0,
    variable: 1,
    neighbour: 2,
    listing: 3,
    missing_file: 4,
    clock: 5,
    randomness: 6,
    program: 7,
    directory_order: 8,
    cores: 9,
    hash_order: 10,
    time_zone: 11,
    host_name: 12,
    other_entry: 13,
    home: 14,
    working_directory: 15,
    temporary_directory: 16,
    umask: 17,
    declared_variable: 18,
    locale: 19,
    hash_seed: 20,
    number: 21,
}

#[cached_smoke(repo = "bookshop", suite = Subject)]
#[ignore = "run by the other tests, in a separate process"]
fn stamped(stamped: &Stamped) {
    assert!(!stamped.0.contains('\n'));
}

#[cached_smoke(repo = "bookshop", suite = Subject)]
#[ignore = "run by the other tests, in a separate process"]
fn above(above: &Above) {
    assert!(above.0.parse::<usize>().is_ok());
}

#[cached_smoke(repo = "bookshop", suite = Subject)]
#[ignore = "run by the other tests, in a separate process"]
fn higher(higher: &Higher, _: &Above) {
    assert!(higher.0.starts_with("more than "));
}

#[cached_smoke(repo = "bookshop", suite = Subject)]
#[ignore = "run by the other tests, in a separate process"]
fn several(_: &Reads<1>, _: &Reads<2>, _: &Count) {}
