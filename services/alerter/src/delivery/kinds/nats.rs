//! A channel to a subject of a NATS server: the JSON of a webhook, with an id by which the server drops duplicates.
//!
//! Comes in: a message. Goes out: whether the server took it. It never connects itself.

use std::sync::Arc;

use wirefold_flow::{BoxFuture, check_subject};

use crate::delivery::{Channel, Failure, Opening, Sent, Target, ToSend};
use crate::error::AlerterError;
use crate::settings::{NotPublished, Subjects};

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

impl Channel for Nats {
    fn send<'a>(&'a self, message: ToSend<'a>) -> BoxFuture<'a, Sent> {
        Box::pin(async move {
            let (id, body) = (message.id(), message.json()?);
            let published = self.subjects.publish(&self.delivery, &self.subject, &id, body).await;
            published.map(|()| None).map_err(|error| match error {
                NotPublished::Later(why) => Failure::later(why),
                NotPublished::Never(why) => Failure::never(why),
            })
        })
    }
}
