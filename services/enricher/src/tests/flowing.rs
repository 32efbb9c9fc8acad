//! Tests of the enricher behind a detector, with the messages that it writes for a decision.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use wirefold_envelope::Sender;
use wirefold_flow::sim::{SimBus, SimDisk};
use wirefold_flow::{Bus, Lease, StageContext};
use wirefold_proto::streams;
use wirefold_proto::{
    ArticleFetched, Command, CommandJudged, CommandOutcome, ControlCommand, DecisionId, LEAD_WORDS,
    Offsets, OutputArticle, OutputCommand, StoryChange, Tag, Target, TextPolicy, decode,
};

use super::stand::{
    Seed, all, behind_the_fixtures, create_streams, detector_settings, outgoing, seeds, settings,
};
use crate::{enrich_again, run};

/// Sends the first fixtures through detector and enricher.
async fn through(policy: TextPolicy, count: usize) -> (Arc<dyn Bus>, Vec<OutputArticle>) {
    sent(policy, seeds().iter().take(count).map(Seed::fetched).collect()).await
}

/// Sends articles through detector and enricher.
async fn sent(
    policy: TextPolicy,
    articles: Vec<ArticleFetched>,
) -> (Arc<dyn Bus>, Vec<OutputArticle>) {
    let clock = Arc::new(behind_the_fixtures());
    let bus = SimBus::open(&SimDisk::default(), clock.clone()).bus();
    create_streams(&*bus).await;
    for article in &articles {
        bus.publish(outgoing(article)).await.unwrap();
    }
    let context = StageContext::new(bus.clone(), clock);
    let stop = CancellationToken::new();
    let detector =
        tokio::spawn(wirefold_detector::run(context.clone(), detector_settings(), stop.clone()));
    let enricher = tokio::spawn(run(context, settings(policy), Lease::alone(), stop.clone()));
    let filter = "wirefold.v1.output.article.>";
    let mut reader = bus.read(streams::OUTPUT.name, filter, 1).await.unwrap();
    let mut output = Vec::new();
    while output.len() < articles.len() {
        let next = tokio::time::timeout(Duration::from_secs(60), reader.next(100)).await;
        let next = next.expect("articles come").unwrap();
        output.extend(next.iter().map(|stored| decode::<OutputArticle>(&stored.body).unwrap()));
    }
    stop.cancel();
    detector.await.unwrap().unwrap();
    enricher.await.unwrap().unwrap();
    assert!(output.is_sorted_by(|one, next| one.judged < next.judged), "in order");
    (bus, output)
}

#[tokio::test]
async fn every_article_is_published_with_its_verdict_and_a_lead() {
    let (bus, output) = through(TextPolicy::Lead, 20).await;
    for (article, seed) in output.iter().zip(seeds()) {
        let fetched = seed.fetched();
        assert_eq!((article.id, &article.article), (fetched.id, &fetched.article));
        let stored = bus.get(streams::FETCHED.name, article.fetched).await.unwrap();
        assert_eq!(stored.id, article.id.to_string());
        let lead = article.text.as_deref().unwrap();
        assert!(fetched.text.trim().starts_with(lead));
        let words = lead.split_whitespace().filter(|word| word.contains(char::is_alphanumeric));
        assert!(words.count() <= LEAD_WORDS, "{lead}");
    }
    let stored = all(&*bus, streams::OUTPUT.name, ">").await;
    assert!(stored.iter().all(|message| message.headers.get("ce-source").is_some()));
    assert_eq!(bus.stream_state(streams::DEAD.name).await.unwrap().messages, 0);
}

#[tokio::test]
async fn an_article_without_a_title_is_published_with_one() {
    let mut article = seeds()[0].fetched();
    article.article.title.clear();
    let (bus, output) = sent(TextPolicy::Lead, vec![article.clone()]).await;
    let title = output[0].article.title.as_str();
    assert!(!title.is_empty() && title.chars().count() <= 80, "{title}");
    let words = title.trim_end_matches('…');
    assert!(article.text.contains(words), "{title}");
    assert_eq!(output[0].id, article.id);
    let stored = bus.get(streams::FETCHED.name, output[0].fetched).await.unwrap();
    let judged = decode::<ArticleFetched>(&stored.body).unwrap();
    assert_eq!(judged.article.title, "", "the detector sees no title");
}

#[tokio::test]
async fn the_policy_limits_the_published_text() {
    assert_eq!(through(TextPolicy::None, 1).await.1[0].text, None);
    let full = through(TextPolicy::Full, 1);
    assert_eq!(full.await.1[0].text, Some(seeds()[0].fetched().text));
}

#[tokio::test]
async fn a_command_is_published_with_its_changes() {
    let (bus, output) = through(TextPolicy::Lead, 1).await;
    let story = output[0].verdict.story;
    let quiet = |target| StoryChange::Quiet { target };
    let command = CommandJudged {
        schema: Tag::new(),
        decision: "3-c7".parse::<DecisionId>().unwrap(),
        input: Offsets { fetched: 1, control: 7 },
        command: ControlCommand {
            schema: Tag::new(),
            id: "c".to_owned(),
            at: output[0].article.seen,
            by: "cli".to_owned(),
            command: Command::Split { story, articles: vec![] },
        },
        outcome: CommandOutcome::Applied,
        changes: vec![quiet(Target::Story(story)), quiet(Target::Event(output[0].verdict.event))],
        stories: Vec::new(),
        events: Vec::new(),
    };
    let sender = Sender { source: "/wirefold/detector" };
    let record = sender.outgoing(&command, command.command.at).unwrap();
    let sequence = bus.publish(record).await.unwrap().sequence();
    enrich_again(bus.clone(), settings(TextPolicy::Lead), sequence).await.unwrap();
    let told = all(&*bus, streams::OUTPUT.name, "wirefold.v1.output.command.>").await;
    let [told] = &told[..] else { panic!("{told:?}") };
    let outcome: OutputCommand = decode(&told.body).unwrap();
    assert_eq!(told.subject, "wirefold.v1.output.command.applied");
    assert_eq!((outcome.changes, outcome.fetched), (command.changes, 1));
    assert_eq!(outcome.command, command.command);
}
