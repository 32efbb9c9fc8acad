//! Stories and events, with their statements and corrections, and the commands that regroup them.

use std::hash::{DefaultHasher, Hasher as _};
use std::time::Duration;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;
use wirefold_envelope::Sender;
use wirefold_proto::{Command, CommandOutcome, ControlCommand, OutputCommand, Tag, Target};

use crate::api::request::{PageQuery, QueryParameters, answer, json_of, paging};
use crate::api::{Access, Api, ApiResult, Refusal, request};
use crate::corrections;
use crate::corrections::CorrectionsError;
use crate::projection::{EventFilter, EventSort, StoryFilter};
use crate::shapes::{Accepted, Decided, OtherArticle, OtherOfSort, PreferredOutlet, TakenOut};

/// The query of a list of stories.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoriesQuery {
    limit: Option<usize>,
    cursor: Option<String>,
    q: Option<String>,
    outlet: Option<String>,
    language: Option<String>,
    since: Option<Timestamp>,
    min_outlets: Option<u32>,
}

pub(super) async fn list_stories(
    State(api): State<Api>,
    QueryParameters(query): QueryParameters<StoriesQuery>,
) -> ApiResult<Response> {
    let paging = paging(query.limit, query.cursor.as_deref())?;
    let filter = StoryFilter {
        words: query.q.filter(|words| !words.trim().is_empty()),
        outlet: query.outlet,
        language: query.language,
        since: query.since,
        min_outlets: query.min_outlets.unwrap_or(0),
    };
    answer(&api.app.projection.stories(paging, filter).await?)
}

pub(super) async fn one_story(
    State(api): State<Api>,
    Path(given): Path<String>,
    QueryParameters(query): QueryParameters<PageQuery>,
) -> ApiResult<Response> {
    let paging = paging(query.limit, query.cursor.as_deref())?;
    let id = request::story_id(&api.app, &given).await?;
    let story = api.app.projection.story(id, paging).await?;
    answer(&story.ok_or_else(|| Refusal::not_found(format!("no story {given:?}")))?)
}

/// The query of a list of events.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventsQuery {
    limit: Option<usize>,
    cursor: Option<String>,
    q: Option<String>,
    subscription: Option<String>,
    outlet: Option<String>,
    language: Option<String>,
    min_outlets: Option<u32>,
    #[serde(default)]
    sort: EventSort,
}

pub(super) async fn list_events(
    State(api): State<Api>,
    QueryParameters(query): QueryParameters<EventsQuery>,
) -> ApiResult<Response> {
    let paging = paging(query.limit, query.cursor.as_deref())?;
    let filter = EventFilter {
        words: query.q.filter(|words| !words.trim().is_empty()),
        subscription: query.subscription,
        outlet: query.outlet,
        language: query.language,
        min_outlets: query.min_outlets.unwrap_or(0),
        sort: query.sort,
    };
    answer(&api.app.projection.events(paging, filter).await?)
}

pub(super) async fn one_event(
    State(api): State<Api>,
    Path(given): Path<String>,
    QueryParameters(query): QueryParameters<PageQuery>,
) -> ApiResult<Response> {
    let paging = paging(query.limit, query.cursor.as_deref())?;
    let id = request::event_id(&api.app, &given).await?;
    let event = api.app.projection.event(id, paging).await?;
    answer(&event.ok_or_else(|| Refusal::not_found(format!("no event {given:?}")))?)
}

pub(super) async fn statements_of_event(
    State(api): State<Api>,
    Path(given): Path<String>,
) -> ApiResult<Response> {
    let id = request::event_id(&api.app, &given).await?;
    answer(&api.app.projection.statements(id).await?)
}

pub(super) async fn statements_of_story(
    State(api): State<Api>,
    Path(given): Path<String>,
) -> ApiResult<Response> {
    let story = request::story_brief(&api.app, &given).await?;
    let statements = api.app.projection.statements(story.event).await?;
    answer(&crate::statements::of_story(statements, story.id))
}

pub(super) async fn corrections_of_event(
    State(api): State<Api>,
    Path(given): Path<String>,
) -> ApiResult<Response> {
    let id = request::event_id(&api.app, &given).await?;
    answer(&corrections::of_event(&api.app, id).await?)
}

pub(super) async fn corrections_of_story(
    State(api): State<Api>,
    Path(given): Path<String>,
) -> ApiResult<Response> {
    let story = request::story_brief(&api.app, &given).await?;
    let corrections = corrections::of_event(&api.app, story.event).await?;
    answer(&corrections::of_story(corrections, story.id))
}

impl From<CorrectionsError> for Refusal {
    fn from(error: CorrectionsError) -> Self {
        match error {
            CorrectionsError::Projection(error) => error.into(),
            CorrectionsError::Bus(error) => error.into(),
            CorrectionsError::Ending => Refusal::failed("the comparison broke off"),
        }
    }
}

/// The most bytes of a command.
const MOST: usize = 128 * 1024;

pub(super) async fn split(
    State(api): State<Api>,
    Path(given): Path<String>,
    request: Request,
) -> ApiResult<Response> {
    let wanted: TakenOut = json_of(request, MOST).await?;
    let story = request::story_id(&api.app, &given).await?;
    let mut articles = Vec::with_capacity(wanted.articles.len());
    for article in &wanted.articles {
        articles.push(request::article_id(&api.app, article).await?);
    }
    api.decided(Command::Split { story, articles }).await
}

pub(super) async fn merge_stories(
    State(api): State<Api>,
    Path(given): Path<String>,
    request: Request,
) -> ApiResult<Response> {
    let wanted: OtherOfSort = json_of(request, MOST).await?;
    let into = Target::Story(request::story_id(&api.app, &given).await?);
    let from = Target::Story(request::story_id(&api.app, &wanted.from).await?);
    api.decided(Command::Merge { into, from }).await
}

pub(super) async fn merge_events(
    State(api): State<Api>,
    Path(given): Path<String>,
    request: Request,
) -> ApiResult<Response> {
    let wanted: OtherOfSort = json_of(request, MOST).await?;
    let into = Target::Event(request::event_id(&api.app, &given).await?);
    let from = Target::Event(request::event_id(&api.app, &wanted.from).await?);
    api.decided(Command::Merge { into, from }).await
}

pub(super) async fn prefer(
    State(api): State<Api>,
    Path(given): Path<String>,
    request: Request,
) -> ApiResult<Response> {
    let PreferredOutlet { outlet } = json_of(request, MOST).await?;
    let story = request::story_id(&api.app, &given).await?;
    api.decided(Command::Prefer { story, outlet }).await
}

pub(super) async fn not_the_same(
    State(api): State<Api>,
    Path(given): Path<String>,
    request: Request,
) -> ApiResult<Response> {
    let wanted: OtherArticle = json_of(request, MOST).await?;
    let one = request::article_id(&api.app, &given).await?;
    let other = request::article_id(&api.app, &wanted.other).await?;
    api.decided(Command::NotTheSame { one, other }).await
}

/// The name of the gateway in messages.
pub(crate) const SENDER: Sender = Sender { source: "/wirefold/gateway" };

/// How long to wait for the decision on a command. With a running detector it takes a moment.
const DECIDED_TIME: Duration = Duration::from_secs(20);

/// `commands/{id}`: the outcome of a command.
pub(super) async fn one_command(
    State(api): State<Api>,
    Path(id): Path<String>,
) -> ApiResult<Response> {
    let decided = api.app.projection.command(id.clone()).await?;
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
        let app = &self.app;
        let patience = app.clock.now().plus(DECIDED_TIME);
        let mut projected = app.projected_sequence.subscribe();
        loop {
            projected.mark_unchanged();
            if let Some(decided) = app.projection.command(id.to_owned()).await? {
                return Ok(Some(decided));
            }
            tokio::select! {
                biased;
                () = app.closing.cancelled() => return Ok(None),
                // The sender lives as long as the gateway, so this cannot fail.
                _ = projected.changed() => {}
                () = app.clock.sleep_until(patience) => return Ok(None),
            }
        }
    }

    /// Stores a command. After this returns, it will be carried out.
    pub(super) async fn command(&self, command: Command) -> ApiResult<Response> {
        accepted(self.store(command).await?)
    }

    /// Stores a command and returns it.
    pub(super) async fn store(&self, command: Command) -> ApiResult<ControlCommand> {
        let at = self.app.now();
        let by = match self.access {
            Access::Network => "api",
            Access::Socket => "cli",
        };
        let id = id_of(&command, at.as_millisecond())?;
        let command = ControlCommand { schema: Tag::new(), id, at, by: by.to_owned(), command };
        let message =
            SENDER.outgoing(&command, at).map_err(|error| Refusal::too_large(error.to_string()))?;
        self.app.bus.publish(message).await?;
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
