//! `wirefold.alert/2`: one revision of an alert.
//!
//! There is one alert for each subscription and each event or story. It goes from `new` through `growing` and
//! `updated` to `quiet`. Every revision replaces the one before.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::article::outlet_label;
use crate::codec::{Tag, message};
use crate::findings::{FigureRole, Qualifier};
use crate::ids::{AlertId, ArticleId, LanguageTag, Outlet, StoryId, SubscriptionId, Target};
use crate::measure::Confidence;
use crate::story::is_zero;
use crate::streams::{self, Stream};
use crate::string_form::words;
use crate::subjects::{Published, Subject};

/// One revision of an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Alert {
    /// `wirefold.alert/2`.
    pub schema: Tag<Self>,
    /// The alert's id, the same through all revisions.
    pub id: AlertId,
    /// Its subscription.
    pub subscription: SubscriptionId,
    /// The event or story it is about.
    pub target: Target,
    /// The revision, from 1.
    pub revision: u64,
    /// The state of the alert.
    pub state: AlertState,
    /// Whether this revision notifies.
    pub volume: Volume,
    /// The reasons for this revision, the most important first.
    pub reasons: Vec<AlertReason>,
    /// The sequence in `WF_OUTPUT` up to which the alert covers the output.
    pub output: u64,
    /// The time of this revision in the stream.
    pub at: Timestamp,
    /// The headline of the lead.
    pub headline: Headline,
    /// When the first article was seen here.
    pub first_seen: Timestamp,
    /// The outlets so far.
    pub outlets: u32,
    /// The separately written texts so far: an upper bound, not confirmation.
    pub origins: u32,
    /// The copies folded so far, without versions.
    pub copies: u32,
    /// The later versions of its articles so far.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub versions: u32,
    /// The stories so far: texts of their own, also those too short to count as an origin. 0 in alerts of
    /// older releases.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub stories: u32,
    /// The first outlet; absent if its article came before the alert could use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<AlertFirst>,
    /// The words of the query that were found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub matched: Vec<String>,
    /// The articles worth a link, the lead first; at most 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub articles: Vec<AlertArticle>,
    /// Why the revision is held, and for how long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<Hold>,
    /// When its subscription's escalation delivery got it, because nobody had acknowledged it. That delivery gets the later
    /// revisions, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalated: Option<Timestamp>,
    /// The digest that contains it, if the subscription gathers its messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<InDigest>,
    /// The event or story that this one was merged into. The alert continues there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<Target>,
}

message!(Alert = "wirefold.alert" / 2);

impl Alert {
    /// Whether one of its reasons is of this kind.
    #[must_use]
    pub fn has(&self, kind: ReasonKind) -> bool {
        self.reasons.iter().any(|reason| reason.kind == kind)
    }

    /// Whether this revision escalates the alert. It states nothing new, and is silent for the other deliveries.
    #[must_use]
    pub fn is_escalation(&self) -> bool {
        let says_nothing_else = self.reasons.iter().all(|it| it.kind == ReasonKind::Repeated);
        self.escalated == Some(self.at) && self.volume == Volume::Silent && says_nothing_else
    }
}

impl Published for Alert {
    const STREAM: Stream = streams::ALERTS;

    /// Each revision has a subject of its own, so it is stored only once.
    fn subject(&self) -> Subject {
        Subject::alert(&self.id, self.revision)
    }

    /// Alert and revision.
    fn message_id(&self) -> String {
        format!("{}.{}", self.id, self.revision)
    }
}

/// The state of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AlertState {
    /// First reported.
    New,
    /// More outlets or origins.
    Growing,
    /// Something material changed.
    Updated,
    /// Nothing more is coming.
    Quiet,
}

words!(AlertState: New = "new", Growing = "growing", Updated = "updated", Quiet = "quiet");

/// Whether a revision notifies.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Volume {
    /// It only replaces the one before, for example because counts changed.
    Silent,
    /// It notifies: new, material, correction.
    Loud,
}

/// A reason for a revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlertReason {
    /// The kind of reason.
    pub kind: ReasonKind,
    /// The reason for people, such as `+2 outlets`, or the sentence that states something new.
    pub words: String,
    /// The sources: the agency behind a text if it is credited, else the outlet; at most 4.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// The value reported before, such as `14`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// The value now, such as `28`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
    /// For a correction or retraction: the articles of this alert that still had the error.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub carriers: Vec<ArticleId>,
}

/// The first outlet in an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlertFirst {
    /// The outlet.
    pub outlet: Outlet,
    /// The site whose feed has the article, if that is not the outlet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<Outlet>,
    /// The agency behind its text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<AlertAgency>,
}

impl From<&AlertArticle> for AlertFirst {
    fn from(article: &AlertArticle) -> Self {
        let AlertArticle { outlet, via, agency, .. } = article.clone();
        Self { outlet, via, agency }
    }
}

impl AlertFirst {
    /// The outlet for people, with the site whose feed has the article if that is another.
    #[must_use]
    pub fn outlet_label(&self) -> String {
        outlet_label(&self.outlet, self.via.as_ref())
    }
}

/// The agency behind a text, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlertAgency {
    /// The name as readers know it, such as `AP`.
    pub name: String,
    /// How sure it is.
    pub confidence: Confidence,
}

/// A kind of reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReasonKind {
    /// The first match.
    New,
    /// More outlets.
    Outlets,
    /// More articles in a shorter time.
    Velocity,
    /// Something material changed.
    Material,
    /// A correction.
    Correction,
    /// It was merged into another event or story, or people took it out of one.
    Merged,
    /// Nothing more is coming.
    Quiet,
    /// Repeated after `repeat_interval`, or escalated.
    Repeated,
    /// It continues after it was quiet. The words give the day.
    Again,
    /// Texts mention the subject only in passing, outside title and lede.
    Passing,
    /// It is silent because another subscription, which the words name, has reported it.
    Inhibited,
}

/// The headline of an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Headline {
    /// The lead's title.
    pub title: String,
    /// Its language.
    pub language: LanguageTag,
    /// The first sentence of its article; absent if that is a title alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lede: Option<String>,
}

/// An article in an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlertArticle {
    /// The article.
    pub id: ArticleId,
    /// Its sequence in `WF_ENRICHED`, where its text is.
    pub enriched: u64,
    /// Its story when it was read; absent in alerts of older releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub story: Option<StoryId>,
    /// Its publisher.
    pub outlet: Outlet,
    /// The site whose feed has the article, if that is not the outlet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<Outlet>,
    /// Its title.
    pub title: String,
    /// Whether it has no sentence beyond its title.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub headline_only: bool,
    /// The agency behind its text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<AlertAgency>,
    /// Its link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// When it was seen here.
    pub seen: Timestamp,
    /// The numbers of people in its first sentence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<AlertClaim>,
}

/// A number of people, as a text claims it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlertClaim {
    /// Their fate.
    pub role: FigureRole,
    /// The number.
    pub value: u64,
    /// How exact it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qualifier: Option<Qualifier>,
}

impl AlertArticle {
    /// The outlet for people, with the site whose feed has the article if that is another.
    #[must_use]
    pub fn outlet_label(&self) -> String {
        outlet_label(&self.outlet, self.via.as_ref())
    }
}

/// A digest of one subscription: the alerts that would have notified since the last digest. All its revisions
/// are published one after another. The last one names all of them, and its delivery sends the digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InDigest {
    /// When it was due.
    pub due: Timestamp,
    /// The revisions in it, in the order of publication, only on the last one; at most 5,000.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub all: Vec<DigestPart>,
    /// How many more revisions are in it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more: u32,
}

/// One revision in a digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DigestPart {
    /// The alert.
    pub alert: AlertId,
    /// Its revision.
    pub revision: u64,
}

/// Why a revision is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hold {
    /// The reason.
    pub reason: HoldReason,
    /// The end of the hold; absent if it is not yet known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// Why a revision is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HoldReason {
    /// The subscription's quiet hours.
    QuietHours,
    /// The subscription has notified `max_per_day` times today.
    MaxPerDay,
    /// The subscription is muted.
    Muted,
    /// It comes in one message with others: in the digest of the subscription, at the end of the hour if
    /// it is above the budget of its site or feed, or after an outage.
    Digest,
}

/// The header of a revision in which the alerter keeps what rebuilds the alert, as JSON.
pub const REVISION_HEADER: &str = "Wf-Revision";
