//! The site that a feed speaks for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{FeedId, Outlet};

/// The value of `speaks_for` for a feed that speaks only for itself.
pub const NOBODY: &str = "nobody";

/// The site that a feed speaks for, and how it was determined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FeedSite {
    /// The site that versions, history and boilerplate of the feed's items belong to.
    pub authority: Outlet,
    /// How it was determined.
    pub how: SiteProof,
    /// The publisher of most of its items, if nine in ten have the same one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leading: Option<Outlet>,
    /// How many items have that publisher.
    pub items: u32,
    /// How many items there were.
    pub of: u32,
    /// How many sites its items are attributed to.
    pub sites: u32,
    /// The address that answered. If it changes, the site is determined again.
    pub address: String,
}

/// How the site of a feed was determined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SiteProof {
    /// By the operator.
    Operator,
    /// Its items are of the site of its own address.
    Own,
    /// Its items are of another site of the same publisher.
    SameOwner,
    /// The site that its items lead to names the feed.
    NamedBack,
    /// Its items are attributed to one other site, which does not name it: it speaks only for itself.
    Unproven,
    /// Its items are of many sites: it speaks only for itself.
    Aggregator,
}

impl FeedSite {
    /// The result, for people.
    #[must_use]
    pub fn describe(&self, feed: &FeedId) -> String {
        let Self { authority, leading, items, of, .. } = self;
        let lead = |site: &Outlet| format!("{items} of {of} items lead to {site}");
        let itself = match authority.as_str().starts_with("feed:") {
            true => "itself",
            false => authority.as_str(),
        };
        match (self.how, leading) {
            (SiteProof::Operator, _) => format!("speaks for {itself}, as you say"),
            (SiteProof::Unproven, Some(leading)) => format!(
                "{}, which does not name this feed: it speaks for {itself} only; `wirefold feed set \
                 {feed} --speaks-for {leading}` if you know better",
                lead(leading)
            ),
            (SiteProof::Aggregator | SiteProof::Unproven, _) => {
                format!("{} sites: an aggregator", self.sites)
            }
            (SiteProof::Own | SiteProof::SameOwner | SiteProof::NamedBack, leading) => {
                format!("{}: its own feed", lead(leading.as_ref().unwrap_or(authority)))
            }
        }
    }

    /// A few words: `harbour.example`, `aggregator`, `feedhost.example only`.
    #[must_use]
    pub fn in_short(&self) -> String {
        match self.how {
            SiteProof::Aggregator => "aggregator".to_owned(),
            SiteProof::Unproven => format!("{} only", self.authority),
            _ => self.authority.to_string(),
        }
    }
}
