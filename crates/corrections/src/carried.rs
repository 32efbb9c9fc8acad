//! Whether a text still carries a passage that was corrected or retracted.

use wirefold_text::Text;

use crate::note::Note;
use crate::passage::{Passage, REWORDED, is_of_note};
use crate::sentence::{Sentence, as_one_sentence, read, similarity};

/// How a text stands to a passage that was put right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PassageState {
    /// It carries the passage as it was.
    Old,
    /// It carries the passage as it is now.
    New,
    /// It has neither.
    Neither,
}

/// A sentence that was taken out is looked for nearly word for word.
const TAKEN_OUT: f64 = 0.7;
/// A text with this share of a report's sentences carries the report.
const RETRACTED: f64 = 0.3;
/// And so many of them.
const LEAST_SENTENCES: usize = 2;

/// How a text stands to a passage. `note` is the note of that text, whose words are no part of its report.
pub(crate) fn passage_state(text: &Text, note: Option<&Note>, passage: &Passage) -> PassageState {
    let note = note.map(|note| Text::new(&note.whole));
    let note = note.as_ref().map(as_one_sentence);
    let marks = &passage.marks;
    let is_like = |sentence: &Sentence<'_>, least: f64| {
        similarity(&marks.words, &sentence.words) >= least
            && !note.as_ref().is_some_and(|note| is_of_note(sentence, note))
    };
    let has_new = |sentence: &Sentence<'_>| {
        !marks.added.is_empty() && marks.added.is_subset(&sentence.telling)
    };
    let has_old = |sentence: &Sentence<'_>| marks.removed.is_subset(&sentence.telling);
    let is_taken_out = passage.new.is_none() && marks.added.is_empty();
    let least = if is_taken_out { TAKEN_OUT } else { REWORDED };
    let mut found = PassageState::Neither;
    for sentence in read(text).iter().filter(|sentence| is_like(sentence, least)) {
        let is_old = (is_taken_out || has_old(sentence)) && !has_new(sentence);
        // Where only function words changed, all words decide.
        let is_old = is_old && (!marks.removed.is_empty() || sentence.words == marks.words);
        match is_old {
            true => return PassageState::Old,
            false if has_new(sentence) => found = PassageState::New,
            false => {}
        }
    }
    found
}

/// Whether a text carries a report that was taken back: a good part of its sentences.
pub(crate) fn carries_retracted(report: &Text, text: &Text) -> bool {
    let (report, text) = (read(report), read(text));
    let has = |sentence: &&Sentence<'_>| {
        text.iter().any(|other| similarity(&sentence.words, &other.words) >= TAKEN_OUT)
    };
    let carried = report.iter().filter(has).count();
    carried >= LEAST_SENTENCES.min(report.len().max(1))
        && carried as f64 >= RETRACTED * report.len() as f64
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
    fn who_copied_the_old_passage_carries_it() {
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
