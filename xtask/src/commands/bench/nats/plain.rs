//! Our two loops without any work: the cost of the loops and the bus alone.

use std::sync::Arc;

use bytes::Bytes;
use tokio_util::sync::CancellationToken;
use wirefold_envelope::dead_letters;
use wirefold_flow::{
    BoxFuture, Decide, Emit, Headers, Input, Outgoing, REFERENCE, Reason, Record, Source, Stage,
    StageContext, StageError, Stored, SystemClock, UnixMillis, WriterConfig, run_stage, run_writer,
};
use wirefold_flow_nats::{Options, connect};
use wirefold_proto::Subject;
use wirefold_proto::streams::{FETCHED, JUDGED, Stage as Role};

/// The arguments: which loop, and the size of its messages.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[arg(value_enum)]
    which: LoopKind,
    url: String,
    /// The bytes of each body that it writes.
    bytes: usize,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum LoopKind {
    /// In the place of the detector.
    Writer,
    /// In the place of the enricher.
    Stage,
}

impl LoopKind {
    fn name(self) -> &'static str {
        match self {
            Self::Writer => "detector",
            Self::Stage => "enricher",
        }
    }
}

/// Runs until it is killed.
pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    use std::io::Write as _;
    let clock = Arc::new(SystemClock);
    let options = Options::new(arguments.url.as_str(), arguments.which.name());
    let bus = Arc::new(connect(&options, clock.clone()).await?);
    let context = StageContext::new(bus, clock);
    let stop = CancellationToken::new();
    writeln!(std::io::stdout(), "ready")?;
    match arguments.which {
        LoopKind::Writer => write(context, arguments.bytes, stop).await,
        LoopKind::Stage => pass_on(context, arguments.bytes, stop).await,
    }
}

/// Writes a decision of this size for each article, in the place of the detector.
pub(in crate::commands::bench) async fn write(
    context: StageContext,
    bytes: usize,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    Ok(run_writer(context, writer(), Box::new(EmptyLoop::of(bytes)), stop).await?)
}

/// Puts out a message of this size for each decision, in the place of the enricher.
pub(in crate::commands::bench) async fn pass_on(
    context: StageContext,
    bytes: usize,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let (stage, consumer) = (Arc::new(EmptyLoop::of(bytes)), wirefold_enricher::consumer());
    Ok(run_stage(context, stage, consumer, IN_FLIGHT, stop).await?)
}

/// The number of messages in flight, as for the enricher.
const IN_FLIGHT: usize = 256;

fn writer() -> WriterConfig {
    let (stream, filter, mark) = (FETCHED.name.to_owned(), ">".to_owned(), String::new());
    WriterConfig {
        name: Role::Detector.as_str().to_owned(),
        sources: vec![Source { stream, filter, mark }],
        output: JUDGED.name.to_owned(),
        decisions: Subject::judged().as_str().to_owned(),
        epochs: Subject::epoch().as_str().to_owned(),
        dead: dead_letters(Role::Detector),
        notes: None,
    }
}

/// Answers every message with the same body.
struct EmptyLoop {
    body: Bytes,
}

impl EmptyLoop {
    fn of(bytes: usize) -> Self {
        Self { body: "x".repeat(bytes).into() }
    }
}

impl Decide for EmptyLoop {
    fn restart(&mut self) -> u64 {
        0
    }

    fn replay(&mut self, _decision: &Stored, _input: Option<&Stored>) {}

    fn epoch_record(&mut self, _epoch: u64, _at: UnixMillis) -> Record {
        Record::default()
    }

    fn decide(&mut self, _epoch: u64, input: &Stored) -> Result<Option<Record>, Reason> {
        let mut headers: Headers = input.headers.clone();
        headers.set(REFERENCE, input.reference());
        Ok(Some(Record { headers, body: self.body.clone() }))
    }
}

impl Stage for EmptyLoop {
    fn handle(&self, input: Input) -> BoxFuture<'_, Result<Vec<Emit>, StageError>> {
        Box::pin(async move {
            let fetched = input.referred.ok_or_else(|| StageError::reject("names no article"))?;
            let subject = "wirefold.v1.output.article.new.und".to_owned();
            let (id, body) = (fetched.id, self.body.clone());
            Ok(vec![Emit::Message(Outgoing { subject, id, headers: fetched.headers, body })])
        })
    }
}
