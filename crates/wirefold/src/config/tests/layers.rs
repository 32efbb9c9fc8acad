//! Which layer wins, and the origin that a value names.

use std::time::Duration;

use wirefold_proto::Interval;

use super::*;
use crate::config::settings::FeedConfig;
use crate::config::{Config, DeliveryConfig, DeliveryKind, Line, lines};

const FEEDS: &str = "\
window = \"3d\"

[page]
listen = \"127.0.0.1:7000\"

[[feed]]
url = \"https://www.harbour.example/rss.xml\"

[[feed]]
id = \"valley\"
url = \"https://valley.example/atom\"
full_text = \"off\"
group = \"north\"
";

#[test]
fn files_of_subscriptions_add_theirs_and_a_mistake_leaves_one_file_out() {
    let world = World::new("[[subscription]]\nname = \"Port\"\nquery = \"port\"\n");
    let one = |name: &str| format!("[[subscription]]\nname = \"{name}\"\nquery = \"{name}\"\n");
    world.write("subscriptions.d/20-ferries.toml", &[one("Ferries"), one("Fish")].concat());
    world.write("subscriptions.d/10-rail.toml", &one("Rail"));
    world.write("subscriptions.d/typo.toml", &one("Bad").replace("query", "qury"));
    world.write("subscriptions.d/twice.toml", &one("Port"));
    world
        .write("subscriptions.d/nowhere.toml", &format!("{}time_zone = \"Sea/Side\"\n", one("No")));
    world.write("subscriptions.d/more.toml", "window = \"1d\"\n");
    world.write("subscriptions.d/odd.toml", "[[subscription\n");
    world.write("subscriptions.d/notes.txt", "none of ours");
    world.write("subscriptions.d/.#rail.toml", "an editor's");
    let loaded = world.loaded();
    let names: Vec<&str> = loaded.config.subscription.iter().map(|it| &*it.name).collect();
    assert_eq!(names, ["Port", "Rail", "Ferries", "Fish"]);
    assert_eq!(world.origin("subscription.3"), "subscriptions.d/20-ferries.toml:4");
    let warnings: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    let files = ["typo", "twice", "nowhere", "more", "odd"];
    for file in files {
        let is_told =
            |warning: &&String| warning.contains(&format!("subscriptions.d/{file}.toml:"));
        let told = warnings.iter().find(is_told).unwrap_or_else(|| panic!("{file}: {warnings:#?}"));
        assert!(told.ends_with("(this file is left out)"), "{told}");
    }
    assert!(warnings.iter().any(|told| told.contains("did you mean `query`?")), "{warnings:#?}");
    // A mistake in another file is still an error.
    world.write("wirefold.toml", "widow = \"1d\"\n");
    assert!(world.mistakes().starts_with("wirefold.toml:1:1: unknown key `widow`"));
}

#[test]
fn lists_are_read_beside_the_file_and_unreadable_ones_are_reported() {
    let world = World::new("");
    world.write("lists/ports.txt", "# the coast\nGull Sound\n");
    world.write("lists/.#ports.txt", "an editor's");
    world.write("lists/notes.md", "none of ours");
    world.write("lists/wide.txt", &"quay\n".repeat(8_000));
    let loaded = world.loaded();
    let mut expected = wirefold_query::Lists::default();
    expected.insert("ports", "# the coast\nGull Sound\n");
    assert_eq!(loaded.lists, expected);
    let warnings: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    let [told] = &warnings[..] else { panic!("{warnings:#?}") };
    assert!(told.contains("lists/wide.txt") && told.contains("larger than 32 KiB"), "{told}");
}

#[test]
fn without_any_file_the_defaults_hold() {
    let world = World::new("");
    let loaded = world.loaded();
    let data = world.folder.path().join("ann/.local/share/wirefold");
    let delivery = vec![DeliveryConfig::stdout()];
    let expected = Config { data, delivery, ..Config::default() };
    assert_eq!(loaded.config, expected);
    assert_eq!(world.origin("page.listen"), "default");
    let world = world.variable("XDG_DATA_HOME", "/srv/data");
    assert_eq!(world.loaded().config.data, Path::new("/srv/data/wirefold"));
    let world = world.variable("WIREFOLD_DATA", "~");
    assert_eq!(world.loaded().config.data, world.folder.path().join("ann"));
}

#[test]
fn each_layer_holds_over_the_one_below() {
    let world = World::new("");
    world.write(
        "etc.toml",
        "window = \"1d\"\n[page]\nlisten = \"127.0.0.1:1\"\nbase_url = \"http://a\"\n",
    );
    assert_eq!(world.origin("page.listen"), "etc.toml:3");

    world.write("ann/.config/wirefold/wirefold.toml", "[page]\nlisten = \"127.0.0.1:2\"\n");
    assert_eq!(world.origin("page.listen"), "ann/.config/wirefold/wirefold.toml:2");

    world.write("wirefold.toml", "\npage.listen = \"127.0.0.1:3\"\n");
    assert_eq!(world.origin("page.listen"), "wirefold.toml:2");

    let mut world = world.variable("wirefold_page__Listen", "127.0.0.1:4");
    assert_eq!(world.origin("page.listen"), "wirefold_page__Listen");
    assert_eq!(world.loaded().config.page.listen.port(), 4);

    world.flags.set("page.listen=127.0.0.1:5").unwrap();
    assert_eq!(world.origin("page.listen"), "--set page.listen");
    world.flags.flag("--listen", "page.listen", "127.0.0.1:6");
    assert_eq!(world.origin("page.listen"), "--listen");
    let config = world.loaded().config;
    assert_eq!(config.page.listen.port(), 6);
    assert_eq!((config.hosts(), config.window.to_string()), (vec!["a".into()], "1d".into()));
    assert_eq!(world.origin("page.base_url"), "etc.toml:4");
}

#[test]
fn a_named_file_replaces_that_of_the_folder() {
    let mut world = World::new("window = \"3d\"\n");
    world.write("other/mine.toml", "text_policy = \"none\"\n[[source]]\npath = \"inbox\"\n");
    world.sources.file = Some(world.folder.path().join("other/mine.toml"));
    let config = world.loaded().config;
    assert_eq!(config.window.to_string(), "7d");
    assert_eq!(config.source[0].path, world.folder.path().join("other/inbox"));
    world.sources.file = Some(world.folder.path().join("absent.toml"));
    assert!(world.mistakes().starts_with("absent.toml: the file cannot be read"));
}

#[test]
fn lists_know_their_lines_and_ids_are_made() {
    let world = World::new(FEEDS);
    let loaded = world.loaded();
    let [first, second] = &loaded.config.feed[..] else { panic!("two feeds") };
    assert_eq!(first.id.as_ref().unwrap().as_str(), "harbour-example-rss-xml");
    assert_eq!(second.id.as_ref().unwrap().as_str(), "valley");
    let managed = [0, 1].map(|at| loaded.origins.managed_by("feed", at));
    let place = |line: u8| format!("{}/wirefold.toml:{line}", world.folder.path().display());
    assert_eq!(managed, [place(6), place(9)]);
    assert_eq!(world.origin("feed.1.url"), "wirefold.toml:11");
    assert_eq!(world.origin("feed.0.full_text"), "default");
}

#[test]
fn variables_are_read_as_toml_where_they_are_and_as_text_where_one_is_wanted() {
    let world = World::new("")
        .variable("WIREFOLD_BUS__REPLICAS", "3")
        .variable("WIREFOLD_FETCHER__CONTACT", "12")
        .variable("WIREFOLD_FETCHER__MIN_INTERVAL", "5m")
        .variable("WIREFOLD_PAGE__TRUSTED_PROXIES", "127.0.0.1")
        .variable("WIREFOLD_FETCHER__ALLOW_PRIVATE", "[\"10.0.0.0/8\", \"::1\"]");
    let config = world.loaded().config;
    assert_eq!(config.bus.replicas, Some(3));
    assert_eq!(config.fetcher.contact.as_deref(), Some("12"));
    assert_eq!(config.fetcher.min_interval.duration(), Duration::from_mins(5));
    assert_eq!(config.page.trusted_proxies, ["127.0.0.1"]);
    assert_eq!(config.fetcher.allow_private.len(), 2);
}

#[test]
fn an_unknown_variable_with_our_prefix_is_reported_but_not_refused() {
    let world = World::new("")
        .variable("WIREFOLD_PORT", "tcp://10.0.0.1:1")
        .variable("WIREFOLD_WINDO", "1d");
    let warnings: Vec<String> = world.loaded().warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert_eq!(warnings[1], "WIREFOLD_WINDO: no setting has this name: did you mean `window`?");
}

#[test]
fn secrets_come_from_files_and_variables_and_hide_themselves() {
    let world = World::new(
        "[[delivery]]\nname = \"desk\"\nkind = \"webhook\"\nurl = \"https://desk.example/hook\"\n\
         secret = [\"whsec_b25l\", \"file:keys\", \"env:DESK_KEYS\"]\n\
         headers = { Authorization = \"Bearer four\" }\n",
    )
    .variable("DESK_KEYS", "whsec_dGhyZWU=");
    world.write("keys", "whsec_dHdv\n\n");
    let config = world.loaded().config;
    let desk = &config.delivery[0];
    assert_eq!(desk.kind, DeliveryKind::Webhook);
    let exposed: Vec<&str> = desk.secret.iter().map(|it| it.secret.expose()).collect();
    assert_eq!(exposed, ["whsec_b25l", "whsec_dHdv", "whsec_dGhyZWU="]);
    let shown = format!("{config:?} {:?}", lines(&config));
    assert!(shown.contains("(secret, 10 bytes)"), "{shown}");
    assert!(!shown.contains("whsec_") && !shown.contains("Bearer"), "{shown}");
}

#[test]
fn the_default_window_is_the_detectors() {
    assert_eq!(Config::default().compared(), wirefold_fold::Settings::default());
}

#[test]
fn every_key_of_a_subscription_and_a_feed_is_on_the_wire() {
    let text = "[[subscription]]\nname = \"All\"\nquery = \"*\"\ngroup_by = \"story\"\non = \"new\"\n\
        min_outlets = 2\nmin_origins = 3\ngroup_wait = \"1s\"\nupdate_interval = \"2s\"\n\
        repeat_interval = \"3s\"\nescalation = \"desk after 5m\"\ntime_zone = \"UTC\"\nbreak_quiet = \"outlets>=2\"\nmax_per_day = 4\n\
        quiet_hours = { from = \"22:00\", to = \"07:00\", time_zone = \"UTC\" }\ninhibited_by = \"x\"\n\
        digest = \"daily\"\nkeep = false\ndeliveries = \"stdout\"\n[[feed]]\nurl = \"https://a.example/\"\n\
        title = \"A\"\noutlet = \"a.example\"\nspeaks_for = \"a.example\"\ngroup = \"g\"\n\
        priority = true\nfull_text = \"on\"\nidentity = \"link\"\narticle_selector = \"main\"\nremove_selectors = \"p\"\n";
    let config = World::new(text).loaded().config;
    let (subscription, feed) = (&config.subscription[0], &config.feed[0]);
    let id = subscription.id.clone().unwrap();
    let wire = serde_json::to_value(subscription.settings(id)).unwrap();
    assert_eq!(wire, serde_json::to_value(subscription).unwrap());
    let feed_on_wire = serde_json::to_value(feed.settings(config.full_text)).unwrap();
    let mut written = serde_json::to_value(feed).unwrap();
    written.as_object_mut().unwrap().remove("timeout");
    assert_eq!(feed_on_wire, written);
    let slow = FeedConfig { timeout: Some(Interval::from_seconds(60)), ..feed.clone() };
    assert_eq!(slow.settings(config.full_text).timeout_seconds, Some(60));
}

#[test]
fn shows_every_key_in_the_order_of_the_page() {
    let shown = lines(&World::new(FEEDS).loaded().config);
    let keys: Vec<&str> = shown.iter().map(|line: &Line| line.key.as_str()).collect();
    assert_eq!(keys[..2], ["data", "window"]);
    for key in ["page.base_url", "detector.text_store", "feed.1.group", "source"] {
        assert!(keys.contains(&key), "{key} is not in {keys:?}");
    }
    let place = |key: &str| keys.iter().position(|one| *one == key);
    assert!(
        place("log") < place("page.listen") && place("retention.max_bytes") < place("feed.0.url")
    );
}
