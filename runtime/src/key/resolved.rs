//! The key of an artifact of a repository: its declarations, and the state of the things that they name.

use std::any::TypeId;
use std::sync::Arc;

use super::fingerprint::CodeFingerprint;
use super::repo::Repo;
use super::{Input, Key, KeyInput, identity};
use crate::name::NO_REPO;

/// The revision in the key of an artifact without a repository.
const ANY_REVISION: &str = "any";

/// The declarations that an artifact makes about its key.
#[derive(Debug)]
pub(crate) struct Declared {
    /// The key inputs without the repository, the suite and the declared inputs. An artifact that is bound to the path
    /// of its repository has an input `path` without a value.
    pub(crate) key_inputs: Vec<KeyInput>,
    /// The declared inputs, in the order of their declaration. An input may occur more than once.
    pub(crate) inputs: Vec<Input>,
    pub(crate) fingerprints: Vec<CodeFingerprint>,
    /// The types of the artifact's dependencies.
    pub(crate) needs: Vec<TypeId>,
}

/// The files of code fingerprints, as this run finds them.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    /// The fingerprints with files, each with the key input of those.
    pub(crate) files: Vec<(CodeFingerprint, KeyInput)>,
    /// The reason why the files do not determine the artifact, if there is one.
    pub(crate) doubt: Option<String>,
}

/// An artifact's key, its dependencies, and the inputs to check again after a build.
#[derive(Clone, Debug)]
pub(crate) struct ResolvedKey {
    pub(crate) key: Arc<Key>,
    /// The types of the artifact's dependencies.
    pub(crate) needs: Vec<TypeId>,
    /// The declared inputs, each with its key input at the time when the key was computed.
    pub(crate) inputs: Vec<(Input, KeyInput)>,
    /// The code fingerprints with files, each with its key input at the time when the key was computed.
    pub(crate) files: Vec<(CodeFingerprint, KeyInput)>,
    /// The reason why the key does not determine the artifact, if there is one. Such an artifact is not kept.
    pub(crate) doubt: Option<String>,
}

impl ResolvedKey {
    /// Resolves the key of an artifact, of `repo` if it is built from one. `suite` and `code` are the type name and the
    /// code of its suite.
    pub(crate) fn new(
        repo: Option<&Repo>,
        (suite, code): (&str, CodeFingerprint),
        mut key_inputs: Vec<KeyInput>,
        needs: Vec<TypeId>,
        inputs: Vec<(Input, KeyInput)>,
        Checked { files, doubt }: Checked,
    ) -> ResolvedKey {
        let bound = key_inputs.iter_mut().find(|key_input| key_input.name == "path");
        if let (Some(path), Some(repo)) = (bound, repo) {
            let bytes = repo.path().as_os_str().as_encoded_bytes();
            // Escaped, so that two names that are not UTF-8 have different texts.
            let text = repo.path().to_str().map_or_else(|| bytes.escape_ascii().to_string(), str::to_owned);
            *path = KeyInput::new("path", text);
        }
        key_inputs.extend(repo.map(|repo| {
            let state = repo.state();
            KeyInput::new("repo", state.value()).with_note(state.listing.clone())
        }));
        // Two suites may build artifacts of one name in different ways.
        key_inputs.push(KeyInput::new("suite", identity::suite(code.code(), suite)));
        key_inputs.extend(inputs.iter().map(|(_, key_input)| key_input.clone()));
        key_inputs.extend(files.iter().map(|(_, key_input)| key_input.clone()));
        let key = Arc::new(match repo {
            Some(repo) => Key::new(repo.name(), &repo.revision(), key_inputs),
            None => Key::new(NO_REPO, ANY_REVISION, key_inputs),
        });
        ResolvedKey { key, needs, inputs, files, doubt }
    }
}
