//! The enricher before a detector: what comes out of both.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use wirefold_flow::sim::{SimBus, SimDisk};
use wirefold_flow::{Bus, Lease, Outgoing, StageContext};
use wirefold_proto::streams;
use wirefold_proto::{
    ArticleEnriched, ArticleFetched, LEAD_WORDS, OutputArticle, TextPolicy, decode,
};

use super::stand::{
    Seed, all, behind_the_fixtures, create_streams, detector_settings, outgoing, seeds, settings,
};
use crate::run;

/// Sends the first fixtures through enricher and detector.
async fn through(policy: TextPolicy, count: usize) -> (Arc<dyn Bus>, Vec<OutputArticle>) {
    sent(policy, seeds().iter().take(count).map(Seed::fetched).collect()).await
}

/// Sends articles through enricher and detector.
async fn sent(
    policy: TextPolicy,
    articles: Vec<ArticleFetched>,
) -> (Arc<dyn Bus>, Vec<OutputArticle>) {
    through_both(policy, articles.iter().map(outgoing).collect()).await
}

/// Sends messages through enricher and detector.
pub(super) async fn through_both(
    policy: TextPolicy,
    messages: Vec<Outgoing>,
) -> (Arc<dyn Bus>, Vec<OutputArticle>) {
    let clock = Arc::new(behind_the_fixtures());
    let bus = SimBus::open(&SimDisk::default(), clock.clone()).bus();
    create_streams(&*bus).await;
    let count = messages.len();
    for message in messages {
        bus.publish(message).await.unwrap();
    }
    let context = StageContext::new(bus.clone(), clock);
    let stop = CancellationToken::new();
    let deciding = detector_settings(policy);
    let detector = tokio::spawn(wirefold_detector::run(
        context.clone(),
        deciding,
        Lease::alone(),
        stop.clone(),
    ));
    let enricher = tokio::spawn(run(context, settings(), Lease::alone(), stop.clone()));
    let filter = "wirefold.v1.output.article.>";
    let mut reader = bus.read(streams::OUTPUT.name, filter, 1).await.unwrap();
    let mut output = Vec::new();
    while output.len() < count {
        let next = tokio::time::timeout(Duration::from_secs(60), reader.next(100)).await;
        let next = next.expect("articles come").unwrap();
        output.extend(next.iter().map(|stored| decode::<OutputArticle>(&stored.body).unwrap()));
    }
    stop.cancel();
    detector.await.unwrap().unwrap();
    enricher.await.unwrap().unwrap();
    let order = |it: &OutputArticle| it.input.enriched;
    assert!(output.is_sorted_by(|one, next| order(one) < order(next)), "in order");
    (bus, output)
}

#[tokio::test]
async fn every_article_is_published_with_its_verdict_and_a_lead() {
    let (bus, output) = through(TextPolicy::Lead, 20).await;
    for (article, seed) in output.iter().zip(seeds()) {
        let fetched = seed.fetched();
        assert_eq!((article.id, &article.article), (fetched.id, &fetched.article));
        let stored = bus.get(streams::ENRICHED.name, article.input.enriched).await.unwrap();
        assert_eq!(stored.headers.get("ce-id"), Some(article.id.to_string().as_str()));
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
    let stored = bus.get(streams::ENRICHED.name, output[0].input.enriched).await.unwrap();
    let enriched = decode::<ArticleEnriched>(&stored.body).unwrap();
    assert_eq!(enriched.article.title, "", "the detector sees no title");
}

#[tokio::test]
async fn the_policy_limits_the_published_text() {
    assert_eq!(through(TextPolicy::None, 1).await.1[0].text, None);
    let full = through(TextPolicy::Full, 1);
    assert_eq!(full.await.1[0].text, Some(seeds()[0].fetched().text));
}
