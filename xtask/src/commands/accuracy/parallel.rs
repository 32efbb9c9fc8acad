//! Runs work on all cores.

/// Runs work for all items on all cores. The results are in their order.
pub(super) fn side_by_side<T: Copy + Send, R: Send>(
    all: &[T],
    work: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    std::thread::scope(|scope| {
        let work = &work;
        let spawned: Vec<_> =
            all.iter().copied().map(|one| scope.spawn(move || work(one))).collect();
        let ended = spawned.into_iter().map(std::thread::ScopedJoinHandle::join);
        ended.map(|end| end.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}
