//! Regrouping: the decision on the article that reveals page chrome divides the stories that rest
//! on it.

use wirefold_proto::{
    ArticleFetched, Class, Command, Outlet, RegroupReason, StoryChange, StoryId, Target,
};

use super::harness::TestArticle;
use super::overrides::TestDetector;

const SEEN: i64 = 1_772_496_000;
/// The titles that the blurbs name.
const TITLES: &str = "Boatstitle treestitle roadstitle hillstitle";

/// A page with a video: words of its own, and below them the blurbs, which name the titles of the
/// outlet's pages.
fn video(name: &str) -> ArticleFetched {
    let words = |word: &str, count: usize| -> String {
        (0..count).map(|number| format!("{word}{number} ")).collect()
    };
    let article = TestArticle {
        id: name.to_owned(),
        feed: "a".to_owned(),
        outlet: "a.example".to_owned(),
        url: Some(format!("https://a.example/{name}")),
        title: format!("{name}title of {name}page"),
        author: None,
        published: None,
        text: format!("{}.\n{TITLES} {}.", words(name, 30), words("blurb", 230)),
    };
    article.fetched(SEEN)
}

fn regrouped(changes: &[StoryChange]) -> Vec<&StoryChange> {
    changes.iter().filter(|change| matches!(change, StoryChange::Regrouped { .. })).collect()
}

#[tokio::test]
async fn the_page_that_shows_the_chrome_divides_those_before_it() {
    let mut detector = TestDetector::start().await;
    let pages = ["boats", "trees", "roads", "hills"].map(video);
    let judged = detector.judge(&pages).await;
    let story = |number: usize| StoryId::from(pages[number].id);
    assert_eq!((judged[1].verdict.class, judged[1].verdict.story), (Class::Copy, story(0)));
    assert_eq!((judged[2].verdict.class, judged[2].verdict.story), (Class::New, story(2)));
    let changes = regrouped(&judged[2].changes);
    let [StoryChange::Regrouped { from, into, articles, reason, stories, events }] = &changes[..]
    else {
        panic!("{changes:?}");
    };
    assert_eq!((*from, *into, &articles[..]), (story(0), story(1), &[pages[1].id][..]));
    let outlet: Outlet = "a.example".parse().unwrap();
    assert_eq!(*reason, RegroupReason::PageChrome { outlet });
    let counts = stories.iter().map(|it| (it.story, it.lead, it.state.articles, it.state.outlets));
    let expected = [(story(0), pages[0].id, 1, 1), (story(1), pages[1].id, 1, 1)];
    assert_eq!(counts.collect::<Vec<_>>(), expected);
    assert_eq!((events.len(), events[0].state.stories, events[0].state.origins), (1, 2, 2));
    assert!(regrouped(&judged[3].changes).is_empty());
}

#[tokio::test]
async fn a_story_that_people_merged_or_prefer_is_never_divided() {
    for prefers in [true, false] {
        let mut detector = TestDetector::start().await;
        let pages = ["boats", "trees", "roads", "hills"].map(video);
        detector.judge(&pages[..2]).await;
        let story: StoryId = pages[0].id.into();
        let outlet: Outlet = "a.example".parse().unwrap();
        if prefers {
            detector.command(Command::Prefer { story, outlet }).await;
        } else {
            detector.command(Command::Split { story, articles: vec![pages[1].id] }).await;
            let [into, from] = [pages[0].id, pages[1].id].map(|id| Target::Story(id.into()));
            detector.command(Command::Merge { into, from }).await;
        }
        let judged = detector.judge(&pages[2..]).await;
        assert!(judged.iter().all(|it| regrouped(&it.changes).is_empty()), "{judged:?}");
    }
}
