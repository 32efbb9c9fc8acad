//! What everything in the gateway shares.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;
use wirefold_envelope::timestamp;
use wirefold_flow::{Bus, BusError, Clock, Observer, UnixMillis};
use wirefold_proto::{
    ArticleFetched, FeedRecord, Message, SubscriptionRecord, decode, streams, token,
};

use crate::projection::Projection;
use crate::settings::Settings;

/// What everything in the gateway shares.
pub(crate) struct Inner {
    /// What can be shown.
    pub(crate) projection: Projection,
    /// The bus.
    pub(crate) bus: Arc<dyn Bus>,
    /// The clock.
    pub(crate) clock: Arc<dyn Clock>,
    /// Who watches.
    pub(crate) observer: Arc<dyn Observer>,
    /// What the binary decided.
    pub(crate) settings: Settings,
    /// When it was opened.
    pub(crate) started: UnixMillis,
    /// The sequence in `WF_OUTPUT` up to which the projection reaches.
    pub(crate) place: watch::Sender<u64>,
    /// Set once the gateway stops: streams end then.
    pub(crate) closing: CancellationToken,
    /// How many more streams may be open at once.
    pub(crate) streams: Arc<Semaphore>,
    /// How many more comparisons may run at once.
    pub(crate) comparisons: Arc<Semaphore>,
}

impl Inner {
    /// The time now.
    pub(crate) fn now(&self) -> Timestamp {
        timestamp(self.clock.now())
    }

    /// The article with its text; none where it is kept no longer.
    pub(crate) async fn fetched(&self, sequence: u64) -> Result<Option<ArticleFetched>, BusError> {
        match self.bus.get(streams::FETCHED.name, sequence).await {
            Ok(stored) => Ok(decode(&stored.body).ok()),
            Err(BusError::Gone { .. } | BusError::NotYet { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Every feed, by id.
    pub(crate) async fn feeds(&self) -> Result<Vec<FeedRecord>, BusError> {
        let mut feeds: Vec<FeedRecord> = self.records(streams::FEEDS.name, "feed.").await?;
        feeds.sort_by(|one, other| one.feed.id.cmp(&other.feed.id));
        Ok(feeds)
    }

    /// One feed.
    pub(crate) async fn feed(&self, id: &str) -> Result<Option<FeedRecord>, BusError> {
        self.record(streams::FEEDS.name, &format!("feed.{}", token::escape(id))).await
    }

    /// Every subscription, by id.
    pub(crate) async fn subscriptions(&self) -> Result<Vec<SubscriptionRecord>, BusError> {
        let mut subscriptions: Vec<SubscriptionRecord> =
            self.records(streams::SUBSCRIPTIONS.name, "subscription.").await?;
        subscriptions.sort_by(|one, other| one.subscription.id.cmp(&other.subscription.id));
        Ok(subscriptions)
    }

    /// One subscription.
    pub(crate) async fn subscription(
        &self,
        id: &str,
    ) -> Result<Option<SubscriptionRecord>, BusError> {
        let key = format!("subscription.{}", token::escape(id));
        self.record(streams::SUBSCRIPTIONS.name, &key).await
    }

    async fn records<M: Message>(&self, bucket: &str, prefix: &str) -> Result<Vec<M>, BusError> {
        let entries = self.bus.key_value(bucket)?.changes(0).await?;
        let ours = entries.iter().filter(|entry| entry.key.starts_with(prefix));
        Ok(ours.filter_map(|entry| decode(entry.value.as_ref()?).ok()).collect())
    }

    async fn record<M: Message>(&self, bucket: &str, key: &str) -> Result<Option<M>, BusError> {
        let entry = self.bus.key_value(bucket)?.get(key).await?;
        Ok(entry.and_then(|entry| decode(entry.value.as_ref()?).ok()))
    }
}
