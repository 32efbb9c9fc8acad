//! Promises of a stage's loop over any bus: a kill makes no dead letter; a message that kills does.

use std::collections::BTreeSet;
use std::future::pending;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{LONGEST, MOMENT, consumer, dead_letters, publish, streams};
use crate::BoxFuture;
use crate::config::ConsumerConfig;
use crate::conformance::Harness;
use crate::loops::{LoopError, StageContext};
use crate::stage::{Input, Stage, StageError, run_stage};

/// A stage in a process that is killed while it holds messages, or by one of its messages.
struct Victim {
    /// Handling a message takes one of these.
    permits: Semaphore,
    /// Whether `poison` crashes the process.
    is_poisoned: AtomicBool,
    in_hand: AtomicUsize,
    /// One entry for each message received.
    came: Semaphore,
    /// One entry for each crash by a message that was alone.
    fell: Semaphore,
    done: Mutex<BTreeSet<String>>,
}

impl Victim {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            permits: Semaphore::new(0),
            is_poisoned: AtomicBool::new(false),
            in_hand: AtomicUsize::new(0),
            came: Semaphore::new(0),
            fell: Semaphore::new(0),
            done: Mutex::default(),
        })
    }

    /// A life of the process, until it is killed.
    fn start(self: &Arc<Self>, harness: &dyn Harness) -> JoinHandle<Result<(), LoopError>> {
        self.in_hand.store(0, Ordering::SeqCst);
        let consumer = ConsumerConfig { notes: Some("notes".to_owned()), ..consumer(harness) };
        let context = StageContext::new(harness.bus(), harness.clock());
        tokio::spawn(run_stage(context, self.clone(), consumer, 100, CancellationToken::new()))
    }

    fn done(&self) -> usize {
        self.done.lock().unwrap().len()
    }
}

impl Stage for Victim {
    fn handle(&self, input: Input) -> BoxFuture<'_, Result<(), StageError>> {
        let id = input.message.id;
        Box::pin(async move {
            let in_hand = self.in_hand.fetch_add(1, Ordering::SeqCst) + 1;
            self.came.add_permits(1);
            if id == "poison" && self.is_poisoned.load(Ordering::SeqCst) {
                assert_eq!(in_hand, 1, "it is not alone");
                self.fell.add_permits(1);
                pending::<()>().await;
            }
            self.permits.acquire().await.unwrap().forget();
            self.in_hand.fetch_sub(1, Ordering::SeqCst);
            if id == "again" {
                return Err(StageError::Retry { after: Duration::ZERO, why: "the world".into() });
            }
            self.done.lock().unwrap().insert(id);
            Ok(())
        })
    }
}

/// Waits until the stage holds this many messages, then kills it and lets the deadline pass.
async fn kill_with(harness: &dyn Harness, signal: &Semaphore, count: u32, life: Life) {
    // A message received just before the kill comes again only after another deadline.
    until(harness, async || signal.available_permits() >= count as usize).await;
    signal.acquire_many(count).await.unwrap().forget();
    life.abort();
    assert!(life.await.unwrap_err().is_cancelled());
    harness.advance(harness.deadline()).await;
}

type Life = JoinHandle<Result<(), LoopError>>;

/// Lets time pass until a condition is true.
pub(super) async fn until(harness: &dyn Harness, mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !holds().await {
            harness.advance(MOMENT).await;
        }
    };
    assert!(
        tokio::time::timeout(LONGEST, waiting).await.is_ok(),
        "the expected state was not reached"
    );
}

/// Ten kills with good messages in hand make no dead letter.
pub async fn kills_bury_no_good_message(harness: &mut dyn Harness) {
    streams(harness).await;
    let names: Vec<String> = (0..24).map(|number| format!("m{number:02}")).collect();
    publish(&*harness.bus(), &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let victim = Victim::new();
    for round in 0..10 {
        let life = victim.start(harness);
        // One at a time from the third life on, because nothing distinguishes them from a killer.
        victim.permits.add_permits(1);
        until(harness, async || victim.done() > round).await;
        let came = u32::try_from(victim.came.available_permits()).unwrap();
        kill_with(harness, &victim.came, came, life).await;
    }
    victim.permits.add_permits(1000);
    let last = victim.start(harness);
    until(harness, async || victim.done() == names.len()).await;
    last.abort();
    assert_eq!(dead_letters(&*harness.bus()).await.len(), 0);
}

/// A message that crashes the process becomes a dead letter after three times alone. The messages beside it
/// survive.
pub async fn a_poison_message_becomes_a_dead_letter(harness: &mut dyn Harness) {
    streams(harness).await;
    publish(&*harness.bus(), &["a", "b", "poison", "c", "d"]).await;
    let victim = Victim::new();
    for _ in 0..2 {
        let life = victim.start(harness);
        kill_with(harness, &victim.came, 5, life).await;
    }
    victim.permits.add_permits(1000);
    victim.is_poisoned.store(true, Ordering::SeqCst);
    for _ in 0..3 {
        let life = victim.start(harness);
        kill_with(harness, &victim.fell, 1, life).await;
        assert_eq!(dead_letters(&*harness.bus()).await.len(), 0);
    }
    let last = victim.start(harness);
    let bus = harness.bus();
    until(harness, async || dead_letters(&*bus).await.len() == 1 && victim.done() == 4).await;
    let dead = dead_letters(&*bus).await;
    assert_eq!(dead[0].body, "poison");
    let said = |name| dead[0].headers.get(name).unwrap_or_default();
    assert_eq!(said("Wf-Dead-Cause"), "max_deliver");
    assert!(said("Wf-Dead-Reason").starts_with("ended the process 3 times"), "{dead:?}");
    // The stage remembers only this message, in case it comes again, and handles the others.
    publish(&*bus, &["next"]).await;
    until(harness, async || victim.done() == 5).await;
    let notes = bus.key_value("notes").unwrap();
    until(harness, async || {
        let notes = notes.changes(0).await.unwrap();
        notes.iter().filter(|entry| entry.value.is_some()).count() == 1
    })
    .await;
    assert_eq!(victim.fell.available_permits(), 0);
    last.abort();
}

/// A message becomes a dead letter after `max_tries` answers. A kill is not an answer.
pub async fn max_tries_stands_in_the_dead_letters(harness: &mut dyn Harness) {
    streams(harness).await;
    publish(&*harness.bus(), &["again"]).await;
    let victim = Victim::new();
    let life = victim.start(harness);
    kill_with(harness, &victim.came, 1, life).await;
    victim.permits.add_permits(1000);
    let last = victim.start(harness);
    let bus = harness.bus();
    until(harness, async || dead_letters(&*bus).await.len() == 1).await;
    assert_eq!(victim.came.available_permits(), 3);
    let dead = dead_letters(&*bus).await;
    let said = |name| dead[0].headers.get(name).unwrap_or_default();
    assert_eq!(said("Wf-Dead-Cause"), "max_deliver");
    assert_eq!((said("Wf-Dead-Attempts"), said("Wf-Dead-Reason")), ("4", "the world"));
    last.abort();
}
