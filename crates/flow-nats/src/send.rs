//! Sends a message once on a subject of another program.

use std::time::Duration;

use async_nats::{HeaderMap, HeaderValue};
use bytes::Bytes;
use wirefold_flow::{BusError, check_subject};

use crate::NatsBus;
use crate::headers::ID;
use crate::publish::parse_acknowledgement;

/// The longest wait for the acknowledgement of a stream. Listeners without a stream send none.
const GRACE: Duration = Duration::from_secs(2);

impl NatsBus {
    /// Publishes a message with `id` in `Nats-Msg-Id`. If a stream has the subject, it stores the message
    /// unless it has the id already. Without a stream, only programs that listen now get the message.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] if nobody listens and no stream has the subject,
    /// [`BusError::NotAllowed`] if this user may not, or another error of the server.
    pub async fn send(&self, subject: &str, id: &str, body: Bytes) -> Result<(), BusError> {
        check_subject(subject)?;
        let bad = |_| BusError::BadName { what: "message id", name: id.to_owned() };
        let id: HeaderValue = id.parse().map_err(bad)?;
        let mut headers = HeaderMap::new();
        headers.insert(ID, id);
        self.0.link.connected().await?;
        let mark = self.0.link.refusals();
        let request = self.0.link.request_at_once(subject, Some(headers), body, mark);
        let Ok(answer) = tokio::time::timeout(GRACE, request).await else {
            // It was not refused and the connection is up, so the listeners have it.
            return Ok(());
        };
        let Some(answer) = answer? else {
            let why = format!("{subject}: nobody listens, and no stream keeps it");
            return Err(BusError::Unavailable(why));
        };
        // A listener may answer anything. Only the acknowledgement of a stream counts.
        match parse_acknowledgement(subject, &answer.payload) {
            Ok(stored) => match stored.error {
                Some(failure) => Err(failure.of_stream(subject)),
                None => Ok(()),
            },
            Err(_) => Ok(()),
        }
    }
}
