//! An inbox for the answers to numbered requests to JetStream. The subject of each answer ends with the
//! number of its request.

use async_nats::{Message, Subscriber};
use futures_util::StreamExt as _;
use serde_json::Value;
use wirefold_flow::BusError;

use crate::link::{Link, closed};

pub(crate) struct Inbox {
    name: String,
    answers: Subscriber,
}

impl Inbox {
    pub(crate) async fn open(link: &Link) -> Result<Self, BusError> {
        let name = link.client.new_inbox();
        let answers = link.client.subscribe(format!("{name}.*")).await.map_err(|_| closed())?;
        Ok(Self { name, answers })
    }

    /// Sends a request whose answers come to this inbox.
    pub(crate) async fn request(
        &self,
        link: &Link,
        subject: &str,
        number: u64,
        request: &Value,
    ) -> Result<(), BusError> {
        let reply = format!("{}.{number}", self.name);
        let body = request.to_string().into();
        let sent = link.client.publish_with_reply(subject.to_owned(), reply, body);
        sent.await.map_err(|_| closed())
    }

    /// The next answer; `None` once the connection is closed. The future may be dropped.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        self.answers.next().await
    }
}

/// The number of the request that a message answers.
pub(crate) fn request_number(answer: &Message) -> Option<u64> {
    answer.subject.rsplit('.').next()?.parse().ok()
}
