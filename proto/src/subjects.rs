//! Subjects: one constructor for each, the messages that are published on them, and the patterns of NATS over them.

use std::fmt;

use crate::codec::Message;
use crate::ids::{AlertId, FeedId, LanguageTag};
use crate::streams::{Stage, Stream};
use crate::token::escape;
use crate::verdict::Class;

/// A subject that a message is published on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject(String);

impl Subject {
    /// An article that came through a feed.
    #[must_use]
    pub fn fetched(feed: &FeedId) -> Self {
        Self(format!("wirefold.v1.article.fetched.{}", escape(feed.as_str())))
    }

    /// An article pushed in through the gateway.
    #[must_use]
    pub fn pushed() -> Self {
        Self::fetched(&FeedId::push())
    }

    /// An article with its findings.
    #[must_use]
    pub fn enriched() -> Self {
        Self("wirefold.v1.article.enriched".to_owned())
    }

    /// An enricher's take-over.
    #[must_use]
    pub fn enriched_epoch() -> Self {
        Self("wirefold.v1.article.enriched.epoch".to_owned())
    }

    /// A decision on an article. The subject has only the first subtag of the language.
    #[must_use]
    pub fn output_article(class: Class, language: &LanguageTag) -> Self {
        let language = escape(language.primary());
        Self(format!("wirefold.v1.output.article.{}.{language}", class.as_str()))
    }

    /// A detector's take-over.
    #[must_use]
    pub fn output_epoch() -> Self {
        Self("wirefold.v1.output.epoch".to_owned())
    }

    /// The outcome of a command about stories.
    #[must_use]
    pub(crate) fn output_command(outcome: &str) -> Self {
        Self(format!("wirefold.v1.output.command.{outcome}"))
    }

    /// One revision of an alert.
    #[must_use]
    pub fn alert(alert: &AlertId, revision: u64) -> Self {
        let subscription = escape(alert.subscription.as_str());
        Self(format!("wirefold.v1.alert.{subscription}.{}.{revision}", alert.target))
    }

    /// The subject of a revision up to its revision, which all revisions of its alert share.
    #[must_use]
    pub fn without_revision(subject: &str) -> &str {
        subject.rsplit_once('.').map_or(subject, |(alert, _)| alert)
    }

    /// A command.
    #[must_use]
    pub fn control(verb: &str) -> Self {
        Self(format!("wirefold.v1.control.{verb}"))
    }

    /// A message that a stage gave up on.
    #[must_use]
    pub fn dead(stage: Stage) -> Self {
        Self(format!("wirefold.v1.dead.{}", stage.as_str()))
    }

    /// The subject as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The subject as an owned text.
    #[must_use]
    pub fn into_text(self) -> String {
        self.0
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A message on the bus, with its stream, subject and id.
pub trait Published: Message {
    /// Its stream.
    const STREAM: Stream;

    /// Its subject.
    fn subject(&self) -> Subject;

    /// Its message id, the same for each attempt to publish.
    fn message_id(&self) -> String;
}

/// Whether every subject of `inner` (a subject or a pattern) is also one of `outer`. In a pattern,
/// `*` stands for one token and a last `>` for the rest.
#[must_use]
pub fn covers(outer: &str, inner: &str) -> bool {
    let (mut outer, mut inner) = (outer.split('.'), inner.split('.'));
    loop {
        match (outer.next(), inner.next()) {
            (None, None) => return true,
            (Some(">"), Some(_)) => return true,
            (Some("*"), Some(token)) if token != ">" => (),
            (Some(one), Some(other)) if one == other => (),
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_are_spelled_as_in_the_table() {
        let alert: AlertId = "floods.north:e-00000000000000000000000001".parse().unwrap();
        let cases = [
            (Subject::fetched(&"harbour.news".parse().unwrap()), "article.fetched.harbour=2Enews"),
            (Subject::pushed(), "article.fetched.push"),
            (Subject::enriched(), "article.enriched"),
            (Subject::enriched_epoch(), "article.enriched.epoch"),
            (
                Subject::output_article(Class::Copy, &"pt-br".parse().unwrap()),
                "output.article.copy.pt",
            ),
            (Subject::output_command("refused"), "output.command.refused"),
            (Subject::output_epoch(), "output.epoch"),
            (Subject::alert(&alert, 3), "alert.floods=2Enorth.e-00000000000000000000000001.3"),
            (Subject::control("story.split"), "control.story.split"),
            (Subject::dead(Stage::Enricher), "dead.enricher"),
        ];
        for (subject, expected) in cases {
            assert_eq!(subject.to_string(), format!("wirefold.v1.{expected}"));
        }
    }

    #[test]
    fn patterns() {
        // outer, inner, covers
        let cases = [
            ("a.b", "a.b", true),
            ("a.b", "a.c", false),
            ("a", "a.b", false),
            ("a.*", "a.b", true),
            ("a.*", "a", false),
            ("a.*", "a.b.c", false),
            ("a.>", "a.b.c", true),
            ("a.>", "a", false),
            ("a.b", "a.*", false),
            ("a.*", "a.>", false),
            ("a.>", "a.*", true),
            ("a.*.c", "a.b.*", false),
            ("a.*.c", "*.b.d", false),
            (">", "a.b", true),
        ];
        for (outer, inner, covered) in cases {
            assert_eq!(covers(outer, inner), covered, "{outer} covers {inner}");
        }
    }
}
