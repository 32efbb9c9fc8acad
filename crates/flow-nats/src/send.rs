//! Sends a message on a subject that others listen on.
//!
//! Comes in: a subject, an id and a body. Goes out: whether a stream stored the message or somebody listens. It never sends
//! twice.

use std::time::Duration;

use async_nats::{HeaderMap, HeaderValue};
use bytes::Bytes;
use wirefold_flow::{BusError, check_subject};

use crate::NatsBus;
use crate::headers::ID;
use crate::publish::acknowledged;

/// A stream acknowledges sooner; who listens without one says nothing.
const GRACE: Duration = Duration::from_secs(2);

impl NatsBus {
    /// Publishes for whoever listens, with `id` in `Nats-Msg-Id`. A stream that keeps the subject stores it, and
    /// drops it where it has the id already; whoever listens without one must be there now.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] where nobody listens and no stream keeps it,
    /// [`BusError::NotAllowed`] where this user may not, or whatever the server says.
    pub async fn send(&self, subject: &str, id: &str, body: Bytes) -> Result<(), BusError> {
        check_subject(subject)?;
        let bad = |_| BusError::BadName { what: "message id", name: id.to_owned() };
        let id: HeaderValue = id.parse().map_err(bad)?;
        let mut headers = HeaderMap::new();
        headers.insert(ID, id);
        self.0.link.connected().await?;
        let mark = self.0.link.refusals();
        let asked = self.0.link.ask_at_once(subject, Some(headers), body, mark);
        let Ok(answer) = tokio::time::timeout(GRACE, asked).await else {
            // Nobody refused it, the connection stands, and whoever listens has it.
            return Ok(());
        };
        let Some(answer) = answer? else {
            let why = format!("{subject}: nobody listens, and no stream keeps it");
            return Err(BusError::Unavailable(why));
        };
        // A listener may answer anything: only a stream's words are read.
        match acknowledged(subject, &answer.payload) {
            Ok(stored) => match stored.error {
                Some(failure) => Err(failure.of_stream(subject)),
                None => Ok(()),
            },
            Err(_) => Ok(()),
        }
    }
}
