//! `wirefold feed set`.

use clap::Args;
use wirefold_gateway::shapes::{Accepted, FeedAddition};
use wirefold_proto::{FeedSettings, Outlet};

use super::record_of;
use crate::client::Client;
use crate::exit::Exit;
use crate::global::Global;

/// The value that lets wirefold find the site.
const FOUND: &str = "found";

/// Arguments of `feed set`.
#[derive(Debug, Args)]
pub(super) struct SetArguments {
    /// Its id from `feed ls`, or its address.
    #[arg(value_name = "ID")]
    id: String,
    /// The site; `nobody` for an aggregator; `found` to let wirefold find it.
    #[arg(long, value_name = "SITE")]
    speaks_for: Outlet,
}

/// The current settings of a feed.
pub(super) fn as_it_is(feed: FeedSettings) -> FeedAddition {
    FeedAddition {
        id: Some(feed.id),
        url: feed.url,
        title: feed.title,
        outlet: feed.outlet,
        speaks_for: feed.speaks_for,
        group: feed.group,
        full_text: feed.full_text,
        identity: feed.identity,
        article_selector: feed.article_selector,
        remove_selectors: feed.remove_selectors,
    }
}

pub(super) async fn run(
    client: &Client,
    wanted: &SetArguments,
    json: bool,
    global: &Global,
) -> anyhow::Result<Exit> {
    let record = record_of(client, &wanted.id).await?;
    let id = record.feed.id.clone();
    let speaks_for = Some(wanted.speaks_for.clone()).filter(|site| site.as_str() != FOUND);
    let changed = FeedAddition { speaks_for, ..as_it_is(record.feed) };
    let accepted: Accepted = client.post("/api/v1/feeds", &changed).await?;
    let message = match wanted.speaks_for.as_str() {
        FOUND => "wirefold looks again for the site that it speaks for".to_owned(),
        site => format!("speaks for {site}"),
    };
    global.answer(json, &accepted, format_args!("{id} {message}{}", client.when()))
}
