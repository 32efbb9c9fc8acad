//! `wirefold feed add`.

use wirefold_gateway::shapes::{Accepted, FeedAddition};
use wirefold_proto::Command;

use super::probe::{self, Found};
use super::{AddArguments, when};
use crate::cli::Global;
use crate::client::{Client, ClientError};
use crate::commands::ask::{ask, can_ask, confirm};
use crate::exit::{Exit, Stop};
use crate::output::{self, clean};

/// What comes of the look at an address.
enum Choice {
    /// Watch this address.
    Add(String),
    /// Somebody said no.
    Not,
}

pub(super) async fn run(
    client: &Client,
    wanted: &AddArguments,
    json: bool,
    global: &Global,
) -> anyhow::Result<Exit> {
    let url = match choose(client, wanted, global).await? {
        Choice::Add(url) => url,
        Choice::Not => {
            global.note(format_args!("not added"));
            return Ok(Exit::Ok);
        }
    };
    let addition = FeedAddition {
        id: wanted.id.clone(),
        url,
        title: wanted.title.clone(),
        outlet: wanted.outlet.clone(),
        group: wanted.group.clone(),
        full_text: wanted.full_text.into(),
    };
    let accepted: Accepted = client.post("/api/v1/feeds", &addition).await?;
    if json {
        output::print_json(&accepted)?;
    } else {
        let id = match &accepted.command.command {
            Command::FeedAdd { feed } | Command::FeedChange { feed } => feed.id.to_string(),
            _ => addition.url.clone(),
        };
        global.note(format_args!("{} is watched{}: `wirefold feed ls`", clean(&id), when(client)));
    }
    Ok(Exit::Ok)
}

async fn choose(client: &Client, wanted: &AddArguments, global: &Global) -> anyhow::Result<Choice> {
    if !client.is_running() {
        // What looks at addresses runs with `up`; its first poll says what is wrong.
        global.note(format_args!("note: not looked at, as no wirefold is running"));
        return Ok(Choice::Add(wanted.url.clone()));
    }
    let found = match probe::look(client, &wanted.url).await {
        Ok(found) => found,
        Err(ClientError::Refused(problem)) if wanted.yes => {
            // A network that is down now need not be so at the next poll.
            global.note(format_args!("note: not looked at: {problem}"));
            return Ok(Choice::Add(wanted.url.clone()));
        }
        Err(error) => return Err(error.into()),
    };
    global.note(format_args!("{}", probe::in_words(&wanted.url, &found).trim_end()));
    if found.is_feed() {
        let is_sure = wanted.yes || !can_ask() || confirm("Watch it?")?;
        return Ok(if is_sure { Choice::Add(wanted.url.clone()) } else { Choice::Not });
    }
    not_a_feed(wanted, &found)
}

/// A page is no feed, but may name some.
fn not_a_feed(wanted: &AddArguments, found: &Found) -> anyhow::Result<Choice> {
    match found.feeds.as_slice() {
        [] if wanted.yes => Ok(Choice::Add(wanted.url.clone())),
        [only] if wanted.yes => Ok(Choice::Add(only.clone())),
        [only] if can_ask() => {
            let is_sure = confirm("Watch that feed?")?;
            Ok(if is_sure { Choice::Add(only.clone()) } else { Choice::Not })
        }
        [] => {
            let what = "not added: this is no feed; --yes adds it all the same";
            Err(Stop::new(Exit::Failure, what).into())
        }
        many if can_ask() => {
            let answer = ask(&format!("Which one? [1-{}, empty: none]", many.len()))?;
            let number = answer.and_then(|answer| answer.parse::<usize>().ok());
            let chosen = number.and_then(|number| many.get(number.checked_sub(1)?));
            Ok(chosen.map_or(Choice::Not, |url| Choice::Add(url.clone())))
        }
        _ => {
            let what =
                "not added: this is a page, not a feed: give the address of one of its feeds";
            Err(Stop::new(Exit::Usage, what).into())
        }
    }
}
