//! Reads the archive of a feed (RFC 5005) on request, page by page, at the pace of its host.
//!
//! Items of an archive have their own dates and count as baseline: they are compared with others but
//! never alert. Items that are known already stay as they are. After each page, once its articles
//! are stored and its items remembered, the progress is stored too. A process that is killed repeats
//! at most one page, with the same ids.

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
