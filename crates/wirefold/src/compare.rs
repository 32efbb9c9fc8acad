//! `wirefold why`: the evidence for and against one story or one event.

use std::fmt::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};
use jiff::Timestamp;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};
use wirefold_detector::contract::{confidence, how};
use wirefold_fold::{Agency, Change, Described, DocId, Passage, Verdict};
use wirefold_gateway::shapes::{GivenText, Relation};
use wirefold_gateway::{AnalysedText, TextComparison, change_counts};
use wirefold_proto::describe_agency;
use wirefold_text::{Sentence, Text};

use crate::exit::{Exit, Stop, stop};
use crate::fold::Identity;
use crate::input::{self, Input, Reading};
use crate::output;
use crate::output::{clean, count, is_shown, thousands, width};
use crate::progress::Progress;

/// Reads the article in each file.
pub(crate) fn read(first: &Path, second: &Path) -> anyhow::Result<(Input, Input)> {
    if first.as_os_str() == "-" && second.as_os_str() == "-" {
        stop!(Usage, "standard input can be only one of the two");
    }
    match (read_one(first), read_one(second)) {
        (Err(why), Err(other)) => {
            output::note(format_args!("error: {why:#}"));
            Err(other)
        }
        (earlier, later) => Ok((earlier?, later?)),
    }
}

/// Compares two articles and prints the result, with long passages in full if `full`. The exit code gives their
/// relation.
pub(crate) fn show(earlier: &Input, later: &Input, full: bool) -> anyhow::Result<Exit> {
    let Some(found) = with_described(earlier, later, TextComparison::new) else {
        anyhow::bail!("the detector gave no verdict on two articles of the same moment");
    };
    let mut text = String::new();
    write_summary(&mut text, [&earlier.id, &later.id], &found)?;
    write_passages(&mut text, &found, full)?;
    if found.relation() == Relation::SameStory {
        write_sentences(&mut text, &found)?;
    }
    output::print_styled(&text)?;
    Ok(exit_of(found.relation()))
}

/// Gives two articles in the form that the detector judges them in, each an item of its own.
pub(crate) fn with_described<T>(
    earlier: &Input,
    later: &Input,
    judge: impl FnOnce(&Described<'_>, &Described<'_>) -> T,
) -> T {
    let identities = [earlier, later].map(Identity::of);
    let items = [identities[0].items("earlier"), identities[1].items("later")];
    let [first, second] = [(0, earlier), (1, later)].map(|(at, input)| Described {
        incoming: identities[at].incoming(&items[at], &input.text),
        seen: input.seen.or(input.published),
        published: input.published.or(input.seen),
    });
    judge(&first, &second)
}

/// The exit code for the relation of two articles.
pub(crate) fn exit_of(relation: Relation) -> Exit {
    match relation {
        Relation::SameStory => Exit::Ok,
        Relation::SameEvent => Exit::SameEvent,
        Relation::Unrelated => Exit::Unrelated,
    }
}

/// The article as the API takes it.
pub(crate) fn given(known: &Input) -> GivenText {
    let title = Some(known.title.clone()).filter(|title| !title.is_empty());
    let published = known.published.or(known.seen);
    GivenText {
        text: known.text.clone(),
        title,
        outlet: known.outlet.clone(),
        url: known.url.clone().or(known.page.clone()),
        published: published.and_then(|time| Timestamp::from_second(time).ok()),
    }
}

/// Reads the article in a file, which must have exactly one.
pub(crate) fn read_one(path: &Path) -> anyhow::Result<Input> {
    let (mut found, mut refused): (Vec<Input>, Option<Stop>) = (Vec::new(), None);
    input::read(&[PathBuf::from(path)], &Progress::hidden(), &mut |reading| {
        match reading {
            Reading::Article(article) => found.push(*article),
            Reading::Note(what) | Reading::Warning(what) => {
                output::note(format_args!("note: {what}"));
            }
            Reading::Problem(what) => refused = Some(Stop::new(Exit::Failure, what)),
            Reading::Missing(what) => refused = Some(Stop::new(Exit::NotFound, what)),
        }
        Ok(())
    })?;
    match (found.pop(), found.len(), refused) {
        (Some(input), 0, problem) => {
            problem.iter().for_each(|why| output::note(format_args!("note: {why}")));
            Ok(input)
        }
        (None, _, Some(refused)) => Err(refused.into()),
        (last, others, _) => {
            let many = others + usize::from(last.is_some());
            stop!(Usage, "{}: it has {many} articles, but must have one", path.display())
        }
    }
}

const TITLE: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
/// Words in both texts.
const SHARED: Style = AnsiColor::Green.on_default();
/// Words of one text only, inside a passage.
const ONE_SIDE: Style = AnsiColor::Red.on_default();
/// A longer passage is cut in the middle, unless `--full` is given.
const SHOWN_WORDS: usize = 60;

fn write_passages(out: &mut String, found: &TextComparison, full: bool) -> std::fmt::Result {
    let overlap = &found.overlap;
    for (number, passage) in overlap.passages.iter().enumerate() {
        let title = format!("PASSAGE {}", number + 1);
        let verbatim: u32 = passage.blocks.iter().map(|block| block.len).sum();
        let edits = passage.blocks.len() - 1;
        let words = count(verbatim, "word", "words");
        let about = format!("{words} in common, {}", count(edits, "edit", "edits"));
        write_pair(out, found, &title, &about, passage, full)?;
    }
    for (number, block) in overlap.shared_quotations.iter().enumerate() {
        let title = format!("SHARED QUOTATION {}", number + 1);
        let about = format!("{}, not counted", count(block.len, "word", "words"));
        let passage = Passage { blocks: vec![*block] };
        write_pair(out, found, &title, &about, &passage, full)?;
    }
    Ok(())
}

fn write_pair(
    out: &mut String,
    found: &TextComparison,
    title: &str,
    about: &str,
    passage: &Passage,
    full: bool,
) -> std::fmt::Result {
    let left = Side {
        of: &found.earlier,
        words: passage.there(),
        shared: passage.blocks.iter().map(|block| run(block.there, block.len)).collect(),
    };
    let right = Side {
        of: &found.later,
        words: passage.here(),
        shared: passage.blocks.iter().map(|block| run(block.here, block.len)).collect(),
    };
    writeln!(
        out,
        "\n{TITLE}{title}{TITLE:#}  {FAINT}{about} · A {} · B {}{FAINT:#}",
        left.code_points(),
        right.code_points()
    )?;
    let column = (width() - 3) / 2;
    let (left, right) = (left.lines(column, full), right.lines(column, full));
    for at in 0..left.len().max(right.len()) {
        let blank = Line::default();
        let (a, b) = (left.get(at).unwrap_or(&blank), right.get(at).unwrap_or(&blank));
        writeln!(out, "{}{} │ {}", a.styled, " ".repeat(column.saturating_sub(a.used)), b.styled)?;
    }
    Ok(())
}

fn run(start: u32, len: u32) -> Range<usize> {
    start as usize..(start + len) as usize
}

/// One text's side of a passage.
struct Side<'a> {
    of: &'a AnalysedText,
    words: Range<usize>,
    shared: Vec<Range<usize>>,
}

/// A line of a column with its colours, and its width in columns.
#[derive(Default)]
struct Line {
    styled: String,
    used: usize,
}

impl Side<'_> {
    /// The position of the passage, in code points of the original.
    fn code_points(&self) -> String {
        let points = self.of.text.code_points(self.of.stretch(&self.words));
        format!("{}–{}", thousands(points.start), thousands(points.end))
    }

    /// The passage in lines of at most `column` columns, with the words as printed in the original. Words of
    /// this text only are in brackets, so they are visible without colour.
    fn lines(&self, column: usize, full: bool) -> Vec<Line> {
        let mut lines = vec![Line::default()];
        let all: Vec<usize> = self.words.clone().collect();
        let half = SHOWN_WORDS / 2;
        let is_cut = !full && all.len() > SHOWN_WORDS + 10;
        for (at, word) in all.iter().enumerate() {
            if is_cut && at == half {
                let gap = format!("… {} words …", thousands(all.len() - SHOWN_WORDS));
                push_word(&mut lines, &gap, FAINT, column, false);
            }
            if is_cut && (half..all.len() - half).contains(&at) {
                continue;
            }
            let glued = at > 0 && self.is_glued(*word);
            let printed = clean(self.printed(*word).trim_end());
            if self.shared.iter().any(|range| range.contains(word)) {
                push_word(&mut lines, &printed, SHARED, column, glued);
            } else {
                push_word(&mut lines, &format!("[{printed}]"), ONE_SIDE, column, glued);
            }
        }
        lines
    }

    /// Whether a word follows the one before it without a space, as in `full-scale` and in scripts without
    /// spaces. Words out of order were moved, or page chrome was removed between them.
    fn is_glued(&self, word: usize) -> bool {
        let words = &self.of.body.words;
        let follows = words[word - 1].index + 1 == words[word].index;
        follows && !self.printed(word - 1).ends_with(' ')
    }

    /// A word with the punctuation around it, and the space after it.
    fn printed(&self, word: usize) -> String {
        self.of.word(self.of.body.words[word].index as usize)
    }
}

/// Adds a word to lines of at most `column` columns.
fn push_word(lines: &mut Vec<Line>, word: &str, style: Style, column: usize, glued: bool) {
    let wide: usize = word.chars().map(|c| c.width().unwrap_or(0)).sum();
    let gap = usize::from(!glued);
    if lines.last().is_none_or(|line| line.used > 0 && line.used + gap + wide > column) {
        lines.push(Line::default());
    }
    if let Some(line) = lines.last_mut() {
        if line.used > 0 && !glued {
            line.styled.push(' ');
            line.used += 1;
        }
        line.styled.push_str(&format!("{style}{word}{style:#}"));
        line.used += wide;
    }
}

const OLD: Style = AnsiColor::Red.on_default();
const NEW: Style = AnsiColor::Green.on_default();

fn write_sentences(out: &mut String, found: &TextComparison) -> std::fmt::Result {
    let changes = found.changes();
    let counts: Vec<String> =
        change_counts(&changes).map(|(number, what)| format!("{number} {what}")).collect();
    writeln!(out, "\n{TITLE}SENTENCES{TITLE:#}  {FAINT}{}{FAINT:#}", counts.join(", "))?;
    let (earlier, later) = (&found.earlier.text, &found.later.text);
    for change in &changes.changes {
        let (what, old, new) = match *change {
            Change::Kept { .. } => continue,
            Change::Reworded { old, new, moved: true } => {
                ("moved and reworded", Some(old), Some(new))
            }
            Change::Reworded { old, new, moved: false } => ("reworded", Some(old), Some(new)),
            Change::Moved { old, new } => ("moved", Some(old), Some(new)),
            Change::Added { new } => ("added", None, Some(new)),
            Change::Dropped { old } => ("dropped", Some(old), None),
        };
        let places = [(old, "A"), (new, "B")].into_iter();
        let places = places.filter_map(|(at, text)| Some(format!("{} of {text}", at? + 1)));
        let places = places.collect::<Vec<_>>().join(", ");
        writeln!(out, "  {what} {FAINT}(sentence {places}){FAINT:#}")?;
        // A sentence that was only moved has the same words in both.
        if let Some(old) = old.filter(|_| !matches!(change, Change::Moved { .. })) {
            write_lines(out, "-", OLD, earlier, &changes.old[old])?;
        }
        if let Some(new) = new {
            write_lines(out, "+", NEW, later, &changes.new[new])?;
        }
    }
    Ok(())
}

fn write_lines(
    out: &mut String,
    sign: &str,
    style: Style,
    text: &Text,
    sentence: &Sentence,
) -> std::fmt::Result {
    let room = width().saturating_sub(6);
    let printed: String =
        sentence.span.of(text.original()).chars().filter(|c| is_shown(*c) || *c == '\n').collect();
    for line in wrapped(&printed, room) {
        writeln!(out, "    {style}{sign} {line}{style:#}")?;
    }
    Ok(())
}

/// A text in lines of at most `room` columns, as a terminal counts them. Lines break between words, or inside
/// a word that is wider. Scripts without spaces have only such words.
fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![Line::default()];
    for word in text.split_whitespace() {
        if word.width() <= room {
            push_word(&mut lines, word, Style::new(), room, false);
            continue;
        }
        for (at, c) in word.char_indices() {
            push_word(&mut lines, &c.to_string(), Style::new(), room, at > 0);
        }
    }
    lines.into_iter().map(|line| line.styled).collect()
}

const SAME: Style = AnsiColor::Green.on_default().bold();
const RELATED: Style = AnsiColor::Cyan.on_default().bold();
const OTHER: Style = AnsiColor::Yellow.on_default().bold();

fn write_summary(out: &mut String, ids: [&str; 2], found: &TextComparison) -> std::fmt::Result {
    let verdicts = &found.explanation;
    write_article(out, ("A", ids[0]), &found.earlier, &verdicts.earlier)?;
    write_article(out, ("B", ids[1]), &found.later, &verdicts.later)?;
    writeln!(out)?;
    write_verdict(out, found)?;
    write_numbers(out, found)?;
    match verdicts.happening_words() {
        Some(words) => writeln!(out, "  one happening: {words}"),
        None => Ok(()),
    }
}

fn write_article(
    out: &mut String,
    (letter, id): (&str, &str),
    analysed: &AnalysedText,
    verdict: &Verdict,
) -> std::fmt::Result {
    let words = count(analysed.text.words().len(), "word", "words");
    let agency = verdict.agency.as_ref().map(describe).unwrap_or_default();
    writeln!(out, "{letter}  {}  {FAINT}{words}{agency}{FAINT:#}", clean(id))
}

/// ` · probably AP (mentioned)`.
fn describe(agency: &Agency<DocId>) -> String {
    let words = describe_agency(agency.name, how(agency.how), confidence(agency.confidence));
    format!(" · {words}")
}

fn write_verdict(out: &mut String, found: &TextComparison) -> std::fmt::Result {
    let words = found.words();
    match found.relation() {
        Relation::SameStory => return writeln!(out, "{SAME}SAME STORY{SAME:#}: {words}"),
        Relation::SameEvent => {
            let what = "two texts about one happening, each in its own words";
            writeln!(out, "{RELATED}SAME EVENT{RELATED:#}, two stories: {what}")?;
        }
        Relation::Unrelated => {
            writeln!(out, "{OTHER}UNRELATED{OTHER:#}: neither one text nor one happening")?;
        }
    }
    writeln!(out, "  not one story: {words}")
}

fn write_numbers(out: &mut String, found: &TextComparison) -> std::fmt::Result {
    let overlap = &found.overlap;
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
    let distance = found.simhash_distance();
    writeln!(out, "  SimHash distance {distance} of 64 {FAINT}(a hint, never evidence){FAINT:#}")
}

#[cfg(test)]
mod sentences_tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_inside_long_words() {
        assert_eq!(wrapped("one two three", 8), ["one two", "three"]);
        assert_eq!(wrapped("海上保安庁は四日", 8), ["海上保安", "庁は四日"]);
        assert_eq!(wrapped("at 海上保安庁は四日", 8), ["at 海上", "保安庁は", "四日"]);
        assert_eq!(wrapped("", 8), [""]);
    }
}
