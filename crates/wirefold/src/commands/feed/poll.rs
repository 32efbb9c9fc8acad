//! `wirefold feed poll`: polls a feed now.

use serde_json::json;
use wirefold_gateway::shapes::Accepted;

use super::record_of;
use crate::client::{Client, escaped};
use crate::exit::{Exit, Stop};
use crate::global::Global;

pub(super) async fn run(
    client: &Client,
    named: &str,
    as_json: bool,
    global: &Global,
) -> anyhow::Result<Exit> {
    let record = record_of(client, named).await?;
    let id = record.feed.id.as_str();
    if record.set_aside.is_some() {
        let why = format!("{id} is set aside: `wirefold feed retry {id}` brings it back");
        return Err(Stop::new(Exit::Failure, why).into());
    }
    let path = format!("/api/v1/feeds/{}/poll", escaped(id));
    let accepted: Accepted = client.post(&path, &json!({})).await?;
    global.answer(as_json, &accepted, format_args!("{id} is polled now{}", client.when()))
}
