//! The routes below `deliveries`.

use std::collections::BTreeMap;

use axum::Json;
use wirefold_proto::Tag;

use crate::api::request::{JsonBody, Path};
use crate::api::{Answer, Api, ApiResult, status};
use crate::refusal::Refusal;
use crate::shapes::{DeliveryList, DeliveryRow, DeliveryTested, NoFields, Resent, SwitchedOn};

pub(super) async fn list(api: Api) -> Answer<DeliveryList> {
    Ok(Json(DeliveryList { schema: Tag::new(), deliveries: api.deliveries().await? }))
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
    api.refuse_unknown(&delivery)?;
    let was_off = api.app.settings.replay.switch_on(delivery.clone()).await;
    let was_off = was_off.map_err(Refusal::unprocessable)?;
    Ok(Json(SwitchedOn { schema: Tag::new(), delivery, was_off }))
}

/// Functions that API and page share.
impl Api {
    /// All deliveries of the settings, and those that subscriptions name although they do not exist.
    pub(crate) async fn deliveries(&self) -> ApiResult<Vec<DeliveryRow>> {
        let open = status::health(&self.app).await?.conditions;
        let row = |name: &str, kind: Option<String>| {
            let problem = open
                .iter()
                .find(|it| it.kind.is_of_delivery() && it.about.as_deref() == Some(name));
            let problem = problem.map(|it| it.words.clone());
            DeliveryRow { name: name.to_owned(), kind, subscriptions: Vec::new(), problem }
        };
        let configured = self.app.settings.rehearse.deliveries().into_iter();
        let mut rows: BTreeMap<String, DeliveryRow> =
            configured.map(|it| (it.name.clone(), row(&it.name, Some(it.kind)))).collect();
        for record in self.app.subscriptions().await?.into_records() {
            for name in record.subscription.named_deliveries() {
                let named = rows.entry(name.clone()).or_insert_with(|| row(name, None));
                named.subscriptions.push(record.subscription.id.clone());
            }
        }
        Ok(rows.into_values().collect())
    }

    /// Sends a marked sample to a delivery.
    pub(crate) async fn test_delivery(&self, delivery: String) -> ApiResult<Resent> {
        self.refuse_unknown(&delivery)?;
        let sent = self.app.settings.replay.send_sample(delivery).await;
        sent.map_err(Refusal::unprocessable)
    }

    fn refuse_unknown(&self, delivery: &str) -> ApiResult<()> {
        let known = self.app.settings.rehearse.deliveries();
        match known.iter().any(|it| it.name == delivery) {
            true => Ok(()),
            false => Err(Refusal::not_found(format!("no delivery {delivery:?}"))),
        }
    }
}
