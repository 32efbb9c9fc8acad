//! The data of a message: the alert, the address of the page, and the time.
//!
//! It never reads a clock.

use jiff::tz::TimeZone;
use wirefold_flow::UnixMillis;
use wirefold_proto::Alert;

use super::compiled_templates::CompiledTemplates;
use super::links::MessageLinks;

/// One revision that is being sent.
pub(crate) struct Message<'a> {
    pub(crate) alert: &'a Alert,
    /// The subscription's name for people.
    pub(crate) subscription: &'a str,
    /// The page of its event or story.
    pub(crate) page: Option<String>,
    /// The page that manages alerts.
    pub(crate) manage: Option<String>,
    /// The links that mute it without a login, if other machines can reach the page.
    pub(crate) links: Option<MessageLinks>,
    /// Whether this is a demonstration.
    pub(crate) demo: bool,
    /// The time of this attempt.
    pub(crate) now: UnixMillis,
    /// The subscriber's time zone.
    pub(crate) zone: TimeZone,
    /// The id that the target gave to an earlier message of this alert.
    pub(crate) target_id: Option<&'a str>,
    /// Whether the target has accepted a newer revision, which this one must not replace.
    pub(crate) is_overtaken: bool,
    /// The operator's templates.
    pub(crate) templates: Option<&'a CompiledTemplates>,
}
