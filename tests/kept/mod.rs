//! Data of earlier versions, opened with this one. README.md beside this file describes it.
//!
//! A version reads stored data, or upgrades it with a message, or refuses it with a message before it writes
//! anything. Each test runs over every folder beside this file.

#[path = "../../proto/tests/contract/catalogue.rs"]
#[expect(dead_code, reason = "schemas and samples are the concern of the contract's own tests")]
mod catalogue;
mod commands;
mod continued;
mod expected;
mod messages;
mod newer;
mod server;
mod settings;
mod text_store;
mod web;

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use ruzstd::decoding::StreamingDecoder;

use super::up::CONFIG;
use crate::program::Folder;
use expected::Expected;

/// The suffix of packed files.
const PACKED: &str = ".zst";
/// An address at which nothing listens.
const NOBODY: &str = "127.0.0.1:9";

/// The stored data of one earlier version.
struct Version {
    folder: PathBuf,
}

impl Version {
    /// All stored versions.
    fn all() -> Vec<Version> {
        let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/kept");
        let entries = std::fs::read_dir(beside).expect("this test stands there").flatten();
        let folders = entries.map(|entry| entry.path()).filter(|path| path.is_dir());
        let mut versions: Vec<Version> = folders.map(|folder| Version { folder }).collect();
        versions.sort_by(|one, other| one.folder.cmp(&other.folder));
        assert!(!versions.is_empty(), "nothing is kept");
        versions
    }

    fn name(&self) -> String {
        self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The bytes of a file, unpacked if it is packed.
    #[track_caller]
    fn bytes(&self, path: &str) -> Vec<u8> {
        let path = self.folder.join(path);
        let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        if path.to_string_lossy().ends_with(PACKED) { unpacked(&path, &bytes) } else { bytes }
    }

    #[track_caller]
    fn text(&self, path: &str) -> String {
        String::from_utf8(self.bytes(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The answers of the version itself about the data of this form.
    #[track_caller]
    fn expected(&self, form: &str) -> Expected {
        let text = self.text(&format!("{form}/expected.json"));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{form}: {error}"))
    }

    /// A folder with the data and the settings of this form. Feeds and lists are requested through the first
    /// address, alerts are sent to the second.
    #[track_caller]
    fn unpacked(&self, form: &str, proxy: &str, hook: &str) -> Folder {
        let folder = self.with_settings(proxy, hook);
        let data = self.folder.join(form).join("data");
        for path in files(&data) {
            let within = path.strip_prefix(&data).expect("it stands below").to_string_lossy();
            let to = folder.path().join("data").join(within.trim_end_matches(PACKED));
            let above = to.parent().expect("it stands in a folder");
            std::fs::create_dir_all(above).expect("a temporary folder takes folders");
            let bytes = unpacked(&path, &std::fs::read(&path).expect("it is kept"));
            std::fs::write(to, bytes).expect("a temporary folder takes files");
        }
        folder
    }

    /// A folder with the settings only.
    #[track_caller]
    fn with_settings(&self, proxy: &str, hook: &str) -> Folder {
        let settings = self.text("wirefold.toml").replace("PROXY", proxy).replace("HOOK", hook);
        let folder = Folder::with(&[(CONFIG, settings.as_bytes())]);
        std::fs::create_dir(folder.path().join("dropped")).expect("a temporary folder");
        folder
    }
}

/// All files below a folder, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// Every file below a folder with its bytes, to check that nothing was written.
fn bytes_below(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let read = |path: PathBuf| {
        let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        (path, bytes)
    };
    files(folder).into_iter().map(read).collect()
}

#[track_caller]
fn unpacked(path: &Path, bytes: &[u8]) -> Vec<u8> {
    let mut decoder = StreamingDecoder::new(bytes).expect("what is kept was packed by zstd");
    let mut all = Vec::new();
    let read = decoder.read_to_end(&mut all);
    read.unwrap_or_else(|error| panic!("{path:?} cannot be unpacked: {error}"));
    all
}
