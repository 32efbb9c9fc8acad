//! `alerts`.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use wirefold_proto::SubscriptionId;

use super::asked::{Asked, answer, paging};
use super::{Api, Handled};

/// Which alerts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AlertsQuery {
    limit: Option<usize>,
    cursor: Option<String>,
    subscription: Option<SubscriptionId>,
}

pub(super) async fn list(
    State(api): State<Api>,
    Asked(query): Asked<AlertsQuery>,
) -> Handled<Response> {
    let paging = paging(query.limit, query.cursor.as_deref())?;
    answer(&api.inner.projection.alerts(paging, query.subscription).await?)
}
