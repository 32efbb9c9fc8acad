//! The catalogue: every message with its JSON Schema and its samples. Only tests need it: they write the
//! schemas, and read the samples.

use schemars::generate::SchemaSettings;
use wirefold_proto::{
    AcknowledgementRecord, Alert, AlertAttemptsRecord, AlertDigest, AlertHandlingRecord,
    ArticleEnriched, ArticleFetched, ControlCommand, DeadLetter, DecodeError, EnrichedEpoch,
    FeedDigest, FeedRecord, HealthNotice, HealthReport, ListRecord, Message, OutputArticle,
    OutputCommand, OutputEpoch, OutputForgotten, Published, SchemaName, StoryRecord, Subject,
    SubscriptionRecord, VerdictLine, decode,
};

/// One message of the contract.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    /// Its schema name.
    pub(crate) schema: fn() -> SchemaName,
    /// Its JSON Schema (draft 07, which AsyncAPI reads as it is).
    pub(crate) json_schema: fn() -> serde_json::Value,
    /// Decodes a body and gives it back as JSON.
    pub(crate) reread: fn(&[u8]) -> Result<serde_json::Value, DecodeError>,
    /// Its stream's name and the subject of a body; empty for messages that are not sent over the bus.
    pub(crate) address: Option<Address>,
    /// The names of its sample files in `proto/samples`.
    pub(crate) samples: &'static [&'static str],
}

/// The position of a message on the bus.
#[derive(Clone, Copy)]
pub(crate) struct Address {
    /// The stream's name.
    pub(crate) stream: &'static str,
    /// Decodes a body and gives its subject.
    pub(crate) subject: fn(&[u8]) -> Result<Subject, DecodeError>,
}

/// Every message.
pub(crate) const CATALOGUE: [Entry; 22] = [
    published::<ArticleFetched>(&[
        "wirefold.article.fetched.2.json",
        "wirefold.article.fetched.2.minimal.json",
        "wirefold.article.fetched.2.unknown-fields.json",
    ]),
    published::<ArticleEnriched>(&[
        "wirefold.article.enriched.1.json",
        "wirefold.article.enriched.1.minimal.json",
    ]),
    published::<EnrichedEpoch>(&["wirefold.enriched.epoch.1.json"]),
    published::<OutputArticle>(&[
        "wirefold.output.article.4.json",
        "wirefold.output.article.4.minimal.json",
        "wirefold.output.article.4.note.json",
    ]),
    published::<OutputEpoch>(&["wirefold.output.epoch.2.json"]),
    entry::<OutputForgotten>(&["wirefold.output.forgotten.2.json"]),
    published::<OutputCommand>(&[
        "wirefold.output.command.3.json",
        "wirefold.output.command.3.refused.json",
    ]),
    published::<Alert>(&[
        "wirefold.alert.2.growing.json",
        "wirefold.alert.2.new.json",
        "wirefold.alert.2.quiet.json",
        "wirefold.alert.2.updated.json",
    ]),
    published::<ControlCommand>(&[
        "wirefold.control.2.alert.acknowledge.json",
        "wirefold.control.2.alert.mute.json",
        "wirefold.control.2.feed.add.json",
        "wirefold.control.2.feed.change.json",
        "wirefold.control.2.feed.poll.json",
        "wirefold.control.2.feed.remove.json",
        "wirefold.control.2.story.merge.json",
        "wirefold.control.2.story.move.json",
        "wirefold.control.2.story.not_the_same.json",
        "wirefold.control.2.story.prefer.json",
        "wirefold.control.2.story.split.json",
        "wirefold.control.2.subscription.mute.json",
        "wirefold.control.2.subscription.put.json",
        "wirefold.control.2.subscription.remove.json",
    ]),
    published::<DeadLetter>(&[
        "wirefold.dead.1.delivery.json",
        "wirefold.dead.1.gone.json",
        "wirefold.dead.1.hex.json",
        "wirefold.dead.1.json",
    ]),
    entry::<FeedRecord>(&["wirefold.feed.2.json", "wirefold.feed.2.waiting.json"]),
    entry::<AlertDigest>(&["wirefold.alert.digest.1.json"]),
    entry::<AlertAttemptsRecord>(&["wirefold.alert.attempts.1.json"]),
    entry::<AlertHandlingRecord>(&["wirefold.alert.handling.1.json"]),
    entry::<AcknowledgementRecord>(&["wirefold.acknowledgement.1.json"]),
    entry::<FeedDigest>(&["wirefold.feed.digest.2.json"]),
    entry::<HealthNotice>(&["wirefold.health.notice.1.json"]),
    entry::<HealthReport>(&["wirefold.health.report.1.json"]),
    entry::<ListRecord>(&["wirefold.list.2.json", "wirefold.list.2.waiting.json"]),
    entry::<StoryRecord>(&["wirefold.story.1.json", "wirefold.story.1.quiet.json"]),
    entry::<SubscriptionRecord>(&["wirefold.subscription.2.json"]),
    entry::<VerdictLine>(&["wirefold.verdict.1.copy.json", "wirefold.verdict.1.json"]),
];

const fn entry<M: Message>(samples: &'static [&'static str]) -> Entry {
    Entry {
        schema: M::schema,
        json_schema: json_schema::<M>,
        reread: reread::<M>,
        address: None,
        samples,
    }
}

const fn published<M: Published>(samples: &'static [&'static str]) -> Entry {
    let address = Address { stream: M::STREAM.name, subject: subject::<M> };
    Entry { address: Some(address), ..entry::<M>(samples) }
}

fn json_schema<M: Message>() -> serde_json::Value {
    let mut generated = SchemaSettings::draft07().into_generator().into_root_schema_for::<M>();
    generated.insert("$id".to_owned(), M::schema().uri().into());
    let mut schema = serde_json::Map::new();
    for key in ["$schema", "$id", "title", "description"] {
        schema.extend(generated.remove(key).map(|value| (key.to_owned(), value)));
    }
    let rest = generated.as_object().into_iter().flatten();
    schema.extend(rest.map(|(key, value)| (key.clone(), value.clone())));
    schema.into()
}

fn reread<M: Message>(body: &[u8]) -> Result<serde_json::Value, DecodeError> {
    let message: M = decode(body)?;
    Ok(serde_json::to_value(&message).expect("text keys and finite numbers"))
}

fn subject<M: Published>(body: &[u8]) -> Result<Subject, DecodeError> {
    decode::<M>(body).map(|message| message.subject())
}
