//! The routes below `deliveries`.

use std::collections::BTreeMap;

use axum::Json;
use wirefold_proto::Tag;

use crate::api::request::{JsonBody, Path};
use crate::api::{Answer, Api, ApiResult, status};
use crate::refusal::Refusal;
use crate::shapes::{
    DeliveryAddition, DeliveryList, DeliveryRow, DeliveryTested, NoFields, Resent, SwitchedOn,
};

pub(super) async fn list(api: Api) -> Answer<DeliveryList> {
    Ok(Json(DeliveryList { schema: Tag::new(), deliveries: api.deliveries().await? }))
}

/// Adds or changes a delivery, and lists all.
pub(super) async fn put(
    api: Api,
    JsonBody(addition): JsonBody<DeliveryAddition>,
) -> Answer<DeliveryList> {
    api.put_delivery(addition).await?;
    list(api).await
}

/// Removes an added delivery, and lists the others.
pub(super) async fn remove(api: Api, Path(name): Path<String>) -> Answer<DeliveryList> {
    api.remove_delivery(name).await?;
    list(api).await
}

/// Sends a marked sample.
pub(super) async fn test(
    api: Api,
    Path(delivery): Path<String>,
    JsonBody(NoFields {}): JsonBody<NoFields>,
) -> Answer<DeliveryTested> {
    let result = api.test_delivery(delivery).await?;
    Ok(Json(DeliveryTested { schema: Tag::new(), result }))
}

/// Switches a delivery on that is off because its target answered 410.
pub(super) async fn switch_on(
    api: Api,
    Path(delivery): Path<String>,
    JsonBody(NoFields {}): JsonBody<NoFields>,
) -> Answer<SwitchedOn> {
    api.existing_delivery(&delivery).await?;
    let was_off = api.app.settings.deliveries.switch_on(delivery.clone()).await;
    let was_off = was_off.map_err(Refusal::unprocessable)?;
    Ok(Json(SwitchedOn { schema: Tag::new(), delivery, was_off }))
}

/// Functions that API and page share.
impl Api {
    /// All deliveries, and those that subscriptions name although they do not exist.
    pub(crate) async fn deliveries(&self) -> ApiResult<Vec<DeliveryRow>> {
        let open = status::health(&self.app).await?.conditions;
        let row = |name: &str| {
            let problem = open
                .iter()
                .find(|it| it.kind.is_of_delivery() && it.about.as_deref() == Some(name));
            let problem = problem.map(|it| it.words.clone());
            let (name, subscriptions) = (name.to_owned(), Vec::new());
            DeliveryRow { name, kind: None, subscriptions, problem, added: None }
        };
        let listed = self.app.settings.deliveries.list().await.map_err(Refusal::busy)?.into_iter();
        let listed = listed.map(|it| {
            let kind = Some(it.kind);
            (it.name.clone(), DeliveryRow { kind, added: it.added, ..row(&it.name) })
        });
        let mut rows: BTreeMap<String, DeliveryRow> = listed.collect();
        for record in self.app.subscriptions().await?.into_records() {
            for name in record.subscription.named_deliveries() {
                let named = rows.entry(name.clone()).or_insert_with(|| row(name));
                named.subscriptions.push(record.subscription.id.clone());
            }
        }
        Ok(rows.into_values().collect())
    }

    /// Adds a delivery, or changes one that was added.
    pub(crate) async fn put_delivery(&self, addition: DeliveryAddition) -> ApiResult<()> {
        let before = self.existing_delivery(&addition.name).await;
        if let Ok(DeliveryRow { added: None, name, .. }) = before {
            return Err(of_settings(&name));
        }
        let name = addition.name.clone();
        let put = self.app.settings.deliveries.put(addition).await;
        put.map_err(Refusal::unprocessable)?;
        tracing::info!(name, by = self.holder.0.as_deref(), "delivery added or changed");
        Ok(())
    }

    /// Removes an added delivery that no subscription names.
    pub(crate) async fn remove_delivery(&self, name: String) -> ApiResult<()> {
        let DeliveryRow { added, subscriptions, .. } = self.existing_delivery(&name).await?;
        if added.is_none() {
            return Err(of_settings(&name));
        }
        if !subscriptions.is_empty() {
            let named: Vec<&str> = subscriptions.iter().map(|id| id.as_str()).collect();
            let named = named.join(", ");
            return Err(Refusal::refused(format!("these subscriptions send to it: {named}")));
        }
        let removed = self.app.settings.deliveries.remove(name.clone()).await;
        removed.map_err(Refusal::unprocessable)?;
        tracing::info!(name, by = self.holder.0.as_deref(), "delivery removed");
        Ok(())
    }

    /// Sends a marked sample to a delivery.
    pub(crate) async fn test_delivery(&self, delivery: String) -> ApiResult<Resent> {
        self.existing_delivery(&delivery).await?;
        let sent = self.app.settings.deliveries.send_sample(delivery).await;
        sent.map_err(Refusal::unprocessable)
    }

    async fn existing_delivery(&self, name: &str) -> ApiResult<DeliveryRow> {
        let all = self.deliveries().await?;
        let found = all.into_iter().find(|it| it.name == name && it.kind.is_some());
        found.ok_or_else(|| Refusal::not_found(format!("no delivery {name:?}")))
    }
}

fn of_settings(name: &str) -> Refusal {
    Refusal::managed(format!("delivery {name} is defined in the settings"))
}
