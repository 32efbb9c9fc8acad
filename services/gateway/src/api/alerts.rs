//! The routes below `alerts`.

use axum::extract::{Path, Request, State};
use axum::response::Response;
use serde::Deserialize;
use wirefold_flow::Stored;
use wirefold_proto::{
    Alert, AlertAttemptsRecord, AlertId, Command, DeadLetter, Subject, SubscriptionId, Tag,
    attempts_key, decode, streams, taken_key,
};

use super::request::{QueryParameters, answer, json_of, paging};
use super::{Api, ApiResult, Refusal};
use crate::inner::Inner;
use crate::shapes::{
    AlertDelivery, AlertDetail, DeadRow, MuteAlertRequest, ResendReport, ResendRequest,
};

/// The query of a list of alerts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AlertsQuery {
    limit: Option<usize>,
    cursor: Option<String>,
    subscription: Option<SubscriptionId>,
}

pub(super) async fn list(
    State(api): State<Api>,
    QueryParameters(query): QueryParameters<AlertsQuery>,
) -> ApiResult<Response> {
    let paging = paging(query.limit, query.cursor.as_deref())?;
    let mut page = api.inner.projection.alerts(paging, query.subscription).await?;
    api.inner.show_handled(&mut page).await?;
    answer(&page)
}

/// Mutes or unmutes one alert.
pub(super) async fn mute(
    State(api): State<Api>,
    Path(id): Path<String>,
    request: Request,
) -> ApiResult<Response> {
    let MuteAlertRequest { until, except_corrections } = json_of(request, MOST).await?;
    let alert = api.inner.alert(&id).await?.id;
    api.command(Command::AlertMute { alert, until, except_corrections }).await
}

/// Acknowledges an alert.
pub(super) async fn acknowledge(
    State(api): State<Api>,
    Path(id): Path<String>,
) -> ApiResult<Response> {
    let alert = api.inner.alert(&id).await?.id;
    api.command(Command::AlertAcknowledge { alert }).await
}

/// The most revisions shown of one alert, the newest first.
const REVISIONS: u64 = 200;
/// How many of the newest dead letters are searched for those of an alert.
const DEAD: u64 = 500;
/// The most bytes of a request.
const MOST: usize = 4 * 1024;

pub(super) async fn one(State(api): State<Api>, Path(given): Path<String>) -> ApiResult<Response> {
    let alert = api.inner.alert(&given).await?;
    let revisions = api.inner.revisions(&alert).await?;
    let deliveries = api.inner.list_accepted(&alert).await?;
    let dead = api.inner.dead_of(&alert.id).await?;
    answer(&AlertDetail { schema: Tag::new(), alert, revisions, deliveries, dead })
}

/// Sends the newest revision again, to one delivery or to all of its subscription.
pub(super) async fn replay(
    State(api): State<Api>,
    Path(given): Path<String>,
    request: Request,
) -> ApiResult<Response> {
    let ResendRequest { delivery } = json_of(request, MOST).await?;
    let alert = api.inner.alert(&given).await?;
    let (id, revision) = (alert.id.clone(), alert.revision);
    let record = api.inner.subscription(alert.subscription.as_str()).await?;
    let gone = || {
        Refusal::gone(format!("its subscription {} does not exist any more", alert.subscription))
    };
    let subscription = record.ok_or_else(gone)?.subscription;
    let sent = api.inner.settings.replay.resend(alert, subscription, delivery).await;
    let deliveries = sent.map_err(Refusal::unprocessable)?;
    tracing::info!(alert = %id, revision, "alert sent again");
    answer(&ResendReport { schema: Tag::new(), alert: id, revision, deliveries })
}

impl Inner {
    /// The last revision of the alert with this id or prefix.
    async fn alert(&self, given: &str) -> ApiResult<Alert> {
        let unknown = || Refusal::not_found(format!("no alert {given:?}"));
        let mut found = self.projection.alert_meaning(given.to_owned()).await?;
        match (found.pop(), found.is_empty()) {
            (Some(id), true) => self.projection.alert(id).await?.ok_or_else(unknown),
            (Some(last), false) => {
                found.push(last);
                Err(Refusal::ambiguous(given, found))
            }
            (None, _) => Err(unknown()),
        }
    }

    /// The stored revisions of an alert, the oldest first.
    async fn revisions(&self, alert: &Alert) -> ApiResult<Vec<Alert>> {
        let first = alert.revision.saturating_sub(REVISIONS) + 1;
        let mut revisions = Vec::new();
        for revision in first..=alert.revision {
            let kept = self.stored_revision(&alert.id, revision).await?;
            revisions.extend(kept.and_then(|stored| decode::<Alert>(&stored.body).ok()));
        }
        Ok(revisions)
    }

    /// A revision in the stream; `None` if it is no longer stored.
    pub(super) async fn stored_revision(
        &self,
        alert: &AlertId,
        revision: u64,
    ) -> ApiResult<Option<Stored>> {
        let subject = Subject::alert(alert, revision);
        Ok(self.bus.last(streams::ALERTS.name, subject.as_str()).await?)
    }

    /// The revisions of an alert that the deliveries of its subscription accepted.
    async fn list_accepted(&self, alert: &Alert) -> ApiResult<Vec<AlertDelivery>> {
        let record = self.subscription(alert.subscription.as_str()).await?;
        let names = record.map(|record| record.subscription.deliveries).unwrap_or_default();
        let keys = self.bus.key_value(streams::DELIVERIES.name)?;
        let mut deliveries = Vec::with_capacity(names.len());
        for delivery in names {
            let value =
                keys.get(&taken_key(&delivery, &alert.id)).await?.and_then(|entry| entry.value);
            let text = value.map(|value| String::from_utf8_lossy(&value).into_owned());
            // The last accepted revision, the last accepted loud one, and the id at the target.
            let mut numbers = text.as_deref().unwrap_or_default().split(' ');
            let mut number = || numbers.next().and_then(|it| it.parse().ok()).unwrap_or(0);
            let (taken, taken_loud) = (number(), number());
            let noted = keys.get(&attempts_key(&delivery, &alert.id)).await?;
            let noted = noted.and_then(|entry| entry.value);
            let noted = noted.and_then(|noted| decode::<AlertAttemptsRecord>(&noted).ok());
            let attempts = noted.map(|noted| noted.attempts).unwrap_or_default();
            deliveries.push(AlertDelivery { delivery, taken, taken_loud, attempts });
        }
        Ok(deliveries)
    }

    /// The dead letters of an alert that were not replayed, the newest first.
    async fn dead_of(&self, alert: &AlertId) -> ApiResult<Vec<DeadRow>> {
        let state = self.bus.stream_state(streams::DEAD.name).await?;
        let zeroth = Subject::alert(alert, 0);
        let mut dead = Vec::new();
        let first = state.first.max(1).max(state.last.saturating_sub(DEAD));
        let replayed = self.replayed_letters(state.first).await?;
        for sequence in (first..=state.last).rev().filter(|it| !replayed.contains(*it)) {
            if let Ok(letter) = self.dead_letter(sequence).await?
                && without_revision(&letter.subject) == without_revision(zeroth.as_str())
            {
                dead.push(DeadRow::of(sequence, DeadLetter { message: None, ..letter }));
            }
        }
        Ok(dead)
    }
}

/// The subject of an alert's revisions up to the last dot.
fn without_revision(subject: &str) -> &str {
    subject.rsplit_once('.').map_or(subject, |(alert, _)| alert)
}
