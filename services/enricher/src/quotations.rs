//! Quotations with their speakers: `“…,” said Ada Ruiz`, `Ada Ruiz said: “…”`, in the word orders of
//! English, German, French, Spanish, Russian and Ukrainian.

use std::ops::Range;

use wirefold_proto::{FoundBy, Quotation};
use wirefold_text::Span;

use crate::entities::cues::{is_pronoun, is_title, says};
use crate::reading::Reading;

/// The most quotations told of one text.
const MOST: usize = 24;
/// Fewer words are a term in quotation marks, no speech.
const FEWEST: usize = 4;
/// The most bytes of one quotation.
const LONGEST: usize = 1_000;
/// Words behind and before a quotation among which its speaker is looked for.
const REACH: usize = 12;
/// Words between a verb of saying and its speaker: titles and articles.
const APART: usize = 5;

/// The quotations of a text, in order.
pub(crate) fn quotations(reading: &Reading<'_>) -> Vec<Quotation> {
    let mut told: Vec<Quotation> = Vec::new();
    // The one who spoke last, and in which paragraph.
    let mut last: Option<(Range<usize>, u32)> = None;
    for span in reading.text.quotations() {
        let Some(words) = words_in(reading, *span) else { continue };
        let speaker = match attribution(reading, &words) {
            Attribution::To(name) => Some(name),
            Attribution::ToTheLast => last.clone().map(|(name, _)| name),
            Attribution::None => {
                let paragraph = reading.text.words()[words.start].paragraph;
                last.clone().filter(|(_, spoke)| *spoke == paragraph).map(|(name, _)| name)
            }
        };
        if let Some(name) = &speaker {
            last = Some((name.clone(), reading.text.words()[words.end - 1].paragraph));
        }
        if words.len() < FEWEST || told.len() == MOST {
            continue;
        }
        let speaker = speaker.map(|name| reading.printed(&name).to_owned());
        let printed = reading.printed(&words);
        let printed = printed[..printed.floor_char_boundary(LONGEST)].to_owned();
        told.push(Quotation { words: printed, speaker, how: FoundBy::Rule });
    }
    told
}

/// Who a quotation belongs to.
enum Attribution {
    /// A name beside it.
    To(Range<usize>),
    /// `he said`: whoever spoke last.
    ToTheLast,
    None,
}

/// The words between the marks, as indices; none for a quotation without words.
fn words_in(reading: &Reading<'_>, span: Span) -> Option<Range<usize>> {
    let words = reading.text.words();
    let start = words.partition_point(|word| word.span.start < span.start);
    let end = words.partition_point(|word| word.span.start < span.end);
    (start < end).then_some(start..end)
}

fn attribution(reading: &Reading<'_>, quoted: &Range<usize>) -> Attribution {
    let behind = window(reading, quoted.end..quoted.end + REACH, quoted);
    let before = window(reading, quoted.start.saturating_sub(REACH)..quoted.start, quoted);
    let after = speaker_in(reading, &behind, Side::Behind);
    match after {
        Attribution::None => speaker_in(reading, &before, Side::Before),
        found => found,
    }
}

/// On which side of the quotation words stand.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Behind,
    Before,
}

/// The words of a range that stand in the quotation's paragraph and outside of quotations, as far
/// as the sentence goes.
fn window(reading: &Reading<'_>, range: Range<usize>, quoted: &Range<usize>) -> Range<usize> {
    let words = reading.text.words();
    let range = range.start..range.end.min(words.len());
    let paragraph = words[quoted.start].paragraph;
    let belongs = |index: usize| words[index].paragraph == paragraph && !words[index].quoted;
    if range.start >= quoted.end {
        let ends = |index: usize| index > range.start && ends_sentence(reading, index);
        let end = range.clone().find(|index| !belongs(*index) || ends(*index));
        return range.start..end.unwrap_or(range.end);
    }
    let begins = |index: usize| !belongs(index) || ends_sentence(reading, index + 1);
    let last_outside = range.clone().rev().skip(1).find(|index| begins(*index));
    let is_near = range.end.checked_sub(1).is_some_and(belongs);
    match is_near {
        true => last_outside.map_or(range.start, |index| index + 1)..range.end,
        false => range.end..range.end,
    }
}

/// Whether a sentence ends between a word and the one before it.
fn ends_sentence(reading: &Reading<'_>, index: usize) -> bool {
    let words = reading.text.words();
    let (Some(before), Some(word)) =
        (index.checked_sub(1).and_then(|i| words.get(i)), words.get(index))
    else {
        return true;
    };
    let between = reading.text.original().get(before.span.end..word.span.start);
    let is_initial = before.span.end - before.span.start <= 3;
    between.is_some_and(|marks| {
        marks.contains(['!', '?', '。']) || (marks.contains(". ") && !is_initial)
    })
}

/// The speaker beside a verb of saying in a window.
fn speaker_in(reading: &Reading<'_>, window: &Range<usize>, side: Side) -> Attribution {
    let text = reading.text;
    let normal = |index: usize| text.words().get(index).map_or("", |word| text.normal(word));
    let verbs = || window.clone().filter(|index| says(normal(*index)));
    let verb = match side {
        Side::Behind => verbs().next(),
        Side::Before => verbs().next_back(),
    };
    let Some(verb) = verb else { return Attribution::None };
    let behind =
        (verb + 1..window.end.min(verb + 1 + APART)).find(|index| is_speaker(reading, *index));
    let least = window.start.max(verb.saturating_sub(APART));
    let before = (least..verb).rev().find(|index| is_speaker(reading, *index));
    // `“…,” said Ruiz` and `Ruiz said: “…”`: the nearer one; a tie goes to the one before.
    let far = |index: Option<usize>| index.map_or(usize::MAX, |index| index.abs_diff(verb));
    let found = if far(behind) < far(before) { behind } else { before };
    match found {
        Some(index) => match reading.name_at(index) {
            Some(name) => without_titles(reading, name),
            None => Attribution::ToTheLast,
        },
        None => Attribution::None,
    }
}

/// Whether a word may be a speaker: a name, or a pronoun for one.
fn is_speaker(reading: &Reading<'_>, index: usize) -> bool {
    let Some(word) = reading.text.words().get(index) else { return false };
    let normal = reading.text.normal(word);
    if is_pronoun(normal) {
        return true;
    }
    let is_lone_noun = |name: &Range<usize>| reading.capitalises_nouns && name.len() == 1;
    let name = reading.name_at(index).filter(|name| !is_lone_noun(name));
    name.is_some() && !crate::entities::cues::is_calendar(normal)
}

/// A name without the titles before it.
fn without_titles(reading: &Reading<'_>, name: &Range<usize>) -> Attribution {
    let text = reading.text;
    let is_a_title = |index: &usize| is_title(text.normal(&text.words()[*index]));
    let titles = name.clone().take_while(is_a_title).count();
    let name = name.start + titles..name.end;
    if name.is_empty() { Attribution::None } else { Attribution::To(name) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wirefold_text::Text;

    fn check(original: &str, expected: &[Option<&str>]) {
        let text = Text::new(original);
        let found = quotations(&Reading::new(&text));
        let speakers: Vec<Option<&str>> = found.iter().map(|q| q.speaker.as_deref()).collect();
        assert_eq!(speakers, expected, "{original}: {found:?}");
    }

    #[test]
    fn speakers_stand_behind_or_before() {
        let quote = "“We will not open the quay again,”";
        check(
            &format!("{quote} said Rosalind Achterberg, the head."),
            &[Some("Rosalind Achterberg")],
        );
        check(&format!("{quote} Mayor Tom Lund said on Monday."), &[Some("Tom Lund")]);
        check(&format!("{quote} said the union’s chief, Ada Ruiz."), &[Some("Ada Ruiz")]);
        check("Tom Lund said: “We will not open the quay.”", &[Some("Tom Lund")]);
        check("Old Tom Lund told them, “We will not open the quay.”", &[Some("Tom Lund")]);
        check("The sign read “no entry for the public” in red.", &[None]);
        check("They spoke of “one big quay” as Tom Lund left.", &[]);
    }

    #[test]
    fn pronouns_and_parts_belong_to_the_last_speaker() {
        check(
            "“We will not open it,” said Tom Lund. “Not in this year or the next.”\n“It is far too \
             soon for that,” he said.",
            &[Some("Tom Lund"), Some("Tom Lund"), Some("Tom Lund")],
        );
    }

    #[test]
    fn other_languages() {
        check(
            "„Wir öffnen den Kai nicht wieder“, sagte Jonas Feld am Montag.",
            &[Some("Jonas Feld")],
        );
        check(
            "Jonas Feld erklärte: „Wir öffnen den Kai nicht wieder.“ Dann ging er.",
            &[Some("Jonas Feld")],
        );
        check("« Nous ne rouvrirons pas le quai », a déclaré Luc Morel.", &[Some("Luc Morel")]);
        check("«No abriremos el muelle otra vez», dijo Ana Lobo.", &[Some("Ana Lobo")]);
        check("«Мы не откроем порт снова», — заявил Марк Орлов.", &[Some("Марк Орлов")]);
    }
}
