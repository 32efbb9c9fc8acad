//! The feeds that a page names, requested as politely as any page.

use url::Url;

use super::{Pages, Permission, is_of_the_web};
use crate::answer::{Unread, parse};
use crate::discovery::feeds_named;
use crate::feed::FeedError;

impl Pages {
    /// The feeds that the page at this address names, to which the feed at `feed` leads; none where it
    /// may not be asked for, does not answer, or is no page.
    pub(crate) async fn feeds_named_by(&self, url: &Url, feed: &str) -> Vec<String> {
        if !is_of_the_web(url) {
            return Vec::new();
        }
        let Permission::Allowed(patience) = self.permission(url, feed).await else {
            return Vec::new();
        };
        let answer = match self.fetch(url.clone(), feed, patience).await {
            Ok(answer) => answer,
            Err(reason) => {
                tracing::debug!(%url, why = reason.label(), "not asked which feeds it names");
                return Vec::new();
            }
        };
        match parse(answer.clone(), 1).await {
            Err(Unread::Error(FeedError::NotAFeed { feeds, .. })) => feeds_named(&answer, &feeds),
            _ => Vec::new(),
        }
    }
}
