//! Sends commands to `WF_CONTROL`, and answers with the outcome of those about stories.

use std::hash::{DefaultHasher, Hasher as _};

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use wirefold_envelope::Sender;
use wirefold_proto::{Command, CommandOutcome, ControlCommand, OutputCommand, Tag};

use super::request::answer;
use super::{Api, ApiResult, Refusal};
use crate::api::Access;
use crate::shapes::{Accepted, Decided};

/// The name of the gateway in messages.
pub(crate) const SENDER: Sender = Sender { source: "/wirefold/gateway" };

/// How long to wait for the decision on a command. With a running detector it takes a moment.
const DECIDED_TIME: Duration = Duration::from_secs(20);

/// `commands/{id}`: the outcome of a command.
pub(super) async fn one(State(api): State<Api>, Path(id): Path<String>) -> ApiResult<Response> {
    let decided = api.inner.projection.command(id.clone()).await?;
    let unknown = || Refusal::not_found(format!("there is no outcome of a command {id:?}"));
    answer(&Decided::from(decided.ok_or_else(unknown)?))
}

impl Api {
    /// Stores a command about stories, and waits for its outcome. After [`DECIDED_TIME`], the answer is
    /// "accepted".
    pub(super) async fn decided(&self, command: Command) -> ApiResult<Response> {
        match self.regroup(command).await? {
            (_, Some(decided)) => answer(&Decided::from(decided)),
            (command, None) => accepted(command),
        }
    }

    /// The same for pages: the stored command, and its outcome if it came in time.
    pub(crate) async fn regroup(
        &self,
        command: Command,
    ) -> ApiResult<(ControlCommand, Option<OutputCommand>)> {
        let command = self.store(command).await?;
        let decided = self.outcome(&command.id).await?;
        match decided.as_ref().map(|decided| &decided.outcome) {
            Some(CommandOutcome::Refused { reason }) => Err(Refusal::refused(reason.clone())),
            _ => Ok((command, decided)),
        }
    }

    /// The outcome of a command once the projection has it; `None` if that takes too long.
    async fn outcome(&self, id: &str) -> ApiResult<Option<OutputCommand>> {
        let inner = &self.inner;
        let patience = inner.clock.now().plus(DECIDED_TIME);
        let mut projected = inner.projected_sequence.subscribe();
        loop {
            projected.mark_unchanged();
            if let Some(decided) = inner.projection.command(id.to_owned()).await? {
                return Ok(Some(decided));
            }
            tokio::select! {
                biased;
                () = inner.closing.cancelled() => return Ok(None),
                // The sender lives as long as the gateway, so this cannot fail.
                _ = projected.changed() => {}
                () = inner.clock.sleep_until(patience) => return Ok(None),
            }
        }
    }

    /// Stores a command. After this returns, it will be carried out.
    pub(super) async fn command(&self, command: Command) -> ApiResult<Response> {
        accepted(self.store(command).await?)
    }

    /// Stores a command and returns it.
    pub(super) async fn store(&self, command: Command) -> ApiResult<ControlCommand> {
        let at = self.inner.now();
        let by = match self.access {
            Access::Network => "api",
            Access::Socket => "cli",
        };
        let id = id_of(&command, at.as_millisecond())?;
        let command = ControlCommand { schema: Tag::new(), id, at, by: by.to_owned(), command };
        let message =
            SENDER.outgoing(&command, at).map_err(|error| Refusal::too_large(error.to_string()))?;
        self.inner.bus.publish(message).await?;
        tracing::debug!(id = command.id, by, "command stored");
        Ok(command)
    }
}

/// The answer to a stored command that is not carried out yet.
pub(super) fn accepted(command: ControlCommand) -> ApiResult<Response> {
    let accepted = answer(&Accepted { schema: Tag::new(), command })?;
    Ok((StatusCode::ACCEPTED, accepted).into_response())
}

/// The id of a command: the same for the same command in the same millisecond.
fn id_of(command: &Command, millis: i64) -> ApiResult<String> {
    let body = serde_json::to_vec(command).map_err(|error| Refusal::failed(error.to_string()))?;
    let mut hasher = DefaultHasher::new();
    hasher.write(&body);
    Ok(format!("{millis}-{}-{:016x}", command.verb(), hasher.finish()))
}
