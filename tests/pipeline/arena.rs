//! What `up` asks of the allocator.

use super::up::Up;
use crate::program::Folder;

#[test]
#[cfg(target_env = "gnu")]
fn one_arena_unless_somebody_wants_more() {
    let settings = b"data = \"data\"\n[[source]]\npath = \"one.txt\"\n";
    let folder = Folder::with(&[("wirefold.toml", settings), ("one.txt", b"One text.")]);
    let one = Up::start(&folder);
    assert!(one.environment().contains("MALLOC_ARENA_MAX=1"), "{}", one.environment());
    drop(one);

    let mut command = folder.command(&["up", "--config", "wirefold.toml"]);
    command.args(["--listen", "127.0.0.1:0", "--operations", "127.0.0.1:0"]);
    command.env("MALLOC_ARENA_MAX", "3");
    let more = Up::start_command(&folder, command);
    assert!(more.environment().contains("MALLOC_ARENA_MAX=3"), "{}", more.environment());
}
