//! A stage that somebody runs beside the supervised ones, started again whenever it ends.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use rustix::process::{Pid, Signal};

use super::super::over::Over;
use super::send;
use crate::program::{Folder, command};

/// It ends with the test.
pub(super) struct Beside {
    shared: Arc<Shared>,
    running: Option<JoinHandle<()>>,
}

struct Shared {
    log: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    process: Option<Pid>,
    is_over: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs it again and again; what it says goes on in one file.
    fn keep(&self, mut command: Command) {
        loop {
            let mut child = {
                let mut state = self.state();
                if state.is_over {
                    return;
                }
                let log = File::options().create(true).append(true).open(&self.log);
                command.stderr(log.expect("a temporary folder takes files"));
                let child = command.spawn().expect("the binary is built");
                state.process = Some(Pid::from_child(&child));
                child
            };
            child.wait().expect("it is our child");
            self.state().process = None;
        }
    }

    fn send(&self, signal: Signal) {
        if let Some(process) = self.state().process {
            send(process, signal);
        }
    }
}

impl Beside {
    pub(super) fn start(stage: &'static str, over: &Over, folder: &Folder) -> Beside {
        let any_port = ["--operations", "127.0.0.1:0"];
        let arguments = [&["run", stage, "--nats", &over.url], &any_port[..]].concat();
        let mut command = command(&arguments);
        command.current_dir(folder.path()).stdout(Stdio::null());
        over.let_in(&mut command);
        let log = folder.path().join(format!("{stage}.log"));
        let shared = Arc::new(Shared { log, state: Mutex::default() });
        let keeping = shared.clone();
        let running = std::thread::spawn(move || keeping.keep(command));
        Beside { shared, running: Some(running) }
    }

    /// `kill -9`, where it runs just now.
    pub(super) fn kill(&self) {
        self.shared.send(Signal::KILL);
    }

    /// Has it finish, for good.
    pub(super) fn stop(&mut self) {
        self.end(Signal::TERM);
    }

    /// What it has said.
    pub(super) fn said(&self) -> String {
        std::fs::read_to_string(&self.shared.log).unwrap_or_default()
    }

    fn end(&mut self, signal: Signal) {
        self.shared.state().is_over = true;
        self.shared.send(signal);
        if let Some(running) = self.running.take() {
            running.join().expect("it only waits");
        }
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        self.end(Signal::KILL);
    }
}
