//! Fetches the messages that a batch of deliveries names, all with one request for each stream.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use tokio::sync::OnceCell;

use crate::bus::{Bus, PulledMessage};
use crate::message::{REFERENCE, Stored, parse_reference};

/// The messages that the deliveries of one batch name. The first delivery that needs one fetches all.
pub(super) struct Referred {
    bus: Arc<dyn Bus>,
    wanted: BTreeMap<String, Vec<u64>>,
    found: OnceCell<HashMap<(String, u64), Stored>>,
}

impl Referred {
    /// The messages that these deliveries name; `None` if no stream is named more than once.
    pub(super) fn by(deliveries: &[PulledMessage], bus: &Arc<dyn Bus>) -> Option<Arc<Self>> {
        let mut wanted: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for delivery in deliveries {
            let reference = delivery.message.headers.get(REFERENCE).and_then(parse_reference);
            if let Some((stream, sequence)) = reference {
                wanted.entry(stream.to_owned()).or_default().push(sequence);
            }
        }
        wanted.retain(|_, sequences| sequences.len() > 1);
        let (bus, found) = (bus.clone(), OnceCell::new());
        (!wanted.is_empty()).then(|| Arc::new(Self { bus, wanted, found }))
    }

    /// The message, if it was found with the others. After a failure the caller fetches it alone.
    pub(super) async fn get(&self, stream: &str, sequence: u64) -> Option<Stored> {
        if !self.wanted.get(stream)?.contains(&sequence) {
            return None;
        }
        let found = self.found.get_or_init(|| self.fetch()).await;
        found.get(&(stream.to_owned(), sequence)).cloned()
    }

    async fn fetch(&self) -> HashMap<(String, u64), Stored> {
        let mut found = HashMap::new();
        for (stream, sequences) in &self.wanted {
            let messages = self.bus.get_each(stream, sequences).await.unwrap_or_default();
            for message in messages.into_iter().flatten() {
                found.insert((stream.clone(), message.sequence), message);
            }
        }
        found
    }
}
