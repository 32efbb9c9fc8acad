use wirefold_proto::{MAX_TEXT_BYTES, Media};

use super::*;

const BBC: &str = "https://www.bbc.co.uk/news/world-1";

fn arrival(authority: Authority) -> Arrival {
    Arrival {
        feed: "harbour".parse().unwrap(),
        authority,
        outlet: None,
        text_source: TextSource::Given,
        seen: "2026-03-05T14:00:00Z".parse().unwrap(),
    }
}

fn given(url: Option<&str>, title: &str, text: &str) -> SubmittedArticle {
    SubmittedArticle {
        id: Some("g".to_owned()),
        url: url.map(str::to_owned),
        title: Some(title.to_owned()),
        text: text.to_owned(),
        ..SubmittedArticle::default()
    }
}

fn identified(given: SubmittedArticle) -> ArticleFetched {
    identify(given, &arrival(Authority::Operator)).unwrap()
}

fn through(feed: &str, given: SubmittedArticle) -> ArticleFetched {
    identified(SubmittedArticle { feed: Some(feed.to_owned()), ..given })
}

#[test]
fn the_id_depends_on_outlet_address_and_content() {
    let id = |link: Option<&str>, title: &str, text: &str| identified(given(link, title, text)).id;
    let page = Some("https://harbour.example/a");
    let first = id(page, "Ferry late", "It was “late”.");
    let shared = Some("https://www.harbour.example/a?utm_source=x#y");
    assert_eq!(first, id(shared, "Ferry LATE", "It  was \"late\"."));
    assert_ne!(first, id(page, "Ferry late", "It was on time."));
    assert_ne!(first, id(page, "Ferry early", "It was “late”."));
    assert_ne!(first, id(None, "Ferry late", "It was “late”."));
    // Ids are stored in streams for months: this value may never change.
    assert_eq!(first.to_string(), "a-2zg3v1dhcj4hat1rqqvkngm48j");
}

#[test]
fn items_of_another_authority_are_foreign() {
    let names = |feed: &str| {
        let told = through(feed, given(Some(BBC), "Ferry late", "It was late."));
        told.article.item_names(told.id)
    };
    let own = names("https://feeds.bbci.co.uk/news/rss.xml");
    for feed in ["https://evil.example/rss", "evil.example/rss", "not a feed !!"] {
        let strangers = names(feed);
        assert!(strangers.iter().all(|name| !own.contains(name)), "{own:?} {strangers:?}");
    }
    assert_eq!(names(" "), own, "no feed was named");
}

#[test]
fn only_items_of_another_authority_have_an_id_of_their_own() {
    let text = || given(Some(BBC), "Ferry late", "It was late.");
    let own = identified(text());
    assert_eq!(own.article.via, None);
    for feed in ["https://feeds.bbci.co.uk/news/rss.xml", "bbc.com", "wire-desk"] {
        assert_eq!(through(feed, text()), own, "{feed}");
    }
    let told = through("https://planet.example/atom", text());
    let about = &told.article;
    assert_eq!(about.outlet_label(), "bbc.co.uk via planet.example");
    assert_ne!(told.id, own.id);
    // A site that claims another site's page does not create versions of it.
    let mine = SubmittedArticle { outlet: Some("hostile.example".to_owned()), ..text() };
    let hostile = through("https://hostile.example/rss", mine).article;
    assert_eq!(hostile.outlet_label(), "hostile.example");
    assert_eq!(hostile.via.as_ref().map(Outlet::as_str), Some("hostile.example"));
}

#[test]
fn implausible_dates_are_kept_and_marked() {
    let check = |published: Option<&str>, expected: Option<DateProblem>| {
        let published = published.map(|published| published.parse().unwrap());
        let about = identified(SubmittedArticle { published, ..given(None, "t", "x") });
        let about = about.article;
        assert_eq!((about.published, about.date_problem), (published, expected));
    };
    check(None, Some(DateProblem::Missing));
    check(Some("2026-03-05T13:00:00Z"), None);
    check(Some("2026-03-07T14:00:00Z"), None);
    check(Some("2026-03-07T14:00:01Z"), Some(DateProblem::Implausible));
    check(Some("1989-12-31T23:59:59Z"), Some(DateProblem::Implausible));
    check(Some("1990-01-01T00:00:00Z"), None);
}

#[test]
fn any_submission_fits_into_a_message() {
    let long = |text: &str| text.repeat(2_000_000 / text.len());
    for unit in ["a", "é", "\"", "\u{1}", "\n", "日本"] {
        let media = Media {
            url: format!("https://a.example/{}", "x".repeat(2000)),
            media_type: Some(long(unit)),
            bytes: None,
            title: Some(long(unit)),
        };
        let link = format!("https://a.example/{}", long("x"));
        let given = SubmittedArticle {
            teaser: Some(long(unit)),
            authors: vec![long(unit); 20],
            media: vec![media; 20],
            ..given(Some(&link), &long(unit), &long(unit))
        };
        let fed = Arrival { text_source: TextSource::Feed, ..arrival(Authority::Operator) };
        let article = identify(given, &fed).unwrap();
        assert!(article.article.truncated && article.text.len() <= MAX_TEXT_BYTES, "{unit:?}");
        let bytes = wirefold_proto::encode(&article).unwrap_or_else(|error| panic!("{error}"));
        assert!(bytes.len() < wirefold_proto::MAX_PAYLOAD);
    }
    let whole = identified(given(None, "t", &"a".repeat(MAX_TEXT_BYTES)));
    assert!(!whole.article.truncated);
}

#[test]
fn submissions_are_normalised() {
    let given = SubmittedArticle {
        author: Some(" Ann\n".to_owned()),
        outlet: Some(" ".to_owned()),
        ..given(Some(" "), " A\nb ", "One.\n\n \nTwo.")
    };
    let article = identified(given);
    assert_eq!((article.article.title.as_str(), article.text.as_str()), ("A b", "One.\n\nTwo."));
    assert_eq!(article.article.authors, ["Ann"]);
    assert_eq!((article.article.outlet.as_str(), article.article.url), ("local", None));
}

#[test]
fn refuses_submissions_that_are_not_articles() {
    let refusal = |given: SubmittedArticle| {
        identify(given, &arrival(Authority::Operator)).unwrap_err().to_string()
    };
    assert_eq!(refusal(given(None, "", " \n")), "`text` and `title` are empty");
    let script = given(Some("javascript:alert(1)"), "t", "x");
    assert_eq!(refusal(script), "`url` \"javascript:alert(1)\" is not a web address");
    let unnamed = SubmittedArticle { outlet: Some("/".to_owned()), ..given(None, "t", "x") };
    assert_eq!(refusal(unnamed), "`outlet` \"/\" is not the name of a publisher");
}

#[test]
fn the_key_is_the_id_in_the_feed() {
    let day = "2026-03-05T14:00:00Z".parse().ok();
    let key = |id: Option<&str>, link: Option<&str>, published: Option<Timestamp>| {
        item_key(id, link, "Ferry, late!", published)
    };
    let page = Some("https://a.example/x?utm_source=y");
    assert_eq!(key(Some("g"), page, day), "g");
    assert_eq!(key(None, page, day), "https://a.example/x");
    assert_eq!(key(None, None, None), "ferry late");
    assert_eq!(key(None, None, day), "ferry late 2026-03-05");
    let long = key(Some(&"g".repeat(2_000)), None, None);
    assert!(long.len() <= 512 && long.starts_with("gg") && long.ends_with("gg"));
}
