//! The configurations of one artifact: which keys share one, and how several differ.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::difference::{MAX_SETTINGS, shorten_text};
use super::{KeyInput, canonical};

/// Digits of a digest that tell two configurations apart whose settings read the same.
const SHORT_DIGEST: usize = 8;

/// Returns what makes up the configuration of a key: its suite, its own configuration, and those of the artifacts that it
/// needs.
///
/// Declared inputs are not among it: another value is taken for a later version of the same thing.
pub(crate) fn configuration(key_inputs: &[KeyInput]) -> BTreeSet<&KeyInput> {
    key_inputs.iter().filter(|key_input| ["config", "suite"].contains(&key_input.name.as_str())).collect()
}

/// Says of each of the keys of one artifact how its configuration differs from the others', as in `analyzer.k1=1.5`. The
/// texts are empty if all have the same configuration; two configurations never have the same text.
pub fn tell_apart(keys: &[&[KeyInput]]) -> Vec<String> {
    let all: Vec<BTreeSet<&KeyInput>> = keys.iter().map(|key_inputs| configuration(key_inputs)).collect();
    let is_common = |key_input: &&KeyInput| all.iter().all(|other| other.contains(*key_input));
    let own: Vec<Vec<&KeyInput>> =
        all.iter().map(|one| one.iter().copied().filter(|key_input| !is_common(key_input)).collect()).collect();
    let settings: Vec<BTreeMap<String, String>> = own.iter().map(|own| settings(own)).collect();
    let names: BTreeSet<&String> = settings.iter().flat_map(BTreeMap::keys).collect();
    let differs = |name: &&String| settings.iter().any(|other| other.get(*name) != settings[0].get(*name));
    let names: Vec<&String> = names.into_iter().filter(differs).collect();

    let shown = |settings: &BTreeMap<String, String>| {
        let mut parts: Vec<String> = names
            .iter()
            .filter_map(|name| settings.get(*name).map(|value| format!("{name}={}", shorten_text(value))))
            .collect();
        let more = parts.len().saturating_sub(MAX_SETTINGS);
        parts.truncate(MAX_SETTINGS);
        if more > 0 {
            parts.push(format!("and {more} more"));
        }
        parts.join(", ")
    };
    let texts: Vec<String> = settings.iter().map(shown).collect();
    let is_ambiguous =
        |index: usize| (0..own.len()).any(|other| own[other] != own[index] && texts[other] == texts[index]);
    (0..own.len())
        .map(|index| match own[index].first() {
            Some(first) if is_ambiguous(index) => {
                format!("{} #{}", texts[index], &first.digest[..SHORT_DIGEST.min(first.digest.len())]).trim().to_owned()
            }
            _ => texts[index].clone(),
        })
        .collect()
}

/// The values of all fields by their paths; of several configurations with one field, each value once.
fn settings(key_inputs: &[&KeyInput]) -> BTreeMap<String, String> {
    let mut values: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for key_input in key_inputs {
        let (plain, _) = canonical::split(&key_input.value);
        match serde_json::from_str(plain) {
            Ok(value) if key_input.name == "config" => collect("", &value, &mut values),
            _ => {
                values.entry(key_input.name.clone()).or_default().insert(plain.to_owned());
            }
        }
    }
    values.into_iter().map(|(path, values)| (path, values.into_iter().collect::<Vec<_>>().join("|"))).collect()
}

fn collect(path: &str, value: &Value, values: &mut BTreeMap<String, BTreeSet<String>>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                collect(&path, value, values);
            }
        }
        _ => {
            let path = if path.is_empty() { "value" } else { path };
            values.entry(path.to_owned()).or_default().insert(value.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(config: &[&str]) -> Vec<KeyInput> {
        let configs = config.iter().map(|text| KeyInput::new("config", (*text).to_owned()));
        configs.chain([KeyInput::new("suite", "s".to_owned()), KeyInput::new("code", config.concat())]).collect()
    }

    fn texts(keys: &[Vec<KeyInput>]) -> Vec<String> {
        tell_apart(&keys.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }

    #[test]
    fn fields_that_differ_are_shown_and_no_others() {
        let keys = [key(&[r#"{"a":{"b":1,"c":[2]},"d":"x"}"#]), key(&[r#"{"a":{"b":1,"c":[3]}}"#])];
        assert_eq!(texts(&keys), [r#"a.c=[2], d="x""#, "a.c=[3]"]);
        assert_eq!(texts(&[key(&["null"]), key(&["5"])]), ["value=null", "value=5"]);
        // Of an artifact that needs another one, with a configuration of its own.
        let keys = [key(&[r#"{"k":1}"#, r#"{"n":2}"#]), key(&[r#"{"k":1}"#, r#"{"n":3}"#])];
        assert_eq!(texts(&keys), ["n=2", "n=3"]);
    }

    #[test]
    fn one_configuration_needs_no_words() {
        let mut later = key(&["5"]);
        later.push(KeyInput::new("variable", "V\t\"1\"".to_owned()));
        assert_eq!(texts(&[key(&["5"]), later]), ["", ""]);
        assert_eq!(texts(&[]), [""; 0]);
    }

    #[test]
    fn what_reads_the_same_has_a_digest() {
        let exact = texts(&[key(&["null\nNone"]), key(&["null\n()"])]);
        assert!(exact[0].starts_with('#') && exact[1].starts_with('#') && exact[0] != exact[1], "{exact:?}");
        let long = |end: &str| key(&[&format!("\"{}{end}\"", "x".repeat(99))]);
        let [one, other] = &texts(&[long("1"), long("2")])[..] else { panic!("two") };
        assert!(one.starts_with("value=\"xxx") && one != other, "{one} {other}");
    }

    #[test]
    fn many_fields_are_counted() {
        let many = |value: u32| key(&[&format!(r#"{{"a":{value},"b":{value},"c":{value},"d":{value}}}"#)]);
        assert_eq!(texts(&[many(1), many(2)]), ["a=1, b=1, c=1, and 1 more", "a=2, b=2, c=2, and 1 more"]);
    }
}
