use super::*;

#[test]
fn only_exact_requirements_are_accepted() {
    for good in ["Django==5.2.8", "scikit-learn == 1.5.2", "zope.interface==7.0b1", "x==1!2.0+local"] {
        assert!(check(good, None).is_ok(), "{good}");
    }
    for bad in [
        "Django",
        "Django>=5",
        "Django~=5.2",
        "Django==5.*",
        "Django===5.2",
        "Django[bcrypt]==5.2.8",
        "==5",
        "Django==",
        "--index-url==x",
        "Django==5.2.8; python_version > '3'",
        "Django==5,>=4",
        "Django @ file:///x==1",
    ] {
        assert!(check(bad, None).is_err(), "{bad}");
    }
}

#[test]
fn malformed_digest_is_refused() {
    let digest = "23254866a5bb9a2cfa6004e8b809ec6246eba4b58a7589bc2772f1bcc8456c7f";
    assert!(check("x==1", Some(digest)).is_ok());
    assert!(check("x==1", Some(&digest[1..])).is_err());
    assert!(check("x==1", Some(&digest.replace('f', "g"))).is_err());
}

/// Returns a downloader that is a shell script.
#[cfg(unix)]
fn downloader(script: &str) -> Downloader {
    Downloader { program: "sh".into(), arguments: vec!["-c".into(), script.into(), "downloader".into()] }
}

#[cfg(unix)]
fn fetch_by(script: &str, sha256: Option<&str>) -> String {
    let root = tempfile::tempdir().expect("a directory");
    let (target, scratch) = (root.path().join("target"), root.path().join("scratch"));
    let fetched = fetch("x==1", sha256, &target, &scratch, &downloader(script), &ProgressBar::hidden());
    assert!(!target.exists());
    format!("{:#}", fetched.err().expect("an error"))
}

#[cfg(unix)]
#[test]
fn wrong_digest_is_an_error_that_names_both() {
    let pinned = "0".repeat(64);
    let script = r#"printf abc > "$2/x-1.tar.gz"; printf '{"path": "%s"}' "$2/x-1.tar.gz""#;
    let error = fetch_by(script, Some(&pinned));
    let found = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert!(error.contains(&pinned) && error.contains(found) && error.contains("x-1.tar.gz"), "{error}");
}

#[cfg(unix)]
#[test]
fn unsupported_kind_of_archive_is_an_error() {
    let script = r#"printf abc > "$2/x-1.zip"; printf '{"path": "%s"}' "$2/x-1.zip""#;
    let error = fetch_by(script, None);
    assert!(error.starts_with("failed to unpack x-1.zip: only .tar.gz is supported"), "{error}");
}

#[cfg(unix)]
#[test]
fn failing_download_shows_the_output_of_the_downloader() {
    let error = fetch_by("echo 'no network' >&2; exit 3", None);
    assert!(error.starts_with("failed to download x==1: exit status: 3; check the network"), "{error}");
    assert!(error.ends_with("\n    no network"), "{error}");
}

#[cfg(unix)]
#[test]
fn answer_without_a_path_is_an_error() {
    assert_eq!(fetch_by("echo done", None), "failed to download x==1: the downloader printed no path\n    done");
}
