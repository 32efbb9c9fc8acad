//! `deliveries`: switches a delivery on again.

use axum::extract::{Path, State};
use axum::response::Response;
use wirefold_proto::Tag;

use super::request::answer;
use super::{Api, ApiResult, Refusal};
use crate::shapes::SwitchedOn;

/// Switches a delivery on that is off because its target answered 410.
pub(super) async fn switch_on(
    State(api): State<Api>,
    Path(delivery): Path<String>,
) -> ApiResult<Response> {
    let settings = &api.inner.settings;
    if !settings.rehearse.deliveries().contains(&delivery) {
        return Err(Refusal::not_found(format!("no delivery {delivery:?}")));
    }
    let was_off = settings.replay.switch_on(delivery.clone()).await;
    let was_off = was_off.map_err(Refusal::unprocessable)?;
    answer(&SwitchedOn { schema: Tag::new(), delivery, was_off })
}
