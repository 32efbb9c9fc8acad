//! The nats-server of `up --nats`. It is found on this machine, listens on a free port of loopback, and has
//! its store in the data folder. Nothing is downloaded.

use std::fs::File;
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, anyhow};
use wirefold_flow_nats::OLDEST;
use wirefold_proto::Secret;

use super::parent_death::end_with_parent;
use super::{folder, ports};
use crate::config::BusConfig;
use crate::exit::{Exit, Stop};

/// The name of the program, also in logs.
pub(super) const NAME: &str = "nats-server";
const CONFIGURATION: &str = "nats.conf";
/// The user of this run's own server.
pub(super) const USER: &str = "wirefold";

/// A server that can be started.
pub(super) struct Server {
    pub(super) program: PathBuf,
    pub(super) folder: PathBuf,
    pub(super) address: SocketAddr,
    pub(super) password: String,
}

impl Server {
    /// Finds the program and writes its configuration.
    ///
    /// # Errors
    /// Exit code 4 with advice on what to install, if there is no program of a new enough version.
    pub(super) fn prepare(data: &Path) -> anyhow::Result<Self> {
        let program = find().ok_or_else(|| {
            let (major, minor) = OLDEST;
            let what = format!(
                "no nats-server {major}.{minor} or newer is on the PATH: install one (wirefold \
                 downloads nothing), name a running one with --nats URL, or leave out --nats"
            );
            Stop::new(Exit::Bus, what)
        })?;
        let folder = std::path::absolute(folder(data)?)?;
        let server = Self { program, folder, address: ports::free(0)?, password: password()? };
        let path = server.folder.join(CONFIGURATION);
        let written = private(&path).and_then(|mut it| it.write_all(server.text().as_bytes()));
        written.with_context(|| format!("cannot write {}", path.display()))?;
        Ok(server)
    }

    /// Its address.
    pub(super) fn url(&self) -> String {
        format!("nats://{}", self.address)
    }

    fn text(&self) -> String {
        let Self { address, password, .. } = self;
        let store = self.folder.join("store");
        format!(
            "# Written by `wirefold up --nats` at each start.\n\
             listen: \"{address}\"\n\
             server_name: wirefold\n\
             authorization {{ user: {USER}, password: \"{password}\" }}\n\
             # Acknowledged messages are on the disk. Every stream has a bound of its own; without one\n\
             # for all, the server refuses streams whose bounds add up to more than the disk has free.\n\
             jetstream {{ store_dir: {store:?}, max_file: 1TB, sync_interval: always }}\n"
        )
    }
}

/// How to connect to the server that `up --nats` started for this data folder. `None` if none was ever
/// started.
pub(crate) fn own_bus(data: &Path) -> Option<BusConfig> {
    let text = std::fs::read_to_string(data.join("nats").join(CONFIGURATION)).ok()?;
    let quoted_after = |name: &str| {
        let (_, rest) = text.split_once(name)?;
        rest.split('"').nth(1)
    };
    let address = quoted_after("\nlisten:")?;
    Some(BusConfig {
        nats: vec![format!("nats://{address}")],
        user: Some(USER.to_owned()),
        password: Some(Secret::new(quoted_after("password:")?)),
        ..BusConfig::default()
    })
}

/// Replaces this process with the server. The server ends with the parent of this process.
///
/// # Errors
/// The server cannot be started.
pub(in crate::up) fn run(program: &Path, folder: &Path) -> anyhow::Result<Exit> {
    end_with_parent();
    // The server holds the lock for as long as it runs, so that no second one opens its store.
    let lock = File::create(folder.join("server.lock")).context("cannot make its lock")?;
    lock.lock().context("cannot take its lock")?;
    rustix::io::fcntl_setfd(&lock, rustix::io::FdFlags::empty()).context("cannot keep its lock")?;
    let error = Command::new(program).arg("-c").arg(folder.join(CONFIGURATION)).exec();
    Err(anyhow!("cannot start {}: {error}", program.display()))
}

/// Whether a line of the server's log is passed on. The server logs a lot at each start.
pub(super) fn is_passed_on(line: &str) -> bool {
    let is_grave = ["[WRN]", "[ERR]", "[FTL]"].iter().any(|level| line.contains(level));
    // The warning is pointless: only this user can read the configuration, and it is new at each start.
    is_grave && !line.contains("Plaintext passwords")
}

fn private(path: &Path) -> std::io::Result<File> {
    // A new file, so that it does not inherit the permissions of an older one.
    let _ = std::fs::remove_file(path);
    File::options().write(true).create_new(true).mode(0o600).open(path)
}

/// A random password, so that no other user of this machine can read or write the streams.
fn password() -> anyhow::Result<String> {
    crate::random::hex::<16>()
}

/// The first program on the PATH that is new enough, or else the one that `cargo xtask tools` puts beside a
/// build.
fn find() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "a program is looked for where shells look")]
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|folder| folder.join(NAME));
    let this = std::env::current_exe().unwrap_or_default();
    let beside = this.ancestors().map(|folder| folder.join("target/tools/bin").join(NAME));
    on_path.chain(beside).find(|program| is_new_enough(program))
}

fn is_new_enough(program: &Path) -> bool {
    let Ok(output) = Command::new(program).arg("--version").output() else {
        return false;
    };
    version(&String::from_utf8_lossy(&output.stdout)).is_some_and(|version| version >= OLDEST)
}

/// Reads `nats-server: v2.15.1`.
fn version(printed: &str) -> Option<(u64, u64)> {
    wirefold_flow_nats::version(printed.trim().rsplit_once('v')?.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        assert_eq!(version("nats-server: v2.15.1\n"), Some((2, 15)));
        assert_eq!(version("nats-server: v2.9.10"), Some((2, 9)));
        for none in ["", "nats-server", "v", "very old"] {
            assert_eq!(version(none), None, "{none}");
        }
    }

    #[test]
    fn passwords_differ() {
        let (one, other) = (password().unwrap(), password().unwrap());
        assert!(one.len() == 32 && one != other);
    }
}
