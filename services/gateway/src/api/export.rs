//! `events/{id}/export`: an event as wirefold knew it at a moment, with texts, evidence, alerts and commands.
//!
//! The moment of an article is that of its verdict: before it, nobody could see it here.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use axum::Json;
use futures_util::future::try_join_all;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;
use wirefold_envelope::unix_millis;
use wirefold_proto::{
    AlertId, ArticleId, AttemptOutcome, Command, ControlCommand, EventId, Tag, Target, TextPolicy,
};
use wirefold_text::Text;

use crate::AppState;
use crate::api::articles::show_text;
use crate::api::request::{IdPrefix, Path, Query};
use crate::api::{Answer, Api, ApiResult, Refusal, handover};
use crate::projection::{IdLookup, Moment};
use crate::shapes::{
    AlertDelivery, ArticleDetail, EventExport, ExportedAlert, ExportedRevision, FigureSentence,
};
use crate::statements::{InStory, MOST_ARTICLES, statements};

/// The query of an export.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExportQuery {
    /// The moment; absent, or in the future: now.
    as_of: Option<Moment>,
}

pub(super) async fn get(
    api: Api,
    Path(IdPrefix(given)): Path<IdPrefix>,
    Query(query): Query<ExportQuery>,
) -> Answer<EventExport> {
    api.export(&given, &query).await.map(Json)
}

impl Api {
    /// The event as it was known at a moment. Its texts are cut as the policy requires.
    pub(crate) async fn export(&self, given: &str, query: &ExportQuery) -> ApiResult<EventExport> {
        let exported = self.app.now();
        let as_of = query.as_of.map_or(exported, |it| it.timestamp().min(exported));
        self.app.export(self.app.event_or_kept(given).await?, as_of, self.text_policy()).await
    }
}

impl AppState {
    /// The current id for an id of an event or a prefix of one, which may only be kept.
    async fn event_or_kept(&self, given: &str) -> ApiResult<EventId> {
        let known = self.projection.resolve_id::<EventId>(given.to_owned()).await?;
        if matches!(known, IdLookup::Nothing) {
            let events = self.kept_events(given).await?;
            if events.len() > 1 {
                let candidates = events.iter().map(EventId::to_string).collect();
                return Err(Refusal::ambiguous(given, candidates));
            }
            if let Some(event) = events.first() {
                return Ok(*event);
            }
        }
        self.resolve_id(given).await
    }

    /// An event as it was known at a moment. Its kept export gives the parts that have expired here.
    pub(crate) async fn export(
        &self,
        event: EventId,
        as_of: Timestamp,
        policy: TextPolicy,
    ) -> ApiResult<EventExport> {
        let exported = self.now();
        let kept = self.kept(event).await?;
        let mut texts = whole_texts(kept.as_ref());
        // All but the texts of a later export is of its own moment.
        let (kept, kept_later) = match kept {
            Some(kept) if kept.as_of > as_of => (None, Some(kept.as_of)),
            kept => (kept, None),
        };
        let (articles, left_out) = self.articles_until(event, as_of, kept.as_ref()).await?;
        if articles.is_empty() {
            let none = || no_article(event, as_of, kept_later);
            return kept.map(|kept| gone(kept, exported, policy)).ok_or_else(none);
        }
        let reads = articles.iter().map(|(_, it)| self.fetched(it.id, it.input.enriched));
        let stored = try_join_all(reads).await?.into_iter().flatten();
        texts.extend(stored.map(|it| (it.id, it.text)));
        let (targets, changed_by) = self.projection.about_event(event).await?;
        let is_about = is_about(&articles, &targets, &changed_by);
        let since = articles.iter().map(|(_, it)| it.article.seen).min().unwrap_or(as_of);
        let is_until =
            move |sent: &ControlCommand, about| sent.at <= as_of && is_about(sent, about);
        let (mut commands, has_more) = handover::commands(self, since, is_until).await?;
        commands.reverse();
        let alerts = self.alerts_until(as_of, targets).await?;
        let title = title(&articles);
        let read = texts.iter().map(|(id, text)| (*id, Text::new(text))).collect();
        let said = self.compute(move || (with_sentences(&articles, left_out, &read), articles));
        let (statements, outputs) = said.await?;
        let shown = outputs.into_iter().map(|(story, output)| {
            let most = if output.article.paywalled { TextPolicy::Lead } else { TextPolicy::Full };
            let (schema, text) = (Tag::new(), texts.remove(&output.id));
            let mut detail = ArticleDetail { schema, story, event, output, text_gone: false };
            detail.show_stored(text, policy.min(most));
            detail
        });
        let mut export = EventExport {
            schema: Tag::new(),
            event,
            title,
            as_of,
            exported,
            release: self.settings.release.clone(),
            remarks: Vec::new(),
            articles: shown.collect(),
            left_out,
            statements,
            alerts,
            commands,
        };
        export.remarks = remarks(&export, policy, has_more);
        if let Some(kept) = kept {
            self.add_expired(&mut export, kept).await?;
        }
        Ok(export)
    }

    /// The articles of an event until a moment, also those that only its kept export has; and how many are missing.
    async fn articles_until(
        &self,
        event: EventId,
        as_of: Timestamp,
        kept: Option<&EventExport>,
    ) -> ApiResult<(Vec<InStory>, u32)> {
        let found = self.projection.articles_at_time(event, unix_millis(as_of), MOST_ARTICLES);
        let found = found.await?;
        let in_event: BTreeSet<ArticleId> = found.0.iter().map(|it| it.id).collect();
        let (mut articles, left_out) = self.outputs_of_event(found).await?;
        let Some(kept) = kept.filter(|_| !articles.is_empty()) else {
            return Ok((articles, left_out));
        };
        let shown: BTreeSet<ArticleId> = articles.iter().map(|(_, it)| it.id).collect();
        let missing = || kept.articles.iter().filter(|it| !shown.contains(&it.output.id));
        let known = self.projection.articles(missing().map(|it| it.output.id).collect()).await?;
        let known: BTreeSet<ArticleId> = known.iter().map(|it| it.id).collect();
        // Those that people took out of the event are left out.
        let is_expired = |id: &ArticleId| in_event.contains(id) || !known.contains(id);
        let expired = || missing().filter(|it| is_expired(&it.output.id));
        let counted = expired().filter(|it| in_event.contains(&it.output.id)).count();
        articles.extend(expired().map(|it| (it.story, it.output.clone())));
        articles.sort_by_key(|(_, it)| it.article.seen);
        Ok((articles, left_out.saturating_sub(u32::try_from(counted).unwrap_or(u32::MAX))))
    }

    /// Adds the alerts, revisions, attempts and commands of a kept export that have expired here.
    async fn add_expired(&self, export: &mut EventExport, kept: EventExport) -> ApiResult<()> {
        for old in kept.alerts {
            if let Some(alert) = export.alerts.iter_mut().find(|it| it.id == old.id) {
                let first = alert.revisions.first().map_or(0, |it| it.alert.revision);
                let earlier = old.revisions.into_iter().filter(|it| it.alert.revision < first);
                alert.revisions.splice(0..0, earlier);
                if alert.deliveries.iter().all(|it| it.attempts.is_empty()) {
                    alert.deliveries = old.deliveries;
                }
            } else if self.projection.alert(old.id.to_string()).await?.is_none() {
                export.alerts.push(old);
            }
        }
        export.alerts.sort_by_key(|it| it.revisions.first().map(|it| it.alert.at));
        let mut commands = kept.commands;
        commands.retain(|old| export.commands.iter().all(|it| it.command.id != old.command.id));
        export.commands.append(&mut commands);
        export.commands.sort_by_key(|it| it.command.at);
        export.remarks.push(format!(
            "What has expired since is taken from the export that wirefold kept at {}.",
            kept.exported
        ));
        Ok(())
    }
}

/// The refusal for an event without an article at a moment, or with none here but in an export as of a later one.
fn no_article(event: EventId, as_of: Timestamp, kept: Option<Timestamp>) -> Refusal {
    Refusal::not_found(match kept {
        Some(at) => format!("event {event} has expired, and only its export as of {at} is kept"),
        None => format!("event {event} had no article at {as_of}"),
    })
}

/// Says of a command and its event or story whether it is about an event with these articles.
fn is_about<'a>(
    articles: &[InStory],
    targets: &'a BTreeSet<Target>,
    changed_by: &'a BTreeSet<String>,
) -> impl Fn(&ControlCommand, Option<Target>) -> bool + use<'a> {
    let ids: BTreeSet<ArticleId> = articles.iter().map(|(_, article)| article.id).collect();
    move |sent, about| {
        let names_it = match &sent.command {
            Command::NotTheSame { one, other } => ids.contains(one) || ids.contains(other),
            Command::Merge { from, .. } => targets.contains(from),
            _ => false,
        };
        let is_of_it = about.is_some_and(|it| targets.contains(&it)) || names_it;
        is_of_it || changed_by.contains(&sent.id)
    }
}

/// The whole texts of a kept export.
fn whole_texts(kept: Option<&EventExport>) -> BTreeMap<ArticleId, String> {
    let whole = kept.into_iter().flat_map(|it| &it.articles).filter(|it| !it.text_gone);
    whole.filter_map(|it| Some((it.output.id, it.output.text.clone()?))).collect()
}

/// The kept export of an event that has expired. Its texts are cut as the policy requires.
fn gone(mut kept: EventExport, exported: Timestamp, policy: TextPolicy) -> EventExport {
    for detail in &mut kept.articles {
        let most = detail.output.text_policy;
        show_text(&mut detail.output, policy.min(most));
    }
    kept.remarks.extend(cut(policy).map(str::to_owned));
    let has_expired = format!(
        "The event has expired here: this is the export that wirefold kept at {}.",
        kept.exported
    );
    kept.remarks.insert(0, has_expired);
    EventExport { exported, ..kept }
}

/// The title of the newest version of the lead of the first story.
pub(crate) fn title(articles: &[InStory]) -> String {
    let Some((story, first)) = articles.first() else { return String::new() };
    let last = articles.iter().rfind(|(of, it)| of == story && it.verdict.story == *story);
    let lead =
        last.and_then(|(_, it)| articles.iter().find(|(_, lead)| lead.id == it.verdict.lead));
    let mut shown = lead.map_or(first, |(_, lead)| lead);
    for (_, article) in articles {
        if article.article.version_of == Some(shown.id) {
            shown = article;
        }
    }
    shown.article.title.clone()
}

/// The statements of these articles, their figures with the sentences.
pub(crate) fn with_sentences(
    articles: &[InStory],
    left_out: u32,
    texts: &HashMap<ArticleId, Text>,
) -> crate::shapes::Statements {
    let mut said = statements(articles, left_out);
    for figure in &mut said.figures {
        for value in &mut figure.values {
            let sentences = value.sentences_of(figure.role, |id| texts.get(&id)).into_iter();
            let sentences = sentences.map(|(of, words)| (of.clone(), words.to_owned()));
            value.sentences =
                sentences.map(|(carrier, words)| FigureSentence { carrier, words }).collect();
        }
    }
    said
}

/// The remark on texts that the policy cuts.
fn cut(policy: TextPolicy) -> Option<&'static str> {
    match policy {
        TextPolicy::Full => None,
        TextPolicy::Lead => {
            Some("Texts are cut to their first words, because `text_policy` is `lead`.")
        }
        TextPolicy::None => Some("Texts are left out, because `text_policy` is `none`."),
    }
}

/// The parts of an export that are not of its moment, and those that are missing.
fn remarks(export: &EventExport, policy: TextPolicy, has_more: bool) -> Vec<String> {
    let EventExport { as_of, exported, left_out, articles, alerts, .. } = export;
    let gone = articles.iter().filter(|it| it.text_gone).count();
    let is_paywalled = articles.iter().any(|it| it.output.article.paywalled);
    let cut = cut(policy).unwrap_or_default();
    let gone = format!(
        "The texts of {gone} articles have expired: at most their first words are included."
    );
    let remarks = [
        (true, format!(
            "Articles, their texts and their times are those that wirefold had at {as_of}. It first saw a text at the time \
             given, and does not know when it was published: publishers claim a time."
        )),
        (true, "Classes, shares of copied text and agencies are the verdicts that wirefold gave when each article came.".to_owned()),
        (as_of < exported, format!(
            "Which articles form a story or this event is of {exported}: later articles and people may have changed it."
        )),
        (true, "Figures are found by the release named here, in the texts known at that moment.".to_owned()),
        (!alerts.is_empty(), "Messages have wirefold's usual words, also if a delivery has templates. Attempts to deliver them are listed as far as they are stored.".to_owned()),
        (!cut.is_empty(), cut.to_owned()),
        (is_paywalled, "Of pages that are not free to everybody, only the first words are included.".to_owned()),
        (articles.iter().any(|it| it.text_gone), gone),
        (*left_out > 0, format!("{left_out} articles are missing: there are too many, or their records have expired.")),
        (has_more, "Older commands are missing: there are too many.".to_owned()),
    ];
    remarks.into_iter().filter(|(applies, _)| *applies).map(|(_, words)| words).collect()
}

impl AppState {
    /// The alerts about these events and stories until a moment, the first sent first.
    async fn alerts_until(
        &self,
        as_of: Timestamp,
        targets: BTreeSet<Target>,
    ) -> ApiResult<Vec<ExportedAlert>> {
        let mut alerts = Vec::new();
        for id in self.projection.alerts_about(targets.into_iter().collect()).await? {
            alerts.extend(self.alert_until(as_of, id).await?);
        }
        alerts.sort_by_key(|it| it.revisions.first().map(|it| it.alert.at));
        Ok(alerts)
    }

    /// An alert until a moment; `None` if it had no revision then.
    async fn alert_until(&self, as_of: Timestamp, id: AlertId) -> ApiResult<Option<ExportedAlert>> {
        let Some(last) = self.projection.alert(id.to_string()).await? else { return Ok(None) };
        let mut revisions = self.revisions(&last).await?;
        revisions.retain(|it| it.at <= as_of);
        if revisions.is_empty() {
            return Ok(None);
        }
        let mut deliveries = self.list_accepted(&last).await?;
        deliveries.iter_mut().for_each(|it| it.until(as_of));
        let record = self.subscription(id.subscription.as_str()).await?;
        let name = record.map(|record| record.subscription.name);
        let subscription = name.unwrap_or_else(|| id.subscription.to_string());
        let told = |alert| {
            let (title, lines) = self.settings.rehearse.message(&alert, &subscription);
            ExportedRevision { title, lines, alert }
        };
        let revisions = revisions.into_iter().map(told).collect();
        Ok(Some(ExportedAlert { id, subscription, revisions, deliveries }))
    }
}

impl AlertDelivery {
    /// Leaves out all that came after a moment.
    fn until(&mut self, as_of: Timestamp) {
        self.attempts.retain(|it| it.at <= as_of);
        let taken = self.attempts.iter().filter(|it| it.outcome == AttemptOutcome::Taken);
        let last = taken.map(|it| it.revision).max().unwrap_or(0);
        (self.taken, self.taken_loud) = (self.taken.min(last), self.taken_loud.min(last));
    }
}
