use super::*;

fn manifest() -> (Key, Manifest) {
    let key = Key::new("django", "40cfbab0b4f1", vec![KeyInput::new("repo", "40cfbab0b4f1".to_owned())]);
    let file = ListedFile { path: "a/b".to_owned(), kind: FileKind::Plain, size: 3, digest: "00".to_owned() };
    let built = Built {
        type_name: "Graph".to_owned(),
        storage: Storage::Directory,
        files: vec![file],
        archive: None,
        build_milliseconds: 1234,
        metrics: BTreeMap::new(),
        completed: 7,
        run: "r".to_owned(),
        project: None,
        environment: None,
    };
    let manifest = Manifest::new(&key, "graph", built);
    (key, manifest)
}

fn read(text: &str, key: &Key) -> Result<Manifest, Unusable> {
    Manifest::of_key(text.as_bytes(), key, "graph", Storage::Directory)
}

#[test]
fn a_written_manifest_is_read_back() {
    let (key, manifest) = manifest();
    assert_eq!(read(&manifest.to_json(), &key), Ok(manifest));
}

#[test]
fn any_change_to_the_text_is_damage() {
    let (key, manifest) = manifest();
    let text = manifest.to_json();
    for (from, to) in [("1234", "1235"), ("\"size\": 3", "\"size\": 4"), ("a/b", "a/c")] {
        assert!(text.contains(from));
        assert!(matches!(read(&text.replace(from, to), &key), Err(Unusable::Damaged(_))), "{from}");
    }
    assert!(matches!(read(&text[..text.len() / 2], &key), Err(Unusable::Damaged(_))));
    assert!(matches!(read("", &key), Err(Unusable::Damaged(_))));
}

#[test]
fn a_newer_format_is_not_damage() {
    let (key, _) = manifest();
    assert_eq!(read("{\"format\": 99, \"new\": []}", &key), Err(Unusable::NewerFormat(99)));
}

#[test]
fn a_key_prefix_collision_is_not_a_hit() {
    let (_, manifest) = manifest();
    let other = Key::new("django", "40cfbab0b4f1", vec![KeyInput::new("repo", "other".to_owned())]);
    assert_eq!(read(&manifest.to_json(), &other), Err(Unusable::OtherKey));
}

#[test]
fn notes_are_not_part_of_the_key() {
    let (_, manifest) = manifest();
    let repo = KeyInput::new("repo", "40cfbab0b4f1".to_owned()).with_note("a note".to_owned());
    let noted = Key::new("django", "40cfbab0b4f1", vec![repo]);
    assert_eq!(read(&manifest.to_json(), &noted), Ok(manifest));
}

#[test]
fn paths_outside_of_the_artifact_are_refused() {
    for path in ["../a", "/a", "a/../b", "a//b", "./a", "a\\b", "C:a", "", "a\0b"] {
        assert!(!is_plain(path), "{path}");
    }
    assert!(is_plain("a/b.c"));
}

/// Returns the text of a changed manifest with a valid digest, as a hostile writer would make it.
fn vouched(change: impl FnOnce(&mut Manifest)) -> String {
    let (_, mut manifest) = manifest();
    change(&mut manifest);
    manifest.seal();
    manifest.to_json()
}

fn file(path: &str) -> ListedFile {
    ListedFile { path: path.to_owned(), kind: FileKind::Plain, size: 3, digest: "00".to_owned() }
}

#[test]
fn conflicting_paths_are_refused() {
    for (paths, refused) in [
        (vec!["../a"], Some("`../a`")),
        (vec!["a", "b", "a"], Some("`a` twice")),
        (vec!["a/b/c", "a/b"], Some("`a/b`, and others below it")),
        (vec!["a", "a/b/c"], Some("`a`, and others below it")),
        (vec!["../\u{1b}[2J"], Some("`../\\u{1b}[2J`")),
        (vec!["a/b", "a/c", "ab"], None),
    ] {
        let text = vouched(|manifest| manifest.files = paths.iter().map(|path| file(path)).collect());
        match (Manifest::from_json(text.as_bytes()), refused) {
            (Ok(_), None) => {}
            (Err(Unusable::Damaged(damage)), Some(name)) => assert!(damage.ends_with(name), "{damage}"),
            (read, _) => panic!("{paths:?}: {read:?}"),
        }
    }
}

#[test]
fn names_of_devices_are_refused_on_windows_only() {
    for refused in ["nul", "a/nul.txt", "aux/b", "a.", "a /b", "a?"] {
        let files = [file(refused)];
        assert_eq!(check_paths_on(&files, false), Ok(()), "{refused}");
        let error = check_paths_on(&files, true).expect_err(refused);
        assert!(error.contains(refused) && error.contains("Windows"), "{error}");
    }
    assert_eq!(check_paths_on(&[file("A"), file("a"), file("b/.c d")], true), Ok(()));
}

#[test]
fn names_over_the_length_limits_are_refused() {
    assert!(is_plain(&"x".repeat(MAX_COMPONENT)) && !is_plain(&"x".repeat(MAX_COMPONENT + 1)));
    let deep = |components: usize| vec!["x"; components].join("/");
    assert!(is_plain(&deep(MAX_PATH / 2)) && !is_plain(&deep(MAX_PATH / 2 + 1)));
}

#[test]
fn a_manifest_of_another_artifact_is_refused() {
    type Change = fn(&mut Manifest);
    let (key, _) = manifest();
    for change in [
        (|manifest| manifest.artifact = "index".to_owned()) as Change,
        |manifest| manifest.storage = Storage::Archive,
        |manifest| manifest.archive = Some(ArchiveFile { size: 1, digest: String::new() }),
        |manifest| manifest.repo = "flask".to_owned(),
        |manifest| manifest.key = "0".repeat(64),
        |manifest| manifest.key_inputs.clear(),
    ] {
        assert!(read(&vouched(change), &key).is_err());
    }
    assert!(read(&vouched(|_| ()), &key).is_ok());
}

#[test]
fn a_malformed_manifest_is_damage() {
    let (key, _) = manifest();
    let text = vouched(|_| ());
    let deep = "[".repeat(100_000);
    for hostile in [
        "null".to_owned(),
        "[]".to_owned(),
        deep.clone(),
        format!("{{\"format\": 1, \"files\": {deep}"),
        "{\"format\": -1}".to_owned(),
        "{\"format\": 1e99}".to_owned(),
        text.replacen(&format!("\"format\": {FORMAT}"), "\"format\": 0", 1),
        text.replacen('{', "{ \"more\": 1,", 1),
        text.replacen('{', "{ \"format\": 1,", 1),
        text.replacen("\"size\": 3", "\"size\": 18446744073709551616", 1),
        text.replacen("\"size\": 3", "\"size\": -3", 1),
        text.clone() + "{}",
    ] {
        assert!(matches!(read(&hostile, &key), Err(Unusable::Damaged(_))), "{}", &hostile[..hostile.len().min(200)]);
    }
}

/// Returns the manifest of a build that recorded these metrics.
fn with_metrics(metrics: &[(&str, f64)]) -> (Key, Manifest) {
    let (key, manifest) = manifest();
    let Manifest { type_name, storage, files, archive, build_milliseconds, completed, run, project, .. } = manifest;
    let metrics = metrics.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
    let built = Built {
        type_name,
        storage,
        files,
        archive,
        build_milliseconds,
        metrics,
        completed,
        run,
        project,
        environment: None,
    };
    let manifest = Manifest::new(&key, "graph", built);
    (key, manifest)
}

#[test]
fn metrics_are_read_back_to_the_last_bit() {
    // serde_json reads the second as its neighbour, unless a feature of it is on.
    let values = [("nodes", 1200.0), ("a", 10.0 / 81.0), ("b", 0.1 + 0.2), ("c", -0.0), ("d", 5e-324), ("e", f64::MAX)];
    let (key, manifest) = with_metrics(&values);
    let read = read(&manifest.to_json(), &key).expect("a valid manifest");
    for (name, value) in values {
        assert_eq!(read.metrics[name].to_bits(), value.to_bits(), "{name}");
    }
}

#[test]
fn project_is_read_back_and_not_part_of_the_key() {
    let (key, manifest) = with_metrics(&[("nodes", 1.0)]);
    let of_project = manifest.in_project(Some("/home/a/shop".to_owned()));
    assert_eq!((of_project.format, of_project.key.as_str()), (FORMAT_WITH_PROJECT, key.digest()));
    assert_eq!(read(&of_project.to_json(), &key), Ok(of_project.clone()));
    let changed = of_project.to_json().replace("/home/a/shop", "/home/b/shop");
    assert!(matches!(read(&changed, &key), Err(Unusable::Damaged(_))));
    assert_eq!(of_project.in_project(None), manifest);
}

#[test]
fn only_later_fields_need_a_later_format() {
    let (_, without) = manifest();
    assert!(without.format == FORMAT && !without.to_json().contains("metrics"), "as earlier versions wrote it");
    assert_eq!(with_metrics(&[("nodes", 1.0)]).1.format, FORMAT_WITH_METRICS);
    assert_eq!(without.in_project(Some(String::new())).format, FORMAT_WITH_PROJECT);
    const { assert!(FORMAT < FORMAT_WITH_METRICS && FORMAT_WITH_METRICS < FORMAT_WITH_PROJECT) };
}

#[test]
fn malformed_metrics_are_damage() {
    let (key, manifest) = with_metrics(&[("nodes", 1200.0)]);
    let text = manifest.to_json();
    for (from, to) in [
        ("\"1200.0\"", "\"NaN\""),
        ("\"1200.0\"", "\"1e999\""),
        ("\"1200.0\"", "\"many\""),
        ("\"1200.0\"", "1200"),
        ("\"1200.0\"", "\"1201.0\""),
        ("\"nodes\"", "\"\\u001b[2J\""),
    ] {
        assert!(text.contains(from), "{text}");
        assert!(matches!(read(&text.replace(from, to), &key), Err(Unusable::Damaged(_))), "{to}");
    }
}

#[test]
fn environment_raises_the_format_and_stays_on_the_machine() {
    let (key, manifest) = manifest();
    let variables = BTreeMap::from([("TZ".to_owned(), "00".to_owned())]);
    let environment = Environment { variables, ..Environment::default() };
    let mut of_here = Manifest { environment: Some(environment), ..manifest.in_project(Some("/p".to_owned())) };
    of_here.format = of_here.needed_format();
    of_here.seal();
    assert_eq!(of_here.format, FORMAT_WITH_ENVIRONMENT);
    assert_eq!(read(&of_here.to_json(), &key), Ok(of_here.clone()));
    assert_eq!(of_here.in_project(None), manifest, "other machines and earlier versions can read it");
    const { assert!(FORMAT_WITH_PROJECT < FORMAT_WITH_ENVIRONMENT) };
}
