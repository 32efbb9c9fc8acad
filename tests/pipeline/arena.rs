//! What `up` asks of the allocator.

use super::up::Up;
use crate::program::Folder;

#[test]
#[cfg(target_env = "gnu")]
fn one_arena_unless_somebody_wants_more() {
    let folder = Folder::with(&[("wirefold.toml", b"data = \"data\"\n")]);
    let up = Up::start(&folder);
    assert!(up.environment().contains("MALLOC_ARENA_MAX=1"), "{}", up.environment());
    drop(up);

    let mut command = folder.command(&["up", "--config", "wirefold.toml"]);
    command.args(["--listen", "127.0.0.1:0", "--operations", "127.0.0.1:0"]);
    command.env("MALLOC_ARENA_MAX", "3");
    let up = Up::start_command(&folder, command);
    assert!(up.environment().contains("MALLOC_ARENA_MAX=3"), "{}", up.environment());
}
