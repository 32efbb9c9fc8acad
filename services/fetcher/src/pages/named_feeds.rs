//! The feeds that a page names. The page is requested under the same rules as article pages.

use url::Url;
use wirefold_feed::FeedError;

use super::{Pages, Permission, is_of_the_web};
use crate::answer::{ParseFailure, parse};
use crate::discovery::feeds_named;

impl Pages {
    /// The feeds named by the page at this address, which the feed at `feed` links to. The list is empty
    /// if the page may not be requested, does not answer, or is not a page.
    pub(crate) async fn feeds_named_by(&self, url: &Url, feed: &str) -> Vec<String> {
        if !is_of_the_web(url) {
            return Vec::new();
        }
        let Permission::Allowed(crawl_delay) = self.permission(url, feed).await else {
            return Vec::new();
        };
        let answer = match self.fetch(url.clone(), feed, crawl_delay).await {
            Ok(answer) => answer,
            Err(reason) => {
                tracing::debug!(%url, why = reason.label(), "not checked for the feeds it names");
                return Vec::new();
            }
        };
        match parse(answer.clone(), 1).await {
            Err(ParseFailure::Error(FeedError::NotAFeed { feeds, .. })) => {
                feeds_named(&answer, &feeds)
            }
            _ => Vec::new(),
        }
    }
}
