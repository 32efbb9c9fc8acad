//! A pool of one writing and a few reading connections. None of them works on an async thread.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::{Answer, ProjectionError, open};

/// The most readers at one time. Others wait.
const READERS: usize = 4;
/// How many of the readers may search or filter, so that other reads are never blocked by searches.
const SEARCHES: usize = 2;

#[derive(Clone)]
pub(super) struct Pool {
    path: Arc<PathBuf>,
    /// How often the file was created anew.
    generation: Arc<AtomicU64>,
    writer: Arc<Mutex<Connection>>,
    /// Idle readers, each with the generation of its file.
    idle: Arc<Mutex<Vec<(u64, Connection)>>>,
    readers: Arc<Semaphore>,
    searches: Arc<Semaphore>,
    /// How many of the next writes fail, as if the disk refused them.
    #[cfg(test)]
    pub(super) failing: Arc<std::sync::atomic::AtomicU32>,
}

impl Pool {
    pub(super) fn new(writer: Connection, path: PathBuf) -> Self {
        Self {
            path: Arc::new(path),
            generation: Arc::default(),
            writer: Arc::new(Mutex::new(writer)),
            idle: Arc::default(),
            readers: Arc::new(Semaphore::new(READERS)),
            searches: Arc::new(Semaphore::new(SEARCHES)),
            #[cfg(test)]
            failing: Arc::default(),
        }
    }

    /// How often the file was created anew because it was damaged.
    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    /// Runs blocking work with the writing connection.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
        let pool = self.clone();
        #[cfg(test)]
        self.fails()?;
        let run = move || {
            // If a transaction panicked, it was rolled back, and the connection is usable.
            let mut writer = pool.writer.lock().unwrap_or_else(PoisonError::into_inner);
            let answer = work(&mut writer);
            if open::is_damaged(&answer) {
                pool.begin_anew(&mut writer)?;
            }
            answer
        };
        tokio::task::spawn_blocking(run).await.map_err(|_| ProjectionError::Ending)?
    }

    /// The same, if the file is still that of this generation.
    pub(super) async fn write_into<T: Send + 'static>(
        &self,
        generation: u64,
        work: impl FnOnce(&mut Connection) -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
        let now = self.generation.clone();
        self.write(move |connection| match now.load(Ordering::SeqCst) == generation {
            true => work(connection),
            false => Err(ProjectionError::BegunAnew),
        })
        .await
    }

    /// Puts a damaged file aside and creates another, which is filled from the streams.
    fn begin_anew(&self, writer: &mut Connection) -> Answer<()> {
        let path = &*self.path;
        tracing::error!(file = %path.display(), "the tables of the page are damaged: putting them aside, rebuilding");
        *writer = Connection::open_in_memory()?;
        open::put_aside(path)?;
        *writer = open::connect(path.parent().unwrap_or(Path::new(".")))?;
        // At the end, so that a connection opened in a generation has its file or a later one.
        self.generation.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    /// Like [`Self::read`], for work that may take a second, such as a search for a frequent word.
    pub(super) async fn search<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Connection) -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
        let turn = self.searches.clone().acquire_owned().await;
        self.read(move |connection| {
            // Kept until the work is done, also if the client has left.
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

    /// Runs blocking work on one state of the tables.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Connection) -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
        let turn = self.readers.clone().acquire_owned().await;
        let pool = self.clone();
        let run = move || {
            let _turn = turn;
            let (generation, mut connection) = pool.reader()?;
            let answer = {
                let snapshot = connection.transaction()?;
                ask(&snapshot)
            };
            if open::is_damaged(&answer) {
                drop(connection);
                let mut writer = pool.writer.lock().unwrap_or_else(PoisonError::into_inner);
                // Another reader may have found the damage already.
                if pool.generation() == generation {
                    pool.begin_anew(&mut writer)?;
                }
            } else {
                pool.idle().push((generation, connection));
            }
            answer
        };
        tokio::task::spawn_blocking(run).await.map_err(|_| ProjectionError::Ending)?
    }

    /// A reading connection, and the generation of its file.
    fn reader(&self) -> Answer<(u64, Connection)> {
        let generation = self.generation();
        let kept = {
            let mut idle = self.idle();
            idle.retain(|(of, _)| *of == generation);
            idle.pop()
        };
        if let Some(kept) = kept {
            return Ok(kept);
        }
        // While a file is created anew, it has no tables, or does not match its log.
        let _writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = open::connect_reader(&self.path)?;
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok((self.generation(), connection))
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(u64, Connection)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
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
        // The clients have left, but the searches go on.
        searches[..SEARCHES].iter().for_each(tokio::task::JoinHandle::abort);
        let read = tokio::time::timeout(Duration::from_secs(60), pool.read(|_| Ok(7)));
        assert_eq!(read.await.unwrap().unwrap(), 7);
        assert!(begins.try_recv().is_err(), "no more than so many at once");
        drop(end);
    }
}
