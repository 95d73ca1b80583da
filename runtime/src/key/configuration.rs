//! The configurations of an artifact: which keys have the same one, and in which settings the others differ.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::canonical::Text;
use super::key_input::KeyInput;
use super::shorten::{join, shorten};
use crate::json;
use crate::ordered;

/// The number of digits of a digest that distinguish two configurations whose settings have the same text.
const SHORT_DIGEST: usize = 8;

/// Returns the key inputs that make up a configuration: the suite, the artifact's configuration, and those of its
/// dependencies.
///
/// Declared inputs are not part of it: a changed input makes a later version of the same artifact.
pub(crate) fn configuration(key_inputs: &[KeyInput]) -> BTreeSet<&KeyInput> {
    key_inputs.iter().filter(|key_input| ["config", "suite"].contains(&key_input.name.as_str())).collect()
}

/// Returns a text for each key of one artifact that distinguishes its configuration from the others, such as
/// `analyzer.k1=1.5`.
///
/// The texts are empty if all keys have the same configuration. Two configurations never have the same text.
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
        let setting = |name: &&String| settings.get(*name).map(|value| format!("{name}={}", shorten(value)));
        join(names.iter().filter_map(setting).collect())
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

/// Returns the values of all fields by their paths. A field of several configurations has each value once.
fn settings(key_inputs: &[&KeyInput]) -> BTreeMap<String, String> {
    let mut values: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for key_input in key_inputs {
        let plain = Text::parse(&key_input.value).plain;
        let fields = match json::parse(plain) {
            Ok(value) if key_input.name == "config" => fields("", &value),
            _ => vec![(key_input.name.clone(), plain.to_owned())],
        };
        for (path, value) in fields {
            values.entry(path).or_default().insert(value);
        }
    }
    ordered::collect(values.into_iter().map(|(path, values)| (path, values.into_iter().collect::<Vec<_>>().join("|"))))
}

/// Returns each field at or below `path`, with its JSON.
fn fields(path: &str, value: &Value) -> Vec<(String, String)> {
    match value {
        Value::Object(below) if !below.is_empty() => {
            let path_of = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            below.iter().flat_map(|(name, value)| fields(&path_of(name), value)).collect()
        }
        _ => {
            let path = if path.is_empty() { "value" } else { path };
            vec![(path.to_owned(), value.to_string())]
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
    fn only_differing_fields_are_shown() {
        let keys = [key(&[r#"{"a":{"b":1,"c":[2]},"d":"x"}"#]), key(&[r#"{"a":{"b":1,"c":[3]}}"#])];
        assert_eq!(texts(&keys), [r#"a.c=[2], d="x""#, "a.c=[3]"]);
        assert_eq!(texts(&[key(&["null"]), key(&["5"])]), ["value=null", "value=5"]);
        // The dependency of an artifact has its own configuration.
        let keys = [key(&[r#"{"k":1}"#, r#"{"n":2}"#]), key(&[r#"{"k":1}"#, r#"{"n":3}"#])];
        assert_eq!(texts(&keys), ["n=2", "n=3"]);
    }

    #[test]
    fn one_configuration_has_an_empty_text() {
        let mut later = key(&["5"]);
        later.push(KeyInput::new("variable", "V\t\"1\"".to_owned()));
        assert_eq!(texts(&[key(&["5"]), later]), ["", ""]);
        assert_eq!(texts(&[]), [""; 0]);
    }

    #[test]
    fn configurations_with_the_same_text_get_a_digest() {
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
