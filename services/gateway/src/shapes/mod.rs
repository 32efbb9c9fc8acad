//! The requests and answers of the API, as JSON. Every answer has a `schema` such as `wirefold.api.events/2`.
//! The client checks it with [`wirefold_proto::decode`].

mod alerts;
mod articles;
mod commands;
mod compare;
mod corrections;
mod dead;
mod events;
mod feeds;
mod problem;
mod push;
mod rehearsal;
mod statements;
mod status;
mod storage;
mod subscriptions;

pub use alerts::{
    AlertCounts, AlertDelivery, AlertDetail, AlertPage, AlertRevision, AlertRow, ArticleAlert,
    ArticleAlerts, ArticleOutcome, FoundWord, MuteAlertRequest, ResendReport, ResendRequest,
    Resent, SwitchedOn,
};
pub use articles::{ArticleBrief, ArticleDetail, ArticleList};
pub use commands::{Decided, OtherArticle, OtherOfSort, PreferredOutlet, TakenOut};
pub use compare::{
    ChangeWord, Changed, CompareRequest, ComparedText, Comparison, GivenText, Relation,
    SentenceChange, SharedPassage, TextRange,
};
pub use corrections::{CorrectedPassage, CorrectionRecord, Corrections, StillCarrying};
pub use dead::{DeadDetail, DeadPage, DeadRow, Replayed};
pub use events::{
    Event, EventBrief, EventPage, LookedAt, LookedThrough, Story, StoryPage, StoryWithArticles,
};
pub use feeds::{BackfillRequest, FeedAddition, FeedList, ProbeReport, ProbeRequest};
pub use problem::Problem;
pub use push::{PushAnswer, PushedArticle, PushedOutcome};
pub use rehearsal::{Rehearsal, RehearsedAlert, RehearsedRevision, UnreadyTarget, describe_hold};
pub use statements::{
    Carrier, CitedAgencyRecord, Difference, FigureRecord, FigureStanding, FigureValue, NameRecord,
    QuotationRecord, Statements, Wording,
};
pub use status::{FeedCounts, HealthStatus, HourCounts, PageStatus, Status};
pub use storage::{StorageReport, StreamUse};
pub use subscriptions::{
    Accepted, MuteRequest, RehearsalReport, RehearsalRequest, SubscriptionList,
};
pub use wirefold_proto::StoryBrief;

/// Gives shapes their schema names. The version is 1 unless one follows the name. Shapes of version 1 can
/// always be read.
macro_rules! api_message {
    (@version) => { 1 };
    (@version $version:literal) => { $version };
    ($($type:ty = $name:literal $(/ $version:literal)?),+ $(,)?) => {
        $(impl wirefold_proto::Message for $type {
            const NAME: &'static str = concat!("wirefold.api.", $name);
            const VERSION: u32 = $crate::shapes::api_message!(@version $($version)?);
            const OLDEST: u32 = 1;
            /// Answers are sent over HTTP and not over the bus.
            const MAX_BYTES: usize = 64 * 1024 * 1024;
        })+
    };
}
use api_message;
