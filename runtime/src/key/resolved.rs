//! The key of an artifact over a repository, made of its declarations and of the state of what they name.

use std::any::TypeId;
use std::sync::Arc;

use super::fingerprint::CodeFingerprint;
use super::repo::Repo;
use super::{Input, Key, KeyInput, identity};

/// All that an artifact says of its key.
#[derive(Debug)]
pub(crate) struct Declared {
    /// Without the repository, the suite and the inputs; one of them is `path`, without a value, if it is bound to its path.
    pub(crate) key_inputs: Vec<KeyInput>,
    /// In the order of their declaration, perhaps more than once.
    pub(crate) inputs: Vec<Input>,
    pub(crate) fingerprints: Vec<CodeFingerprint>,
    /// The artifacts that it may ask for.
    pub(crate) needs: Vec<TypeId>,
}

/// The files of fingerprints of code, as this run finds them.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    pub(crate) files: Vec<(CodeFingerprint, KeyInput)>,
    pub(crate) doubt: Option<String>,
}

/// An artifact's key and the artifacts that it may ask for.
#[derive(Clone, Debug)]
pub(crate) struct ResolvedKey {
    pub(crate) key: Arc<Key>,
    pub(crate) needs: Vec<TypeId>,
    /// Each declared input, and what it was when the key was computed.
    pub(crate) inputs: Vec<(Input, KeyInput)>,
    /// The files of each fingerprint of code that has any, and what they were when the key was computed.
    pub(crate) files: Vec<(CodeFingerprint, KeyInput)>,
    /// The reason why no key can say what the artifact is built by.
    pub(crate) doubt: Option<String>,
}

impl ResolvedKey {
    /// Returns the recipe over `repo` of an artifact whose suite has the type `suite` and the code `code`.
    pub(crate) fn new(
        repo: &Repo,
        (suite, code): (&str, CodeFingerprint),
        mut key_inputs: Vec<KeyInput>,
        needs: Vec<TypeId>,
        inputs: Vec<(Input, KeyInput)>,
        Checked { files, doubt }: Checked,
    ) -> ResolvedKey {
        let bound = key_inputs.iter_mut().find(|key_input| key_input.name == "path");
        if let Some(path) = bound {
            let bytes = repo.path().as_os_str().as_encoded_bytes();
            // Two names that are not UTF-8 must not look the same.
            let text = repo.path().to_str().map_or_else(|| bytes.escape_ascii().to_string(), str::to_owned);
            *path = KeyInput::new("path", text);
        }
        key_inputs.push(KeyInput::new("repo", repo.state().value()));
        // Two suites may have artifacts of one name that they build in different ways.
        key_inputs.push(KeyInput::new("suite", identity::suite(code.code(), suite)));
        key_inputs.extend(inputs.iter().map(|(_, key_input)| key_input.clone()));
        key_inputs.extend(files.iter().map(|(_, key_input)| key_input.clone()));
        let key = Arc::new(Key::new(repo.name(), &repo.revision(), key_inputs));
        ResolvedKey { key, needs, inputs, files, doubt }
    }
}
