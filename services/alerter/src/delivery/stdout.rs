//! The terminal: a block of text for each revision.

use std::fmt::Write as _;
use std::sync::Arc;

use wirefold_flow::BoxFuture;
use wirefold_proto::{Alert, AlertState, Volume};

use super::{Channel, Failure, Message, Notice};
use crate::Printer;
use crate::digest::{headline, lines};
use crate::wording::{line, minute, numbers, reasons};

pub(super) struct Stdout {
    printer: Arc<dyn Printer>,
}

impl Stdout {
    pub(super) fn new(printer: Arc<dyn Printer>) -> Self {
        Self { printer }
    }
}

impl Channel for Stdout {
    fn kind(&self) -> &'static str {
        "stdout"
    }

    /// A reader of lines wants to see what became of the alert, and a silent one does not ring.
    fn takes_silent(&self) -> bool {
        true
    }

    fn send<'a>(&'a self, message: Message<'a>) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(std::future::ready(self.print(&block(&message))))
    }

    fn tell<'a>(&'a self, notice: Notice<'a>) -> BoxFuture<'a, Result<(), Failure>> {
        let mut block = format!("FEEDS · {}", headline(notice.digest));
        for trouble in lines(notice.digest, usize::MAX) {
            block.push_str("\n  ");
            block.push_str(&trouble);
        }
        block.extend(notice.page.iter().flat_map(|page| ["\n  ", page.as_str()]));
        Box::pin(std::future::ready(self.print(&block)))
    }
}

impl Stdout {
    fn print(&self, block: &str) -> Result<(), Failure> {
        let later = |error: std::io::Error| Failure::Later { after: None, why: error.to_string() };
        self.printer.print(block).map_err(later)
    }
}

/// One revision as a block of lines, without an end of line after the last.
pub(super) fn block(message: &Message<'_>) -> String {
    let alert = message.alert;
    let mut block = head(message);
    // Writing into a string cannot fail.
    let _ = write!(block, "\n  {}\n  {}", line(&alert.headline.title), numbers(alert));
    let _ = write!(block, "\n  why: {}", line(&reasons(alert)));
    let _ = write!(block, "\n  first seen here {}", minute(alert.first_seen));
    if !alert.matched.is_empty() {
        let _ = write!(block, " · matched {}", line(&alert.matched.join(", ")));
    }
    if alert.volume == Volume::Loud {
        for article in &alert.articles {
            let url = article.url.as_deref().unwrap_or("no link");
            let (outlet, title) = (line(&article.outlet_in_words()), line(&article.title));
            let _ = write!(block, "\n    {outlet}  {title}  {}", line(url));
        }
    }
    if let Some(page) = &message.page {
        let _ = write!(block, "\n  {page}");
    }
    block
}

fn head(message: &Message<'_>) -> String {
    let alert = message.alert;
    let volume = if alert.volume == Volume::Loud { "LOUD" } else { "silent" };
    let demo = if message.demo { "DEMO " } else { "" };
    let name = line(message.subscription);
    let Alert { revision, id, articles, .. } = alert;
    let named = match articles.len() {
        1 => "1 article".to_owned(),
        many => format!("{many} articles"),
    };
    format!("{demo}ALERT {volume} · {} · {name} · {named} · {id} revision {revision}", state(alert))
}

fn state(alert: &Alert) -> &'static str {
    match alert.state {
        AlertState::New => "new",
        AlertState::Growing => "growing",
        AlertState::Updated => "updated",
        AlertState::Quiet => "quiet",
    }
}
