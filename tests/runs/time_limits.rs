//! A time limit of nextest that ends a test during a build, or during a wait for one.

use std::fs;

use test_support::{Project, SUITE, passed, text};

/// The limit is far below the time of the build, and far above the time of everything else.
const CONFIGURATION: &str =
    "[profile.default]\nslow-timeout = { period = \"2s\", terminate-after = 1, grace-period = \"0s\" }\n";

/// Each run takes at least as long as the limit, so the build ends long before the last.
const MOST_RUNS: usize = 30;

#[test]
fn build_longer_than_the_time_limit_completes() {
    let project = Project::with_suite("time-limits");
    let suite = fs::read_to_string(project.path(SUITE)).unwrap();
    let slow = suite.replace(
        "Ok(Number(project::number()))",
        "std::thread::sleep(std::time::Duration::from_secs(7));\n        Ok(Number(project::number()))",
    );
    assert_ne!(slow, suite);
    project.write(SUITE, &slow);
    fs::create_dir(project.path(".config")).unwrap();
    project.write(".config/nextest.toml", CONFIGURATION);
    let Some(compile) = project.nextest(&["--no-run"]) else { return };
    passed(compile);

    let mut outputs = Vec::new();
    for _ in 0..MOST_RUNS {
        let output = project.nextest(&[]).unwrap().output().unwrap();
        let is_over = output.status.success();
        outputs.push(text(&output.stderr));
        if is_over {
            break;
        }
    }
    assert!(outputs[0].contains("TIMEOUT") || outputs[0].contains("TERMINATING"), "{}", outputs[0]);
    assert!(outputs.iter().all(|output| !output.contains("LEAK")), "{outputs:?}");
    let last = outputs.last().unwrap();
    assert!(outputs.len() > 1 && outputs.len() < MOST_RUNS, "{last}");
    assert_eq!(project.take_log().len(), 1, "one build, begun by a test that was killed: {last}");
    assert_eq!(fs::read_dir(project.path("cache/.staging")).unwrap().count(), 0, "nothing stays behind");
}
