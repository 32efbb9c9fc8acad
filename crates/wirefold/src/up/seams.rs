//! Connects the gateway to services on which it does not depend.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::watch;
use wirefold_alerter::{Failure, Printer, Settings, send_again, switch_on};
use wirefold_envelope::Sender;
use wirefold_fetcher::Search;
use wirefold_flow::{BoxFuture, Headers, Outgoing, StageContext};
use wirefold_gateway::shapes::{ProbeRequest, Resent};
use wirefold_gateway::{Probe, Rehearse, Replay};
use wirefold_proto::headers::percent_encode;
use wirefold_proto::{
    Alert, ArticleEnriched, ArticleFetched, DeadHeader, DeadLetter, OutputArticle, QueryReading,
    Rehearsal, Subject, SubscriptionRecord, SubscriptionSettings, decode, streams, token,
};

use wirefold_query::{ParseError, Query};

use super::StandardOutput;

const SENDER: Sender = Sender { source: "/wirefold/gateway" };

/// Rehearses a subscription over the stored output, and checks it as the alerter would.
pub(crate) struct RehearsalService {
    pub(crate) context: StageContext,
    /// The deliveries, and the lists that queries may name.
    pub(crate) alerter: watch::Receiver<Settings>,
}

impl Rehearse for RehearsalService {
    fn rehearse(
        &self,
        subscription: SubscriptionSettings,
        back: Duration,
    ) -> BoxFuture<'_, Result<Rehearsal, String>> {
        Box::pin(async move {
            let now = self.context.clock.now();
            let bus = &*self.context.bus;
            let (from, settings) = (now.minus(back), self.alerter.borrow().clone());
            let found = wirefold_alerter::rehearse(bus, &subscription, &settings, from, now).await;
            found.map_err(|error| error.to_string())
        })
    }

    fn check(&self, subscription: &SubscriptionSettings) -> Result<(), String> {
        let settings = self.alerter.borrow();
        let names: Vec<String> = settings.deliveries.iter().map(|it| it.name.clone()).collect();
        wirefold_alerter::check(subscription, &names, &settings.lists)
    }

    fn check_query(&self, query: &str) -> Result<(), ParseError> {
        Query::parse_with(query, &self.alerter.borrow().lists).map(drop)
    }

    fn read_article(
        &self,
        subscription: &SubscriptionSettings,
        article: OutputArticle,
        text: Option<&ArticleFetched>,
    ) -> Result<QueryReading, String> {
        let lists = &self.alerter.borrow().lists;
        let read = wirefold_alerter::read_article(subscription, lists, article, text.cloned());
        read.map_err(|error| error.to_string())
    }

    fn message(&self, alert: &Alert, subscription: &str) -> (String, Vec<String>) {
        wirefold_alerter::usual_message(alert, subscription)
    }
}

/// An answer as JSON, or its error in words.
fn as_json<T: Serialize, E: Display>(answer: Result<T, E>) -> Result<serde_json::Value, String> {
    let answer = answer.map_err(|error| error.to_string())?;
    serde_json::to_value(answer).map_err(|error| error.to_string())
}

/// Fetches a feed once to describe it.
pub(crate) struct ProbeService(pub(crate) wirefold_fetcher::Settings);

impl Probe for ProbeService {
    fn probe(&self, asked: ProbeRequest) -> BoxFuture<'_, Result<serde_json::Value, String>> {
        Box::pin(async move {
            if asked.list {
                return as_json(wirefold_fetcher::probe_list(&self.0, &asked.url).await);
            }
            let search = if asked.here_only { Search::Here } else { Search::Around };
            as_json(wirefold_fetcher::probe(&self.0, &asked.url, search).await)
        })
    }
}

/// Has the stage that gave up on a message handle it again.
pub(super) struct ReplayService {
    pub(super) context: StageContext,
    /// The deliveries, for alerts that are sent again.
    pub(super) alerter: watch::Receiver<Settings>,
}

impl Replay for ReplayService {
    fn replay(&self, letter: DeadLetter, sequence: u64) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(async move {
            match letter.stage {
                streams::Stage::Fetcher => Err(format!(
                    "it came from {}: correct it and publish it there again, on {}",
                    letter.stream, letter.subject
                )),
                streams::Stage::Alerter => self.resend_dead(&letter).await,
                _ => self.publish(letter, sequence).await,
            }
        })
    }

    fn resend(
        &self,
        alert: Alert,
        subscription: SubscriptionSettings,
        delivery: Option<String>,
    ) -> BoxFuture<'_, Result<Vec<Resent>, String>> {
        Box::pin(async move {
            let named = delivery.map_or_else(|| subscription.deliveries.clone(), |one| vec![one]);
            if named.is_empty() {
                return Err(format!("subscription {} names no delivery", subscription.id));
            }
            let printer: Arc<dyn Printer> = Arc::new(StandardOutput);
            let settings = self.alerter.borrow().clone();
            let mut sent = Vec::with_capacity(named.len());
            for name in named {
                let there = settings.deliveries.iter().find(|it| it.name == name);
                let to = there.ok_or_else(|| format!("no delivery is called {name:?}"))?;
                let now = self.context.clock.now();
                let outcome = send_again(&alert, &subscription, to, &settings, &printer, now).await;
                let outcome = outcome.map_err(|error| error.to_string())?;
                sent.push(report(&self.context, name, outcome).await);
            }
            Ok(sent)
        })
    }
}

/// The report about a message that was sent to a delivery. If the target accepted it, the delivery is switched on again.
pub(super) async fn report(
    context: &StageContext,
    delivery: String,
    outcome: Result<(), Failure>,
) -> Resent {
    let why = outcome.err().map(|failure| match failure {
        Failure::Later { why, .. } | Failure::Never { why } | Failure::Gone { why } => why,
    });
    if why.is_none()
        && let Err(error) = switch_on(&*context.bus, &delivery).await
    {
        tracing::warn!(delivery, %error, "delivery cannot be switched on again");
    }
    Resent { delivery, taken: why.is_none(), why }
}

impl ReplayService {
    /// Sends an alert again that a delivery gave up on, marked as a repetition. Old letters do not name the
    /// delivery; their alerts go to all deliveries of the subscription.
    async fn resend_dead(&self, letter: &DeadLetter) -> Result<String, String> {
        let bus = &self.context.bus;
        let stored = bus.get(&letter.stream, letter.sequence).await;
        let stored = stored.map_err(|error| error.to_string())?;
        let alert: Alert = decode(&stored.body).map_err(|error| error.to_string())?;
        let keys = bus.key_value(streams::SUBSCRIPTIONS.name).map_err(|error| error.to_string())?;
        let key = format!("subscription.{}", token::escape(alert.subscription.as_str()));
        let entry = keys.get(&key).await.map_err(|error| error.to_string())?;
        let value = entry.and_then(|entry| entry.value);
        let record = value.and_then(|value| decode::<SubscriptionRecord>(&value).ok());
        let record = record.ok_or_else(|| {
            format!("subscription {} does not exist any more", alert.subscription)
        })?;
        let sent = self.resend(alert, record.subscription, letter.delivery.clone()).await?;
        match sent.iter().find(|it| !it.taken) {
            Some(Resent { delivery, why, .. }) => {
                Err(format!("{delivery} did not accept it: {}", why.as_deref().unwrap_or_default()))
            }
            None => {
                let names: Vec<&str> = sent.iter().map(|it| it.delivery.as_str()).collect();
                Ok(format!("sent again to {}", names.join(", ")))
            }
        }
    }

    /// Publishes the message again, under a new id, because its old one counts as a duplicate. An article
    /// comes in again as a pushed one, also if the detector gave up on it: the gateway may not publish on the
    /// subject of a feed, and the article itself names its feed.
    async fn publish(&self, letter: DeadLetter, sequence: u64) -> Result<String, String> {
        let Some(body) = letter.message.as_ref().and_then(wirefold_proto::DeadBody::bytes) else {
            return Err("its text is no longer stored".to_owned());
        };
        let id = format!("dead-{sequence}");
        let message = match letter.stream == streams::ENRICHED.name {
            true => Outgoing { id, ..as_fetched(&body)? },
            false => as_it_was(letter, id, body),
        };
        let published = self.context.bus.publish(message).await;
        let published = published.map_err(|error| error.to_string())?;
        Ok(format!("published again, as message {}", published.sequence()))
    }
}

/// An enriched article as a pushed one.
fn as_fetched(body: &[u8]) -> Result<Outgoing, String> {
    let enriched: ArticleEnriched = decode(body).map_err(|error| error.to_string())?;
    let fetched = enriched.into_fetched();
    let message = SENDER.outgoing(&fetched, fetched.article.seen);
    let message = message.map_err(|error| error.to_string())?;
    Ok(Outgoing { subject: Subject::pushed().into_text(), ..message })
}

/// A dead letter's message under a new id. An article is published on the gateway's subject.
fn as_it_was(letter: DeadLetter, id: String, body: Vec<u8>) -> Outgoing {
    let subject = match letter.stream == streams::FETCHED.name {
        true => Subject::pushed().into_text(),
        false => letter.subject,
    };
    let value = |header: DeadHeader| match header.name.as_str() {
        "ce-subject" => (header.name, percent_encode(&subject)),
        _ => (header.name, header.value),
    };
    let headers: Headers = letter.headers.into_iter().map(value).collect();
    Outgoing { subject, id, headers, body: body.into() }
}
