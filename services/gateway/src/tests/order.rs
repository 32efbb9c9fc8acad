//! The projection follows the output: merges and splits move articles, and batches of any size give the same.

use std::collections::BTreeSet;

use rusqlite::types::Value;
use wirefold_flow::Position;
use wirefold_proto::{
    Agency, AgencyEvidence, AgencyHow, Confidence, EvidencePlace, StoryChange, Target,
};

use super::samples::{article, begin, commanded, event, forgotten, id, story};
use crate::projection::{Batch, Change, EventQuery, Paging, Projection, StoryQuery};

/// The rows of the articles of events: actual and expected.
const FOLLOWS: [[&str; 2]; 4] = [
    [
        "SELECT * FROM event_articles",
        "SELECT event, seen, enriched, article, story, outlet, language, is_version, has_note
         FROM articles_of_events",
    ],
    [
        "SELECT * FROM story_outlets",
        "SELECT story, outlet, language, count(*), sum(is_version) FROM articles_of_events
         GROUP BY story, outlet, language",
    ],
    [
        "SELECT * FROM event_outlets",
        "SELECT events.key, outlet, language, count(*), sum(is_version)
         FROM articles_of_events AS its JOIN events ON events.id = its.event
         GROUP BY events.key, outlet, language",
    ],
    [
        "SELECT id, stories FROM events",
        "SELECT id, (SELECT count(DISTINCT story) FROM articles_of_events WHERE event = events.id)
         FROM events",
    ],
];

fn put(number: u64, story_of: u64, event_of: u64) -> Change {
    Change::of(article(number, story_of, event_of), begin())
}

fn story_change(decided: u64, what: StoryChange) -> Change {
    Change::Forgotten(Box::new(forgotten(decided, vec![what])))
}

fn command_change(decided: u64, what: StoryChange, stories: &[u64]) -> Change {
    Change::Command(Box::new(commanded(decided, vec![what], (stories, 1))))
}

/// People split articles from the first story, merge them back, and split one of them again.
fn split_and_merged() -> Vec<Change> {
    let split = |articles: &[u64]| {
        let articles = articles.iter().map(|number| id(*number)).collect();
        StoryChange::Split { from: story(1), into: story(15), articles }
    };
    let (from, into) = (Target::Story(story(15)), Target::Story(story(1)));
    let merge = StoryChange::Merged { from, into, links: Vec::new() };
    vec![
        command_change(25, split(&[15, 16]), &[1, 15]),
        put(26, 15, 1),
        command_change(27, merge, &[1]),
        put(28, 1, 1),
        command_change(29, split(&[15]), &[1, 15]),
        put(30, 15, 1),
    ]
}

/// Twenty-one articles in seven stories and four events, which become three stories of one event.
fn messages() -> Vec<Change> {
    let agency = Agency {
        name: "Fixture Press".to_owned(),
        how: AgencyHow::Credited,
        confidence: Confidence::Certainly,
        evidence: Vec::new(),
    };
    let merged = |decided: u64, old: u64, new: u64| {
        let stories = (Target::Story(story(old)), Target::Story(story(new)));
        let events = (Target::Event(event(old)), Target::Event(event(new)));
        let change = |(from, into)| StoryChange::Merged { from, into, links: Vec::new() };
        [story_change(decided, change(stories)), story_change(decided, change(events))]
    };
    // Decided again with another result: the later decision counts.
    let mut again = article(10, 7, 1);
    again.input.enriched = 14;
    let first = [(1, 1, 1), (2, 1, 1), (3, 3, 3), (4, 3, 3), (5, 5, 5), (6, 5, 5)];
    let second = [(7, 7, 1), (8, 8, 3), (9, 9, 9), (10, 1, 1), (11, 3, 3), (12, 5, 5)];
    let all = |places: &[(u64, u64, u64)]| -> Vec<Change> {
        places.iter().map(|(number, story, event)| put(*number, *story, *event)).collect()
    };
    let mut messages = all(&first);
    messages.push(story_change(6, StoryChange::Credited { story: story(5), agency }));
    messages.extend(all(&second));
    messages.push(story_change(12, StoryChange::Preferred { story: story(5), lead: id(6) }));
    messages.extend(all(&[(13, 9, 9)]));
    messages.push(Change::of(again, begin()));
    messages.extend(merged(15, 3, 1));
    messages.extend(all(&[(15, 1, 1), (16, 1, 1), (17, 8, 1), (18, 5, 5)]));
    messages.extend(merged(19, 9, 5));
    messages.extend(merged(20, 5, 1));
    messages.extend(all(&[(21, 1, 1), (22, 7, 1), (23, 1, 1)]));
    messages.push(story_change(24, StoryChange::Quiet { target: Target::Event(event(1)) }));
    messages
}

async fn feed(projection: &Projection, messages: &[Change], size: usize) {
    for batch in messages.chunks(size) {
        let batch = Batch {
            stream: "WF_OUTPUT",
            through: Position::at_sequence(100),
            changes: batch.to_vec(),
        };
        projection.apply(batch).await.unwrap();
    }
}

/// The rows of the tables, after a look at whether the counts follow from the articles.
fn dump(folder: &tempfile::TempDir) -> Vec<String> {
    let connection = rusqlite::Connection::open(folder.path().join("gateway.db")).unwrap();
    let mut lines = Vec::new();
    for table in ["articles", "article_feeds", "stories", "events", "redirects", "commands"] {
        let mut ask = connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let width = ask.column_count();
        let rows = ask.query_map([], |row| {
            (0..width).map(|at| row.get::<_, Value>(at)).collect::<Result<Vec<_>, _>>()
        });
        lines.extend(rows.unwrap().map(|row| format!("{table} {:?}", row.unwrap())));
    }
    for [one, other] in FOLLOWS.into_iter().flat_map(|[one, other]| [[one, other], [other, one]]) {
        let ask = format!("SELECT count(*) FROM ({one} EXCEPT {other})");
        let strays: i64 = connection.query_row(&ask, [], |row| row.get(0)).unwrap();
        assert_eq!(strays, 0, "{one}");
    }
    lines
}

#[tokio::test]
async fn batches_of_any_size_give_the_same() {
    let messages = [messages(), split_and_merged()].concat();
    let found = async |size| {
        let folder = tempfile::tempdir().unwrap();
        feed(&Projection::open(folder.path()).unwrap(), &messages, size).await;
        dump(&folder)
    };
    let expected = found(1).await;
    assert!(expected.len() > 50, "{}", expected.len());
    for size in [2, 7, 100] {
        assert_eq!(found(size).await, expected, "{size}");
    }
}

#[tokio::test]
async fn merged_stories_are_one() {
    let folder = tempfile::tempdir().unwrap();
    let projection = Projection::open(folder.path()).unwrap();
    feed(&projection, &messages(), 100).await;
    let page = projection.events(Paging::first(10), EventQuery::default()).await.unwrap();
    assert_eq!(page.events.len(), 1);
    let event_brief = &page.events[0];
    assert_eq!((event_brief.id, event_brief.articles), (event(1), 20));
    assert!(event_brief.quiet);
    let stories: BTreeSet<_> = event_brief.stories.iter().map(|story| story.id).collect();
    assert_eq!(stories, [story(1), story(7), story(8)].into());
    let first = projection.story(story(1), Paging::first(50)).await.unwrap().unwrap();
    assert_eq!(first.articles.len(), 15);
    assert_eq!(first.story.lead, id(1));
    assert_eq!(event_brief.velocity.iter().sum::<u32>(), 20);
}

#[tokio::test]
async fn an_article_split_merged_and_split_again_ends_split() {
    let folder = tempfile::tempdir().unwrap();
    let projection = Projection::open(folder.path()).unwrap();
    feed(&projection, &[messages(), split_and_merged()].concat(), 100).await;
    let members = async |number| -> Vec<_> {
        let found = projection.story(story(number), Paging::first(50)).await.unwrap().unwrap();
        found.articles.iter().map(|article| article.id).collect()
    };
    assert_eq!(members(15).await, [id(15), id(30)], "26 was put back with 16");
    let first = members(1).await;
    assert!([16, 26, 28].iter().all(|number| first.contains(&id(*number))), "{first:?}");
    let taken = projection.story(story(15), Paging::first(50)).await.unwrap().unwrap().story;
    // One of them is a copy of the other.
    assert_eq!((taken.event, taken.articles, taken.copies), (event(1), 2, 1));
    let page = projection.events(Paging::first(10), EventQuery::default()).await.unwrap();
    assert_eq!(page.events.iter().map(|event| event.story_count).collect::<Vec<_>>(), [4]);
    let told = projection.command("c29".to_owned()).await.unwrap().unwrap();
    assert_eq!((told.input.enriched, told.changes.len()), (29, 1));
    assert!(projection.command("c30".to_owned()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_split_article_leaves_its_story() {
    let split = |decided| {
        let (from, into) = (story(1), story(2));
        story_change(decided, StoryChange::Split { from, into, articles: vec![id(2), id(3)] })
    };
    let messages = [put(1, 1, 1), put(2, 1, 1), put(3, 1, 1), put(4, 1, 1), split(5)];
    let folder = tempfile::tempdir().unwrap();
    let projection = Projection::open(folder.path()).unwrap();
    feed(&projection, &messages, 1).await;
    let members = |story: Option<crate::shapes::Story>| -> Vec<_> {
        story.unwrap().articles.iter().map(|article| article.id).collect()
    };
    let (one, two) = (
        projection.story(story(1), Paging::first(50)).await,
        projection.story(story(2), Paging::first(50)).await,
    );
    assert_eq!(members(one.unwrap()), [id(1), id(4)]);
    assert_eq!(members(two.unwrap()), [id(2), id(3)]);
}

/// An article with an agency, credited or by way of another text.
fn from_agency(number: u64, through: Option<u64>) -> Change {
    let (how, place) = match through {
        None => (AgencyHow::Credited, EvidencePlace::Byline),
        Some(_) => (AgencyHow::Inferred, EvidencePlace::Passages),
    };
    let words = "Fixture Press".to_owned();
    let evidence = vec![AgencyEvidence { place, words: words.clone(), article: through.map(id) }];
    let mut told = article(number, 1, 1);
    told.verdict.agency =
        Some(Agency { name: words, how, confidence: Confidence::Probably, evidence });
    Change::of(told, begin())
}

#[tokio::test]
async fn an_agency_leaves_a_story_with_the_article_that_names_it() {
    let mut plain = article(1, 1, 1);
    plain.verdict.agency = None;
    let split = StoryChange::Split { from: story(1), into: story(2), articles: vec![id(2)] };
    let messages = [
        Change::of(plain, begin()),
        from_agency(2, None),
        from_agency(3, Some(2)),
        story_change(4, split),
    ];
    let folder = tempfile::tempdir().unwrap();
    let projection = Projection::open(folder.path()).unwrap();
    feed(&projection, &messages[..3], 1).await;
    let agency = async |number| {
        projection.story(story(number), Paging::first(50)).await.unwrap().unwrap().story.agency
    };
    assert_eq!(agency(1).await.map(|it| it.how), Some(AgencyHow::Credited));
    feed(&projection, &messages[3..], 1).await;
    assert_eq!(agency(1).await, None);
    assert_eq!(agency(2).await.map(|it| it.how), Some(AgencyHow::Credited));
}

#[tokio::test]
async fn links_leave_when_they_lead_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let projection = Projection::open(folder.path()).unwrap();
    let merged = |decided, from, into| {
        let (from, into) = (Target::Story(story(from)), Target::Story(story(into)));
        story_change(decided, StoryChange::Merged { from, into, links: vec![] })
    };
    let split = StoryChange::Split { from: story(1), into: story(5), articles: vec![id(5)] };
    let early = [put(1, 1, 1), put(2, 2, 1), put(3, 3, 1), merged(4, 3, 2), put(5, 1, 1)];
    let late = [story_change(6, split), merged(7, 2, 1), put(90, 1, 1)];
    feed(&projection, &[&early[..], &late[..]].concat(), 10).await;
    let links = || -> i64 {
        let file = rusqlite::Connection::open(folder.path().join("gateway.db")).unwrap();
        file.query_row("SELECT count(*) FROM redirects", [], |row| row.get(0)).unwrap()
    };
    let at = |minutes| begin().plus(std::time::Duration::from_mins(minutes));
    projection.expire(at(60)).await.unwrap();
    assert_eq!(links(), 2, "story 1 lives on, and what became part of it");
    feed(&projection, &[put(200, 200, 200)], 1).await;
    // A chain is resolved link by link, the last first.
    for left in [1, 0] {
        projection.expire(at(150)).await.unwrap();
        assert_eq!(links(), left);
    }
}

#[tokio::test]
async fn old_articles_leave_with_their_stories() {
    let folder = tempfile::tempdir().unwrap();
    let projection = Projection::open(folder.path()).unwrap();
    feed(&projection, &[put(1, 1, 1), put(2, 2, 2), put(3, 2, 2)], 10).await;
    let after_two = begin().plus(std::time::Duration::from_mins(3));
    assert_eq!(projection.expire(after_two).await.unwrap(), 2);
    assert_eq!(projection.expire(after_two).await.unwrap(), 0);
    let page = projection.stories(Paging::first(10), StoryQuery::default()).await.unwrap();
    assert_eq!(page.stories.len(), 1);
    assert_eq!((page.stories[0].id, page.stories[0].articles), (story(2), 1));
    let found = |words: &str| {
        projection.events(
            Paging::first(9),
            EventQuery { words: Some(words.to_owned()), ..EventQuery::default() },
        )
    };
    assert!(found("number 1").await.unwrap().events.is_empty());
    assert_eq!(found("number 3").await.unwrap().events.len(), 1);
}
