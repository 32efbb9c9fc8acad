//! Keeps the table `wf_stories`: the newest state of each story, for other programs.
//!
//! It follows the output behind the projection, which knows the state of a story after merges and splits in
//! any order. It stores its position in the table itself. After a crash it writes the missing states again;
//! writing a state twice changes nothing.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio_util::sync::CancellationToken;
use wirefold_flow::{BusError, KeyValue, Stored};
use wirefold_proto::{EventId, StoryChange, StoryId, StoryRecord, Tag, Target, encode, streams};

use super::{BATCH, change, retry_until_done};
use crate::error::GatewayError;
use crate::inner::Inner;
use crate::projection::Change;

/// The key of the last applied sequence.
const SEQUENCE_KEY: &str = "place";
/// Stories in one write. The number is small, because other stages write too.
const AT_ONCE: usize = 8;
/// The most stories that are written after a change of their event.
const STORIES_OF_EVENT: usize = 500;

/// Follows the output until it is stopped. It waits out errors that may pass.
pub(crate) async fn run(inner: &Inner, stop: &CancellationToken) -> Result<(), GatewayError> {
    retry_until_done(inner, streams::OUTPUT.name, stop, || read_on(inner, stop)).await
}

async fn read_on(inner: &Inner, stop: &CancellationToken) -> Result<(), GatewayError> {
    let table = inner.bus.key_value(streams::STORIES.name)?;
    let sequence = resume_sequence(inner, &*table).await?;
    let mut reader = inner.bus.read(streams::OUTPUT.name, ">", sequence + 1).await?;
    let mut projected = inner.projected_sequence.subscribe();
    loop {
        let messages = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            messages = reader.next(BATCH) => messages,
        };
        if let Err(BusError::RolledBack { .. }) = messages {
            table.put(SEQUENCE_KEY, "0".into()).await?;
        }
        let messages = messages?;
        let Some(through) = messages.last().map(|message| message.sequence) else {
            continue;
        };
        tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            // The sender lives as long as the gateway, so this cannot fail.
            _ = projected.wait_for(|shown| *shown >= through) => {}
        }
        let changed = changed(inner, &messages).await?;
        write(inner, &table, changed).await?;
        table.put(SEQUENCE_KEY, through.to_string().into()).await?;
    }
}

/// The sequence to continue from. A table that is ahead of the stream was filled from an earlier stream.
async fn resume_sequence(inner: &Inner, table: &dyn KeyValue) -> Result<u64, BusError> {
    let kept = table.get(SEQUENCE_KEY).await?.and_then(|entry| entry.value);
    let kept = kept.and_then(|value| str::from_utf8(&value).ok()?.parse().ok()).unwrap_or(0);
    let last = inner.bus.stream_state(streams::OUTPUT.name).await?.last;
    Ok(if kept > last { 0 } else { kept })
}

/// The stories that these messages change.
async fn changed(inner: &Inner, messages: &[Stored]) -> Result<BTreeSet<StoryId>, GatewayError> {
    let mut articles = Vec::new();
    let mut stories = BTreeSet::new();
    let mut events = BTreeSet::<EventId>::new();
    // The projection has already reported unreadable messages.
    for change in messages.iter().filter_map(|message| change(message).ok()) {
        match change {
            Change::Article { article, .. } => articles.push(article.id),
            Change::Story(change) => match change.change {
                StoryChange::Merged { from, into, .. } => {
                    for target in [from, into] {
                        match target {
                            Target::Story(story) => stories.extend([story]),
                            Target::Event(event) => events.extend([event]),
                        }
                    }
                }
                StoryChange::Split { from, into, .. }
                | StoryChange::Regrouped { from, into, .. } => stories.extend([from, into]),
                StoryChange::Credited { story, .. }
                | StoryChange::Preferred { story, .. }
                | StoryChange::Lead { story, .. }
                | StoryChange::Quiet { target: Target::Story(story) } => stories.extend([story]),
                // This change concerns only the event.
                StoryChange::Quiet { target: Target::Event(_) } => {}
            },
            Change::Command(command) => {
                stories.extend(command.stories.iter().map(|after| after.story));
            }
            Change::Alert { .. } => {}
        }
    }
    // An article may now be in another story than the decision names.
    stories.extend(inner.projection.stories_of(articles).await?);
    // A change of an event concerns all its stories.
    for event in events {
        let of_event = inner.projection.stories_of_event(event, STORIES_OF_EVENT).await?;
        stories.extend(of_event.into_iter().map(|story| story.id));
    }
    Ok(stories)
}

/// Writes the current state of these stories. A story that is no longer shown is deleted.
async fn write(
    inner: &Inner,
    table: &Arc<dyn KeyValue>,
    stories: BTreeSet<StoryId>,
) -> Result<(), GatewayError> {
    let shown = inner.projection.these_briefs(stories.iter().copied().collect()).await?;
    let gone = {
        let ids: BTreeSet<StoryId> = shown.iter().map(|story| story.id).collect();
        stories.into_iter().filter(move |story| !ids.contains(story)).map(|story| (story, None))
    };
    let shown = shown.into_iter().filter_map(|story| {
        let id = story.id;
        // A story too large for a message stays as it is.
        Some((id, Some(Bytes::from(encode(&StoryRecord { schema: Tag::new(), story }).ok()?))))
    });
    let writes = shown.chain(gone).map(|(story, value)| async move {
        let key = format!("story.{story}");
        match value {
            Some(value) => table.put(&key, value).await,
            None => table.delete(&key).await,
        }
    });
    let written = stream::iter(writes).buffer_unordered(AT_ONCE);
    Ok(written.try_for_each(|_| std::future::ready(Ok(()))).await?)
}
