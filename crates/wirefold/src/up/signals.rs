//! Signals: the first drains the process, the second ends it at once.

use crate::exit::Exit;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGTERM and SIGINT as they come.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    /// SIGHUP ends no process: those with deliveries read their settings again.
    _hangup: Signal,
}

/// The sender of the request to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StopSignal {
    /// A supervisor, with SIGTERM.
    Terminate,
    /// A person, with Ctrl-C.
    Interrupt,
}

impl StopSignal {
    /// The exit code of a process that had no unfinished work.
    pub(super) fn exit(self) -> Exit {
        match self {
            Self::Terminate => Exit::Ok,
            Self::Interrupt => Exit::Interrupted,
        }
    }
}

impl Signals {
    /// Handles the signals from now on, so that they no longer end the process at once.
    pub(super) fn listen() -> std::io::Result<Self> {
        let terminate = signal(SignalKind::terminate())?;
        let interrupt = signal(SignalKind::interrupt())?;
        Ok(Self { terminate, interrupt, _hangup: signal(SignalKind::hangup())? })
    }

    /// Waits for the next signal.
    pub(super) async fn next(&mut self) -> StopSignal {
        tokio::select! {
            _ = self.terminate.recv() => StopSignal::Terminate,
            _ = self.interrupt.recv() => StopSignal::Interrupt,
        }
    }
}
