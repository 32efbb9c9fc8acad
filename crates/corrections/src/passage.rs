//! The passages of an earlier text that a note corrects, and whether other texts still carry them.

use rustc_hash::FxHashSet;
use wirefold_text::Text;

use crate::note::Note;
use crate::sentence::{Sentence, as_one_sentence, sentences_of, similarity};

/// A corrected sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// The old sentence.
    pub old: String,
    /// The new sentence. `None` if it was removed, or if only the note gives the correction.
    pub new: Option<String>,
    /// The words of the old sentence.
    pub(crate) words: Vec<u64>,
    /// Its words that were removed.
    pub(crate) removed: FxHashSet<u64>,
    /// The words that were added.
    pub(crate) added: FxHashSet<u64>,
}

/// Sentences with this similarity are one sentence reworded.
const REWORDED: f64 = 0.5;
/// The most passages of one note.
const MOST: usize = 4;
/// The fewest content words that a removed sentence shares with its note.
const SHARED: usize = 2;
/// A sentence with this many bytes of the note's beginning belongs to the note.
const OPENING: usize = 32;
/// If a note names nothing, a change of more words is another edit.
const SMALL_CHANGE: usize = 4;

/// A changed or removed sentence of the earlier text.
struct Change<'a> {
    old: &'a Sentence<'a>,
    new: Option<&'a Sentence<'a>>,
    removed: FxHashSet<u64>,
    added: FxHashSet<u64>,
}

impl Change<'_> {
    fn passage(self) -> Passage {
        Passage {
            old: self.old.printed.to_owned(),
            new: self.new.map(|new| new.printed.to_owned()),
            words: self.old.words.clone(),
            removed: self.removed,
            added: self.added,
        }
    }
}

/// The sentences of `before` that `after`, a later version of it, corrects according to its note.
/// `is_own` means that both are of one outlet. The copy of another outlet differs in other ways
/// too, so its note must name the correction.
pub(crate) fn corrected_passages(
    before: &Text,
    after: &Text,
    note: &Note,
    is_own: bool,
) -> Vec<Passage> {
    let of_note = Text::new(&note.whole);
    let of_note = as_one_sentence(&of_note);
    let (old, mut new) = (sentences_of(before), sentences_of(after));
    new.retain(|sentence| !is_of_note(sentence, &of_note));
    let changes = changes(&old, &new);
    let stays: FxHashSet<u64> =
        new.iter().flat_map(|it| it.content_words.iter().copied()).collect();
    let concerns = |change: &Change<'_>| match change.new {
        Some(_) => {
            change.removed.union(&change.added).any(|word| of_note.content_words.contains(word))
        }
        None => {
            let shared: Vec<&u64> =
                change.old.content_words.intersection(&of_note.content_words).collect();
            shared.len() >= SHARED && shared.iter().any(|word| !stays.contains(word))
        }
    };
    let (about, others): (Vec<_>, Vec<_>) = changes.into_iter().partition(concerns);
    let found = if about.is_empty() && is_own { small(others) } else { about };
    found.into_iter().take(MOST).map(Change::passage).collect()
}

/// For a note that names nothing: sentences in which little but a number or a name changed.
fn small(changes: Vec<Change<'_>>) -> Vec<Change<'_>> {
    let is_small = |change: &Change<'_>| {
        change.new.is_some()
            && change.removed.len() <= SMALL_CHANGE
            && change.removed.iter().any(|word| change.old.facts.contains(word))
    };
    changes.into_iter().filter(is_small).collect()
}

/// The sentence of an earlier text that a note at another address corrects: it has the word that
/// the note calls wrong, and other words of the note. `None` if the note does not give the right
/// word.
pub(crate) fn corrected_by_note(before: &Text, note: &Note) -> Option<Passage> {
    let of_note = Text::new(&note.whole);
    let of_note = as_one_sentence(&of_note);
    let old = sentences_of(before);
    let old_words: FxHashSet<u64> =
        old.iter().flat_map(|it| it.content_words.iter().copied()).collect();
    let is_right = |word: &&u64| of_note.facts.contains(*word) && !old_words.contains(*word);
    let right: FxHashSet<u64> = of_note.content_words.iter().filter(is_right).copied().collect();
    let right_numbers = right.iter().any(|word| of_note.numbers.contains(word));
    let right_names = right.iter().any(|word| !of_note.numbers.contains(word));
    // The wrong word is of the same kind as the right one: a number or a name.
    let wrong = |sentence: &Sentence<'_>| -> FxHashSet<u64> {
        let of_sort = |word: &&u64| match of_note.numbers.contains(*word) {
            true => right_numbers && sentence.numbers.contains(*word),
            false => right_names && of_note.facts.contains(*word),
        };
        sentence.facts.intersection(&of_note.facts).filter(of_sort).copied().collect()
    };
    let score = |sentence: &&Sentence<'_>| {
        let wrong = wrong(sentence);
        let shared = sentence.content_words.intersection(&of_note.content_words).count();
        (!wrong.is_empty()).then_some((wrong.len() + shared, shared))
    };
    let best = old.iter().max_by_key(|sentence| score(sentence))?;
    let (_, shared) = score(&best)?;
    (shared >= SHARED).then(|| Passage {
        old: best.printed.to_owned(),
        new: None,
        words: best.words.clone(),
        removed: wrong(best),
        added: right,
    })
}

/// Whether a sentence is part of the note, with or without its label.
fn is_of_note(sentence: &Sentence<'_>, note: &Sentence<'_>) -> bool {
    let opening = note.printed.get(..note.printed.floor_char_boundary(OPENING));
    let opening = opening.filter(|opening| !opening.is_empty());
    note.printed.contains(sentence.printed)
        || opening.is_some_and(|opening| sentence.printed.contains(opening))
}

/// The sentences of `before` that are not word for word in `after`.
fn changes<'a>(before: &'a [Sentence<'a>], after: &'a [Sentence<'a>]) -> Vec<Change<'a>> {
    let after_words: FxHashSet<&[u64]> = after.iter().map(|it| it.words.as_slice()).collect();
    let before_words: FxHashSet<&[u64]> = before.iter().map(|it| it.words.as_slice()).collect();
    let fresh: Vec<&Sentence<'_>> =
        after.iter().filter(|it| !before_words.contains(it.words.as_slice())).collect();
    let gone = before.iter().filter(|it| !after_words.contains(it.words.as_slice()));
    gone.map(|old| {
        let like = |new: &&Sentence<'_>| similarity(&old.words, &new.words);
        let best = fresh.iter().copied().max_by(|one, other| like(one).total_cmp(&like(other)));
        match best.filter(|new| like(new) >= REWORDED) {
            Some(new) => Change {
                old,
                new: Some(new),
                removed: old.content_words.difference(&new.content_words).copied().collect(),
                added: new.content_words.difference(&old.content_words).copied().collect(),
            },
            None => Change {
                old,
                new: None,
                removed: old.content_words.clone(),
                added: FxHashSet::default(),
            },
        }
    })
    .collect()
}

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
    let is_like = |sentence: &Sentence<'_>, least: f64| {
        similarity(&passage.words, &sentence.words) >= least
            && !note.as_ref().is_some_and(|note| is_of_note(sentence, note))
    };
    let has_new = |sentence: &Sentence<'_>| {
        !passage.added.is_empty() && passage.added.is_subset(&sentence.content_words)
    };
    let has_old = |sentence: &Sentence<'_>| passage.removed.is_subset(&sentence.content_words);
    let is_removed = passage.new.is_none() && passage.added.is_empty();
    let least = if is_removed { REMOVED_SIMILARITY } else { REWORDED };
    let mut found = PassageState::Neither;
    for sentence in sentences_of(text).iter().filter(|sentence| is_like(sentence, least)) {
        let is_old = (is_removed || has_old(sentence)) && !has_new(sentence);
        // If only function words changed, all words must agree.
        let is_old = is_old && (!passage.removed.is_empty() || sentence.words == passage.words);
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

    const BEFORE: &str = "Eleven people died when a bus overturned at Brenmouth on Monday.\n\n\
        The governor, Maria Hollow, said that the road would stay closed for days.\n\n\
        The driver resigned from the company in March, its owner said.";

    fn passages(before: &str, after: &str) -> Vec<(String, Option<String>)> {
        let found = note("", after, &[]).expect("it has a note");
        let all = corrected_passages(&Text::new(before), &Text::new(after), &found, true);
        all.into_iter().map(|passage| (passage.old, passage.new)).collect()
    }

    #[test]
    fn finds_the_sentence_that_the_note_names() {
        let after = BEFORE.replace("Eleven", "Nine").replace("closed for days", "shut for days")
            + "\n\nCorrection: An earlier version said that 11 people died. Nine did.";
        let new = "Nine people died when a bus overturned at Brenmouth on Monday.";
        let old = "Eleven people died when a bus overturned at Brenmouth on Monday.";
        assert_eq!(passages(BEFORE, &after), [(old.to_owned(), Some(new.to_owned()))]);
    }

    #[test]
    fn finds_a_removed_sentence() {
        let after = BEFORE.split("\n\nThe driver").next().unwrap().to_owned()
            + "\n\nCorrection: This article said that the driver had resigned. He has not resigned.";
        let old = "The driver resigned from the company in March, its owner said.";
        assert_eq!(passages(BEFORE, &after), [(old.to_owned(), None)]);
    }

    #[test]
    fn a_note_that_names_nothing_corrects_a_number_or_a_name() {
        let note = "\n\nThis article has been corrected.";
        let after =
            BEFORE.replace("Maria Hollow", "Marta Holloway").replace("days", "weeks") + note;
        let found = passages(BEFORE, &after);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].0.contains("Maria Hollow"));
        let reworded = BEFORE.replace("would stay closed for days", "opens again") + note;
        assert_eq!(passages(BEFORE, &reworded), []);
    }

    #[test]
    fn finds_nothing_without_a_change() {
        let after = BEFORE.to_owned() + "\n\nCorrection: The photo showed another bus.";
        assert_eq!(passages(BEFORE, &after), []);
    }

    fn by_note(text: &str) -> Option<String> {
        let found = note("", text, &[]).expect("it has a note");
        corrected_by_note(&Text::new(BEFORE), &found).map(|passage| passage.old)
    }

    #[test]
    fn a_note_at_another_address_names_its_passage() {
        let of_toll =
            "Correction: This article said earlier that 11 people died. The correct number is 9.";
        assert!(by_note(of_toll).unwrap().starts_with("Eleven people died"));
        let of_name = "Correction: An earlier version of this article named the governor Maria Hollow. Her name \
            is Marta Holloway.";
        assert!(by_note(of_name).unwrap().contains("Maria Hollow"));
        for vague in [
            "Correction: An earlier version of this article gave a wrong number.",
            "Correction: An earlier version of this article named a bus at Brenmouth.",
            "Correction: The photo was taken in 2019, not in 2021.",
        ] {
            assert_eq!(by_note(vague), None, "{vague}");
        }
    }

    const SHORT: &str = "Eleven people died when a bus overturned at Brenmouth on Monday.\n\n\
        The road would stay closed for days, the governor said.";

    fn check(texts: &[(&str, PassageState)]) {
        let after = SHORT.replace("Eleven", "Nine") + "\n\nCorrection: Nine people died, not 11.";
        let found = note("", &after, &[]).unwrap();
        let all = corrected_passages(&Text::new(SHORT), &Text::new(&after), &found, true);
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
        let report = Text::new(SHORT);
        let copy = format!("BRENMOUTH — {SHORT} More is to come.");
        assert!(carries_retracted(&report, &Text::new(&copy)));
        let own = "A bus lay on its side at Brenmouth. Nobody said how many had died in it.";
        assert!(!carries_retracted(&report, &Text::new(own)));
        assert!(!carries_retracted(&Text::new(""), &Text::new(own)));
    }
}
