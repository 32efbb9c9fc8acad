//! The figures of other people's sentences: `../shared/suites/figures`.

use std::path::Path;

use serde_json::Value;
use wirefold_text::Text;

use crate::figures::figures;
use crate::reading::Reading;

/// Whether two units are one: the first four letters decide, as in the suite's own score.
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
fn figures_of_other_peoples_sentences() {
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
    assert!(with_unit * 10 >= all * 7 && told - right <= 40, "{with_unit} of {all}");
}
