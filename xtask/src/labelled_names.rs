//! Reads sentences with labelled names from the files of `../shared/suites/names`.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Deserialize;
use wirefold_names::Kind;
use wirefold_names::train::Sample;

use crate::tree;

#[derive(Deserialize)]
struct Row {
    lang: String,
    text: String,
    spans: Vec<(usize, usize, String)>,
}

/// The files of the suite whose names end in `ending`, in order. None if it is absent.
pub(crate) fn files(root: &Path, ending: &str) -> Vec<PathBuf> {
    let mut files = tree::entries(&root.join("../shared/suites/names")).unwrap_or_default();
    files.retain(|path| path.to_string_lossy().ends_with(ending));
    files
}

/// The part of a file's name that identifies it: `en-news`.
pub(crate) fn part(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    name.split('.').next().unwrap_or_default().to_owned()
}

/// The sentences of a file. Their names are byte ranges in order.
pub(crate) fn read(file: &Path) -> anyhow::Result<Vec<Sample>> {
    let rows = tree::json_lines(file)?.into_iter();
    rows.map(sample).collect::<Result<_, _>>().with_context(|| file.display().to_string())
}

fn sample(Row { lang, text, spans }: Row) -> anyhow::Result<Sample> {
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
