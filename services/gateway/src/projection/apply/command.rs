//! What came of a person's command, and how stories and events stand right after it.

use rusqlite::{Transaction, params};
use wirefold_proto::{EventAfter, OutputCommand, StoryAfter};

use super::super::{Answer, redirects};
use super::article::at;
use super::json;

pub(super) fn put(transaction: &Transaction<'_>, command: &OutputCommand) -> Answer<()> {
    let insert = "INSERT OR IGNORE INTO commands (id, at, body) VALUES (?1, ?2, ?3)";
    let values = params![command.command.id, at(command.command.at), json(command)?];
    transaction.prepare_cached(insert)?.execute(values)?;
    for after in &command.events {
        put_event(transaction, command, after)?;
    }
    command.stories.iter().try_for_each(|after| put_story(transaction, command, after))
}

fn put_event(
    transaction: &Transaction<'_>,
    command: &OutputCommand,
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
        command.judged as i64,
        state.revision as i64,
        state.origins,
        at(state.first_seen),
        at(command.command.at),
        state.continues.map(|earlier| earlier.to_string()),
    ])?;
    redirects::refresh_event(transaction, &event.to_string())
}

fn put_story(
    transaction: &Transaction<'_>,
    command: &OutputCommand,
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
        command.judged as i64,
        state.revision as i64,
        at(state.first_seen),
        at(command.command.at),
        event.to_string(),
        lead.to_string(),
    ])?;
    redirects::refresh_story(transaction, &story.to_string())
}
