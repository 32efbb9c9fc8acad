//! Figures with unit, role and qualifier: `figures/sentences.jsonl`.

use std::collections::BTreeMap;

use serde::Deserialize;
use wirefold_proto::{Figure, FigureRole, Qualifier};

use super::share;
use crate::commands::accuracy::say;
use crate::commands::accuracy::tables::Cells;
use crate::enriched;

#[derive(Deserialize)]
struct Row {
    lang: String,
    text: String,
    figures: Vec<Gold>,
}

#[derive(Deserialize)]
struct Gold {
    value: f64,
    value_to: Option<f64>,
    unit: Option<String>,
    role: Option<FigureRole>,
    qualifier: Option<Qualifier>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    gold: usize,
    value: usize,
    with_unit: usize,
    strict: usize,
    extra: usize,
}

/// A row for each language and one for all.
pub(super) fn examine(errors: bool) -> anyhow::Result<Option<Cells>> {
    let Some(rows) = enriched::lines::<Row>("figures/sentences.jsonl")? else { return Ok(None) };
    let mut counts: BTreeMap<&str, Counts> = BTreeMap::new();
    for row in &rows {
        for language in [row.lang.as_str(), "all"] {
            count(row, counts.entry(language).or_default(), errors && language == "all")?;
        }
    }
    let head = ["figures", "labelled", "value", "with unit", "with role and qualifier", "false"];
    let mut cells = Cells::new(&head);
    for (language, Counts { gold, value, with_unit, strict, extra }) in counts {
        cells.row([
            language.to_owned(),
            gold.to_string(),
            share(value, gold),
            share(with_unit, gold),
            share(strict, gold),
            extra.to_string(),
        ]);
    }
    Ok(Some(cells))
}

fn count(row: &Row, counts: &mut Counts, errors: bool) -> anyhow::Result<()> {
    let mut told = enriched::findings("", &row.text, Some(&row.lang)).numbers;
    for gold in &row.figures {
        counts.gold += 1;
        let Some(at) = told.iter().position(|one| has_value(one, gold)) else {
            if errors {
                say(&format!("missed {} in {}\n", gold.value, row.text))?;
            }
            continue;
        };
        let found = told.remove(at);
        counts.value += 1;
        let has_unit = is_same_unit(found.unit.as_deref(), gold.unit.as_deref());
        counts.with_unit += usize::from(has_unit);
        let has_marks = found.role == gold.role && found.qualifier == gold.qualifier;
        counts.strict += usize::from(has_unit && has_marks);
    }
    counts.extra += told.len();
    if errors {
        told.iter().try_for_each(|one| say(&format!("false {} in {}\n", one.words, row.text)))?;
    }
    Ok(())
}

fn has_value(told: &Figure, gold: &Gold) -> bool {
    let near = |mine: Option<f64>, labelled: Option<f64>| match (mine, labelled) {
        (None, None) => true,
        (Some(mine), Some(labelled)) => (mine - labelled).abs() <= 0.001 * labelled.abs(),
        _ => false,
    };
    let to = told.value_to.as_ref().and_then(serde_json::Number::as_f64);
    near(told.value.as_f64(), Some(gold.value)) && near(to, gold.value_to)
}

/// The first four letters must be equal.
fn is_same_unit(told: Option<&str>, gold: Option<&str>) -> bool {
    let (told, gold) = (told.unwrap_or("").to_lowercase(), gold.unwrap_or("").to_lowercase());
    let first = |unit: &str| unit.chars().take(4).collect::<String>();
    let is_long = gold.chars().count() > 4 && !gold.starts_with("percent");
    gold.is_empty() || told == gold || (is_long && first(&told) == first(&gold))
}
