//! Runs work on all cores.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::machine;

/// Runs work for all items, as many at a time as there are cores. The results are in the order of the items.
pub(super) fn side_by_side<T: Sync, R: Send>(all: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = machine::cores();
    let (next, work) = (AtomicUsize::new(0), &work);
    let work_off = || {
        let take = || {
            let index = next.fetch_add(1, Ordering::Relaxed);
            Some((index, work(all.get(index)?)))
        };
        std::iter::from_fn(take).collect::<Vec<(usize, R)>>()
    };
    let mut results: Vec<(usize, R)> = thread::scope(|scope| {
        let threads: Vec<_> = (0..cores.min(all.len())).map(|_| scope.spawn(work_off)).collect();
        let ended = threads.into_iter().map(thread::ScopedJoinHandle::join);
        ended.flat_map(|end| end.unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

#[test]
fn the_results_are_in_the_order_of_the_items() {
    let items: Vec<usize> = (0..100).collect();
    assert_eq!(
        side_by_side(&items, |item| item * 2),
        items.iter().map(|item| item * 2).collect::<Vec<_>>()
    );
    assert!(side_by_side(&[] as &[usize], |item| *item).is_empty());
}
