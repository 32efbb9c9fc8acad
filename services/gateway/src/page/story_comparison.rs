//! Compares the articles of a story with its lead: shared passages and changes. The functions are pure, and
//! limited by the number of articles and words.
//! pure, and bounded by the number of articles and words.

use std::collections::{HashMap, HashSet};

use wirefold_dedup::{Changes, Overlap, Settings};
use wirefold_proto::ArticleId;

use super::diff::{self, WordDiff};
use super::map::{MapInput, Strip, shared, story_strips};
use super::{map, words};
use crate::analysed_text::AnalysedText;
use crate::shapes::{ArticleBrief, StoryBrief, StoryWithArticles};

/// The most copies on a page whose sentences are compared.
const MAX_CHANGES: usize = 12;

/// The most characters of a heading on the map, which fit on a phone.
const MAX_HEADING: usize = 46;

/// The stored texts of articles.
pub(super) type Texts = HashMap<ArticleId, String>;

/// A story with the comparisons of its texts.
pub(super) struct StoryComparison {
    /// The story.
    pub story: StoryBrief,
    /// Its articles: the lead, and then the others, the first seen first.
    pub articles: Vec<ComparedArticle>,
}

/// An article with the analysis of its text.
pub(super) struct ComparedArticle {
    /// The article.
    pub article: ArticleBrief,
    /// Its text; `None` if it is no longer stored, or was not read.
    pub reading: Option<AnalysedText>,
    /// Its comparison with the lead; `None` for the lead itself, or if one of the texts is missing.
    pub against: Option<LeadComparison>,
}

/// The comparison of an article with the lead. The changes of a version are against the version before.
pub(super) struct LeadComparison {
    /// The parts that it shares with the lead.
    pub overlap: Overlap,
    /// The index of the story's article that changes are against; 0 for the lead.
    pub base: usize,
    /// The changes of the opening.
    pub lede: WordDiff,
    /// The changes of the sentences; `None` if there are too many copies.
    pub changes: Option<Changes>,
}

impl StoryComparison {
    /// The lead.
    pub(super) fn lead(&self) -> Option<&ComparedArticle> {
        self.articles.first()
    }
}

/// Compares the articles of stories by the detector's settings. Sentences are compared only for the first
/// copies.
pub(super) fn compare_stories(
    stories: Vec<StoryWithArticles>,
    texts: &Texts,
    method: &Settings,
) -> Vec<StoryComparison> {
    let mut left = MAX_CHANGES;
    stories.into_iter().map(|with| study_one(with, texts, method, &mut left)).collect()
}

fn study_one(
    with: StoryWithArticles,
    texts: &Texts,
    method: &Settings,
    left: &mut usize,
) -> StoryComparison {
    let StoryWithArticles { story, mut articles } = with;
    articles.sort_by_key(|article| (article.id != story.lead, article.seen, article.id));
    let reading = |id: &ArticleId| texts.get(id).map(|text| AnalysedText::beginning(text));
    let mut studied: Vec<ComparedArticle> = Vec::with_capacity(articles.len());
    for article in articles {
        let reading = reading(&article.id);
        let compare = |text| compare(&studied, &article, text, method, left);
        let against = reading.as_ref().and_then(compare);
        studied.push(ComparedArticle { article, reading, against });
    }
    StoryComparison { story, articles: studied }
}

fn compare(
    before: &[ComparedArticle],
    article: &ArticleBrief,
    text: &AnalysedText,
    method: &Settings,
    left: &mut usize,
) -> Option<LeadComparison> {
    let lead = before.first()?.reading.as_ref()?;
    let earlier = before
        .iter()
        .position(|other| other.reading.is_some() && article.version_of == Some(other.article.id));
    let base = earlier.unwrap_or(0);
    let old = before[base].reading.as_ref()?;
    let is_asked = *left > 0;
    *left = left.saturating_sub(1);
    Some(LeadComparison {
        overlap: Overlap::between(&text.body, &lead.body, method),
        base,
        lede: diff::ledes(old, text),
        changes: is_asked.then(|| Changes::between(&old.text, &text.text)),
    })
}

/// The map of these stories; articles without text have no strip.
pub(super) fn map_of(stories: &[StoryComparison]) -> MapInput {
    let leads: Vec<&AnalysedText> = stories.iter().filter_map(lead_text).collect();
    let mut quoted = shared(&leads).into_iter();
    let mut strips = Vec::new();
    let mut first = 1;
    for study in stories {
        let Some(lead) = lead_text(study) else { continue };
        let (of_story, next) = strips_of(study, lead, first);
        first = next;
        let from = strips.len();
        strips.extend(of_story);
        if let (Some(strip), Some(quoted)) = (strips.get_mut(from), quoted.next()) {
            strip.quoted = quoted;
            strip.heading = (stories.len() > 1).then(|| heading(study));
        }
    }
    let summary = summary(stories, &strips);
    MapInput { summary, strips }
}

fn lead_text(study: &StoryComparison) -> Option<&AnalysedText> {
    study.lead()?.reading.as_ref()
}

fn strips_of(study: &StoryComparison, lead: &AnalysedText, first: usize) -> (Vec<Strip>, usize) {
    let copies = || study.articles.iter().skip(1).filter(|studied| studied.against.is_some());
    let pairs: Vec<(&AnalysedText, &Overlap)> = copies()
        .filter_map(|studied| Some((studied.reading.as_ref()?, &studied.against.as_ref()?.overlap)))
        .collect();
    let (mut strips, next) = story_strips(lead, &pairs, first);
    for (strip, studied) in strips.iter_mut().zip(study.lead().into_iter().chain(copies())) {
        strip.label = studied.article.outlet_label();
        strip.note = note(study, studied);
    }
    (strips, next)
}

fn note(study: &StoryComparison, studied: &ComparedArticle) -> String {
    let article = &studied.article;
    let length = studied.reading.as_ref().map_or(0, AnalysedText::len);
    let mut note = words::count(length as u64, "word", "words");
    if study.articles.len() > 1 {
        note = format!("{} · {note}", words::role(article, Some(&study.story)));
    }
    if let Some(against) = &studied.against {
        note.push_str(&format!(
            " · {} shared with the lead",
            words::percent(against.overlap.contained)
        ));
    }
    note
}

fn heading(study: &StoryComparison) -> String {
    words::cut(&study.story.title, MAX_HEADING)
}

fn summary(stories: &[StoryComparison], strips: &[Strip]) -> String {
    let moved = strips.iter().flat_map(|strip| &strip.pieces).filter(|piece| piece.moved).count();
    let numbers = strips.iter().flat_map(|strip| &strip.pieces).map(|piece| piece.number).max();
    format!(
        "Reprint map: {} of {}, {} shared by lead and copies, {moved} moved. The table below says \
         the same.",
        words::count(strips.len() as u64, "text", "texts"),
        words::count(stories.len() as u64, "story", "stories"),
        words::count(numbers.unwrap_or(0) as u64, "passage", "passages"),
    )
}

/// The articles of a page that are too many to be compared.
pub(super) struct LeftOut {
    /// How many.
    pub(super) count: u64,
    /// The first seen of them.
    pub(super) listed: Vec<ArticleBrief>,
}

impl LeftOut {
    /// The articles of `all` that are not in these stories. `first` are the first seen of all.
    pub(super) fn of(all: u32, kept: &[StoryWithArticles], first: Vec<ArticleBrief>) -> Self {
        let kept = || kept.iter().flat_map(|with| &with.articles);
        let ids: HashSet<ArticleId> = kept().map(|article| article.id).collect();
        let mut listed = first;
        listed.retain(|article| !ids.contains(&article.id));
        listed.sort_by_key(|article| (article.seen, article.id));
        Self { count: u64::from(all).saturating_sub(ids.len() as u64), listed }
    }
}

/// Limits the articles to [`map::MAX_STRIPS`] in all: every lead, and of each story as many others as there
/// is room for, the first seen first.
pub(super) fn limit_articles(stories: &mut Vec<StoryWithArticles>) {
    for with in stories.iter_mut() {
        let lead = with.story.lead;
        with.articles.sort_by_key(|article| (article.id != lead, article.seen, article.id));
    }
    stories.truncate(map::MAX_STRIPS);
    let kept =
        |most: usize| -> usize { stories.iter().map(|with| with.articles.len().min(most)).sum() };
    let fits = |most: &usize| kept(*most) <= map::MAX_STRIPS;
    let each = (1..=map::MAX_STRIPS).rev().find(fits).unwrap_or(1);
    for with in stories.iter_mut() {
        with.articles.truncate(each);
    }
}

#[cfg(test)]
mod tests {
    use wirefold_proto::Class;

    use super::*;

    fn story(number: u64, articles: u64) -> StoryWithArticles {
        let brief = |nth: u64| ArticleBrief {
            id: format!("a-{:026}", number * 1_000 + nth).parse().unwrap(),
            fetched: nth,
            story: format!("s-{number:026}").parse().unwrap(),
            outlet: "harbour.example".parse().unwrap(),
            via: None,
            title: String::new(),
            language: "en".parse().unwrap(),
            url: None,
            // The lead is not the first seen.
            seen: jiff::Timestamp::from_second(1_000 - nth.cast_signed()).unwrap(),
            published: None,
            date_problem: None,
            class: Class::Copy,
            kind: None,
            comparable: true,
            strongest: None,
            agency: None,
            version_of: None,
            material: None,
            baseline: false,
            paywalled: false,
        };
        let articles: Vec<ArticleBrief> = (0..articles).map(brief).collect();
        let story = StoryBrief {
            id: articles[0].story,
            event: format!("e-{number:026}").parse().unwrap(),
            lead: articles[0].id,
            title: String::new(),
            language: "en".parse().unwrap(),
            outlet: "harbour.example".parse().unwrap(),
            via: None,
            url: None,
            articles: 1,
            outlets: 1,
            copies: 0,
            versions: 0,
            first_seen: articles[0].seen,
            changed: articles[0].seen,
            agency: None,
            revision: 1,
            quiet: false,
            regrouped: None,
            keyphrases: Vec::new(),
        };
        StoryWithArticles { story, articles }
    }

    #[test]
    fn every_lead_is_kept_and_no_more_articles_than_the_map_has_strips() {
        for (sizes, left_out) in [(vec![3, 2], 0), (vec![60, 1, 1], 22), (vec![5; 50], 210)] {
            let mut stories: Vec<StoryWithArticles> =
                (1..).zip(&sizes).map(|(number, size)| story(number, *size)).collect();
            let first: Vec<ArticleBrief> =
                stories.iter().flat_map(|with| with.articles.clone()).collect();
            let all = u32::try_from(first.len()).unwrap();
            limit_articles(&mut stories);
            let found = LeftOut::of(all, &stories, first);
            assert_eq!(
                (found.count, found.listed.len()),
                (left_out, left_out as usize),
                "{sizes:?}"
            );
            assert!(stories.iter().all(|with| with.articles[0].id == with.story.lead));
        }
    }

    #[test]
    fn sentences_are_compared_for_the_first_copies_only() {
        let with = story(1, 20);
        let texts: Texts = with
            .articles
            .iter()
            .map(|article| (article.id, "The ferry sank at noon near the old pier.".to_owned()))
            .collect();
        let studied = compare_stories(vec![with], &texts, &Settings::default());
        let asked = studied[0].articles.iter().filter_map(|studied| studied.against.as_ref());
        assert_eq!(asked.clone().count(), 19);
        assert_eq!(asked.filter(|against| against.changes.is_some()).count(), MAX_CHANGES);
    }

    #[test]
    fn shares_are_those_of_the_detectors_settings() {
        let with = story(1, 2);
        let text = "The ferry sank at noon near the old pier, and nobody was aboard at that time.";
        let texts: Texts =
            with.articles.iter().map(|article| (article.id, text.to_owned())).collect();
        let contained = |method: &Settings| {
            let studied = compare_stories(vec![with.clone()], &texts, method);
            studied[0].articles[1].against.as_ref().map(|against| against.overlap.contained)
        };
        assert_eq!(contained(&Settings::default()), Some(1.0));
        let strict = Settings { passage_words: 20, ..Settings::default() };
        assert_eq!(contained(&strict), Some(0.0));
    }

    #[test]
    fn a_new_version_is_compared_with_the_one_before() {
        let mut with = story(1, 3);
        with.articles.sort_by_key(|article| article.seen);
        let (lead, first, second) = (with.story.lead, with.articles[0].id, with.articles[1].id);
        with.articles[1].version_of = Some(first);
        let text = |number: &str| format!("The ferry sank at noon with {number} people aboard.");
        let texts = Texts::from([
            (lead, "Snow lay on the quay when the pupils came out of school.".to_owned()),
            (first, text("fourteen")),
            (second, text("forty-one")),
        ]);
        let studied = compare_stories(vec![with], &texts, &Settings::default());
        let version = studied[0].articles[2].against.as_ref().unwrap();
        assert_eq!((version.base, studied[0].articles[1].article.id), (1, first));
        assert!(matches!(&version.lede, WordDiff::Edited(runs) if runs.len() == 4));
        assert_eq!(studied[0].articles[1].against.as_ref().unwrap().base, 0);
    }

    #[test]
    fn an_article_without_text_has_no_strip() {
        let with = story(1, 3);
        let lead = with.story.lead;
        let only_copies: Texts = with.articles[1..]
            .iter()
            .map(|article| (article.id, "The ferry sank at noon.".to_owned()))
            .collect();
        let study = |story, texts| compare_stories(vec![story], texts, &Settings::default());
        assert!(map_of(&study(with.clone(), &only_copies)).strips.is_empty());
        let only_lead = Texts::from([(lead, "The ferry sank at noon.".to_owned())]);
        assert_eq!(map_of(&study(with, &only_lead)).strips.len(), 1);
    }
}
