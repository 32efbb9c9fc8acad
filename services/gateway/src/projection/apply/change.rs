//! Writes a change of a story or event that comes without a new article.

use rusqlite::{Transaction, params};
use wirefold_proto::{ArticleId, EventId, OutputStory, StoryChange, StoryId, Target};

use super::super::{Answer, redirects};
use super::command::{Decided, stand};

pub(super) fn put(transaction: &Transaction<'_>, message: &OutputStory) -> Answer<()> {
    let judged = message.judged as i64;
    match &message.change {
        StoryChange::Merged { from, into, links: _ } => match (*from, *into) {
            (Target::Story(old), Target::Story(new)) => {
                merge_stories(transaction, old, new, judged)
            }
            (Target::Event(old), Target::Event(new)) => merge_events(transaction, old, new, judged),
            // The contract excludes it, and no id can redirect to one of another kind.
            (Target::Story(_), Target::Event(_)) | (Target::Event(_), Target::Story(_)) => Ok(()),
        },
        StoryChange::Split { from, into, articles } => {
            let left = Left { from, into, articles, reason: None };
            left.put(transaction, judged)
        }
        StoryChange::Regrouped { from, into, articles, reason, stories, events } => {
            let reason = Some(serde_json::to_string(reason).unwrap_or_default());
            Left { from, into, articles, reason }.put(transaction, judged)?;
            stand(transaction, Decided { judged, at: message.at }, stories, events)
        }
        // The articles have the agency themselves, and move with them.
        StoryChange::Credited { story, agency: _ } => {
            ensure_row(transaction, Target::Story(*story))
        }
        StoryChange::Preferred { story, lead } | StoryChange::Lead { story, lead, .. } => {
            ensure_row(transaction, Target::Story(*story))?;
            let set = "UPDATE stories SET lead = ?2, lead_judged = ?3
                WHERE id = ?1 AND lead_judged < ?3";
            let values = params![story.to_string(), lead.to_string(), judged];
            transaction.prepare_cached(set)?.execute(values)?;
            Ok(())
        }
        StoryChange::Quiet { target } => {
            let table = table_of(*target);
            let set =
                format!("UPDATE {table} SET quiet_judged = max(quiet_judged, ?2) WHERE id = ?1");
            ensure_row(transaction, *target)?;
            transaction.prepare_cached(&set)?.execute(params![target.to_string(), judged])?;
            Ok(())
        }
    }
}

/// Articles that left their story for a story of their own.
struct Left<'a> {
    from: &'a StoryId,
    into: &'a StoryId,
    articles: &'a [ArticleId],
    /// The reason, if it was not a person.
    reason: Option<String>,
}

impl Left<'_> {
    fn put(&self, transaction: &Transaction<'_>, judged: i64) -> Answer<()> {
        let (old, new) = (*self.from, *self.into);
        for article in self.articles.iter().copied() {
            redirects::insert_move(transaction, article, judged, (new, self.reason.as_deref()))?;
            move_to_new_story(transaction, article, new, old)?;
        }
        redirects::refresh_story(transaction, new)
    }
}

/// Makes a stored article a member of the story that it was taken out into. That story is in the old story's
/// event until more is known.
fn move_to_new_story(
    transaction: &Transaction<'_>,
    article: ArticleId,
    new: StoryId,
    old: StoryId,
) -> Answer<()> {
    let put = "INSERT INTO stories (id, first_seen, changed, event)
        SELECT ?2, seen, seen, (SELECT event FROM stories WHERE id = ?3)
            FROM articles WHERE id = ?1
        ON CONFLICT (id) DO UPDATE SET
            first_seen = min(first_seen, excluded.first_seen),
            changed = max(changed, excluded.changed),
            event = coalesce(event, excluded.event)";
    let values = params![article.to_string(), new.to_string(), old.to_string()];
    transaction.prepare_cached(put)?.execute(values)?;
    Ok(())
}

/// Makes sure that a row exists, in whatever order messages come. Every other time replaces its times, and it
/// is not shown before it has an article.
fn ensure_row(transaction: &Transaction<'_>, id: Target) -> Answer<()> {
    let table = table_of(id);
    let insert =
        format!("INSERT OR IGNORE INTO {table} (id, first_seen, changed) VALUES (?1, ?2, 0)");
    transaction.prepare_cached(&insert)?.execute(params![id.to_string(), i64::MAX])?;
    Ok(())
}

fn table_of(target: Target) -> &'static str {
    match target {
        Target::Story(_) => "stories",
        Target::Event(_) => "events",
    }
}

/// Redirects the old story to the new one, for decisions before the merge. If people took the old one out
/// again, later decisions are its own.
fn merge_stories(
    transaction: &Transaction<'_>,
    old: StoryId,
    new: StoryId,
    judged: i64,
) -> Answer<()> {
    redirects::insert(transaction, old, judged, new)?;
    let take_over = "INSERT INTO stories (id, first_seen, changed, event)
        SELECT ?2, first_seen, coalesce((
                SELECT max(seen) FROM articles
                WHERE (story = ?1 OR (base_story = ?1 AND base_story <> story)) AND judged <= ?3
            ), 0), event FROM stories WHERE id = ?1
        ON CONFLICT (id) DO UPDATE SET
            first_seen = min(first_seen, excluded.first_seen),
            changed = max(changed, excluded.changed)";
    let values = params![old.to_string(), new.to_string(), judged];
    transaction.prepare_cached(take_over)?.execute(values)?;
    redirects::refresh_members(transaction, old)?;
    redirects::refresh_story(transaction, old)?;
    redirects::refresh_story(transaction, new)
}

fn merge_events(
    transaction: &Transaction<'_>,
    old: EventId,
    new: EventId,
    judged: i64,
) -> Answer<()> {
    redirects::insert(transaction, old, judged, new)?;
    let take_over = "INSERT INTO events (id, first_seen, changed)
        SELECT ?2, first_seen, changed FROM events WHERE id = ?1
        ON CONFLICT (id) DO UPDATE SET
            first_seen = min(first_seen, excluded.first_seen),
            changed = max(changed, excluded.changed)";
    transaction.prepare_cached(take_over)?.execute([old.to_string(), new.to_string()])?;
    redirects::refresh_stories_of(transaction, old)?;
    redirects::refresh_event(transaction, old)?;
    redirects::refresh_event(transaction, new)
}
