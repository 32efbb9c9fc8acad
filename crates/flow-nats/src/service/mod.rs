//! Services that others ask over the same server: the protocol behind `nats micro`, which is ADR-32 of NATS.
//!
//! Comes in: a service with its endpoints, and requests of others. Goes out: the answers of the endpoints, and what is
//! asked of every service. It never knows what an endpoint answers.
//!
//! Each instance answers PING, INFO and STATS, and requests to its endpoints. By hand, as JetStream's
//! requests are, because the layer of the client leaves things out that are asked here: it sends a
//! refusal without a body, takes any number of requests at once, drops what it has in hand when it
//! stops, and its STATS lack the metadata.

mod discovery;
mod present;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_nats::{HeaderMap, Message, Subject};
use bytes::Bytes;
use futures_util::stream::{FuturesUnordered, SelectAll};
use futures_util::{Stream, StreamExt as _};
use serde_json::Value;
use tokio::time::{Instant, timeout};
use tracing::debug;
use wirefold_flow::{BoxFuture, BusError};

use crate::link::closed;
use crate::{NatsBus, Shared};
use discovery::{Counts, Verb};

/// Instances of a service share the requests to an endpoint as members of this group.
const GROUP: &str = "q";
/// Requests to endpoints in hand at once; more are refused.
const AT_ONCE: usize = 16;
/// Questions about the service itself in hand at once; more are left unanswered.
const DISCOVERIES_AT_ONCE: usize = 32;
/// How long an answer may take. The server lets a role answer a request within a minute.
const ANSWER_WITHIN: Duration = Duration::from_secs(50);

/// A service, of which this process is to be an instance.
pub struct Service {
    /// Its name: letters, digits, `-` and `_`.
    pub name: String,
    /// The release, such as `0.1.0`.
    pub version: String,
    /// What it is, for people.
    pub about: String,
    /// What can be asked of it.
    pub endpoints: Vec<Endpoint>,
}

/// A subject on which a service answers.
pub struct Endpoint {
    /// Its name.
    pub name: &'static str,
    /// Where it is asked.
    pub subject: String,
    /// Who answers.
    pub answering: Arc<dyn Answering>,
}

/// Answers the requests of an endpoint.
pub trait Answering: Send + Sync {
    /// The answer to a request.
    fn answer(&self, asked: Bytes) -> BoxFuture<'_, Result<Bytes, Denied>>;

    /// What else is told of the endpoint where somebody asks for its numbers.
    fn data(&self) -> BoxFuture<'_, Option<Value>> {
        Box::pin(async { None })
    }
}

/// A request that is not answered as asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    /// As of HTTP.
    pub code: u16,
    /// Why, in one line.
    pub why: String,
    /// All there is to say, such as a problem in JSON; may be empty.
    pub body: Bytes,
}

impl Denied {
    fn new(code: u16, why: impl Into<String>) -> Self {
        Self { code, why: why.into(), body: Bytes::new() }
    }
}

/// What a message asks for.
#[derive(Clone, Copy)]
enum RequestKind {
    Discovery(Verb),
    Endpoint(usize),
}

/// An instance.
struct Running<'a> {
    shared: &'a Shared,
    service: Service,
    /// Since when, as its STATS say.
    started: String,
    /// Of each endpoint.
    counts: Vec<Mutex<Counts>>,
}

impl NatsBus {
    /// Asks an endpoint of a service.
    ///
    /// # Errors
    /// Whatever the server says. A refusal of the service's own is the answer, also where no
    /// instance of it runs.
    pub async fn ask(&self, subject: &str, body: Bytes) -> Result<Result<Bytes, Denied>, BusError> {
        match self.0.link.ask(subject, None, body).await? {
            Some(answer) => Ok(discovery::answer(answer)),
            None => Ok(Err(Denied::new(503, format!("nobody answers at {subject}")))),
        }
    }

    /// Answers as a service until told to stop; then finishes what it has in hand. Its id is that of
    /// this connection, which is part of the names of its readers.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] where the connection was closed.
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
        let id = &self.shared.life;
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

    /// Answers what is asked of every service.
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
        let answering = &self.service.endpoints[at].answering;
        let answer = match is_busy {
            true => Err(Denied::new(503, "too many requests at once: try again in a moment")),
            false => {
                let answered = timeout(ANSWER_WITHIN, answering.answer(asked)).await;
                answered.unwrap_or_else(|_| {
                    Err(Denied::new(503, "the answer took too long: try again in a moment"))
                })
            }
        };
        let most = self.shared.link.client.max_payload();
        let answer = answer.and_then(|body| match body.len() <= most {
            true => Ok(body),
            false => Err(Denied::new(
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

    /// Nobody is told where an answer cannot be sent: the one who asked waits for it no longer than
    /// for one that was lost.
    async fn send(&self, reply: Subject, headers: HeaderMap, body: Bytes) {
        let client = &self.shared.link.client;
        if let Err(error) = client.publish_with_headers(reply, headers, body).await {
            debug!(%error, service = self.service.name, "an answer could not be sent");
        }
    }
}
