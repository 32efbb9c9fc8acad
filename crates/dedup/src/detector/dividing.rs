//! Regrouping: stories that stood on page chrome alone are divided once it is recognised.
//!
//! Only what chrome made is taken back. A member leaves the one it joined through where both were a copy
//! by the ordinary judge, under different titles, and hardly a word in common is left once each is without
//! what its outlet is known to print by now. Nothing is merged here, and what people said is one stays one.

use crate::body::titles::Titles;
use crate::body::{Body, SHINGLE_WORDS};
use crate::codec::bits::Bits;
use crate::detector::Detector;
use crate::detector::chrome::{about, are_strangers};
use crate::detector::find::seconds_between;
use crate::detector::reading::AtRest;
use crate::detector::regroup::most_alike;
use crate::ids::{DocId, OutletId, StoryId};
use crate::judge::rule::Rule;
use crate::judge::{Article, Judgement, Prior, judge};
use crate::store::doc::Doc;
use crate::story::Split;

/// Shared words that may be left of a copy which chrome made.
const LEFT_WORDS: u32 = 8;
/// A larger part of a story is not looked at member by member.
const MOST_LEAVING: usize = 64;

/// What two articles are to each other as they came, and today.
enum Tie {
    /// A copy still, or none that chrome made.
    Holds,
    /// No copy, and none before.
    None,
    /// A copy by page chrome alone.
    Chrome,
}

impl Detector {
    /// Notes that an article joined its story by its text, through another page.
    pub(crate) fn note_fold(
        &mut self,
        number: DocId,
        judgement: &Judgement,
        is_same: impl Fn(DocId) -> bool,
    ) {
        let Some(doc) = self.docs.get(number) else { return };
        let is_same = is_same(doc.joined);
        let found = judgement.matches.iter().find(|found| found.doc == doc.joined);
        let by_text = [Rule::Expanded, Rule::Reprint, Rule::Part, Rule::Take];
        let is_by_text = found.is_some_and(|found| by_text.contains(&found.rule));
        let other = self.outlet_of(doc.joined);
        if let (Some(outlet), Some(other), true, false) = (doc.outlet, other, is_by_text, is_same) {
            self.folds.note(number, doc.time, [outlet, other]);
        }
    }

    /// Divides the stories that stand on what an outlet is known to print from now on: traits, each
    /// named once.
    pub(crate) fn divide(&mut self, outlet: OutletId, time: i64, learned: &[u32]) -> Vec<Split> {
        let mut splits = Vec::new();
        for doc in self.folds.latest(outlet, time) {
            let Some(its) = self.docs.get(doc) else { continue };
            let (story, joined) = (self.story_of(doc), its.joined);
            if joined == doc || self.story_of(joined) != story {
                continue;
            }
            let body = || self.lexicon.open(&its.at_rest.open().body);
            if self.trait_cache.has_row(doc, learned, body)
                && matches!(self.tie(doc, joined), Tie::Chrome)
            {
                splits.extend(self.set_free(story, doc));
            }
        }
        // What two stories were made one by may have left.
        let touched: Vec<StoryId> = splits.iter().map(|split: &Split| split.from).collect();
        for story in touched {
            for root in self.roots(story) {
                splits.extend(self.set_free(story, root));
            }
        }
        splits
    }

    /// The members of a story that joined through none of it, its first apart.
    fn roots(&self, story: StoryId) -> Vec<DocId> {
        let is_root = |doc: &&DocId| {
            let joined = self.docs.get(**doc).map(|its| its.joined);
            joined.is_some_and(|joined| joined == **doc || self.story_of(joined) != story)
        };
        self.members(story).iter().skip(1).filter(is_root).copied().collect()
    }

    /// Takes an article out of its story with those that joined through it, unless people said that it is
    /// one, or one of them is a copy of what remains.
    fn set_free(&mut self, story: StoryId, doc: DocId) -> Option<Split> {
        if self.stories.is_by_hand(story) {
            return None;
        }
        let leaving = self.joined_through(story, doc);
        let is_leaving = |member: &DocId| leaving.binary_search(member).is_ok();
        let members = self.members(story).iter().filter(|member| !is_leaving(member));
        let rest: Vec<DocId> = members.copied().collect();
        if leaving.len() > MOST_LEAVING || rest.is_empty() {
            return None;
        }
        let mut is_by_chrome = false;
        for member in &leaving {
            let kin = self.docs.get(*member).map_or(&[][..], Doc::kin);
            for relative in most_alike(kin, &rest) {
                match self.tie((*member).max(relative), (*member).min(relative)) {
                    Tie::Holds => return None,
                    Tie::Chrome => is_by_chrome = true,
                    Tie::None => {}
                }
            }
        }
        if is_by_chrome { self.take_out(story, &leaving) } else { None }
    }

    /// What ties two articles together.
    fn tie(&self, second: DocId, first: DocId) -> Tie {
        let opened = [second, first].map(|doc| AtRest::new(self, doc));
        let [Some(later), Some(earlier)] = &opened else { return Tie::None };
        let bodies = [&later.body, &earlier.body];
        let (before, _) = self.between(later, earlier, bodies);
        if !before.folds() {
            return Tie::None;
        }
        let marked = [later, earlier].map(|at_rest| self.marked(at_rest));
        let (rule, left) = self.between(later, earlier, marked.each_ref());
        let titles = later.notes.title.compare(&earlier.notes.title);
        let is_chrome = !rule.folds()
            && left < LEFT_WORDS
            && titles == Titles::Other
            && are_two_pages([later, earlier], bodies, &marked);
        if is_chrome { Tie::Chrome } else { Tie::Holds }
    }

    /// The body of an article without what its outlet is known to print by now.
    fn marked(&self, at_rest: &AtRest<'_>) -> Body {
        let mut body = at_rest.body.clone();
        if let Some(outlet) = at_rest.doc.outlet {
            self.boilerplate.mark(outlet, &mut body, &self.settings);
        }
        body
    }

    /// What the judge says of two articles with these bodies, and how many words they share.
    fn between(&self, later: &AtRest<'_>, earlier: &AtRest<'_>, bodies: [&Body; 2]) -> (Rule, u32) {
        let nothing = Bits::default();
        let [here, there] = bodies;
        let prior = Prior {
            doc: earlier.number,
            article: as_it_is(earlier, there),
            same_item: false,
            same_name: false,
            same_page: false,
            same_outlet: later.doc.outlet.is_some() && later.doc.outlet == earlier.doc.outlet,
            titles: later.notes.title.compare(&earlier.notes.title),
            seconds: seconds_between(later.doc, earlier.doc),
            common: &nothing,
            foreign: &nothing,
        };
        let judgement = judge(&as_it_is(later, here), &[prior], &self.settings);
        let found = judgement.matches.first();
        found.map_or((Rule::NotFound, 0), |found| (found.rule, found.overlap.shared_words))
    }
}

/// An article with a body of which words may have been marked.
fn as_it_is<'a>(at_rest: &'a AtRest<'_>, body: &'a Body) -> Article<'a> {
    let counted_shingles = body.counted_words().saturating_sub(SHINGLE_WORDS - 1);
    let article = at_rest.doc.article(at_rest, body, &at_rest.notes);
    Article { counted_shingles, ..article }
}

/// Whether both articles have parts of their own which have nothing to do with each other, nor with what
/// was marked in them.
fn are_two_pages(pages: [&AtRest<'_>; 2], bodies: [&Body; 2], marked: &[Body; 2]) -> bool {
    let parts = |at: usize| {
        let mut chrome = Bits::new(bodies[at].len());
        let words = bodies[at].words.iter().zip(&marked[at].words).enumerate();
        let newly = words.filter(|(_, (before, now))| before.counts() && !now.counts());
        newly.for_each(|(place, _)| chrome.insert(place));
        let own = about(pages[at], bodies[at], &chrome, false)?;
        Some((own, about(pages[at], bodies[at], &chrome, true)?))
    };
    let (Some(here), Some(there)) = (parts(0), parts(1)) else { return false };
    let is_apart = |(own, chrome): &(_, _)| are_strangers(own, chrome);
    is_apart(&here) && is_apart(&there) && are_strangers(&here.0, &there.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detector::incoming::Incoming;
    use crate::detector::verdict::{Class, Verdict};
    use crate::settings::Settings;

    /// So many words that stand nowhere else.
    fn words(name: &str, count: usize) -> String {
        (0..count).map(|n| format!("{name}{n} ")).collect()
    }

    /// A page of an outlet: something of its own, and what the outlet prints below it.
    struct Page {
        outlet: &'static str,
        title: String,
        text: String,
    }

    /// One whose title has a word of the blurbs: else they would not fold at all.
    fn video(outlet: &'static str, name: &str, blurbs: &str) -> Page {
        let title = format!("{name}title of {name}page, blurb7");
        Page { outlet, title, text: format!("{}.\n{blurbs}.", words(name, 30)) }
    }

    fn show(detector: &mut Detector, page: &Page) -> Verdict {
        let item = format!("{}/{}", page.outlet, page.title);
        detector.observe(&Incoming {
            items: &[&item],
            outlet: Some(page.outlet),
            title: &page.title,
            text: &page.text,
            ..Incoming::default()
        })
    }

    fn show_all(detector: &mut Detector, pages: &[Page]) -> Vec<Verdict> {
        pages.iter().map(|page| show(detector, page)).collect()
    }

    /// The story of each article so far.
    fn stories(detector: &Detector) -> Vec<StoryId> {
        (0..detector.next.0).map(|doc| detector.story_of(DocId(doc))).collect()
    }

    /// Two pages of one outlet that fold by their blurbs, and a third.
    fn videos() -> (Detector, Page) {
        let blurbs = words("blurb", 230);
        let mut detector = Detector::new(Settings::default());
        let [one, two, three] = ["boats", "trees", "roads"];
        let first = [one, two].map(|name| video("a.example", name, &blurbs));
        let told = show_all(&mut detector, &first);
        assert_eq!(
            (told[1].class, told[1].story),
            (Class::Copy, StoryId(0)),
            "they fold by the blurbs"
        );
        (detector, video("a.example", three, &blurbs))
    }

    #[test]
    fn pages_that_stood_on_their_blurbs_are_divided_once_a_third_shows_them() {
        let (mut detector, third) = videos();
        let told = show(&mut detector, &third);
        assert_eq!(
            told.regrouped,
            [Split { from: StoryId(0), into: StoryId(1), moved: [1].map(DocId).to_vec() }]
        );
        assert_eq!((told.class, stories(&detector)), (Class::New, [0, 1, 2].map(StoryId).to_vec()));
        let later = video("a.example", "hills", &words("blurb", 230));
        let last = show(&mut detector, &later);
        assert_eq!((last.class, last.regrouped), (Class::New, Vec::new()));
    }

    #[test]
    fn what_joined_through_what_is_freed_goes_with_it() {
        let (mut detector, third) = videos();
        let grown = format!("{}.\n{}.", words("trees", 45), words("blurb", 230));
        let next = show(&mut detector, &Page { text: grown, ..video("a.example", "trees", "") });
        assert_eq!((next.class, next.story), (Class::Version, StoryId(0)));
        let told = show(&mut detector, &third);
        assert_eq!(
            told.regrouped,
            [Split { from: StoryId(0), into: StoryId(1), moved: [1, 2].map(DocId).to_vec() }]
        );
    }

    #[test]
    fn what_people_said_is_one_is_never_divided() {
        let (mut detector, third) = videos();
        detector.keep_whole(StoryId(0));
        assert_eq!(show(&mut detector, &third).regrouped, []);
        assert_eq!(stories(&detector), [0, 0, 2].map(StoryId));
    }

    #[test]
    fn what_people_made_one_is_never_divided() {
        let (mut detector, third) = videos();
        let other = Page { text: words("shore", 90), ..video("c.example", "shore", "") };
        assert_eq!(show(&mut detector, &other).story, StoryId(2));
        assert!(detector.unite_stories(StoryId(0), StoryId(2)).is_some());
        assert_eq!(show(&mut detector, &third).regrouped, []);
        assert_eq!(stories(&detector), [0, 0, 0, 3].map(StoryId));
    }

    #[test]
    fn chrome_of_two_outlets_folds_until_both_are_known_for_it() {
        let blurbs = words("blurb", 110);
        let mut detector = Detector::new(Settings::default());
        let page = |outlet, name: &str| video(outlet, name, &blurbs);
        let told = show_all(
            &mut detector,
            &[
                page("a.example", "boats"),
                page("b.example", "trees"),
                page("a.example", "roads"),
                page("b.example", "hills"),
                page("a.example", "lakes"),
            ],
        );
        assert!(told.iter().all(|told| told.regrouped.is_empty()), "one outlet is not enough");
        assert_eq!(stories(&detector), [0, 0, 0, 0, 4].map(StoryId));
        show(&mut detector, &page("b.example", "shore"));
        assert_eq!(stories(&detector), [0, 1, 2, 3, 4, 5].map(StoryId));
    }

    #[test]
    fn the_footer_of_a_house_makes_no_story_of_its_papers() {
        let footer = words("footer", 130);
        let mut detector = Detector::new(Settings::default());
        let mut article = |outlet: &'static str, name: &str| {
            let title = format!("{name}1 {name}5 {name}7");
            let text = format!("{}.\n{footer}.", words(name, 150));
            show(&mut detector, &Page { outlet, title, text })
        };
        article("a.example", "boats");
        assert_eq!(article("b.example", "trees").class, Class::Copy, "nobody knows it yet");
        assert_eq!(article("c.example", "roads").regrouped.len(), 1);
        for (outlet, name) in
            [("a.example", "hills"), ("d.example", "lakes"), ("d.example", "shore")]
        {
            assert_eq!(article(outlet, name).class, Class::New);
        }
        assert_eq!(stories(&detector), [0, 1, 2, 3, 4, 5].map(StoryId));
    }

    #[test]
    fn a_text_that_papers_of_a_house_print_between_their_own_folds() {
        let wire = words("wire", 130);
        let mut detector = Detector::new(Settings::default());
        let mut article = |outlet: &'static str, name: &str| {
            let title = format!("wire7 {name}1 wire90");
            let text = format!("{}.\n{wire}.", words(name, 100));
            show(&mut detector, &Page { outlet, title, text })
        };
        for (outlet, name) in
            [("a.example", "boats"), ("b.example", "trees"), ("c.example", "roads")]
        {
            assert_eq!(article(outlet, name).story, StoryId(0));
        }
        assert_eq!(stories(&detector), [0, 0, 0].map(StoryId));
    }

    /// One agency text with an ending or a beginning of an editor's own, about the same.
    fn wire(outlet: &'static str, name: &str, ends: bool) -> Page {
        let text = "QUAYTON (AP) — The harbour board of Quayton said on Thursday that it would close \
            the northern basin for repairs which begin in the spring. Chairwoman Marta Fennel told \
            reporters that the walls built by prisoners a century ago were giving way, and that divers \
            had found cracks along most of their length. Ferries to the islands will sail from the \
            southern quays until the repairs are done, the board said. Fishermen who sell their catch \
            in the northern halls are to be paid for what they lose. The islands depend on the ferries \
            for food and fuel, and Fennel said that storms in winter had made matters worse. The repairs \
            are expected to take two years. Engineers from the university helped the divers to measure \
            the cracks, which have grown since autumn.";
        let own = format!(
            "Fennel and the harbour board spoke of {name} and {} while fishermen on the northern quays \
             of Quayton waited for ferries, divers and engineers.",
            words(name, 12)
        );
        let title = format!("{name} of {name}page");
        let text = if ends { format!("{text}\n{own}") } else { format!("{own}\n{text}") };
        Page { outlet, title, text }
    }

    #[test]
    fn an_archive_of_one_agency_text_is_never_divided() {
        let mut detector = Detector::new(Settings::default());
        let mut pages = vec![wire("b.example", "basin", true)];
        let names = ["walls", "cracks", "spring", "halls", "storms", "winter"];
        pages.extend(names.map(|name| wire("a.example", name, name.len() > 5)));
        pages.push(wire("c.example", "autumn", false));
        pages.extend(["quays", "islands"].map(|name| wire("a.example", name, true)));
        let told = show_all(&mut detector, &pages);
        assert!(told.iter().all(|told| told.regrouped.is_empty()));
        assert_eq!(stories(&detector), vec![StoryId(0); pages.len()]);
    }
}
