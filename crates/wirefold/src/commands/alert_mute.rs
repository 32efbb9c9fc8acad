//! `wirefold alert mute`, `unmute` and `ack`.

use jiff::Timestamp;
use wirefold_gateway::shapes::{Accepted, MuteAlertRequest};
use wirefold_proto::Interval;

use crate::client::{ClientOptions, block_on, escaped};
use crate::exit::Exit;
use crate::global::Global;
use crate::local_time::LocalTime;

/// A change of an alert.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    /// Mute it for this time, or until it is over.
    Mute { span: Option<Interval>, except_corrections: bool },
    /// Let it notify again.
    Unmute,
    /// Note that a person has seen it.
    Acknowledge,
}

pub(super) fn run(
    options: &ClientOptions,
    global: &Global,
    what: &str,
    change: Change,
) -> anyhow::Result<Exit> {
    block_on(async {
        let client = options.client().await?;
        // The address of its page also names it.
        let id = what.rsplit('/').next().unwrap_or(what);
        let path = format!("/api/v1/alerts/{}", escaped(id));
        let answer = match mute_request(change) {
            Some(request) => client.post::<Accepted>(&format!("{path}/mute"), &request).await,
            None => client.post(&format!("{path}/acknowledge"), &serde_json::json!({})).await,
        };
        let accepted = answer.map_err(|error| error.see("wirefold alert ls"))?;
        global.answer(options.json, &accepted, format_args!("{id}: {}", outcome(change)))
    })
}

fn mute_request(change: Change) -> Option<MuteAlertRequest> {
    match change {
        Change::Mute { span, except_corrections } => {
            let until = span.map(|span| LocalTime::system().in_a(span));
            Some(MuteAlertRequest { until, except_corrections })
        }
        Change::Unmute => {
            let until = Some(Timestamp::UNIX_EPOCH);
            Some(MuteAlertRequest { until, except_corrections: false })
        }
        Change::Acknowledge => None,
    }
}

fn outcome(change: Change) -> String {
    match change {
        Change::Mute { span, except_corrections } => {
            let until = span.map(|span| LocalTime::system().in_a(span));
            let until = until.map_or("it is over".to_owned(), |at| LocalTime::system().minute(at));
            let what = if except_corrections { "only corrections notify" } else { "muted" };
            format!("{what} until {until}; `wirefold alert unmute` ends this")
        }
        Change::Unmute => "notifies again; the held revisions come now".to_owned(),
        Change::Acknowledge => {
            "acknowledged: it is sent again only if something new comes".to_owned()
        }
    }
}
