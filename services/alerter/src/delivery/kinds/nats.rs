//! A channel to a subject of a NATS server: the JSON of a webhook, with an id by which the server drops duplicates.
//!
//! Comes in: a message. Goes out: whether the server took it. It never connects itself.

use wirefold_flow::check_subject;

use crate::delivery::{Sent, ToSend};
use crate::settings::Subjects;

/// Subjects of wirefold and of the server. A message there would be taken for one of theirs, or for a
/// command.
const RESERVED: [&str; 4] = ["wirefold", "$JS", "$SYS", "$KV"];

/// A subject of a NATS server: the JSON of a webhook.
#[derive(Debug, Clone)]
pub struct NatsTarget {
    /// The subject, such as `news.alerts`.
    pub subject: String,
}

impl NatsTarget {
    /// Whether the subject can be published on.
    pub(super) fn check(&self) -> Result<(), String> {
        check_subject(&self.subject).map_err(|error| error.to_string())?;
        let first = self.subject.split('.').next().unwrap_or_default();
        match RESERVED.contains(&first) {
            true => {
                Err(format!("subjects that begin with {first}. are wirefold's or the server's own"))
            }
            false => Ok(()),
        }
    }

    pub(in crate::delivery) async fn send(
        &self,
        subjects: &dyn Subjects,
        delivery: &str,
        message: &ToSend<'_>,
    ) -> Sent {
        let (id, json) = (message.id(), message.json()?);
        subjects.publish(delivery, &self.subject, &id, json).await.map(|()| None)
    }
}
