//! What a stranger's feed says of an outlet, beside what the outlet says itself.

use wirefold_proto::{
    ArticleFetched, ArticleId, Class, Command, CommandOutcome, CopyKind, StoryId,
};

use super::people::Desk;
use super::stand::{Told, seeds};

/// The first fixture, as its outlet gives it.
fn own() -> Told {
    seeds().into_iter().next().unwrap()
}

/// The article as `via`'s feed gives it.
fn article_via(article: &Told, via: &str, second: i64) -> ArticleFetched {
    let mut fetched = Told { feed: via.to_owned(), ..article.clone() }.fetched(second);
    fetched.article.via = Some(via.parse().unwrap());
    fetched.id = ArticleId::from_number(fetched.id.to_number() ^ 7);
    fetched
}

#[tokio::test]
async fn a_strangers_feed_makes_copies_and_no_versions() {
    let mut desk = Desk::open().await;
    let article = own();
    let rewritten = Told { text: format!("{} More was said.", article.text), ..article.clone() };
    let other = Told { text: "Nothing of this is so, the owner says.".into(), ..article.clone() };
    let first = article.fetched(1);
    let judged = desk
        .give(&[
            first.clone(),
            article_via(&article, "planet.example", 2),
            article_via(&other, "hostile.example", 3),
            rewritten.fetched(4),
        ])
        .await;
    let class = |at: usize| (judged[at].verdict.class, judged[at].verdict.kind);
    assert_eq!(class(1), (Class::Copy, Some(CopyKind::Exact)));
    assert_eq!(judged[1].story_state.outlets, 1, "outlets are counted by whose text it is");
    assert!(judged[2].verdict.story != judged[0].verdict.story && class(2).0 != Class::Version);
    assert_eq!(class(3), (Class::Version, None));
    // A correction of the text is its outlet's alone.
    let correction = format!("{} Correction: the talks took 16 hours, not 14.", article.text);
    let corrected = Told { text: correction, ..article };
    let later =
        desk.give(&[article_via(&corrected, "third.example", 5), corrected.fetched(6)]).await;
    assert_eq!(later[0].verdict.story, StoryId::from(first.id));
    assert_eq!((later[0].verdict.class, &later[0].verdict.material), (Class::Copy, &None));
    assert!(later[1].verdict.material.is_some());
}

#[tokio::test]
async fn no_stranger_stands_for_an_outlets_text() {
    let mut desk = Desk::open().await;
    let article = own();
    let rival = Told { outlet: "rival.example".into(), url: None, ..article.clone() };
    let first = rival.fetched(1);
    let story = StoryId::from(first.id);
    desk.give(&[first, article_via(&article, "planet.example", 2)]).await;
    let prefer = Command::Prefer { story, outlet: article.outlet.parse().unwrap() };
    let refused = desk.say(prefer.clone()).await;
    Desk::check_refused(&refused, "itself");
    let own = desk.give(&[article.fetched(3)]).await;
    assert_eq!(own[0].verdict.story, story);
    let done = desk.say(prefer).await;
    assert_eq!(done.outcome, CommandOutcome::Applied);
}

/// An unchanged feed that was not known to be a stranger's goes on where it was.
#[tokio::test]
async fn what_came_before_through_a_strangers_feed_is_gone_on_with() {
    let mut desk = Desk::open().await;
    let article = Told { feed: "planet".into(), ..own() };
    let changed = Told { text: "Withdrawn.".into(), ..article.clone() };
    let mut later = article_via(&changed, "planet.example", 2);
    later.article.feeds = vec!["planet".parse().unwrap()];
    let judged = desk.give(&[article.fetched(1), later]).await;
    assert_eq!(judged[1].verdict.class, Class::Version);
}
