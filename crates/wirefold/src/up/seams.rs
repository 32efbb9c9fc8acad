//! What the gateway asks of the other services, which it does not know.

use std::sync::Arc;
use std::time::Duration;

use wirefold_flow::{BoxFuture, Headers, Outgoing, Stage, StageError, Surroundings, handle_once};
use wirefold_gateway::{Probe, Rehearse, Replay};
use wirefold_proto::{DeadLetter, SubscriptionSettings, streams};

/// Runs a subscription over what stands in the output, and checks it as the alerter would.
pub(crate) struct Rehearsing {
    pub(crate) surroundings: Surroundings,
    /// The names of all deliveries.
    pub(crate) deliveries: Vec<String>,
}

impl Rehearse for Rehearsing {
    fn rehearse(
        &self,
        subscription: SubscriptionSettings,
        back: Duration,
    ) -> BoxFuture<'_, Result<serde_json::Value, String>> {
        Box::pin(async move {
            let now = self.surroundings.clock.now();
            let bus = &*self.surroundings.bus;
            let said = wirefold_alerter::rehearse(bus, &subscription, now.minus(back), now).await;
            let rehearsal = said.map_err(|error| error.to_string())?;
            serde_json::to_value(rehearsal).map_err(|error| error.to_string())
        })
    }

    fn check(&self, subscription: &SubscriptionSettings) -> Result<(), String> {
        wirefold_alerter::check(subscription, &self.deliveries)
    }
}

/// Fetches a feed once, to say what it is.
pub(crate) struct Probing(pub(crate) wirefold_fetcher::Settings);

impl Probe for Probing {
    fn probe(&self, url: String) -> BoxFuture<'_, Result<serde_json::Value, String>> {
        Box::pin(async move {
            let probed = wirefold_fetcher::probe(&self.0, &url).await;
            let probe = probed.map_err(|error| error.to_string())?;
            let redirects = probe
                .redirects
                .iter()
                .map(|hop| serde_json::json!({ "status": hop.status, "to": hop.to.as_str() }));
            Ok(serde_json::json!({
                "title": probe.title,
                "items": probe.items,
                "teasers": probe.teasers,
                "newest": probe.newest,
                "feeds": probe.feeds,
                "problem": probe.problem,
                "redirects": redirects.collect::<Vec<_>>(),
            }))
        })
    }
}

/// Has a dead letter's message handled anew by the stage that gave up on it.
pub(super) struct Replaying {
    pub(super) surroundings: Surroundings,
    pub(super) enricher: Arc<dyn Stage>,
}

impl Replay for Replaying {
    fn replay(&self, letter: DeadLetter, sequence: u64) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(async move {
            match letter.stage {
                streams::Stage::Enricher => self.enrich(&letter).await,
                streams::Stage::Alerter => {
                    Err("alerts are not sent again in this release: see `wirefold alert ls`"
                        .to_owned())
                }
                _ => self.publish(letter, sequence).await,
            }
        })
    }
}

impl Replaying {
    /// The output has the id that it would have had, so a second replay changes nothing.
    async fn enrich(&self, letter: &DeadLetter) -> Result<String, String> {
        let message = self.surroundings.bus.get(&letter.stream, letter.sequence).await;
        let message = message.map_err(|error| error.to_string())?;
        let stage = self.enricher.clone();
        match handle_once(self.surroundings.clone(), stage, message).await {
            Ok(()) => Ok("handled: it stands in the output".to_owned()),
            Err(StageError::Retry { why, .. } | StageError::Reject { why }) => Err(why),
        }
    }

    /// Puts the message back on its subject, under an id of its own: the old one is known there.
    async fn publish(&self, letter: DeadLetter, sequence: u64) -> Result<String, String> {
        let Some(body) = letter.message.as_ref().and_then(wirefold_proto::DeadBody::bytes) else {
            return Err("its text was not kept".to_owned());
        };
        let headers: Headers =
            letter.headers.into_iter().map(|header| (header.name, header.value)).collect();
        let id = format!("dead-{sequence}");
        let message = Outgoing { subject: letter.subject, id, headers, body: body.into() };
        let published = self.surroundings.bus.publish(message).await;
        let place = published.map_err(|error| error.to_string())?.sequence();
        Ok(format!("published again, as message {place} of {}", letter.stream))
    }
}
