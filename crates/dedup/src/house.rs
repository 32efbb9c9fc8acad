//! What two articles of one outlet must share to be one text.
//!
//! Across outlets shared text is a copy: somebody took it. Inside one outlet the burden of proof is the
//! other way round, since sites repeat themselves: blurbs, captions, walls, footers, templates. There a
//! text at another address and under another title is a copy where both are nearly all of it and it is
//! long enough to be an article, and a take of the same item where the title says so within hours.

use crate::facts::{agreeing_numbers, names_agree};
use crate::judge::{Article, Prior};
use crate::overlap::{NEARLY_ALL, Overlap};
use crate::rule::Rule;
use crate::settings::{Settings, Switch};
use crate::titles::Titles;

/// Shared words that make an article of any page …
const ARTICLE_WORDS: u32 = 200;
/// … of which they are this share, on both sides.
const ARTICLE_SHARE: f64 = 0.5;
/// Within hours so many are enough where they are nearly all of both.
const BRIEF_WORDS: u32 = 100;
/// A take under another title comes within so many seconds, …
const TAKE_HOURS: i64 = 3 * 3_600;
/// … shares so many words, …
const TAKE_WORDS: u32 = 60;
/// … which are this share of the longer one, …
const TAKE_SHARE: f64 = 0.65;
/// … and begins as the one before it did, but for so many words.
const OPENING_WORDS: usize = 15;
/// What takes of an item share at least, of one or the other, under the same title and under a like one …
const SAME_TAKE: f64 = 0.5;
const ALIKE_TAKE: f64 = 0.75;
/// … and of their numbers.
const SAME_NUMBERS: f64 = 0.5;
const ALIKE_NUMBERS: f64 = 0.7;
/// Takes and corrections of an item, and its text under another title, come within so many seconds.
const HOURS: i64 = 16 * 3_600;
/// What stands at a known address under another title is a version of what stood there where they share
/// this part of either.
const VERSION_SHARE: f64 = 0.25;

/// Whether two articles are pages of one outlet that say of themselves that they are two: at other
/// addresses and under other titles.
fn are_two_pages(prior: &Prior<'_>) -> bool {
    prior.same_outlet && !prior.same_item && !prior.same_page && prior.titles == Titles::Other
}

/// Whether what they share is too little to be an article that stands on both pages: it is what the
/// outlet prints on its pages.
pub(crate) fn is_page_chrome(prior: &Prior<'_>, overlap: &Overlap, settings: &Settings) -> bool {
    settings.is_on(Switch::PageChrome) && are_two_pages(prior) && !is_article(prior, overlap)
}

/// Whether both pages are in the main one article, or one take of it goes on with the other.
fn is_article(prior: &Prior<'_>, overlap: &Overlap) -> bool {
    let (both, larger) = (overlap.smaller(), overlap.larger());
    match overlap.shared_words {
        ARTICLE_WORDS.. => both >= ARTICLE_SHARE || larger >= NEARLY_ALL,
        BRIEF_WORDS.. if both >= NEARLY_ALL => is_within(prior, HOURS),
        TAKE_WORDS.. if larger >= NEARLY_ALL && both >= TAKE_SHARE => {
            is_within(prior, TAKE_HOURS) && opens_alike(overlap)
        }
        _ => false,
    }
}

/// Whether both texts begin with what they share.
fn opens_alike(overlap: &Overlap) -> bool {
    overlap.passages.first().is_some_and(|first| {
        first.here().start <= OPENING_WORDS && first.there().start <= OPENING_WORDS
    })
}

/// Why one text on two pages is no copy: under two titles it is what stands in the place of articles (a
/// wall, a blurb, a player, a template), anywhere where it is too short to compare, and inside an outlet
/// where it is no article; on another day so short a text is another item. `None` where it is a copy.
pub(crate) fn why_equal_is_no_copy(
    new: &Article<'_>,
    prior: &Prior<'_>,
    settings: &Settings,
) -> Option<Rule> {
    if prior.same_page || prior.same_item || !settings.is_on(Switch::Walls) {
        return None;
    }
    if !new.is_comparable(settings) {
        return match prior.titles {
            Titles::Other => Some(Rule::Wall),
            _ => (!is_within(prior, HOURS)).then_some(Rule::AnotherDay),
        };
    }
    let words = new.body.counted_words();
    let least = if is_within(prior, HOURS) { BRIEF_WORDS } else { ARTICLE_WORDS };
    (are_two_pages(prior) && words < least).then_some(Rule::Wall)
}

/// Why two articles are no takes of one item of an outlet, nor the one a correction of the other: the
/// title says that they are, within hours, and the text and its numbers do. A correction changes a number
/// or a name, another item of the same form changes most of them. `None` where they are takes.
pub(crate) fn why_no_take(
    new: &Article<'_>,
    prior: &Prior<'_>,
    overlap: &Overlap,
    settings: &Settings,
) -> Option<Rule> {
    let is_possible = prior.same_outlet && !prior.same_page && settings.is_on(Switch::Takes);
    if !is_possible || overlap.larger() < SAME_TAKE {
        return Some(Rule::NotComparable);
    }
    if !is_within(prior, HOURS) {
        return Some(Rule::AnotherDay);
    }
    let (least, numbers) = match prior.titles {
        Titles::Same => (SAME_TAKE, SAME_NUMBERS),
        Titles::Within if overlap.is_nearly_all() => (NEARLY_ALL, SAME_NUMBERS),
        Titles::Within => (ALIKE_TAKE, ALIKE_NUMBERS),
        Titles::Alike if prior.is_comparable_with(new, settings) => (ALIKE_TAKE, ALIKE_NUMBERS),
        Titles::Unknown => return Some(Rule::NotComparable),
        Titles::Alike | Titles::Other => return Some(Rule::AnotherTitle),
    };
    if overlap.larger() < least {
        return Some(Rule::NotComparable);
    }
    let agreeing = agreeing_numbers(new, &prior.article);
    let is_same = prior.titles == Titles::Same && overlap.larger() >= NEARLY_ALL;
    if is_same && (prior.is_comparable_with(new, settings) || agreeing >= SAME_NUMBERS) {
        return None;
    }
    if agreeing < numbers {
        return Some(Rule::OtherNumbers);
    }
    (!names_agree(new, &prior.article, overlap)).then_some(Rule::OtherNames)
}

/// Whether what stands at an earlier article's address is that article changed, rather than another one
/// in its place: its feed says so, or the text does; where there is little text, the title.
pub(crate) fn is_supported(
    new: &Article<'_>,
    prior: &Prior<'_>,
    overlap: &Overlap,
    settings: &Settings,
) -> bool {
    prior.same_name
        || !settings.is_on(Switch::Addresses)
        || overlap.larger() >= VERSION_SHARE
        || (!prior.is_comparable_with(new, settings)
            && prior.titles != Titles::Other
            && is_within(prior, HOURS))
}

fn is_within(prior: &Prior<'_>, seconds: i64) -> bool {
    prior.seconds <= seconds
}

#[cfg(test)]
mod tests {
    use crate::detector::{Detector, Incoming};
    use crate::settings::Settings;
    use crate::verdict::{Class, Verdict};

    /// One page: outlet, title, text, hour.
    type Page<'a> = (&'a str, &'a str, &'a str, i64);

    /// What the last of some pages is, each at an address of its own.
    fn last(pages: &[Page<'_>]) -> Verdict {
        let mut detector = Detector::new(Settings::default());
        let observe = |(number, (outlet, title, text, hour)): (usize, &Page<'_>)| {
            let item = format!("item {number}");
            let time = hour * 3_600;
            detector.observe(&Incoming {
                items: &[&item],
                outlet: Some(outlet),
                title,
                text,
                time,
                published: time,
                ..Incoming::default()
            })
        };
        pages.iter().enumerate().map(observe).last().expect("there are pages")
    }

    fn check(first: Page<'_>, second: Page<'_>, folds: bool) {
        let verdict = last(&[first, second]);
        assert_eq!(verdict.class == Class::Copy, folds, "{verdict:?}");
    }

    fn words(seed: usize, count: usize) -> String {
        (0..count).map(|n| format!("w{} ", (seed * 1_000 + n * 7) % 9_973)).collect()
    }

    #[test]
    fn two_pages_that_share_their_blurbs_are_two() {
        let page = |seed| format!("{}.\n{}.", words(seed, 30), words(1, 115));
        let (one, other) = (page(2), page(3));
        check(("a.example", "Boats at sea", &one, 0), ("a.example", "Trees", &other, 1), false);
        check(("a.example", "Boats at sea", &one, 0), ("b.example", "Trees", &other, 1), true);
    }

    #[test]
    fn one_article_on_two_pages_of_an_outlet_is_one() {
        let text = words(1, 260);
        let archived = format!("{text}. {}.", words(2, 90));
        check(("a.example", "Boats at sea", &text, 0), ("a.example", "Trees", &archived, 40), true);
        let brief = words(1, 120);
        check(("a.example", "Boats at sea", &brief, 0), ("a.example", "Trees", &brief, 2), true);
        check(("a.example", "Boats at sea", &brief, 0), ("a.example", "Trees", &brief, 40), false);
    }

    #[test]
    fn a_wall_under_many_titles_is_nobodys_article() {
        let wall =
            "Read on with a subscription to our pages, which pays for the work that you value.";
        check(("a.example", "Boats at sea", wall, 0), ("b.example", "Trees", wall, 0), false);
        check(("a.example", "Boats at sea", wall, 0), ("b.example", "Boats at sea", wall, 0), true);
        check(("a.example", "Daily rate", wall, 0), ("a.example", "Daily rate", wall, 24), false);
    }

    #[test]
    fn takes_and_corrections_of_a_brief_are_one_within_hours() {
        let brief = "Orla Steel said it placed bonds worth 250 million crowns with buyers at home.";
        let take = format!(
            "{brief} The notes run for seven years. The company said it would use the money to repay \
             older debt and to build a new furnace at its works near the coast next spring."
        );
        let title = "Orla Steel places bonds";
        check(("a.example", title, brief, 0), ("a.example", title, &take, 1), true);
        check(("a.example", title, brief, 0), ("a.example", title, &take, 30), false);
        let corrected = take.replace("seven", "eight");
        let corrects = "CORRECTED - Orla Steel places bonds";
        check(("a.example", title, &take, 0), ("a.example", corrects, &corrected, 1), true);
    }

    #[test]
    fn a_flash_about_another_bank_is_another() {
        let flash =
            |bank: &str| format!("{bank} SAYS IT CUTS ITS BASE RATE TO 10.5 PCT FROM 11 PCT");
        let (one, other) = (flash("FENN BANK"), flash("HOLLOW BANK"));
        check(("a.example", &one, &one, 0), ("a.example", &other, &other, 0), false);
    }

    #[test]
    fn a_flash_with_other_numbers_under_the_same_title_is_another() {
        let flash = |rates: &str| {
            format!(
                "FENN BANK SETS THE RATE FOR OVERNIGHT LOANS TO HOUSES ON THE COAST AT {rates} IN \
                 THE AUCTION THAT IT HELD THIS MORNING FOR ALL WHO HAD ASKED"
            )
        };
        let (one, other) = (flash("10.5 PCT FROM 11"), flash("9.25 PCT FROM 10"));
        check(
            ("a.example", "FENN BANK RATE", &one, 0),
            ("a.example", "FENN BANK RATE", &other, 2),
            false,
        );
        check(
            ("a.example", "FENN BANK RATE", &one, 0),
            ("a.example", "FENN BANK RATE", &one, 2),
            true,
        );
    }

    #[test]
    fn a_paragraph_on_many_pages_of_one_outlet_uncounts_nobody_elses_text() {
        let wire = words(1, 120);
        let own = |seed| (0..160).map(|n| format!("p{seed}n{n} ")).collect::<String>();
        let paged = |seed| format!("{} {wire} {}", own(seed), own(seed + 100));
        let pages: Vec<(String, String)> =
            (20..40).map(|seed| (format!("w{seed} x{seed} y{seed}"), paged(seed))).collect();
        let poison =
            pages.iter().map(|(title, text)| ("a.example", title.as_str(), text.as_str(), 0));
        let copy = format!("{wire} {}.", words(3, 20));
        let told =
            [("b.example", "Boats at sea", wire.as_str(), 1), ("c.example", "Boats", &copy, 2)];
        let all: Vec<Page<'_>> = poison.chain(told).collect();
        let verdict = last(&all);
        assert_eq!((verdict.class, verdict.comparable), (Class::Copy, true), "{verdict:?}");
        assert!(verdict.matches.iter().any(|found| found.doc == 20), "{verdict:?}");
    }

    #[test]
    fn an_address_alone_makes_no_version() {
        let mut detector = Detector::new(Settings::default());
        let mut at = |id: &str, title: &str, text: &str| {
            let items = [id, "page"];
            let page = Some("page");
            let outlet = Some("a.example");
            detector.observe(&Incoming {
                items: &items,
                page,
                outlet,
                title,
                text,
                ..Incoming::default()
            })
        };
        let text = words(1, 120);
        at("a", "Live", &text);
        let edited = format!("{} {}", words(1, 90), words(3, 60));
        assert_eq!(at("b", "Live: boats", &edited).class, Class::Version);
        assert_eq!(at("c", "Live", &words(2, 120)).class, Class::New);
        assert_eq!(at("a", "Live", &words(4, 120)).class, Class::Version, "its feed says so");
    }
}
