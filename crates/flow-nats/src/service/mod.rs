//! Services over the same server: the protocol of `nats micro`, which is ADR-32 of NATS.
//!
//! Each instance answers PING, INFO and STATS, and requests to its endpoints. The protocol is implemented
//! here, because the layer of the client is not sufficient: it sends refusals without a body, accepts any
//! number of requests at once, drops requests in hand when it stops, and its STATS lack the metadata.

mod discovery;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_nats::{HeaderMap, Message, StatusCode, Subject};
use bytes::Bytes;
use futures_util::stream::{FuturesUnordered, SelectAll};
use futures_util::{Stream, StreamExt as _};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::{Instant, timeout, timeout_at};
use tracing::debug;
use wirefold_flow::{BoxFuture, BusError};

use crate::link::closed;
use crate::{NatsBus, Shared};
use discovery::{Counts, Verb};

/// The queue group in which the instances of a service share requests.
const GROUP: &str = "q";
/// The most requests to endpoints in hand. More are refused.
const AT_ONCE: usize = 16;
/// The most discovery requests in hand. More are not answered.
const DISCOVERIES_AT_ONCE: usize = 32;
/// How long an answer may take. The server permits a role to answer a request within a minute.
const ANSWER_WITHIN: Duration = Duration::from_secs(50);

/// A service that this process can be an instance of.
pub struct Service {
    /// Its name: letters, digits, `-` and `_`.
    pub name: String,
    /// The release, such as `0.1.0`.
    pub version: String,
    /// Its description, for people.
    pub about: String,
    /// Its endpoints.
    pub endpoints: Vec<Endpoint>,
}

/// A subject on which a service answers.
pub struct Endpoint {
    /// Its name.
    pub name: &'static str,
    /// Its subject.
    pub subject: String,
    /// Answers the requests.
    pub handler: Arc<dyn RequestHandler>,
}

/// Answers the requests of an endpoint.
pub trait RequestHandler: Send + Sync {
    /// The answer to a request.
    fn answer(&self, asked: Bytes) -> BoxFuture<'_, Result<Bytes, ServiceRefusal>>;

    /// More data for the statistics of the endpoint.
    fn data(&self) -> BoxFuture<'_, Option<Value>> {
        Box::pin(async { None })
    }
}

/// The refusal of a request by a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceRefusal {
    /// A code of HTTP.
    pub code: u16,
    /// Why, in one line.
    pub why: String,
    /// The details, such as a problem in JSON; may be empty.
    pub body: Bytes,
}

impl ServiceRefusal {
    fn new(code: u16, why: impl Into<String>) -> Self {
        Self { code, why: why.into(), body: Bytes::new() }
    }
}

/// The kind of a request.
#[derive(Clone, Copy)]
enum RequestKind {
    Discovery(Verb),
    Endpoint(usize),
}

/// A running instance.
struct Running<'a> {
    shared: &'a Shared,
    service: Service,
    /// The time of the start, for STATS.
    started: String,
    /// The counts of each endpoint.
    counts: Vec<Mutex<Counts>>,
}

impl NatsBus {
    /// Runs an instance of a service until `stop`; then finishes the requests in hand. Its id is that of
    /// this connection.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] if the connection was closed.
    pub async fn serve(
        &self,
        service: Service,
        stop: impl Future<Output = ()>,
    ) -> Result<(), BusError> {
        let started = discovery::time(self.0.clock.now());
        let counts = service.endpoints.iter().map(|_| Mutex::default()).collect();
        let running = Running { shared: &self.0, service, started, counts };
        running.run(stop).await
    }
}

impl Running<'_> {
    async fn run(&self, stop: impl Future<Output = ()>) -> Result<(), BusError> {
        let mut requests = self.listen().await.map_err(|_| closed())?;
        let (mut discoveries, mut answers) = (FuturesUnordered::new(), FuturesUnordered::new());
        tokio::pin!(stop);
        loop {
            tokio::select! {
                biased;
                () = &mut stop => break,
                Some(()) = discoveries.next(), if !discoveries.is_empty() => {}
                Some(()) = answers.next(), if !answers.is_empty() => {}
                next = requests.next() => match next {
                    None => return Err(closed()),
                    Some((_, Message { reply: None, .. })) => {}
                    Some((RequestKind::Discovery(verb), Message { reply: Some(reply), .. })) => {
                        if discoveries.len() < DISCOVERIES_AT_ONCE {
                            discoveries.push(self.answer_discovery(verb, reply));
                        }
                    }
                    Some((RequestKind::Endpoint(at), Message { reply: Some(reply), payload, .. })) => {
                        let is_busy = answers.len() >= AT_ONCE;
                        answers.push(self.answer(at, reply, payload, is_busy));
                    }
                },
            }
        }
        drop(requests);
        while answers.next().await.is_some() {}
        Ok(())
    }

    async fn listen(
        &self,
    ) -> Result<
        SelectAll<impl Stream<Item = (RequestKind, Message)> + use<>>,
        async_nats::SubscribeError,
    > {
        let client = &self.shared.link.client;
        let Service { name, endpoints, .. } = &self.service;
        let id = &self.shared.instance_id;
        let mut requests = SelectAll::new();
        let mut add = |what: RequestKind, messages: async_nats::Subscriber| {
            requests.push(messages.map(move |message| (what, message)));
        };
        for verb in Verb::ALL {
            let all = format!("$SRV.{}", verb.as_str());
            for subject in [all.clone(), format!("{all}.{name}"), format!("{all}.{name}.{id}")] {
                add(RequestKind::Discovery(verb), client.subscribe(subject).await?);
            }
        }
        for (at, endpoint) in endpoints.iter().enumerate() {
            let messages = client.queue_subscribe(endpoint.subject.clone(), GROUP.to_owned());
            add(RequestKind::Endpoint(at), messages.await?);
        }
        Ok(requests)
    }

    /// Answers a discovery request.
    async fn answer_discovery(&self, verb: Verb, reply: Subject) {
        let body = match verb {
            Verb::Ping => self.ping(),
            Verb::Info => self.info(),
            Verb::Stats => self.stats().await,
        };
        self.send(reply, HeaderMap::new(), body.to_string().into()).await;
    }

    /// Answers a request to an endpoint, and counts it.
    async fn answer(&self, at: usize, reply: Subject, asked: Bytes, is_busy: bool) {
        let begun = Instant::now();
        let handler = &self.service.endpoints[at].handler;
        let answer = match is_busy {
            true => {
                Err(ServiceRefusal::new(503, "too many requests at once: try again in a moment"))
            }
            false => {
                let answered = timeout(ANSWER_WITHIN, handler.answer(asked)).await;
                answered.unwrap_or_else(|_| {
                    Err(ServiceRefusal::new(503, "the answer took too long; try again in a moment"))
                })
            }
        };
        let most = self.shared.link.client.max_payload();
        let answer = answer.and_then(|body| match body.len() <= most {
            true => Ok(body),
            false => Err(ServiceRefusal::new(
                413,
                format!("the answer is over the {most} bytes that the server carries"),
            )),
        });
        let (headers, body) = match &answer {
            Ok(body) => (HeaderMap::new(), body.clone()),
            Err(denied) => discovery::denial(denied),
        };
        self.send(reply, headers, body).await;
        let mut counts = self.counts[at].lock().unwrap_or_else(PoisonError::into_inner);
        counts.add(answer.err().as_ref(), begun.elapsed());
    }

    /// Sends an answer. A failure is only logged: for the client the answer is lost.
    async fn send(&self, reply: Subject, headers: HeaderMap, body: Bytes) {
        let client = &self.shared.link.client;
        if let Err(error) = client.publish_with_headers(reply, headers, body).await {
            debug!(%error, service = self.service.name, "an answer could not be sent");
        }
    }
}

// Finds the services that are running.

#[derive(Deserialize)]
struct Pong {
    name: String,
}

impl NatsBus {
    /// The names of all services of which an instance answers a PING within this time.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] if the connection is closed.
    pub async fn services(&self, within: Duration) -> Result<BTreeSet<String>, BusError> {
        let client = &self.0.link.client;
        let inbox = client.new_inbox();
        let mut answers = client.subscribe(inbox.clone()).await.map_err(|_| closed())?;
        let sent = client.publish_with_reply("$SRV.PING", inbox, Bytes::new());
        sent.await.map_err(|_| closed())?;
        let (mut names, end) = (BTreeSet::new(), Instant::now() + within);
        while let Ok(answer) = timeout_at(end, answers.next()).await {
            let answer = answer.ok_or_else(closed)?;
            if answer.status == Some(StatusCode::NO_RESPONDERS) {
                break;
            }
            names.extend(serde_json::from_slice(&answer.payload).map(|Pong { name }| name));
        }
        Ok(names)
    }
}
