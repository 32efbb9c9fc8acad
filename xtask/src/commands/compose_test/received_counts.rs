//! The messages that the receiver of webhooks has received.

use std::collections::BTreeMap;

use anyhow::Context as _;

use super::compose::Stack;
use super::receiver::SERVICE;

/// How often each message arrived since the first start of the stack, by its id.
pub(super) struct ReceivedCounts(BTreeMap<String, u32>);

impl ReceivedCounts {
    /// Reads the counts from the receiver.
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

    /// The number of different messages.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// The ids that arrived more than once.
    pub(super) fn repeated(&self) -> Vec<&String> {
        self.0.iter().filter(|(_, times)| **times > 1).map(|(id, _)| id).collect()
    }
}
