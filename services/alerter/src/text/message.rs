//! What a text is made from: the alert, the address of the page, and the time.
//!
//! It never reads a clock.

use jiff::tz::TimeZone;
use wirefold_flow::UnixMillis;
use wirefold_proto::Alert;

use super::links::MessageLinks;
use super::template::CompiledTemplates;

/// One revision on its way.
pub(crate) struct Message<'a> {
    pub(crate) alert: &'a Alert,
    /// The subscription's name for people.
    pub(crate) subscription: &'a str,
    /// The page of what it is about.
    pub(crate) page: Option<String>,
    /// The page on which alerts are seen to.
    pub(crate) manage: Option<String>,
    /// What mutes it without a login, where others than this machine reach the page.
    pub(crate) links: Option<MessageLinks>,
    /// Whether this is a demonstration.
    pub(crate) demo: bool,
    /// The time of this attempt.
    pub(crate) now: UnixMillis,
    /// Where the subscriber lives, for times.
    pub(crate) zone: TimeZone,
    /// What the channel gave to be kept when the target took an earlier revision of this alert.
    pub(crate) kept: Option<&'a str>,
    /// Whether the target has taken a newer revision: this one must not replace it.
    pub(crate) is_overtaken: bool,
    /// Words of the operator's own.
    pub(crate) templates: Option<&'a CompiledTemplates>,
}
