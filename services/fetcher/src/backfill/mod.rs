//! Reads the archive of a feed (RFC 5005) on request, page by page, at the pace of its host.
//!
//! Items of an archive have their own dates and count as baseline: they are compared with others but
//! never alert. Items that were listed before stay as they are. The progress is stored after each page,
//! once its articles and items are stored. After a kill, at most one page is repeated, with the same
//! ids.

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
