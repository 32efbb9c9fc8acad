//! Which article stands for a story, and what is left of an agency where its article is taken out.

use jiff::Timestamp;
use wirefold_proto::{
    ArticleFetched, Command, Confidence, LeadEvidence, Outlet, StoryChange, StoryId,
};

use super::people::Desk;
use super::stand::{Told, seeds};

const SEEN: i64 = 1_772_496_000;

/// The text of an agency as this outlet prints it, with its credit or without.
fn printed(outlet: &str, is_credited: bool) -> Told {
    let article = seeds().into_iter().find(|told| told.id == "st-01").unwrap();
    let byline = "By Lena Corvath, Associated Press\n\n";
    let text = match is_credited {
        true => article.text.clone(),
        false => article.text.replace(byline, ""),
    };
    Told {
        outlet: outlet.to_owned(),
        url: Some(format!("https://{outlet}/1")),
        author: article.author.clone().filter(|_| is_credited),
        published: None,
        text,
        ..article
    }
}

fn seen(told: &Told, millis_later: i64) -> ArticleFetched {
    let mut fetched = told.fetched(SEEN);
    fetched.article.seen = Timestamp::from_millisecond(SEEN * 1000 + millis_later).unwrap();
    fetched
}

fn leads(changes: &[StoryChange]) -> Vec<&StoryChange> {
    changes.iter().filter(|change| matches!(change, StoryChange::Lead { .. })).collect()
}

#[tokio::test]
async fn a_credit_is_worth_more_than_two_milliseconds() {
    let mut desk = Desk::open().await;
    let first = seen(&printed("a.example", false), 0);
    let credited = seen(&printed("b.example", true), 2);
    let story = StoryId::from(first.id);
    let judged = desk.give(&[first.clone(), credited.clone()]).await;
    assert_eq!((judged[0].verdict.lead, judged[1].verdict.lead), (first.id, credited.id));
    let (by, confidence) = (LeadEvidence::Credit, Confidence::Probably);
    assert_eq!(
        leads(&judged[1].changes),
        [&StoryChange::Lead { story, lead: credited.id, by, confidence }]
    );
    // What has no more to say for itself takes nobody's place.
    let more = [printed("c.example", true), printed("d.example", false)];
    let later = desk.give(&[seen(&more[0], 3), seen(&more[1], 4)]).await;
    assert!(later.iter().all(|it| it.verdict.lead == credited.id && leads(&it.changes).is_empty()));
    assert_eq!(later[0].lead_fetched, Some(2));
}

#[tokio::test]
async fn who_published_earlier_leads_where_it_can_be_believed() {
    for (minutes, is_before) in [(60, true), (14, false), (60 * 24 * 30, false), (-60, false)] {
        let mut desk = Desk::open().await;
        let at = |before: i64| Some(Timestamp::from_second(SEEN - before * 60).unwrap());
        let first = Told { published: at(0), ..printed("a.example", false) };
        let other = Told { published: at(minutes), ..printed("b.example", false) };
        let (first, other) = (seen(&first, 0), seen(&other, 2));
        let judged = desk.give(&[first.clone(), other.clone()]).await;
        let lead = if is_before { other.id } else { first.id };
        assert_eq!(judged[1].verdict.lead, lead, "{minutes}");
    }
}

#[tokio::test]
async fn what_people_prefer_stays() {
    let mut desk = Desk::open().await;
    let first = seen(&printed("a.example", false), 0);
    desk.give(std::slice::from_ref(&first)).await;
    let outlet: Outlet = "a.example".parse().unwrap();
    let said = desk.say(Command::Prefer { story: first.id.into(), outlet }).await;
    assert!(said.changes.is_empty(), "it stands for it already");
    let judged = desk.give(&[seen(&printed("b.example", true), 2)]).await;
    assert_eq!(judged[0].verdict.lead, first.id);
    assert!(leads(&judged[0].changes).is_empty());
}

#[tokio::test]
async fn a_credit_leaves_with_its_article() {
    let mut desk = Desk::open().await;
    let plain = [seen(&printed("a.example", false), 0), seen(&printed("c.example", false), 1)];
    let credited = seen(&printed("b.example", true), 2);
    desk.give(&plain).await;
    desk.give(std::slice::from_ref(&credited)).await;
    let apart = Command::Split { story: plain[0].id.into(), articles: vec![credited.id] };
    let said = desk.say(apart).await;
    let lead_of = |number: usize| said.stories[number].lead;
    assert_eq!([lead_of(0), lead_of(1)], [plain[0].id, credited.id], "each by what is left of it");
    let is_told = |change: &StoryChange| matches!(change, StoryChange::Preferred { lead, .. } if *lead == plain[0].id);
    assert!(said.changes.iter().any(is_told), "{:?}", said.changes);
    // The agency is news of that story again.
    let back = Command::Merge {
        into: wirefold_proto::Target::Story(plain[0].id.into()),
        from: wirefold_proto::Target::Story(credited.id.into()),
    };
    let merged = desk.say(back).await;
    assert_eq!(merged.stories[0].lead, credited.id);
}
