//! The socket in the data folder, through which other commands reach a running `up`.

use std::path::{Path, PathBuf};

use anyhow::Context;
use tokio::net::{UnixListener, UnixStream};

use crate::exit::stop;

/// The name of the socket in the data folder.
pub(crate) const SOCKET: &str = "wirefold.sock";

/// The file of a bound socket, which is deleted when this is dropped.
pub(super) struct Socket(PathBuf);

impl Socket {
    /// Binds the socket in the data folder. If a socket exists but nothing answers, a killed process left it.
    pub(super) async fn bind(folder: &Path) -> anyhow::Result<(Self, UnixListener)> {
        let path = folder.join(SOCKET);
        if UnixStream::connect(&path).await.is_ok() {
            let folder = folder.display();
            stop!(Bus, "another wirefold runs on {folder}: choose another with --data DIR");
        }
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot replace {}", path.display()));
            }
            _ => {}
        }
        let listener = UnixListener::bind(&path).with_context(|| {
            let path = path.display();
            format!("cannot make the socket {path}: a shorter --data DIR may help")
        })?;
        let owner_only = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&path, owner_only)
            .with_context(|| format!("cannot restrict {}", path.display()))?;
        Ok((Self(path), listener))
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
