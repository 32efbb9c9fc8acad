//! Verdicts as lines of the evaluation interface, with the ids of the input.

use wirefold_dedup::{DocId, Split, StoryId, Verdict};
use wirefold_detector::contract::{class, confidence, containment, how, kind};
use wirefold_proto::{Class, LineAgency, LineMatch, LineRegrouping, Simhash, Tag, VerdictLine};

use super::baseline::BaselineVerdict;
use crate::input::Input;

/// The line for a verdict on one of `articles`.
pub(super) fn verdict_line(verdict: &Verdict, articles: &[Input]) -> VerdictLine {
    let id = |doc: DocId| id_of(articles, doc.index());
    let story_id = |story: StoryId| id(story.first_article());
    VerdictLine {
        schema: Tag::new(),
        id: id(verdict.doc),
        class: class(verdict.class),
        kind: verdict.kind.map(kind),
        comparable: verdict.comparable,
        story: story_id(verdict.story),
        event: story_id(verdict.event.first_story()),
        lead: id(verdict.lead),
        origin: id(verdict.origin),
        matches: verdict
            .matches
            .iter()
            .map(|found| LineMatch {
                id: id(found.doc),
                contained: containment(found.contained),
                containing: containment(found.containing),
                passages: u32::try_from(found.passages).unwrap_or(u32::MAX),
                longest: found.longest,
                rule: rule_of(verdict, found.doc),
            })
            .collect(),
        holds: verdict.holds.iter().map(|held| story_id(*held)).collect(),
        shared_quotations: u32::try_from(verdict.shared_quotations).unwrap_or(u32::MAX),
        agency: verdict.agency.as_ref().map(|agency| LineAgency {
            name: agency.name.to_owned(),
            how: how(agency.how),
            confidence: confidence(agency.confidence),
        }),
        simhash: Simhash(verdict.simhash),
        regrouped: verdict.regrouped.iter().map(|split| regrouped(split, id)).collect(),
    }
}

/// The rule that decides about an earlier article.
fn rule_of(verdict: &Verdict, earlier: DocId) -> Option<String> {
    let compared = verdict.compared.iter().find(|compared| compared.doc == earlier);
    compared.map(|compared| compared.rule.name().to_owned())
}

fn regrouped(split: &Split, id: impl Fn(DocId) -> String) -> LineRegrouping {
    let articles = split.moved.iter().map(|doc| id(*doc)).collect();
    let [from, into] = [split.from, split.into].map(|story| id(story.first_article()));
    LineRegrouping { from, into, articles }
}

/// The line for the verdict of a baseline, which has stories only.
pub(super) fn baseline_line(verdict: &BaselineVerdict, articles: &[Input]) -> VerdictLine {
    let story = id_of(articles, verdict.story);
    VerdictLine {
        schema: Tag::new(),
        id: id_of(articles, verdict.doc),
        class: if verdict.doc == verdict.story { Class::New } else { Class::Copy },
        kind: (verdict.doc != verdict.story).then_some(verdict.kind),
        comparable: true,
        story: story.clone(),
        event: story.clone(),
        lead: story.clone(),
        origin: story,
        matches: Vec::new(),
        holds: Vec::new(),
        shared_quotations: 0,
        agency: None,
        simhash: Simhash(verdict.simhash),
        regrouped: Vec::new(),
    }
}

fn id_of(articles: &[Input], number: usize) -> String {
    articles.get(number).map_or_else(String::new, |article| article.id.clone())
}
