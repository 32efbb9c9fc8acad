//! Stories and events, with their statements and corrections, and the commands that regroup them.

use std::hash::{DefaultHasher, Hasher as _};
use std::time::Duration;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use wirefold_envelope::Sender;
use wirefold_proto::{Command, CommandOutcome, ControlCommand, OutputCommand, Tag, Target};

use crate::api::openapi::{Description, Output};
use crate::api::request::{IdPrefix, JsonBody, PageQuery, Path, Query};
use crate::api::{Access, Answer, Api, ApiResult, Refusal};
use crate::projection::{EventQuery, StoryQuery};
use crate::shapes::{
    Accepted, Corrections, Decided, Event, EventPage, MovedStory, OtherArticle, OtherOfSort,
    PreferredOutlet, Statements, Story, StoryPage, TakenOut,
};
use crate::{corrections, statements};

pub(super) async fn list_stories(
    api: Api,
    Query(mut query): Query<StoryQuery>,
) -> Answer<StoryPage> {
    let paging = query.take_paging();
    let query = api.app.with_feeds(query).await?;
    Ok(Json(api.app.projection.stories(paging, query).await?))
}

pub(super) async fn one_story(
    api: Api,
    Path(IdPrefix(given)): Path<IdPrefix>,
    Query(page): Query<PageQuery>,
) -> Answer<Story> {
    let id = api.app.resolve_id(&given).await?;
    let story = api.app.projection.story(id, page.paging()).await?;
    Ok(Json(story.ok_or_else(|| Refusal::not_found(format!("no story {given:?}")))?))
}

pub(super) async fn list_events(
    api: Api,
    Query(mut query): Query<EventQuery>,
) -> Answer<EventPage> {
    let paging = query.take_paging();
    let query = api.app.with_feeds(query).await?;
    Ok(Json(api.app.projection.events(paging, query).await?))
}

pub(super) async fn one_event(
    api: Api,
    Path(IdPrefix(given)): Path<IdPrefix>,
    Query(page): Query<PageQuery>,
) -> Answer<Event> {
    let id = api.app.resolve_id(&given).await?;
    let event = api.app.projection.event(id, page.paging()).await?;
    let event = event.ok_or_else(|| Refusal::not_found(format!("no event {given:?}")))?;
    let acknowledgement = api.app.acknowledgement(Target::Event(id)).await?;
    Ok(Json(Event { acknowledgement, ..event }))
}

pub(super) async fn statements_of_event(
    api: Api,
    Path(IdPrefix(given)): Path<IdPrefix>,
) -> Answer<Statements> {
    let event = api.app.resolve_id(&given).await?;
    Ok(Json(statements::of_event(&api.app, event).await?))
}

pub(super) async fn statements_of_story(
    api: Api,
    Path(IdPrefix(given)): Path<IdPrefix>,
) -> Answer<Statements> {
    let story = api.app.story_brief(&given).await?;
    let statements = statements::of_event(&api.app, story.event).await?;
    Ok(Json(statements::of_story(statements, story.id)))
}

pub(super) async fn corrections_of_event(
    api: Api,
    Path(IdPrefix(given)): Path<IdPrefix>,
) -> Answer<Corrections> {
    Ok(Json(corrections::of_event(&api.app, api.app.resolve_id(&given).await?).await?))
}

pub(super) async fn corrections_of_story(
    api: Api,
    Path(IdPrefix(given)): Path<IdPrefix>,
) -> Answer<Corrections> {
    let story = api.app.story_brief(&given).await?;
    let corrections = corrections::of_event(&api.app, story.event).await?;
    Ok(Json(corrections::of_story(corrections, story.id)))
}

pub(super) async fn split(
    api: Api,
    Path(IdPrefix(given)): Path<IdPrefix>,
    JsonBody(wanted): JsonBody<TakenOut>,
) -> ApiResult<Regrouped> {
    let story = api.app.resolve_id(&given).await?;
    let mut articles = Vec::with_capacity(wanted.articles.len());
    for article in &wanted.articles {
        articles.push(api.app.resolve_field("articles", article).await?);
    }
    api.regroup(Command::Split { story, articles }).await
}

pub(super) async fn merge_stories(
    api: Api,
    Path(IdPrefix(given)): Path<IdPrefix>,
    JsonBody(wanted): JsonBody<OtherOfSort>,
) -> ApiResult<Regrouped> {
    let into = Target::Story(api.app.resolve_id(&given).await?);
    let from = Target::Story(api.app.resolve_field("from", &wanted.from).await?);
    api.regroup(Command::Merge { into, from }).await
}

pub(super) async fn merge_events(
    api: Api,
    Path(IdPrefix(given)): Path<IdPrefix>,
    JsonBody(wanted): JsonBody<OtherOfSort>,
) -> ApiResult<Regrouped> {
    let into = Target::Event(api.app.resolve_id(&given).await?);
    let from = Target::Event(api.app.resolve_field("from", &wanted.from).await?);
    api.regroup(Command::Merge { into, from }).await
}

pub(super) async fn prefer(
    api: Api,
    Path(IdPrefix(given)): Path<IdPrefix>,
    JsonBody(wanted): JsonBody<PreferredOutlet>,
) -> ApiResult<Regrouped> {
    let story = api.app.resolve_id(&given).await?;
    api.regroup(Command::Prefer { story, outlet: wanted.outlet }).await
}

pub(super) async fn move_story(
    api: Api,
    Path(IdPrefix(given)): Path<IdPrefix>,
    JsonBody(wanted): JsonBody<MovedStory>,
) -> ApiResult<Regrouped> {
    api.move_story(&given, &wanted).await
}

pub(super) async fn not_the_same(
    api: Api,
    Path(IdPrefix(given)): Path<IdPrefix>,
    JsonBody(wanted): JsonBody<OtherArticle>,
) -> ApiResult<Regrouped> {
    let one = api.app.resolve_id(&given).await?;
    let other = api.app.resolve_field("other", &wanted.other).await?;
    api.regroup(Command::NotTheSame { one, other }).await
}

/// The name of the gateway in messages.
pub(crate) const SENDER: Sender = Sender { source: "/wirefold/gateway" };

/// How long to wait for the decision on a command. With a running detector it takes a moment.
const DECIDED_TIME: Duration = Duration::from_secs(20);

/// `commands/{id}`: the outcome of a command.
pub(super) async fn one_command(api: Api, Path(id): Path<String>) -> Answer<Decided> {
    let decided = api.app.projection.command(id.clone()).await?;
    let unknown = || Refusal::not_found(format!("there is no outcome of a command {id:?}"));
    Ok(Json(Decided::from(decided.ok_or_else(unknown)?)))
}

impl Api {
    /// Stores a command about stories, and waits for its outcome, at most for [`DECIDED_TIME`].
    pub(crate) async fn regroup(&self, command: Command) -> ApiResult<Regrouped> {
        let accepted = self.command(command).await?;
        let decided = self.outcome(&accepted.command.id).await?;
        match decided.as_ref().map(|decided| &decided.outcome) {
            Some(CommandOutcome::Refused { reason }) => Err(Refusal::refused(reason.clone())),
            _ => Ok(Regrouped { accepted, decided }),
        }
    }

    /// Takes a story out of its event, and joins it with the other event if one is named.
    pub(crate) async fn move_story(
        &self,
        given: &str,
        wanted: &MovedStory,
    ) -> ApiResult<Regrouped> {
        let story = self.app.resolve_id(given).await?;
        let mut with = Vec::with_capacity(wanted.with.len());
        for other in &wanted.with {
            with.push(self.app.resolve_field("with", other).await?);
        }
        let Some(into) = &wanted.into else {
            return self.regroup(Command::Move { story, with }).await;
        };
        let into = self.app.resolve_field("into", into).await?;
        let old = self.app.story_brief(given).await?.event;
        if into == old {
            return Err(Refusal::refused(format!("story {story} is in event {into} already")));
        }
        let event = match self.regroup(Command::Move { story, with }).await {
            Ok(Regrouped { decided: Some(moved), .. }) => {
                moved.stories.first().map_or(old, |it| it.event)
            }
            Ok(undecided) => return Ok(undecided),
            // Nothing else is in its event, which moves as a whole.
            Err(refusal) if refusal.is_by_detector() => old,
            Err(refusal) => return Err(refusal),
        };
        let (into, from) = (Target::Event(into), Target::Event(event));
        self.regroup(Command::Merge { into, from }).await
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
    pub(crate) async fn command(&self, command: Command) -> ApiResult<Accepted> {
        let at = self.app.now();
        let by = match (self.holder.0.as_deref(), self.access) {
            (Some(name), _) => name,
            (None, Access::Network) => "api",
            (None, Access::Socket) => "cli",
        };
        let id = id_of(&command, at.as_millisecond())?;
        let command = ControlCommand { schema: Tag::new(), id, at, by: by.to_owned(), command };
        let message =
            SENDER.outgoing(&command, at).map_err(|error| Refusal::too_large(error.to_string()))?;
        self.app.bus.publish(message).await?;
        tracing::debug!(id = command.id, by, "command stored");
        Ok(Accepted { schema: Tag::new(), command })
    }
}

impl IntoResponse for Accepted {
    fn into_response(self) -> Response {
        (StatusCode::ACCEPTED, Json(self)).into_response()
    }
}

impl Output for Accepted {
    fn describe(to: &mut Description<'_>) {
        let schema = to.schemas.subschema_for::<Self>();
        to.answer(StatusCode::ACCEPTED, "application/json", schema);
    }
}

/// A stored command about stories, and its outcome if it came in time.
pub(crate) struct Regrouped {
    pub(crate) accepted: Accepted,
    decided: Option<OutputCommand>,
}

impl IntoResponse for Regrouped {
    fn into_response(self) -> Response {
        match self.decided {
            Some(decided) => Json(Decided::from(decided)).into_response(),
            None => self.accepted.into_response(),
        }
    }
}

impl Output for Regrouped {
    fn describe(to: &mut Description<'_>) {
        Json::<Decided>::describe(to);
        Accepted::describe(to);
    }
}

/// The id of a command: the same for the same command in the same millisecond.
fn id_of(command: &Command, millis: i64) -> ApiResult<String> {
    let body = serde_json::to_vec(command).map_err(|error| Refusal::failed(error.to_string()))?;
    let mut hasher = DefaultHasher::new();
    hasher.write(&body);
    Ok(format!("{millis}-{}-{:016x}", command.verb(), hasher.finish()))
}
