//! Groups publishes: those that come while others are under way are written together.
//!
//! Comes in: single publishes of many callers. Goes out: the answer for each of them. It never waits for more publishes
//! to come.
//!
//! Where the server syncs each write, single messages cost a sync each, and an atomic batch some
//! four however many are in it; elsewhere single messages cost less. So a publish that finds nothing under way goes at once. What comes
//! meanwhile goes when that stands, in the order in which it came: as a batch where many of one
//! stream follow each other and that is the cheaper form, else side by side. Nobody waits for more to come.
//!
//! Which stream takes a subject is learnt from acknowledgements. A batch that is not stored, for
//! whichever reason, goes singly, so that each message has an answer of its own; a message of it
//! that was known already is then told as the duplicate that it is.

use std::collections::{HashMap, VecDeque};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::unconstrained;
use tokio::time::{Instant, timeout};
use wirefold_flow::{BusError, Outgoing, Published, check_subject};

use crate::Shared;
use crate::api::code;
use crate::publish::Expect;
use crate::publish_form::{FormCosts, MANY, PublishForm};

/// The most that are written at once; into a batch the server takes up to 1,000, and whoever waits for it waits for them all.
const MOST: usize = 256;
/// The most bytes in a batch of more than one message; far below what one message may have.
const BATCH_BYTES: u64 = 512 << 10;
/// So many subjects are remembered; what is published on others goes singly.
const SUBJECTS: usize = 4_096;
/// What is not stored so long after it was sent, as its stream is full, is waited for no longer.
const HELD_UP: Duration = Duration::from_millis(100);

/// What is under way, and what waits for it.
#[derive(Default)]
pub(crate) struct GroupPublisher(Mutex<State>);

#[derive(Default)]
struct State {
    is_busy: bool,
    waiting: VecDeque<Waiting>,
    /// The stream that took the last message on each subject; none where it takes no batches.
    streams: HashMap<String, Option<Arc<str>>>,
}

struct Waiting {
    message: Outgoing,
    answer: oneshot::Sender<Result<Published, BusError>>,
}

/// What is to be written next.
enum Part {
    Batch(Arc<str>, Vec<Waiting>),
    Singles(Vec<Waiting>),
}

enum Turn {
    Now(Outgoing),
    Later(oneshot::Receiver<Result<Published, BusError>>),
}

impl GroupPublisher {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, message: Outgoing) -> Turn {
        let mut state = self.state();
        if !state.is_busy {
            state.is_busy = true;
            return Turn::Now(message);
        }
        let (answer, later) = oneshot::channel();
        state.waiting.push_back(Waiting { message, answer });
        Turn::Later(later)
    }

    /// What is written next, once nothing is under way any more; none where nothing waits.
    fn next(&self, forms: &FormCosts) -> Option<Part> {
        let mut state = self.state();
        let part = state.next(forms);
        state.is_busy = part.is_some();
        part
    }

    /// Without a runtime nothing is sent any more: those who wait are told.
    fn give_up(&self) {
        let mut state = self.state();
        state.is_busy = false;
        state.waiting.clear();
    }

    fn remember_stream(&self, subject: &str, stream: Option<&str>) {
        let mut state = self.state();
        let is_known = match (state.streams.get(subject), stream) {
            (Some(Some(known)), Some(stream)) => **known == *stream,
            // Once it took no batch, it is not asked again.
            (Some(None), _) => true,
            _ => false,
        };
        if !is_known && (state.streams.len() < SUBJECTS || state.streams.contains_key(subject)) {
            state.streams.insert(subject.to_owned(), stream.map(Arc::from));
        }
    }
}

impl State {
    fn stream_of(&self, message: &Outgoing) -> Option<&Arc<str>> {
        self.streams.get(&message.subject)?.as_ref()
    }

    fn next(&mut self, forms: &FormCosts) -> Option<Part> {
        let stream = self.stream_of(&self.waiting.front()?.message).cloned();
        let mut bytes = 0;
        let mut count = 0;
        for Waiting { message, .. } in self.waiting.iter().take(MOST) {
            bytes += message.size();
            let is_one_more = bytes <= BATCH_BYTES && self.stream_of(message) == stream.as_ref();
            if count > 0 && !is_one_more {
                break;
            }
            count += 1;
        }
        let stream = stream.filter(|_| count >= MANY);
        let (form, most) =
            stream.as_ref().map_or((PublishForm::Singles, count), |_| forms.choose(count));
        // What was dropped before it was sent does not happen.
        let is_wanted = |one: &Waiting| !one.answer.is_closed();
        let part = self.waiting.drain(..most).filter(is_wanted).collect();
        match stream {
            Some(stream) if form == PublishForm::Batch => Some(Part::Batch(stream, part)),
            _ => Some(Part::Singles(part)),
        }
    }
}

/// Lets those go on that wait, also where whoever was under way was dropped.
struct Leaving(Arc<Shared>);

impl Drop for Leaving {
    fn drop(&mut self) {
        match Handle::try_current() {
            Ok(runtime) => {
                if let Some(part) = self.0.group_publisher.next(&self.0.form_costs) {
                    runtime.spawn(write(self.0.clone(), part));
                }
            }
            Err(_) => self.0.group_publisher.give_up(),
        }
    }
}

/// Publishes a message that expects nothing.
pub(crate) async fn publish(
    shared: &Arc<Shared>,
    message: Outgoing,
) -> Result<Published, BusError> {
    check_subject(&message.subject)?;
    match shared.group_publisher.enter(message) {
        Turn::Now(message) => {
            let leaving = Leaving(shared.clone());
            let mut publishing = pin!(shared.publish_singly(message));
            if let Ok(published) = timeout(HELD_UP, &mut publishing).await {
                return published;
            }
            drop(leaving);
            publishing.await
        }
        Turn::Later(answer) => {
            let ended = |_| Err(BusError::Unavailable("the publisher has ended".to_owned()));
            answer.await.unwrap_or_else(ended)
        }
    }
}

async fn write(shared: Arc<Shared>, part: Part) {
    let _leaving = Leaving(shared.clone());
    let singles = match part {
        Part::Batch(stream, waiting) => shared.write_batch(&stream, waiting).await,
        Part::Singles(waiting) => waiting,
    };
    if !singles.is_empty() {
        let mut writing = Box::pin(async move { shared.write_singles(singles).await });
        // The first look sends all in order; where a stream is full, others are not held up.
        if timeout(HELD_UP, &mut writing).await.is_err() {
            tokio::spawn(writing);
        }
    }
    // Whoever was answered may have more to say, which then goes along.
    tokio::task::yield_now().await;
}

impl Shared {
    async fn publish_singly(&self, message: Outgoing) -> Result<Published, BusError> {
        let subject = message.subject.clone();
        let (stream, published) = self.publish(message, Expect::Nothing).await?;
        self.group_publisher.remember_stream(&subject, Some(&stream));
        Ok(published)
    }

    /// Gives back what is to be written singly.
    async fn write_batch(&self, stream: &str, waiting: Vec<Waiting>) -> Vec<Waiting> {
        let messages: Vec<&Outgoing> = waiting.iter().map(|waiting| &waiting.message).collect();
        let begun = Instant::now();
        match self.commit(stream, &messages, None).await {
            Ok(Ok(last)) => {
                self.form_costs.took(PublishForm::Batch, messages.len(), begun.elapsed());
                let first = last + 1 - waiting.len() as u64;
                for (Waiting { answer, .. }, sequence) in waiting.into_iter().zip(first..) {
                    // Whoever is gone needs no answer.
                    let _ = answer.send(Ok(Published::New(sequence)));
                }
                Vec::new()
            }
            Ok(Err(failure)) => {
                if failure.kind == code::BATCHES_OFF {
                    waiting.iter().for_each(|one| {
                        self.group_publisher.remember_stream(&one.message.subject, None);
                    });
                }
                waiting
            }
            Err(BusError::Unavailable(why)) => {
                for Waiting { answer, .. } in waiting {
                    let _ = answer.send(Err(BusError::Unavailable(why.clone())));
                }
                Vec::new()
            }
            Err(_) => waiting,
        }
    }

    async fn write_singles(&self, waiting: Vec<Waiting>) {
        let (begun, count) = (Instant::now(), waiting.len());
        let writes = waiting.into_iter().map(async |Waiting { message, mut answer }| {
            let published = tokio::select! {
                biased;
                published = self.publish_singly(message) => published,
                // It was dropped while it waited for room.
                () = answer.closed() => return,
            };
            let _ = answer.send(published);
        });
        // In order: without a budget for this task none yields before it is sent.
        unconstrained(join_all(writes)).await;
        self.form_costs.took(PublishForm::Singles, count, begun.elapsed());
    }
}
