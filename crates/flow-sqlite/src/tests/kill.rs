//! kill -9 at random points: nothing acknowledged is lost, nothing appears twice.

use std::collections::BTreeSet;

use wirefold_flow::conformance::unique;
use wirefold_flow::sim::Random;
use wirefold_flow::{Bus, Stored};

use super::child::{Victim, clock, position};

const ROUNDS: u64 = 24;
const SEED: u64 = 20_261_120;

async fn all(bus: &dyn Bus, stream: &str) -> Vec<Stored> {
    bus.read(stream, ">", 1).await.unwrap().ready(1_000_000).await.unwrap()
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_and_nothing_is_there_twice() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random::new(SEED);
    let mut said = Vec::new();
    for round in 0..ROUNDS {
        let count = usize::try_from(1 + random.below(300)).unwrap();
        said.extend(Victim::start(folder.path(), round).kill_after(count));
    }
    let said_of = |kind: &str| -> Vec<&str> {
        said.iter().filter_map(|line| line.strip_prefix(kind)).collect()
    };
    let (published, acked, chained) = (said_of("P "), said_of("A "), said_of("C "));
    assert!(!published.is_empty() && !acked.is_empty() && !chained.is_empty());

    let bus = crate::open(folder.path(), clock(ROUNDS)).unwrap();
    let [work, out, chain] = [
        all(&*bus, "CHILD_WORK").await,
        all(&*bus, "CHILD_OUT").await,
        all(&*bus, "CHILD_CHAIN").await,
    ];
    let (work_ids, out_ids, chain_ids) = (unique(&work), unique(&out), unique(&chain));
    assert!(published.iter().all(|id| work_ids.contains(id)), "published and lost");
    assert!(acked.iter().all(|id| out_ids.contains(id)), "acked and not in the output");
    assert!(chained.iter().all(|id| chain_ids.contains(id)), "chained and lost");
    each_epoch_stands_alone(&chain);

    let acked: BTreeSet<&str> = acked.into_iter().collect();
    let position = position(&*bus).await;
    let mut rest = work.iter().filter(|message| message.sequence > position);
    assert!(rest.all(|message| !acked.contains(&*message.id)), "acked, and it comes again");
}

/// After each epoch record follow its records, from the first on without a hole.
fn each_epoch_stands_alone(chain: &[Stored]) {
    let mut epoch = "";
    let mut expected = 0;
    for record in chain {
        if let Some(begun) = record.id.strip_prefix('e') {
            (epoch, expected) = (begun, 0);
            continue;
        }
        assert_eq!(record.id, format!("c{epoch}-{expected}"));
        expected += 1;
    }
}
