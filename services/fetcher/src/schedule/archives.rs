//! Starts, continues and ends the reading of archives.

use tokio::task::JoinError;
use wirefold_envelope::timestamp;
use wirefold_proto::{Backfill, FeedId, Tag};

use super::Scheduler;
use crate::FetcherError;

impl Scheduler {
    /// Begins to read a feed's archive, from the start if it is being read already. Repeating a command
    /// has no effect.
    pub(crate) async fn backfill(
        &mut self,
        feed: FeedId,
        command: &str,
        pages: u32,
        items: u32,
    ) -> Result<(), FetcherError> {
        let before = self.poller.store.backfill(&feed).await?;
        if before.is_some_and(|before| before.command == command) {
            return Ok(());
        }
        self.end_backfill(&feed).await?;
        let backfill = Backfill {
            schema: Tag::new(),
            feed,
            command: command.to_owned(),
            most_pages: pages,
            most_items: items,
            pages: 0,
            items: 0,
            articles: 0,
            oldest: None,
            addresses: Vec::new(),
            next: None,
            started: timestamp(self.poller.context.clock.now()),
            ended: None,
            problem: None,
        };
        self.poller.store.put_backfill(&backfill).await?;
        self.continue_backfill(backfill);
        Ok(())
    }

    /// Continues an archive at its stored position.
    pub(crate) fn continue_backfill(&mut self, backfill: Backfill) {
        let Some(entry) = self.table.get(&backfill.feed) else { return };
        let (record, memo) = (entry.record.clone(), entry.memo.clone());
        let (poller, feed) = (self.poller.clone(), backfill.feed.clone());
        let reading = self
            .backfills
            .running
            .spawn(async move { poller.read_archive(&record, &memo, backfill).await });
        self.backfills.by_feed.insert(feed, reading);
    }

    /// Stops the backfill of a feed, if there is one. Nothing of it is written after this.
    pub(crate) async fn end_backfill(&mut self, feed: &FeedId) -> Result<(), FetcherError> {
        let Some(reading) = self.backfills.by_feed.remove(feed) else { return Ok(()) };
        reading.abort();
        while !reading.is_finished() {
            match self.backfills.running.join_next().await {
                Some(ended) => self.backfill_ended(ended)?,
                None => break,
            }
        }
        Ok(self.poller.store.forget_backfill(feed).await?)
    }

    /// Handles the end of a backfill.
    pub(crate) fn backfill_ended(
        &mut self,
        ended: Result<Result<(), FetcherError>, JoinError>,
    ) -> Result<(), FetcherError> {
        self.backfills.by_feed.retain(|_, reading| !reading.is_finished());
        match ended {
            Ok(ended) => ended,
            Err(error) => {
                if error.is_panic() {
                    tracing::warn!("the reading of an archive crashed; please report it");
                }
                Ok(())
            }
        }
    }
}
