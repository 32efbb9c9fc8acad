//! A stage beside the supervised ones, which is restarted whenever it ends.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use rustix::process::{Pid, Signal};

use super::super::over::NatsPipeline;
use super::send;
use crate::program::{Folder, command};

/// The stage. It ends with the test.
pub(super) struct ExtraStage {
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

    /// Runs it again and again, with its output in one file.
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

impl ExtraStage {
    pub(super) fn start(stage: &'static str, over: &NatsPipeline, folder: &Folder) -> ExtraStage {
        let any_port = ["--operations", "127.0.0.1:0"];
        let arguments = [&["run", stage, "--nats", &over.url], &any_port[..]].concat();
        let mut command = command(&arguments);
        command.current_dir(folder.path()).stdout(Stdio::null());
        over.let_in(&mut command);
        let log = folder.path().join(format!("{stage}.log"));
        let shared = Arc::new(Shared { log, state: Mutex::default() });
        let keeping = shared.clone();
        let running = std::thread::spawn(move || keeping.keep(command));
        ExtraStage { shared, running: Some(running) }
    }

    /// `kill -9`, if it runs at the moment.
    pub(super) fn kill(&self) {
        self.shared.send(Signal::KILL);
    }

    /// Lets it finish and does not restart it.
    pub(super) fn stop(&mut self) {
        self.end(Signal::TERM);
    }

    /// Its output.
    pub(super) fn output(&self) -> String {
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

impl Drop for ExtraStage {
    fn drop(&mut self) {
        self.end(Signal::KILL);
    }
}
