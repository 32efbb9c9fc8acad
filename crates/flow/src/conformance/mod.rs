//! The conformance suite: one test for each promise of the bus, the same for every bus, without switches.
//!
//! A bus takes part with a [`Harness`] and the macro [`conformance_suite`](crate::conformance_suite). The
//! macro makes a `#[tokio::test]` of each function here, so that a failure names the promise.

#[expect(clippy::unwrap_used, reason = "a test, in whichever crate it runs")]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

pub use tests::bounds::*;
pub use tests::chain::*;
pub use tests::keys::*;
pub use tests::objects::*;
pub use tests::reading::*;
pub use tests::storing::*;
pub use tests::survival::*;
pub use tests::suspects::*;

use crate::BoxFuture;
use crate::bus::Bus;
use crate::clock::Clock;
use crate::message::{Outgoing, Stored};

/// The ids of all messages of a stream, for tests that kill.
///
/// # Panics
/// If an id occurs twice, or a sequence is missing.
#[must_use]
pub fn unique(messages: &[Stored]) -> BTreeSet<&str> {
    let places = messages.iter().map(|message| message.sequence);
    assert!(places.eq(1..=messages.len() as u64), "a hole in {}", messages[0].stream);
    let ids: BTreeSet<&str> = messages.iter().map(|message| message.id.as_str()).collect();
    assert_eq!(ids.len(), messages.len(), "twice in {}", messages[0].stream);
    ids
}

/// The requirements of the suite besides the bus interface.
pub trait Harness: Send + Sync {
    /// The bus as it is now. It is empty at first, and another one after a crash.
    fn bus(&self) -> Arc<dyn Bus>;

    /// The bus crashes without warning and comes back with its stored state.
    fn crash_and_reopen(&mut self) -> BoxFuture<'_, ()>;

    /// Advances the time, then lets everything happen that needs no more time.
    fn advance(&self, by: Duration) -> BoxFuture<'_, ()>;

    /// The clock of the loops in the suite.
    fn clock(&self) -> Arc<dyn Clock>;

    /// The window and a third of the age of the suite's streams. If a test cannot move the time, it passes
    /// during requests. It must then be much longer than a request, also on a busy machine.
    fn deadline(&self) -> Duration {
        Duration::from_millis(300)
    }

    /// Publishes to the subject until its stream is full, and returns the number of messages.
    fn fill<'a>(&'a self, subject: &'a str) -> BoxFuture<'a, usize> {
        Box::pin(async move {
            for count in 0.. {
                let (bus, id) = (self.bus(), format!("fill-{count}"));
                let message = Outgoing::new(subject, id, vec![b'x'; 100]);
                let publish = tokio::spawn(async move { bus.publish(message).await });
                self.advance(tests::MOMENT).await;
                if !publish.is_finished() {
                    // The publish may be slow although the stream is not full.
                    self.advance(self.deadline()).await;
                }
                if !publish.is_finished() {
                    publish.abort();
                    return count;
                }
            }
            0
        })
    }
}

/// Makes a test of each promise: `conformance_suite!(harness)`. Here `harness` is a function without
/// arguments that returns a future of a [`Harness`] over an empty bus. If a crash ends several buses at once,
/// pass a second function for the buses that crash: `conformance_suite!(harness, crashing)`. The suite never
/// crashes those of the first.
#[macro_export]
macro_rules! conformance_suite {
    ($harness:path) => {
        $crate::conformance_suite!($harness, $harness);
    };
    ($harness:path, $crashing:path) => {
        $crate::conformance_suite!(
            $harness:
            too_large_is_refused_and_takes_no_room
            an_input_that_kills_a_writer_is_set_aside
            kills_set_no_good_input_aside
            a_chain_keeps_its_order
            a_chain_taken_over_gets_nothing_more_in
            a_chain_takes_a_known_id_as_a_refusal
            publish_waits_while_the_stream_is_full
            messages_that_all_readers_have_read_make_room
            old_messages_are_gone
            get_by_sequence
            ordered_reading_leaves_nothing_out
            keys_are_listed_and_watched
        );
        $crate::conformance_suite!(
            $crashing:
            stored_before_publish_returns
            same_id_within_the_window_is_stored_once
            headers_and_bodies_come_back_as_they_were
            compare_and_set_refuses_the_second_for_ever
            keys_are_put_by_revision
            objects_come_back_as_they_were
            unfinished_objects_never_were
            ends_and_fences_survive_a_crash
            marks_survive_a_crash
        );
    };
    ($harness:path: $($promise:ident)*) => {
        $(
            #[tokio::test]
            async fn $promise() {
                $crate::conformance::$promise(&mut $harness().await).await;
            }
        )*
    };
}
