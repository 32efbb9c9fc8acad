//! `articles/{id}/alerts`: why each subscription alerted on an article, or why it did not.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use wirefold_proto::{
    Alert, AlertId, ArticleFetched, GroupBy, SubscriptionId, SubscriptionRecord, Tag, Target,
    Volume, decode,
};

use super::request::{QueryParameters, answer};
use super::{Api, ApiResult, Refusal, found};
use crate::inner::Inner;
use crate::shapes::{
    AlertRevision, ArticleAlert, ArticleAlerts, ArticleDetail, ArticleOutcome, FoundWord,
    describe_hold,
};

/// The header of a revision with the last article that it covers, as a sequence in `WF_FETCHED`.
const COVERS: &str = "Wf-Covers";

/// The query that selects one subscription.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfSubscription {
    subscription: Option<SubscriptionId>,
}

/// The result of a query for an article, as the alerter gives it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Reading {
    matches: bool,
    in_passing: bool,
    found: Vec<FoundWord>,
    failed: Option<String>,
    is_excluded: bool,
    outlets: u32,
    origins: u32,
}

pub(super) async fn list(
    State(api): State<Api>,
    Path(given): Path<String>,
    QueryParameters(query): QueryParameters<OfSubscription>,
) -> ApiResult<Response> {
    let inner = &api.inner;
    let id = found::article(inner, &given).await?;
    let detail = found::article_detail(inner, id, &given).await?;
    let text = inner.fetched(detail.output.fetched).await?.filter(|fetched| fetched.id == id);
    let mut records = inner.subscriptions().await?.into_records();
    if let Some(wanted) = &query.subscription {
        records.retain(|record| record.subscription.id == *wanted);
        if records.is_empty() {
            return Err(Refusal::not_found(format!("no subscription {:?}", wanted.as_str())));
        }
    }
    let mut subscriptions = Vec::with_capacity(records.len());
    for record in &records {
        subscriptions.push(inner.explain_alert(record, &detail, text.as_ref()).await?);
    }
    let about = &detail.output.article;
    let (outlet, title) = (about.outlet_label(), about.title.clone());
    answer(&ArticleAlerts { schema: Tag::new(), article: id, outlet, title, subscriptions })
}

impl Inner {
    /// Why a subscription did or did not alert on an article.
    async fn explain_alert(
        &self,
        record: &SubscriptionRecord,
        detail: &ArticleDetail,
        text: Option<&ArticleFetched>,
    ) -> ApiResult<ArticleAlert> {
        let settings = &record.subscription;
        let verdict = |outcome, why: String| ArticleAlert {
            subscription: settings.id.clone(),
            outcome,
            why,
            in_passing: false,
            found: Vec::new(),
            alert: None,
            revision: None,
        };
        if let Some(problem) = &record.problem {
            return Ok(verdict(ArticleOutcome::Problem, problem.clone()));
        }
        let read = self.settings.rehearse.read_article(settings, detail.output.clone(), text);
        let reading: Reading = match read.map(serde_json::from_value) {
            Ok(Ok(reading)) => reading,
            Ok(Err(error)) => return Err(Refusal::failed(error.to_string())),
            Err(why) => return Ok(verdict(ArticleOutcome::Problem, why)),
        };
        let told = self.revision_of(record, detail).await?;
        let (outcome, why) = match (&told, reading.matches) {
            (Some(told), is_match) => in_alert(told, is_match, &reading),
            (None, false) => (ArticleOutcome::NoMatch, no_match(&reading)),
            (None, true) if detail.output.article.baseline => {
                let why = "its feed listed it at the first poll: such articles never alert";
                (ArticleOutcome::Baseline, why.to_owned())
            }
            (None, true) => {
                (ArticleOutcome::NoAlert, self.no_alert(record, detail, &reading).await?)
            }
        };
        let (in_passing, found) = (reading.in_passing, reading.found);
        let alert = told.as_ref().map(|told| told.id.clone());
        let revision = told.as_ref().map(AlertRevision::of);
        Ok(ArticleAlert { in_passing, found, alert, revision, ..verdict(outcome, why) })
    }

    /// The first revision of the subscription's alert that covers the article.
    async fn revision_of(
        &self,
        record: &SubscriptionRecord,
        detail: &ArticleDetail,
    ) -> ApiResult<Option<Alert>> {
        let subscription = &record.subscription;
        let verdict = &detail.output.verdict;
        // The current target, and the target when the article came.
        let targets = match subscription.group_by.unwrap_or(GroupBy::Event) {
            GroupBy::Event => [Target::Event(detail.event), Target::Event(verdict.event)],
            GroupBy::Story => [Target::Story(detail.story), Target::Story(verdict.story)],
        };
        for target in targets {
            let id = AlertId { subscription: subscription.id.clone(), target };
            let Some(last) = self.projection.alert(id.to_string()).await? else { continue };
            for revision in 1..=last.revision {
                let Some(stored) = self.stored_revision(&id, revision).await? else { continue };
                let covered = stored.headers.get(COVERS).and_then(|it| it.parse::<u64>().ok());
                if covered.is_some_and(|covered| covered >= detail.output.fetched) {
                    return Ok(decode::<Alert>(&stored.body).ok());
                }
            }
        }
        Ok(None)
    }

    /// Why there is no alert although the article matches.
    async fn no_alert(
        &self,
        record: &SubscriptionRecord,
        detail: &ArticleDetail,
        reading: &Reading,
    ) -> ApiResult<String> {
        let settings = &record.subscription;
        let lacks = |name: &str, has: u32, least: Option<u32>| {
            let least = least.filter(|least| has < *least)?;
            Some(format!("{name} {least}, and it had {has} when this article came in"))
        };
        let numbers = lacks("min_outlets is", reading.outlets, settings.min_outlets)
            .or_else(|| lacks("min_origins is", reading.origins, settings.min_origins));
        if let Some(numbers) = numbers {
            return Ok(numbers);
        }
        if !detail.output.verdict.comparable {
            return Ok("its text is too short to open an alert".to_owned());
        }
        if self.held_since(settings.id.as_str()).await? >= Some(detail.output.article.seen) {
            return Ok("it came before the subscription did".to_owned());
        }
        Ok("no alert yet: its group_wait is not over".to_owned())
    }
}

/// The outcome for an article that the revision is the first to cover.
fn in_alert(told: &Alert, is_match: bool, reading: &Reading) -> (ArticleOutcome, String) {
    let reasons: Vec<&str> = told.reasons.iter().map(|reason| reason.words.as_str()).collect();
    let revision = format!("revision {}: {}", told.revision, reasons.join("; "));
    if !is_match {
        return (ArticleOutcome::Counted, format!("{}; counted in {revision}", no_match(reading)));
    }
    match (&told.held, told.volume) {
        (Some(hold), _) => {
            (ArticleOutcome::Held, format!("{}; {revision}", describe_hold(hold.reason)))
        }
        (None, Volume::Loud) => (ArticleOutcome::Notified, revision),
        (None, Volume::Silent) => (ArticleOutcome::Silent, revision),
    }
}

fn no_match(reading: &Reading) -> String {
    match (&reading.failed, reading.is_excluded) {
        (Some(part), true) => format!("it has {part}, which the query excludes"),
        (Some(part), false) => format!("this part of the query does not hold: {part}"),
        (None, _) => "the query does not match".to_owned(),
    }
}
