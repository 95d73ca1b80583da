//! The page of `report --html`, in a real browser.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_support::{Project, text};

use crate::{out, smoke_cache};

/// The longest time that the browser may take.
const PATIENCE: Duration = Duration::from_mins(2);

/// Returns the program that `CHROMIUM` names, or an installed Chromium. Returns `None`, and prints a line, without
/// either.
fn chromium() -> Option<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome"].map(PathBuf::from);
    let mut candidates = std::env::var_os("CHROMIUM").map(PathBuf::from).into_iter().chain(names);
    let found = candidates.find(|candidate| {
        let asked = Command::new(candidate).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        asked.is_ok_and(|status| status.success())
    });
    if found.is_none() {
        eprintln!("skipped: Chromium is not installed; CHROMIUM names its path");
    }
    found
}

/// Returns the document of a file, as the browser serialises it.
fn document(browser: &Path, project: &Project, file: &str) -> String {
    let dump = project.path("dump.html");
    let mut running = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"])
        // So that the probe can read the page beside it.
        .arg("--allow-file-access-from-files")
        .arg(format!("--user-data-dir={}", project.path("profile").display()))
        .args(["--window-size=1200,900", "--dump-dom"])
        .arg(format!("file://{}", project.path(file).display()))
        // Chromium writes more than its profile.
        .env("HOME", project.path("home"))
        .env_remove("XDG_CACHE_HOME")
        .env_remove("XDG_CONFIG_HOME")
        .stdin(Stdio::null())
        .stdout(File::create(&dump).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while running.try_wait().unwrap().is_none() {
        if begun.elapsed() > PATIENCE {
            running.kill().unwrap();
            running.wait().unwrap();
            panic!("the browser did not end within {PATIENCE:?}");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    text(&fs::read(dump).unwrap())
}

/// Text that runs a script if it is not escaped.
const EVIL: &str =
    "</title></svg><script>document.title = 'ran'</script><img src=x onerror=\"document.title = 'ran'\">";

/// Writes the records of runs of so many tests, each over its own artifact.
fn script(project: &Project, runs: u64, tests: u64, reason: &str) {
    project.write("smoke.toml", "");
    for run in 0..runs {
        let directory = project.path("cache/.runs").join(format!("run-{run}"));
        fs::create_dir_all(&directory).unwrap();
        let record = |test: u64| {
            let is_hit = run > 0 && !test.is_multiple_of(3);
            let report: Value = json!({
                "run": format!("run-{run}"), "test": EVIL, "binary": "smoke", "pid": test, "number": 0,
                "time": 1_790_000_000_000_u64 + run * 3_600_000 + test, "repo": format!("repository-{}", test % 5),
                "artifacts": [{
                    "artifact": if test == 0 { EVIL.to_owned() } else { format!("an_artifact_with_a_long_name_{test}") },
                    "outcome": if is_hit { "hit" } else { "built" },
                    "reason": if is_hit { "" } else { reason },
                    "key": format!("repository:{}:{test:016x}", "a".repeat(12)),
                    "bytes": 1,
                    "rebuild_seconds": if is_hit { 0.0 } else { 83.25 },
                    "build_seconds": 83.25, "restore_seconds": 0.125, "wait_seconds": 0.5,
                }],
            });
            report.to_string() + "\n"
        };
        fs::write(directory.join("telemetry.jsonl"), (0..tests).map(record).collect::<String>()).unwrap();
        if reason == EVIL {
            let size = json!({ "bytes": 1_000_000 * (run + 1), "artifacts": run });
            fs::write(directory.join("size.json"), size.to_string()).unwrap();
        }
    }
}

/// A page that shows the report in a frame as wide as a phone, and prints its findings as JSON between two marks.
const PROBE: &str = r#"<!DOCTYPE html><meta charset="utf-8"><pre id="found"></pre>
<iframe src="page.html" width="400" height="800" style="border: 0" onload="look(this)"></iframe>
<script>
function look(frame) {
    const page = frame.contentDocument;
    page.querySelectorAll("details").forEach(details => { details.open = true; });
    const { clientWidth, scrollWidth } = page.documentElement;
    const outside = [...page.querySelectorAll("body *")].filter(element => {
        const place = element.getBoundingClientRect();
        return place.width > 1 && !element.closest("caption") && (place.left < -1 || place.right > clientWidth + 1);
    });
    const count = selector => page.querySelectorAll(selector).length;
    document.getElementById("found").textContent = "<<" + JSON.stringify({
        title: page.title,
        wider: scrollWidth - clientWidth,
        outside: outside.map(element => element.outerHTML.slice(0, 200)),
        foreign: count("script, img, iframe, link, object, [src], [href], [onerror], [onload]"),
        requested: frame.contentWindow.performance.getEntriesByType("resource").length,
        charts: count(".chart[role=img]"),
        dots: count("circle.dot"),
        bars: count(".chart i.build"),
        rows: [...page.querySelectorAll("table")].map(table => table.tBodies[0].rows.length),
        empty: [...page.querySelectorAll(".empty")].map(text => text.textContent),
        reasons: [...page.querySelectorAll(".reasons strong")].map(text => text.textContent),
    }) + ">>";
}
</script>"#;

/// Returns the findings of the probe.
fn found(browser: &Path, project: &Project) -> Value {
    out(&smoke_cache(project, &["report", "--html", "page.html"]), 0);
    project.write("probe.html", PROBE);
    let document = document(browser, project, "probe.html");
    let start = document.find("&lt;&lt;").unwrap_or_else(|| panic!("the probe ran: {document}")) + 8;
    let json = document[start..].split("&gt;&gt;").next().unwrap();
    let plain = json.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    serde_json::from_str(&plain).unwrap_or_else(|error| panic!("{error}: {plain}"))
}

#[track_caller]
fn assert_harmless_and_narrow(found: &Value) {
    assert_eq!(found["title"], "Smoke cache", "no script ran: {found}");
    assert_eq!((&found["foreign"], &found["requested"]), (&0.into(), &0.into()), "it needs nothing else: {found}");
    assert_eq!((&found["wider"], &found["outside"]), (&0.into(), &json!([])), "it fits a phone: {found}");
}

#[test]
fn page_shows_every_chart_and_row_and_runs_no_script() {
    let Some(browser) = chromium() else { return };
    let project = Project::empty();
    script(&project, 24, 15, EVIL);
    let found = found(&browser, &project);
    assert_harmless_and_narrow(&found);
    assert_eq!((&found["charts"], &found["dots"]), (&4.into(), &48.into()), "{found}");
    // Five repositories, and the eight artifacts that took longest.
    assert_eq!(found["bars"], 5 + 8, "{found}");
    assert_eq!(found["rows"], json!([5, 15, 15, 24]), "repositories, artifacts, the latest run, all runs: {found}");
    assert_eq!((&found["reasons"], &found["empty"]), (&json!([EVIL]), &json!([])), "{found}");

    let page = fs::read_to_string(project.path("page.html")).unwrap();
    for part in ["<script", "<img", "<link", "@import", "url(", "http:", "https:"] {
        assert!(!page.contains(part), "{part}");
    }
    let whole = document(&browser, &project, "page.html");
    assert!(whole.contains("<title>Smoke cache</title>") && whole.contains("&lt;/title&gt;&lt;/svg&gt;&lt;script&gt;"));
}

#[test]
fn page_shows_one_run_and_text_for_empty_charts() {
    let Some(browser) = chromium() else { return };
    let project = Project::empty();
    script(&project, 1, 1, "code changed: src");
    let one = found(&browser, &project);
    assert_harmless_and_narrow(&one);
    assert_eq!((&one["charts"], &one["dots"]), (&3.into(), &1.into()), "{one}");
    assert_eq!(one["reasons"], json!(["code changed"]), "{one}");
    let empty = one["empty"].as_array().unwrap();
    assert!(
        empty.len() == 1 && empty[0].as_str().unwrap().starts_with("No run recorded the size of the cache."),
        "{one}"
    );
}
