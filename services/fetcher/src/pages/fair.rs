//! Fair shares: limits how many pages the feeds of one site may fetch at one time, from the request for
//! robots.txt until the page is read. So slow hosts and pages of one site never use up the slots of other
//! sites.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::sites::owner;

/// The shares of all sites.
pub(crate) struct FairShares {
    most: usize,
    sites: Mutex<HashMap<String, Arc<Semaphore>>>,
}

impl FairShares {
    /// `most` pages at one time for the feeds of a site.
    pub(crate) fn new(most: usize) -> Self {
        Self { most: most.max(1), sites: Mutex::default() }
    }

    /// Waits for the right to fetch one page for the feed at this address.
    pub(crate) async fn share_of(&self, feed: &str) -> OwnedSemaphorePermit {
        let site = {
            let mut sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
            // A site stays while a page of it is fetched or waits.
            sites.retain(|_, site| Arc::strong_count(site) > 1);
            let fresh = || Arc::new(Semaphore::new(self.most));
            sites.entry(owner(feed)).or_insert_with(fresh).clone()
        };
        site.acquire_owned().await.expect("nobody closes it")
    }
}
