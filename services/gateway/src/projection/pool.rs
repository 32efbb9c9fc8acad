//! One connection that writes, a few that read, none of them on an async thread.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::{Answer, ProjectionError, open};

/// Readers at once; more wait.
const READERS: usize = 4;

pub(super) struct Pool {
    path: PathBuf,
    writer: Arc<Mutex<Connection>>,
    idle: Arc<Mutex<Vec<Connection>>>,
    readers: Arc<Semaphore>,
}

impl Pool {
    pub(super) fn new(writer: Connection, path: PathBuf) -> Self {
        Self {
            path,
            writer: Arc::new(Mutex::new(writer)),
            idle: Arc::default(),
            readers: Arc::new(Semaphore::new(READERS)),
        }
    }

    /// Runs where it may block, with the connection that writes.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
        let writer = self.writer.clone();
        let run = move || {
            // A transaction that panicked was rolled back: the connection holds.
            work(&mut writer.lock().unwrap_or_else(PoisonError::into_inner))
        };
        tokio::task::spawn_blocking(run).await.map_err(|_| ProjectionError::Ending)?
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
