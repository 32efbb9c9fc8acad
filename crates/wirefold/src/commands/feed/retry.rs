//! `wirefold feed retry`: polls a feed again that was set aside.

use wirefold_gateway::shapes::Accepted;

use super::record_of;
use super::set::as_it_is;
use crate::client::Client;
use crate::exit::Exit;
use crate::global::Global;

pub(super) async fn run(
    client: &Client,
    named: &str,
    json: bool,
    global: &Global,
) -> anyhow::Result<Exit> {
    let record = record_of(client, named).await?;
    let id = record.feed.id.clone();
    if record.set_aside.is_none() {
        global.note(format_args!("{id} is not set aside: it is polled as usual"));
        return Ok(Exit::Ok);
    }
    let accepted: Accepted = client.post("/api/v1/feeds", &as_it_is(record.feed)).await?;
    global.answer(json, &accepted, format_args!("{id} is polled again{}", client.when()))
}
