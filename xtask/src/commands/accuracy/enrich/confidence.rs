//! Measures the precision of findings by the way they were found and by the confidence of the model.

use std::collections::BTreeMap;
use std::ops::Range;

use wirefold_language::Method;
use wirefold_names::Kind;
use wirefold_proto::{EntityKind, FoundBy};
use wirefold_text::Text;

use super::names::same;
use super::{languages, share};
use crate::commands::accuracy::tables::Cells;
use crate::{labelled_names, tree};

/// The lower bounds of the bands of confidence.
const BANDS: [f32; 6] = [0.0, 0.6, 0.7, 0.8, 0.9, 0.97];

/// The number of findings, the number of right ones, and the sum of the model's confidences.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    told: usize,
    right: usize,
    confidence: f64,
}

/// Counts by kind of finding, by the way it was found, and by band.
type All = BTreeMap<(&'static str, &'static str, usize), Counts>;

/// A row for each way and band.
pub(super) fn examine() -> anyhow::Result<Option<Cells>> {
    let mut all = All::new();
    let Some(rows) = languages::rows()? else { return Ok(None) };
    for row in rows {
        if let Some(found) = wirefold_language::identify(&row.text, None) {
            let is_right = languages::same(&found.code) == row.language;
            match found.by {
                Method::Script => count(&mut all, ("language", "script", None), is_right),
                Method::Model => {
                    count(&mut all, ("language", "model", Some(found.confidence)), is_right);
                }
            }
        }
    }
    for file in labelled_names::files(&tree::root(), ".dev.jsonl") {
        for sample in labelled_names::read(&file)? {
            count_names(&mut all, &sample.text, &sample.spans);
        }
    }
    let mut cells = Cells::new(&["found", "how", "confidence", "mean", "told", "right"]);
    for ((what, how, band), Counts { told, right, confidence }) in all {
        let mean = confidence / told.max(1) as f64;
        let has_band = how == MODEL || how == TAGGER;
        cells.row([
            what.to_owned(),
            how.to_owned(),
            if has_band { written(band) } else { "–".to_owned() },
            if has_band { format!("{mean:.2}") } else { "–".to_owned() },
            told.to_string(),
            share(right, told),
        ]);
    }
    Ok(Some(cells))
}

const MODEL: &str = "model";
const TAGGER: &str = "model alone";

/// Counts the names of the enricher by the way they were found, and those of the tagger alone.
fn count_names(all: &mut All, text: &str, labelled: &[(usize, usize, Kind)]) {
    let is_labelled = |span: &Range<usize>, kind: EntityKind| {
        labelled.iter().any(|(start, end, gold)| (*start..*end) == *span && same(*gold) == kind)
    };
    for mention in wirefold_enricher::mentions(text) {
        let how = match mention.how {
            FoundBy::List => "table",
            FoundBy::Rule => "rule",
            _ => "tagger",
        };
        count(all, ("names", how, None), is_labelled(&mention.span, mention.kind));
    }
    for name in wirefold_names::names(&Text::new(text)) {
        let is_right = is_labelled(&name.span, same(name.kind));
        count(all, ("names", TAGGER, Some(name.confidence)), is_right);
    }
}

fn count(
    all: &mut All,
    (what, how, confidence): (&'static str, &'static str, Option<f32>),
    is_right: bool,
) {
    let confidence = confidence.unwrap_or_default();
    let counts = all.entry((what, how, band(confidence))).or_default();
    counts.told += 1;
    counts.right += usize::from(is_right);
    counts.confidence += f64::from(confidence);
}

fn band(confidence: f32) -> usize {
    BANDS.iter().rposition(|least| confidence >= *least).unwrap_or_default()
}

fn written(band: usize) -> String {
    let until = BANDS.get(band + 1).copied().unwrap_or(1.0);
    format!("{:.2}–{until:.2}", BANDS[band])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_confidence_has_a_band() {
        assert_eq!([0.3, 0.6, 0.69, 0.97, 1.0].map(band), [0, 1, 1, 5, 5]);
        assert_eq!((written(0), written(5)), ("0.00–0.60".to_owned(), "0.97–1.00".to_owned()));
    }

    #[test]
    fn right_and_wrong_are_counted_by_how_they_were_found() {
        let mut all = All::new();
        count(&mut all, ("names", "table", None), true);
        count(&mut all, ("names", "table", None), false);
        count(&mut all, ("names", TAGGER, Some(0.75)), true);
        let told: Vec<(usize, usize)> = all.values().map(|one| (one.told, one.right)).collect();
        assert_eq!(told, [(1, 1), (2, 1)]);
    }
}
