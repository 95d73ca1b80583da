//! Key inputs on one line, for messages.

use super::input::Known;
use super::key_input::KeyInput;

impl KeyInput {
    /// Returns value and note on one line, for messages. Digests of declared inputs are shortened.
    pub fn summary(&self) -> String {
        if let Some(input) = Known::read(self) {
            return input.to_string();
        }
        // Only comparisons need the lines below the first: the exact notation of a configuration, the parts of a
        // fingerprint.
        let value = self.value.lines().next().unwrap_or_default();
        match self.note.lines().next() {
            None => value.to_owned(),
            Some(names) => format!("{value} ({names})"),
        }
    }
}
