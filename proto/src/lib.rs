//! The contract of wirefold: what travels between its stages, and to and from everyone else.
//!
//! Message types with their JSON Schemas, ids, subjects, streams, and the headers of CloudEvents.
//! Nothing here does I/O, reads a clock or knows a bus.
//!
//! - A body is a [`Message`]: [`encode`] and [`decode`] put and check its `schema`.
//! - A message on the bus is [`Published`]: it knows its stream, subject and id, and
//!   [`event_headers`] gives its headers.
//! - [`streams`] holds the tables of streams, stores and rights; [`rights`] says what each user of
//!   the NATS server may do.
//!
//! JSON Schemas and `asyncapi.yaml` are written from these types and tables by this crate's tests,
//! which hold the catalogue of all messages with their samples.
//!
//! ```
//! use wirefold_proto::{Command, ControlCommand, FeedId, Published, Tag, encode, event_headers};
//!
//! let now = "2026-03-01T12:00:00Z".parse()?;
//! let command = ControlCommand {
//!     schema: Tag::new(),
//!     id: "01-remove".to_owned(),
//!     at: now,
//!     by: "cli".to_owned(),
//!     command: Command::FeedRemove { feed: "harbour".parse()? },
//! };
//! assert_eq!(command.subject().as_str(), "wirefold.v1.control.feed.remove");
//! let headers = event_headers(&command, "/wirefold/cli", now);
//! assert_eq!(headers[1], ("ce-id", "01-remove".to_owned()));
//! assert!(encode(&command)?.starts_with(br#"{"schema":"wirefold.control/2","#));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod headers;
pub mod rights;
pub mod streams;
pub mod subjects;
pub mod token;

mod agency;
mod alert;
mod alert_link;
mod article;
mod attempts;
mod codec;
mod control;
mod counting;
mod dead;
mod digest;
mod enriched;
mod feed_finding;
mod findings;
mod forgotten;
mod handling;
mod health;
mod ids;
mod interval;
mod measure;
mod output;
mod records;
mod rehearsal;
mod secret;
mod settings;
mod story;
mod string_form;
mod table_keys;
mod verdict;

pub use agency::{Agency, AgencyEvidence, AgencyHow, EvidencePlace, describe_agency};
pub use alert::{
    Alert, AlertAgency, AlertArticle, AlertClaim, AlertFirst, AlertReason, AlertState, DigestPart,
    Headline, Hold, HoldReason, InDigest, REVISION_HEADER, ReasonKind, Volume,
};
pub use alert_link::{AlertLink, LINK_KEY, LinkAction, LinkError, LinkKey, link_command_id};
pub use article::{
    AboutArticle, ArticleFetched, DateProblem, ItemSource, MAX_TEXT_BYTES, Media, SubmittedArticle,
    TextSource, outlet_label,
};
pub use attempts::{AlertAttempt, AlertAttemptsRecord, AttemptOutcome};
pub use codec::{
    DecodeError, MAX_PAYLOAD, Message, SchemaName, Tag, TooLarge, decode, encode, name_of,
    schema_of,
};
pub use control::{Command, ControlCommand, UNNAMED_SENDERS};
pub use counting::{count, grouped};
pub use dead::{DeadBody, DeadCause, DeadHeader, DeadLetter};
pub use digest::{AlertDigest, FeedDigest, FeedProblem};
pub use enriched::{ArticleEnriched, EnrichedEpoch, EnrichedText};
pub use feed_finding::{FeedFinding, FeedSite, NOBODY, SiteProof};
pub use findings::{
    CitedAgency, Dateline, EditorNote, Entity, EntityKind, Figure, FigureRole, Findings, FoundBy,
    Language, MentionPlace, NoteKind, Qualifier, Quotation,
};
pub use forgotten::{FORGETTING, ForgottenRecord, forgotten_address, forgotten_outlet};
pub use handling::{AcknowledgementRecord, AlertHandlingRecord};
pub use headers::event_headers;
pub use health::{HEALTH_KEY, HealthCondition, HealthKind, HealthNotice, HealthReport};
pub use ids::{
    AlertId, ArticleId, ContentHash, DecisionId, EventId, FeedId, Input, ItemAddress, LanguageTag,
    Outlet, StoryId, SubscriptionId, Target,
};
pub use interval::{Escalation, Interval};
pub use measure::{Confidence, Containment, Novelty, Simhash};
pub use output::{
    CommandOutcome, LEAD_CHARACTERS, LEAD_WORDS, Offsets, Output, OutputArticle, OutputCommand,
    OutputEpoch, OutputForgotten, TextPolicy,
};
pub use records::{
    FeedHealth, FeedRecord, ListRecord, StoryBrief, StoryRecord, SubscriptionRecord, Teasers,
    WaitingAlert,
};
pub use rehearsal::{FoundWord, QueryReading, Rehearsal, RehearsedMessage, UnreadyTarget};
pub use secret::Secret;
pub use settings::{
    Digest, FeedSettings, FullText, GroupBy, ItemIdentity, QuietHours, SubscriptionSettings,
};
pub use story::{EventAfter, EventState, LeadEvidence, StoryAfter, StoryChange, StoryState};
pub use string_form::FormError;
pub use subjects::{Published, Subject};
pub use table_keys::{
    ACKNOWLEDGED_PREFIX, ADDED_KEY, ATTEMPTS_SUFFIX, FEEDS_REACHED_KEY, HANDLING_PREFIX,
    REPLAYED_KEY, SUBSCRIPTIONS_REACHED_KEY, acknowledged_key, attempts_key, gone_key,
    handling_key, taken_key,
};
pub use verdict::{
    Class, CopyKind, Correction, LineAgency, LineMatch, MAX_MATCHES, TOO_SHORT, TextMatch, Verdict,
    VerdictLine, text_remarks,
};
