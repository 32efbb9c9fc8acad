//! One connection that writes, a few that read, none of them on an async thread.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::{Answer, ProjectionError, open};

/// Readers at once; more wait.
const READERS: usize = 4;
/// Of these, how many may search or filter: others find a place whatever is searched for.
const SEARCHES: usize = 2;

pub(super) struct Pool {
    path: PathBuf,
    writer: Arc<Mutex<Connection>>,
    idle: Arc<Mutex<Vec<Connection>>>,
    readers: Arc<Semaphore>,
    searches: Arc<Semaphore>,
    /// So many of the next writes fail as on a disk that takes nothing.
    #[cfg(test)]
    pub(super) failing: Arc<std::sync::atomic::AtomicU32>,
}

impl Pool {
    pub(super) fn new(writer: Connection, path: PathBuf) -> Self {
        Self {
            path,
            writer: Arc::new(Mutex::new(writer)),
            idle: Arc::default(),
            readers: Arc::new(Semaphore::new(READERS)),
            searches: Arc::new(Semaphore::new(SEARCHES)),
            #[cfg(test)]
            failing: Arc::default(),
        }
    }

    /// Runs where it may block, with the connection that writes.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
        let writer = self.writer.clone();
        #[cfg(test)]
        self.fails()?;
        let run = move || {
            // A transaction that panicked was rolled back: the connection holds.
            work(&mut writer.lock().unwrap_or_else(PoisonError::into_inner))
        };
        tokio::task::spawn_blocking(run).await.map_err(|_| ProjectionError::Ending)?
    }

    /// The same as [`Self::read`] for what may take a second, such as a search for a frequent word.
    pub(super) async fn search<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Connection) -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
        let turn = self.searches.clone().acquire_owned().await;
        self.read(move |connection| {
            // Held until it is done, also where nobody waits for the answer any more.
            let _turn = turn;
            ask(connection)
        })
        .await
    }

    #[cfg(test)]
    fn fails(&self) -> Answer<()> {
        use std::sync::atomic::Ordering::Relaxed;
        let left = self.failing.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1));
        let eio = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR_WRITE);
        left.map_or(Ok(()), |_| Err(rusqlite::Error::SqliteFailure(eio, None).into()))
    }

    /// Runs where it may block, on one state of the tables.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Connection) -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
        let turn = self.readers.clone().acquire_owned().await;
        let (idle, path) = (self.idle.clone(), self.path.clone());
        let run = move || {
            let _turn = turn;
            let kept = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut connection = match kept {
                Some(connection) => connection,
                None => open::connect_reader(&path)?,
            };
            let answer = {
                let snapshot = connection.transaction()?;
                ask(&snapshot)
            };
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            answer
        };
        tokio::task::spawn_blocking(run).await.map_err(|_| ProjectionError::Ending)?
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn searches_leave_readers_for_others() {
        let folder = tempfile::tempdir().unwrap();
        let writer = open::connect(folder.path()).unwrap();
        let pool = Arc::new(Pool::new(writer, folder.path().join(open::FILE)));
        let (begun, mut begins) = tokio::sync::mpsc::unbounded_channel();
        let (end, ends) = mpsc::channel::<()>();
        let ends = Arc::new(Mutex::new(ends));
        let searches: Vec<_> = (0..2 * READERS)
            .map(|_| {
                let (pool, begun, ends) = (pool.clone(), begun.clone(), ends.clone());
                let search = move |_: &Connection| {
                    let _ = begun.send(());
                    let _ = ends.lock().unwrap().recv();
                    Ok(())
                };
                tokio::spawn(async move { pool.search(search).await })
            })
            .collect();
        for _ in 0..SEARCHES {
            begins.recv().await.unwrap();
        }
        // Who asked has gone; the searches go on.
        searches[..SEARCHES].iter().for_each(tokio::task::JoinHandle::abort);
        let read = tokio::time::timeout(Duration::from_secs(60), pool.read(|_| Ok(7)));
        assert_eq!(read.await.unwrap().unwrap(), 7);
        assert!(begins.try_recv().is_err(), "no more than so many at once");
        drop(end);
    }
}
