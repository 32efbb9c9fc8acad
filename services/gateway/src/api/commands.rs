//! Commands of people, on their way to `WF_CONTROL`.

use std::hash::{DefaultHasher, Hasher as _};

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use wirefold_envelope::Sender;
use wirefold_proto::{Command, ControlCommand, Tag};

use super::asked::answer;
use super::{Api, Handled, Refusal};
use crate::gateway::Access;
use crate::shapes::Accepted;

/// The gateway, as messages name it.
pub(super) const SENDER: Sender = Sender { source: "/wirefold/gateway" };

impl Api {
    /// Stores a command; once this returns it will be carried out.
    pub(super) async fn command(&self, command: Command) -> Handled<Response> {
        let at = self.inner.now();
        let by = match self.access {
            Access::Network => "api",
            Access::Socket => "cli",
        };
        let id = id_of(&command, at.as_millisecond())?;
        let command = ControlCommand { schema: Tag::new(), id, at, by: by.to_owned(), command };
        let message = SENDER
            .outgoing(&command, at, None)
            .map_err(|error| Refusal::too_large(error.to_string()))?;
        self.inner.bus.publish(message).await?;
        tracing::debug!(id = command.id, by, "command stored");
        let accepted = answer(&Accepted { schema: Tag::new(), command })?;
        Ok((StatusCode::ACCEPTED, accepted).into_response())
    }
}

/// The same for the same command in the same millisecond.
fn id_of(command: &Command, millis: i64) -> Handled<String> {
    let body = serde_json::to_vec(command).map_err(|error| Refusal::failed(error.to_string()))?;
    let mut hasher = DefaultHasher::new();
    hasher.write(&body);
    Ok(format!("{millis}-{}-{:016x}", command.verb().as_str(), hasher.finish()))
}
