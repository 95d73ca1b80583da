//! The environment of a build, which the manifest records outside of the key.
//!
//! The record is for people: it shows what changed between two builds with one key that differ. It holds no values of
//! variables, only digests, and does not leave the machine.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The environment of a build.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Environment {
    /// The variables, each with a digest of its value.
    pub(crate) variables: BTreeMap<String, String>,
    /// Other facts, such as `locale`, as text.
    pub(crate) facts: BTreeMap<String, String>,
    /// Private facts, such as `host`, each with a digest.
    pub(crate) private: BTreeMap<String, String>,
    /// The stored dependencies that the build loaded, each with the digest of its manifest.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) dependencies: BTreeMap<String, String>,
}

/// One difference between two environments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Changed {
    /// The variable has another value, or is set in one of the two only.
    Variable { name: String, detail: &'static str },
    /// The fact is another one.
    Fact(String),
}

impl std::fmt::Display for Changed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Changed::Variable { name, detail } => write!(f, "variable {name} {detail}"),
            Changed::Fact(text) => f.write_str(text),
        }
    }
}

impl Environment {
    /// Returns how the environment `now` differs from this one, variables first.
    pub(crate) fn changes(&self, now: &Environment) -> Vec<Changed> {
        let of_variables = differing(&self.variables, &now.variables).map(|(name, then, now)| {
            let detail = match (then, now) {
                (None, _) => "was not set",
                (_, None) => "is no longer set",
                _ => "has another value",
            };
            Changed::Variable { name: name.to_owned(), detail }
        });
        let of_facts = differing(&self.facts, &now.facts).map(|(name, then, now)| {
            let (then, now) = (then.unwrap_or("unknown"), now.unwrap_or("unknown"));
            Changed::Fact(format!("{name} was {then}, and is {now}"))
        });
        let of_private =
            differing(&self.private, &now.private).map(|(name, ..)| Changed::Fact(format!("{name} is another one")));
        of_variables.chain(of_facts).chain(of_private).collect()
    }
}

/// Returns the names whose values differ, with both values.
fn differing<'a>(
    then: &'a BTreeMap<String, String>,
    now: &'a BTreeMap<String, String>,
) -> impl Iterator<Item = (&'a str, Option<&'a str>, Option<&'a str>)> {
    let names: std::collections::BTreeSet<&String> = then.keys().chain(now.keys()).collect();
    names.into_iter().filter_map(|name| {
        let values = (then.get(name).map(String::as_str), now.get(name).map(String::as_str));
        (values.0 != values.1).then_some((name.as_str(), values.0, values.1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_name_variables_and_facts() {
        let map = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let then = Environment {
            variables: map(&[("A", "1"), ("B", "1"), ("C", "1")]),
            facts: map(&[("cores", "4")]),
            private: map(&[("host", "1")]),
            ..Environment::default()
        };
        let now = Environment {
            variables: map(&[("A", "1"), ("B", "2"), ("D", "1")]),
            facts: map(&[("cores", "8")]),
            private: map(&[("host", "2")]),
            ..Environment::default()
        };
        let texts: Vec<String> = then.changes(&now).iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "variable B has another value",
                "variable C is no longer set",
                "variable D was not set",
                "cores was 4, and is 8",
                "host is another one",
            ]
        );
        assert_eq!(then.changes(&then), []);
    }
}
