//! Separately written texts: originals, other texts about a happening, follow-ups.

use wirefold_score::Random;

use super::article::{Paragraph, Role, Sentence};
use super::words::Script;
use super::writer::Writer;

/// The quantiles of the lengths of texts in words, in steps of a 32nd: a log-normal distribution with a
/// median of 480 and a deviation of 0.75, from 60 to 5,000. They are constants, because logarithms differ
/// between machines.
const LENGTHS: [usize; 33] = [
    60, 119, 152, 179, 203, 225, 247, 268, 289, 311, 333, 355, 378, 402, 427, 453, 480, 509, 540,
    573, 610, 649, 693, 741, 796, 859, 934, 1_024, 1_137, 1_290, 1_517, 1_941, 5_000,
];
/// The percentage of paragraphs with a quotation.
const QUOTING: usize = 18;
/// Texts with more words have headings.
const LONG: usize = 900;

/// The text of an article before page chrome is added.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    pub(super) title: String,
    pub(super) byline: String,
    pub(super) paragraphs: Vec<Paragraph>,
}

impl Draft {
    /// The number of its words.
    pub(super) fn words(&self) -> usize {
        self.paragraphs.iter().flatten().map(|sentence| sentence.words as usize).sum()
    }
}

/// A random length in words, in `percent` of the length of news.
fn length(random: &mut Random, percent: usize) -> usize {
    let (part, within) = (random.below(LENGTHS.len() - 1), random.below(1_000));
    // The last step is long, and most texts are near its beginning.
    let within =
        if part + 2 == LENGTHS.len() { within * within / 1_000 * within / 1_000 } else { within };
    let words = LENGTHS[part] + (LENGTHS[part + 1] - LENGTHS[part]) * within / 1_000;
    words * percent / 100
}

/// A text as an agency or a newspaper writes it, in `percent` of the length of news.
pub(super) fn original(writer: &mut Writer<'_>, percent: usize, agency: Option<&str>) -> Draft {
    // The headline comes first, so that it can be generated alone.
    let title = writer.headline();
    let words = length(&mut writer.random, percent);
    let mut draft = Draft { title, byline: byline(writer, agency), paragraphs: Vec::new() };
    let mut lede = writer.paragraph(1);
    if agency.is_some() || writer.random.chance(40) {
        let line = dateline(writer, agency);
        lede[0].text.insert_str(0, &line);
    }
    draft.paragraphs.push(lede);
    let mut written = draft.words();
    while written < words {
        if words > LONG && writer.random.chance(8) {
            let heading = writer.headline();
            let heading = vec![writer.sentence_of(heading)];
            draft.paragraphs.push(heading);
        }
        let next = match writer.random.chance(QUOTING) {
            true => vec![writer.quotation()],
            false => {
                let sentences = writer.random.within(1..4);
                writer.paragraph(sentences)
            }
        };
        written += next.iter().map(|sentence| sentence.words as usize).sum::<usize>();
        draft.paragraphs.push(next);
    }
    draft.paragraphs.extend(credit(writer, agency));
    draft
}

/// Inserts quotations of another text, each with its speaker.
pub(super) fn quote(draft: &mut Draft, quotations: &[Sentence], writer: &mut Writer<'_>) {
    for quotation in quotations {
        let at = writer.random.within(1..draft.paragraphs.len() + 1);
        draft.paragraphs.insert(at, vec![quotation.clone()]);
    }
}

/// The quotations of a text.
pub(super) fn quotations(draft: &Draft) -> Vec<Sentence> {
    let all = draft.paragraphs.iter().flatten();
    all.filter(|sentence| sentence.role == Role::Quoted).cloned().collect()
}

/// The author of the text.
fn byline(writer: &mut Writer<'_>, agency: Option<&str>) -> String {
    match agency {
        Some(agency) => agency.to_owned(),
        None if writer.random.chance(60) => {
            let who = writer.random.below(4);
            writer.happening.person(who).to_owned()
        }
        None => String::new(),
    }
}

/// The place of a text: `BRUNTON (AP) — `.
fn dateline(writer: &mut Writer<'_>, agency: Option<&str>) -> String {
    let place = writer.happening.first_place();
    match (writer.script, agency) {
        (Script::Latin | Script::Cyrillic, Some(agency)) => {
            format!("{} ({agency}) — ", place.to_uppercase())
        }
        (Script::Latin | Script::Cyrillic, None) => format!("{} — ", place.to_uppercase()),
        (_, Some(agency)) => format!("（{agency}{place}）"),
        (_, None) => format!("【{place}】"),
    }
}

/// The line at the end that names the agency.
fn credit(writer: &mut Writer<'_>, agency: Option<&str>) -> Option<Paragraph> {
    let agency = agency?;
    let text = match writer.random.below(3) {
        0 => format!("({agency})"),
        1 => format!("— {agency}"),
        _ => return None,
    };
    Some(vec![Sentence::new(text, writer.script, Role::Chrome)])
}
