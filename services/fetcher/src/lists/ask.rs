//! The question for a list, and what the answer is.

use std::time::Duration;

use url::Url;
use wirefold_envelope::timestamp;
use wirefold_http_client::{Client, Request, Response, SendError};
use wirefold_proto::ListRecord;

use crate::answer::{Answer, judge, send, validator};
use crate::hosts::Errand;
use crate::opml::{MOST_BYTES, Opml, read};
use crate::poll::Poller;
use crate::settings::Settings;

const ACCEPT: &str = "text/x-opml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5";

/// What a list's host answered.
#[derive(Debug)]
pub(crate) enum ListAnswer {
    /// A list, with the validators of the answer.
    Read { opml: Opml, etag: Option<String>, last_modified: Option<String> },
    /// Nothing has changed.
    Unchanged,
    /// Nothing can be read.
    Failed { problem: String, retry_after: Option<Duration> },
}

impl ListAnswer {
    fn failed(problem: impl Into<String>) -> Self {
        Self::Failed { problem: problem.into(), retry_after: None }
    }
}

impl Poller {
    /// Asks for a list at its host's pace.
    pub(crate) async fn ask_for_list(&self, record: &ListRecord) -> ListAnswer {
        let Ok(url) = Url::parse(&record.url) else {
            return ListAnswer::failed(format!("{:?} is no address; mend it", record.url));
        };
        let clock = &self.context.clock;
        let _turn = self.hosts.turn(&url, Errand::Feed, Duration::ZERO).await;
        if let Some(until) = self.hosts.left_alone(&url) {
            let retry_after = Some(until.since(clock.now()));
            let problem = "its host asks to be left alone for a while".to_owned();
            return ListAnswer::Failed { problem, retry_after };
        }
        let validators =
            [("If-None-Match", &record.etag), ("If-Modified-Since", &record.last_modified)];
        let given = validators.into_iter().filter_map(|(name, value)| Some((name, value.clone()?)));
        let request = given.fold(question(url, &self.settings), |request, (name, value)| {
            request.with_header(name, value)
        });
        let is_conditional = record.etag.is_some() || record.last_modified.is_some();
        let (answer, _) = self.send(request).await;
        asked(answer, is_conditional, timestamp(clock.now())).await
    }
}

/// A list that was looked at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) opml: Option<Opml>,
    pub(crate) problem: Option<String>,
}

/// Looks once at a list, outside the rhythm of any host.
pub(crate) async fn look(client: &Client, url: Url, settings: &Settings) -> Listed {
    let (answer, _) = send(client, question(url, settings)).await;
    match asked(answer, false, jiff::Timestamp::UNIX_EPOCH).await {
        ListAnswer::Read { opml, .. } => Listed { opml: Some(opml), problem: None },
        ListAnswer::Failed { problem, .. } => Listed { opml: None, problem: Some(problem) },
        ListAnswer::Unchanged => Listed::default(),
    }
}

fn question(url: Url, settings: &Settings) -> Request {
    let request = Request {
        max_body: MOST_BYTES,
        total: settings.timeout,
        ..Request::get(url).with_header("Accept", ACCEPT)
    };
    settings.access(request)
}

async fn asked(
    answer: Result<Response, SendError>,
    is_conditional: bool,
    now: jiff::Timestamp,
) -> ListAnswer {
    if let Err(SendError::TooLarge { .. }) = &answer {
        let most = MOST_BYTES >> 20;
        return ListAnswer::failed(format!("larger than {most} MiB: a list of feeds is not"));
    }
    match judge(answer, now) {
        Answer::Body(answer) => of_body(answer).await,
        Answer::Unchanged(_) if is_conditional => ListAnswer::Unchanged,
        Answer::Unchanged(_) => {
            ListAnswer::failed("HTTP 304: an answer to a question that nobody asked")
        }
        Answer::Gone => {
            ListAnswer::failed("HTTP 410: the host says that this list is gone for good")
        }
        Answer::Failed(failure) => {
            ListAnswer::Failed { problem: failure.problem, retry_after: failure.retry_after }
        }
        Answer::LeftAlone(_) => ListAnswer::failed("its host asks to be left alone for a while"),
    }
}

/// Reads it where its size holds nobody up.
async fn of_body(answer: Response) -> ListAnswer {
    let named = |name: &str| validator(&answer, name);
    let (etag, last_modified) = (named("etag"), named("last-modified"));
    match tokio::task::spawn_blocking(move || read(&answer.body)).await {
        Ok(Ok(opml)) => ListAnswer::Read { opml, etag, last_modified },
        Ok(Err(error)) => ListAnswer::failed(error.to_string()),
        Err(_) => ListAnswer::failed("this list breaks the parser; please report its address"),
    }
}
