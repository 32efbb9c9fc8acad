//! Requests a list and reads the answer.

use std::time::Duration;

use url::Url;
use wirefold_envelope::timestamp;
use wirefold_http_client::{Client, Request, Response, SendError};
use wirefold_proto::ListRecord;

use crate::answer::{Answer, conditional, judge, judge_conditional, send, validator};
use crate::hosts::RequestKind;
use crate::opml::{MOST_BYTES, Opml, read};
use crate::poll::Poller;
use crate::settings::Settings;

const ACCEPT: &str = "text/x-opml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5";

/// The answer for a list.
#[derive(Debug)]
pub(crate) enum ListAnswer {
    /// A list, with the validators of the answer.
    Read { opml: Opml, etag: Option<String>, last_modified: Option<String> },
    /// Nothing has changed.
    Unchanged,
    /// There is no readable list.
    Failed { problem: String, retry_after: Option<Duration> },
}

impl ListAnswer {
    fn failed(problem: impl Into<String>) -> Self {
        Self::Failed { problem: problem.into(), retry_after: None }
    }
}

impl Poller {
    /// Requests a list at its host's pace.
    pub(crate) async fn request_list(&self, record: &ListRecord) -> ListAnswer {
        let Ok(url) = Url::parse(&record.url) else {
            return ListAnswer::failed(format!("{:?} is not an address; correct it", record.url));
        };
        let clock = &self.context.clock;
        let _turn = self.hosts.turn(&url, RequestKind::Feed, Duration::ZERO).await;
        if let Some(until) = self.hosts.paused_until(&url) {
            let retry_after = Some(until.since(clock.now()));
            let problem = "its host wants no requests for a while".to_owned();
            return ListAnswer::Failed { problem, retry_after };
        }
        let (etag, last_modified) = (record.etag.as_deref(), record.last_modified.as_deref());
        let request = conditional(list_request(url, &self.settings), etag, last_modified);
        let is_conditional = etag.is_some() || last_modified.is_some();
        let (answer, _) = self.send(request).await;
        list_answer(answer, is_conditional, timestamp(clock.now())).await
    }
}

/// Fetches a list once, without waiting for its host's turn. The error is for people.
pub(crate) async fn read_list_once(
    client: &Client,
    url: Url,
    settings: &Settings,
) -> Result<Opml, String> {
    let (answer, _) = send(client, list_request(url, settings)).await;
    match list_answer(answer, false, jiff::Timestamp::UNIX_EPOCH).await {
        ListAnswer::Read { opml, .. } => Ok(opml),
        ListAnswer::Failed { problem, .. } => Err(problem),
        ListAnswer::Unchanged => Err("HTTP 304 (not modified)".to_owned()),
    }
}

fn list_request(url: Url, settings: &Settings) -> Request {
    let request = Request {
        max_body: MOST_BYTES,
        total: settings.timeout,
        ..Request::get(url).with_header("Accept", ACCEPT)
    };
    settings.access(request)
}

/// Interprets the answer of the host.
async fn list_answer(
    answer: Result<Response, SendError>,
    is_conditional: bool,
    now: jiff::Timestamp,
) -> ListAnswer {
    if let Err(SendError::TooLarge { .. }) = &answer {
        let most = MOST_BYTES >> 20;
        return ListAnswer::failed(format!(
            "larger than {most} MiB, the limit for a list of feeds"
        ));
    }
    let judged = if is_conditional { judge_conditional(answer, now) } else { judge(answer, now) };
    match judged {
        Answer::Body(body) => read_list(body).await,
        Answer::Unchanged(_) => ListAnswer::Unchanged,
        Answer::Gone => {
            ListAnswer::failed("HTTP 410: the host says that this list is gone for good")
        }
        Answer::Failed(failure) => {
            ListAnswer::Failed { problem: failure.problem, retry_after: failure.retry_after }
        }
        Answer::HostPaused(_) => ListAnswer::failed("its host wants no requests for a while"),
    }
}

/// Reads a list on a blocking thread, because a large one takes time.
async fn read_list(answer: Response) -> ListAnswer {
    let named = |name: &str| validator(&answer, name);
    let (etag, last_modified) = (named("etag"), named("last-modified"));
    match tokio::task::spawn_blocking(move || read(&answer.body)).await {
        Ok(Ok(opml)) => ListAnswer::Read { opml, etag, last_modified },
        Ok(Err(error)) => ListAnswer::failed(error.to_string()),
        Err(_) => ListAnswer::failed("the parser crashed on this list; please report its address"),
    }
}
