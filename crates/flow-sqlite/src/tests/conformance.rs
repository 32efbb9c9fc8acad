//! The suite over a real file. A crash copies the file and its log at that moment, without the later writes
//! of the killed process, and opens the copy.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use wirefold_flow::conformance::Harness;
use wirefold_flow::sim::VirtualClock;
use wirefold_flow::{BoxFuture, Bus, Clock, conformance_suite};

use super::child::Victim;
use crate::{FILE, open};

struct Embedded {
    folder: TempDir,
    clock: VirtualClock,
    bus: Arc<dyn Bus>,
    crashes: u64,
}

async fn embedded() -> Embedded {
    let (folder, clock) = (tempfile::tempdir().unwrap(), VirtualClock::default());
    let bus = open(folder.path(), Arc::new(clock.clone())).unwrap();
    Embedded { folder, clock, bus, crashes: 0 }
}

impl Embedded {
    /// The folder of the next life, with the files that a kill would leave.
    fn left_behind(&self) -> PathBuf {
        let life = |number: u64| match number {
            0 => self.folder.path().to_owned(),
            number => self.folder.path().join(number.to_string()),
        };
        let (from, to) = (life(self.crashes), life(self.crashes + 1));
        std::fs::create_dir(&to).unwrap();
        for file in [FILE.to_owned(), format!("{FILE}-wal")] {
            std::fs::copy(from.join(&file), to.join(&file)).unwrap();
        }
        copy_folders(&from, &to);
        to
    }
}

/// Copies the files of objects, unfinished ones too.
fn copy_folders(from: &Path, to: &Path) {
    for store in ["states", "others"] {
        let Ok(files) = std::fs::read_dir(from.join(store)) else {
            continue;
        };
        std::fs::create_dir(to.join(store)).unwrap();
        for file in files {
            let file = file.unwrap();
            std::fs::copy(file.path(), to.join(store).join(file.file_name())).unwrap();
        }
    }
}

impl Harness for Embedded {
    fn bus(&self) -> Arc<dyn Bus> {
        self.bus.clone()
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(self.clock.clone())
    }

    fn crash_and_reopen(&mut self) -> BoxFuture<'_, ()> {
        let folder = self.left_behind();
        self.crashes += 1;
        Victim::start(&folder, self.crashes).kill_after(5);
        self.bus = open(&folder, Arc::new(self.clock.clone())).unwrap();
        Box::pin(async {})
    }

    fn advance(&self, by: Duration) -> BoxFuture<'_, ()> {
        self.clock.advance(by);
        Box::pin(async {
            // Other tasks use the bus before this one, so this answer comes after theirs.
            for _ in 0..10 {
                for _ in 0..20 {
                    tokio::task::yield_now().await;
                }
                let _ = self.bus.stream_state("WORK").await;
            }
        })
    }
}

conformance_suite!(embedded);
