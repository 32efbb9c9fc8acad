//! `wirefold feed backfill`: reads the archive of a feed.

use std::time::Duration;

use clap::Args;
use wirefold_gateway::shapes::{Accepted, BackfillRequest};
use wirefold_proto::{Backfill, BackfillEnd, ControlCommand};

use super::id_of;
use crate::client::{Client, ClientError, escaped};
use crate::exit::{Exit, Stop};
use crate::global::Global;
use crate::output::{self, clean, count};

/// The pause between two checks of the progress.
const PAUSE: Duration = Duration::from_millis(200);

/// Arguments of `feed backfill`.
#[derive(Debug, Args)]
pub(super) struct BackfillArguments {
    /// The feed's id from `feed ls`, or its address.
    #[arg(value_name = "ID|URL")]
    feed: String,
    /// Read at most this many pages of the archive, from 1 to 1000.
    #[arg(long, default_value_t = 20, value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..=1000))]
    pages: u32,
    /// Read at most this many items, from 1 to 100000.
    #[arg(long, default_value_t = 1000, value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..=100_000))]
    items: u32,
    /// Do not wait for the end.
    #[arg(long)]
    no_wait: bool,
}

pub(super) async fn run(
    client: &Client,
    wanted: &BackfillArguments,
    json: bool,
    global: &Global,
) -> anyhow::Result<Exit> {
    let id = id_of(client, &wanted.feed).await?;
    let path = format!("/api/v1/feeds/{}/backfill", escaped(&id));
    let request = BackfillRequest { pages: wanted.pages, items: wanted.items };
    let accepted: Result<Accepted, ClientError> = client.post(&path, &request).await;
    let accepted = accepted.map_err(|error| error.see("wirefold feed ls"))?;
    if !client.is_running() || wanted.no_wait {
        if json {
            output::print_json(&accepted)?;
        }
        let when = client.when();
        global.note(format_args!("the archive of {} is read{when}", clean(&id)));
        return Ok(Exit::Ok);
    }
    let done = wait(client, &path, &accepted.command, global).await?;
    if json {
        output::print_json(&done)?;
    } else {
        output::print(format!("{}\n", describe(&done)).as_bytes())?;
    }
    Ok(match done.ended {
        Some(BackfillEnd::Failed) if done.pages > 0 => Exit::Partial,
        Some(BackfillEnd::Failed) => Exit::Failure,
        Some(BackfillEnd::NoArchive) => Exit::NotFound,
        _ => Exit::Ok,
    })
}

/// Waits until the backfill that this command started has ended.
async fn wait(
    client: &Client,
    path: &str,
    command: &ControlCommand,
    global: &Global,
) -> anyhow::Result<Backfill> {
    let (mut told, mut has_begun) = (0, false);
    loop {
        let answer: Result<Backfill, ClientError> = client.get(path).await;
        match answer {
            Ok(state) if state.command == command.id => {
                has_begun = true;
                if state.ended.is_some() {
                    return Ok(state);
                }
                if state.pages > told {
                    told = state.pages;
                    let items = count(state.items as usize, "item", "items");
                    global.note(format_args!("page {told} of its archive: {items} so far"));
                }
            }
            // A later backfill has replaced this one.
            Ok(state) if has_begun || given(&state.command) > given(&command.id) => {
                let what = "another backfill of this feed was started: see `feed ls`";
                return Err(Stop::new(Exit::Failure, what).into());
            }
            // This one has not begun yet: an earlier one is still running.
            Ok(_) => {}
            Err(ClientError::Refused(problem)) if problem.status == 404 => {}
            Err(error) => return Err(error.into()),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// When a command was given, in milliseconds. Its id begins with the time.
fn given(command: &str) -> Option<u64> {
    command.split('-').next()?.parse().ok()
}

/// `harbour: 3 pages, 120 items, 80 of them new, back to 2025-01-02: the whole archive was read`.
fn describe(done: &Backfill) -> String {
    let (feed, end) = (&done.feed, done.ended.map_or("", BackfillEnd::describe));
    if done.ended == Some(BackfillEnd::NoArchive) {
        return format!("{feed}: {end}");
    }
    let pages = count(done.pages as usize, "page", "pages");
    let items = count(done.items as usize, "item", "items");
    let back = done.oldest.map(|at| format!(", back to {}", at.strftime("%Y-%m-%d")));
    let back = back.unwrap_or_default();
    let problem = done.problem.as_deref().map(|problem| format!(" ({})", clean(problem)));
    let (new, problem) = (done.articles, problem.unwrap_or_default());
    format!("{feed}: {pages}, {items}, {new} of them new{back}: {end}{problem}")
}
