//! The requests and answers of the API, as JSON. Every answer has a `schema` such as `wirefold.api.events/2`.
//! The client checks it with [`wirefold_proto::decode`].

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirefold_proto::{
    AcknowledgementRecord, Agency, Alert, AlertAttempt, AlertHandlingRecord, AlertId, AlertReason,
    AlertState, ArticleId, Class, CommandOutcome, Containment, ControlCommand, CopyKind,
    Correction, DateProblem, DeadLetter, EntityKind, EventAfter, EventId, FeedId, FeedRecord,
    FigureRole, FoundBy, FoundWord, FullText, HealthCondition, HoldReason, ItemIdentity,
    LanguageTag, ListRecord, NoteKind, Outlet, OutputArticle, OutputCommand, Qualifier, ReasonKind,
    Rehearsal, Secret, StoryAfter, StoryChange, StoryId, SubscriptionId, SubscriptionRecord,
    SubscriptionSettings, Tag, Target, TextMatch, Volume, count, outlet_label, token,
};

pub use wirefold_proto::StoryBrief;

/// Gives shapes their schema names. The version is 1 unless one follows the name.
macro_rules! api_message {
    (@version) => { 1 };
    (@version $version:literal) => { $version };
    ($($type:ty = $name:literal $(/ $version:literal)?),+ $(,)?) => {
        $(impl wirefold_proto::Message for $type {
            const NAME: &'static str = concat!("wirefold.api.", $name);
            const VERSION: u32 = $crate::shapes::api_message!(@version $($version)?);
            /// Answers are sent over HTTP and not over the bus.
            const MAX_BYTES: usize = 64 * 1024 * 1024;
        })+
    };
}
use api_message;

/// An id of an event, a story or an article, or at least six of its first digits.
pub(crate) const ID_PREFIX: &str = "^([aes]-)?[0-9a-z]{6,26}$";

/// A problem: `application/problem+json`, RFC 9457.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// The type of the problem, such as `urn:wirefold:problem:not-found`.
    #[serde(rename = "type")]
    pub sort: String,
    /// The remedy, in one sentence; the same for all problems of the type.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The problem in this case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The ids that a prefix could mean; at most 10.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<String>,
}

/// `GET /api/v1/status`: the state of the whole installation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    /// `wirefold.api.status/2`.
    pub schema: Tag<Self>,
    /// The release that runs.
    pub release: String,
    /// Whether this is the demo with made-up articles.
    pub demo: bool,
    /// When the answer was made.
    pub at: Timestamp,
    /// Seconds since it was started.
    pub uptime_seconds: u64,
    /// The last hour.
    pub hour: HourCounts,
    /// The feeds by health.
    pub feeds: FeedCounts,
    /// Articles that can be shown.
    pub articles: u64,
    /// Alerts that can be shown.
    #[serde(default)]
    pub alerts: AlertCounts,
    /// Messages that a stage gave up on and that are still stored.
    pub dead: u64,
    /// The sequence in `WF_OUTPUT` up to which the answers of this API reach.
    pub sequence: u64,
    /// How many messages of `WF_OUTPUT` are not in the answers yet.
    pub lag: u64,
    /// The health conditions of this installation.
    #[serde(default)]
    pub health: HealthStatus,
    /// The address of the page.
    #[serde(default)]
    pub page: PageStatus,
}

/// The health conditions of this installation, as the alerter sees them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HealthStatus {
    /// The time of the alerter's last check, which it makes every few minutes; absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// The open conditions, first those that endanger news or data.
    #[serde(default)]
    pub conditions: Vec<HealthCondition>,
}

/// The address of the page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PageStatus {
    /// Its address, such as `http://127.0.0.1:8787`.
    pub address: String,
    /// Whether requests from the network need a token.
    pub asks_for_tokens: bool,
}

/// The last sixty minutes, by when articles were seen here.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HourCounts {
    /// Articles seen.
    pub articles: u64,
    /// Stories they belong to.
    pub stories: u64,
    /// Events those belong to.
    pub events: u64,
    /// Alerts that opened or changed.
    pub alerts: u64,
    /// Those of them that notified.
    #[serde(default)]
    pub notified: u64,
    /// Articles folded as copies.
    pub copies: u64,
    /// `copies` divided by `articles`, 0 to 1; absent without articles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share_folded: Option<f64>,
    /// The median of the milliseconds from an article's first sight to its verdict in the output; absent
    /// without articles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fetch_to_fold_ms: Option<u64>,
}

/// The feeds by health.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FeedCounts {
    /// Not polled yet.
    pub waiting: u32,
    /// The last poll succeeded.
    pub good: u32,
    /// Failing.
    pub failing: u32,
    /// Gone for good.
    pub gone: u32,
    /// Failing feeds that are set aside.
    #[serde(default)]
    pub set_aside: u32,
}

crate::shapes::api_message!(Status = "status" / 2);

/// `GET /api/v1/events`: events, the last changed first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventPage {
    /// `wirefold.api.events/2`.
    pub schema: Tag<Self>,
    /// The events.
    pub events: Vec<EventBrief>,
    /// Pass it as `cursor` for the events after these; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// How far the list searched, if not everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looked_through: Option<LookedThrough>,
    /// The sequence in `WF_OUTPUT` up to which this reaches: pass it as `after` to the stream.
    pub sequence: u64,
}

/// The limit that ended a search. A search ends early if it costs more than one page may. The rest follows on
/// the page of `next`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LookedThrough {
    /// The kind of entries that it searched, the newest first.
    pub what: LookedAt,
    /// The number of these that it searched; there are more.
    pub count: u32,
}

/// The kind of entries that a list searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LookedAt {
    /// Articles that have the words. Older ones follow on later pages, where an event or a story may appear
    /// again.
    ArticlesWithTheWords,
    /// Events. A page may have fewer than requested, although more follow.
    Events,
    /// Events with several articles. Older ones are ordered by time only.
    EventsWithSeveralArticles,
    /// Stories. A page may have fewer than requested, although more follow.
    Stories,
    /// Alerts. A page may have fewer than requested, although more follow.
    Alerts,
}

/// An event in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventBrief {
    /// Its id.
    pub id: EventId,
    /// The title of its first story's lead.
    pub title: String,
    /// The language of that title.
    pub language: LanguageTag,
    /// Its stories.
    pub story_count: u32,
    /// The articles of its stories.
    pub articles: u32,
    /// The outlets of its stories.
    pub outlets: u32,
    /// Its texts that are no copies of each other: an upper bound of those written separately, not confirmation.
    pub origins: u32,
    /// Its stories that are too short to compare, such as headlines. They count as no origin.
    #[serde(default)]
    pub not_compared: u32,
    /// The articles folded as copies; versions do not count.
    #[serde(default)]
    pub copies: u32,
    /// The later versions of its articles.
    #[serde(default)]
    pub versions: u32,
    /// When its first article was seen here.
    pub first_seen: Timestamp,
    /// The outlet of its first article.
    pub first_outlet: Outlet,
    /// The site of that feed, if it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_via: Option<Outlet>,
    /// When its last article was seen here.
    pub changed: Timestamp,
    /// The agency behind its first story that has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agency: Option<Agency>,
    /// Whether it takes no more stories.
    pub quiet: bool,
    /// The event that it continues.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continues: Option<EventId>,
    /// Articles seen in each five minutes of the three hours before `changed`, the oldest first:
    /// 36 numbers.
    pub velocity: Vec<u32>,
    /// Its stories, the first seen first; at most 12.
    pub stories: Vec<StoryBrief>,
}

impl EventBrief {
    /// The outlet of its first article for people, with the site of the feed if that is another.
    #[must_use]
    pub fn first_outlet_label(&self) -> String {
        outlet_label(&self.first_outlet, self.first_via.as_ref())
    }
}

/// `GET /api/v1/events/{id}`: an event with a page of its stories.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// `wirefold.api.event/3`.
    pub schema: Tag<Self>,
    /// The event.
    pub event: EventBrief,
    /// Its acknowledgement; absent if nobody has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledgement: Option<AcknowledgementRecord>,
    /// Its stories, the first seen first, each with at most the first 20 of its articles. `GET
    /// /api/v1/stories/{id}` has all.
    pub stories: Vec<StoryWithArticles>,
    /// Pass it as `cursor` for the stories after these; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A story with its articles, or the first of them: `story.articles` says how many it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StoryWithArticles {
    /// The story.
    pub story: StoryBrief,
    /// Its articles, the first seen first.
    pub articles: Vec<ArticleBrief>,
}

/// `GET /api/v1/stories`: stories, the last changed first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StoryPage {
    /// `wirefold.api.stories/2`.
    pub schema: Tag<Self>,
    /// The stories.
    pub stories: Vec<StoryBrief>,
    /// Pass it as `cursor` for the stories after these; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// How far the list searched, if not everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looked_through: Option<LookedThrough>,
    /// The sequence in `WF_OUTPUT` up to which this reaches: pass it as `after` to the stream.
    pub sequence: u64,
}

/// `GET /api/v1/stories/{id}`: a story with a page of its articles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Story {
    /// `wirefold.api.story/4`.
    pub schema: Tag<Self>,
    /// The story.
    pub story: StoryBrief,
    /// Its articles, the first seen first.
    pub articles: Vec<ArticleBrief>,
    /// Pass it as `cursor` for the articles after these; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// The sequence in `WF_OUTPUT` up to which this reaches: pass it as `after` to the stream.
    pub sequence: u64,
}

crate::shapes::api_message!(
    EventPage = "events" / 2,
    Event = "event" / 3,
    StoryPage = "stories" / 2,
    Story = "story" / 4,
);

/// An article in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ArticleBrief {
    /// Its id.
    pub id: ArticleId,
    /// Its sequence in `WF_ENRICHED`.
    pub enriched: u64,
    /// Its current story.
    pub story: StoryId,
    /// The publisher to which the feed attributes it.
    pub outlet: Outlet,
    /// The site of that feed, if it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<Outlet>,
    /// Its title.
    pub title: String,
    /// Its language.
    pub language: LanguageTag,
    /// Its link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// When it was first seen here.
    pub seen: Timestamp,
    /// When it was published, as the publisher claims.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<Timestamp>,
    /// The problem with the claimed time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_problem: Option<DateProblem>,
    /// Its class.
    pub class: Class,
    /// How much of it is copied; only for `copy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<CopyKind>,
    /// Whether it is long enough to be compared.
    pub comparable: bool,
    /// The earlier article that it shares most with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strongest: Option<TextMatch>,
    /// The agency behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agency: Option<Agency>,
    /// The previous article of the same item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_of: Option<ArticleId>,
    /// The correction that it says it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correction: Option<Correction>,
    /// Whether it belongs to the baseline.
    pub baseline: bool,
    /// Whether its page says that it is not free to everybody; only the lead of that page is stored.
    #[serde(default)]
    pub paywalled: bool,
}

impl ArticleBrief {
    /// The outlet for people, with the site of the feed if that is another.
    #[must_use]
    pub fn outlet_label(&self) -> String {
        outlet_label(&self.outlet, self.via.as_ref())
    }
}

/// `GET /api/v1/articles/{id}`: everything about an article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ArticleDetail {
    /// `wirefold.api.article/2`.
    pub schema: Tag<Self>,
    /// Its current story.
    pub story: StoryId,
    /// Its current event.
    pub event: EventId,
    /// The article as in the output stream, with as much text as the reader may have.
    pub output: OutputArticle,
    /// Whether its text is no longer stored.
    pub text_gone: bool,
}

/// `GET /api/v1/events/{id}/export`: an event as wirefold knew it at a moment. It needs nothing else to be read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EventExport {
    /// `wirefold.api.export/1`.
    pub schema: Tag<Self>,
    /// The event.
    pub event: EventId,
    /// The title of its first story's lead at that moment.
    pub title: String,
    /// The moment.
    pub as_of: Timestamp,
    /// When this was made.
    pub exported: Timestamp,
    /// The release that made it.
    pub release: String,
    /// In words: the parts that are not of that moment, and those that are missing.
    pub remarks: Vec<String>,
    /// The articles, the first seen first; at most 1,000. Each version of an item is one of them.
    pub articles: Vec<ArticleDetail>,
    /// How many articles are missing because there are too many, or because their records have expired.
    #[serde(default)]
    pub left_out: u32,
    /// The statements of these articles.
    pub statements: Statements,
    /// The alerts about it, the first sent first.
    pub alerts: Vec<ExportedAlert>,
    /// The commands about it, with notes and senders, the first sent first.
    pub commands: Vec<CommandRow>,
}

/// An alert until a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExportedAlert {
    /// Its id.
    pub id: AlertId,
    /// The name of its subscription; its id if it was removed since.
    pub subscription: String,
    /// Its revisions, the oldest first; at most the 200 newest.
    pub revisions: Vec<ExportedRevision>,
    /// The deliveries of its subscription, as it is now, with the attempts until then.
    pub deliveries: Vec<AlertDelivery>,
}

/// A revision with the usual words of its message. Templates of a delivery may have changed them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExportedRevision {
    /// The title of the message.
    pub title: String,
    /// The lines of the message, with times in UTC.
    pub lines: Vec<String>,
    /// The revision.
    pub alert: Alert,
}

crate::shapes::api_message!(EventExport = "export", KeptPage = "kept");

/// `GET /api/v1/kept`: the events whose exports are kept, the last changed first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeptPage {
    /// `wirefold.api.kept/1`.
    pub schema: Tag<Self>,
    /// The events.
    pub kept: Vec<KeptRow>,
    /// Pass it as `cursor` for the events after these; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// An event whose export is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeptRow {
    /// Its id.
    pub event: EventId,
    /// Its title.
    pub title: String,
    /// When its last article, alert or command came.
    pub changed: Timestamp,
    /// The names of the subscriptions that alerted.
    pub subscriptions: Vec<String>,
}

/// `GET /api/v1/articles?url=`: the articles behind a link, the newest version first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ArticleList {
    /// `wirefold.api.articles/2`.
    pub schema: Tag<Self>,
    /// The articles.
    pub articles: Vec<ArticleBrief>,
}

crate::shapes::api_message!(ArticleDetail = "article" / 2, ArticleList = "articles" / 2);

/// `POST /api/v1/compare`: two texts. `a` counts as the earlier one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompareRequest {
    /// The earlier text.
    pub a: GivenText,
    /// The later text.
    pub b: GivenText,
}

/// A text to compare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GivenText {
    /// The text.
    pub text: String,
    /// Its title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its publisher. Two texts of one publisher under different titles are judged more strictly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outlet: Option<String>,
    /// Its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// When it was published; used if both texts have a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Timestamp>,
}

/// The shared parts of two texts, and the changes in the later one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// `wirefold.api.comparison/1`.
    pub schema: Tag<Self>,
    /// The earlier text.
    pub a: ComparedText,
    /// The later text.
    pub b: ComparedText,
    /// The relation of the two texts alone.
    pub relation: Relation,
    /// The relation of the two articles among all others; absent for texts given by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stored: Option<Relation>,
    /// How much of `b` is copied, if `b` is a copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<CopyKind>,
    /// Why the two texts alone are one story or not, such as `likely` or `not_compared`. Later versions may
    /// add more.
    #[serde(default)]
    pub grounds: String,
    /// The probability that both are one text.
    pub probability: Containment,
    /// The verdict in words, for people: A is `a`, and B is `b`.
    pub words: String,
    /// The share of `b`'s counted words that are in `a`.
    pub contained: Containment,
    /// The share of `a`'s counted words that are in `b`.
    pub containing: Containment,
    /// The words of the longest verbatim run, quotations included.
    pub longest: u32,
    /// How different the SimHashes are, in bits of 64: a hint, never evidence.
    pub simhash_distance: u32,
    /// The shared passages, in the order of `b`.
    pub passages: Vec<SharedPassage>,
    /// The shared quotations; they never count as copying.
    pub shared_quotations: Vec<SharedPassage>,
    /// The change of each sentence; absent if the two share too little to compare sentences.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<Changed>,
}

/// One of two compared texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ComparedText {
    /// The article, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<ArticleId>,
    /// Its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its publisher.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outlet: Option<String>,
    /// Its words.
    pub words: u32,
    /// Its length in code points.
    pub length: u32,
    /// Whether it is long enough to be compared.
    pub comparable: bool,
}

/// The relation of two texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// One text and a copy of it, or two copies of a third.
    SameStory,
    /// Two texts about one happening.
    SameEvent,
    /// Neither.
    Unrelated,
}

impl Relation {
    /// The relation as a word.
    #[must_use]
    pub fn of(is_one_story: bool, is_one_event: bool) -> Self {
        match (is_one_story, is_one_event) {
            (true, _) => Self::SameStory,
            (false, true) => Self::SameEvent,
            (false, false) => Self::Unrelated,
        }
    }
}

/// A run of words that is in both texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SharedPassage {
    /// Its span in `a`.
    pub a: TextRange,
    /// Its span in `b`.
    pub b: TextRange,
    /// Its shared words.
    pub words: u32,
    /// The small edits inside it.
    pub edits: u32,
}

/// A stretch of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Place")]
pub struct TextRange {
    /// The first code point.
    pub start: u32,
    /// The code point after the last.
    pub end: u32,
    /// The words of the text there.
    pub text: String,
}

/// The changes of the sentences.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Changed {
    /// Sentences that are in both, word for word, in the same order.
    pub kept: u32,
    /// Sentences that are in both with other words.
    pub reworded: u32,
    /// Sentences that moved to another position.
    pub moved: u32,
    /// Sentences that are in `b` only.
    pub added: u32,
    /// Sentences that are in `a` only.
    pub dropped: u32,
    /// The changed sentences: those of `b` in order, then the dropped ones.
    pub sentences: Vec<SentenceChange>,
}

/// A changed sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SentenceChange {
    /// Its change.
    pub change: ChangeWord,
    /// Its number in `a`, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub a: Option<u32>,
    /// Its number in `b`, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub b: Option<u32>,
    /// Its words in `a`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// Its words in `b`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
}

/// The change of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeWord {
    /// Reworded.
    Reworded,
    /// Moved.
    Moved,
    /// Reworded and moved.
    MovedAndReworded,
    /// In `b` only.
    Added,
    /// In `a` only.
    Dropped,
}

crate::shapes::api_message!(Comparison = "comparison");

/// `GET /api/v1/events/{id}/statements` and `GET /api/v1/stories/{id}/statements`: the quotations, figures
/// and names of an event; of a story only those that one of its articles has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Statements {
    /// `wirefold.api.statements/1`.
    pub schema: Tag<Self>,
    /// The quotations, those in most texts first; at most 100.
    pub quotations: Vec<QuotationRecord>,
    /// How many quotations are left out.
    #[serde(default)]
    pub more_quotations: u32,
    /// Figures: counts of dead, injured, missing and so on.
    pub figures: Vec<FigureRecord>,
    /// The people, organisations and places, those in most texts first; at most 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<NameRecord>,
    /// How many names are left out.
    #[serde(default)]
    pub more_names: u32,
    /// The agencies that texts cite, those cited by most texts first. The story shows who wrote a text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cited_agencies: Vec<CitedAgencyRecord>,
    /// How many of the event's articles were not read because there are too many, or because they have expired.
    #[serde(default)]
    pub unread_articles: u32,
}

/// One person, organisation or place in an event, under all its spellings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NameRecord {
    /// Its kind.
    pub kind: EntityKind,
    /// One id for all spellings: that of the table (`country:FR`, `person:angela-merkel`), or one of that
    /// form made of the name.
    pub id: String,
    /// The fullest spelling.
    pub name: String,
    /// Other spellings; at most 10.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_names: Vec<String>,
    /// Its item in Wikidata, if a table has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wikidata: Option<String>,
    /// The country of a place, as ISO 3166-1 alpha-2, if a table has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// The stories that name it, the first seen first; at most 50.
    pub stories: Vec<StoryId>,
    /// The outlets that name it.
    pub outlets: u32,
    /// The separately written texts that name it.
    pub texts: u32,
}

/// An agency that texts of an event cite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CitedAgencyRecord {
    /// The agency's short name.
    pub name: String,
    /// The outlets that cite it.
    pub outlets: u32,
    /// The separately written texts that cite it.
    pub texts: u32,
    /// The articles that cite it, the first seen first; at most 50.
    pub carriers: Vec<Carrier>,
}

/// One quotation in an event, in all its wordings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QuotationRecord {
    /// The speaker that most texts name; absent if none names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speaker: Option<String>,
    /// Whether no text names the speaker beside the words, so that the speaker is inferred.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inferred: bool,
    /// Other people to whom a text attributes it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_speakers: Vec<String>,
    /// The language of the texts.
    pub language: LanguageTag,
    /// The first article with it.
    pub first: Carrier,
    /// The outlets that have it.
    pub outlets: u32,
    /// The separately written texts that have it: the copies of one text count once.
    pub texts: u32,
    /// Its wordings: the fullest, then the others, the first seen first.
    pub wordings: Vec<Wording>,
}

/// One wording of a quotation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Wording {
    /// The words between the marks.
    pub words: String,
    /// How it differs from the fullest one.
    pub difference: Difference,
    /// The articles with this wording, the first seen first; at most 50.
    pub carriers: Vec<Carrier>,
    /// How many more articles have it.
    #[serde(default)]
    pub more_carriers: u32,
}

/// How a wording differs from the fullest one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Difference {
    /// It is the fullest one.
    Fullest,
    /// It has no other words, and lacks some.
    Shortened,
    /// It shares a part, and goes on or begins elsewhere.
    Overlapping,
    /// It has other words: a misquotation, a correction or another translation.
    Reworded,
}

/// An article that has a quotation or a figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Carrier {
    /// The article.
    pub article: ArticleId,
    /// Its story.
    pub story: StoryId,
    /// Its outlet.
    pub outlet: Outlet,
    /// The site of its feed, if it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<Outlet>,
    /// When it was first seen here.
    pub seen: Timestamp,
}

impl Carrier {
    /// The outlet for people, with the site of the feed if that is another.
    #[must_use]
    pub fn outlet_label(&self) -> String {
        outlet_label(&self.outlet, self.via.as_ref())
    }
}

/// One counted thing, with the values that texts give.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FigureRecord {
    /// The fate of the people counted.
    pub role: FigureRole,
    /// The counted things, if they are not people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Whether texts contradict each other: a value that the newest one rules out appeared after the newest
    /// one.
    pub contradicted: bool,
    /// The values, the newest first, then the further ones.
    pub values: Vec<FigureValue>,
}

/// A value that texts give.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FigureValue {
    /// The value.
    pub value: serde_json::Number,
    /// The other end of a range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_to: Option<serde_json::Number>,
    /// How exact it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qualifier: Option<Qualifier>,
    /// The number as first written.
    pub words: String,
    /// Its relation to the newest value.
    pub standing: FigureStanding,
    /// The first article with it.
    pub first: Carrier,
    /// When the last article that gives it was seen.
    pub last_seen: Timestamp,
    /// The outlets that give it.
    pub outlets: u32,
    /// The separately written texts that give it.
    pub texts: u32,
    /// The articles that give it, the first seen first; at most 50.
    pub carriers: Vec<Carrier>,
    /// In an export: its sentences, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sentences: Vec<FigureSentence>,
}

/// A sentence that gives a figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FigureSentence {
    /// The first article with it.
    #[serde(flatten)]
    pub carrier: Carrier,
    /// The sentence.
    pub words: String,
}

/// The relation of a value to the newest one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FigureStanding {
    /// It is the newest value.
    Newest,
    /// It can be true together with the newest one.
    Compatible,
    /// It cannot, and appeared again after the newest one.
    StillTold,
    /// It cannot, and appeared only before.
    Earlier,
    /// It is not compared: it may be of another time or place, of some of them, or not certain.
    Further,
}

crate::shapes::api_message!(Statements = "statements");

/// `GET /api/v1/events/{id}/corrections` and `GET /api/v1/stories/{id}/corrections`: the corrections,
/// clarifications and retractions of an event; of a story only those that concern one of its articles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Corrections {
    /// `wirefold.api.corrections/1`.
    pub schema: Tag<Self>,
    /// The corrections, the first seen first.
    pub corrections: Vec<CorrectionRecord>,
    /// How many of the event's articles were not read because there are too many, or because they have expired.
    #[serde(default)]
    pub unread_articles: u32,
}

/// A note in which an outlet corrects or withdraws a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CorrectionRecord {
    /// The kind of the note.
    pub kind: NoteKind,
    /// The note's first sentences.
    pub words: String,
    /// The article with the note.
    pub by: Carrier,
    /// The corrected article; absent if wirefold never saw it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<Carrier>,
    /// The corrections; empty for a retraction, and if texts and note do not show any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passages: Vec<CorrectedPassage>,
    /// The articles of other outlets that still have the wrong statement, the first seen first.
    pub carried: Vec<StillCarrying>,
    /// The articles of other outlets that have the right statement, or withdrew theirs too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrected: Vec<Carrier>,
    /// How the passages were found.
    pub how: FoundBy,
}

/// A corrected sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CorrectedPassage {
    /// The sentence as it was.
    pub old: String,
    /// The sentence as it is now; absent if it was removed, or if only the note mentions it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
}

/// An article that still has a corrected sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StillCarrying {
    /// The article.
    #[serde(flatten)]
    pub carrier: Carrier,
    /// Its link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Whether it appeared after the correction.
    #[serde(default)]
    pub after: bool,
}

crate::shapes::api_message!(Corrections = "corrections");

/// `GET /api/v1/feeds`: every feed with its settings and health, by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FeedList {
    /// `wirefold.api.feeds/2`.
    pub schema: Tag<Self>,
    /// The feeds.
    pub feeds: Vec<FeedRecord>,
    /// The ids of the feeds with a command that is not carried out yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<String>,
    /// The lists of feeds (OPML) that are kept in sync, by address.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lists: Vec<ListRecord>,
}

/// `POST /api/v1/feeds`: a feed to poll. The same id again changes its settings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FeedAddition {
    /// Its id; absent: made from the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<FeedId>,
    /// Its address.
    pub url: String,
    /// Its title; absent: the title that the feed gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its publisher; absent: the registrable domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outlet: Option<Outlet>,
    /// The site that it speaks for, `nobody` for an aggregator; absent: found at its first poll.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speaks_for: Option<Outlet>,
    /// The group that lists show it in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Whether its silence is a health condition.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub priority: bool,
    /// Whether article pages are fetched.
    #[serde(default)]
    pub full_text: FullText,
    /// How its items are identified. By default wirefold finds out.
    #[serde(default, skip_serializing_if = "ItemIdentity::is_auto")]
    pub identity: ItemIdentity,
    /// A CSS selector for the element that holds the article on its pages; absent: found by rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub article_selector: Option<String>,
    /// CSS selectors for elements of its pages that belong to no article.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remove_selectors: Vec<String>,
}

/// `POST /api/v1/feeds/probe`: an address to examine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProbeRequest {
    /// The address of a feed, or of a page that names one.
    pub url: String,
    /// Whether the address is read as a list of feeds (OPML).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub list: bool,
    /// Whether only this address is requested, even if it is a page that names no feed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub here_only: bool,
}

/// The result of examining an address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProbeReport {
    /// `wirefold.api.probe/1`.
    pub schema: Tag<Self>,
    /// The result, as the fetcher reports it.
    pub found: serde_json::Value,
}

crate::shapes::api_message!(FeedList = "feeds" / 2, ProbeReport = "probe");

/// `GET /api/v1/subscriptions`: every subscription in force, by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SubscriptionList {
    /// `wirefold.api.subscriptions/2`.
    pub schema: Tag<Self>,
    /// The subscriptions.
    pub subscriptions: Vec<SubscriptionRecord>,
    /// The ids of the subscriptions with a command that is not carried out yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<String>,
}

/// `POST /api/v1/subscriptions/{id}/mute`: mute or unmute a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MuteRequest {
    /// The end of the mute; absent: until it is unmuted. A time in the past unmutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// `POST /api/v1/subscriptions/test`: the alerts that a subscription would have sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RehearsalRequest {
    /// The subscription.
    pub subscription: SubscriptionSettings,
    /// How many hours back, 1 to 720; absent: 24.
    #[serde(default = "a_day")]
    #[schemars(range(min = 1, max = 720))]
    pub hours: u32,
}

fn a_day() -> u32 {
    24
}

/// The alerts that a subscription would have sent, and how many copies it would have folded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RehearsalReport {
    /// `wirefold.api.rehearsal/2`.
    pub schema: Tag<Self>,
    /// How many hours back.
    pub hours: u32,
    /// The report of the alerter.
    pub report: Rehearsal,
}

/// A command was stored; it takes effect within a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Accepted {
    /// `wirefold.api.accepted/2`.
    pub schema: Tag<Self>,
    /// The command as stored in `WF_CONTROL`.
    pub command: ControlCommand,
}

crate::shapes::api_message!(
    SubscriptionList = "subscriptions" / 2,
    RehearsalReport = "rehearsal" / 2,
    Accepted = "accepted" / 2,
);

/// Why something is held, for people.
#[must_use]
pub fn describe_hold(reason: HoldReason) -> &'static str {
    match reason {
        HoldReason::QuietHours => "held: quiet hours",
        HoldReason::MaxPerDay => "held: daily limit reached",
        HoldReason::Muted => "held: muted",
        HoldReason::Digest => "held: comes in one message with others",
    }
}

/// `GET /api/v1/alerts`: alerts, the last changed first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlertPage {
    /// `wirefold.api.alerts/1`.
    pub schema: Tag<Self>,
    /// The numbers of all pages.
    #[serde(default)]
    pub counts: AlertCounts,
    /// The alerts.
    pub alerts: Vec<AlertRow>,
    /// Pass it as `cursor` for the alerts after these; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// How far the list searched, if not everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looked_through: Option<LookedThrough>,
}

/// Numbers of alerts. An alert belongs to one subscription and one event or story. It may notify several
/// times, or never.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlertCounts {
    /// Alerts.
    pub alerts: u64,
    /// Those that notified at least once.
    pub notified: u64,
    /// Those with a held revision that have not notified yet.
    pub held: u64,
}

/// An alert with its history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlertRow {
    /// Its last revision.
    pub alert: Alert,
    /// All its revisions, the oldest first.
    pub revisions: Vec<AlertRevision>,
    /// Its mute; absent if nobody muted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handling: Option<AlertHandlingRecord>,
    /// The acknowledgement of its event or story; absent if nobody has that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledgement: Option<AcknowledgementRecord>,
}

/// `GET /api/v1/handover`: the alerts and commands since a time, for the next shift.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Handover {
    /// `wirefold.api.handover/1`.
    pub schema: Tag<Self>,
    /// The beginning.
    pub since: Timestamp,
    /// The end: the time of this answer.
    pub until: Timestamp,
    /// The alerts that notified, the last changed first, each with its revisions since the beginning.
    pub notified: Vec<AlertRow>,
    /// The alerts that are held, or were held and never notified since. `alert.held` says why one is held now. An
    /// alert that notified before is in both lists.
    pub held: Vec<AlertRow>,
    /// The commands about alerts, subscriptions, stories and events, the last first.
    pub commands: Vec<CommandRow>,
    /// Whether there are more than the newest 1,000 alerts or commands, which are not listed.
    #[serde(default)]
    pub has_more: bool,
}

impl Handover {
    /// The numbers for people: `3 alerts notified, 1 of them with a correction; 1 held back; 2 commands`.
    #[must_use]
    pub fn describe(&self) -> String {
        let is_correction = |reason: &AlertReason| reason.kind == ReasonKind::Correction;
        let corrects = |row: &&AlertRow| {
            let notified = row.revisions.iter().filter(|revision| revision.notified());
            notified.flat_map(|revision| &revision.reasons).any(is_correction)
        };
        let corrected = match self.notified.iter().filter(corrects).count() {
            0 => String::new(),
            corrected => format!(", {corrected} of them with a correction"),
        };
        format!(
            "{} notified{corrected}; {} held back; {}",
            count(self.notified.len() as u64, "alert", "alerts"),
            self.held.len(),
            count(self.commands.len() as u64, "command", "commands")
        )
    }
}

/// A command that people gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CommandRow {
    /// The command.
    pub command: ControlCommand,
    /// Its request, in words.
    pub words: String,
    /// The end of its mute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The event or story that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// The title of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The outcome of a command about stories or events. Absent: not known, or not carried out yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<CommandOutcome>,
}

impl CommandRow {
    /// The sender, for people.
    #[must_use]
    pub fn sender(&self) -> &str {
        match self.command.by.as_str() {
            "cli" => "command line",
            "api" => "page or API",
            "link" => "link in a message",
            other => other,
        }
    }

    /// Why it was not carried out, for people.
    #[must_use]
    pub fn refusal(&self) -> Option<&str> {
        match &self.outcome {
            Some(CommandOutcome::Refused { reason }) => Some(reason),
            _ => None,
        }
    }
}

/// The rows of a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReportBy {
    /// Outlets.
    #[default]
    Outlet,
    /// Agencies.
    Agency,
}

impl ReportBy {
    /// The word in an address.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Outlet => "outlet",
            Self::Agency => "agency",
        }
    }
}

/// `GET /api/v1/report`: who reprints whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// `wirefold.api.report/1`.
    pub schema: Tag<Self>,
    /// The beginning: articles that were seen from then on count.
    pub since: Timestamp,
    /// The end: the time of this answer.
    pub until: Timestamp,
    /// The kind of the rows.
    pub by: ReportBy,
    /// Outlets or agencies, those with the most copies first; at most 1,000.
    pub rows: Vec<ReportRow>,
    /// How many there are in all.
    pub total: u32,
}

/// An outlet or an agency in a report.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReportRow {
    /// The outlet or the agency.
    pub name: String,
    /// The articles of the outlet, or those of all stories with a text of the agency.
    pub articles: u32,
    /// The stories of these articles.
    pub stories: u32,
    /// Texts that are no copies and have no agency behind them. For an agency: its texts at its own site.
    pub own: u32,
    /// Later versions of its articles.
    pub versions: u32,
    /// Texts of others: copies of a text that was seen first at another outlet, and texts of an agency that is credited
    /// or inferred. A copy of the outlet's own text is counted in `articles` only.
    pub copies: u32,
    /// How long after the first article with the same text the copies were seen: the median, in milliseconds. Absent if no
    /// copy came after an article of another outlet. Seen first does not mean published first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub median_delay_ms: Option<u64>,
    /// How many agencies and outlets the copies are from. For an agency: how many outlets had them.
    pub other_count: u32,
    /// These, those with the most copies first; at most 10.
    pub others: Vec<ReportOther>,
}

/// An agency or outlet with the number of copies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReportOther {
    /// The agency or the outlet.
    pub name: String,
    /// The copies.
    pub articles: u32,
}

crate::shapes::api_message!(Handover = "handover", Report = "report");

/// `POST /api/v1/alerts/{id}/mute`: mute or unmute one alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MuteAlertRequest {
    /// The end of the mute; absent: until the alert is over, at most 30 days. A time in the past unmutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Whether corrections and retractions still notify.
    #[serde(default)]
    pub except_corrections: bool,
}

/// One revision of an alert, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlertRevision {
    /// The revision, from 1.
    pub revision: u64,
    /// Its time in the stream.
    pub at: Timestamp,
    /// The state of the alert.
    pub state: AlertState,
    /// Whether it notified.
    pub volume: Volume,
    /// Its reasons.
    pub reasons: Vec<AlertReason>,
    /// Whether it was held.
    pub held: bool,
    /// The subscription whose message told it, too; absent if it had a message of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_by: Option<SubscriptionId>,
}

impl AlertRevision {
    /// Whether it was a message that notified.
    #[must_use]
    pub fn is_message(&self) -> bool {
        self.notified() && self.told_by.is_none()
    }

    /// Whether it notified, in a message of its own or in that of another subscription.
    #[must_use]
    pub fn notified(&self) -> bool {
        self.volume == Volume::Loud && !self.held
    }

    /// The short form of a revision.
    pub(crate) fn of(alert: &Alert) -> Self {
        Self {
            revision: alert.revision,
            at: alert.at,
            state: alert.state,
            volume: alert.volume,
            reasons: alert.reasons.clone(),
            held: alert.held.is_some(),
            told_by: None,
        }
    }
}

/// `GET /api/v1/alerts/{id}`: the history of an alert, and what its deliveries accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlertDetail {
    /// `wirefold.api.alert/1`.
    pub schema: Tag<Self>,
    /// Its last revision.
    pub alert: Alert,
    /// Its stored revisions, the oldest first; at most the 200 newest.
    pub revisions: Vec<Alert>,
    /// The deliveries of its subscription, with what they accepted.
    pub deliveries: Vec<AlertDelivery>,
    /// Revisions that a delivery gave up on and that were not replayed, the newest first.
    pub dead: Vec<DeadRow>,
}

/// The revisions of an alert that a delivery has accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlertDelivery {
    /// Its name.
    pub delivery: String,
    /// The newest revision that its target accepted; 0 if there is none.
    pub taken: u64,
    /// The newest loud revision that its target accepted; 0 if there is none.
    pub taken_loud: u64,
    /// Its newest attempts, the oldest first: at most 20 of a revision, and 60 in all.
    #[serde(default)]
    pub attempts: Vec<AlertAttempt>,
}

/// `POST /api/v1/alerts/{id}/replay`: send it again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResendRequest {
    /// The delivery; absent: all deliveries of its subscription.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<String>,
}

/// The result of sending an alert again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ResendReport {
    /// `wirefold.api.resent/1`.
    pub schema: Tag<Self>,
    /// The alert.
    pub alert: AlertId,
    /// The revision that was sent.
    pub revision: u64,
    /// The result for each delivery.
    pub deliveries: Vec<Resent>,
}

/// The result for one delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Resent {
    /// Its name.
    pub delivery: String,
    /// Whether the target accepted it.
    pub taken: bool,
    /// Why it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// `GET /api/v1/deliveries`: the deliveries, and those that subscriptions name although they do not exist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeliveryList {
    /// `wirefold.api.deliveries/1`.
    pub schema: Tag<Self>,
    /// All of them, in order of names.
    pub deliveries: Vec<DeliveryRow>,
}

/// `POST /api/v1/deliveries`: a delivery to add. The same name again changes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeliveryAddition {
    /// Its name in subscriptions: lower-case letters, digits, `-`, `_`.
    pub name: String,
    /// Its kind: `webhook`, `ntfy`, `email`, `slack`, `telegram`, `matrix` or `apprise`.
    pub kind: String,
    /// Its address, if the kind needs one; absent in answers, because it may let anybody post. In a change, absent: the
    /// one that it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Its secret; absent in answers. In a change, absent: the one that it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
    /// The user at the mail server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The sender of mails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The receivers of mails; the chat of Telegram; the room of Matrix.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<String>,
}

impl DeliveryAddition {
    /// The kinds that can be added, each with what its secret is. The others reach the machine of wirefold or its bus.
    pub const KINDS: [(&str, &str); 7] = [
        ("ntfy", "access token, if the topic needs one"),
        ("email", "password of the user"),
        ("webhook", "key that signs, whsec_…"),
        ("slack", "address of the webhook"),
        ("telegram", "token of the bot"),
        ("matrix", "access token"),
        ("apprise", "access token, if the server needs one"),
    ];

    /// As it may be shown.
    #[must_use]
    pub fn without_secrets(self) -> Self {
        Self { url: None, secret: None, ..self }
    }
}

/// A delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeliveryRow {
    /// Its name.
    pub name: String,
    /// Its kind, such as `ntfy`; absent if there is no such delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The subscriptions that name it.
    pub subscriptions: Vec<SubscriptionId>,
    /// The open health condition about it, in words; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// The delivery as it was added, without its address and secret; absent if the settings define it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added: Option<DeliveryAddition>,
}

/// `POST /api/v1/deliveries/{name}/test`: whether the target accepted a marked sample.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeliveryTested {
    /// `wirefold.api.deliverytested/1`.
    pub schema: Tag<Self>,
    /// The delivery and its answer.
    #[serde(flatten)]
    pub result: Resent,
}

/// `POST /api/v1/deliveries/{name}/switch-on`: whether a delivery was off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SwitchedOn {
    /// `wirefold.api.switchedon/1`.
    pub schema: Tag<Self>,
    /// The delivery.
    pub delivery: String,
    /// Whether it was off because its target had answered 410.
    pub was_off: bool,
}

/// `GET /api/v1/articles/{id}/alerts`: why each subscription did or did not alert on an article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ArticleAlerts {
    /// `wirefold.api.articlealerts/1`.
    pub schema: Tag<Self>,
    /// The article.
    pub article: ArticleId,
    /// Its publisher, for people.
    pub outlet: String,
    /// Its title.
    pub title: String,
    /// The outcome for each subscription, by id.
    pub subscriptions: Vec<ArticleAlert>,
}

/// The outcome of an article for a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ArticleAlert {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The outcome.
    pub outcome: ArticleOutcome,
    /// Why, for people.
    pub why: String,
    /// Whether its text only mentions the subject in passing.
    #[serde(default)]
    pub in_passing: bool,
    /// The words of the query that it has, with where: `title`, `lede`, `text` or `field`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<FoundWord>,
    /// The alert that reports or counts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert: Option<AlertId>,
    /// The first revision that does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<AlertRevision>,
}

/// The outcome of an article for a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ArticleOutcome {
    /// A revision that notified reports it.
    Notified,
    /// A silent revision reports it.
    Silent,
    /// A held revision reports it.
    Held,
    /// It does not match, but an alert about its event or story counts it.
    Counted,
    /// It matches, but there is no alert.
    NoAlert,
    /// It does not match.
    NoMatch,
    /// It was in its feed before the feed was followed.
    Baseline,
    /// The subscription has a problem.
    Problem,
}

crate::shapes::api_message!(
    AlertPage = "alerts",
    AlertDetail = "alert",
    ResendReport = "resent",
    SwitchedOn = "switchedon",
    DeliveryList = "deliveries",
    DeliveryTested = "deliverytested",
    ArticleAlerts = "articlealerts",
);

/// `GET /api/v1/dead`: dead letters, the newest first, without the messages themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeadPage {
    /// `wirefold.api.dead/1`.
    pub schema: Tag<Self>,
    /// The dead letters.
    pub dead: Vec<DeadRow>,
    /// How many stored dead letters were not replayed.
    pub kept: u64,
}

/// A dead letter and its sequence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeadRow {
    /// Its sequence in `WF_DEAD`.
    pub sequence: u64,
    /// The alert whose revision a delivery gave up; absent for other messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert: Option<AlertId>,
    /// The dead letter.
    pub letter: DeadLetter,
}

impl DeadRow {
    /// A dead letter with the alert that its subject names.
    #[must_use]
    pub fn of(sequence: u64, letter: DeadLetter) -> Self {
        Self { sequence, alert: alert_of(&letter.subject), letter }
    }
}

/// The alert of a revision's subject, `wirefold.v1.alert.<subscription>.<target>.<revision>`.
fn alert_of(subject: &str) -> Option<AlertId> {
    let rest = subject.strip_prefix("wirefold.v1.alert.")?;
    let [subscription, target, _] = rest.split('.').collect::<Vec<_>>()[..] else { return None };
    let subscription = token::unescape(subscription).ok()?;
    format!("{subscription}:{target}").parse().ok()
}

/// `GET /api/v1/dead/{sequence}`: a dead letter with its message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeadDetail {
    /// `wirefold.api.deadletter/1`.
    pub schema: Tag<Self>,
    /// Its sequence in `WF_DEAD`.
    pub sequence: u64,
    /// The alert whose revision a delivery gave up; absent for other messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert: Option<AlertId>,
    /// The dead letter.
    pub letter: DeadLetter,
}

/// `POST /api/v1/dead/{sequence}/replay`: the result of another attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Replayed {
    /// `wirefold.api.replayed/1`.
    pub schema: Tag<Self>,
    /// Its sequence in `WF_DEAD`.
    pub sequence: u64,
    /// The result, for people.
    pub outcome: String,
}

crate::shapes::api_message!(DeadPage = "dead", DeadDetail = "deadletter", Replayed = "replayed");

/// `POST /api/v1/stories/{id}/split`: the articles that become a story of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TakenOut {
    /// Their ids, or the first digits of them.
    #[schemars(inner(regex(pattern = ID_PREFIX)))]
    pub articles: Vec<String>,
}

/// `POST /api/v1/stories/{id}/merge` and `POST /api/v1/events/{id}/merge`: the other story or event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OtherOfSort {
    /// Its id, or the first digits of it.
    #[schemars(regex(pattern = ID_PREFIX))]
    pub from: String,
}

/// `POST /api/v1/stories/{id}/move`: take the story out of its event. The body may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MovedStory {
    /// The event that it joins, or the first digits of its id; absent: it becomes an event of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = ID_PREFIX))]
    pub into: Option<String>,
    /// Stories of the same event that go with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(inner(regex(pattern = ID_PREFIX)))]
    pub with: Vec<String>,
}

/// `POST /api/v1/events/{id}/acknowledge`: the sender has the event, with all alerts about it. The body may be empty.
/// `POST /api/v1/stories/{id}/acknowledge` does the same for a story, and `POST /api/v1/alerts/{id}/acknowledge` for the
/// event or story of an alert.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AcknowledgeRequest {
    /// A note for the others, at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Take the acknowledgement of anybody back instead.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub release: bool,
}

/// A request without fields. The body may be empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoFields {}

/// `POST /api/v1/stories/{id}/prefer`: the outlet whose article leads the story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PreferredOutlet {
    /// The outlet.
    pub outlet: Outlet,
}

/// `POST /api/v1/articles/{id}/not-the-same`: the other article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OtherArticle {
    /// Its id, or the first digits of it.
    #[schemars(regex(pattern = ID_PREFIX))]
    pub other: String,
}

/// The result of a command about stories.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Decided {
    /// `wirefold.api.decided/2`.
    pub schema: Tag<Self>,
    /// The command.
    pub command: ControlCommand,
    /// The result.
    pub outcome: CommandOutcome,
    /// The changes that it made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<StoryChange>,
    /// The stories concerned, directly after the command.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stories: Vec<StoryAfter>,
    /// The events concerned, directly after the command.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EventAfter>,
}

impl From<OutputCommand> for Decided {
    fn from(output: OutputCommand) -> Self {
        let OutputCommand { command, outcome, changes, stories, events, .. } = output;
        Self { schema: Tag::new(), command, outcome, changes, stories, events }
    }
}

crate::shapes::api_message!(Decided = "decided" / 2);

/// The result of pushing articles: all were stored, in the given order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PushAnswer {
    /// `wirefold.api.pushed/1`.
    pub schema: Tag<Self>,
    /// The articles.
    pub articles: Vec<PushedArticle>,
}

/// The result for one pushed article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PushedArticle {
    /// Its id in wirefold.
    pub id: ArticleId,
    /// The sender's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given: Option<String>,
    /// The result.
    pub outcome: PushedOutcome,
}

/// The result for a pushed article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PushedOutcome {
    /// Stored now.
    Stored,
    /// It was stored already; nothing was added.
    Known,
}

crate::shapes::api_message!(PushAnswer = "pushed");

/// `GET /api/v1/storage`: what the streams hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StorageReport {
    /// `wirefold.api.storage/1`.
    pub schema: Tag<Self>,
    /// When the answer was made.
    pub at: Timestamp,
    /// Every stream.
    pub streams: Vec<StreamUse>,
}

/// The content of one stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StreamUse {
    /// Its name, such as `WF_FETCHED`.
    pub name: String,
    /// Messages kept.
    pub messages: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The time of the oldest of them; absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest: Option<Timestamp>,
    /// The time of the newest of them; absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest: Option<Timestamp>,
}

crate::shapes::api_message!(StorageReport = "storage");

#[cfg(test)]
mod tests {
    use wirefold_proto::Subject;

    use super::*;

    #[test]
    fn a_subject_names_its_alert() {
        let id: AlertId = "floods.north:e-00000000000000000000000001".parse().unwrap();
        assert_eq!(alert_of(Subject::alert(&id, 12).as_str()), Some(id));
        for other in ["wirefold.v1.article.enriched", "wirefold.v1.alert.a.b", ""] {
            assert_eq!(alert_of(other), None, "{other}");
        }
    }
}
