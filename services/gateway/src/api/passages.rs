//! What two texts have in common, in the form of the API.

use std::ops::Range;

use wirefold_dedup::{
    Block, Body, Change, Changes, Class, CopyKind, Detector, Incoming, Overlap, Passage, Settings,
    Verdict,
};
use wirefold_proto::{ArticleId, Containment, Tag};
use wirefold_text::{Sentence, Span, Text};

use crate::shapes::{
    ChangeWord, Changed, ComparedText, Comparison, Place, Relation, SentenceChange, SharedPassage,
};

/// One of the two.
pub(super) struct Side {
    pub(super) id: Option<ArticleId>,
    pub(super) title: Option<String>,
    pub(super) outlet: Option<String>,
    pub(super) text: String,
}

/// A text and the part of it that is compared.
struct Read {
    text: Text,
    body: Body,
}

/// Compares the two as if they came in one after the other; none where the detector fails.
pub(super) fn compare(a: &Side, b: &Side) -> Option<Comparison> {
    let settings = Settings::default();
    let (settled_a, settled_b) = settle(a, b, &settings)?;
    let [old, new] = [a, b].map(|side| {
        let text = Text::new(&side.text);
        Read { body: Body::new(&text), text }
    });
    let overlap = Overlap::between(&new.body, &old.body, &settings);
    let pair = Pair { old: &old, new: &new };
    let relation = match (settled_a.story == settled_b.story, settled_a.event == settled_b.event) {
        (true, _) => Relation::SameStory,
        (false, true) => Relation::SameEvent,
        (false, false) => Relation::Unrelated,
    };
    let is_close = relation == Relation::SameStory || !overlap.passages.is_empty();
    let quotation = |block: &Block| pair.shared(&Passage { blocks: vec![*block], counted: 0 });
    Some(Comparison {
        schema: Tag::new(),
        a: described(a, &old, &settled_a),
        b: described(b, &new, &settled_b),
        relation,
        stored: None,
        kind: (settled_b.class == Class::Copy).then_some(settled_b.kind).flatten().map(kind),
        words: in_words(relation, &settled_a, &settled_b).to_owned(),
        contained: share(overlap.contained),
        containing: share(overlap.containing),
        reprint_contained: share(settings.reprint_contained),
        reprint_larger: share(settings.reprint_larger),
        longest: overlap.longest,
        simhash_distance: (settled_a.simhash ^ settled_b.simhash).count_ones(),
        passages: overlap.passages.iter().map(|passage| pair.shared(passage)).collect(),
        shared_quotations: overlap.shared_quotations.iter().map(quotation).collect(),
        changes: is_close.then(|| pair.changes()),
    })
}

fn settle(a: &Side, b: &Side, settings: &Settings) -> Option<(Verdict, Verdict)> {
    let mut detector = Detector::keeping_verdicts(settings.clone());
    for (id, side) in [("a", a), ("b", b)] {
        let title = side.title.as_deref().unwrap_or_default();
        detector.observe(&Incoming {
            items: &[id],
            outlet: side.outlet.as_deref(),
            title,
            text: &side.text,
            ..Incoming::default()
        });
    }
    Some((detector.settled(0)?, detector.settled(1)?))
}

fn described(side: &Side, read: &Read, settled: &Verdict) -> ComparedText {
    ComparedText {
        id: side.id,
        title: side.title.clone(),
        outlet: side.outlet.clone(),
        words: narrow(read.text.words().len()),
        length: narrow(side.text.chars().count()),
        comparable: settled.comparable,
    }
}

fn in_words(relation: Relation, a: &Verdict, b: &Verdict) -> &'static str {
    match (relation, b.class, b.kind) {
        (Relation::SameStory, Class::Copy, Some(CopyKind::Exact)) => "the same text",
        (Relation::SameStory, Class::Copy, Some(CopyKind::Partial)) => {
            "a substantial part of b stands in a"
        }
        (Relation::SameStory, ..) => "b is a reprint of a, or both are of a third text",
        _ if !a.comparable => "a is too short to be compared: only the same text folds it",
        _ if !b.comparable => "b is too short to be compared: only the same text folds it",
        (Relation::SameEvent, ..) => "two texts about one happening, each in its own words",
        (Relation::Unrelated, ..) => "neither one text nor one happening",
    }
}

fn kind(kind: CopyKind) -> wirefold_proto::CopyKind {
    match kind {
        CopyKind::Exact => wirefold_proto::CopyKind::Exact,
        CopyKind::Reprint => wirefold_proto::CopyKind::Reprint,
        CopyKind::Partial => wirefold_proto::CopyKind::Partial,
    }
}

fn share(share: f64) -> Containment {
    Containment::new(share.clamp(0.0, 1.0)).unwrap_or_default()
}

fn narrow(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

struct Pair<'a> {
    old: &'a Read,
    new: &'a Read,
}

impl Pair<'_> {
    fn shared(&self, passage: &Passage) -> SharedPassage {
        SharedPassage {
            a: self.old.place(&passage.there()),
            b: self.new.place(&passage.here()),
            words: passage.blocks.iter().map(|block| block.len).sum(),
            edits: narrow(passage.blocks.len().saturating_sub(1)),
        }
    }

    fn changes(&self) -> Changed {
        let changes = Changes::between(&self.old.text, &self.new.text);
        let count = changes.count();
        let sentences = changes.changes.iter().filter_map(|change| self.change(&changes, *change));
        Changed {
            kept: narrow(count.kept),
            reworded: narrow(count.reworded),
            moved: narrow(count.moved),
            added: narrow(count.added),
            dropped: narrow(count.dropped),
            sentences: sentences.collect(),
        }
    }

    fn change(&self, changes: &Changes, change: Change) -> Option<SentenceChange> {
        let (word, old, new) = match change {
            Change::Kept { .. } => return None,
            Change::Reworded { old, new, moved: false } => {
                (ChangeWord::Reworded, Some(old), Some(new))
            }
            Change::Reworded { old, new, moved: true } => {
                (ChangeWord::MovedAndReworded, Some(old), Some(new))
            }
            Change::Moved { old, new } => (ChangeWord::Moved, Some(old), Some(new)),
            Change::Added { new } => (ChangeWord::Added, None, Some(new)),
            Change::Dropped { old } => (ChangeWord::Dropped, Some(old), None),
        };
        let words = |read: &Read, sentences: &[Sentence], at: Option<usize>| {
            at.map(|at| sentences[at].span.of(read.text.original()).to_owned())
        };
        let number = |at: usize| narrow(at + 1);
        Some(SentenceChange {
            change: word,
            a: old.map(number),
            b: new.map(number),
            old: words(self.old, &changes.old, old),
            new: words(self.new, &changes.new, new),
        })
    }
}

impl Read {
    /// A range of the body's words as a stretch of the text.
    fn place(&self, words: &Range<usize>) -> Place {
        let span = |word: usize| self.text.words()[self.body.words[word].index as usize].span;
        let (first, last) = (span(words.start), span(words.end - 1));
        let whole = Span { start: first.start, end: last.end };
        let points = self.text.code_points(whole);
        Place {
            start: narrow(points.start),
            end: narrow(points.end),
            text: whole.of(self.text.original()).to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "The ferry to Sandholm sails again after two days in port — the storm had \
        closed the whole coast. Twenty-eight passengers boarded the first boat on Sunday morning, \
        among them a choir on its way home. The captain said that the sea was calm by dawn and \
        that no damage was found on the hull. Tickets bought for the cancelled days stay valid \
        until the end of the month, the owner told the passengers at the quay.";

    fn side(text: &str) -> Side {
        Side { id: None, title: None, outlet: None, text: text.to_owned() }
    }

    #[test]
    fn a_reprint_is_shown_with_its_places_in_code_points() {
        let later = format!("Ünïcödé léde wörds stand here first. {TEXT}");
        let found = compare(&side(TEXT), &side(&later)).unwrap();
        assert_eq!(found.relation, Relation::SameStory);
        assert_eq!(found.passages.len(), 1);
        let passage = &found.passages[0];
        for (place, text) in [(&passage.a, TEXT), (&passage.b, later.as_str())] {
            let cut: String = text
                .chars()
                .skip(place.start as usize)
                .take((place.end - place.start) as usize)
                .collect();
            assert_eq!(cut, place.text);
        }
        let changes = found.changes.unwrap();
        assert_eq!((changes.kept, changes.added), (4, 1));
        assert_eq!(changes.sentences[0].change, ChangeWord::Added);
    }

    #[test]
    fn strangers_are_not_set_side_by_side() {
        let other = "Parliament debated the budget until midnight and adjourned without a vote, \
            although all four parties had promised to finish before the summer recess began. The \
            minister of finance refused to answer questions about the new tax on fuel, and the \
            speaker closed the session early because too few members were left in the room.";
        let found = compare(&side(TEXT), &side(other)).unwrap();
        assert_eq!((found.relation, found.changes), (Relation::Unrelated, None));
        assert!(found.contained.get() < 0.05);
    }

    #[test]
    fn texts_that_no_newsroom_sends_fold_with_nothing_and_are_told_why() {
        let backwards: Vec<&str> = TEXT.split(' ').rev().collect();
        let quoted = format!("“{}”", backwards.join(" "));
        let chrome = "Read more\nAdvertisement\nShare on Facebook";
        for text in ["", " \n\t", "\u{200f}\u{200e}", "7 11 13", chrome, &quoted] {
            let found = compare(&side(text), &side(TEXT)).unwrap();
            assert_ne!(found.relation, Relation::SameStory, "{text}");
            assert!(found.words.starts_with("a is too short to be compared"), "{}", found.words);
        }
        let paragraphs = |name: &str| (0..10_000).map(|at| format!("{name}{at}.\n\n")).collect();
        let (one, other): (String, String) = (paragraphs("p"), paragraphs("q"));
        let found = compare(&side(&one), &side(&other)).unwrap();
        assert_eq!(found.relation, Relation::Unrelated);
        assert_eq!(found.words, "neither one text nor one happening");
    }

    #[test]
    fn empty_texts_do_no_harm() {
        let found = compare(&side(""), &side("")).unwrap();
        assert!(found.passages.is_empty() && !found.a.comparable);
    }
}
