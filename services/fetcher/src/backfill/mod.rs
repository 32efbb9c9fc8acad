//! A feed's archive (RFC 5005), read on request: page after page, at the pace of its host.
//!
//! Items of an archive come with their own dates and as baseline: they are compared and ring
//! nothing. What is known by its identity is left as it is. After each page, once its articles are
//! stored and its items remembered, it is written down how far the reading has come: killed
//! anywhere, it goes on with the page that is not written down, under the same ids.

mod page;

use std::collections::HashMap;

use tokio::task::{AbortHandle, JoinSet};
use wirefold_proto::FeedId;

use crate::FetcherError;

/// The archives that are being read.
#[derive(Default)]
pub(crate) struct Backfills {
    pub(crate) running: JoinSet<Result<(), FetcherError>>,
    pub(crate) by_feed: HashMap<FeedId, AbortHandle>,
}
