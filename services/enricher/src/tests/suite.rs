//! Figures and quotations in texts of other authors: `../shared/suites/figures` and `quotes`.

use std::path::Path;

use serde_json::Value;
use wirefold_text::Text;

use crate::figures::figures;
use crate::quotations::quotations_of;
use crate::reading::Reading;

/// Whether two units are the same: the first four letters decide, as in the suite's own score.
fn is_same(mine: Option<&str>, gold: Option<&str>) -> bool {
    let (mine, gold) = (mine.unwrap_or("").to_lowercase(), gold.unwrap_or("").to_lowercase());
    let first = |unit: &str| unit.chars().take(4).collect::<String>();
    gold.is_empty()
        || mine == gold
        || (gold.chars().count() > 4
            && first(&mine) == first(&gold)
            && !gold.starts_with("percent"))
}

#[test]
fn figures_in_sentences_of_other_authors() {
    let suite = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/suites/figures");
    let Ok(rows) = std::fs::read_to_string(suite.join("sentences.jsonl")) else {
        eprintln!("SKIPPED: {} is absent", suite.display());
        return;
    };
    let (mut all, mut right, mut with_unit, mut told) = (0, 0, 0, 0);
    for row in rows.lines() {
        let row: Value = serde_json::from_str(row).unwrap();
        let text = Text::new(row["text"].as_str().unwrap());
        let mut found = figures(&Reading::new(&text), row["lang"].as_str().unwrap());
        told += found.len();
        for gold in row["figures"].as_array().unwrap() {
            all += 1;
            let value = gold["value"].as_f64().unwrap();
            let is_it = |figure: &wirefold_proto::Figure| {
                let mine = figure.value.as_f64().unwrap_or_default();
                (mine - value).abs() <= 0.001 * value.abs()
            };
            let Some(at) = found.iter().position(is_it) else {
                eprintln!("missed {} {} in {}", gold["value"], gold["unit"], text.original());
                continue;
            };
            right += 1;
            let figure = found.remove(at);
            if is_same(figure.unit.as_deref(), gold["unit"].as_str()) {
                with_unit += 1;
            } else {
                eprintln!("unit {:?} for {} in {}", figure.unit, gold["unit"], text.original());
            }
        }
        found.iter().for_each(|figure| {
            eprintln!("false {} {:?} in {}", figure.words, figure.unit, text.original());
        });
    }
    eprintln!("{all} figures: {right} values, {with_unit} with unit; {} false", told - right);
    assert!(with_unit * 10 >= all * 9 && told - right <= 12, "{with_unit} of {all}");
}

/// Whether one of two names contains all words of the other, or its characters in scripts without
/// spaces.
pub(super) fn is_same_speaker(mine: &str, gold: &str) -> bool {
    let words = |name: &str| -> Vec<String> {
        let all = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        all.map(str::to_lowercase).collect()
    };
    let (few, many) = (words(mine), words(gold));
    let holds = |all: &[String], some: &[String]| some.iter().all(|word| all.contains(word));
    holds(&many, &few) || holds(&few, &many) || mine.contains(gold)
}

#[test]
fn speakers_in_thirteen_languages() {
    let suite = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/suites/quotes");
    let Ok(rows) = std::fs::read_to_string(suite.join("others.jsonl")) else {
        eprintln!("SKIPPED: {} is absent", suite.display());
        return;
    };
    let (mut named, mut right, mut wrong) = (0, 0, 0);
    for row in rows.lines() {
        let row: Value = serde_json::from_str(row).unwrap();
        let original: Vec<char> = row["text"].as_str().unwrap().chars().collect();
        let text = Text::new(row["text"].as_str().unwrap());
        let found = quotations_of(&text, row["lang"].as_str().unwrap());
        let excerpt = |start: &Value, end: &Value| -> String {
            let at = |offset: &Value| usize::try_from(offset.as_u64().unwrap()).unwrap();
            original[at(start)..at(end)].iter().collect()
        };
        for gold in row["quotes"].as_array().unwrap() {
            let (false, Some(span)) =
                (gold["pronoun"].as_bool().unwrap(), gold["speaker"].as_array())
            else {
                continue;
            };
            named += 1;
            let (speaker, words) =
                (excerpt(&span[0], &span[1]), excerpt(&gold["start"], &gold["end"]));
            let bare =
                |printed: &str| printed.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
            let it = found.iter().find(|quotation| bare(&quotation.words) == bare(&words));
            match it.and_then(|quotation| quotation.speaker.as_deref()) {
                Some(mine) if is_same_speaker(mine, &speaker) => right += 1,
                Some(mine) => {
                    wrong += 1;
                    eprintln!("{mine} for {speaker} in {}", text.original());
                }
                None => eprintln!("nobody for {speaker} in {}", text.original()),
            }
        }
    }
    eprintln!("{named} speakers: {right} right, {wrong} wrong");
    assert!(right * 100 >= named * 95 && wrong * 100 <= named * 2, "{right} of {named}");
}
