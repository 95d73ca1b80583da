//! The search for the part of the environment that changes a build.

use super::Verifier;
use super::evidence::MOST_CHANGES;
use super::rebuild::{Build, Compared};
use super::vary::Variation;
use crate::error::Error;
use crate::telemetry::Rebuilt;

/// The limit of builds for one artifact. Halving takes two for each step, and 200 variables are 8 steps.
const MOST_BUILDS: u32 = 30;

impl Verifier<'_, '_> {
    /// Finds the part of the environment that changes the build.
    pub(super) fn find_cause(&mut self, variation: &Variation) -> Result<(), Error> {
        let mut all = variation.everything();
        // A variable that changes the key is named by it, by the configuration for example.
        loop {
            match self.compared(&variation.of(&all))? {
                Compared::Same => return Ok(()),
                Compared::Different => break,
                Compared::OtherKey if self.has_builds() => {
                    let is_key = |compared: &Compared| matches!(compared, Compared::OtherKey);
                    let found = self.halve(variation, all.clone(), is_key)?;
                    all.retain(|one| !found.contains(one));
                    if all.is_empty() {
                        return Ok(());
                    }
                }
                Compared::OtherKey => {
                    let text = "the environment decides its key in too many ways to vary the rest";
                    return Err(Error::Message(text.to_owned()));
                }
            }
        }
        let is_different = |compared: &Compared| matches!(compared, Compared::Different);
        let found = self.halve(variation, all, is_different)?;
        // The last word: this change alone, or these together.
        let built = self.build(&variation.of(&found))?;
        let Some(differences) = self.differences_from_stored(&built)? else {
            self.record.result = Rebuilt::NotDeterministic;
            self.record.report = vec!["builds in one environment differ now and then".to_owned()];
            self.record.help = format!("make the build of `{}` deterministic", self.request.meta.name);
            return Ok(());
        };
        let causes: Vec<String> = found.iter().map(|one| variation.name(*one)).collect();
        self.record.result = Rebuilt::Varies;
        self.record.report = differences;
        self.record.report.push(format!("changed for this build: {}", shortened(&causes)));
        if let Build::Files(files) = &built {
            let stored = self.stored_side();
            self.keep(&[("stored", stored), ("varied", files.side())]);
        }
        self.record.help = match &found[..] {
            [one] => variation.help(*one, self.request.meta.name),
            _ => self.help_for_key(),
        };
        self.record.causes = causes;
        Ok(())
    }

    /// Returns the smallest part of `all` found by halving whose comparison has the property.
    pub(super) fn halve(
        &mut self,
        variation: &Variation,
        mut all: Vec<usize>,
        has_property: impl Fn(&Compared) -> bool,
    ) -> Result<Vec<usize>, Error> {
        while all.len() > 1 && self.has_builds() {
            let (left, right) = all.split_at(all.len() / 2);
            let (left, right) = (left.to_vec(), right.to_vec());
            all = if has_property(&self.compared(&variation.of(&left))?) {
                left
            } else if has_property(&self.compared(&variation.of(&right))?) {
                right
            } else {
                // Only both together.
                break;
            };
        }
        Ok(all)
    }

    pub(super) fn has_builds(&self) -> bool {
        self.record.builds < MOST_BUILDS
    }
}

/// Returns a list of names that fits into some lines.
fn shortened(names: &[String]) -> String {
    let shown = names.iter().take(MOST_CHANGES).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(MOST_CHANGES) {
        Some(more) if more > 0 => format!("{shown} and {more} more"),
        _ => shown,
    }
}
