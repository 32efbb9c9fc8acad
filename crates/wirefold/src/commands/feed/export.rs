//! `wirefold feed export`.

use wirefold_fetcher::opml::{self, OpmlFeed};
use wirefold_proto::{FeedRecord, FullText};

use super::feeds;
use crate::client::Client;
use crate::exit::Exit;
use crate::global::Global;
use crate::output;

pub(super) async fn run(client: &Client, json: bool, global: &Global) -> anyhow::Result<Exit> {
    let feeds = feeds(client).await?;
    if feeds.is_empty() {
        global.note(format_args!("note: no feeds yet: `wirefold feed add URL`"));
    }
    if json {
        feeds.iter().try_for_each(output::print_json)?;
        return Ok(Exit::Ok);
    }
    let list: Vec<OpmlFeed> = feeds.iter().map(outline).collect();
    output::print(&opml::write("wirefold feeds", &list))
}

fn outline(record: &FeedRecord) -> OpmlFeed {
    let feed = &record.feed;
    OpmlFeed {
        url: feed.url.clone(),
        title: feed.title.clone().or_else(|| record.feed_title.clone()),
        group: feed.group.clone(),
        id: Some(feed.id.to_string()),
        outlet: feed.outlet.as_ref().map(ToString::to_string),
        speaks_for: feed.speaks_for.as_ref().map(ToString::to_string),
        full_text: (feed.full_text != FullText::Auto).then_some(feed.full_text),
    }
}
