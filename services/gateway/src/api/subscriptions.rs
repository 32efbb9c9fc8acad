//! `subscriptions`.

use std::time::Duration;

use axum::extract::{Path, Request, State};
use axum::response::Response;
use wirefold_proto::{Command, SubscriptionRecord, SubscriptionSettings, Tag};
use wirefold_query::Query;

use super::asked::{answer, json_of};
use super::{Api, Handled, Refusal};
use crate::shapes::{RehearsalReport, RehearsalRequest, SubscriptionList};

/// The most bytes of a command.
const MOST: usize = 64 * 1024;
/// How far back a rehearsal goes at most: as far as the output is kept.
const HOURS: u32 = 720;

pub(super) async fn list(State(api): State<Api>) -> Handled<Response> {
    let (subscriptions, waiting) = api.inner.subscriptions().await?.into_parts();
    answer(&SubscriptionList { schema: Tag::new(), subscriptions, waiting })
}

pub(super) async fn put(State(api): State<Api>, request: Request) -> Handled<Response> {
    let subscription: SubscriptionSettings = json_of(request, MOST).await?;
    check_query(&subscription)?;
    api.inner.settings.rehearse.check(&subscription).map_err(Refusal::unprocessable)?;
    if let Some(record) = api.inner.subscription(subscription.id.as_str()).await? {
        refuse_managed(&record)?;
    }
    api.command(Command::SubscriptionPut { subscription: Box::new(subscription) }).await
}

pub(super) async fn remove(State(api): State<Api>, Path(id): Path<String>) -> Handled<Response> {
    let record = api.inner.subscription(&id).await?;
    let record = record.ok_or_else(|| Refusal::not_found(format!("no subscription {id:?}")))?;
    refuse_managed(&record)?;
    api.command(Command::SubscriptionRemove { subscription: record.subscription.id }).await
}

pub(super) async fn rehearse(State(api): State<Api>, request: Request) -> Handled<Response> {
    let asked: RehearsalRequest = json_of(request, MOST).await?;
    check_query(&asked.subscription)?;
    if !(1..=HOURS).contains(&asked.hours) {
        return Err(Refusal::bad_request(format!("`hours` is {}, not 1 to {HOURS}", asked.hours)));
    }
    let back = Duration::from_secs(u64::from(asked.hours) * 3_600);
    let report = api.inner.settings.rehearse.rehearse(asked.subscription, back).await;
    let report = report.map_err(Refusal::unprocessable)?;
    answer(&RehearsalReport { schema: Tag::new(), hours: asked.hours, report })
}

fn check_query(subscription: &SubscriptionSettings) -> Handled<()> {
    match Query::parse(&subscription.query) {
        Ok(_) => Ok(()),
        Err(error) => Err(Refusal::unprocessable(format!("`query`: {error}"))),
    }
}

fn refuse_managed(record: &SubscriptionRecord) -> Handled<()> {
    match &record.managed_by {
        Some(place) => {
            let id = &record.subscription.id;
            Err(Refusal::managed(format!("subscription {id} is defined by {place}")))
        }
        None => Ok(()),
    }
}
