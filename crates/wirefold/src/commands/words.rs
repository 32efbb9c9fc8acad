//! Wording that several commands share.

use std::fmt::Display;

use wirefold_gateway::shapes::ArticleBrief;
use wirefold_proto::{Confidence, Interval, LeadEvidence, StoryChange};

use crate::output::{clean, count, percent};

/// An id as lists show it: long enough to be unique in practice and to be used as an argument.
pub(super) fn short(shown: impl Display) -> String {
    let id = shown.to_string();
    let sort = id.find('-').map_or(0, |at| at + 1);
    id.chars().take(sort + SHOWN).collect()
}

/// Reads the time of a mute. Zero is refused as a mistake.
pub(super) fn span_above_zero(text: &str) -> Result<Interval, String> {
    let span: Interval = text.parse().map_err(|error| format!("{error}"))?;
    match span.duration().is_zero() {
        true => Err("0 mutes nothing: give a time such as 2h".to_owned()),
        false => Ok(span),
    }
}

/// The number of digits of an id that are shown.
const SHOWN: usize = 8;

/// Why an article represents its story: `probably the source: it credits an agency`.
fn lead(by: LeadEvidence, confidence: Confidence) -> String {
    let sure = match confidence {
        Confidence::Possibly => "possibly the source",
        Confidence::Probably => "probably the source",
        Confidence::Certainly => "the source",
    };
    let why = match by {
        LeadEvidence::Credit => "it credits an agency",
        LeadEvidence::Dateline => "it has a dateline",
        LeadEvidence::Published => "it was published earlier",
        LeadEvidence::Attribution => "its outlet says so itself",
    };
    format!("{sure}: {why}")
}

/// A change to a story. `None` if it changes nothing that is shown.
pub(super) fn story_change(change: &StoryChange) -> Option<String> {
    Some(match change {
        StoryChange::Merged { from, into, .. } => {
            format!("{} is part of {} now", short(from), short(into))
        }
        StoryChange::Split { from, into, articles } => moved(articles.len(), from, into),
        StoryChange::Credited { story, agency } => {
            format!("{} is from {}", short(story), clean(&agency.describe()))
        }
        StoryChange::Preferred { story, lead } => {
            format!("{} leads {} now", short(lead), short(story))
        }
        StoryChange::Lead { story, lead: leads, by, confidence } => {
            format!("{} leads {} now, {}", short(leads), short(story), lead(*by, *confidence))
        }
        StoryChange::Quiet { .. } => return None,
    })
}

fn moved(articles: usize, from: impl Display, into: impl Display) -> String {
    let articles = count(articles, "article", "articles");
    format!("{articles} left {} for {}", short(from), short(into))
}

/// `71 % of it is in harbour.example`, for the article with which it shares most.
pub(super) fn contained(article: &ArticleBrief, others: &[ArticleBrief]) -> Option<String> {
    let found = article.strongest.as_ref()?;
    let other = others.iter().find(|other| other.id == found.id);
    let other = other.map_or_else(|| short(found.id), |it| it.outlet_label());
    let share = percent(found.contained.get());
    Some(format!("{share} of it is in {other}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_shortened_after_their_sort() {
        assert_eq!(short("s-abcdefghijklmnop"), "s-abcdefgh");
        assert_eq!(short("abcdefghijklmnop"), "abcdefgh");
        assert_eq!(short("abc"), "abc");
    }
}
