//! Measures quotations and their speakers: `quotes/texts.jsonl` in English, `quotes/others.jsonl` in thirteen
//! languages.

use serde::Deserialize;
use wirefold_proto::Quotation;

use super::share;
use crate::commands::accuracy::say;
use crate::commands::accuracy::tables::Cells;
use crate::enriched;

#[derive(Deserialize)]
struct Row {
    lang: String,
    text: String,
    quotes: Vec<Gold>,
    #[serde(default)]
    optional: Vec<(usize, usize)>,
}

#[derive(Deserialize)]
struct Gold {
    start: usize,
    end: usize,
    speaker: Option<(usize, usize)>,
    pronoun: bool,
    refers: Option<(usize, usize)>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    gold: usize,
    found: usize,
    extra: usize,
    speakers: usize,
    right: usize,
    wrong: usize,
    pronouns: usize,
    pronouns_right: usize,
    pronouns_wrong: usize,
}

/// A row for English and one for the other languages.
pub(super) fn examine(errors: bool) -> anyhow::Result<Option<Cells>> {
    let head = [
        "quotations",
        "labelled",
        "found",
        "not labelled",
        "named speakers",
        "right of named",
        "right of told",
        "pronouns",
        "given a name: right",
        "given a name: wrong",
        "right or left open",
    ];
    let mut cells = Cells::new(&head);
    for (name, file) in [("English", "texts"), ("13 other languages", "others")] {
        let Some(rows) = enriched::lines::<Row>(&format!("quotes/{file}.jsonl"))? else {
            return Ok(None);
        };
        let mut counts = Counts::default();
        rows.iter().try_for_each(|row| count(row, &mut counts, errors))?;
        let Counts { gold, found, extra, speakers, right, wrong, .. } = counts;
        cells.row([
            name.to_owned(),
            gold.to_string(),
            share(found, gold),
            extra.to_string(),
            speakers.to_string(),
            share(right, speakers),
            share(right, right + wrong),
            counts.pronouns.to_string(),
            counts.pronouns_right.to_string(),
            counts.pronouns_wrong.to_string(),
            share(counts.pronouns - counts.pronouns_wrong, counts.pronouns),
        ]);
    }
    Ok(Some(cells))
}

fn count(row: &Row, counts: &mut Counts, errors: bool) -> anyhow::Result<()> {
    let characters: Vec<char> = row.text.chars().collect();
    let part = |(start, end): (usize, usize)| -> String { characters[start..end].iter().collect() };
    let mut told = enriched::findings("", &row.text, Some(&row.lang)).quotations;
    for gold in &row.quotes {
        counts.gold += 1;
        let words = part((gold.start, gold.end));
        let found = told.iter().position(|one| is_same(&one.words, &words));
        let found = found.map(|at| told.remove(at));
        counts.found += usize::from(found.is_some());
        let named = found.as_ref().and_then(|one| one.speaker.as_deref());
        match (gold.speaker.map(part), gold.pronoun, gold.refers.map(part)) {
            (_, true, Some(person)) => {
                counts.pronouns += 1;
                let Some(named) = named else { continue };
                let is_right = is_same_speaker(named, &person);
                counts.pronouns_right += usize::from(is_right);
                counts.pronouns_wrong += usize::from(!is_right);
            }
            (Some(speaker), false, _) => {
                counts.speakers += 1;
                let Some(named) = named else { continue };
                let is_right = is_same_speaker(named, &speaker);
                counts.right += usize::from(is_right);
                counts.wrong += usize::from(!is_right);
                if errors && !is_right {
                    say(&format!("{named} for {speaker}: {words}\n"))?;
                }
            }
            _ => {}
        }
    }
    let optional: Vec<String> = row.optional.iter().map(|span| part(*span)).collect();
    let is_extra = |one: &&Quotation| !optional.iter().any(|words| is_same(&one.words, words));
    counts.extra += told.iter().filter(is_extra).count();
    Ok(())
}

/// Whether two stretches are one quotation: one contains the other, which has at least four fifths of its
/// length.
fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (bare(one), bare(other));
    let (short, long) = if one.len() < other.len() { (one, other) } else { (other, one) };
    !short.is_empty() && long.contains(short) && 5 * short.len() >= 4 * long.len()
}

fn bare(printed: &str) -> &str {
    printed.trim_matches(|c: char| !c.is_alphanumeric())
}

/// Whether one of two names has all words of the other. If the script has capitals, one of these words must
/// have one.
fn is_same_speaker(told: &str, gold: &str) -> bool {
    let words = |name: &str| -> Vec<String> {
        let all = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        all.map(str::to_lowercase).collect()
    };
    let is_han =
        gold.chars().any(|c| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}'));
    if is_han {
        return gold.contains(told) || told.contains(gold);
    }
    let (mine, all) = (words(told), words(gold));
    let capitals: Vec<String> = words(
        &gold
            .split(' ')
            .filter(|word| word.starts_with(char::is_uppercase))
            .collect::<Vec<_>>()
            .join(" "),
    );
    let named = if capitals.is_empty() { &all } else { &capitals };
    let has_all = |many: &[String], few: &[String]| few.iter().all(|word| many.contains(word));
    mine.iter().any(|word| named.contains(word)) && (has_all(&all, &mine) || has_all(&mine, &all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_surname_is_enough_and_a_role_is_not() {
        assert!(is_same_speaker("Lund", "Mayor Tom Lund"));
        assert!(is_same_speaker("Tom Lund", "Lund"));
        assert!(!is_same_speaker("the mayor", "the mayor Tom Lund"));
        assert!(is_same("“We will not open it,”", "We will not open it"));
        assert!(!is_same("We will", "We will not open it"));
    }
}
