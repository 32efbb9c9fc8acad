//! Groups publishes: those that come while others are under way are written together.
//!
//! If the server syncs each write, a single message costs a sync, and an atomic batch of any size costs
//! about four. Otherwise single messages cost less. So a publish is sent at once if nothing is under way.
//! Publishes that come meanwhile are sent after it, in order: as a batch if many of one stream follow
//! each other and the batch is cheaper, else concurrently as single messages. No publish waits for others
//! to come.
//!
//! The stream of a subject is learnt from acknowledgements. If a batch is not stored, its messages are
//! sent singly, so that each has an answer of its own, such as that it is a duplicate.

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
use crate::publish_form::{FormCosts, PublishForm};

/// The most messages that are written together. The server accepts 1,000 in a batch, but each caller
/// waits for the whole batch.
const MAX_TOGETHER: usize = 256;
/// From this number of messages on a batch can be the cheaper form.
pub(crate) const MANY: usize = 32;
/// The most bytes in a batch of more than one message; far below what one message may have.
const BATCH_BYTES: u64 = 512 << 10;
/// The most subjects that are remembered. Messages on others are sent singly.
const SUBJECTS: usize = 4_096;
/// After this time other publishes no longer wait for a message that is not stored, as in a full stream.
const MAX_HOLD: Duration = Duration::from_millis(100);

/// The publishes under way, and those that wait for them.
#[derive(Default)]
pub(crate) struct GroupPublisher(Mutex<State>);

#[derive(Default)]
struct State {
    is_busy: bool,
    waiting: VecDeque<QueuedPublish>,
    /// The stream of each subject; `None` if it accepts no batches.
    streams: HashMap<String, Option<Arc<str>>>,
}

struct QueuedPublish {
    message: Outgoing,
    answer: oneshot::Sender<Result<Published, BusError>>,
}

/// The next write.
enum NextWrite {
    Batch(Arc<str>, Vec<QueuedPublish>),
    Singles(Vec<QueuedPublish>),
}

enum Turn {
    Now(Outgoing),
    Later(oneshot::Receiver<Result<Published, BusError>>),
}

impl GroupPublisher {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enqueue(&self, message: Outgoing) -> Turn {
        let mut state = self.state();
        if !state.is_busy {
            state.is_busy = true;
            return Turn::Now(message);
        }
        let (answer, later) = oneshot::channel();
        state.waiting.push_back(QueuedPublish { message, answer });
        Turn::Later(later)
    }

    /// The next write, once nothing is under way any more; `None` if nothing waits.
    fn next(&self, forms: &FormCosts) -> Option<NextWrite> {
        let mut state = self.state();
        let part = state.next(forms);
        state.is_busy = part.is_some();
        part
    }

    /// Drops all waiting publishes, whose callers get an error: without a runtime nothing can be sent.
    fn give_up(&self) {
        let mut state = self.state();
        state.is_busy = false;
        state.waiting.clear();
    }

    fn remember_stream(&self, subject: &str, stream: Option<&str>) {
        let mut state = self.state();
        let is_known = match (state.streams.get(subject), stream) {
            (Some(Some(known)), Some(stream)) => **known == *stream,
            // A stream that refused a batch is not tried again.
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

    fn next(&mut self, forms: &FormCosts) -> Option<NextWrite> {
        let stream = self.stream_of(&self.waiting.front()?.message).cloned();
        let mut bytes = 0;
        let mut count = 0;
        for QueuedPublish { message, .. } in self.waiting.iter().take(MAX_TOGETHER) {
            bytes += message.size();
            let is_one_more = bytes <= BATCH_BYTES && self.stream_of(message) == stream.as_ref();
            if count > 0 && !is_one_more {
                break;
            }
            count += 1;
        }
        let (form, most) =
            stream.as_ref().map_or((PublishForm::Singles, count), |_| forms.choose(count));
        // A publish whose caller dropped it is not sent.
        let is_wanted = |one: &QueuedPublish| !one.answer.is_closed();
        let part = self.waiting.drain(..most).filter(is_wanted).collect();
        match stream {
            Some(stream) if form == PublishForm::Batch => Some(NextWrite::Batch(stream, part)),
            _ => Some(NextWrite::Singles(part)),
        }
    }
}

/// Starts the next write when it is dropped, also if the current publish was dropped by its caller.
struct StartNext(Arc<Shared>);

impl Drop for StartNext {
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
    match shared.group_publisher.enqueue(message) {
        Turn::Now(message) => {
            let leaving = StartNext(shared.clone());
            let mut publishing = pin!(shared.publish_singly(message));
            if let Ok(published) = timeout(MAX_HOLD, &mut publishing).await {
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

async fn write(shared: Arc<Shared>, part: NextWrite) {
    let _leaving = StartNext(shared.clone());
    let singles = match part {
        NextWrite::Batch(stream, waiting) => shared.write_batch(&stream, waiting).await,
        NextWrite::Singles(waiting) => waiting,
    };
    if !singles.is_empty() {
        let mut writing = Box::pin(async move { shared.write_singles(singles).await });
        // The first poll sends all in order. If a stream is full, other publishes do not wait for it.
        if timeout(MAX_HOLD, &mut writing).await.is_err() {
            tokio::spawn(writing);
        }
    }
    // Callers that were answered may publish more, which then goes with the next write.
    tokio::task::yield_now().await;
}

impl Shared {
    async fn publish_singly(&self, message: Outgoing) -> Result<Published, BusError> {
        let subject = message.subject.clone();
        let (stream, published) = self.publish(message, Expect::Nothing).await?;
        self.group_publisher.remember_stream(&subject, Some(&stream));
        Ok(published)
    }

    /// Writes a batch. Returns the publishes that must be written singly.
    async fn write_batch(&self, stream: &str, waiting: Vec<QueuedPublish>) -> Vec<QueuedPublish> {
        let messages: Vec<&Outgoing> = waiting.iter().map(|waiting| &waiting.message).collect();
        let begun = Instant::now();
        match self.commit(stream, &messages, None).await {
            Ok(Ok(last)) => {
                self.form_costs.took(PublishForm::Batch, messages.len(), begun.elapsed());
                let first = last + 1 - waiting.len() as u64;
                for (QueuedPublish { answer, .. }, sequence) in waiting.into_iter().zip(first..) {
                    // The caller may be gone.
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
                for QueuedPublish { answer, .. } in waiting {
                    let _ = answer.send(Err(BusError::Unavailable(why.clone())));
                }
                Vec::new()
            }
            Err(_) => waiting,
        }
    }

    async fn write_singles(&self, waiting: Vec<QueuedPublish>) {
        let (begun, count) = (Instant::now(), waiting.len());
        let writes = waiting.into_iter().map(async |QueuedPublish { message, mut answer }| {
            let published = tokio::select! {
                biased;
                published = self.publish_singly(message) => published,
                // The caller dropped it while it waited for room.
                () = answer.closed() => return,
            };
            let _ = answer.send(published);
        });
        // Without a task budget no future yields before its message is sent, so the order is kept.
        unconstrained(join_all(writes)).await;
        self.form_costs.took(PublishForm::Singles, count, begun.elapsed());
    }
}
