//! Settings of earlier versions: every key is accepted and means the same.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Version, files};
use crate::program::Folder;

/// A variable in some settings, with the key of a webhook.
const SECRET: (&str, &str) = ("KEPT_SECRET", "whsec_a2VwdA==");

/// The keys of 0.1.0-df61e7c that have other names now. `*` is the index in a list.
const RENAMED: [(&str, &str); 17] = [
    ("text", "text_policy"),
    ("keep.output", "retention.output"),
    ("keep.alerts", "retention.alerts"),
    ("keep.bytes", "retention.max_bytes"),
    ("bus.certificates", "bus.ca_file"),
    ("detector.passage_words", "detector.min_passage_words"),
    ("detector.short_words", "detector.short_text_words"),
    ("detector.boilerplate_carriers", "detector.boilerplate_min_articles"),
    ("detector.event_likeness", "detector.event_similarity"),
    ("detector.event_quiet", "detector.event_max_gap"),
    ("detector.event_span", "detector.event_max_span"),
    ("detector.texts", "detector.text_store"),
    ("feed.*.article", "feed.*.article_selector"),
    ("feed.*.remove", "feed.*.remove_selectors"),
    ("opml.*.every", "opml.*.interval"),
    ("access.*.plain", "access.*.compatibility_mode"),
    ("nats.*.certificates", "nats.*.ca_file"),
];

/// The current name of an old key.
fn name_now(key: &str) -> String {
    for (old, new) in RENAMED {
        match (old.split_once('*'), new.split_once('*')) {
            (Some((start, end)), Some((_, new_end))) if key.starts_with(start) => {
                if let Some(index) = key[start.len()..].strip_suffix(end) {
                    return format!("{start}{index}{new_end}");
                }
            }
            (None, None) if key == old => return new.to_owned(),
            _ => {}
        }
    }
    key.to_owned()
}

/// The meaning of settings: each key with its value.
type Meaning = BTreeMap<String, Value>;

/// The stored files in a folder of the test.
fn folder(version: &Version) -> Folder {
    let folder = Folder::with(&[]);
    for path in files(&version.folder.join("settings")) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        folder.write(&name, &std::fs::read(&path).expect("it is kept"));
    }
    folder
}

/// The standard output and standard error of `config show`.
#[track_caller]
fn show(folder: &Folder, arguments: &[&str], variables: &str) -> (String, String) {
    let mut command = folder.command(&[&["config", "show", "--json"], arguments].concat());
    command.env("XDG_CONFIG_HOME", folder.path().join("nowhere")).env(SECRET.0, SECRET.1);
    command.envs(variables.lines().filter_map(|line| line.split_once('=')));
    let output = command.output().expect("the binary is built");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    (String::from_utf8_lossy(&output.stdout).into_owned(), said)
}

/// The shown settings, with paths relative to the folder.
fn meaning(folder: &Folder, out: &str) -> Meaning {
    let below = format!("{}/", folder.path().display());
    let read = |line: &str| {
        let line: Value = serde_json::from_str(line).expect("an object a line");
        (line["key"].as_str().unwrap_or_default().to_owned(), line["value"].clone())
    };
    out.replace(&below, "").lines().map(read).collect()
}

/// The existing keys, read from `docs/config.md`.
fn documented_keys() -> BTreeSet<String> {
    let docs = include_str!("../../docs/config.md");
    let (mut section, mut known) = (String::new(), BTreeSet::new());
    let quoted = |line: &str| line.split('`').nth(1).unwrap_or_default().to_owned();
    for line in docs.lines() {
        if line.starts_with("## ") {
            let name = quoted(line).replace(['[', ']'], "");
            section = if name.is_empty() { name } else { name + "." };
        } else if line.starts_with("| `") {
            known.insert(format!("{section}{}", quoted(line)));
        }
    }
    known
}

/// Fails if a warning names no existing key: the user must know what to write.
#[track_caller]
fn check_warnings(said: &str, known: &BTreeSet<String>) {
    for line in said.lines().filter(|line| !line.trim().is_empty()) {
        let mut quoted = line.split('`').skip(1).step_by(2);
        let names_one = quoted.any(|words| {
            let key = words.split([' ', '=']).next().unwrap_or_default();
            let is_it = |one: &String| one == key || one.ends_with(&format!(".{key}"));
            known.iter().any(is_it)
        });
        assert!(names_one, "a warning names no key that there is: {line}");
    }
}

/// Defaults that changed on purpose, as CHANGELOG says: the key, the old and the new value as JSON.
const NEW_DEFAULTS: [(&str, &str, &str); 5] = [
    ("detector.partial_contained", "0.25", "0.3"),
    ("detector.reprint_words", "24", "60"),
    ("detector.event_likeness", "0.29", "0.15"),
    ("detector.event_quiet", "\"1d\"", "\"3d\""),
    ("detector.event_span", "\"3d\"", "\"4d\""),
];

#[test]
fn old_settings_are_accepted_and_mean_the_same() {
    let known = documented_keys();
    assert!(known.contains("fetcher.contact") && known.len() > 50, "{known:?}");
    for version in Version::all() {
        let folder = folder(&version);
        let environment = version.text("settings/environment.txt");
        for (name, file, variables) in [
            ("every-key", Some("every-key.toml"), ""),
            ("one-text", Some("one-text.toml"), ""),
            ("environment", None, environment.as_str()),
        ] {
            let arguments: Vec<&str> = file.into_iter().flat_map(|it| ["--config", it]).collect();
            let (out, said) = show(&folder, &arguments, variables);
            check_warnings(&said, &known);
            let now = meaning(&folder, &out);
            let then: Meaning =
                serde_json::from_str(&version.text(&format!("settings/{name}.shown.json")))
                    .expect("a table of keys");
            let place = format!("{} of {}", name, version.name());
            for (key, value) in &then {
                let found = now.get(&name_now(key));
                let is_new_default = NEW_DEFAULTS.iter().any(|(of, before, after)| {
                    let read = |json: &str| json.parse::<Value>().expect("written by hand");
                    of == key && *value == read(before) && found == Some(&read(after))
                });
                assert!(
                    is_new_default || found == Some(value),
                    "{place}: {key} means something else: {found:?}, was {value}"
                );
            }
        }
    }
}
