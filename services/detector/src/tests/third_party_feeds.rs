//! Articles that another site's feed attributes to an outlet, compared with the outlet's own.

use wirefold_proto::{
    ArticleEnriched, ArticleId, Class, Command, CommandOutcome, CopyKind, StoryId,
};

use super::harness::{TestArticle, seeds};
use super::overrides::TestDetector;

/// The first fixture, from its outlet's own feed.
fn own() -> TestArticle {
    seeds().into_iter().next().unwrap()
}

/// The article from the feed of the site `via`.
fn article_via(article: &TestArticle, via: &str, second: i64) -> ArticleEnriched {
    let mut fetched = TestArticle { feed: via.to_owned(), ..article.clone() }.enriched(second);
    fetched.article.via = Some(via.parse().unwrap());
    fetched.id = ArticleId::from_number(fetched.id.to_number() ^ 7);
    fetched
}

#[tokio::test]
async fn articles_from_another_sites_feed_are_copies_and_no_versions() {
    let mut detector = TestDetector::start().await;
    let article = own();
    let rewritten =
        TestArticle { text: format!("{} More was said.", article.text), ..article.clone() };
    let other =
        TestArticle { text: "Nothing of this is so, the owner says.".into(), ..article.clone() };
    let first = article.enriched(1);
    let judged = detector
        .judge(&[
            first.clone(),
            article_via(&article, "planet.example", 2),
            article_via(&other, "hostile.example", 3),
            rewritten.enriched(4),
        ])
        .await;
    let class = |at: usize| (judged[at].verdict.class, judged[at].verdict.kind);
    assert_eq!(class(1), (Class::Copy, Some(CopyKind::Exact)));
    assert_eq!(judged[1].story_state.outlets, 1, "outlets are counted by whose text it is");
    assert!(judged[2].verdict.story != judged[0].verdict.story && class(2).0 != Class::Version);
    assert_eq!(class(3), (Class::Version, None));
    // Only the outlet itself can correct its text.
    let correction = format!("{}\n\nCorrection: the talks took 16 hours, not 14.", article.text);
    let corrected = TestArticle { text: correction, ..article };
    let later =
        detector.judge(&[article_via(&corrected, "third.example", 5), corrected.enriched(6)]).await;
    assert_eq!(later[0].verdict.story, StoryId::from(first.id));
    assert_eq!((later[0].verdict.class, &later[0].verdict.correction), (Class::Copy, &None));
    assert!(later[1].verdict.correction.is_some());
}

#[tokio::test]
async fn only_an_outlets_own_article_can_be_preferred() {
    let mut detector = TestDetector::start().await;
    let article = own();
    let rival = TestArticle { outlet: "rival.example".into(), url: None, ..article.clone() };
    let first = rival.enriched(1);
    let story = StoryId::from(first.id);
    detector.judge(&[first, article_via(&article, "planet.example", 2)]).await;
    let prefer = Command::Prefer { story, outlet: article.outlet.parse().unwrap() };
    let refused = detector.command(prefer.clone()).await;
    TestDetector::check_refused(&refused, "itself");
    let own = detector.judge(&[article.enriched(3)]).await;
    assert_eq!(own[0].verdict.story, story);
    let done = detector.command(prefer).await;
    assert_eq!(done.outcome, CommandOutcome::Applied);
}

/// Articles once read from a feed without `via` still have versions after the feed is known to be
/// another site's.
#[tokio::test]
async fn a_feed_later_known_as_another_sites_still_gives_versions() {
    let mut detector = TestDetector::start().await;
    let article = TestArticle { feed: "planet".into(), ..own() };
    let changed = TestArticle { text: "Withdrawn.".into(), ..article.clone() };
    let mut later = article_via(&changed, "planet.example", 2);
    later.article.feeds = vec!["planet".parse().unwrap()];
    let judged = detector.judge(&[article.enriched(1), later]).await;
    assert_eq!(judged[1].verdict.class, Class::Version);
}
