//! Measures the findings of the enricher on the dev files of `../shared/suites`: languages, names,
//! quotations, figures, and how reliable each is. `cargo xtask accuracy enrich` prints the tables and writes them
//! into the accuracy card.
//!
//! The rules are those of `../shared/tools/enrich_score.py`, except that a quotation is found by its words,
//! because the output does not contain its position.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use serde::Deserialize;
use wirefold_language::Method;
use wirefold_names::Kind;
use wirefold_names::train::Sample;
use wirefold_proto::{EntityKind, Figure, FigureRole, FoundBy, Qualifier, Quotation};
use wirefold_text::Text;

use super::{CARD, replaced, say};
use crate::table::Table;
use crate::{enriched, labelled_names, tree};

/// The marks around the tables in the card.
pub(super) const MARKS: [&str; 2] = ["<!-- enricher -->\n", "<!-- end of enricher -->\n"];

/// The tables for the card, or `None` if they are absent. With `errors`, prints each wrong finding.
pub(super) fn examine(errors: bool) -> anyhow::Result<Option<String>> {
    if !["languages", "names", "quotes", "figures"].iter().all(|it| suite(it).is_dir()) {
        return Ok(None);
    }
    let rows = language_rows()?;
    let languages = language_table(&rows, errors)?;
    let mut files = Vec::new();
    for file in labelled_names::files(&tree::root(), ".dev.jsonl") {
        files.push((labelled_names::part(&file), labelled_names::read(&file)?));
    }
    let names = names(&files);
    let confidence = confidence(&rows, &files);
    let (quotations, figures) = (quotations(errors)?, figures(errors)?);
    let all = [languages, names, quotations, figures, confidence];
    Ok(Some(all.each_ref().map(Table::markdown).join("\n")))
}

/// Prints the tables and writes them into the card.
pub(super) fn run(check: bool, errors: bool) -> anyhow::Result<ExitCode> {
    let Some(tables) = examine(errors)? else { bail!("../shared/suites is absent") };
    say(&tables)?;
    let path = tree::root().join(CARD);
    let document = replaced(&std::fs::read_to_string(&path)?, MARKS, &tables)?;
    super::write_or_check(&path, &document, check)
}

/// A file or folder of the acceptance data.
fn suite(path: &str) -> PathBuf {
    tree::root().join("../shared/suites").join(path)
}

/// A share with three decimals.
fn share(part: usize, whole: usize) -> String {
    match whole {
        0 => "–".to_owned(),
        _ => format!("{:.3}", part as f64 / whole as f64),
    }
}

/// The kinds of texts in the suite of languages.
const TEXTS: [&str; 3] = ["title", "sentence", "text"];

/// The language, the kind and the text of each row of the suite.
fn language_rows() -> anyhow::Result<Vec<[String; 3]>> {
    let lines = tree::read(&suite("languages/rows.tsv"))?;
    let row = |line: &str| {
        let mut columns = line.split('\t').map(str::to_owned);
        std::array::from_fn(|_| columns.next().unwrap_or_default())
    };
    Ok(lines.lines().skip(1).map(row).collect())
}

/// A row for known and other languages and each kind of text. No language is declared.
fn language_table(all: &[[String; 3]], errors: bool) -> anyhow::Result<Table> {
    let others = tree::read(&suite("languages/others.txt"))?;
    let others: BTreeSet<&str> = others.split_whitespace().collect();
    // Rows, right, open.
    let mut counts: BTreeMap<(bool, usize), [usize; 3]> = BTreeMap::new();
    for [language, kind, text] in all {
        let (title, body) = if kind == "title" { (text.as_str(), "") } else { ("", text.as_str()) };
        let tag = enriched::findings(title, body, None).language.map(|named| named.tag);
        let told = tag.as_ref().map_or("und", |tag| same_language(tag.primary()));
        let at = TEXTS.iter().position(|one| one == kind).unwrap_or_default();
        let [rows, right, open] =
            counts.entry((others.contains(language.as_str()), at)).or_default();
        *rows += 1;
        *right += usize::from(told == language);
        *open += usize::from(told == "und");
        if errors && told != language && told != "und" {
            say(&format!("{told} for {language}, {kind}: {text}\n"))?;
        }
    }
    let mut table = Table::new("language | rows | right | left open | wrong");
    for ((is_other, kind), [rows, right, open]) in counts {
        let which = if is_other { "other languages" } else { "known languages" };
        let shares = [right, open, rows - right - open].map(|part| share(part, rows));
        let name = format!("{which}, {}s", TEXTS[kind]);
        table.row([name, rows.to_string()].into_iter().chain(shares));
    }
    Ok(table)
}

/// One code for languages with several codes.
fn same_language(code: &str) -> &str {
    match code {
        "nb" | "nn" => "no",
        "fil" => "tl",
        "cmn" | "yue" => "zh",
        code => code,
    }
}

/// A row for each file of labelled names. A name is right if span and kind are the same.
fn names(files: &[(String, Vec<Sample>)]) -> Table {
    let mut table = Table::new("names | labelled | P | R | F1 | person | organisation | place");
    let share = |part: usize, whole: usize| share(part, whole.max(1));
    for (name, samples) in files {
        // Labelled, told, right; of each kind and of all.
        let mut counts = [[0; 3]; 4];
        let mut count = |kind, which: usize| {
            let kinds = [EntityKind::Person, EntityKind::Organisation, EntityKind::Place];
            let place = kinds.iter().position(|one| *one == kind).unwrap_or_default();
            [place, 3].iter().for_each(|at| counts[*at][which] += 1);
        };
        for sample in samples {
            sample.spans.iter().for_each(|(_, _, kind)| count(same_kind(*kind), 0));
            for mention in wirefold_enricher::mentions(&sample.text) {
                count(mention.kind, 1);
                if is_labelled(sample, &mention.span, mention.kind) {
                    count(mention.kind, 2);
                }
            }
        }
        let f1 = |[gold, told, right]: [usize; 3]| share(2 * right, told + gold);
        let [gold, told, right] = counts[3];
        let all = [gold.to_string(), share(right, told), share(right, gold), f1(counts[3])];
        let kinds = counts[..3].iter().map(|its| f1(*its));
        table.row([name.clone()].into_iter().chain(all).chain(kinds));
    }
    table
}

fn is_labelled(sample: &Sample, span: &std::ops::Range<usize>, kind: EntityKind) -> bool {
    let is_it = |(start, end, gold): &(usize, usize, Kind)| {
        (*start..*end) == *span && same_kind(*gold) == kind
    };
    sample.spans.iter().any(is_it)
}

/// The kind as the output names it.
const fn same_kind(kind: Kind) -> EntityKind {
    match kind {
        Kind::Person => EntityKind::Person,
        Kind::Organisation => EntityKind::Organisation,
        Kind::Place => EntityKind::Place,
    }
}

#[derive(Deserialize)]
struct QuotationRow {
    lang: String,
    text: String,
    quotes: Vec<LabelledQuotation>,
    #[serde(default)]
    optional: Vec<(usize, usize)>,
}

#[derive(Deserialize)]
struct LabelledQuotation {
    start: usize,
    end: usize,
    speaker: Option<(usize, usize)>,
    pronoun: bool,
    refers: Option<(usize, usize)>,
}

#[derive(Default)]
struct QuotationCounts {
    gold: usize,
    found: usize,
    extra: usize,
    /// The number of named speakers, and of those that were given the right and a wrong name.
    speakers: [usize; 3],
    /// The same of pronouns.
    pronouns: [usize; 3],
}

/// A row for English and one for thirteen other languages.
fn quotations(errors: bool) -> anyhow::Result<Table> {
    let mut table = Table::new(
        "quotations | labelled | found | not labelled | named speakers | right of named | right of told | \
         pronouns | given a name: right | given a name: wrong | right or left open",
    );
    for (name, file) in [("English", "texts"), ("13 other languages", "others")] {
        let mut counts = QuotationCounts::default();
        for row in tree::json_lines(&suite(&format!("quotes/{file}.jsonl")))? {
            count_quotations(&row, &mut counts, errors)?;
        }
        let QuotationCounts { gold, found, extra, speakers, pronouns } = counts;
        let [[speakers, right, wrong], [pronouns, named_right, named_wrong]] = [speakers, pronouns];
        table.row([
            name.to_owned(),
            gold.to_string(),
            share(found, gold),
            extra.to_string(),
            speakers.to_string(),
            share(right, speakers),
            share(right, right + wrong),
            pronouns.to_string(),
            named_right.to_string(),
            named_wrong.to_string(),
            share(pronouns - named_wrong, pronouns),
        ]);
    }
    Ok(table)
}

fn count_quotations(
    row: &QuotationRow,
    counts: &mut QuotationCounts,
    errors: bool,
) -> anyhow::Result<()> {
    let characters: Vec<char> = row.text.chars().collect();
    let part = |(start, end): (usize, usize)| -> String { characters[start..end].iter().collect() };
    let mut told = enriched::findings("", &row.text, Some(&row.lang)).quotations;
    for gold in &row.quotes {
        counts.gold += 1;
        let words = part((gold.start, gold.end));
        let found = told.iter().position(|one| is_same(&one.words, &words));
        let found = found.map(|at| told.remove(at));
        counts.found += usize::from(found.is_some());
        let (of_kind, speaker) = match (gold.speaker.map(part), gold.pronoun, gold.refers) {
            (_, true, Some(person)) => (&mut counts.pronouns, part(person)),
            (Some(speaker), false, _) => (&mut counts.speakers, speaker),
            _ => continue,
        };
        of_kind[0] += 1;
        let Some(named) = found.and_then(|one| one.speaker) else { continue };
        let is_right = is_same_speaker(&named, &speaker);
        of_kind[if is_right { 1 } else { 2 }] += 1;
        if errors && !is_right && !gold.pronoun {
            say(&format!("{named} for {speaker}: {words}\n"))?;
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
    let bare = |printed: &str| printed.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    let (one, other) = (bare(one), bare(other));
    let (short, long) = if one.len() < other.len() { (one, other) } else { (other, one) };
    !short.is_empty() && long.contains(&short) && 5 * short.len() >= 4 * long.len()
}

/// Whether one of two names has all words of the other. If the script has capitals, one of these words must
/// have one.
fn is_same_speaker(told: &str, gold: &str) -> bool {
    if gold.chars().any(|c| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}')) {
        return gold.contains(told) || told.contains(gold);
    }
    let words = |name: &str| -> Vec<String> {
        let all = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        all.map(str::to_lowercase).collect()
    };
    let (mine, all) = (words(told), words(gold));
    let capitals = gold.split(' ').filter(|word| word.starts_with(char::is_uppercase));
    let capitals: Vec<String> = capitals.flat_map(words).collect();
    let named = if capitals.is_empty() { &all } else { &capitals };
    let has_all = |many: &[String], few: &[String]| few.iter().all(|word| many.contains(word));
    mine.iter().any(|word| named.contains(word)) && (has_all(&all, &mine) || has_all(&mine, &all))
}

#[derive(Deserialize)]
struct FigureRow {
    lang: String,
    text: String,
    figures: Vec<LabelledFigure>,
}

#[derive(Deserialize)]
struct LabelledFigure {
    value: f64,
    value_to: Option<f64>,
    unit: Option<String>,
    role: Option<FigureRole>,
    qualifier: Option<Qualifier>,
}

/// A row for each language and one for all.
fn figures(errors: bool) -> anyhow::Result<Table> {
    let rows: Vec<FigureRow> = tree::json_lines(&suite("figures/sentences.jsonl"))?;
    let mut counts: BTreeMap<&str, [usize; 5]> = BTreeMap::new();
    for row in &rows {
        let found = count_figures(row, errors)?;
        for language in [row.lang.as_str(), "all"] {
            let all = counts.entry(language).or_default();
            all.iter_mut().zip(found).for_each(|(all, one)| *all += one);
        }
    }
    let mut table =
        Table::new("figures | labelled | value | with unit | with role and qualifier | false");
    for (language, [gold, value, with_unit, strict, extra]) in counts {
        let shares = [value, with_unit, strict].map(|part| share(part, gold));
        let named = [language.to_owned(), gold.to_string()];
        table.row(named.into_iter().chain(shares).chain([extra.to_string()]));
    }
    Ok(table)
}

/// The labelled figures of a row; those found with their value, with unit, with all; and the false ones.
fn count_figures(row: &FigureRow, errors: bool) -> anyhow::Result<[usize; 5]> {
    let mut told = enriched::findings("", &row.text, Some(&row.lang)).numbers;
    let [mut value, mut with_unit, mut strict] = [0; 3];
    for gold in &row.figures {
        let Some(at) = told.iter().position(|one| has_value(one, gold)) else {
            if errors {
                say(&format!("missed {} in {}\n", gold.value, row.text))?;
            }
            continue;
        };
        let found = told.remove(at);
        let has_unit = is_same_unit(found.unit.as_deref(), gold.unit.as_deref());
        let has_marks = found.role == gold.role && found.qualifier == gold.qualifier;
        value += 1;
        with_unit += usize::from(has_unit);
        strict += usize::from(has_unit && has_marks);
    }
    if errors {
        told.iter().try_for_each(|one| say(&format!("false {} in {}\n", one.words, row.text)))?;
    }
    Ok([row.figures.len(), value, with_unit, strict, told.len()])
}

fn has_value(told: &Figure, gold: &LabelledFigure) -> bool {
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

/// The lower bounds of the bands of confidence.
const BANDS: [f32; 6] = [0.0, 0.6, 0.7, 0.8, 0.9, 0.97];

/// The number of findings, the number of right ones, and the sum of the model's confidences; by kind of finding, by
/// the way it was found, and by band. Only models have bands.
type FoundCounts = BTreeMap<(&'static str, &'static str, usize), (usize, usize, f64)>;

/// The precision of findings by the way they were found and by the confidence of the model.
fn confidence(languages: &[[String; 3]], files: &[(String, Vec<Sample>)]) -> Table {
    let mut all = FoundCounts::new();
    for [language, _, text] in languages {
        let Some(found) = wirefold_language::identify(text, None) else { continue };
        let is_right = same_language(&found.code) == language;
        match found.by {
            Method::Script => count(&mut all, ("language", "script", 0.0), is_right),
            Method::Model => count(&mut all, ("language", "model", found.confidence), is_right),
        }
    }
    for sample in files.iter().flat_map(|(_, samples)| samples) {
        // The names of the enricher by the way they were found, and those of the tagger alone.
        for mention in wirefold_enricher::mentions(&sample.text) {
            let how = match mention.how {
                FoundBy::List => "table",
                FoundBy::Rule => "rule",
                _ => "tagger",
            };
            let is_right = is_labelled(sample, &mention.span, mention.kind);
            count(&mut all, ("names", how, 0.0), is_right);
        }
        for name in wirefold_names::names(&Text::new(&sample.text)) {
            let is_right = is_labelled(sample, &name.span, same_kind(name.kind));
            count(&mut all, ("names", "model alone", name.confidence), is_right);
        }
    }
    let mut table = Table::new("found | how | confidence | mean | told | right");
    for ((what, how, band), (told, right, confidence)) in all {
        let has_band = how.starts_with("model");
        let of_model = |cell: String| if has_band { cell } else { "–".to_owned() };
        let mean = format!("{:.2}", confidence / told.max(1) as f64);
        let named = [what.to_owned(), how.to_owned(), of_model(written(band)), of_model(mean)];
        table.row(named.into_iter().chain([told.to_string(), share(right, told)]));
    }
    table
}

fn count(
    all: &mut FoundCounts,
    (what, how, confidence): (&'static str, &'static str, f32),
    is_right: bool,
) {
    let (told, right, sum) = all.entry((what, how, band(confidence))).or_default();
    *told += 1;
    *right += usize::from(is_right);
    *sum += f64::from(confidence);
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
    fn a_surname_is_enough_and_a_role_is_not() {
        assert!(is_same_speaker("Lund", "Mayor Tom Lund"));
        assert!(is_same_speaker("Tom Lund", "Lund"));
        assert!(!is_same_speaker("the mayor", "the mayor Tom Lund"));
        assert!(is_same("“We will not open it,”", "We will not open it"));
        assert!(!is_same("We will", "We will not open it"));
        assert_eq!((share(1, 3), share(0, 0)), ("0.333".to_owned(), "–".to_owned()));
    }

    #[test]
    fn each_confidence_has_a_band() {
        assert_eq!([0.3, 0.6, 0.69, 0.97, 1.0].map(band), [0, 1, 1, 5, 5]);
        assert_eq!((written(0), written(5)), ("0.00–0.60".to_owned(), "0.97–1.00".to_owned()));
    }

    #[test]
    fn right_and_wrong_are_counted_by_how_they_were_found() {
        let mut all = FoundCounts::new();
        count(&mut all, ("names", "table", 0.0), true);
        count(&mut all, ("names", "table", 0.0), false);
        count(&mut all, ("names", "model alone", 0.75), true);
        let told: Vec<(usize, usize)> = all.values().map(|one| (one.0, one.1)).collect();
        assert_eq!(told, [(1, 1), (2, 1)]);
    }
}
