//! Invented output: articles, stories, events.

use std::time::Duration;

use wirefold_envelope::{timestamp, unix_millis};
use wirefold_flow::UnixMillis;
use wirefold_proto::{
    ArticleId, Class, Command, CommandOutcome, ContentHash, ControlCommand, DecisionId, EventAfter,
    EventId, EventState, Input, ItemAddress, Offsets, OutputArticle, OutputCommand,
    OutputForgotten, StoryAfter, StoryChange, StoryId, StoryState, Tag, decode,
};

const SAMPLE: &[u8] =
    include_bytes!("../../../../proto/samples/wirefold.output.article.4.minimal.json");

/// When the invented world begins.
pub(super) fn begin() -> UnixMillis {
    unix_millis("2026-03-01T06:00:00Z".parse().unwrap())
}

/// The id of the article with this number.
pub(super) fn id(number: u64) -> ArticleId {
    let outlet = outlet(number).parse().unwrap();
    let url = format!("https://{outlet}/{number}");
    ArticleId::of(&outlet, ItemAddress::Url(&url), ContentHash::of("", ""))
}

/// The story, or event, that the article with this number opened.
pub(super) fn story(number: u64) -> StoryId {
    StoryId::from(id(number))
}

pub(super) fn event(number: u64) -> EventId {
    EventId::from(id(number))
}

fn outlet(number: u64) -> String {
    format!("outlet{}.example", number % 7)
}

fn inputs(number: u64) -> Offsets {
    Offsets { enriched: number, control: 0 }
}

/// The article with this number, decided as number `number`, a minute after the previous one. It belongs to
/// the story and event that those numbers opened.
pub(super) fn article(number: u64, story_of: u64, event_of: u64) -> OutputArticle {
    let mut article: OutputArticle = decode(SAMPLE).unwrap();
    let seen = timestamp(begin().plus(Duration::from_mins(number)));
    let outlet = outlet(number);
    article.id = id(number);
    article.decision = DecisionId { epoch: 1, input: Input::Article(number) };
    article.input = inputs(number);
    article.article.outlet = outlet.parse().unwrap();
    article.article.feeds = vec![format!("feed{}", number % 7).parse().unwrap()];
    article.article.item_key = format!("item-{number}");
    article.article.url = Some(format!("https://{outlet}/{number}?from=feed"));
    article.article.canonical_url = Some(format!("https://{outlet}/{number}"));
    article.article.title = format!("Ferry number {number} sails");
    article.article.seen = seen;
    article.text = Some(format!("Ferry number {number} sails again after the storm."));
    article.text_policy = wirefold_proto::TextPolicy::Lead;
    let verdict = &mut article.verdict;
    (verdict.story, verdict.event) = (story(story_of), event(event_of));
    (verdict.lead, verdict.origin) = (id(story_of), id(story_of));
    (verdict.class, verdict.kind) = match number == story_of {
        true => (Class::New, None),
        false => (Class::Copy, Some(wirefold_proto::CopyKind::Reprint)),
    };
    article.story_state.revision = number;
    article.story_state.first_seen = timestamp(begin().plus(Duration::from_mins(story_of)));
    article.event_state.revision = number;
    article.event_state.origins = 1 + u32::try_from(number % 3).unwrap();
    article.event_state.first_seen = timestamp(begin().plus(Duration::from_mins(event_of)));
    article
}

/// The result of the command that was decided on as this number, with the stories and events after it.
pub(super) fn commanded(
    decided: u64,
    changes: Vec<StoryChange>,
    (stories, event_of): (&[u64], u64),
) -> OutputCommand {
    let at = timestamp(begin().plus(Duration::from_mins(decided)));
    let first_seen = |number: &u64| timestamp(begin().plus(Duration::from_mins(*number)));
    let after = |number: &u64| StoryAfter {
        story: story(*number),
        event: event(event_of),
        lead: id(*number),
        state: StoryState {
            revision: decided,
            articles: 1,
            versions: 0,
            outlets: 1,
            first_seen: first_seen(number),
        },
    };
    let state = EventState {
        revision: decided,
        stories: 2,
        articles: 2,
        versions: 0,
        outlets: 2,
        origins: 7,
        first_seen: first_seen(&event_of),
        continues: None,
    };
    OutputCommand {
        schema: Tag::new(),
        decision: DecisionId { epoch: 1, input: Input::Command(decided) },
        input: inputs(decided),
        command: ControlCommand {
            schema: Tag::new(),
            id: format!("c{decided}"),
            at,
            by: "test".to_owned(),
            command: Command::Split { story: story(1), articles: Vec::new() },
        },
        outcome: CommandOutcome::Applied,
        changes,
        stories: stories.iter().map(after).collect(),
        events: vec![EventAfter { event: event(event_of), state }],
    }
}

/// The changes by an article that was forgotten since.
pub(super) fn forgotten(decided: u64, changes: Vec<StoryChange>) -> OutputForgotten {
    OutputForgotten {
        schema: Tag::new(),
        decision: DecisionId { epoch: 1, input: Input::Article(decided) },
        input: inputs(decided),
        at: timestamp(begin().plus(Duration::from_mins(decided))),
        changes,
    }
}
