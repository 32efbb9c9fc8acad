//! Alerts, the alerts on an article, and dead letters.

use axum::Json;
use schemars::JsonSchema;
use serde::Deserialize;
use wirefold_envelope::unix_millis;
use wirefold_flow::BusError;
use wirefold_proto::{
    Alert, AlertAttemptsRecord, AlertId, ArticleFetched, ArticleId, Command, DeadLetter, GroupBy,
    QueryReading, Subject, SubscriptionId, SubscriptionRecord, Tag, Target, Volume, WaitingAlert,
    attempts_key, decode, streams, taken_key,
};

use crate::api::request::{Id, JsonBody, Path, Query};
use crate::api::{Answer, Api, ApiResult, Refusal};
use crate::projection::{LoggedArticle, RowId, StoryQuery};
use crate::shapes::{
    Accepted, AcknowledgeRequest, AlertDelivery, AlertDetail, AlertPage, AlertRevision,
    ArticleAlert, ArticleAlerts, ArticleDetail, ArticleOutcome, DeadDetail, DeadPage, DeadRow,
    MuteAlertRequest, NoFields, Replayed, ResendReport, ResendRequest, describe_hold,
};
use crate::state::AppState;

pub(super) async fn list(api: Api, Query(mut query): Query<StoryQuery>) -> Answer<AlertPage> {
    let paging = query.take_paging();
    let mut page = api.app.projection.alerts(paging, api.app.with_feeds(query).await?).await?;
    api.app.show_handled(&mut page).await?;
    Ok(Json(page))
}

/// Mutes or unmutes one alert.
pub(super) async fn mute(
    api: Api,
    Path(id): Path<String>,
    JsonBody(MuteAlertRequest { until, except_corrections }): JsonBody<MuteAlertRequest>,
) -> ApiResult<Accepted> {
    let alert = api.app.alert(&id).await?.id;
    api.command(Command::AlertMute { alert, until, except_corrections }).await
}

/// Acknowledges the event or story of an alert.
pub(super) async fn acknowledge(
    api: Api,
    Path(id): Path<String>,
    JsonBody(given): JsonBody<AcknowledgeRequest>,
) -> ApiResult<Accepted> {
    let of = api.app.alert(&id).await?.target;
    api.command(acknowledgement(of, given)?).await
}

/// Acknowledges an event or a story, whether or not an alert is about it.
pub(super) async fn acknowledge_one<I: RowId + Into<Target>>(
    api: Api,
    Id(of): Id<I>,
    JsonBody(given): JsonBody<AcknowledgeRequest>,
) -> ApiResult<Accepted> {
    api.command(acknowledgement(of.into(), given)?).await
}

/// The most characters of a note.
const NOTE: usize = 200;

/// The command that acknowledges an event or a story, or takes that back.
pub(crate) fn acknowledgement(of: Target, given: AcknowledgeRequest) -> ApiResult<Command> {
    let note = given.note.map(|note| note.trim().to_owned()).filter(|note| !note.is_empty());
    if note.as_ref().is_some_and(|note| note.chars().count() > NOTE) {
        let why = format!("the note has more than {NOTE} characters");
        return Err(Refusal::unprocessable(why).about_field("note"));
    }
    Ok(Command::AlertAcknowledge { of, note, release: given.release })
}

/// The most revisions shown of one alert, the newest first.
const REVISIONS: u64 = 200;
/// How many of the newest dead letters are searched for those of an alert.
const DEAD: u64 = 500;

pub(super) async fn one(api: Api, Path(given): Path<String>) -> Answer<AlertDetail> {
    let alert = api.app.alert(&given).await?;
    let revisions = api.app.revisions(&alert).await?;
    let deliveries = api.app.list_accepted(&alert).await?;
    let dead = api.app.dead_of(&alert.id).await?;
    Ok(Json(AlertDetail { schema: Tag::new(), alert, revisions, deliveries, dead }))
}

/// Sends the newest revision again, to one delivery or to all of its subscription.
pub(super) async fn replay(
    api: Api,
    Path(given): Path<String>,
    JsonBody(ResendRequest { delivery }): JsonBody<ResendRequest>,
) -> Answer<ResendReport> {
    let alert = api.app.alert(&given).await?;
    let (id, revision) = (alert.id.clone(), alert.revision);
    let record = api.app.subscription(alert.subscription.as_str()).await?;
    let gone = format!("its subscription {} does not exist any more", alert.subscription);
    let subscription = record.ok_or_else(|| Refusal::gone(gone))?.subscription;
    let sent = api.app.settings.replay.resend(alert, subscription, delivery).await;
    let deliveries = sent.map_err(Refusal::unprocessable)?;
    tracing::info!(alert = %id, revision, "alert sent again");
    Ok(Json(ResendReport { schema: Tag::new(), alert: id, revision, deliveries }))
}

impl AppState {
    /// The last revision of the alert with this id or prefix.
    async fn alert(&self, given: &str) -> ApiResult<Alert> {
        let unknown = || Refusal::not_found(format!("no alert {given:?}"));
        let mut found = self.projection.resolve_alert(given.to_owned()).await?;
        if found.len() > 1 {
            return Err(Refusal::ambiguous(given, found));
        }
        let id = found.pop().ok_or_else(unknown)?;
        self.projection.alert(id).await?.ok_or_else(unknown)
    }

    /// The stored revisions of an alert, the oldest first.
    pub(super) async fn revisions(&self, alert: &Alert) -> ApiResult<Vec<Alert>> {
        let first = alert.revision.saturating_sub(REVISIONS) + 1;
        let mut revisions = Vec::new();
        for revision in first..=alert.revision {
            revisions.extend(self.stored_revision(&alert.id, revision).await?);
        }
        Ok(revisions)
    }

    /// A revision in the stream; `None` if it is no longer stored.
    async fn stored_revision(&self, alert: &AlertId, revision: u64) -> ApiResult<Option<Alert>> {
        let subject = Subject::alert(alert, revision);
        let stored = self.bus.last(streams::ALERTS.name, subject.as_str()).await?;
        Ok(stored.and_then(|stored| decode(&stored.body).ok()))
    }

    /// The revisions of an alert that the deliveries of its subscription accepted.
    pub(super) async fn list_accepted(&self, alert: &Alert) -> ApiResult<Vec<AlertDelivery>> {
        let record = self.subscription(alert.subscription.as_str()).await?;
        let named = record.iter().flat_map(|record| record.subscription.named_deliveries());
        let names: Vec<String> = named.cloned().collect();
        let keys = self.bus.key_value(streams::DELIVERIES.name)?;
        let mut deliveries = Vec::with_capacity(names.len());
        for delivery in names {
            let entry = keys.get(&taken_key(&delivery, &alert.id)).await?;
            let value = entry.and_then(|entry| entry.value).unwrap_or_default();
            let text = String::from_utf8_lossy(&value);
            // The last accepted revision, the last accepted loud one, and the id at the target.
            let mut numbers = text.split(' ').map(|it| it.parse().unwrap_or(0));
            let mut number = || numbers.next().unwrap_or(0);
            let (taken, taken_loud) = (number(), number());
            let key = attempts_key(&delivery, &alert.id);
            let noted = self.record::<AlertAttemptsRecord>(streams::DELIVERIES.name, &key).await?;
            let attempts = noted.map(|noted| noted.attempts).unwrap_or_default();
            deliveries.push(AlertDelivery { delivery, taken, taken_loud, attempts });
        }
        Ok(deliveries)
    }

    /// The dead letters of an alert that were not replayed, the newest first.
    async fn dead_of(&self, alert: &AlertId) -> ApiResult<Vec<DeadRow>> {
        let state = self.bus.stream_state(streams::DEAD.name).await?;
        let zeroth = Subject::alert(alert, 0);
        let its = Subject::without_revision(zeroth.as_str());
        let mut dead = Vec::new();
        let first = state.first.max(1).max(state.last.saturating_sub(DEAD));
        let replayed = self.replayed_letters(state.first).await?;
        for sequence in (first..=state.last).rev().filter(|it| !replayed.contains(*it)) {
            if let Ok(letter) = self.dead_letter(sequence).await?
                && Subject::without_revision(&letter.subject) == its
            {
                dead.push(DeadRow::of(sequence, DeadLetter { message: None, ..letter }));
            }
        }
        Ok(dead)
    }
}

/// The query that selects one subscription.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OfSubscription {
    /// The subscription; absent: all of them.
    subscription: Option<SubscriptionId>,
}

pub(super) async fn of_article(
    api: Api,
    Id(id): Id<ArticleId>,
    Query(query): Query<OfSubscription>,
) -> Answer<ArticleAlerts> {
    let app = &api.app;
    let detail = app.article_detail(id).await?;
    let text = app.fetched(id, detail.output.input.enriched).await?;
    let mut records = app.subscriptions().await?.into_records();
    if let Some(wanted) = &query.subscription {
        records.retain(|record| record.subscription.id == *wanted);
        if records.is_empty() {
            return Err(Refusal::not_found(format!("no subscription {:?}", wanted.as_str())));
        }
    }
    let mut subscriptions = Vec::with_capacity(records.len());
    for record in &records {
        subscriptions.push(app.explain_alert(record, &detail, text.as_ref()).await?);
    }
    let about = &detail.output.article;
    let (outlet, title) = (about.outlet_label(), about.title.clone());
    Ok(Json(ArticleAlerts { schema: Tag::new(), article: id, outlet, title, subscriptions }))
}

impl AppState {
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
        let read = self.settings.rehearse.read_article(settings, detail.output.clone(), text);
        let reading = match read {
            Ok(reading) => reading,
            Err(why) => {
                let why = record.problem.clone().unwrap_or(why);
                return Ok(verdict(ArticleOutcome::Problem, why));
            }
        };
        let told = self.revision_of(record, detail).await?;
        let (outcome, found_why) = match (&told, reading.matches) {
            (Some(told), is_match) => in_alert(told, is_match, &reading),
            (None, false) => (ArticleOutcome::NoMatch, no_match(&reading)),
            (None, true) if record.problem.is_some() => (ArticleOutcome::Problem, String::new()),
            (None, true) if detail.output.article.baseline => {
                let why = "its feed listed it at the first poll: such articles never alert";
                (ArticleOutcome::Baseline, why.to_owned())
            }
            (None, true) => {
                (ArticleOutcome::NoAlert, self.no_alert(record, detail, &reading).await?)
            }
        };
        // It may still alert: only one of its deliveries is unknown.
        let problem = record.problem.as_ref().map(|problem| format!("problem: {problem}"));
        let parts = [Some(found_why).filter(|why| !why.is_empty()), problem];
        let why = parts.into_iter().flatten().collect::<Vec<_>>().join("; ");
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
        let found = self.projection.articles(vec![detail.output.id]).await?;
        let Some(LoggedArticle { decided, .. }) = found.first().copied() else { return Ok(None) };
        // The current target, and the target when the article came.
        let targets = match subscription.group_by.unwrap_or(GroupBy::Event) {
            GroupBy::Event => [Target::Event(detail.event), Target::Event(verdict.event)],
            GroupBy::Story => [Target::Story(detail.story), Target::Story(verdict.story)],
        };
        let its = &subscription.id;
        let mut ids = targets.map(|target| AlertId { subscription: its.clone(), target }).to_vec();
        let (article, seen) = (&detail.output, unix_millis(detail.output.article.seen));
        ids.extend(self.projection.alerts_with(its.to_string(), article.id, seen).await?);
        for id in ids {
            let Some(last) = self.projection.alert(id.to_string()).await? else { continue };
            for revision in 1..=last.revision {
                let alert = self.stored_revision(&id, revision).await?;
                if alert.as_ref().is_some_and(|alert| decided <= alert.output) {
                    return Ok(alert);
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
        reading: &QueryReading,
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
        let targets = [Target::Event(detail.event), Target::Story(detail.story)];
        let is_it = |it: &&WaitingAlert| {
            let has_it = it.articles.contains(&detail.output.id) || targets.contains(&it.target);
            has_it && it.until > detail.output.article.seen
        };
        if let Some(WaitingAlert { why, until, .. }) = record.waiting.iter().find(is_it) {
            return Ok(format!("waits until {}: {why}", until.strftime("%Y-%m-%d %H:%M:%S UTC")));
        }
        if self.held_since(settings.id.as_str()).await? >= Some(detail.output.article.seen) {
            return Ok("it came before the subscription did".to_owned());
        }
        Ok("no alert lists it so far; a later revision may".to_owned())
    }
}

/// The outcome for an article that the revision is the first to cover.
fn in_alert(told: &Alert, is_match: bool, reading: &QueryReading) -> (ArticleOutcome, String) {
    let reasons: Vec<&str> = told.reasons.iter().map(|reason| reason.words.as_str()).collect();
    let revision = format!("revision {}: {}", told.revision, reasons.join("; "));
    if !is_match {
        return (ArticleOutcome::Counted, format!("{}; counted in {revision}", no_match(reading)));
    }
    if let Some(hold) = &told.held {
        return (ArticleOutcome::Held, format!("{}; {revision}", describe_hold(hold.reason)));
    }
    match told.volume {
        Volume::Loud => (ArticleOutcome::Notified, revision),
        Volume::Silent => (ArticleOutcome::Silent, revision),
    }
}

fn no_match(reading: &QueryReading) -> String {
    match (&reading.failed, reading.is_excluded) {
        (Some(part), true) => format!("it has {part}, which the query excludes"),
        (Some(part), false) => format!("this part of the query does not hold: {part}"),
        (None, _) => "the query does not match".to_owned(),
    }
}

/// The query of a list of dead letters.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DeadQuery {
    limit: Option<usize>,
    /// Only those before this sequence.
    before: Option<u64>,
}

pub(super) async fn list_dead(api: Api, Query(query): Query<DeadQuery>) -> Answer<DeadPage> {
    let limit = query.limit.unwrap_or(50).clamp(1, 200);
    let state = api.app.bus.stream_state(streams::DEAD.name).await?;
    let replayed = api.app.replayed_letters(state.first).await?;
    let end = query.before.unwrap_or(u64::MAX).min(state.last.saturating_add(1));
    let mut dead = Vec::new();
    for sequence in (state.first.max(1)..end).rev().filter(|it| !replayed.contains(*it)) {
        if dead.len() == limit {
            break;
        }
        // Messages of other kinds, such as advisories of the server, are skipped.
        if let Ok(letter) = api.app.dead_letter(sequence).await? {
            dead.push(DeadRow::of(sequence, DeadLetter { message: None, ..letter }));
        }
    }
    let kept = state.messages.saturating_sub(replayed.count());
    Ok(Json(DeadPage { schema: Tag::new(), dead, kept }))
}

pub(super) async fn one_dead(api: Api, Path(sequence): Path<u64>) -> Answer<DeadDetail> {
    let letter = api.app.dead_letter(sequence).await??;
    let DeadRow { alert, letter, .. } = DeadRow::of(sequence, letter);
    Ok(Json(DeadDetail { schema: Tag::new(), sequence, alert, letter }))
}

pub(super) async fn replay_dead(
    api: Api,
    Path(sequence): Path<u64>,
    JsonBody(NoFields {}): JsonBody<NoFields>,
) -> Answer<Replayed> {
    let letter = api.app.dead_letter(sequence).await??;
    let outcome = api.app.settings.replay.replay(letter, sequence).await;
    let outcome = outcome.map_err(Refusal::unprocessable)?;
    tracing::info!(sequence, outcome, "dead letter replayed");
    if let Err(error) = api.app.note_replayed(sequence).await {
        tracing::warn!(sequence, %error, "replayed dead letter stays listed");
    }
    Ok(Json(Replayed { schema: Tag::new(), sequence, outcome }))
}

impl AppState {
    /// The dead letter with this sequence, or the refusal.
    pub(super) async fn dead_letter(&self, sequence: u64) -> ApiResult<ApiResult<DeadLetter>> {
        let none = || Refusal::not_found(format!("no dead letter {sequence}"));
        Ok(match self.bus.get(streams::DEAD.name, sequence).await {
            Ok(stored) => decode(&stored.body).map_err(|_| none()),
            Err(BusError::Gone { .. }) if sequence > 0 => {
                Err(Refusal::gone(format!("dead letter {sequence} is gone")))
            }
            Err(BusError::NotYet { .. } | BusError::Gone { .. }) => Err(none()),
            Err(error) => return Err(error.into()),
        })
    }
}
