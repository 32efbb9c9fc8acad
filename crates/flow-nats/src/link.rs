//! The connection to the broker: requests and answers, refused permissions, and losses of the
//! connection. It never repeats a request.

use std::sync::Arc;
use std::time::Duration;

use async_nats::{Client, Event, HeaderMap, Message, Request, RequestErrorKind, ServerError};
use bytes::Bytes;
use tokio::sync::watch;
use tracing::{error, info, warn};
use wirefold_flow::BusError;

use crate::metrics::{CONNECTIONS, REFUSALS, SLOW_CONSUMERS};
use crate::refusals::{Refusal, Refusals};

/// Whether there is a connection, and how often it was lost.
#[derive(Debug, Clone, Copy)]
struct State {
    connected: bool,
    losses: u64,
}

/// Receives the events of the client's connection.
#[derive(Clone)]
pub(crate) struct Watch {
    state: Arc<watch::Sender<State>>,
    refusals: Arc<Refusals>,
    server: Arc<str>,
}

impl Watch {
    pub(crate) fn new(server: &str) -> Self {
        // Read only after the first connection.
        let state = Arc::new(watch::Sender::new(State { connected: true, losses: 0 }));
        Self { state, refusals: Arc::default(), server: server.into() }
    }

    /// Handles an event of the connection.
    pub(crate) fn observe(&self, event: &Event) {
        let server = &*self.server;
        match event {
            Event::Connected => {
                CONNECTIONS.add(1, &[]);
                info!(server, "connected to the broker");
                self.state.send_modify(|state| state.connected = true);
            }
            Event::Disconnected | Event::Closed => {
                match event {
                    Event::Closed => info!(server, "the connection to the broker is closed"),
                    _ => warn!(server, "the connection to the broker is lost, trying again"),
                }
                self.state.send_modify(|state| {
                    state.connected = false;
                    state.losses += 1;
                });
            }
            Event::SlowConsumer(subscription) => {
                SLOW_CONSUMERS.add(1, &[]);
                warn!(
                    server,
                    subscription, "messages were dropped because nobody read them in time"
                );
            }
            Event::ServerError(ServerError::Other(text)) => match Refusal::parse(text) {
                Some(refusal) => {
                    REFUSALS.add(1, &[]);
                    error!(server, "{text}: correct the permissions of this role on the server");
                    self.refusals.add(refusal);
                }
                None => warn!(server, error = text, "the broker complains"),
            },
            other => warn!(server, event = %other, "the connection to the broker reports an event"),
        }
    }
}

/// The error of a closed connection.
pub(crate) fn closed() -> BusError {
    BusError::Unavailable("the connection is closed".to_owned())
}

/// A connection. The client connects again whenever it is lost.
pub(crate) struct Link {
    pub(crate) client: Client,
    pub(crate) watch: Watch,
    pub(crate) user: String,
    /// The prefix of its inboxes.
    pub(crate) inboxes: String,
    pub(crate) answer_within: Duration,
}

impl Link {
    /// A unique token: the last one of a new inbox.
    pub(crate) fn unique_token(&self) -> String {
        let inbox = self.client.new_inbox();
        inbox.rsplit('.').next().unwrap_or(&inbox).to_owned()
    }

    /// How often the connection was lost.
    pub(crate) fn losses(&self) -> u64 {
        self.watch.state.borrow().losses
    }

    /// Returns once the number of losses differs from `losses`.
    pub(crate) async fn lost_since(&self, losses: u64) {
        let mut state = self.watch.state.subscribe();
        // The sender lives as long as `self`.
        let _ = state.wait_for(|state| state.losses != losses).await;
    }

    /// Waits for a connection.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] if there is none in time.
    pub(crate) async fn connected(&self) -> Result<(), BusError> {
        let mut state = self.watch.state.subscribe();
        let connected = state.wait_for(|state| state.connected);
        match tokio::time::timeout(self.answer_within, connected).await {
            Ok(_) => Ok(()),
            Err(_) => {
                let server = &self.watch.server;
                Err(BusError::Unavailable(format!("there is no connection to {server}")))
            }
        }
    }

    /// The cluster of the server, if it is part of one.
    pub(crate) fn cluster(&self) -> Option<String> {
        self.client.server_info().cluster
    }

    /// The error for a publish without an answer: no stream has the subject. In a cluster, the stream may
    /// have no leader now because the server that led it has died.
    pub(crate) fn nobody_stores(&self, subject: &str) -> BusError {
        match self.cluster() {
            Some(cluster) => BusError::Unavailable(format!(
                "{subject}: no server of the cluster {cluster} stores it now"
            )),
            None => BusError::NoStreamFor(subject.to_owned()),
        }
    }

    /// The number of refusals so far.
    pub(crate) fn refusals(&self) -> u64 {
        self.watch.refusals.mark()
    }

    /// Returns once the server has refused a publish on this subject, or a subscription to this process's
    /// inboxes.
    pub(crate) async fn refused(&self, mark: u64, subject: &str) -> BusError {
        let refusal = self.watch.refusals.wait_for(mark, |refusal| self.concerns(refusal, subject));
        refusal.await.into_error(&self.user)
    }

    /// The refusal of an acknowledgement by this reader since `mark`, if there was one.
    pub(crate) fn refused_ack(&self, mark: u64, reader: &str) -> Option<BusError> {
        let is_ack = |refusal: &Refusal| {
            refusal.subject.starts_with("$JS.ACK.") && refusal.subject.contains(reader)
        };
        Some(self.watch.refusals.since(mark, is_ack)?.into_error(&self.user))
    }

    /// Whether exactly this publish or subscription was refused since `mark`.
    pub(crate) fn was_refused(&self, mark: u64, publish: bool, subject: &str) -> bool {
        let is_it = |refusal: &Refusal| refusal.publish == publish && refusal.subject == subject;
        self.watch.refusals.since(mark, is_it).is_some()
    }

    fn concerns(&self, refusal: &Refusal, subject: &str) -> bool {
        if refusal.publish {
            refusal.subject == subject
        } else {
            refusal.subject.starts_with(&self.inboxes)
        }
    }

    /// Sends a request and returns the answer; `None` if nobody listens on this subject.
    pub(crate) async fn request(
        &self,
        subject: &str,
        headers: Option<HeaderMap>,
        body: Bytes,
    ) -> Result<Option<Message>, BusError> {
        self.connected().await?;
        self.request_at_once(subject, headers, body, self.refusals()).await
    }

    /// Sends a request without waiting for a connection. `mark` is the number of refusals before all that belongs to it.
    pub(crate) async fn request_at_once(
        &self,
        subject: &str,
        headers: Option<HeaderMap>,
        body: Bytes,
        mark: u64,
    ) -> Result<Option<Message>, BusError> {
        let losses = self.losses();
        let size = body.len() as u64;
        let mut request = Request::new().payload(body).timeout(None);
        if let Some(headers) = headers {
            request = request.headers(headers);
        }
        let asked = self.client.send_request(subject.to_owned(), request);
        tokio::select! {
            biased;
            answer = asked => match answer {
                Ok(message) => Ok(Some(message)),
                Err(error) => match error.kind() {
                    RequestErrorKind::NoResponders => Ok(None),
                    RequestErrorKind::MaxPayloadExceeded => {
                        let limit = self.client.max_payload() as u64;
                        Err(BusError::TooLarge { stream: format!("for {subject}"), size, limit })
                    }
                    RequestErrorKind::InvalidSubject => {
                        Err(BusError::BadName { what: "subject", name: subject.to_owned() })
                    }
                    _ => Err(BusError::Unavailable(format!("{subject}: {error}"))),
                },
            },
            error = self.refused(mark, subject) => Err(error),
            () = self.lost_since(losses) => {
                let server = &self.watch.server;
                Err(BusError::Unavailable(format!("{subject}: {server} was lost before it answered")))
            }
            () = tokio::time::sleep(self.answer_within) => {
                let limit = self.answer_within;
                Err(BusError::Unavailable(format!("{subject}: no answer within {limit:?}")))
            }
        }
    }
}
