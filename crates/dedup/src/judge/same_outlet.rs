//! What two articles of one outlet must share to be one text.
//!
//! Across outlets shared text is a copy: somebody took it. Inside one outlet the burden of proof is the
//! other way round, since sites repeat themselves: blurbs, captions, walls, footers, templates. There a
//! text at another address and under another title is a copy where both are nearly all of it and it is
//! long enough to be an article, and a take of the same item where the title says so within hours.

use crate::body::titles::Titles;
use crate::compare::overlap::{NEARLY_ALL, Overlap};
use crate::judge::rule::Rule;
use crate::judge::shared_topic::{
    is_about_neither, is_equal_about_neither, name_others, tells_both,
};
use crate::judge::takes::is_at_its_hour;
use crate::judge::{Article, Prior};
use crate::settings::{Settings, Switch};

pub(crate) const HOUR: i64 = 3_600;

/// Shared words that make an article of any page …
const ARTICLE_WORDS: u32 = 200;
/// … of which they are this share, on both sides.
const ARTICLE_SHARE: f64 = 0.5;
/// Within hours so many are enough where they are nearly all of both.
pub(crate) const BRIEF_WORDS: u32 = 100;
/// A take under another title comes within so many seconds, …
const TAKE_HOURS: i64 = 3 * HOUR;
/// … shares so many words, …
const TAKE_WORDS: u32 = 60;
/// … which are this share of the longer one, …
const TAKE_SHARE: f64 = 0.65;
/// … and begins as the one before it did, but for so many words.
const OPENING_WORDS: usize = 15;
/// Takes and corrections of an item, and its text under another title, come within so many seconds.
pub(crate) const HOURS: i64 = 16 * HOUR;
/// What stands at a known address under another title is a version of what stood there where they share
/// this part of either.
const VERSION_SHARE: f64 = 0.25;

/// Whether two articles are pages of one outlet that say of themselves that they are two: at other
/// addresses and under other titles, or under one that says nothing.
fn are_two_pages(new: &Article<'_>, prior: &Prior<'_>) -> bool {
    let says_nothing = || new.title.is_generic() && prior.article.title.is_generic();
    let are_two = match prior.titles {
        Titles::Other => true,
        Titles::Unknown => false,
        Titles::Same | Titles::Within | Titles::Alike => says_nothing(),
    };
    prior.same_outlet && !prior.same_item && !prior.same_page && are_two
}

/// Whether what they share is what outlets print on their pages, rather than an article that stands on
/// both: inside an outlet where it is too little of one, and anywhere where it speaks of neither title.
pub(crate) fn is_page_chrome(
    new: &Article<'_>,
    prior: &Prior<'_>,
    overlap: &Overlap,
    settings: &Settings,
) -> bool {
    if !settings.is_on(Switch::PageChrome) || prior.same_item || prior.same_page {
        return false;
    }
    let is_short = overlap.shared_words < ARTICLE_WORDS;
    let may_be_wall = is_short || prior.same_outlet;
    are_two_pages(new, prior) && !is_article(new, prior, overlap)
        || prior.titles == Titles::Other && may_be_wall && is_about_neither(new, prior, overlap)
}

/// Whether both pages are in the main one article, or one take of it goes on with the other.
fn is_article(new: &Article<'_>, prior: &Prior<'_>, overlap: &Overlap) -> bool {
    let (both, larger) = (overlap.smaller(), overlap.larger());
    match overlap.shared_words {
        ARTICLE_WORDS.. => both >= ARTICLE_SHARE || larger >= NEARLY_ALL,
        BRIEF_WORDS.. if both >= NEARLY_ALL => is_within(prior, HOURS),
        _ if both >= NEARLY_ALL && tells_both(new, prior) => is_within(prior, HOURS),
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
    if new.body.says_nothing() {
        return Some(Rule::NotComparable);
    }
    if !new.is_comparable(settings) {
        return why_equal_brief_is_no_copy(new, prior);
    }
    let words = new.body.counted_words();
    let may_be_wall = prior.same_outlet || words < ARTICLE_WORDS;
    if prior.titles == Titles::Other && may_be_wall && is_equal_about_neither(new, prior) {
        return Some(Rule::Wall);
    }
    if prior.same_outlet && words < BRIEF_WORDS && is_at_its_hour(prior) {
        return Some(Rule::AnotherDay);
    }
    let least = if is_within(prior, HOURS) { BRIEF_WORDS } else { ARTICLE_WORDS };
    (are_two_pages(new, prior) && words < least).then_some(Rule::Wall)
}

/// The same of a text that is too short to compare.
fn why_equal_brief_is_no_copy(new: &Article<'_>, prior: &Prior<'_>) -> Option<Rule> {
    let is_soon = is_within(prior, HOURS);
    match prior.titles {
        Titles::Other if prior.same_outlet || !tells_both(new, prior) => Some(Rule::Wall),
        Titles::Alike if prior.same_outlet && name_others(new, prior) => Some(Rule::OtherNames),
        _ => (!is_soon).then_some(Rule::AnotherDay),
    }
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

pub(crate) fn is_within(prior: &Prior<'_>, seconds: i64) -> bool {
    prior.seconds <= seconds
}

#[cfg(test)]
pub(crate) mod tests {
    use crate::detector::Detector;
    use crate::detector::incoming::Incoming;
    use crate::detector::verdict::{Class, Verdict};
    use crate::ids::DocId;
    use crate::settings::Settings;

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

    pub(crate) fn check(first: Page<'_>, second: Page<'_>, folds: bool) {
        let verdict = last(&[first, second]);
        let is_folded = matches!(verdict.class, Class::Copy | Class::Version);
        assert_eq!(is_folded, folds, "{verdict:?}");
    }

    pub(crate) fn words(seed: usize, count: usize) -> String {
        (0..count).map(|n| format!("w{} ", (seed * 1_000 + n * 7) % 9_973)).collect()
    }

    #[test]
    fn two_pages_that_share_their_blurbs_are_two() {
        let page = |seed| format!("{}.\nBoats and trees {}.", words(seed, 30), words(1, 115));
        let (one, other) = (page(2), page(3));
        check(("a.example", "Boats at sea", &one, 0), ("a.example", "Trees", &other, 1), false);
        check(("a.example", "Boats at sea", &one, 0), ("b.example", "Trees", &other, 1), true);
    }

    #[test]
    fn one_article_on_two_pages_of_an_outlet_is_one() {
        let text = format!("Boats and trees {}", words(1, 260));
        let archived = format!("{text}. {}.", words(2, 90));
        check(("a.example", "Boats at sea", &text, 0), ("a.example", "Trees", &archived, 40), true);
        let brief = format!("Boats and trees {}", words(1, 120));
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
    fn what_speaks_of_no_title_is_a_wall_at_any_outlet() {
        let wall = words(1, 74);
        let teaser = |name: &str, seed| format!("{name} {}.\n{wall}.", words(seed, 40));
        let (boats, trees) = (teaser("Boats", 2), teaser("Trees", 3));
        check(("a.example", "Boats at sea", &boats, 0), ("b.example", "Trees", &trees, 1), false);
        check(("a.example", "Boats at sea", &wall, 0), ("b.example", "Trees", &wall, 1), false);
        let told = format!("Boats sail between the trees {wall}");
        check(("a.example", "Boats at sea", &told, 0), ("b.example", "Trees", &told, 1), true);
    }

    #[test]
    fn a_flash_folds_with_and_without_its_credit() {
        let flash =
            "The mayor of Quayton resigned on Monday over the harbour loan, her office said.";
        let title = "Mayor of Quayton resigns";
        for other in [
            format!("QUAYTON (AP) - {flash}"),
            format!("{flash} (AP)"),
            format!("{flash} (Oslund Wire)"),
        ] {
            check(("a.example", title, flash, 0), ("b.example", title, &other, 1), true);
        }
        let another = flash.replace("Quayton", "Vennby");
        check(("a.example", title, flash, 0), ("b.example", title, &another, 1), false);
    }

    #[test]
    fn a_flash_that_tells_both_titles_folds_at_another_outlet() {
        let flash = "QUAYTON (AP) - The mayor of Quayton resigns over the harbour loan, aides say.";
        let (one, other) = ("Mayor of Quayton resigns", "Harbour loan topples mayor");
        check(("a.example", one, flash, 0), ("b.example", other, flash, 1), true);
        check(("a.example", one, flash, 0), ("a.example", other, flash, 1), false);
        check(("a.example", one, flash, 0), ("b.example", "Morning news", flash, 1), false);
    }

    #[test]
    fn what_says_nothing_folds_with_nothing() {
        let numbers: String = (0..80).map(|n| format!("{} ", n * 37)).collect();
        let one_word = "word ".repeat(200);
        for text in [&numbers, &one_word] {
            check(
                ("a.example", "Boats at sea", text, 0),
                ("b.example", "Boats at sea", text, 0),
                false,
            );
        }
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
        assert!(verdict.matches.iter().any(|found| found.doc == DocId(20)), "{verdict:?}");
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
