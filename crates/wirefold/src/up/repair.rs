//! `wirefold setup --repair`: removes damaged messages from a data folder, and lets articles without output come in
//! again.
//!
//! A stage reads its input once, so an article whose output was damaged would be missing for ever. It is put at the
//! end of `WF_FETCHED` again. The snapshots go, because they know it as decided.

use std::path::Path;
use std::sync::Arc;

use wirefold_envelope::Sender;
use wirefold_flow::{Outgoing, Stored};
use wirefold_flow_sqlite::{Inspection, Offline};
use wirefold_proto::streams::{ENRICHED, SNAPSHOTS};
use wirefold_proto::{ArticleEnriched, ArticleFetched, Published as _, decode};

use super::open_bus;
use crate::config::Loaded;
use crate::contents::read_folder;
use crate::exit::{Exit, Stop};
use crate::output::{self, count};

const SENDER: Sender = Sender { source: "/wirefold/setup" };

/// Repairs a data folder on which nothing runs.
pub(super) async fn repair(loaded: &Loaded) -> anyhow::Result<Exit> {
    let folder = &loaded.config.data;
    let mut inspection = Inspection::open(folder)?;
    let contents = read_folder(&mut inspection)?;
    drop(inspection);
    remove_damaged(folder, &contents.damaged)?;
    let bus = open_bus(folder, Arc::new(wirefold_flow::SystemClock))?;
    let missing = contents.without_output();
    for (stream, sequence) in &missing {
        let stored = bus.get(stream, *sequence).await.map_err(Stop::bus)?;
        bus.publish(again(&stored)?).await.map_err(Stop::bus)?;
    }
    if !missing.is_empty() {
        let snapshots = bus.objects(SNAPSHOTS.name).map_err(Stop::bus)?;
        for name in snapshots.names().await.map_err(Stop::bus)? {
            snapshots.delete(&name).await.map_err(Stop::bus)?;
        }
    }
    let line = match missing.len() {
        0 => "output   nothing was missing\n".to_owned(),
        many => format!(
            "output   {} without it: they come in again at the next start\n",
            count(many, "article", "articles")
        ),
    };
    output::print(line.as_bytes())?;
    Ok(Exit::Ok)
}

/// The message with which a stored article comes in again.
fn again(stored: &Stored) -> anyhow::Result<Outgoing> {
    let fetched: ArticleFetched = match stored.stream == ENRICHED.name {
        true => decode::<ArticleEnriched>(&stored.body)?.into_fetched(),
        false => decode(&stored.body)?,
    };
    let message = SENDER.outgoing(&fetched, fetched.article.seen)?;
    Ok(Outgoing { id: format!("again-{}", fetched.message_id()), ..message })
}

/// Removes damaged messages with their ids, so that output with the same id can be stored again.
fn remove_damaged(folder: &Path, damaged: &[(String, u64)]) -> anyhow::Result<()> {
    if damaged.is_empty() {
        return Ok(());
    }
    let mut offline = Offline::open(folder)?;
    offline.begin()?;
    for (stream, sequence) in damaged {
        offline.erase(stream, *sequence)?;
    }
    offline.commit()?;
    let lines = damaged.iter().map(|(stream, sequence)| {
        format!("removed  {stream}/{sequence}, which differed from what was written\n")
    });
    output::print(lines.collect::<String>().as_bytes())?;
    Ok(())
}
