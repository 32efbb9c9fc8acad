//! `events/{id}/export`: an event as wirefold knew it at a moment, with texts, evidence, alerts and commands.
//!
//! The moment of an article is that of its verdict: before it, nobody could see it here.

use std::collections::{BTreeSet, HashMap};

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
use crate::api::request::{IdPrefix, Path, Query};
use crate::api::{Answer, Api, ApiResult, Refusal, handover};
use crate::projection::Moment;
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
        let (app, exported) = (&self.app, self.app.now());
        let as_of = query.as_of.map_or(exported, |it| it.timestamp().min(exported));
        let event: EventId = app.resolve_id(given).await?;
        let found = app.projection.articles_at_time(event, unix_millis(as_of), MOST_ARTICLES);
        let (articles, left_out) = app.outputs_of_event(found.await?).await?;
        let Some((_, first)) = articles.first() else {
            return Err(Refusal::not_found(format!("event {event} had no article at {as_of}")));
        };
        let since = first.article.seen;
        let reads = articles.iter().map(|(_, article)| app.fetched(article.input.enriched));
        let stored = try_join_all(reads).await?;
        let (targets, changed_by) = app.projection.about_event(event).await?;
        let ids: BTreeSet<ArticleId> = articles.iter().map(|(_, article)| article.id).collect();
        let is_about = |sent: &ControlCommand, about: Option<Target>| {
            let names_it = match &sent.command {
                Command::NotTheSame { one, other } => ids.contains(one) || ids.contains(other),
                Command::Merge { from, .. } => targets.contains(from),
                _ => false,
            };
            let is_of_it = about.is_some_and(|it| targets.contains(&it)) || names_it;
            sent.at <= as_of && (is_of_it || changed_by.contains(&sent.id))
        };
        let (mut commands, has_more) = handover::commands(app, since, is_about).await?;
        commands.reverse();
        let alerts = app.alerts_until(as_of, targets).await?;
        let title = title(&articles);
        let texts = stored.iter().flatten().map(|it| (it.id, Text::new(&it.text))).collect();
        let said = app.compute(move || (with_sentences(&articles, left_out, &texts), articles));
        let (statements, outputs) = said.await?;
        let policy = self.text_policy();
        let shown = outputs.into_iter().zip(stored).map(|((story, output), text)| {
            let most = if output.article.paywalled { TextPolicy::Lead } else { TextPolicy::Full };
            let schema = Tag::new();
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
            release: app.settings.release.clone(),
            remarks: Vec::new(),
            articles: shown.collect(),
            left_out,
            statements,
            alerts,
            commands,
        };
        export.remarks = remarks(&export, policy, has_more);
        Ok(export)
    }
}

/// The title of the newest version of the lead of the first story.
fn title(articles: &[InStory]) -> String {
    let Some((story, first)) = articles.first() else { return String::new() };
    let lead = articles.iter().rfind(|(of, it)| of == story && it.verdict.story == *story);
    let lead =
        lead.and_then(|(_, last)| articles.iter().find(|(_, it)| it.id == last.verdict.lead));
    let mut shown = lead.map_or(first, |(_, lead)| lead);
    for (_, article) in articles {
        if article.article.version_of == Some(shown.id) {
            shown = article;
        }
    }
    shown.article.title.clone()
}

fn with_sentences(
    articles: &[InStory],
    left_out: u32,
    texts: &HashMap<ArticleId, Text>,
) -> crate::shapes::Statements {
    let mut said = statements(articles, left_out);
    for figure in &mut said.figures {
        for value in &mut figure.values {
            let sentences = value.sentences_of(figure.role, |id| texts.get(&id)).into_iter();
            let sentence = |(carrier, words): (&crate::shapes::Carrier, &str)| FigureSentence {
                carrier: carrier.clone(),
                words: words.to_owned(),
            };
            value.sentences = sentences.map(sentence).collect();
        }
    }
    said
}

/// The parts of an export that are not of its moment, and those that are missing.
fn remarks(export: &EventExport, policy: TextPolicy, has_more: bool) -> Vec<String> {
    let EventExport { as_of, exported, left_out, articles, alerts, .. } = export;
    let gone = articles.iter().filter(|it| it.text_gone).count();
    let is_paywalled = articles.iter().any(|it| it.output.article.paywalled);
    let cut = match policy {
        TextPolicy::Full => "",
        TextPolicy::Lead => "Texts are cut to their first words, because `text_policy` is `lead`.",
        TextPolicy::None => "Texts are left out, because `text_policy` is `none`.",
    };
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
        let revisions = revisions.into_iter().map(|alert| {
            let (title, lines) = self.settings.rehearse.message(&alert, &subscription);
            ExportedRevision { title, lines, alert }
        });
        let revisions = revisions.collect();
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
