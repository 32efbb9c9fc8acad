//! Access tokens, for a page that is served to more than this machine.
//!
//! One file in the data folder, `tokens.json`, holds everything that lets somebody in: tokens of programs,
//! links that sign in once, and sessions of browsers. It stores only a SHA-256 hash of each. The secrets have
//! 256 random bits, so a plain hash protects them. The command line and the gateway both write the file, each
//! under a lock and in one step. The gateway reads it again when it changes, so a revoked token stops working
//! at the next request.

mod gate;
mod limits;
mod record;
mod secret;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use thiserror::Error;

pub(crate) use gate::{COOKIE, gate_failed, session_of};
pub use gate::{Gate, TrustedProxy};
pub use limits::Peer;
use record::Records;
pub use record::{Kind, Scope, TokenRecord};

/// The name of the file in the data folder.
pub const FILE: &str = "tokens.json";
/// How long a browser stays signed in.
pub(crate) const SESSION: Duration = Duration::from_hours(90 * 24);
/// How long a sign-in link is valid.
pub const SIGN_IN_LINK: Duration = Duration::from_hours(1);
/// How coarsely uses are stored, so that not every request writes the file.
const USE_STORED_EVERY: Duration = Duration::from_mins(1);
/// The longest name of a token, in characters.
const NAME_LENGTH: usize = 64;

/// Why the file cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TokenError {
    /// It cannot be read or written.
    #[error("{}: {source}", path.display())]
    Failed {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// It is not a list of tokens.
    #[error("{} is damaged: {why}; move it away, then make new tokens", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The problem with it.
        why: String,
    },
    /// A token has that name already.
    #[error("there is already a token {0:?}; revoke it first, or choose another name")]
    Taken(String),
    /// A name that is not allowed.
    #[error("{0:?} is not a name for a token: letters, digits, `-`, `_` and `.`, at most 64")]
    Name(String),
    /// The system gave no random bytes.
    #[error("the system gives no random bytes: {0}")]
    Random(String),
}

/// The tokens of one data folder. Clones are one file.
#[derive(Debug, Clone)]
pub struct TokenFile {
    path: PathBuf,
    read: Arc<Mutex<Option<Version>>>,
}

/// The content that was read last, and the state of the file then.
#[derive(Debug)]
struct Version {
    inode: u64,
    modified: (i64, i64),
    records: Arc<Records>,
}

impl TokenFile {
    /// The tokens of a data folder. Nothing is read yet, and the file may be missing.
    pub fn new(folder: &Path) -> Self {
        Self { path: folder.join(FILE), read: Arc::default() }
    }

    /// Makes a token, or a link's code, and returns its secret. The secret is never shown again.
    ///
    /// # Errors
    /// A [`TokenError`] with advice.
    pub fn add(
        &self,
        name: &str,
        kind: Kind,
        scope: Scope,
        expires: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<String, TokenError> {
        check_name(name)?;
        self.change(now, |records| records.add(name, kind, scope, expires, now))
    }

    /// All valid credentials, the oldest first.
    ///
    /// # Errors
    /// A [`TokenError`] with advice.
    pub fn list(&self, now: Timestamp) -> Result<Vec<TokenRecord>, TokenError> {
        Ok(self.records()?.valid(now).cloned().collect())
    }

    /// Revokes every token of a name, with the sessions that came from it. Returns how many.
    ///
    /// # Errors
    /// A [`TokenError`] with advice.
    pub fn revoke(&self, name: &str, now: Timestamp) -> Result<usize, TokenError> {
        self.change(now, |records| Ok(records.revoke(name)))
    }

    /// The holder of a secret. The code of a link is not a credential: it is [redeemed](Self::redeem).
    pub(crate) fn holder(
        &self,
        secret: &str,
        now: Timestamp,
    ) -> Result<Option<TokenRecord>, TokenError> {
        let records = self.records()?;
        let hash = secret::hash(secret);
        let found = records.valid(now).find(|it| it.hash == hash && it.kind != Kind::SignIn);
        let Some(found) = found.cloned() else { return Ok(None) };
        if found.was_unused_for(now, USE_STORED_EVERY) {
            let noted = self.change(now, |stored| {
                stored.note_use(&hash, now);
                Ok(())
            });
            // A full disk or a read-only folder keeps nobody out.
            if let Err(error) = noted {
                tracing::warn!(%error, "the last use of a token is not stored");
            }
        }
        Ok(Some(found))
    }

    /// Exchanges the code of a link for a session. A code works once. `None` if it is unknown, used or
    /// expired.
    pub(crate) fn redeem(&self, code: &str, now: Timestamp) -> Result<Option<String>, TokenError> {
        let hash = secret::hash(code);
        self.change(now, |records| records.redeem(&hash, now))
    }

    /// Makes a session from a token, for a browser that sent the token itself.
    pub(crate) fn session_of(
        &self,
        token: &TokenRecord,
        now: Timestamp,
    ) -> Result<String, TokenError> {
        self.change(now, |records| records.add_session(token, now))
    }

    /// Ends a session.
    pub(crate) fn end(&self, secret: &str, now: Timestamp) -> Result<(), TokenError> {
        let hash = secret::hash(secret);
        self.change(now, |records| {
            records.end(&hash);
            Ok(())
        })
    }

    /// The current content of the file.
    fn records(&self) -> Result<Arc<Records>, TokenError> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let found = match fs::metadata(&self.path) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Arc::default()),
            Err(source) => return Err(self.failed(source)),
        };
        let (inode, modified) = (found.ino(), (found.mtime(), found.mtime_nsec()));
        if let Some(version) = &*read
            && (version.inode, version.modified) == (inode, modified)
        {
            return Ok(version.records.clone());
        }
        let records = Arc::new(self.load()?);
        *read = Some(Version { inode, modified, records: records.clone() });
        Ok(records)
    }

    fn load(&self) -> Result<Records, TokenError> {
        match fs::read(&self.path) {
            Ok(bytes) => Records::read(&bytes)
                .map_err(|why| TokenError::Damaged { path: self.path.clone(), why }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Records::default()),
            Err(source) => Err(self.failed(source)),
        }
    }

    /// Changes the stored tokens under a lock, and drops expired ones.
    fn change<T>(
        &self,
        now: Timestamp,
        how: impl FnOnce(&mut Records) -> Result<T, TokenError>,
    ) -> Result<T, TokenError> {
        let lock = self.open_lock().map_err(|source| self.failed(source))?;
        lock.lock().map_err(|source| self.failed(source))?;
        let mut records = self.load()?;
        records.drop_expired(now);
        let done = how(&mut records)?;
        self.store(&records).map_err(|source| self.failed(source))?;
        Ok(done)
    }

    fn open_lock(&self) -> io::Result<File> {
        if let Some(folder) = self.path.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        private(&self.path.with_extension("lock"), false)
    }

    fn store(&self, records: &Records) -> io::Result<()> {
        let half = self.path.with_extension("half");
        let mut file = private(&half, true)?;
        file.write_all(&records.to_bytes())?;
        file.sync_all()?;
        fs::rename(&half, &self.path)
    }

    fn failed(&self, source: io::Error) -> TokenError {
        TokenError::Failed { path: self.path.clone(), source }
    }
}

/// Opens a file that only its owner may read.
fn private(path: &Path, truncate: bool) -> io::Result<File> {
    OpenOptions::new().create(true).write(true).truncate(truncate).mode(0o600).open(path)
}

fn check_name(name: &str) -> Result<(), TokenError> {
    let is_good = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    let fits = !name.is_empty() && name.chars().count() <= NAME_LENGTH;
    if fits && name.chars().all(is_good) { Ok(()) } else { Err(TokenError::Name(name.to_owned())) }
}

#[cfg(test)]
mod tests;
