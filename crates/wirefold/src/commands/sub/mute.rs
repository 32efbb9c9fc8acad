//! `wirefold sub mute` and `wirefold sub unmute`.

use jiff::Timestamp;
use wirefold_gateway::shapes::{Accepted, MuteRequest};
use wirefold_proto::Interval;

use super::one;
use crate::client::{Client, escaped};
use crate::exit::Exit;
use crate::global::Global;
use crate::local_time::LocalTime;
use crate::output;

/// A change of a subscription.
pub(super) enum Change {
    /// Mute it for this time, or until it is unmuted.
    Mute(Option<Interval>),
    /// Let it send again.
    Unmute,
}

pub(super) async fn run(
    client: &Client,
    what: &str,
    change: Change,
    json: bool,
    global: &Global,
) -> anyhow::Result<Exit> {
    let (record, _) = one(client, what).await?;
    let id = record.subscription.id.as_str();
    let until = match change {
        Change::Mute(span) => span.map(|span| LocalTime::system().in_a(span)),
        Change::Unmute => Some(Timestamp::UNIX_EPOCH),
    };
    let path = format!("/api/v1/subscriptions/{}/mute", escaped(id));
    let accepted: Accepted = client.post(&path, &MuteRequest { until }).await?;
    let when = client.when();
    match (change, until) {
        _ if json => output::print_json(&accepted)?,
        (Change::Unmute, _) => global.note(format_args!("{id} sends again{when}")),
        (_, Some(until)) => {
            let until = LocalTime::system().minute(until);
            global.note(format_args!("{id} sends nothing until {until}{when}"));
        }
        (_, None) => {
            let back = format_args!("`wirefold sub unmute {id}`");
            global.note(format_args!("{id} sends nothing until {back}{when}"));
        }
    }
    Ok(Exit::Ok)
}
