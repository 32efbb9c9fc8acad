//! Decides whether text that two pages share is an article or page chrome. It is strict for pages
//! of one outlet.
//!
//! If two outlets share text, somebody copied it. One outlet, however, repeats text on its own
//! pages: blurbs, captions, walls, footers, templates. Two pages of one outlet at different
//! addresses and under different titles are therefore copies only if the shared text is long enough
//! to be an article and is most of both, or if one is a take of the other within hours.

use crate::body::titles::TitleRelation;
use crate::compare::overlap::{NEARLY_ALL, Overlap};
use crate::judge::rule::Rule;
use crate::judge::shared_topic::{
    is_about_both_titles, is_about_neither_title, is_equal_text_about_neither_title,
    titles_name_others,
};
use crate::judge::timing::{HOUR, MIN_BRIEF_WORDS, TAKE_WINDOW, is_at_same_hour, is_within};
use crate::judge::{Article, Prior};
use crate::settings::{Ablation, Settings};

/// Shared words that are an article rather than chrome …
const MIN_ARTICLE_WORDS: u32 = 200;
/// … if they are this share of both pages.
const MIN_ARTICLE_SHARE: f64 = 0.5;
/// A take under a different title comes within this many seconds, …
const RETITLED_TAKE_WINDOW: i64 = 3 * HOUR;
/// … shares at least this many words, …
const MIN_RETITLED_TAKE_WORDS: u32 = 60;
/// … which are at least this share of the longer page, …
const MIN_RETITLED_TAKE_SHARE: f64 = 0.65;
/// … and the shared words begin within this many words of both pages.
const MAX_WORDS_BEFORE_TAKE: usize = 15;
/// Two texts at one address are versions of one article if this share of either is in the other.
const MIN_VERSION_SHARE: f64 = 0.25;

/// Whether two articles are two pages of one outlet: at different addresses, and under different
/// titles or under a title that says nothing.
fn are_two_pages(new: &Article<'_>, prior: &Prior<'_>) -> bool {
    let says_nothing = || new.title.is_generic() && prior.article.title.is_generic();
    let are_two = match prior.titles {
        TitleRelation::Other => true,
        TitleRelation::Unknown => false,
        TitleRelation::Same | TitleRelation::Within | TitleRelation::Alike => says_nothing(),
    };
    prior.same_outlet && !prior.same_item && !prior.same_page && are_two
}

/// Whether the shared text is page chrome rather than an article. It is if it is too little of two
/// pages of one outlet. At any outlets it is if it is short and about neither title.
pub(crate) fn is_page_chrome(
    new: &Article<'_>,
    prior: &Prior<'_>,
    overlap: &Overlap,
    settings: &Settings,
) -> bool {
    if !settings.is_on(Ablation::PageChrome) || prior.same_item || prior.same_page {
        return false;
    }
    let is_short = overlap.shared_words < MIN_ARTICLE_WORDS;
    let may_be_wall = is_short || prior.same_outlet;
    are_two_pages(new, prior) && !is_article(new, prior, overlap)
        || prior.titles == TitleRelation::Other
            && may_be_wall
            && is_about_neither_title(new, prior, overlap)
}

/// Whether two pages of one outlet are mostly one article, or two takes of one.
fn is_article(new: &Article<'_>, prior: &Prior<'_>, overlap: &Overlap) -> bool {
    let (both, larger) = (overlap.smaller(), overlap.larger());
    match overlap.shared_words {
        MIN_ARTICLE_WORDS.. => both >= MIN_ARTICLE_SHARE || larger >= NEARLY_ALL,
        MIN_BRIEF_WORDS.. if both >= NEARLY_ALL => is_within(prior, TAKE_WINDOW),
        _ if both >= NEARLY_ALL && is_about_both_titles(new, prior) => {
            is_within(prior, TAKE_WINDOW)
        }
        MIN_RETITLED_TAKE_WORDS.. if larger >= NEARLY_ALL && both >= MIN_RETITLED_TAKE_SHARE => {
            is_within(prior, RETITLED_TAKE_WINDOW) && begins_both(overlap)
        }
        _ => false,
    }
}

/// Whether the shared text begins near the beginning of both texts.
fn begins_both(overlap: &Overlap) -> bool {
    overlap.passages.first().is_some_and(|first| {
        first.here().start <= MAX_WORDS_BEFORE_TAKE && first.there().start <= MAX_WORDS_BEFORE_TAKE
    })
}

/// The rule by which two equal texts are not a copy. `None` if they are.
///
/// Under different titles, one text in place of many articles is a wall (or a blurb, a player, a
/// template): at any outlets if it is too short to compare, and within one outlet if it is too
/// short for an article. On another day, a short text is another item.
pub(crate) fn why_equal_is_not_a_copy(
    new: &Article<'_>,
    prior: &Prior<'_>,
    settings: &Settings,
) -> Option<Rule> {
    if prior.same_page || prior.same_item || !settings.is_on(Ablation::Walls) {
        return None;
    }
    if new.body.has_few_distinct_words() {
        return Some(Rule::NotComparable);
    }
    if !new.is_comparable(settings) {
        return why_equal_brief_is_not_a_copy(new, prior);
    }
    let words = new.body.counted_words();
    let may_be_wall = prior.same_outlet || words < MIN_ARTICLE_WORDS;
    if prior.titles == TitleRelation::Other
        && may_be_wall
        && is_equal_text_about_neither_title(new, prior)
    {
        return Some(Rule::Wall);
    }
    if prior.same_outlet && words < MIN_BRIEF_WORDS && is_at_same_hour(prior) {
        return Some(Rule::AnotherDay);
    }
    let least = if is_within(prior, TAKE_WINDOW) { MIN_BRIEF_WORDS } else { MIN_ARTICLE_WORDS };
    (are_two_pages(new, prior) && words < least).then_some(Rule::Wall)
}

/// The rule by which two equal texts that are too short to compare are not a copy. `None` if they
/// are.
fn why_equal_brief_is_not_a_copy(new: &Article<'_>, prior: &Prior<'_>) -> Option<Rule> {
    let is_soon = is_within(prior, TAKE_WINDOW);
    match prior.titles {
        TitleRelation::Other if prior.same_outlet || !is_about_both_titles(new, prior) => {
            Some(Rule::Wall)
        }
        TitleRelation::Alike if prior.same_outlet && titles_name_others(new, prior) => {
            Some(Rule::OtherNames)
        }
        _ => (!is_soon).then_some(Rule::AnotherDay),
    }
}

/// Whether the new article is the same item as an earlier one at its address, and not another
/// article that took its place. The feed may say so, or the text supports it, or the title of a
/// short text.
pub(crate) fn is_same_article(
    new: &Article<'_>,
    prior: &Prior<'_>,
    overlap: &Overlap,
    settings: &Settings,
) -> bool {
    prior.same_name
        || !settings.is_on(Ablation::Addresses)
        || overlap.larger() >= MIN_VERSION_SHARE
        || (!prior.is_comparable_with(new, settings)
            && prior.titles != TitleRelation::Other
            && is_within(prior, TAKE_WINDOW))
}

#[cfg(test)]
pub(crate) mod tests {
    use crate::detector::Detector;
    use crate::detector::incoming::Incoming;
    use crate::detector::verdict::{Class, Verdict};
    use crate::ids::DocId;
    use crate::settings::Settings;

    /// A page: outlet, title, text, hour.
    type Page<'a> = (&'a str, &'a str, &'a str, i64);

    /// The verdict about the last of some pages. Each page has an address of its own.
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
    fn two_pages_that_share_only_blurbs_do_not_fold() {
        let page = |seed| format!("{}.\nBoats and trees {}.", words(seed, 30), words(1, 115));
        let (one, other) = (page(2), page(3));
        check(("a.example", "Boats at sea", &one, 0), ("a.example", "Trees", &other, 1), false);
        check(("a.example", "Boats at sea", &one, 0), ("b.example", "Trees", &other, 1), true);
    }

    #[test]
    fn one_article_on_two_pages_of_an_outlet_folds() {
        let text = format!("Boats and trees {}", words(1, 260));
        let archived = format!("{text}. {}.", words(2, 90));
        check(("a.example", "Boats at sea", &text, 0), ("a.example", "Trees", &archived, 40), true);
        let brief = format!("Boats and trees {}", words(1, 120));
        check(("a.example", "Boats at sea", &brief, 0), ("a.example", "Trees", &brief, 2), true);
        check(("a.example", "Boats at sea", &brief, 0), ("a.example", "Trees", &brief, 40), false);
    }

    #[test]
    fn a_wall_under_many_titles_does_not_fold() {
        let wall =
            "Read on with a subscription to our pages, which pays for the work that you value.";
        check(("a.example", "Boats at sea", wall, 0), ("b.example", "Trees", wall, 0), false);
        check(("a.example", "Boats at sea", wall, 0), ("b.example", "Boats at sea", wall, 0), true);
        check(("a.example", "Daily rate", wall, 0), ("a.example", "Daily rate", wall, 24), false);
    }

    #[test]
    fn a_shared_text_about_neither_title_is_a_wall_at_any_outlet() {
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
    fn a_flash_about_both_titles_folds_at_another_outlet() {
        let flash = "QUAYTON (AP) - The mayor of Quayton resigns over the harbour loan, aides say.";
        let (one, other) = ("Mayor of Quayton resigns", "Harbour loan topples mayor");
        check(("a.example", one, flash, 0), ("b.example", other, flash, 1), true);
        check(("a.example", one, flash, 0), ("a.example", other, flash, 1), false);
        check(("a.example", one, flash, 0), ("b.example", "Morning news", flash, 1), false);
    }

    #[test]
    fn numbers_or_one_repeated_word_never_fold() {
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
    fn a_paragraph_on_many_pages_of_one_outlet_still_counts_at_other_outlets() {
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
    fn an_address_alone_does_not_make_a_version() {
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
