//! The choice of the lead of a story, and the agency of a story after the article that names it
//! leaves.

use jiff::Timestamp;
use wirefold_proto::{
    ArticleEnriched, Command, Confidence, LeadEvidence, Outlet, StoryChange, StoryId,
};

use super::harness::{TestArticle, seeds};
use super::overrides::TestDetector;

const SEEN: i64 = 1_772_496_000;

/// An agency's text as this outlet prints it, with or without its credit.
fn printed(outlet: &str, is_credited: bool) -> TestArticle {
    let article = seeds().into_iter().find(|article| article.id == "st-01").unwrap();
    let byline = "By Lena Corvath, Associated Press\n\n";
    let text = match is_credited {
        true => article.text.clone(),
        false => article.text.replace(byline, ""),
    };
    TestArticle {
        outlet: outlet.to_owned(),
        url: Some(format!("https://{outlet}/1")),
        author: article.author.clone().filter(|_| is_credited),
        published: None,
        text,
        ..article
    }
}

fn seen(article: &TestArticle, millis_later: i64) -> ArticleEnriched {
    let mut fetched = article.enriched(SEEN);
    fetched.article.seen = Timestamp::from_millisecond(SEEN * 1000 + millis_later).unwrap();
    fetched
}

fn leads(changes: &[StoryChange]) -> Vec<&StoryChange> {
    changes.iter().filter(|change| matches!(change, StoryChange::Lead { .. })).collect()
}

#[tokio::test]
async fn a_credit_is_worth_more_than_two_milliseconds() {
    let mut detector = TestDetector::start().await;
    let first = seen(&printed("a.example", false), 0);
    let credited = seen(&printed("b.example", true), 2);
    let story = StoryId::from(first.id);
    let judged = detector.judge(&[first.clone(), credited.clone()]).await;
    assert_eq!((judged[0].verdict.lead, judged[1].verdict.lead), (first.id, credited.id));
    let (by, confidence) = (LeadEvidence::Credit, Confidence::Probably);
    assert_eq!(
        leads(&judged[1].changes),
        [&StoryChange::Lead { story, lead: credited.id, by, confidence }]
    );
    // Articles without stronger evidence do not become the lead.
    let more = [printed("c.example", true), printed("d.example", false)];
    let later = detector.judge(&[seen(&more[0], 3), seen(&more[1], 4)]).await;
    assert!(later.iter().all(|it| it.verdict.lead == credited.id && leads(&it.changes).is_empty()));
}

#[tokio::test]
async fn an_earlier_plausible_time_of_publication_leads() {
    for (minutes, is_before) in [(60, true), (14, false), (60 * 24 * 30, false), (-60, false)] {
        let mut detector = TestDetector::start().await;
        let at = |before: i64| Some(Timestamp::from_second(SEEN - before * 60).unwrap());
        let first = TestArticle { published: at(0), ..printed("a.example", false) };
        let other = TestArticle { published: at(minutes), ..printed("b.example", false) };
        let (first, other) = (seen(&first, 0), seen(&other, 2));
        let judged = detector.judge(&[first.clone(), other.clone()]).await;
        let lead = if is_before { other.id } else { first.id };
        assert_eq!(judged[1].verdict.lead, lead, "{minutes}");
    }
}

#[tokio::test]
async fn a_preferred_lead_stays() {
    let mut detector = TestDetector::start().await;
    let first = seen(&printed("a.example", false), 0);
    detector.judge(std::slice::from_ref(&first)).await;
    let outlet: Outlet = "a.example".parse().unwrap();
    let record = detector.command(Command::Prefer { story: first.id.into(), outlet }).await;
    assert!(record.changes.is_empty(), "it leads the story already");
    let judged = detector.judge(&[seen(&printed("b.example", true), 2)]).await;
    assert_eq!(judged[0].verdict.lead, first.id);
    assert!(leads(&judged[0].changes).is_empty());
}

#[tokio::test]
async fn a_credit_leaves_with_its_article() {
    let mut detector = TestDetector::start().await;
    let plain = [seen(&printed("a.example", false), 0), seen(&printed("c.example", false), 1)];
    let credited = seen(&printed("b.example", true), 2);
    detector.judge(&plain).await;
    detector.judge(std::slice::from_ref(&credited)).await;
    let apart = Command::Split { story: plain[0].id.into(), articles: vec![credited.id] };
    let record = detector.command(apart).await;
    let lead_of = |number: usize| record.stories[number].lead;
    assert_eq!([lead_of(0), lead_of(1)], [plain[0].id, credited.id], "each by what is left of it");
    let is_told = |change: &StoryChange| matches!(change, StoryChange::Preferred { lead, .. } if *lead == plain[0].id);
    assert!(record.changes.iter().any(is_told), "{:?}", record.changes);
    // After the merge, the article that names the agency leads again.
    let back = Command::Merge {
        into: wirefold_proto::Target::Story(plain[0].id.into()),
        from: wirefold_proto::Target::Story(credited.id.into()),
    };
    let merged = detector.command(back).await;
    assert_eq!(merged.stories[0].lead, credited.id);
}
