//! The report: who reprints whom, as JSON, as CSV and on the page.

use axum::body::Body;
use axum::http::{HeaderValue, Method};
use wirefold_proto::{Agency, AgencyHow, Confidence, OutputArticle};

use super::samples::article;
use super::world::{World, minute, request};
use crate::Access;
use crate::shapes::{Report, ReportRow};

fn with_agency(article: OutputArticle, name: &str, how: AgencyHow) -> OutputArticle {
    let mut article = article;
    let (name, confidence) = (name.to_owned(), Confidence::Certainly);
    article.verdict.agency = Some(Agency { name, how, confidence, evidence: Vec::new() });
    article
}

/// A text with copies at its own and another outlet, a text of AP at two outlets and at AP's own site, and a text that
/// mentions an agency. The article with number *n* is of `outlet<n mod 7>.example`, seen in minute *n*.
async fn world() -> World {
    let world = World::new().await;
    let mut own_site = article(6, 3, 3);
    own_site.article.outlet = "apnews.com".parse().unwrap();
    let articles = [
        article(1, 1, 1),
        article(2, 1, 1),
        with_agency(article(3, 3, 3), "AP", AgencyHow::Credited),
        article(4, 3, 3),
        with_agency(article(5, 5, 5), "Reuters", AgencyHow::Mentioned),
        own_site,
        article(8, 1, 1),
        article(9, 1, 1),
    ];
    world.publish_articles(&articles).await;
    world
}

/// A row as `outlet2.example: 2 articles of 1, 0 own, 2 copies after 8 min from outlet1.example 2`.
fn line(row: &ReportRow) -> String {
    let ReportRow { name, articles, stories, own, copies, median_delay_ms, .. } = row;
    let others: Vec<String> =
        row.others.iter().map(|other| format!("{} {}", other.name, other.articles)).collect();
    let minutes = median_delay_ms.map_or("-".to_owned(), |delay| (delay / 60_000).to_string());
    let from = others.join(", ");
    format!("{name}: {articles} of {stories}, {own} own, {copies} after {minutes} from {from}")
}

async fn check(world: &World, query: &str, expected: &[&str]) {
    let report: Report = world.get(&format!("/api/v1/report{query}")).await.shape();
    let lines: Vec<String> = report.rows.iter().map(line).collect();
    assert_eq!(lines, expected, "{query}");
    assert_eq!(report.total as usize, expected.len());
}

#[tokio::test]
async fn copies_are_counted_by_outlet_and_by_agency() {
    let world = world().await;
    let by_outlet = [
        "outlet2.example: 2 of 1, 0 own, 2 after 1 from outlet1.example 2",
        "outlet3.example: 1 of 1, 0 own, 1 after - from AP 1",
        "outlet4.example: 1 of 1, 0 own, 1 after 1 from AP 1",
        "outlet1.example: 2 of 1, 1 own, 0 after - from ",
        "apnews.com: 1 of 1, 1 own, 0 after - from ",
        "outlet5.example: 1 of 1, 1 own, 0 after - from ",
    ];
    check(&world, "", &by_outlet).await;
    let by_agency = ["AP: 3 of 1, 1 own, 2 after 1 from outlet3.example 1, outlet4.example 1"];
    check(&world, "?by=agency", &by_agency).await;
    // The first article of a story is that of all time.
    let late = [
        "outlet2.example: 1 of 1, 0 own, 1 after 8 from outlet1.example 1",
        "outlet1.example: 1 of 1, 0 own, 0 after - from ",
    ];
    check(&world, &format!("?since={}", minute(7)), &late).await;
    check(&world, &format!("?since={}", minute(10)), &[]).await;
}

#[tokio::test]
async fn a_report_comes_as_csv_and_on_the_page() {
    let world = world().await;
    let csv = world.get("/api/v1/report?by=agency&format=csv").await;
    assert_eq!(csv.headers["content-type"], "text/csv");
    let lines = "name,articles,stories,own,versions,copies,median_delay_ms,other_count,others\r\n\
        \"AP\",3,1,1,0,2,60000,2,\"outlet3.example 1; outlet4.example 1\"\r\n";
    assert_eq!(String::from_utf8(csv.body).unwrap(), lines);
    let kind = async |query: &str, accept: &'static str| {
        let path = format!("/api/v1/report?by=agency{query}");
        let mut sent = request(Method::GET, &path, Body::empty());
        sent.headers_mut().insert("accept", HeaderValue::from_static(accept));
        let answer = world.send(Access::Network, sent).await;
        assert_eq!(answer.headers["vary"], "accept");
        answer.headers["content-type"].to_str().unwrap().to_owned()
    };
    assert_eq!(kind("", "text/csv").await, "text/csv");
    assert_eq!(kind("", "application/xml, text/csv;q=0.9").await, "text/csv");
    assert_eq!(kind("", "text/html,*/*").await, "application/json");
    assert_eq!(kind("&format=json", "text/csv").await, "application/json");
    assert_eq!(world.get("/api/v1/report?format=xml").await.status, 400);
    let page = async |path: &str| {
        let body = world.get(path).await.body;
        String::from_utf8(body).unwrap().replace('\u{a0}', " ")
    };
    let by_agency = page("/report?by=agency").await;
    for part in ["At its own site", "outlet3.example 1, outlet4.example 1", "format=csv"] {
        assert!(by_agency.contains(part), "{part}: {by_agency}");
    }
    let none = page(&format!("/report?since={}", minute(10))).await;
    assert!(none.contains("No article was seen since then."), "{none}");
    assert_eq!(world.get("/report?since=soon").await.status, 422);
}
