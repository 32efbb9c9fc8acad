//! Tests of the pages through the whole router.

mod fixture;

use axum::http::{StatusCode, header};

use fixture::{Answer, Fixture, Given, article, id};

const A: &str = "The council of the small river town voted on Monday to close the old bridge.";
const B: &str = "Traders on the north bank fear that the detour will cost them their custom.";
const C: &str = "An engineer had found long cracks in two of the five iron spans last winter.";
const OWN: &str = "Nobody had asked the ferryman, who was mending a net on the quay at the time.";
const SPEECH: &str = "“We would rather walk for an hour than wade for a minute,” the mayor said.";
const OTHER: &str = "Snow lay on the quay when the pupils came out of school to count the boats.";

/// An event of two stories: a text with a copy that moved a passage, and a separately written text.
fn bridge() -> Vec<Given> {
    vec![
        Given {
            text: format!("{A} {B} {C} {SPEECH}"),
            title: "Bridge <script>alert(1)</script> to close".to_owned(),
            ..Given::default()
        },
        Given {
            number: 2,
            outlet: "coast.example",
            title: "Old bridge shut".to_owned(),
            text: format!("{OWN} {A} {C} {OWN} {B}"),
            url: "javascript:alert(2)",
            class: "copy",
            ..Given::default()
        },
        Given {
            number: 3,
            outlet: "valley.example",
            title: "A town without its bridge".to_owned(),
            text: format!("{OTHER} {SPEECH} {OTHER}"),
            story: 3,
            class: "related",
            ..Given::default()
        },
    ]
}

const PAGES: [&str; 10] = [
    "/", "/alerts", "/handover", "/subscriptions", "/subscriptions/new", "/report", "/feeds",
    "/about", "/api", "/fragments/river",
];

fn check_policy(answer: &Answer, path: &str) {
    let policy = answer.head.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    for part in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"] {
        assert!(policy.contains(part), "{path}: {policy}");
    }
    let body = &answer.body;
    assert!(!body.contains(" style="), "{path}: the policy would block a style attribute");
    assert!(!body.contains("<style"), "{path}: the policy would block a style element");
    assert!(!body.contains(" onclick=") && !body.contains("javascript:"), "{path}");
    let scripts = body.matches("<script").count();
    assert_eq!(scripts, body.matches("<script src=\"/assets/").count(), "{path}: inline script");
}

/// The bridge, with the mayor's statement and the number of deaths. Two of the three texts differ in these.
fn told_otherwise() -> Vec<Given> {
    let said = [
        "We would rather walk for an hour than wade for a minute",
        "rather walk for an hour than wade for a minute",
        "We would rather walk for an hour than swim for a minute",
    ];
    let numbers = [(3, said[0]), (5, said[1]), (3, said[2])];
    let with = |(given, (killed, quotation))| Given {
        quotation: Some(quotation),
        killed: Some(killed),
        ..given
    };
    bridge().into_iter().zip(numbers).map(with).collect()
}

#[tokio::test]
async fn the_page_shows_quotations_and_figures_with_their_outlets() {
    let fixture = Fixture::open(&told_otherwise(), false).await;
    let event = fixture.get(&format!("/events/{}", id('e', 1))).await;
    check_policy(&event, "event");
    let section = |body: &str, id: &str| -> String {
        let start = body.find(&format!("<section id=\"{id}\"")).expect(id);
        body[start..start + body[start..].find("</section>").unwrap()].to_owned()
    };
    let quotations = section(&event.body, "quotations");
    for part in
        ["Mara &lt;Voss&gt;", "3\u{a0}outlets, 2\u{a0}texts", "shortened", "other words", "swim"]
    {
        assert!(quotations.contains(part), "{part}: {quotations}");
    }
    assert_eq!(quotations.matches("<article").count(), 1, "{quotations}");
    let figures = section(&event.body, "figures");
    for part in ["Killed", "texts differ", "newest", "contradicted"] {
        assert!(figures.contains(part), "{part}: {figures}");
    }
    let of_other = fixture.get(&format!("/stories/{}", id('s', 3))).await;
    assert!(section(&of_other.body, "quotations").contains("coast.example"));

    let api = |path: String| {
        let fixture = &fixture;
        async move {
            let answer = fixture.get(&path).await;
            assert_eq!(answer.head.status(), StatusCode::OK, "{path}: {}", answer.body);
            let said: crate::shapes::Statements =
                wirefold_proto::decode(answer.body.as_bytes()).unwrap();
            said
        }
    };
    let said = api(format!("/api/v1/events/{}/statements", id('e', 1))).await;
    assert_eq!(said, api(format!("/api/v1/stories/{}/statements", id('s', 3))).await);
    assert_eq!((said.quotations.len(), said.figures.len()), (1, 1));
    let missing = fixture.get(&format!("/api/v1/events/{}/statements", id('e', 9))).await;
    assert_eq!(missing.head.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_figure_of_one_text_is_shown_with_qualifier_and_sentence() {
    let mut given = told_otherwise().remove(0);
    given.killed = Some(4);
    given.text.push_str(" It was 4 o’clock. At least 4 people died when the span fell.");
    let fixture = Fixture::open(&[given], false).await;
    let event = fixture.get(&format!("/events/{}", id('e', 1))).await.body;
    assert!(!event.contains("id=\"quotations\""), "one text says it: {event}");
    for part in ["at least 4", "harbour.example", "“At least 4 people died when the span fell.”"]
    {
        assert!(event.contains(part), "{part}: {event}");
    }
}

#[tokio::test]
async fn texts_that_share_a_paragraph_are_not_said_to_share_none() {
    let mut given = bridge();
    given[2].text = format!("{OTHER} {A} {OTHER}");
    let fixture = Fixture::open(&given, false).await;
    let event = fixture.get(&format!("/events/{}", id('e', 1))).await.body.replace('\u{a0}', " ");
    assert!(
        event.contains("2 texts found · 1 of them shares passages with an earlier one<"),
        "{event}"
    );
    assert!(!event.contains("share no wording"), "{event}");
}

#[tokio::test]
async fn every_page_stands_without_a_single_article() {
    let fixture = Fixture::open(&[], false).await;
    for path in PAGES {
        let answer = fixture.get(path).await;
        assert_eq!(answer.head.status(), StatusCode::OK, "{path}");
        check_policy(&answer, path);
        if path != "/fragments/river" {
            assert_eq!(answer.body.matches("<h1").count(), 1, "{path}");
            assert!(answer.body.contains("href=\"#main\"") && answer.body.contains("<main"));
        }
        assert!(!answer.body.contains("DEMO"), "{path}");
    }
    let river = fixture.get("/").await.body;
    assert!(river.contains("No feeds yet") && river.contains("wirefold feed add"), "{river}");
}

#[tokio::test]
async fn the_river_counts_outlets_and_origins_and_folds_copies() {
    let fixture = Fixture::open(&bridge(), true).await;
    let answer = fixture.get("/").await;
    check_policy(&answer, "/");
    let river = answer.body.replace('\u{a0}', " ");
    assert!(river.contains("3 outlets") && river.contains("2 texts found<"), "{river}");
    assert_eq!(river.matches("<article").count(), 1, "one event: {river}");
    assert_eq!(river.matches("<details id=").count(), 1, "one story has copies: {river}");
    assert!(river.contains("1 copy folded") && river.contains("DEMO"), "{river}");
    assert!(river.contains("lang=\"en\"") && river.contains("dir=\"ltr\""), "{river}");
}

#[tokio::test]
async fn markup_and_script_links_of_publishers_stay_text() {
    let fixture = Fixture::open(&bridge(), false).await;
    for path in
        ["/".to_owned(), format!("/events/{}", id('e', 1)), format!("/stories/{}", id('s', 1))]
    {
        let answer = fixture.get(&path).await;
        assert_eq!(answer.head.status(), StatusCode::OK, "{path}");
        check_policy(&answer, &path);
        assert!(answer.body.contains("&lt;script&gt;alert(1)"), "{path}");
    }
}

#[tokio::test]
async fn a_story_shows_what_moved_and_what_changed() {
    let fixture = Fixture::open(&bridge(), false).await;
    let story = fixture.get(&format!("/stories/{}", id('s', 1))).await.body;
    assert_eq!(story.matches("class=\"strip\"").count(), 2, "{story}");
    // The block and the ribbon on the map, and the swatch of the table beside it.
    for moved in ["class=\"piece c2 moved\"", "class=\"c2 moved\"", "class=\"swatch c2 moved\""] {
        assert_eq!(story.matches(moved).count(), 1, "{moved}: {story}");
    }
    for number in 1..=3 {
        let pieces = format!("<g class=\"piece c{number}");
        assert_eq!(story.matches(&pieces).count(), 2, "passage {number}: {story}");
    }
    assert!(story.contains("<ins>") && story.contains("<del>"), "{story}");
    assert!(story.contains("1\u{a0}moved"), "{story}");
    assert!(story.contains("of its own words are in the lead"), "{story}");
    let (first, second) = (story.find("harbour.example"), story.rfind("coast.example"));
    assert!(first < second);
}

#[tokio::test]
async fn an_event_joins_what_two_stories_quote_and_folds_neither() {
    let fixture = Fixture::open(&bridge(), false).await;
    let event = fixture.get(&format!("/events/{}", id('e', 1))).await.body;
    assert_eq!(event.matches("class=\"strip\"").count(), 3, "{event}");
    assert_eq!(event.matches("class=\"letter\"").count(), 2, "both quote the mayor: {event}");
    assert_eq!(event.matches("class=\"quotation\"").count(), 1, "one ribbon: {event}");
    let event_text = event.replace('\u{a0}', " ");
    assert_eq!(event_text.matches("2 texts found that share no wording").count(), 2, "{event}");
    assert!(event.contains("nearest to"), "with what both quote: {event}");
    assert!(event.contains("<ol id=\"texts\">"), "the link to it opens the list: {event}");
    assert_eq!(event.matches("<article").count(), 2, "two stories: {event}");
    assert!(event.contains(&format!("id=\"{}\"", article(3))), "a row for each article");
}

#[tokio::test]
async fn the_page_marks_paywalled_articles() {
    let mut articles = bridge();
    articles[1].is_paywalled = true;
    let fixture = Fixture::open(&articles, false).await;
    let story = fixture.get(&format!("/stories/{}", id('s', 1))).await.body;
    assert_eq!(story.matches("not free: not stored whole").count(), 1, "{story}");
}

#[tokio::test]
async fn without_the_texts_what_was_decided_is_left() {
    let mut articles = bridge();
    articles.iter_mut().for_each(|given| given.is_text_kept = false);
    let fixture = Fixture::open(&articles, false).await;
    let story = fixture.get(&format!("/stories/{}", id('s', 1))).await;
    assert_eq!(story.head.status(), StatusCode::OK);
    assert!(!story.body.contains("<svg class=\"map\""), "{}", story.body);
    assert!(story.body.contains("texts have expired"), "{}", story.body);
    assert!(story.body.contains("80\u{a0}% of its own words"), "{}", story.body);
}

#[tokio::test]
async fn a_page_is_found_by_its_first_digits_and_a_stranger_is_not() {
    let fixture = Fixture::open(&bridge(), false).await;
    let short = &id('e', 1)[..20];
    let answer = fixture.get(&format!("/events/{short}")).await;
    assert_eq!(answer.head.status(), StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(answer.head.headers()[header::LOCATION], format!("/events/{}", id('e', 1)));
    for path in ["/events/e-7zzzzzzzz", "/stories/x", "/?cursor=nonsense"] {
        let stranger = fixture.get(path).await;
        assert_eq!(stranger.head.status(), StatusCode::NOT_FOUND, "{path}");
        check_policy(&stranger, path);
        assert!(stranger.body.contains("Back to events"), "{path}");
    }
}

#[tokio::test]
async fn the_river_goes_on_page_by_page_without_a_gap() {
    let one = |number| Given { number, story: number, event: number, ..Given::default() };
    let fixture = Fixture::open(&(1..=45).map(one).collect::<Vec<_>>(), false).await;
    let first = fixture.get("/").await.body;
    let cut = |page: &str| page.matches("<article").count();
    assert_eq!(cut(&first), 30);
    let link =
        first.split("<a rel=\"next\" href=\"").nth(1).and_then(|rest| rest.split('"').next());
    let second = fixture.get(&link.unwrap().replace("&amp;", "&")).await.body;
    assert_eq!(cut(&second), 15);
    for number in 1..=45 {
        let card = format!("id=\"{}\"", id('e', number));
        let found = first.matches(&card).count() + second.matches(&card).count();
        assert_eq!(found, 1, "event {number}");
    }
    assert!(first.contains("data-live") && !second.contains("data-live"), "only the first is live");
}

#[tokio::test]
async fn the_river_is_narrowed_and_ordered() {
    let one =
        |number, event, outlet| Given { number, story: number, event, outlet, ..Given::default() };
    let articles = [
        one(1, 1, "harbour.example"),
        one(2, 1, "coast.example"),
        one(3, 1, "valley.example"),
        one(4, 4, "coast.example"),
        one(5, 4, "hill.example"),
        one(6, 6, "hill.example"),
    ];
    let fixture = Fixture::open(&articles, false).await;
    for (path, events) in [
        ("/", vec![6, 4, 1]),
        ("/?outlet=COAST.example", vec![4, 1]),
        ("/?min_outlets=3", vec![1]),
        ("/?language=en", vec![6, 4, 1]),
        ("/?language=fr", vec![]),
        ("/?sort=outlets", vec![1, 4, 6]),
        ("/?sort=velocity&min_outlets=2", vec![1, 4]),
        ("/?subscription=none", vec![]),
        ("/?subscription=&outlet=&language=&min_outlets=&sort=&q=", vec![6, 4, 1]),
    ] {
        let body = fixture.get(path).await.body;
        let card = |event: u64| {
            body.find(&format!("<article class=\"card unread\" id=\"{}\"", id('e', event)))
        };
        let mut shown: Vec<(usize, u64)> =
            [1, 4, 6].into_iter().filter_map(|event| Some((card(event)?, event))).collect();
        shown.sort_unstable();
        let shown: Vec<u64> = shown.into_iter().map(|(_, event)| event).collect();
        assert_eq!(shown, events, "{path}");
        assert_eq!(body.contains("data-live"), path == "/" || path.ends_with("q="), "{path}");
    }
    let page = fixture.get("/?min_outlets=2&sort=outlets").await.body;
    assert!(page.contains("<details class=\"narrow\" open>") && page.contains("All events"));
}

#[tokio::test]
async fn style_and_script_are_own_files_that_browsers_keep() {
    let fixture = Fixture::open(&[], false).await;
    let page = fixture.get("/about").await.body;
    for kind in ["css", "js", "svg"] {
        let path =
            page.split('"').find(|part| part.starts_with("/assets/") && part.ends_with(kind));
        let asset = fixture.get(path.unwrap()).await;
        assert_eq!(asset.head.status(), StatusCode::OK, "{kind}");
        let keep = asset.head.headers()[header::CACHE_CONTROL].to_str().unwrap();
        assert!(keep.contains("immutable"), "{kind}: {keep}");
    }
}

/// A report, a copy of it, a separately written text, and the corrected report.
fn put_right() -> Vec<Given> {
    let report = "The ferry Kestrel ran aground off Brenmouth on Monday with fourteen people on board. The \
        harbour master said that nobody was hurt, and that a tug would pull it free at high water.";
    let right = report.replace("fourteen", "forty");
    let words =
        "An earlier version of this article gave fourteen people. There were forty on board.";
    let given = |number, outlet, text: &str| Given {
        number,
        outlet,
        text: text.to_owned(),
        url: "https://harbour.example/ferry",
        ..Given::default()
    };
    let own =
        "A tug from Tarrowgate is on its way to a ferry that lies on the sand outside the port.";
    let version = format!("{right}\n\nCorrection: {words}");
    vec![
        given(1, "harbour.example", report),
        Given { class: "copy", ..given(2, "coast.example", report) },
        Given { class: "related", story: 3, ..given(3, "quay.example", own) },
        Given { class: "version", note: Some(words), ..given(4, "harbour.example", &version) },
        Given { class: "copy", ..given(5, "vale.example", report) },
        Given { class: "copy", ..given(6, "mill.example", &right) },
    ]
}

#[tokio::test]
async fn the_page_shows_corrections_and_the_outlets_with_the_old_text() {
    let fixture = Fixture::open(&put_right(), false).await;
    let story = fixture.get(&format!("/stories/{}", id('s', 1))).await;
    check_policy(&story, "story");
    let start = story.body.find("<section id=\"corrections\"").expect("a section");
    let section = &story.body[start..start + story.body[start..].find("</section>").unwrap()];
    for part in ["Correction by harbour.example", "coast.example", "came after the correction"] {
        assert!(section.contains(part), "{part}: {section}");
    }
    assert!(!section.contains("quay.example"), "{section}");

    let path = format!("/api/v1/events/{}/corrections", id('e', 1));
    let answer = fixture.get(&path).await;
    assert_eq!(answer.head.status(), StatusCode::OK, "{}", answer.body);
    let told: crate::shapes::Corrections = wirefold_proto::decode(answer.body.as_bytes()).unwrap();
    let [one] = told.corrections.as_slice() else { panic!("{told:?}") };
    assert_eq!((one.by.article, one.passages.len()), (article(4), 1));
    assert_eq!(one.corrects.as_ref().map(|it| it.article), Some(article(1)));
    let carried: Vec<_> = one.carried.iter().map(|it| (it.carrier.article, it.after)).collect();
    assert_eq!(carried, [(article(2), false), (article(5), true)]);
    assert_eq!(one.corrected.iter().map(|it| it.article).collect::<Vec<_>>(), [article(6)]);
    let of_other = fixture.get(&format!("/api/v1/stories/{}/corrections", id('s', 3))).await;
    assert!(of_other.body.contains("\"corrections\":[]"), "{}", of_other.body);
    let missing = fixture.get(&format!("/api/v1/events/{}/corrections", id('e', 9))).await;
    assert_eq!(missing.head.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn without_corrections_there_is_no_section() {
    let fixture = Fixture::open(&bridge(), false).await;
    let event = fixture.get(&format!("/events/{}", id('e', 1))).await;
    assert!(!event.body.contains("id=\"corrections\""));
}
