//! Full text for teasers, read by real child processes.

use wirefold_proto::{ArticleFetched, FeedFinding, FullText, TextSource};

use wirefold_http_client::SecretHeaders;

use super::bench::Bench;
use super::feeds::{Entry, entry, rss, text};
use super::server::{Reply, Server};

const NAMES: [&str; 3] = ["first", "second", "third"];

/// A page with an article of this many words inside the page chrome of a site.
fn page(name: &str, words: usize) -> String {
    let words = text(name, words);
    let sentences = words.split(" barrels ").map(|part| format!("<p>And so {part} barrels.</p>"));
    format!(
        "<!doctype html><html lang=\"en\"><head><title>The {name} boat is back</title></head><body>\
         <nav><a href=\"/\">Home</a><a href=\"/tides\">Tides</a></nav>\
         <article><h1>The {name} boat is back</h1>{}</article>\
         <footer>Harbour Log</footer></body></html>",
        sentences.collect::<String>()
    )
}

fn html(page: impl Into<Vec<u8>>) -> Reply {
    Reply::ok(page).with("content-type", "text/html; charset=utf-8")
}

/// A server with a feed of teasers and pages with the full texts.
async fn teasing(bench: &mut Bench) -> Server {
    let server = Server::start().await;
    let tease =
        |name: &str| Entry { link: Some(server.url(&format!("/{name}"))), ..entry(name, 20) };
    server.put("/feed", Reply::ok(rss(&NAMES.map(tease))));
    for name in NAMES {
        server.put(&format!("/{name}"), html(page(name, 300)));
    }
    bench.settings.feeds = vec![super::bench::configured("harbour", &server.url("/feed"))];
    bench.settings.extract = Some(crate::extract::tests::settings());
    server
}

async fn articles(bench: &Bench) -> Vec<ArticleFetched> {
    let running = bench.start().await;
    bench.polled("harbour").await;
    running.stop().await;
    bench.articles().await
}

fn sources(articles: &[ArticleFetched]) -> Vec<TextSource> {
    articles.iter().map(|article| article.text_source).collect()
}

#[tokio::test]
async fn teasers_become_whole_texts() {
    let mut bench = Bench::new().await;
    let server = teasing(&mut bench).await;
    let articles = articles(&bench).await;
    assert_eq!(sources(&articles), [TextSource::Page; 3]);
    let first = &articles[2];
    assert_eq!(first.article.title, "The first boat is back");
    assert!(first.text.split_whitespace().count() > 250, "{}", first.text);
    assert!(!first.text.contains("Tides"), "{}", first.text);
    assert!(first.article.teaser.is_some(), "the teaser stays beside it");
    assert_eq!(server.times("/robots.txt"), 1, "asked once for all");
}

#[tokio::test]
async fn off_fetches_none_and_on_fetches_all() {
    let mut bench = Bench::new().await;
    let server = teasing(&mut bench).await;
    bench.settings.feeds[0].feed.full_text = FullText::Off;
    assert_eq!(sources(&articles(&bench).await), [TextSource::Teaser; 3]);
    assert_eq!(server.times("/robots.txt") + server.times("/first"), 0);

    let mut eager = Bench::new().await;
    let whole = teasing(&mut eager).await;
    let long = Entry { link: Some(whole.url("/first")), ..entry("first", 100) };
    whole.put("/feed", Reply::ok(rss(&[long])));
    eager.settings.feeds[0].feed.full_text = FullText::On;
    assert_eq!(sources(&articles(&eager).await), [TextSource::Page]);
}

#[tokio::test]
async fn robots_txt_is_respected() {
    let cases = [
        (Reply::ok("User-agent: *\nDisallow: /first\n"), true, 2),
        (Reply::ok("User-agent: wirefold\nDisallow: /\n\nUser-agent: *\nAllow: /\n"), true, 0),
        (Reply::ok("User-agent: someone-else\nDisallow: /\n"), false, 3),
        (Reply::status(404), false, 3),
        (Reply::status(503), true, 0),
    ];
    for (robots, is_kept, taken) in cases {
        let mut bench = Bench::new().await;
        let server = teasing(&mut bench).await;
        server.put("/robots.txt", robots);
        let sources = sources(&articles(&bench).await);
        let pages = sources.iter().filter(|source| **source == TextSource::Page).count();
        assert_eq!(pages, taken);
        assert_eq!(server.times("/first") == 0, is_kept);
    }
}

#[tokio::test]
async fn a_bad_page_costs_its_item_only_the_page() {
    let reserved =
        page("first", 300).replace("</head>", "<meta name=robots content=noarchive></head>");
    let cases = [
        ("an error", Reply::status(500)),
        ("no page", Reply::ok(page("first", 300)).with("content-type", "application/pdf")),
        ("too large", html(format!("{}{}", page("first", 300), " ".repeat(6_000_000)))),
        ("nothing on it", html("<html><body><nav>Home</nav></body></html>")),
        ("no more than the teaser", html(page("first", 12))),
        ("reserved by its head", html(reserved)),
        ("reserved by a header", html(page("first", 300)).with("x-robots-tag", "noarchive")),
        ("mining reserved", html(page("first", 300)).with("tdm-reservation", "1")),
        ("a private address", Reply::status(302).with("location", "http://10.0.0.1/")),
        ("nested without end", html("<div>".repeat(100_000))),
    ];
    let mut bench = Bench::new().await;
    let server = teasing(&mut bench).await;
    for (number, (what, reply)) in cases.into_iter().enumerate() {
        server.put("/first", reply);
        bench.settings.feeds[0].feed.id = format!("harbour-{number}").parse().unwrap();
        let fresh = Bench::new().await;
        let trial = Bench { settings: bench.settings.clone(), ..fresh };
        let running = trial.start().await;
        trial.polled(&format!("harbour-{number}")).await;
        running.stop().await;
        let articles = trial.articles().await;
        let expected = [TextSource::Page, TextSource::Page, TextSource::Teaser];
        assert_eq!(sources(&articles), expected, "{what}");
        assert_eq!(articles[2].text, text("first", 20), "{what}");
    }
}

/// A wall with status 200 has more words than the teaser, and they are not those of the article.
#[tokio::test]
async fn pages_that_stand_before_the_article_leave_the_teaser_and_are_reported() {
    let consent = "<html><body><h1>Before you go on</h1><p>We and our partners store cookies on your device, and process \
         personal data with your consent, for ads that suit you and for nothing else.</p><button>Accept</button></body></html>";
    let challenge = "<html><head><title>Just a moment...</title></head><body><p>The site has to review the security of your \
         connection before it goes on, and that takes some seconds for most people.</p></body></html>";
    let elsewhere =
        page("elsewhere", 300).replace("keepers", "bakers").replace("boat is back", "oven");
    let elsewhere = elsewhere.replace("barrels", "loaves").replace("slipway", "chimney");
    let elsewhere = elsewhere.replace("mended", "swept").replace("before noon", "till eve");
    let elsewhere = elsewhere.replace("watched", "slept").replace("gulls", "cats");
    let mut bench = Bench::new().await;
    let server = teasing(&mut bench).await;
    for (name, wall) in NAMES.iter().zip([consent, challenge, elsewhere.as_str()]) {
        server.put(&format!("/{name}"), html(wall));
    }
    let articles = articles(&bench).await;
    assert_eq!(sources(&articles), [TextSource::Teaser; 3]);
    for (article, name) in articles.iter().rev().zip(NAMES) {
        assert_eq!(article.text, text(name, 20));
    }
    let record = bench.record("harbour").await.unwrap();
    assert_eq!(record.findings, [FeedFinding::OtherPages]);
}

/// A teaser that says nothing of its page has its title; a wall has not, in whatever script.
#[tokio::test]
async fn a_vague_teaser_has_its_page_and_an_unknown_wall_is_none() {
    let mut bench = Bench::new().await;
    let server = teasing(&mut bench).await;
    let vague = "Good morning. Here is everything that people along this coast should know today, gathered by our team.";
    let chinese =
        "码头附近的居民周四上午说，渡轮因大雾晚点四个小时，港务局要求旅客改乘公共汽车前往尼斯。";
    let tease = |name: &str, title: &str, text: &str| Entry {
        title: title.to_owned(),
        text: text.to_owned(),
        link: Some(server.url(&format!("/{name}"))),
        ..entry(name, 20)
    };
    let entries = [
        tease("first", "The first boat is back", vague),
        tease("second", "渡轮因大雾晚点", chinese),
        tease("third", "The third boat is back", vague),
    ];
    server.put("/feed", Reply::ok(rss(&entries)));
    let unknown =
        "请稍等片刻，系统将在几秒钟之后自动跳转到您想要打开的网页，感谢您的耐心等待与支持。"
            .repeat(4);
    server.put("/second", html(format!("<html><body><p>{unknown}</p></body></html>")));
    server.put("/third", html("<html><body><div id=app></div></body></html>"));
    let articles = articles(&bench).await;
    assert_eq!(sources(&articles), [TextSource::Teaser, TextSource::Teaser, TextSource::Page]);
    let record = bench.record("harbour").await.unwrap();
    assert_eq!(record.findings, [FeedFinding::OtherPages]);
}

/// A headline alone says enough to tell a page without any of its words.
#[tokio::test]
async fn a_headline_alone_keeps_to_itself_before_an_unknown_wall() {
    let mut bench = Bench::new().await;
    let server = teasing(&mut bench).await;
    let headline = |name: &str| Entry {
        title: "Airline Norvik files for bankruptcy".to_owned(),
        text: String::new(),
        link: Some(server.url(&format!("/{name}"))),
        ..entry(name, 0)
    };
    server.put("/feed", Reply::ok(rss(&[headline("first"), headline("second")])));
    let wait = "You are now in line. Thank you for your patience. When it is your turn, you have ten minutes to enter. ";
    server.put("/first", html(format!("<html><body><p>{}</p></body></html>", wait.repeat(4))));
    let own = page("second", 60).replace("slipway", "bankruptcy");
    server.put("/second", html(own));
    let articles = articles(&bench).await;
    assert_eq!(sources(&articles), [TextSource::Page, TextSource::Teaser]);
    assert_eq!(articles[1].text, "");
}

#[tokio::test]
async fn of_a_paywalled_article_only_the_lead_is_kept() {
    let mut bench = Bench::new().await;
    let server = teasing(&mut bench).await;
    let locked = |name: &str| {
        let tier = "<meta property='article:content_tier' content='locked'></head>";
        html(page(name, 300).replace("</head>", tier))
    };
    server.put("/first", locked("first"));
    // The feed's own text is longer than the lead, and stays.
    let tease =
        |name: &str, words| Entry { link: Some(server.url(name)), ..entry(&name[1..], words) };
    server.put("/second", locked("second"));
    server.put("/feed", Reply::ok(rss(&[tease("/first", 20), tease("/second", 70)])));
    let articles = articles(&bench).await;
    let (second, first) = (&articles[0], &articles[1]);
    assert!(first.article.paywalled && second.article.paywalled);
    assert_eq!(sources(&articles), [TextSource::Teaser, TextSource::Page]);
    let words = |text: &str| crate::answer::word_count(text);
    assert_eq!((words(&first.text), words(&second.text)), (60, 70));
    assert!(first.text.starts_with("And so"), "{}", first.text);
}

#[tokio::test]
async fn a_feeds_selectors_apply_and_misses_are_reported() {
    let mut bench = Bench::new().await;
    let server = teasing(&mut bench).await;
    let feed = &mut bench.settings.feeds[0].feed;
    feed.article_selector = Some("div.told".to_owned());
    feed.remove_selectors = vec![".ad".to_owned()];
    let told =
        format!("<div class=told><p class=ad>Rope!</p><p>{}</p></div></body>", text("t", 90));
    server.put("/first", html(page("first", 300).replace("</body>", &told)));
    let articles = articles(&bench).await;
    assert_eq!(
        sources(&articles),
        [TextSource::Page; 3],
        "pages without the element are read as usual"
    );
    assert_eq!(articles[2].text, text("t", 90));
    assert!(articles[0].text.starts_with("And so"), "{}", articles[0].text);
    let before = bench.record("harbour").await.unwrap();
    assert_eq!(before.findings, [FeedFinding::ArticleSelectorUnmatched]);

    let running = bench.start().await;
    server.put("/next", html(page("next", 300).replace("</body>", &told)));
    let next = Entry { link: Some(server.url("/next")), ..entry("next", 20) };
    server.put("/feed", Reply::ok(rss(&[next])));
    bench.clock.advance(std::time::Duration::from_hours(1));
    let after = bench.record_when("harbour", |it| it.articles == 4).await;
    running.stop().await;
    assert_eq!(after.findings, [], "its newest page has what it says");
}

#[tokio::test]
async fn pages_of_a_host_with_broken_encoding_are_requested_in_compatibility_mode() {
    let mut bench = Bench::new().await;
    let server = teasing(&mut bench).await;
    for name in NAMES {
        let broken = html(vec![31, 139, 8]).with("content-encoding", "gzip");
        server.put(&format!("/{name}"), Reply::if_plain(html(page(name, 300)), broken));
    }
    assert_eq!(sources(&articles(&bench).await), [TextSource::Page; 3]);
    let times = NAMES.map(|name| server.times(&format!("/{name}")));
    assert_eq!(times.iter().sum::<usize>(), 4, "the first teaches it: {times:?}");
}

#[tokio::test]
async fn pages_are_for_the_newest() {
    let mut bench = Bench::new().await;
    let server = teasing(&mut bench).await;
    bench.settings.pages_per_poll = 1;
    let expected = [TextSource::Teaser, TextSource::Teaser, TextSource::Page];
    assert_eq!(sources(&articles(&bench).await), expected);
    assert_eq!(server.times("/first"), 1, "the newest is listed first and published last");
}

/// While the pages of one feed hang, another feed of the same host is polled.
#[tokio::test]
async fn pages_block_no_feeds() {
    let mut bench = Bench::new().await;
    let server = teasing(&mut bench).await;
    for name in NAMES {
        server.put(&format!("/{name}"), Reply::Hang);
    }
    server.put("/other", Reply::ok(rss(&[entry("other", 100)])));
    bench.settings.feeds.push(super::bench::configured("other", &server.url("/other")));
    let running = bench.start().await;
    bench.clock.advance(std::time::Duration::from_secs(1));
    super::bench::until("a page", || server.times("/third") == 1).await;
    bench.record_when("other", |record| record.last_good.is_some()).await;
    running.stop().await;
    let record = bench.record("harbour").await.unwrap();
    assert_eq!((record.last_poll, bench.articles().await.len()), (None, 1), "all is done again");
}

/// A stranger's feed links to pages of a site that the operator has a login for.
#[tokio::test]
async fn a_login_is_not_sent_to_what_another_site_links_to() {
    let mut bench = Bench::new().await;
    let (own, stranger) = (teasing(&mut bench).await, Server::start().await);
    let linking = Entry { link: Some(own.url("/secret")), ..entry("linked", 20) };
    stranger.put("/feed", Reply::ok(rss(&[linking])));
    own.put("/secret", html(page("linked", 300)));
    bench.settings.feeds.push(super::bench::configured("stranger", &stranger.url("/feed")));
    let mut secrets = SecretHeaders::default();
    secrets.add("Authorization", "Basic ZGVzazpzZWNyZXQ=");
    bench.settings.access = vec![crate::Access {
        below: own.url("/").parse().unwrap(),
        secrets,
        user_agent: None,
        proxy: None,
        is_plain: false,
    }];
    let running = bench.start().await;
    bench.clock.advance(super::bench::MINUTE);
    bench.polled("stranger").await;
    bench.polled("harbour").await;
    running.stop().await;
    assert_eq!(own.times("/secret"), 1, "the page is asked for");
    assert_eq!(own.last_header("/secret", "authorization"), None);
    for path in ["/feed", "/first"] {
        let sent = own.last_header(path, "authorization");
        assert_eq!(sent.as_deref(), Some("Basic ZGVzazpzZWNyZXQ="), "its own {path}");
    }
    assert_eq!(stranger.last_header("/feed", "authorization"), None);
}

/// A stranger's feed links into a private network that is allowed for a feed there.
#[tokio::test]
async fn a_private_network_is_let_in_for_its_own_feed_alone() {
    let mut bench = Bench::new().await;
    let (own, stranger) = (teasing(&mut bench).await, Server::start_at("127.0.0.2").await);
    let linking = Entry { link: Some(own.url("/inside")), ..entry("linked", 20) };
    stranger.put("/feed", Reply::ok(rss(&[linking])));
    stranger.put("/moving", Reply::status(302).with("location", own.url("/feed")));
    own.put("/inside", html(page("linked", 300)));
    for path in ["/feed", "/moving"] {
        let feed = super::bench::configured(&path[1..], &stranger.url(path));
        bench.settings.feeds.push(feed);
    }
    bench.settings.allow = ["127.0.0.1/32", "127.0.0.2/32"].map(|net| net.parse().unwrap()).into();
    let running = bench.start().await;
    bench.clock.advance(super::bench::MINUTE);
    assert_eq!(bench.polled("feed").await.articles, 1);
    assert_eq!(own.times("/inside"), 0);
    let moving = bench.polled("moving").await;
    assert!(
        moving.describe().contains("127.0.0.1 is not in a public or allowed network"),
        "{}",
        moving.describe()
    );
    bench.polled("harbour").await;
    running.stop().await;
    let from_pages =
        sources(&bench.articles().await).iter().filter(|it| **it == TextSource::Page).count();
    assert_eq!((from_pages, own.times("/robots.txt")), (3, 1), "its own pages are read");
}
