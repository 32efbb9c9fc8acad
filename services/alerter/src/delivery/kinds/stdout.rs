//! A channel to the terminal: a block of text for each revision.
//!
//! Comes in: a message. Goes out: text for the printer. It never replaces what it printed.

use wirefold_proto::{Alert, Volume};

use crate::Printer;
use crate::delivery::{Failure, Notice, Sent, ToSend};
use crate::text::Message;
use crate::text::{self, Text};
use crate::wording::line;

/// The terminal: a block of text for each revision.
#[derive(Debug, Clone)]
pub struct StdoutTarget;

impl StdoutTarget {
    /// Prints a message. The terminal shows the whole life of an alert. A silent revision makes no sound there.
    pub(in crate::delivery) fn send(&self, printer: &dyn Printer, message: &ToSend<'_>) -> Sent {
        let block = match message {
            ToSend::Alert(message) => block(message),
            ToSend::Notice(notice) => block_of_notice(notice),
        };
        let printed = printer.print(&block);
        printed.map(|()| None).map_err(|error| Failure::later(error.to_string()))
    }
}

fn block_of_notice(notice: &Notice) -> String {
    let head = format!("{} · {}", notice.kind.as_str().to_uppercase(), notice.title);
    let lines = notice.lines_within(usize::MAX).into_iter().chain(notice.page.clone());
    lines.fold(head, |block, line| format!("{block}\n  {line}"))
}

/// One revision as a block of lines, without an end of line after the last.
fn block(message: &Message<'_>) -> String {
    let Text { title, lines, .. } = text::of(message);
    let head = [head(message), format!("  {title}")];
    let lines = lines.iter().map(|line| format!("  {line}"));
    head.into_iter().chain(lines).collect::<Vec<String>>().join("\n")
}

fn head(message: &Message<'_>) -> String {
    let Alert { revision, volume, .. } = message.alert;
    let volume = if *volume == Volume::Loud { "LOUD" } else { "silent" };
    let (state, name) = (message.alert.state.as_str(), line(message.subscription));
    format!("ALERT {volume} · {state} · {name} · revision {revision}")
}
