//! The disk of the data folder.

use std::path::{Path, PathBuf};

use wirefold_alerter::{Disk, Space};

/// The disk of a folder.
#[derive(Debug)]
pub(crate) struct DataDisk(pub(crate) PathBuf);

impl Disk for DataDisk {
    fn space(&self) -> Option<Space> {
        space(&self.0)
    }
}

/// The space on the disk of a folder for users other than root.
pub(crate) fn space(folder: &Path) -> Option<Space> {
    let found = rustix::fs::statvfs(folder).ok()?;
    let bytes = |blocks: u64| blocks.saturating_mul(found.f_frsize);
    // Space that is reserved for root counts as used.
    let used = found.f_blocks.saturating_sub(found.f_bfree);
    let total = used.saturating_add(found.f_bavail);
    Some(Space { free: bytes(found.f_bavail), total: bytes(total) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_has_room_and_one_that_is_not_there_has_none() {
        let folder = tempfile::tempdir().unwrap();
        let found = space(folder.path()).unwrap();
        assert!(found.total > 0 && found.free <= found.total, "{found:?}");
        assert_eq!(DataDisk(folder.path().join("nowhere")).space(), None);
    }
}
