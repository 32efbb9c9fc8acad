//! Deliveries that people add while wirefold runs, besides those of the settings.
//!
//! They are in one entry of `wf_deliveries`, with their secrets, and are checked as the settings are. They never run a
//! program, write a file or read a secret from a place. The alerter starts again in place when the entry changes.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use wirefold_alerter::{Delivery, Printer, Settings, send_sample, switch_on};
use wirefold_flow::{BoxFuture, Bus, BusError, StageContext};
use wirefold_gateway::shapes::{DeliveryAddition, Resent};
use wirefold_gateway::{ConfiguredDelivery, Deliveries};
use wirefold_proto::{ADDED_KEY, streams};

use super::StandardOutput;
use super::seams::report;
use crate::config::{DeliveryConfig, Overrides, of_flags};

/// The most deliveries that are added.
const MOST: usize = 100;
/// How long a change may take to apply before it is answered.
const APPLIED: Duration = Duration::from_secs(5);

/// The added deliveries, and the revision of their entry.
pub(crate) async fn read(bus: &dyn Bus) -> Result<(Vec<DeliveryAddition>, u64), BusError> {
    let entry = bus.key_value(streams::DELIVERIES.name)?.get(ADDED_KEY).await?;
    let revision = entry.as_ref().map_or(0, |entry| entry.revision);
    let added = entry.and_then(|entry| serde_json::from_slice(&entry.value?).ok());
    Ok((added.unwrap_or_default(), revision))
}

/// The settings with the added deliveries, and the revision of those. One of the settings has precedence over an added
/// one of its name.
pub(crate) async fn with_added(
    mut settings: Settings,
    bus: &dyn Bus,
) -> Result<(Settings, u64), BusError> {
    let (added, revision) = read(bus).await?;
    for addition in added {
        let is_there = settings.deliveries.iter().any(|it| it.name == addition.name);
        match checked(&addition) {
            Ok(delivery) if !is_there => settings.deliveries.push(delivery),
            Ok(_) => {
                tracing::warn!(name = addition.name, "the settings define an added delivery too");
            }
            Err(error) => {
                tracing::error!(name = addition.name, error, "added delivery is left out");
            }
        }
    }
    Ok((settings, revision))
}

/// The delivery, checked as one of the settings.
fn checked(addition: &DeliveryAddition) -> Result<Delivery, String> {
    let secret = addition.secret.as_ref().map(|secret| secret.expose());
    if secret.is_some_and(|it| it.starts_with("env:") || it.starts_with("file:")) {
        return Err(
            "secret: write the secret itself: only the settings may name its place".to_owned()
        );
    }
    let kinds = DeliveryAddition::KINDS.map(|(kind, _)| kind);
    if !kinds.contains(&&*addition.kind) {
        let kinds = kinds.join(", ");
        return Err(format!(
            "kind: {:?} is none of {kinds}: the settings may have others",
            addition.kind
        ));
    }
    let read = || {
        let table = toml::Value::try_from(stored(addition)).ok()?;
        let mut flags = Overrides::default();
        flags.flag("this delivery", "delivery", format!("[{table}]"));
        Some(flags)
    };
    let config = of_flags(&read().ok_or("it cannot be read")?).map_err(|error| {
        let said = error.problems.iter().map(|problem| problem.what.replace("`delivery.0.", "`"));
        said.collect::<Vec<_>>().join("; ").replace("`delivery.0`: ", "")
    })?;
    let found = config.delivery.iter().find(|it| it.name == addition.name);
    found.and_then(DeliveryConfig::checked).ok_or_else(|| "it is incomplete".to_owned())
}

/// As it is stored: with its secret.
fn stored(addition: &DeliveryAddition) -> serde_json::Value {
    let mut value = serde_json::to_value(addition).unwrap_or_default();
    if let Some(secret) = &addition.secret {
        value["secret"] = secret.expose().into();
    }
    value
}

/// Lists, tests, adds, changes and removes deliveries.
pub(crate) struct DeliveryService {
    pub(crate) context: StageContext,
    pub(crate) alerter: watch::Receiver<Settings>,
    /// Whether they may be added.
    pub(crate) may_add: bool,
    /// Has the settings read again; `None` if nothing runs that reads them.
    pub(crate) reload: Option<Arc<Notify>>,
}

impl DeliveryService {
    /// Changes the added deliveries, and waits until that applies.
    async fn change(
        &self,
        change: impl Fn(&mut Vec<DeliveryAddition>) -> Result<(), String>,
    ) -> Result<(), String> {
        if !self.may_add {
            return Err("`page.add_deliveries` is off: change it in the settings".to_owned());
        }
        let said = |error: BusError| error.to_string();
        let bus = &*self.context.bus;
        let keys = bus.key_value(streams::DELIVERIES.name).map_err(said)?;
        let mut applied = self.alerter.clone();
        loop {
            let (mut added, revision) = read(bus).await.map_err(said)?;
            change(&mut added)?;
            applied.mark_unchanged();
            let value: Vec<_> = added.iter().map(stored).collect();
            let value = serde_json::to_vec(&value).unwrap_or_default();
            match keys.put_if(ADDED_KEY, value.into(), revision).await {
                // Another request changed them in between.
                Err(BusError::Refused { .. }) => {}
                put => {
                    put.map_err(said)?;
                    break;
                }
            }
        }
        if let Some(reload) = &self.reload {
            reload.notify_one();
            // It applies later if the settings have a mistake now.
            let _ = tokio::time::timeout(APPLIED, applied.changed()).await;
        }
        Ok(())
    }
}

impl Deliveries for DeliveryService {
    fn list(&self) -> BoxFuture<'_, Result<Vec<ConfiguredDelivery>, String>> {
        Box::pin(async move {
            let (mut added, _) =
                read(&*self.context.bus).await.map_err(|error| error.to_string())?;
            let mut listed: Vec<ConfiguredDelivery> = Vec::new();
            for it in &self.alerter.borrow().deliveries {
                let at = added.iter().position(|addition| addition.name == it.name);
                let own = at.map(|at| added.swap_remove(at).without_secrets());
                listed.push(ConfiguredDelivery {
                    name: it.name.clone(),
                    kind: it.target.kind().to_owned(),
                    added: own,
                });
            }
            Ok(listed)
        })
    }

    fn switch_on(&self, delivery: String) -> BoxFuture<'_, Result<bool, String>> {
        Box::pin(async move {
            let was_off = switch_on(&*self.context.bus, &delivery).await;
            was_off.map_err(|error| error.to_string())
        })
    }

    fn send_sample(&self, delivery: String) -> BoxFuture<'_, Result<Resent, String>> {
        Box::pin(async move {
            let settings = self.alerter.borrow().clone();
            let there = settings.deliveries.iter().find(|it| it.name == delivery);
            let to = there.ok_or_else(|| format!("no delivery is called {delivery:?}"))?;
            let printer: Arc<dyn Printer> = Arc::new(StandardOutput);
            let sent = send_sample(to, &settings, &printer, self.context.clock.now()).await;
            let outcome = sent.map_err(|error| error.to_string())?;
            Ok(report(&self.context, delivery, outcome).await)
        })
    }

    fn put(&self, addition: DeliveryAddition) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async move {
            self.change(|added| {
                let at = added.iter().position(|it| it.name == addition.name);
                let addition = completed(addition.clone(), at.map(|at| &added[at]))?;
                checked(&addition)?;
                match at {
                    Some(at) => added[at] = addition,
                    None if added.len() == MOST => return Err(format!("{MOST} are added already")),
                    None => added.push(addition),
                }
                Ok(())
            })
            .await
        })
    }

    fn remove(&self, name: String) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async move {
            self.change(|added| {
                added.retain(|it| it.name != name);
                Ok(())
            })
            .await
        })
    }
}

/// With the address and the secret that it had, if it has none. A secret never goes to another target than before.
fn completed(
    addition: DeliveryAddition,
    before: Option<&DeliveryAddition>,
) -> Result<DeliveryAddition, String> {
    let Some(before) = before else { return Ok(addition) };
    let url = addition.url.clone().or_else(|| before.url.clone());
    let is_same =
        (&addition.kind, &url, &addition.user) == (&before.kind, &before.url, &before.user);
    if addition.secret.is_none() && before.secret.is_some() && !is_same {
        return Err("secret: write it again, because the target is another one".to_owned());
    }
    let secret = addition.secret.clone().or_else(|| before.secret.clone());
    Ok(DeliveryAddition { url, secret, ..addition })
}
