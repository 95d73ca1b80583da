//! The keys that the smoke tests have now, told by the tests themselves: nobody else knows what they are made of.

use std::collections::HashSet;

use cached_smoke::tooling::{Config, KeyReport, read_keys};

use crate::runner::Runner;

/// One of each key, by repository and artifact. The tests are compiled first, and none of them runs.
///
/// # Errors
/// They do not compile; a key cannot be computed; or no test told any.
pub(crate) fn look(config: &Config, runner: &Runner) -> Result<Vec<KeyReport>, String> {
    runner.compile()?;
    let mut command = runner.stopping_after("key", "build");
    let output =
        command.output().map_err(|error| format!("failed to start {}: {error}", crate::runner::shown(&command)))?;
    if !output.status.success() {
        eprint!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        return Err("not every test could tell its keys; what they said stands above".to_owned());
    }
    let mut keys = read_keys(config.cache_dir(), runner.run())
        .map_err(|error| format!("failed to read the keys below {}: {error}", config.cache_dir().display()))?;
    if keys.is_empty() {
        return Err(
            "no test told a key: none ran over these repositories (see `[test] args` in smoke.toml), or none has \
                    an artifact among its parameters"
                .to_owned(),
        );
    }
    let mut seen = HashSet::new();
    keys.retain(|key| seen.insert((key.repo.clone(), key.artifact.clone(), key.digest.clone())));
    keys.sort_by(|left, right| {
        (&left.repo, &left.artifact, &left.key).cmp(&(&right.repo, &right.artifact, &right.key))
    });
    Ok(keys)
}
