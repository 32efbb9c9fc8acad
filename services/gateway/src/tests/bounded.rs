//! Lists read a bounded number of rows for each page, and all pages together are complete.

use std::collections::BTreeSet;

use wirefold_flow::Position;
use wirefold_proto::OutputArticle;

use super::samples::{article, begin, event, story};
use super::world::World;
use crate::projection::{Batch, Change, EventQuery, EventSort, Paging, Projection, StoryQuery};
use crate::shapes::{Event, LookedAt, Story};

async fn filled(articles: impl Iterator<Item = OutputArticle>) -> (tempfile::TempDir, Projection) {
    let folder = tempfile::tempdir().unwrap();
    let projection = Projection::open(folder.path()).unwrap();
    let changes: Vec<Change> = articles.map(|it| Change::of(it, begin())).collect();
    let through = Position::at_sequence(changes.len() as u64);
    projection.apply(Batch { stream: "WF_OUTPUT", through, changes }).await.unwrap();
    (folder, projection)
}

/// All entries on the pages of a list of events, and how far each page searched.
async fn events(
    projection: &Projection,
    filter: &EventQuery,
) -> (Vec<String>, BTreeSet<String>, usize) {
    let (mut found, mut looked, mut pages) = (Vec::new(), BTreeSet::new(), 0);
    let mut cursor: Option<String> = None;
    loop {
        let paging = Paging::new(Some(15), cursor.map(|it: String| it.parse().unwrap()));
        let page = projection.events(paging, filter.clone()).await.unwrap();
        found.extend(page.events.iter().map(|event| event.id.to_string()));
        looked.extend(page.looked_through.map(|it| format!("{:?} {}", it.what, it.count)));
        pages += 1;
        assert!(pages < 100, "it ends");
        cursor = page.next;
        if cursor.is_none() {
            return (found, looked, pages);
        }
    }
}

fn ids(numbers: impl Iterator<Item = u64>) -> Vec<String> {
    numbers.map(|number| event(number).to_string()).collect()
}

#[tokio::test]
async fn a_frequent_word_is_found_everywhere_the_newest_first() {
    let (_folder, projection) = filled((1..=150).map(|n| article(n, n, n))).await;
    let frequent = EventQuery { words: Some("ferry".into()), ..EventQuery::default() };
    let (found, looked, _) = events(&projection, &frequent).await;
    assert_eq!(found, ids((1..=150).rev()));
    assert_eq!(looked, BTreeSet::from(["ArticlesWithTheWords 40".to_owned()]));
    let rare = EventQuery { words: Some("ferry 77".into()), ..EventQuery::default() };
    assert_eq!(events(&projection, &rare).await, (ids([77].into_iter()), BTreeSet::new(), 1));
    let fast = EventQuery { sort: EventSort::Velocity, ..frequent };
    let (by_rank, _, _) = events(&projection, &fast).await;
    assert_eq!(BTreeSet::from_iter(by_rank), BTreeSet::from_iter(ids(1..=150)));
}

#[tokio::test]
async fn filtered_rows_cost_at_most_one_page() {
    let (_folder, projection) = filled((1..=230).map(|n| {
        let mut made = article(n, n, n);
        if matches!(n, 2 | 120 | 121) {
            made.article.outlet = "rare.example".parse().unwrap();
        }
        made
    }))
    .await;
    let outlet = Some("rare.example".to_owned());
    let filter = EventQuery { outlet: outlet.clone(), ..EventQuery::default() };
    let (found, looked, pages) = events(&projection, &filter).await;
    assert_eq!(found, ids([121, 120, 2].into_iter()));
    assert_eq!((looked, pages), (BTreeSet::from(["Events 50".to_owned()]), 5));
    let (mut cursor, mut stories) = (None, Vec::new());
    loop {
        let paging = Paging::new(Some(15), cursor.map(|it: String| it.parse().unwrap()));
        let of_outlet = StoryQuery { outlet: outlet.clone(), ..StoryQuery::default() };
        let page = projection.stories(paging, of_outlet).await.unwrap();
        assert_eq!(page.looked_through.is_some(), page.next.is_some());
        assert!(page.looked_through.is_none_or(|it| it.what == LookedAt::Stories));
        stories.extend(page.stories.iter().map(|story| story.id));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(stories, [121, 120, 2].map(story));
}

/// Events of several articles that change before, among and after ones with a single article.
#[tokio::test]
async fn by_rank_those_with_several_articles_come_first_and_everything_comes_once() {
    let many = (1..=27).flat_map(|n| {
        let number = n * 10;
        let copies = if n == 20 { 3 } else { 1 };
        (0..=copies).map(move |at| article(number + at, number, number))
    });
    let single = (1..=60).map(|n| article(n * 10 - 5, n * 10 - 5, n * 10 - 5));
    let (_folder, projection) = filled(many.chain(single)).await;
    for sort in [EventSort::Velocity, EventSort::Outlets] {
        let filter = EventQuery { sort, ..EventQuery::default() };
        let (found, looked, _) = events(&projection, &filter).await;
        assert_eq!(found[0], event(200).to_string(), "the one with four articles");
        let ranked = BTreeSet::from_iter(found[..20].iter().cloned());
        assert_eq!(ranked, BTreeSet::from_iter(ids((8..=27).map(|n| n * 10))));
        let mut rest: Vec<u64> =
            (1..=7).map(|n| n * 10).chain((1..=60).map(|n| n * 10 - 5)).collect();
        // The second article of an event comes a minute after the first.
        rest.sort_by_key(|n| std::cmp::Reverse(if n % 10 == 0 { n + 1 } else { *n }));
        assert_eq!(found[20..], ids(rest.into_iter()));
        assert!(looked.contains("EventsWithSeveralArticles 20"), "{looked:?}");
    }
}

#[tokio::test]
async fn a_large_story_and_a_large_event_come_in_pages() {
    let world = World::new().await;
    let copies = (1..=25).map(|number| article(number, 1, 1));
    let alone = (26..=40).map(|number| article(number, number, 1));
    world.publish_articles(&Vec::from_iter(copies.chain(alone))).await;
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/stories/{}?limit=10{cursor}", story(1));
        let page: Story = world.get(&path).await.shape();
        assert_eq!(page.story.articles, 25);
        seen.extend(page.articles.iter().map(|article| article.enriched));
        let Some(next) = page.next else { break };
        assert_eq!(page.articles.len(), 10);
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, Vec::from_iter(1..=25));
    let (mut shown, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/events/{}?limit=6{after}", event(1));
        let page: Event = world.get(&path).await.shape();
        assert_eq!(page.event.story_count, 16);
        shown.extend(page.stories.iter().map(|with| (with.story.id, with.articles.len())));
        let Some(next) = page.next else { break };
        after = format!("&cursor={next}");
    }
    let expected: Vec<_> =
        std::iter::once((story(1), 20)).chain((26..=40).map(|n| (story(n), 1))).collect();
    assert_eq!(shown, expected);
    for broken in ["limit=x", "cursor=nonsense", "page=2"] {
        let path = format!("/api/v1/stories/{}?{broken}", story(1));
        assert_eq!(world.get(&path).await.status, 400, "{broken}");
    }
}
