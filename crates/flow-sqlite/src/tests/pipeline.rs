//! The loop of a writer on the embedded bus, with kills at random points. Each article is decided on once, as in
//! a run without a kill.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use wirefold_flow::sim::Random;
use wirefold_flow::{
    Bus, Clock, DeadLetters, Lease, Outgoing, Reason, Record, Source, StageContext, StateMachine,
    Stored, StreamConfig, UnixMillis, WriterConfig, run_writer, unbroken_chain,
};

use super::child::{Victim, clock, say, told};

const ROUNDS: u64 = 20;

/// Numbers the articles: a lost or repeated decision changes all later ones.
#[derive(Default)]
struct Numbering(u64);

impl StateMachine for Numbering {
    fn restart(&mut self) -> u64 {
        self.0 = 0;
        0
    }

    fn replay(&mut self, _decision: &Stored, input: Option<&Stored>) {
        assert!(input.is_some(), "an input is gone");
        self.0 += 1;
    }

    fn epoch_record(&mut self, _epoch: u64, _at: UnixMillis) -> Record {
        Record { subject: "decided.epoch".to_owned(), ..Record::default() }
    }

    fn decide(&mut self, _epoch: u64, input: &Stored) -> Result<Option<Record>, Reason> {
        self.0 += 1;
        let body = format!("{} {}", self.0, input.id).into();
        let subject = "decided.article".to_owned();
        Ok(Some(Record { subject, body, ..Record::default() }))
    }
}

/// Starts the loop on a bus.
async fn start(bus: &Arc<dyn Bus>, clock: Arc<dyn Clock>) -> CancellationToken {
    for (name, subjects) in [("IN", "in.>"), ("DECIDED", "decided.>"), ("DEAD", "dead.>")] {
        let window = Duration::from_hours(24);
        let stream = StreamConfig { window, ..StreamConfig::new(name, &[subjects]) };
        bus.create_stream(stream).await.unwrap();
    }
    let stop = CancellationToken::new();
    let context = StageContext::new(bus.clone(), clock);
    let writer = WriterConfig {
        name: "writer".into(),
        sources: vec![Source { stream: "IN".into(), filter: ">".into(), mark: String::new() }],
        output: "DECIDED".into(),
        decisions: "decided.article".into(),
        epochs: "decided.epoch".into(),
        dead: DeadLetters::plain("dead.all"),
    };
    let decide = Box::new(Numbering::default());
    tokio::spawn(run_writer(context, writer, decide, Lease::alone(), stop.clone()));
    stop
}

#[tokio::test]
async fn pipeline_process() {
    let Some((round, folder)) = told() else {
        return;
    };
    let bus = crate::open(folder.as_ref(), clock(round)).unwrap();
    let _running = start(&bus, clock(round)).await;
    for number in 0..20_000 {
        let id = format!("a{round}-{number}");
        bus.publish(Outgoing::new("in.one", id.as_str(), vec![b'x'; 500])).await.unwrap();
        say('P', &id);
    }
}

async fn all(bus: &dyn Bus, stream: &str, filter: &str) -> Vec<Stored> {
    bus.read(stream, filter, 1).await.unwrap().ready(1_000_000).await.unwrap()
}

#[tokio::test]
async fn each_article_is_decided_on_once_across_kills() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random::new(20_261_121);
    let mut accepted = Vec::new();
    for round in 0..ROUNDS {
        let count = usize::try_from(1 + random.below(150)).unwrap();
        let victim = Victim::running("tests::pipeline::pipeline_process", folder.path(), round);
        accepted.extend(victim.kill_after(count));
    }
    let clock = clock(ROUNDS);
    let bus = crate::open(folder.path(), clock.clone()).unwrap();
    let running = start(&bus, clock.clone()).await;
    let inputs = all(&*bus, "IN", ">").await;
    // Liveness: far longer than any deadline.
    for _ in 0..100_000 {
        if all(&*bus, "DECIDED", "decided.article").await.len() == inputs.len() {
            break;
        }
        clock.advance(Duration::from_millis(10));
    }
    running.cancel();
    let decided = all(&*bus, "DECIDED", "decided.article").await;
    unbroken_chain(&decided, "IN", inputs.len() as u64, &BTreeSet::new()).unwrap();
    let undisturbed = inputs.iter().zip(1..).map(|(it, number)| format!("{number} {}", it.id));
    assert!(decided.iter().map(|d| d.body.clone()).eq(undisturbed), "other decisions");
    let said = accepted.iter().filter_map(|said| said.strip_prefix("P "));
    let stands: BTreeSet<&str> = inputs.iter().map(|input| input.id.as_str()).collect();
    assert!(said.into_iter().all(|id| stands.contains(id)), "accepted and lost");
}
