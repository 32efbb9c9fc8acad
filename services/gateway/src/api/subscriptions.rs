//! The routes below `subscriptions`.

use std::time::Duration;

use axum::Json;
use jiff::Timestamp;
use wirefold_proto::{Command, Rehearsal, SubscriptionRecord, SubscriptionSettings, Tag};

use crate::api::request::{JsonBody, Path};
use crate::api::{Answer, Api, ApiResult, Refusal, refuse_managed};
use crate::shapes::{Accepted, MuteRequest, RehearsalReport, RehearsalRequest, SubscriptionList};

/// The longest span of a rehearsal: as long as the output is stored.
const HOURS: u32 = 720;

pub(super) async fn list(api: Api) -> Answer<SubscriptionList> {
    let (subscriptions, waiting) = api.app.subscriptions().await?.into_parts();
    let subscriptions = api.app.projection.count_for(subscriptions).await?;
    Ok(Json(SubscriptionList { schema: Tag::new(), subscriptions, waiting }))
}

pub(super) async fn put(
    api: Api,
    JsonBody(subscription): JsonBody<SubscriptionSettings>,
) -> ApiResult<Accepted> {
    api.put_subscription(subscription).await
}

pub(super) async fn remove(api: Api, Path(id): Path<String>) -> ApiResult<Accepted> {
    api.remove_subscription(&id).await
}

/// Mutes or unmutes a subscription, also one that a file defines.
pub(super) async fn mute(
    api: Api,
    Path(id): Path<String>,
    JsonBody(asked): JsonBody<MuteRequest>,
) -> ApiResult<Accepted> {
    api.mute_subscription(&id, asked.until).await
}

pub(super) async fn rehearse(
    api: Api,
    JsonBody(asked): JsonBody<RehearsalRequest>,
) -> Answer<RehearsalReport> {
    // A rehearsal may read a month of articles, so few run at once.
    let turn = api.app.comparisons.acquire().await;
    let _turn = turn.map_err(|_| Refusal::failed("the rehearsal broke off"))?;
    let RehearsalRequest { subscription, hours } = asked;
    let report = api.rehearse_subscription(subscription, hours).await?;
    Ok(Json(RehearsalReport { schema: Tag::new(), hours, report }))
}

/// Functions that API and page share.
impl Api {
    /// Checks a subscription that no file defines, and adds or replaces it.
    pub(crate) async fn put_subscription(
        &self,
        subscription: SubscriptionSettings,
    ) -> ApiResult<Accepted> {
        self.check_query(&subscription)?;
        self.app.settings.rehearse.check(&subscription).map_err(Refusal::unprocessable)?;
        if let Some(record) = self.app.subscription(subscription.id.as_str()).await? {
            refuse_managed(record.managed_by.as_deref(), "subscription", &subscription.id)?;
        }
        self.refuse_circle(&subscription).await?;
        self.command(Command::SubscriptionPut { subscription: Box::new(subscription) }).await
    }

    /// Removes a subscription that no file defines.
    pub(crate) async fn remove_subscription(&self, id: &str) -> ApiResult<Accepted> {
        let record = self.known_subscription(id).await?;
        let subscription = record.subscription.id;
        refuse_managed(record.managed_by.as_deref(), "subscription", &subscription)?;
        self.command(Command::SubscriptionRemove { subscription }).await
    }

    /// Mutes a subscription until a time, or without an end. A time in the past unmutes it.
    pub(crate) async fn mute_subscription(
        &self,
        id: &str,
        until: Option<Timestamp>,
    ) -> ApiResult<Accepted> {
        let subscription = self.known_subscription(id).await?.subscription.id;
        self.command(Command::SubscriptionMute { subscription, until }).await
    }

    /// Rehearses a subscription on the last hours.
    pub(crate) async fn rehearse_subscription(
        &self,
        subscription: SubscriptionSettings,
        hours: u32,
    ) -> ApiResult<Rehearsal> {
        self.check_query(&subscription)?;
        if !(1..=HOURS).contains(&hours) {
            return Err(Refusal::bad_request(format!("`hours` is {hours}, not 1 to {HOURS}")));
        }
        let back = Duration::from_secs(u64::from(hours) * 3_600);
        let report = self.app.settings.rehearse.rehearse(subscription, back).await;
        report.map_err(Refusal::unprocessable)
    }

    fn check_query(&self, subscription: &SubscriptionSettings) -> ApiResult<()> {
        let checked = self.app.settings.rehearse.check_query(&subscription.query);
        checked.map_err(|error| Refusal::unprocessable(format!("`query`: {error}")))
    }

    /// Refuses two subscriptions that inhibit each other, because it would be random which of them notifies.
    async fn refuse_circle(&self, subscription: &SubscriptionSettings) -> ApiResult<()> {
        let id = &subscription.id;
        for other in &subscription.inhibited_by {
            let record = self.app.subscription(other.as_str()).await?;
            if record.is_some_and(|record| record.subscription.inhibited_by.contains(id)) {
                return Err(Refusal::unprocessable(format!(
                    "inhibited_by: {id} also inhibits subscription {other}: remove one of the two"
                )));
            }
        }
        Ok(())
    }

    async fn known_subscription(&self, id: &str) -> ApiResult<SubscriptionRecord> {
        let record = self.app.subscription(id).await?;
        record.ok_or_else(|| Refusal::not_found(format!("no subscription {id:?}")))
    }
}
