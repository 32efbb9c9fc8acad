//! Checks whether a text still carries a passage that was corrected or retracted.

use wirefold_text::Text;

use crate::note::Note;
use crate::passage::{Passage, REWORDED, is_of_note};
use crate::sentence::{Sentence, as_one_sentence, sentences_of, similarity};

/// Whether a text has a corrected passage in its old or in its new form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PassageState {
    /// It has the old passage.
    Old,
    /// It has the new passage.
    New,
    /// It has neither.
    Neither,
}

/// A text has a removed sentence if it has one with this similarity.
const REMOVED_SIMILARITY: f64 = 0.7;
/// A text carries a report if it has this share of its sentences, …
const RETRACTED_SHARE: f64 = 0.3;
/// … and at least this many.
const LEAST_SENTENCES: usize = 2;

/// The state of a passage in a text. `note` is the note of the text, whose words are not part of
/// its report.
pub(crate) fn passage_state(text: &Text, note: Option<&Note>, passage: &Passage) -> PassageState {
    let note = note.map(|note| Text::new(&note.whole));
    let note = note.as_ref().map(as_one_sentence);
    let words = &passage.words;
    let is_like = |sentence: &Sentence<'_>, least: f64| {
        similarity(&words.words, &sentence.words) >= least
            && !note.as_ref().is_some_and(|note| is_of_note(sentence, note))
    };
    let has_new = |sentence: &Sentence<'_>| {
        !words.added.is_empty() && words.added.is_subset(&sentence.content_words)
    };
    let has_old = |sentence: &Sentence<'_>| words.removed.is_subset(&sentence.content_words);
    let is_removed = passage.new.is_none() && words.added.is_empty();
    let least = if is_removed { REMOVED_SIMILARITY } else { REWORDED };
    let mut found = PassageState::Neither;
    for sentence in sentences_of(text).iter().filter(|sentence| is_like(sentence, least)) {
        let is_old = (is_removed || has_old(sentence)) && !has_new(sentence);
        // If only function words changed, all words must agree.
        let is_old = is_old && (!words.removed.is_empty() || sentence.words == words.words);
        match is_old {
            true => return PassageState::Old,
            false if has_new(sentence) => found = PassageState::New,
            false => {}
        }
    }
    found
}

/// Whether a text carries a retracted report: it has a good part of its sentences.
pub(crate) fn carries_retracted(report: &Text, text: &Text) -> bool {
    let (report, text) = (sentences_of(report), sentences_of(text));
    let has = |sentence: &&Sentence<'_>| {
        text.iter().any(|other| similarity(&sentence.words, &other.words) >= REMOVED_SIMILARITY)
    };
    let carried = report.iter().filter(has).count();
    carried >= LEAST_SENTENCES.min(report.len().max(1))
        && carried as f64 >= RETRACTED_SHARE * report.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::note;
    use crate::passage::corrected_passages;

    const BEFORE: &str = "Eleven people died when a bus overturned at Brenmouth on Monday.\n\n\
        The road would stay closed for days, the governor said.";

    fn check(texts: &[(&str, PassageState)]) {
        let after = BEFORE.replace("Eleven", "Nine") + "\n\nCorrection: Nine people died, not 11.";
        let found = note("", &after, &[]).unwrap();
        let all = corrected_passages(&Text::new(BEFORE), &Text::new(&after), &found, true);
        let [passage] = all.as_slice() else { panic!("{all:?}") };
        for (text, expected) in texts {
            let of_text = note("", text, &[]);
            let told = passage_state(&Text::new(text), of_text.as_ref(), passage);
            assert_eq!(told, *expected, "{text}");
        }
    }

    #[test]
    fn copies_of_the_old_passage_carry_it() {
        check(&[
            (
                "BRENMOUTH — Eleven people died when a bus overturned at Brenmouth on Monday.",
                PassageState::Old,
            ),
            (
                "Eleven people died when a bus overturned in Brenmouth Monday, police said.",
                PassageState::Old,
            ),
            ("11 people died when a bus overturned at Brenmouth on Monday.", PassageState::Old),
            ("Nine people died when a bus overturned at Brenmouth on Monday.", PassageState::New),
            ("A bus overturned at Brenmouth on Monday. The road is closed.", PassageState::Neither),
            ("Eleven people were hurt in another town when a storm came.", PassageState::Neither),
            (
                "Nine people died when a bus overturned at Brenmouth on Monday.\n\nCorrection: Eleven people \
                 died when a bus overturned at Brenmouth on Monday, we wrote.",
                PassageState::New,
            ),
        ]);
    }

    #[test]
    fn a_copy_carries_a_retracted_report() {
        let report = Text::new(BEFORE);
        let copy = format!("BRENMOUTH — {BEFORE} More is to come.");
        assert!(carries_retracted(&report, &Text::new(&copy)));
        let own = "A bus lay on its side at Brenmouth. Nobody said how many had died in it.";
        assert!(!carries_retracted(&report, &Text::new(own)));
        assert!(!carries_retracted(&Text::new(""), &Text::new(own)));
    }
}
