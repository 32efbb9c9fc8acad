//! The verdict on two articles, with the numbers and the thresholds.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use wirefold_dedup::{Agency, DocId, Link, Rule, Verdict};
use wirefold_detector::contract::{confidence, how};
use wirefold_gateway::AnalysedText;
use wirefold_gateway::shapes::Relation;
use wirefold_proto::describe_agency;

use super::Comparison;
use super::article::Article;
use crate::output::{clean, count, percent, thousands};

const SAME: Style = AnsiColor::Green.on_default().bold();
const RELATED: Style = AnsiColor::Cyan.on_default().bold();
const OTHER: Style = AnsiColor::Yellow.on_default().bold();
const FAINT: Style = Style::new().dimmed();

pub(super) fn write(out: &mut String, comparison: &Comparison) -> std::fmt::Result {
    let (texts, verdicts) = (&comparison.texts, &comparison.texts.explanation);
    write_article(out, "A", (&comparison.earlier, &texts.earlier), &verdicts.earlier)?;
    write_article(out, "B", (&comparison.later, &texts.later), &verdicts.later)?;
    writeln!(out)?;
    write_verdict(out, comparison)?;
    write_numbers(out, comparison)?;
    write_event(out, comparison)
}

fn write_article(
    out: &mut String,
    letter: &str,
    (article, analysed): (&Article, &AnalysedText),
    verdict: &Verdict,
) -> std::fmt::Result {
    let words = count(analysed.text.words().len(), "word", "words");
    let agency = verdict.agency.as_ref().map(describe).unwrap_or_default();
    writeln!(out, "{letter}  {}  {FAINT}{words}{agency}{FAINT:#}", clean(&article.id))
}

/// ` · probably AP (mentioned)`.
fn describe(agency: &Agency<DocId>) -> String {
    let words = describe_agency(agency.name, how(agency.how), confidence(agency.confidence));
    format!(" · {words}")
}

fn write_verdict(out: &mut String, comparison: &Comparison) -> std::fmt::Result {
    let words = comparison.texts.words();
    if comparison.is_one_story() {
        return writeln!(out, "{SAME}SAME STORY{SAME:#}: {words}");
    }
    let is_short = comparison.rule() == Rule::NotComparable;
    if is_short {
        writeln!(out, "{OTHER}NOT COMPARABLE{OTHER:#}: {words}")?;
    }
    if comparison.texts.relation() == Relation::SameEvent {
        let what = "two texts about one happening, each in its own words";
        writeln!(out, "{RELATED}SAME EVENT{RELATED:#}, two stories: {what}")?;
    } else {
        writeln!(out, "{OTHER}UNRELATED{OTHER:#}: neither one text nor one happening")?;
    }
    if is_short { Ok(()) } else { writeln!(out, "  not one story: {words}") }
}

fn write_numbers(out: &mut String, comparison: &Comparison) -> std::fmt::Result {
    let (overlap, settings) = (&comparison.texts.overlap, comparison.texts.settings());
    let needs = |share: f64, what: &str| format!("{FAINT}{what} {}{FAINT:#}", percent(share));
    writeln!(
        out,
        "  contained   {:>8} of B's own words are in A    {}",
        percent(overlap.contained),
        needs(settings.reprint_contained, "a reprint needs"),
    )?;
    writeln!(
        out,
        "  containing  {:>8} of A's own words are in B    {}",
        percent(overlap.containing),
        needs(settings.reprint_larger, "the larger of the two needs"),
    )?;
    writeln!(
        out,
        "  {} · longest verbatim run {} words, quotations included",
        count(overlap.passages.len(), "passage", "passages"),
        thousands(overlap.longest as usize),
    )?;
    let quotations = overlap.shared_quotations.len();
    writeln!(
        out,
        "  {}: quotations never count as copying",
        count(quotations, "shared quotation", "shared quotations"),
    )?;
    let distance = comparison.texts.simhash_distance();
    writeln!(out, "  SimHash distance {distance} of 64 {FAINT}(a hint, never evidence){FAINT:#}")
}

fn write_event(out: &mut String, comparison: &Comparison) -> std::fmt::Result {
    let link = comparison.link();
    let needed = comparison.texts.settings().event_similarity;
    let wanted = match comparison.rule() {
        Rule::HeldByTheOther => "a digest is not about a single happening".to_owned(),
        _ => format!("one event needs {needed:.2} and more where others are similar"),
    };
    writeln!(
        out,
        "  similarity as one event {:.2}: {}; {FAINT}{wanted}{FAINT:#}",
        // Rounded up, it would seem to reach the threshold.
        (100.0 * link.similarity).floor() / 100.0,
        describe_evidence(&link, comparison.seconds_apart()),
    )
}

/// The evidence for one happening, each a share of 1, and the time between, which counts against it.
pub(crate) fn describe_evidence(link: &Link, apart: i64) -> String {
    let share = |name: &str, share: Option<f64>| match share {
        Some(share) => format!("{name} {share:.2}, "),
        None => format!("no {name} to compare, "),
    };
    let quotations = count(link.quotations, "shared quotation", "shared quotations");
    let where_quoted = if link.in_openings { " in both openings" } else { "" };
    format!(
        "{}ledes {:.2}, {}words {:.2}, {quotations}{where_quoted}, {} h apart",
        share("titles", link.title),
        link.lede,
        share("names", link.names),
        link.cosine,
        (apart + 1_800) / 3_600,
    )
}
