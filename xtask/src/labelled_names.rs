//! Reads sentences with labelled names from the files of `../shared/suites/names`.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Deserialize;
use wirefold_names::Kind;
use wirefold_names::train::Sample;

#[derive(Deserialize)]
struct Row {
    lang: String,
    text: String,
    spans: Vec<(usize, usize, String)>,
}

/// The files of the suite whose names end in `ending`, in order. None if it is absent.
pub(crate) fn files(root: &Path, ending: &str) -> Vec<PathBuf> {
    let folder = root.join("../shared/suites/names");
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let mut files: Vec<PathBuf> =
        paths.filter(|path| path.to_string_lossy().ends_with(ending)).collect();
    files.sort();
    files
}

/// The part of a file's name that identifies it: `en-news`.
pub(crate) fn part(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    name.split('.').next().unwrap_or_default().to_owned()
}

/// The sentences of a file. Their names are byte ranges in order.
pub(crate) fn read(file: &Path) -> anyhow::Result<Vec<Sample>> {
    let lines =
        std::fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
    lines.lines().map(sample).collect::<Result<_, _>>().with_context(|| file.display().to_string())
}

fn sample(line: &str) -> anyhow::Result<Sample> {
    let Row { lang, text, spans } = serde_json::from_str(line)?;
    let mut places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    places.push(text.len());
    let place = |at: usize| places.get(at).copied().context("a span beyond the text");
    let span = |(start, end, kind): (usize, usize, String)| {
        let kind = match kind.as_str() {
            "PER" => Kind::Person,
            "ORG" => Kind::Organisation,
            _ => Kind::Place,
        };
        Ok((place(start)?, place(end)?, kind))
    };
    let mut spans = spans.into_iter().map(span).collect::<anyhow::Result<Vec<_>>>()?;
    spans.sort_by_key(|(start, ..)| *start);
    Ok(Sample { language: lang, text, spans })
}
