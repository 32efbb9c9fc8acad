//! Explains how the detector judges two articles if it sees nothing else, and by which rule.

use crate::body::{Body, SHINGLE_WORDS};
use crate::compare::overlap::Overlap;
use crate::detector::Detector;
use crate::detector::incoming::Incoming;
use crate::detector::verdict::Verdict;
use crate::ids::DocId;
use crate::judge::rule::Rule;
use crate::settings::Settings;

/// How two articles are judged without any other.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The final verdict on the earlier one, A.
    pub earlier: Verdict,
    /// The final verdict on the later one, B.
    pub later: Verdict,
    /// The rule that decided.
    pub rule: Rule,
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

/// Judges two articles as if the later one came in after the earlier one, and no other article did.
///
/// If the times say that `later` was seen first, it is judged as if it was seen that long after
/// `earlier`. A kind of time that either article lacks is ignored for both. `None` only if the
/// detector gives no verdict, which does not happen.
#[must_use]
pub fn explain(
    earlier: &Described<'_>,
    later: &Described<'_>,
    settings: &Settings,
) -> Option<Explanation> {
    let mut detector = Detector::keeping_verdicts(settings.clone());
    let seen = earlier.seen.zip(later.seen).unwrap_or_default();
    let apart = seen.1.saturating_sub(seen.0).saturating_abs();
    let times = (seen.0, seen.0.saturating_add(apart));
    let published = earlier.published.zip(later.published).unwrap_or(times);
    detector.observe(&Incoming { time: times.0, published: published.0, ..earlier.incoming });
    detector.observe(&Incoming { time: times.1, published: published.1, ..later.incoming });
    let (first, second) = (detector.final_verdict(DocId(0))?, detector.final_verdict(DocId(1))?);
    let rule = match Rule::between(&second, &first, second.story == first.story) {
        Rule::NotFound | Rule::NotComparable if !detector.docs.contains(DocId(0)) => {
            Rule::OutOfWindow
        }
        Rule::NotFound if shares_too_little(&detector, settings) => Rule::TooLittleShared,
        rule => rule,
    };
    Some(Explanation { earlier: first, later: second, rule })
}

/// Whether the second of a detector's two articles contains too little of the first to be a copy,
/// had the two been compared.
fn shares_too_little(detector: &Detector, settings: &Settings) -> bool {
    let bodies =
        [1, 0].map(DocId).map(|number| detector.open_text(number).map(|text| Body::new(&text)));
    let [Some(here), Some(there)] = bodies else { return true };
    Overlap::between(&here, &there, settings).contained < settings.partial_contained
}

impl Rule {
    /// The rule that put two articles into one story or kept them apart, given the verdicts at
    /// their arrival.
    #[must_use]
    pub fn between(later: &Verdict, earlier: &Verdict, is_one_story: bool) -> Rule {
        let found = |of: &DocId| later.compared.iter().find(|compared| compared.doc == *of);
        match (found(&earlier.doc).map(|compared| compared.rule), is_one_story) {
            (Some(rule), true) if rule.folds() => rule,
            (_, true) => Rule::AnotherMember,
            (Some(rule), false) if rule.folds() => Rule::AnotherStory,
            (Some(rule), false) => rule,
            (None, false) if !later.comparable || !earlier.comparable => Rule::NotComparable,
            (None, false) => Rule::NotFound,
        }
    }
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

    /// The rule in words for people: what the texts share, in numbers, and how much the rule needs.
    #[must_use]
    pub fn words(&self, overlap: &Overlap, settings: &Settings) -> String {
        let (contained, containing) = (percent(overlap.contained), percent(overlap.containing));
        let least = settings.comparable_shingles + SHINGLE_WORDS - 1;
        let words = self.rule.words();
        match self.rule {
            Rule::NotComparable => self.too_short(least),
            Rule::MostlyQuoted => {
                format!("under {least} words are left without what the other marks as a quotation")
            }
            Rule::TooLittleShared => too_little(&contained, settings),
            Rule::NotFound => format!("{words}, although {contained} of B is in A"),
            Rule::HoldsTheOther => format!("{words}: {contained} of it is in A"),
            Rule::HeldByTheOther => format!("{words}: {containing} of A is in B"),
            Rule::PageChrome => format!(
                "{words}: {} are {contained} of B and {containing} of A",
                count(overlap.shared_words)
            ),
            Rule::OnlyPhrases => only_phrases(overlap, settings),
            Rule::TooFewWords => too_few(&contained, overlap, settings),
            Rule::OtherNumbers | Rule::OtherNames | Rule::Template => {
                match overlap.facts.conflicting {
                    0 => words.to_owned(),
                    1 => format!("{words}: 1 edit puts another in the same place"),
                    many => format!("{words}: {many} edits put another in the same place"),
                }
            }
            _ => words.to_owned(),
        }
    }

    fn too_short(&self, least: u32) -> String {
        let which = match (self.earlier.comparable, self.later.comparable) {
            (true, false) => "B has",
            (false, true) => "A has",
            _ => "both have",
        };
        format!("{which} under {least} words of its own, only the same text folds it")
    }
}

fn too_little(contained: &str, settings: &Settings) -> String {
    format!("{contained} of B is in A, a part needs {}", percent(settings.partial_contained))
}

fn only_phrases(overlap: &Overlap, settings: &Settings) -> String {
    if overlap.is_repetitive {
        return "they share only the same few words, again and again".to_owned();
    }
    format!(
        "they share phrases of {:.0} words on average: a copy shares {:.0} or more a run, or \
         {} of one of them",
        overlap.words_per_block(),
        settings.mosaic_run,
        percent(settings.mosaic_larger)
    )
}

fn too_few(contained: &str, overlap: &Overlap, settings: &Settings) -> String {
    format!(
        "{contained} of B, {}: a reprint needs {} words, {} of B and {} of one of them, a part {} words",
        count(overlap.shared_words),
        settings.reprint_words,
        percent(settings.reprint_contained),
        percent(settings.reprint_larger),
        settings.partial_words
    )
}

fn count(words: u32) -> String {
    format!("{words} {}", if words == 1 { "word" } else { "words" })
}

/// A share (0 to 1) in whole percents. Only 1.0 is shown as 100 %, and only 0.0 as 0 %.
#[must_use]
pub fn percent(share: f64) -> String {
    let whole = (100.0 * share).round();
    let shown = if share < 1.0 { whole.min(99.0) } else { whole };
    if share > 0.0 && shown < 1.0 { "under 1 %".to_owned() } else { format!("{shown:.0} %") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One page of a.example: title, text, hour.
    type Page<'a> = (&'a str, &'a str, i64);

    fn words(seed: usize, count: usize) -> String {
        (0..count).map(|n| format!("w{} ", (seed * 1_000 + n * 7) % 9_973)).collect()
    }

    fn described<'a>(
        items: &'a [&'a str],
        outlet: &'a str,
        (title, text, hour): Page<'a>,
    ) -> Described<'a> {
        let outlet = Some(outlet);
        let time = Some(hour * 3_600);
        let incoming = Incoming { items, outlet, title, text, ..Incoming::default() };
        Described { incoming, seen: time, published: time }
    }

    fn found(first: Page<'_>, second: Page<'_>) -> Explanation {
        let (a, b) = (["a"], ["b"]);
        let first = described(&a, "a.example", first);
        let second = described(&b, "a.example", second);
        explain(&first, &second, &Settings::default()).expect("both have a verdict")
    }

    #[track_caller]
    fn check(first: Page<'_>, second: Page<'_>, rule: Rule) {
        let found = found(first, second);
        assert_eq!(found.rule, rule, "{:?}", found.later);
        assert_eq!(found.is_one_story(), rule.folds());
        let words = found.words(&Overlap::default(), &Settings::default());
        assert!(!words.is_empty() && !words.contains("  "), "{words:?}");
    }

    #[test]
    fn the_rule_of_a_fold_is_named() {
        let article = format!("Boats and trees {}", words(1, 260));
        check(("Boats", &article, 0), ("Trees", &article, 1), Rule::SameText);
        let archived = format!("{article}. {}.", words(2, 90));
        check(("Boats", &article, 0), ("Trees", &archived, 40), Rule::Reprint);
        let brief = words(1, 90);
        let take = format!("{brief}. {}.", words(2, 40));
        check(("Boats", &brief, 0), ("UPDATE 1 - Boats", &take, 1), Rule::Take);
    }

    #[test]
    fn the_rule_that_keeps_pages_of_one_outlet_apart_is_named() {
        let page = |seed| format!("{}.\n{}.", words(seed, 30), words(1, 115));
        check(("Boats at sea", &page(2), 0), ("Trees", &page(3), 1), Rule::PageChrome);
        let wall = words(1, 30);
        check(("Boats at sea", &wall, 0), ("Trees", &wall, 0), Rule::Wall);
        check(("Boats at sea", &wall, 0), ("Boats at sea", &wall, 24), Rule::AnotherDay);
        check(("Boats", &words(1, 120), 0), ("Trees", &words(2, 120), 0), Rule::TooLittleShared);
    }

    #[test]
    fn the_rule_that_keeps_short_texts_apart_is_named() {
        let flash = |name: &str, rate: &str| {
            format!("{name} SAYS IT CUTS ITS BASE RATE TO {rate} PCT TODAY")
        };
        let (fenn, hollow) = (flash("FENN BANK", "10.5"), flash("HOLLOW BANK", "10.5"));
        check((&fenn, &fenn, 0), (&hollow, &hollow, 0), Rule::AnotherTitle);
        let more = format!("{} IN A STATEMENT AFTER THE MEETING", flash("FENN BANK", "9.5"));
        check(("Bank cuts", &fenn, 0), ("UPDATE 1 - Bank cuts", &more, 1), Rule::OtherNumbers);
        check(("Bank cuts", &fenn, 0), ("Bank cuts", &more, 30), Rule::AnotherDay);
        check(("Boats", "Three short words.", 0), ("Trees", "Two more.", 0), Rule::NotComparable);
    }

    #[test]
    fn an_address_alone_makes_no_version_and_is_named() {
        let text = words(1, 120);
        let judged = |later: &str| {
            let (a, b) = (["a", "page"], ["b", "page"]);
            let mut first = described(&a, "a.example", ("Live", &text, 0));
            let mut second = described(&b, "a.example", ("Live", later, 0));
            (first.incoming.page, second.incoming.page) = (Some("page"), Some("page"));
            explain(&first, &second, &Settings::default()).expect("a verdict").rule
        };
        assert_eq!(judged(&words(2, 120)), Rule::AddressAlone);
        assert_eq!(judged(&format!("{text} {}", words(3, 60))), Rule::SameItem);
    }

    #[test]
    fn a_time_that_either_article_lacks_is_ignored() {
        let text = words(1, 30);
        let (a, b) = (["a"], ["b"]);
        let first = described(&a, "a.example", ("Boats at sea", &text, 0));
        let second = described(&b, "a.example", ("Boats at sea", &text, 24));
        let judged = |later| explain(&first, &later, &Settings::default()).expect("a verdict").rule;
        assert_eq!(judged(second), Rule::AnotherDay);
        assert_eq!(judged(Described { seen: None, published: None, ..second }), Rule::SameText);
        let late = described(&b, "a.example", ("Boats at sea", &text, 24 * 20));
        assert_eq!(judged(late), Rule::OutOfWindow);
    }

    #[test]
    fn shares_are_whole_percents() {
        let shown = [0.0, 0.001, 0.5, 0.999, 1.0].map(percent);
        assert_eq!(shown, ["0 %", "under 1 %", "50 %", "99 %", "100 %"]);
    }
}
