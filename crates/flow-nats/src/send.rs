//! Sends a message on a subject that others listen on, whether or not a stream stores it.

use std::time::Duration;

use async_nats::{HeaderMap, HeaderValue};
use bytes::Bytes;
use wirefold_flow::{BusError, check_subject};

use crate::Shared;
use crate::headers::ID;
use crate::publish::acknowledged;

/// A stream acknowledges sooner; who listens without one says nothing.
const GRACE: Duration = Duration::from_secs(2);

impl Shared {
    /// Publishes with an id. A stream that keeps the subject says so and drops doubles; where there is none,
    /// somebody must listen.
    pub(crate) async fn send_with_id(
        &self,
        subject: &str,
        id: &str,
        body: Bytes,
    ) -> Result<(), BusError> {
        check_subject(subject)?;
        let bad = |_| BusError::BadName { what: "message id", name: id.to_owned() };
        let id: HeaderValue = id.parse().map_err(bad)?;
        let mut headers = HeaderMap::new();
        headers.insert(ID, id);
        self.link.connected().await?;
        let mark = self.link.refusals();
        let asked = self.link.ask_at_once(subject, Some(headers), body, mark);
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
