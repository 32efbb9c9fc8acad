//! Regrouping: divides stories that were folded only because of page chrome, once the chrome is
//! recognised.
//!
//! A member leaves the article that it joined through if all of this holds: the judge called the
//! two a copy, their titles differ, and hardly a word in common remains without the boilerplate
//! that the outlets are known for by now. Regrouping never merges, and never divides a story that
//! people merged or prefer an outlet for.

use crate::body::titles::TitleRelation;
use crate::body::{Body, SHINGLE_WORDS};
use crate::codec::bits::Bits;
use crate::detector::Detector;
use crate::detector::chrome::{are_unrelated, telling_words};
use crate::detector::find::seconds_between;
use crate::detector::overrides::closest_relatives;
use crate::detector::reading::EarlierArticle;
use crate::ids::{DocId, OutletId, StoryId};
use crate::judge::rule::Rule;
use crate::judge::{Article, Judgement, Prior, judge};
use crate::store::doc::Doc;
use crate::story::Split;

/// If fewer shared words than this remain without boilerplate, only chrome made the two articles a
/// copy.
const MIN_REMAINING_WORDS: u32 = 8;
/// Limits the work of one division: a larger group of members is never taken out.
const MAX_LEAVING: usize = 64;

/// Whether two articles are copies, judged as they arrived and again with the boilerplate known
/// today.
enum CopyStatus {
    /// They are still a copy, or they ceased to be one for another reason than chrome.
    Copy,
    /// They were never a copy.
    Never,
    /// They were a copy only because of page chrome.
    ChromeOnly,
}

impl Detector {
    /// Records that an article was folded because of its text, so that new boilerplate can undo it.
    /// Folds by identity (`is_same`) are not recorded.
    pub(crate) fn record_fold(
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
            self.folds.record(number, doc.time, [outlet, other]);
        }
    }

    /// Divides the stories that rest on newly learned boilerplate of an outlet. `learned` lists the
    /// new traits, each once.
    pub(crate) fn regroup(&mut self, outlet: OutletId, time: i64, learned: &[u32]) -> Vec<Split> {
        let mut splits = Vec::new();
        for doc in self.folds.latest(outlet, time) {
            let Some(its) = self.docs.get(doc) else { continue };
            let (story, joined) = (self.story_of(doc), its.joined);
            if joined == doc || self.story_of(joined) != story {
                continue;
            }
            let body = || self.lexicon.open(&its.stored.open().body);
            if self.shingle_cache.has_passage(doc, learned, body)
                && matches!(self.copy_status(doc, joined), CopyStatus::ChromeOnly)
            {
                splits.extend(self.take_out_with_joined(story, doc));
            }
        }
        // The article through which two stories merged may have left one of them.
        let touched: Vec<StoryId> = splits.iter().map(|split: &Split| split.from).collect();
        for story in touched {
            for root in self.roots_of_merged(story) {
                splits.extend(self.take_out_with_joined(story, root));
            }
        }
        splits
    }

    /// The members, except the first, that did not join through another member: they came with a
    /// merged story.
    fn roots_of_merged(&self, story: StoryId) -> Vec<DocId> {
        let is_root = |doc: &&DocId| {
            let joined = self.docs.get(**doc).map(|its| its.joined);
            joined.is_some_and(|joined| joined == **doc || self.story_of(joined) != story)
        };
        self.members(story).iter().skip(1).filter(is_root).copied().collect()
    }

    /// Takes an article out of its story together with those that joined through it. Does nothing
    /// if a manual override keeps the story whole, or if one of them is a copy of an article that
    /// remains.
    fn take_out_with_joined(&mut self, story: StoryId, doc: DocId) -> Option<Split> {
        if self.stories.is_by_hand(story) {
            return None;
        }
        let leaving = self.joined_through(story, doc);
        let is_leaving = |member: &DocId| leaving.binary_search(member).is_ok();
        let members = self.members(story).iter().filter(|member| !is_leaving(member));
        let rest: Vec<DocId> = members.copied().collect();
        if leaving.len() > MAX_LEAVING || rest.is_empty() {
            return None;
        }
        let mut is_by_chrome = false;
        for member in &leaving {
            let kin = self.docs.get(*member).map_or(&[][..], Doc::relatives);
            for relative in closest_relatives(kin, &rest) {
                match self.copy_status((*member).max(relative), (*member).min(relative)) {
                    CopyStatus::Copy => return None,
                    CopyStatus::ChromeOnly => is_by_chrome = true,
                    CopyStatus::Never => {}
                }
            }
        }
        if is_by_chrome { self.take_out_members(story, &leaving) } else { None }
    }

    /// Judges two articles as they arrived and with the boilerplate known today.
    fn copy_status(&self, second: DocId, first: DocId) -> CopyStatus {
        let opened = [second, first].map(|doc| EarlierArticle::new(self, doc));
        let [Some(later), Some(earlier)] = &opened else { return CopyStatus::Never };
        let bodies = [&later.body, &earlier.body];
        let (before, _) = self.judge_pair(later, earlier, bodies);
        if !before.folds() {
            return CopyStatus::Never;
        }
        let marked = [later, earlier].map(|article| self.mark_boilerplate(article));
        let (rule, left) = self.judge_pair(later, earlier, marked.each_ref());
        let titles = later.notes.title.compare(&earlier.notes.title);
        let is_chrome = !rule.folds()
            && left < MIN_REMAINING_WORDS
            && titles == TitleRelation::Other
            && are_unrelated_pages([later, earlier], bodies, &marked);
        if is_chrome { CopyStatus::ChromeOnly } else { CopyStatus::Copy }
    }

    /// The body of an article with the boilerplate marked that its outlet is known for by now.
    fn mark_boilerplate(&self, article: &EarlierArticle<'_>) -> Body {
        let mut body = article.body.clone();
        if let Some(outlet) = article.doc.outlet {
            self.boilerplate.mark_known(outlet, &mut body, &self.settings);
        }
        body
    }

    /// The rule by which the judge decides about two articles with these bodies, and how many words
    /// they share.
    fn judge_pair(
        &self,
        later: &EarlierArticle<'_>,
        earlier: &EarlierArticle<'_>,
        bodies: [&Body; 2],
    ) -> (Rule, u32) {
        let nothing = Bits::default();
        let [here, there] = bodies;
        let prior = Prior {
            doc: earlier.number,
            article: article_with_body(earlier, there),
            same_item: false,
            same_name: false,
            same_page: false,
            same_outlet: later.doc.outlet.is_some() && later.doc.outlet == earlier.doc.outlet,
            titles: later.notes.title.compare(&earlier.notes.title),
            seconds: seconds_between(later.doc, earlier.doc),
            common: &nothing,
            foreign: &nothing,
        };
        let judgement = judge(&article_with_body(later, here), &[prior], &self.settings);
        let found = judgement.matches.first();
        found.map_or((Rule::NotFound, 0), |found| (found.rule, found.overlap.shared_words))
    }
}

/// An article with this body, whose counted shingles are estimated anew because words may have been
/// marked.
fn article_with_body<'a>(loaded: &'a EarlierArticle<'_>, body: &'a Body) -> Article<'a> {
    let counted_shingles = body.counted_words().saturating_sub(SHINGLE_WORDS - 1);
    let article = loaded.doc.article(loaded, body, &loaded.notes);
    Article { counted_shingles, ..article }
}

/// Whether both articles have parts of their own that are unrelated to each other and to the words
/// newly marked as boilerplate.
fn are_unrelated_pages(
    pages: [&EarlierArticle<'_>; 2],
    bodies: [&Body; 2],
    marked: &[Body; 2],
) -> bool {
    let parts = |at: usize| {
        let mut chrome = Bits::new(bodies[at].len());
        let words = bodies[at].words.iter().zip(&marked[at].words).enumerate();
        let newly = words.filter(|(_, (before, now))| before.is_counted() && !now.is_counted());
        newly.for_each(|(place, _)| chrome.insert(place));
        let own = telling_words(pages[at], bodies[at], &chrome, false)?;
        Some((own, telling_words(pages[at], bodies[at], &chrome, true)?))
    };
    let (Some(here), Some(there)) = (parts(0), parts(1)) else { return false };
    let is_own_unrelated = |(own, chrome): &(_, _)| are_unrelated(own, chrome);
    is_own_unrelated(&here) && is_own_unrelated(&there) && are_unrelated(&here.0, &there.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detector::incoming::Incoming;
    use crate::detector::verdict::{Class, Verdict};
    use crate::settings::Settings;

    /// `count` words that no text with another `name` has.
    fn words(name: &str, count: usize) -> String {
        (0..count).map(|n| format!("{name}{n} ")).collect()
    }

    /// A page of an outlet: words of its own, and below them the outlet's blurbs.
    struct Page {
        outlet: &'static str,
        title: String,
        text: String,
    }

    /// A page whose title has a word of the blurbs. Without it the pages would not fold at all.
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

    /// A detector that folded two pages of one outlet because of their blurbs, and a third page.
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
    fn pages_folded_by_their_blurbs_are_divided_once_a_third_shows_them() {
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
    fn members_leave_with_the_article_they_joined_through() {
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
    fn an_exempted_story_is_never_divided() {
        let (mut detector, third) = videos();
        detector.exempt_from_regrouping(StoryId(0));
        assert_eq!(show(&mut detector, &third).regrouped, []);
        assert_eq!(stories(&detector), [0, 0, 2].map(StoryId));
    }

    #[test]
    fn a_story_merged_by_people_is_never_divided() {
        let (mut detector, third) = videos();
        let other = Page { text: words("shore", 90), ..video("c.example", "shore", "") };
        assert_eq!(show(&mut detector, &other).story, StoryId(2));
        assert!(detector.merge_stories(StoryId(0), StoryId(2)).is_some());
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
    fn the_footer_of_a_publisher_does_not_fold_its_papers() {
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
    fn a_text_that_papers_of_a_publisher_print_between_their_own_folds() {
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

    /// An agency text with a beginning or an ending by an editor, about the same subject.
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
