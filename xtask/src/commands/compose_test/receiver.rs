//! The receiver of webhooks, in its own container beside the stack.

use std::collections::BTreeMap;

use anyhow::Context as _;

use super::compose::Stack;

/// Its name on the network, and in the list of containers.
pub(super) const SERVICE: &str = "receiver";
/// What Compose is told of it besides the file that ships.
pub(super) const FILE: &str = "xtask/src/commands/compose_test/receiver.yml";
/// What it runs.
pub(super) const PROGRAM: &str = "xtask/src/commands/compose_test/receiver.pl";
/// Where it takes webhooks.
pub(super) const URL: &str = "http://receiver:8080/";

/// How often each message came, by its id, since the stack was first up.
pub(super) struct Came(BTreeMap<String, u32>);

impl Came {
    /// Asks the receiver.
    pub(super) fn to(stack: &Stack) -> anyhow::Result<Self> {
        let containers = stack.containers()?;
        let receiver = containers.iter().find(|it| it.service == SERVICE);
        let receiver = receiver.context("there is no receiver of webhooks")?;
        let listed = receiver.inside("cat /var/lib/wirefold/came 2>/dev/null || true")?;
        let mut came = BTreeMap::new();
        for id in listed.lines() {
            *came.entry(id.to_owned()).or_default() += 1;
        }
        Ok(Self(came))
    }

    /// How many messages came, repeats left out.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// The ids that came more than once.
    pub(super) fn repeated(&self) -> Vec<&String> {
        self.0.iter().filter(|(_, times)| **times > 1).map(|(id, _)| id).collect()
    }
}
