//! Channels: the forms of subjects, with the meaning of their parameters.

use wirefold_proto::Class;
use wirefold_proto::streams::{ALERTS, CONTROL, DEAD, ENRICHED, FETCHED, OUTPUT, Stage, Stream};

use crate::words_of_tag;

/// Subjects of one form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Channel {
    /// Its key in the document.
    pub(crate) key: &'static str,
    /// The subject, with parameters in braces.
    pub(crate) address: &'static str,
    /// The stream that keeps it.
    pub(crate) stream: Stream,
    /// The schema names of its messages without version; empty for the server's own messages.
    pub(crate) messages: &'static [&'static str],
    /// Its messages.
    pub(crate) about: &'static str,
}

/// Every channel.
pub(crate) const CHANNELS: [Channel; 10] = [
    Channel {
        key: "article_fetched",
        address: "wirefold.v1.article.fetched.{feed}",
        stream: FETCHED,
        messages: &["wirefold.article.fetched"],
        about: "Articles with their text, by the feed they came through first.",
    },
    Channel {
        key: "article_enriched",
        address: "wirefold.v1.article.enriched",
        stream: ENRICHED,
        messages: &["wirefold.article.enriched"],
        about: "Articles with their text and the findings in it, in the order of their decisions.",
    },
    Channel {
        key: "enriched_epoch",
        address: "wirefold.v1.article.enriched.epoch",
        stream: ENRICHED,
        messages: &["wirefold.enriched.epoch"],
        about: "Take-overs of the enricher that writes. Readers skip them.",
    },
    Channel {
        key: "output_article",
        address: "wirefold.v1.output.article.{class}.{language}",
        stream: OUTPUT,
        messages: &["wirefold.output.article", "wirefold.output.forgotten"],
        about: "Articles with verdict, story state, findings and changes to stories, once each.",
    },
    Channel {
        key: "output_command",
        address: "wirefold.v1.output.command.{outcome}",
        stream: OUTPUT,
        messages: &["wirefold.output.command"],
        about: "Results of people's commands about stories.",
    },
    Channel {
        key: "output_epoch",
        address: "wirefold.v1.output.epoch",
        stream: OUTPUT,
        messages: &["wirefold.output.epoch"],
        about: "Take-overs of the single writer. Readers skip them.",
    },
    Channel {
        key: "alert",
        address: "wirefold.v1.alert.{subscription}.{target}.{revision}",
        stream: ALERTS,
        messages: &["wirefold.alert"],
        about: "Revisions of alerts, each on a subject of its own.",
    },
    Channel {
        key: "control",
        address: "wirefold.v1.control.{thing}.{verb}",
        stream: CONTROL,
        messages: &["wirefold.control"],
        about: "Commands of people.",
    },
    Channel {
        key: "dead",
        address: "wirefold.v1.dead.{stage}",
        stream: DEAD,
        messages: &["wirefold.dead"],
        about: "Messages that a stage gave up on.",
    },
    Channel {
        key: "max_deliveries",
        address: "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.{stream}.{consumer}",
        stream: DEAD,
        messages: &[],
        about: "The server's own advisories: a message was delivered as often as is allowed.",
    },
];

impl Channel {
    /// The address as a NATS pattern.
    pub(crate) fn pattern(&self) -> String {
        let token = |token: &'static str| if token.starts_with('{') { "*" } else { token };
        self.address.split('.').map(token).collect::<Vec<_>>().join(".")
    }

    pub(super) fn parameters(&self) -> impl Iterator<Item = &'static str> {
        self.address.split('.').filter_map(|token| token.strip_prefix('{')?.strip_suffix('}'))
    }
}

/// The meaning of a parameter, and its values if they are a closed list.
pub(super) fn parameter(name: &str) -> (&'static str, Vec<&'static str>) {
    match name {
        "feed" => ("The feed, escaped; `push` for pushed articles.", vec![]),
        "class" => ("What the article is.", Class::ALL.map(Class::as_str).to_vec()),
        "language" => ("The first subtag of the language; `und` where it is not known.", vec![]),
        "outcome" => ("The result.", words_of_tag("wirefold.output.command", "outcome")),
        "subscription" => ("The subscription, escaped.", vec![]),
        "target" => ("The event or story.", vec![]),
        "revision" => ("The revision, from 1.", vec![]),
        "thing" => ("What is commanded.", vec!["feed", "story", "subscription"]),
        "verb" => ("What is to be done; the field `do` has both.", verbs()),
        "stage" => ("The stage that gave up.", Stage::ALL.map(Stage::as_str).to_vec()),
        "stream" => ("The stream of the message.", vec![]),
        _ => ("The consumer that got it.", vec![]),
    }
}

fn verbs() -> Vec<&'static str> {
    let verbs = words_of_tag("wirefold.control", "do").into_iter();
    let mut verbs: Vec<_> = verbs.filter_map(|verb| verb.split('.').nth(1)).collect();
    verbs.sort_unstable();
    verbs.dedup();
    verbs
}
