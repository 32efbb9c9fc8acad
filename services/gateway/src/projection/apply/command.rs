//! Writes the outcome of a command, and the state of stories and events after a decision.

use jiff::Timestamp;
use rusqlite::{Transaction, params};
use wirefold_proto::{EventAfter, OutputCommand, StoryAfter};

use super::super::{Answer, redirects};
use super::article::at;
use super::json;

pub(super) fn put(transaction: &Transaction<'_>, command: &OutputCommand) -> Answer<()> {
    let insert = "INSERT OR IGNORE INTO commands (id, at, body) VALUES (?1, ?2, ?3)";
    let values = params![command.command.id, at(command.command.at), json(command)?];
    transaction.prepare_cached(insert)?.execute(values)?;
    let by = Decided { judged: command.judged as i64, at: command.command.at };
    stand(transaction, by, &command.stories, &command.events)
}

/// The decision that a state follows.
#[derive(Clone, Copy)]
pub(super) struct Decided {
    pub(super) judged: i64,
    pub(super) at: Timestamp,
}

/// Writes the state of stories and events after a decision.
pub(super) fn stand(
    transaction: &Transaction<'_>,
    by: Decided,
    stories: &[StoryAfter],
    events: &[EventAfter],
) -> Answer<()> {
    for after in events {
        put_event(transaction, by, after)?;
    }
    stories.iter().try_for_each(|after| put_story(transaction, by, after))
}

fn put_event(
    transaction: &Transaction<'_>,
    by: Decided,
    EventAfter { event, state }: &EventAfter,
) -> Answer<()> {
    let put = "INSERT INTO events (id, judged, revision, origins, first_seen, changed, continues)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
        ON CONFLICT (id) DO UPDATE SET
            first_seen = min(first_seen, excluded.first_seen),
            changed = max(changed, excluded.changed),
            revision = iif(excluded.judged > judged, excluded.revision, revision),
            continues = coalesce(excluded.continues, continues),
            origins = iif(excluded.judged > judged, excluded.origins, origins),
            judged = max(judged, excluded.judged)";
    transaction.prepare_cached(put)?.execute(params![
        event.to_string(),
        by.judged,
        state.revision as i64,
        state.origins,
        at(state.first_seen),
        at(by.at),
        state.continues.map(|before| before.to_string()),
    ])?;
    redirects::refresh_event(transaction, *event)
}

fn put_story(
    transaction: &Transaction<'_>,
    by: Decided,
    StoryAfter { story, event, lead, state }: &StoryAfter,
) -> Answer<()> {
    let put = "INSERT INTO stories
        (id, judged, revision, first_seen, changed, base_event, event, lead, lead_judged)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?2)
        ON CONFLICT (id) DO UPDATE SET
            changed = max(changed, excluded.changed),
            revision = iif(excluded.judged > judged, excluded.revision, revision),
            first_seen = min(first_seen, excluded.first_seen),
            base_event = iif(excluded.judged > judged, excluded.base_event, base_event),
            event = iif(excluded.judged > judged, excluded.event, event),
            lead = iif(excluded.judged > lead_judged, excluded.lead, lead),
            lead_judged = max(lead_judged, excluded.judged),
            judged = max(judged, excluded.judged)";
    transaction.prepare_cached(put)?.execute(params![
        story.to_string(),
        by.judged,
        state.revision as i64,
        at(state.first_seen),
        at(by.at),
        event.to_string(),
        lead.to_string(),
    ])?;
    redirects::refresh_story(transaction, *story)
}
