//! `wirefold feed retry`: reads a feed again that was set aside.

use wirefold_gateway::shapes::Accepted;

use super::set::as_it_is;
use super::{record_of, when};
use crate::client::Client;
use crate::exit::Exit;
use crate::global::Global;
use crate::output;

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
    if json {
        output::print_json(&accepted)?;
    } else {
        global.note(format_args!("{id} is polled again{}", when(client)));
    }
    Ok(Exit::Ok)
}
