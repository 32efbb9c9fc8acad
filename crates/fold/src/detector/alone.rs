//! Judges two articles as if there were no others, and says why.

use std::fmt::Write as _;

use wirefold_text::Text;

use crate::detector::Detector;
use crate::detector::incoming::Incoming;
use crate::event_evidence::EventEvidence;
use crate::evidence::{Evidence, Repeats, Side};
use crate::explain::{event_sum_in_words, sum_in_words};
use crate::headline::Headline;
use crate::ids::DocId;
use crate::judge::Weights;
use crate::page::Page;
use crate::rarity::Rarity;
use crate::settings::{DAY, Settings};
use crate::verdict::{Class, Verdict};

/// Why two articles are in one story or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grounds {
    /// The later one is a version of the same item.
    SameItem,
    /// Both have one address and much of the same text.
    SameAddress,
    /// Both have the same words in the same order.
    SameWords,
    /// Both are likely one text.
    Likely,
    /// Both are in one story through other members.
    AnotherMember,
    /// The later one is a digest that holds parts of the earlier one's story.
    Holds,
    /// Both are likely one text, but the later one is not like the other members of the story, or people keep
    /// them apart.
    OtherMembers,
    /// Both are not likely one text.
    Unlikely,
    /// They share too little to be compared.
    NotCompared,
}

impl Grounds {
    /// All grounds.
    pub const ALL: [Grounds; 9] = [
        Grounds::SameItem,
        Grounds::SameAddress,
        Grounds::SameWords,
        Grounds::Likely,
        Grounds::AnotherMember,
        Grounds::Holds,
        Grounds::OtherMembers,
        Grounds::Unlikely,
        Grounds::NotCompared,
    ];

    /// Why two articles are in one story or not, given the verdict on the later one at its arrival.
    #[must_use]
    pub fn between(later: &Verdict, earlier: &Verdict, is_one_story: bool) -> Grounds {
        let found = later.matches.iter().find(|pair| pair.doc == earlier.doc);
        let likely = found.filter(|pair| pair.probability > 0.5);
        match (found, likely, is_one_story) {
            (Some(pair), _, true) if pair.same_words => Grounds::SameWords,
            (Some(pair), _, true) if pair.evidence.is_version() => Grounds::SameAddress,
            (_, Some(_), true) => Grounds::Likely,
            (_, _, true) if later.class == Class::Version => Grounds::SameItem,
            (_, _, true) => Grounds::AnotherMember,
            (_, _, false) if later.holds.contains(&earlier.story) => Grounds::Holds,
            (_, Some(_), false) => Grounds::OtherMembers,
            (Some(_), None, false) => Grounds::Unlikely,
            (None, _, false) => Grounds::NotCompared,
        }
    }

    /// The name, for machines.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.texts().0
    }

    /// The grounds in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        self.texts().1
    }

    /// The name and the words.
    fn texts(self) -> (&'static str, &'static str) {
        match self {
            Grounds::SameItem => ("same_item", "the same item of the same feed"),
            Grounds::SameAddress => ("same_address", "one address and much of the same text"),
            Grounds::SameWords => ("same_words", "the same words in the same order"),
            Grounds::Likely => ("likely", "likely one text"),
            Grounds::AnotherMember => ("another_member", "one story through another member"),
            Grounds::Holds => ("holds", "a digest, which holds parts of several texts"),
            Grounds::OtherMembers => {
                ("other_members", "likely one text, but not with the whole story")
            }
            Grounds::Unlikely => ("unlikely", "not likely one text"),
            Grounds::NotCompared => ("not_compared", "too little in common to be compared"),
        }
    }
}

/// An article with its times, if they are known.
#[derive(Debug, Clone, Copy, Default)]
pub struct Described<'a> {
    /// The article. Its own times are ignored: `seen` and `published` count.
    pub incoming: Incoming<'a>,
    /// When it was seen, in seconds.
    pub seen: Option<i64>,
    /// When it claims to be published, in seconds.
    pub published: Option<i64>,
}

/// How two articles are judged without any other.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The final verdict on the earlier one, A.
    pub earlier: Verdict,
    /// The final verdict on the later one, B.
    pub later: Verdict,
    /// Why they are one story or not.
    pub grounds: Grounds,
    /// The numbers on which both were judged.
    pub evidence: Evidence,
    /// The probability that both are one text, 0 to 1.
    pub probability: f64,
    /// Their measures as reports of one happening; `None` if they are one story.
    pub happening: Option<EventEvidence>,
}

/// Judges two articles as if the later one came in after the earlier one, and no other article did.
///
/// If the times say that `later` was seen first, it is judged as if it was seen that long after `earlier`. A kind
/// of time that either article lacks is ignored for both. Neither leaves the window.
#[must_use]
pub fn judge_alone(earlier: &Described<'_>, later: &Described<'_>) -> Option<Explanation> {
    const YEARS: i64 = 1_000 * 365 * DAY;
    let settings = Settings { window: YEARS, ..Settings::default() };
    let mut detector = Detector::keeping_verdicts(settings);
    // They are judged as in a large window.
    detector.events.few = 0;
    let seen = earlier.seen.zip(later.seen).unwrap_or_default();
    let apart = seen.1.saturating_sub(seen.0).saturating_abs();
    let times = (seen.0, seen.0.saturating_add(apart));
    let published = earlier.published.zip(later.published).unwrap_or(times);
    detector.observe(&Incoming { time: times.0, published: published.0, ..earlier.incoming });
    detector.observe(&Incoming { time: times.1, published: published.1, ..later.incoming });
    let (first, second) = (detector.final_verdict(DocId(0))?, detector.final_verdict(DocId(1))?);
    let found = second.matches.iter().find(|pair| pair.doc == first.doc);
    let evidence =
        found.map_or_else(|| between(earlier, later, times.1 - times.0), |pair| pair.evidence);
    let probability = Weights::default().probability(&evidence);
    let grounds = Grounds::between(&second, &first, second.story == first.story);
    let happening = detector.happening(1, 0);
    Some(Explanation { earlier: first, later: second, grounds, evidence, probability, happening })
}

/// The evidence of a pair that shares too little for the detector to compare it.
fn between(earlier: &Described<'_>, later: &Described<'_>, apart: i64) -> Evidence {
    let pages = [later, earlier].map(|it| Page::new(it.incoming.text));
    let titles = [later, earlier].map(|it| Headline::new(&Text::new(it.incoming.title)));
    let sides = [0, 1].map(|at| Side {
        page: &pages[at],
        title: &titles[at].terms,
        outlet: 0,
        address: 0,
        time: if at == 0 { apart } else { 0 },
    });
    let none = Repeats::default();
    Evidence::between(sides, [&none, &none], &Rarity::default()).0
}

impl Explanation {
    /// Whether both articles are in one story.
    #[must_use]
    pub fn is_one_story(&self) -> bool {
        self.earlier.story == self.later.story
    }

    /// Whether both articles are in one event.
    #[must_use]
    pub fn is_one_event(&self) -> bool {
        self.earlier.event == self.later.event
    }

    /// The grounds in words for people, with the sum of the evidence, the largest part first.
    #[must_use]
    pub fn words(&self) -> String {
        let mut words = String::new();
        match self.grounds {
            Grounds::Likely | Grounds::Unlikely | Grounds::NotCompared => {}
            grounds => {
                let _ = write!(words, "{}; ", grounds.words());
            }
        }
        words + &sum_in_words(&self.evidence, &Weights::default())
    }

    /// How similar both are as reports of one happening, as a sum in words; `None` if they are one story.
    #[must_use]
    pub fn happening_words(&self) -> Option<String> {
        self.happening.as_ref().map(event_sum_in_words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(seed: usize, count: usize) -> String {
        (0..count).map(|n| format!("w{}x ", (seed * 1_000 + n * 7) % 9_973)).collect()
    }

    #[track_caller]
    fn check(first: &str, second: &str, items: [&str; 2], grounds: Grounds) {
        let [a, b] = items.map(|item| [item]);
        let described = |text, names| Described {
            incoming: Incoming { items: names, text, ..Incoming::default() },
            seen: None,
            published: None,
        };
        let found = judge_alone(&described(first, &a), &described(second, &b));
        let found = found.expect("both have a verdict");
        assert_eq!(found.grounds, grounds, "{found:?}");
        assert!(found.words().contains("; p = "), "{}", found.words());
    }

    #[test]
    fn the_grounds_are_named() {
        let text = words(1, 200);
        check(&text, &text, ["a", "b"], Grounds::SameWords);
        check(&text, &format!("{text} {}", words(2, 20)), ["a", "b"], Grounds::Likely);
        check(&text, &words(3, 200), ["a", "a"], Grounds::SameItem);
        check(&text, &words(3, 200), ["a", "b"], Grounds::NotCompared);
    }
}
