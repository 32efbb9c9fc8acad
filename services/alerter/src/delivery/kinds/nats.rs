//! A channel to a subject of a NATS server: the JSON of a webhook, with an id by which the server drops duplicates.
//!
//! Comes in: a message. Goes out: whether the server took it. It never connects itself.

use std::sync::Arc;

use wirefold_flow::{BoxFuture, check_subject};
use wirefold_proto::Published as _;

use crate::delivery::channel::{json_of, json_of_notice};
use crate::delivery::{Channel, Failure, Notice, Opening, Sent, Target};
use crate::error::AlerterError;
use crate::settings::{NotPublished, Subjects};
use crate::text::Message;

/// Subjects of wirefold and of the server. A message there would be taken for one of theirs, or for a
/// command.
const RESERVED: [&str; 4] = ["wirefold", "$JS", "$SYS", "$KV"];

/// A subject of a NATS server: the JSON of a webhook.
#[derive(Debug, Clone)]
pub struct NatsTarget {
    /// The subject, such as `news.alerts`.
    pub subject: String,
}

impl Target for NatsTarget {
    fn is_read_by_programs(&self) -> bool {
        true
    }

    fn check(&self) -> Result<(), String> {
        check(&self.subject)
    }

    fn open(&self, opening: &mut Opening<'_>) -> Result<Box<dyn Channel>, AlerterError> {
        self.check().map_err(|why| opening.refuse(why))?;
        let subjects = opening.subjects()?;
        let (delivery, subject) = (opening.name.to_owned(), self.subject.clone());
        Ok(Box::new(Nats { delivery, subject, subjects }))
    }
}

/// Whether a subject can be published on.
fn check(subject: &str) -> Result<(), String> {
    check_subject(subject).map_err(|error| error.to_string())?;
    let first = subject.split('.').next().unwrap_or_default();
    if RESERVED.contains(&first) {
        return Err(format!(
            "subjects that begin with {first}. are wirefold's or the server's own"
        ));
    }
    Ok(())
}

struct Nats {
    delivery: String,
    subject: String,
    subjects: Arc<dyn Subjects>,
}

impl Nats {
    async fn publish(&self, id: &str, body: Vec<u8>) -> Result<(), Failure> {
        let published = self.subjects.publish(&self.delivery, &self.subject, id, body).await;
        published.map_err(|error| match error {
            NotPublished::Later(why) => Failure::later(why),
            NotPublished::Never(why) => Failure::never(why),
        })
    }
}

impl Channel for Nats {
    fn send<'a>(&'a self, message: Message<'a>) -> BoxFuture<'a, Sent> {
        Box::pin(async move {
            let body = json_of(&message)?;
            self.publish(&message.alert.message_id(), body).await.map(|()| None)
        })
    }

    fn send_notice<'a>(&'a self, notice: Notice<'a>) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move { self.publish(notice.id, json_of_notice(&notice)?).await })
    }
}
