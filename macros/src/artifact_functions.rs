//! Finds the functions with the attribute `artifact` in the sources of the crate that is being compiled.
//!
//! An attribute sees its own function only. The sources tell the artifacts that a test takes from a repository from
//! those that need none.

use crate::errors::Errors;
use crate::fingerprint::root_of_current_crate;
use crate::named_function;
use crate::sources::{self, Function, Item, Kind, Token, compact};
use crate::tokens::argument_of;
use quote::ToTokens;
use std::collections::BTreeMap;
use std::iter;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use syn::ext::IdentExt;
use syn::{FnArg, ReturnType, Signature, Type};

/// The attribute, by the last segment of its path.
const ARTIFACT: &str = "artifact";

/// The functions that build artifacts, by the types of the artifacts.
#[derive(Clone, Debug, Default)]
pub(crate) struct ArtifactFunctions(Arc<BTreeMap<String, Vec<Known>>>);

/// A function that builds an artifact.
#[derive(Debug)]
struct Known {
    name: String,
    /// The parameters that are not fields of the configuration.
    parameters: Vec<Parameter>,
}

/// A type, and the function that builds it, if a parameter names one.
type Parameter = (String, Option<String>);

impl ArtifactFunctions {
    /// Returns the functions of the crate that is being compiled and of its package's library. Returns none if the
    /// crate's root is unknown.
    pub(crate) fn of_current_crate(manifest_dir: Option<&Path>) -> Self {
        static KNOWN: Mutex<Option<(PathBuf, ArtifactFunctions)>> = Mutex::new(None);
        let Some(root) = root_of_current_crate() else { return Self::default() };
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        match &*known {
            Some((of, functions)) if *of == root => functions.clone(),
            _ => {
                let library = manifest_dir.map(|directory| directory.join("src/lib.rs"));
                let library = library.filter(|library| library.is_file() && !is_same_file(library, &root));
                let roots: Vec<&Path> = iter::once(root.as_path()).chain(library.as_deref()).collect();
                let functions = Self::of_crates(&roots);
                *known = Some((root, functions.clone()));
                functions
            }
        }
    }

    /// Returns the functions of the crates with these roots.
    fn of_crates(roots: &[&Path]) -> Self {
        let mut found = BTreeMap::new();
        for root in roots {
            if let (Some(directory), Some(name)) = (root.parent(), root.file_name().and_then(|name| name.to_str())) {
                let add = |_: &str, tokens: Option<&[Token]>| add_functions(tokens.unwrap_or_default(), &mut found);
                // The compiler reports an unreadable root.
                let _ = sources::walk(directory, name, |text| text.contains(ARTIFACT), add);
            }
        }
        Self(Arc::new(found))
    }

    /// Returns `true` if the artifact of this type is built from a repository, directly or through the artifacts that
    /// it is built from. Returns `None` if the sources do not say so.
    ///
    /// `function` is the one that builds it, if the parameter names it.
    pub(crate) fn takes_repository(&self, ty: &Type, function: Option<&syn::Path>) -> Option<bool> {
        self.takes(&(shape(ty), function.and_then(last_name)), &mut Vec::new())
    }

    /// Several functions may return types of one name, or have one name. They must agree then.
    fn takes(&self, artifact: &Parameter, above: &mut Vec<Parameter>) -> Option<bool> {
        let functions = match artifact {
            (ty, None) => self.0.get(ty)?.iter().collect(),
            // The type may have another name here.
            (_, Some(named)) => self.0.values().flatten().filter(|known| known.name == *named).collect::<Vec<_>>(),
        };
        // An artifact that is built from itself is an error elsewhere.
        if above.contains(artifact) {
            return None;
        }
        above.push(artifact.clone());
        let mut answers = functions.into_iter().map(|known| self.any_takes(&known.parameters, above));
        let first = answers.next().flatten();
        let agreed = first.filter(|_| answers.all(|answer| answer == first));
        above.pop();
        agreed
    }

    fn any_takes(&self, parameters: &[Parameter], above: &mut Vec<Parameter>) -> Option<bool> {
        let mut taken = Some(false);
        for parameter in parameters {
            match parameter.0.as_str() {
                "Repo" => return Some(true),
                "Path" | "Progress" | "Metrics" => {}
                _ => match self.takes(parameter, above) {
                    Some(true) => return Some(true),
                    Some(false) => {}
                    None => taken = None,
                },
            }
        }
        taken
    }
}

fn is_same_file(first: &Path, second: &Path) -> bool {
    matches!((first.canonicalize(), second.canonicalize()), (Ok(first), Ok(second)) if first == second)
}

fn add_functions(tokens: &[Token], found: &mut BTreeMap<String, Vec<Known>>) {
    for Item { attributes, kind, .. } in sources::split(tokens) {
        match kind {
            Kind::Function(function) if sources::names(&attributes).contains(&ARTIFACT) => {
                add_function(&function, found);
            }
            Kind::Module { content, .. } => {
                add_functions(&content.tokens, found);
            }
            _ => {}
        }
    }
}

fn add_function(function: &Function<'_>, found: &mut BTreeMap<String, Vec<Known>>) {
    let text = sources::write(function.signature);
    let Ok((_, signature)) = syn::parse::Parser::parse_str(visible_signature, &text) else { return };
    let ReturnType::Type(_, returned) = &signature.output else { return };
    let is_config =
        |attribute: &syn::Attribute| attribute.path().segments.last().is_some_and(|last| last.ident == "config");
    let parameters = signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(parameter) if !parameter.attrs.iter().any(is_config) => {
            let named = named_function::of_parameter(parameter, &mut Errors::default());
            Some((shape(&parameter.ty), named.as_ref().and_then(last_name)))
        }
        _ => None,
    });
    let known = Known { name: signature.ident.unraw().to_string(), parameters: parameters.collect() };
    found.entry(shape(argument_of(returned, &["Result"]).unwrap_or(returned))).or_default().push(known);
}

fn visible_signature(input: syn::parse::ParseStream<'_>) -> syn::Result<(syn::Visibility, Signature)> {
    Ok((input.parse()?, input.parse()?))
}

/// Returns the name of a function, without the modules around it.
fn last_name(path: &syn::Path) -> Option<String> {
    path.segments.last().map(|last| last.ident.unraw().to_string())
}

/// Returns the last segment of a type's path with its generic arguments, without a reference.
fn shape(ty: &Type) -> String {
    match ty {
        Type::Reference(reference) => shape(&reference.elem),
        Type::Paren(inner) => shape(&inner.elem),
        Type::Group(inner) => shape(&inner.elem),
        Type::Path(path) if path.qself.is_none() => {
            compact(path.path.segments.last().map(ToTokens::to_token_stream).unwrap_or_default())
        }
        other => compact(other.to_token_stream()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use syn::parse_str;

    /// Returns the answer for a type, or `type by function`, in a crate of these sources. The first is the root.
    fn takes(files: &[(&str, &str)], ty: &str) -> Option<bool> {
        let directory = tempfile::tempdir().expect("a temporary directory");
        for (name, text) in files {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().expect("in a directory")).expect("a directory");
            fs::write(path, text).expect("written");
        }
        let functions = ArtifactFunctions::of_crates(&[&directory.path().join(files[0].0)]);
        let (ty, function) = ty.split_once(" by ").map_or((ty, None), |(ty, function)| (ty, Some(function)));
        let function = function.map(|path| parse_str(path).expect("a path"));
        functions.takes_repository(&parse_str(ty).expect("a type"), function.as_ref())
    }

    fn takes_in(root: &str, ty: &str) -> Option<bool> {
        takes(&[("t.rs", root)], ty)
    }

    #[test]
    fn parameters_decide_about_the_repository() {
        assert_eq!(takes_in("#[artifact] fn a() -> Model {}", "Model"), Some(false));
        assert_eq!(
            takes_in("#[artifact] fn a(_: &Path, p: &cached_smoke::Progress) -> Model {}", "Model"),
            Some(false)
        );
        assert_eq!(takes_in("#[artifact] fn a(repo: &Repo) -> Model {}", "Model"), Some(true));
        assert_eq!(
            takes_in("#[artifact] fn a(x: &Unknown, repo: &cached_smoke::Repo) -> Model {}", "Model"),
            Some(true)
        );
        assert_eq!(takes_in("#[artifact] fn a(config: &Config) -> Model {}", "Model"), None);
        assert_eq!(takes_in("#[artifact] fn a(#[config] config: &Config) -> Model {}", "Model"), Some(false));
        assert_eq!(takes_in("fn a() -> Model {}", "Model"), None);
    }

    #[test]
    fn artifacts_are_found_by_their_types() {
        let root = "/// Text.\n#[cached_smoke::artifact(directory)] #[allow(x)] pub(crate) async fn a() -> Result<x::Map<u8, (A, B)>, E> {} \
                    mod m { #[allow(x)] #[artifact] fn b(repo: &Repo) -> anyhow::Result<Vec<u8>> {} } \
                    #[artifact] fn c() -> (u8, u16) {}";
        assert_eq!(takes_in(root, "Map<u8, (A, B)>"), Some(false));
        assert_eq!(takes_in(root, "crate::Map<u8, (A, B)>"), Some(false));
        assert_eq!(takes_in(root, "Map<u8, (A, C)>"), None);
        assert_eq!(takes_in(root, "Vec<u8>"), Some(true));
        assert_eq!(takes_in(root, "(u8, u16)"), Some(false));
    }

    #[test]
    fn artifacts_of_artifacts_are_followed() {
        let root = "#[artifact] fn a(b: &B, d: &D) -> A {} #[artifact] fn b(repo: &Repo) -> B {} #[artifact] fn d() -> D {} \
                    #[artifact] fn e(d: &D) -> Result<E> {} #[artifact] fn f(g: &G) -> F {} #[artifact] fn g(f: &F) -> G {}";
        assert_eq!(
            ["A", "B", "D", "E", "F"].map(|ty| takes_in(root, ty)),
            [Some(true), Some(true), Some(false), Some(false), None]
        );
    }

    #[test]
    fn functions_of_one_type_must_agree() {
        let with = |parameter: &str| {
            let root = format!("#[artifact] fn a() -> A {{}} mod m {{ #[artifact] fn b({parameter}) -> A {{}} }}");
            takes_in(&root, "A")
        };
        assert_eq!((with(""), with("repo: &Repo"), with("unknown: &Unknown")), (Some(false), None, None));
    }

    #[test]
    fn named_functions_of_one_type_are_separate() {
        let root = "#[artifact] fn a() -> A {} #[artifact] fn b(repo: &Repo, #[artifact] a: &A) -> A {} \
                    #[artifact] fn c(#[artifact(a)] x: &A) -> C {} #[artifact] fn d(#[artifact(m::b)] x: &A) -> D {} \
                    #[artifact] fn e(#[artifact(a)] x: &A) -> A {}";
        let answers = ["A", "A by a", "Alias by m::b", "A by e", "A by other", "C", "D"].map(|ty| takes_in(root, ty));
        assert_eq!(answers, [None, Some(false), Some(true), Some(false), None, Some(false), Some(true)]);
    }

    #[test]
    fn functions_of_the_library_are_found() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let paths = ["t.rs", "lib.rs"].map(|name| directory.path().join(name));
        fs::write(&paths[0], "#[artifact] fn a(b: &B) -> A {}").expect("written");
        fs::write(&paths[1], "#[artifact] fn b(repo: &Repo) -> B {}").expect("written");
        let takes = |roots: &[&Path]| {
            ArtifactFunctions::of_crates(roots).takes_repository(&parse_str("A").expect("a type"), None)
        };
        assert_eq!((takes(&[&paths[0]]), takes(&[&paths[0], &paths[1]])), (None, Some(true)));
    }

    #[test]
    fn functions_in_module_files_are_found() {
        let files = [
            ("tests/t.rs", "mod common;"),
            ("tests/common/mod.rs", "mod deep;"),
            ("tests/common/deep.rs", "#[artifact] fn a() -> A {}"),
        ];
        assert_eq!(takes(&files, "A"), Some(false));
    }
}
