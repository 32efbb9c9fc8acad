//! The receiver of webhooks in a container of its own.

/// Its name on the network and in the list of containers.
pub(super) const SERVICE: &str = "receiver";
/// The additional Compose file.
pub(super) const FILE: &str = "xtask/src/commands/compose_test/receiver.yml";
/// The program.
pub(super) const PROGRAM: &str = "xtask/src/commands/compose_test/receiver.pl";
/// The address for webhooks.
pub(super) const URL: &str = "http://receiver:8080/";
