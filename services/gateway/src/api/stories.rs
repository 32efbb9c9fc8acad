//! Stories and events, with their statements and corrections, and the commands that regroup them.

use std::hash::{DefaultHasher, Hasher as _};
use std::time::Duration;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use wirefold_envelope::Sender;
use wirefold_proto::{
    ArticleId, Command, CommandOutcome, ControlCommand, EventId, OutputCommand, StoryId, Tag,
    Target,
};

use crate::api::openapi::{Description, Output};
use crate::api::request::{Id, JsonBody, Path, Query, unknown};
use crate::api::{Access, Answer, Api, ApiResult, Refusal};
use crate::projection::{EventQuery, Paging, RowId, StoryQuery};
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
    Id(id): Id<StoryId>,
    Query(page): Query<Paging>,
) -> Answer<Story> {
    let story = api.app.projection.story(id, page).await?;
    story.map(Json).ok_or_else(|| unknown::<StoryId>(&id))
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
    Id(id): Id<EventId>,
    Query(page): Query<Paging>,
) -> Answer<Event> {
    let event = api.app.projection.event(id, page).await?;
    let event = event.ok_or_else(|| unknown::<EventId>(&id))?;
    let acknowledgement = api.app.acknowledgement(Target::Event(id)).await?;
    Ok(Json(Event { acknowledgement, ..event }))
}

pub(super) async fn statements_of_event(api: Api, Id(event): Id<EventId>) -> Answer<Statements> {
    statements::of_event(&api.app, event).await.map(Json)
}

pub(super) async fn statements_of_story(api: Api, Id(id): Id<StoryId>) -> Answer<Statements> {
    let event = api.app.story_brief(id).await?.event;
    Ok(Json(statements::of_story(statements::of_event(&api.app, event).await?, id)))
}

pub(super) async fn corrections_of_event(api: Api, Id(event): Id<EventId>) -> Answer<Corrections> {
    corrections::of_event(&api.app, event).await.map(Json)
}

pub(super) async fn corrections_of_story(api: Api, Id(id): Id<StoryId>) -> Answer<Corrections> {
    let event = api.app.story_brief(id).await?.event;
    Ok(Json(corrections::of_story(corrections::of_event(&api.app, event).await?, id)))
}

pub(super) async fn split(
    api: Api,
    Id(story): Id<StoryId>,
    JsonBody(wanted): JsonBody<TakenOut>,
) -> ApiResult<Regrouped> {
    let articles = api.app.resolve_fields("articles", &wanted.articles).await?;
    api.regroup(Command::Split { story, articles }).await
}

/// Merges another story or event into this one.
pub(super) async fn merge<I: RowId + Into<Target>>(
    api: Api,
    Id(into): Id<I>,
    JsonBody(wanted): JsonBody<OtherOfSort>,
) -> ApiResult<Regrouped> {
    let from: I = api.app.resolve_field("from", &wanted.from).await?;
    api.regroup(Command::Merge { into: into.into(), from: from.into() }).await
}

pub(super) async fn prefer(
    api: Api,
    Id(story): Id<StoryId>,
    JsonBody(PreferredOutlet { outlet }): JsonBody<PreferredOutlet>,
) -> ApiResult<Regrouped> {
    api.regroup(Command::Prefer { story, outlet }).await
}

pub(super) async fn move_story(
    api: Api,
    Id(story): Id<StoryId>,
    JsonBody(wanted): JsonBody<MovedStory>,
) -> ApiResult<Regrouped> {
    api.move_story(story, &wanted).await
}

pub(super) async fn not_the_same(
    api: Api,
    Id(one): Id<ArticleId>,
    JsonBody(wanted): JsonBody<OtherArticle>,
) -> ApiResult<Regrouped> {
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
        story: StoryId,
        wanted: &MovedStory,
    ) -> ApiResult<Regrouped> {
        let with = self.app.resolve_fields("with", &wanted.with).await?;
        let Some(into) = &wanted.into else {
            return self.regroup(Command::Move { story, with }).await;
        };
        let into = self.app.resolve_field("into", into).await?;
        let old = self.app.story_brief(story).await?.event;
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
