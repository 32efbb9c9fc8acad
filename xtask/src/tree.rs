//! The folder of the repository, and the folder of builds.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// The folder with the workspace's manifest.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, Path::to_owned)
}

/// The folder in which Cargo puts builds: `target`, or the one that the environment names.
pub(crate) fn builds() -> anyhow::Result<PathBuf> {
    builds_of(&std::env::current_exe()?)
}

/// The folder with the folder of a profile that has this program.
fn builds_of(program: &Path) -> anyhow::Result<PathBuf> {
    let folder = program.parent().and_then(Path::parent).context("no folder of what is built")?;
    Ok(folder.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_are_where_this_program_was_built() {
        let builds = builds_of(Path::new("/elsewhere/builds/debug/xtask")).unwrap();
        assert_eq!(builds, Path::new("/elsewhere/builds"));
    }
}
