//! Every mistake is reported with its place and a correction.

use super::*;

#[track_caller]
fn check(file: &str, expected: &[&str]) {
    let mistakes = World::new(file).mistakes();
    assert_eq!(mistakes.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn an_unknown_key_is_refused_with_its_place_and_the_nearest_one() {
    check(
        "windw = \"7d\"\n\n[page]\nlissten = \"127.0.0.1:1\"\n",
        &[
            "wirefold.toml:1:1: unknown key `windw`; did you mean `window`?",
            "wirefold.toml:4:1: unknown key `lissten` in [page]; did you mean `listen`?",
        ],
    );
    check(
        "[[feed]]\nurl = \"https://a.example/\"\n  titel = \"A\"\n[operations]\ncolour = 1\n",
        &[
            "wirefold.toml:3:3: unknown key `titel` in [[feed]]; did you mean `title`?",
            "wirefold.toml:5:1: unknown key `colour` in [operations]; known are `listen`",
        ],
    );
}

#[test]
fn a_wrong_type_says_what_was_expected_with_an_example() {
    check(
        "[bus]\nreplicas = \"many\"\n[fetcher]\nmin_interval = 600\n",
        &[
            "wirefold.toml:2:1: `bus.replicas`: expected a whole number, found string \"many\"; for \
             example replicas = 3",
            "wirefold.toml:4:1: `fetcher.min_interval`: expected a duration such as \"30s\", \
             \"15m\", \"12h\", found integer `600`; for example min_interval = \"10m\"",
        ],
    );
    check(
        "page = 8787\nfeed = [\"https://a.example/\"]\nsource = 3\n",
        &[
            "wirefold.toml:1:1: `page`: expected a table headed [page], found integer `8787`",
            "wirefold.toml:2:9: `feed.0`: expected a table headed [[feed]], found string \
             \"https://a.example/\"",
            "wirefold.toml:3:1: `source`: expected a table headed [[source]], found integer `3`",
        ],
    );
    check(
        "window = 2026-11-20\n",
        &[
            "wirefold.toml:1:1: `window`: \"2026-11-20\" is not a duration: expected a number and one of s, m, h, d, \
           such as \"30s\"; for example window = \"7d\"",
        ],
    );
}

#[test]
fn a_list_in_place_of_a_table_is_refused() {
    let expected = "`feed.0`: expected a table headed [[feed]], found a list";
    let mistakes = World::new("feed = [[\"sea\", \"https://a.example/\"]]\n").mistakes();
    assert!(mistakes.contains(expected), "{mistakes}");
    let pages = World::new("[[page]]\ntokens = \"auto\"\n").mistakes();
    assert!(pages.contains("`page`: expected a table headed [page], found a list"), "{pages}");
    assert!(pages.lines().count() < 3, "{pages}");
}

#[test]
fn invalid_values_are_reported_all_at_once() {
    check(
        "full_text = \"atuo\"\n[fetcher]\nallow_private = [\"10.0.0.0/8\", \"10.0/x\"]\n\
         [retention]\nmax_bytes = 5\n[[feed]]\nurl = \"ftp://a.example\"\n[[feed]]\nid = \"A B\"\n\
         url = \"https://a.example\"\n",
        &[
            "wirefold.toml:1:1: `full_text`: unknown variant `atuo`, expected one of `auto`, `on`, `off`; for \
             example full_text = \"auto\"",
            "wirefold.toml:3:1: `fetcher.allow_private`: expected networks such as \"192.168.0.0/16\" or \
             \"fd00::/8\", or names such as \"nas.local\"",
            "wirefold.toml:5:1: `retention.max_bytes`: expected at least 16777216, which are 16 MiB",
            "wirefold.toml:7:1: `feed.0.url`: \"ftp://a.example\" begins with neither https:// \
             nor http://; for example url = \"https://harbour.example/rss.xml\"",
            "wirefold.toml:9:1: `feed.1.id`: feed id \"A B\": 'A' does not belong in it; for \
             example id = \"harbour\"",
        ],
    );
}

#[test]
fn a_wrong_value_does_not_hide_mistakes_in_other_tables() {
    check(
        "windw = \"7d\"\nlog = \"inof\"\n[fetcher]\nmin_interval = 600\nmax_interval = \"5m\"\n[[delivery]]\n\
         name = 7\nkind = \"ntfy\"\n[[subscription]]\nname = \"all\"\nquery = \"*\"\ndeliveries = \"phone\"\n",
        &[
            "wirefold.toml:1:1: unknown key `windw`; did you mean `window`?",
            "wirefold.toml:2:1: `log`: expected a level, or parts with one, such as \"info,wirefold_fetcher=debug\"",
            "wirefold.toml:4:1: `fetcher.min_interval`: expected a duration such as \"30s\", \
             \"15m\", \"12h\", found integer `600`; for example min_interval = \"10m\"",
            "wirefold.toml:7:1: `delivery.0.name`: expected a text, found integer `7`; for example \
             name = \"phone\"",
        ],
    );
}

#[test]
fn a_missing_key_is_reported_once_at_its_table() {
    check(
        "[[feed]]\ntitle = \"A\"\n\n[[feed]]\nurl = 5\n",
        &[
            "wirefold.toml:1:1: `feed.0.url`: it is needed; for example url = \
             \"https://harbour.example/rss.xml\"",
            "wirefold.toml:5:1: `feed.1.url`: expected a web address, found integer `5`; for \
             example url = \"https://harbour.example/rss.xml\"",
        ],
    );
}

#[test]
fn syntax_errors_are_reported_with_their_place() {
    let mistakes = World::new("[page\nlisten = \n").mistakes();
    assert!(mistakes.starts_with("wirefold.toml:1:6: this is not TOML: "), "{mistakes}");
    let twice = World::new("a = 1\na = 2\n").mistakes();
    assert!(twice.starts_with("wirefold.toml:2:1: this is not TOML: "), "{twice}");
}

#[test]
fn variables_and_flags_are_named_in_their_mistakes() {
    let mut world = World::new("").variable("WIREFOLD_PAGE__LISTE", "127.0.0.1:1");
    world.flags.set("bus.replicas=2").unwrap();
    assert_eq!(
        world.mistakes(),
        "WIREFOLD_PAGE__LISTE: unknown key `liste` in [page]; did you mean `listen`?\n\
         --set bus.replicas: `bus.replicas`: expected 1, 3 or 5, as a cluster decides by its majority"
    );
    assert!(Overrides::default().set("page.listen").is_err());
}

#[test]
fn a_budget_of_nothing_is_refused() {
    check(
        "[budget]\nsites = { \"wire.example\" = 0 }\n",
        &[
            "wirefold.toml:2:1: `budget.sites`: 0 would hold every alert until the end of the hour; write a \
           number of at least 1",
        ],
    );
}

#[test]
fn lists_and_subjects_are_checked() {
    check(
        "[[opml]]\nurl = \"https://a.example/x.opml\"\n\n[[opml]]\n\
         url = \"https://a.example/x.opml\"\n[[nats]]\nserver = \"nats://desk:word@wire.example\"\n\
         subject = \"news..x\"\n[[nats]]\nserver = \"wire.example:4222\"\nsubject = \"news\"\n\
         id = \"push\"\npassword = \"word\"\n[[nats]]\nserver = \"http://wire.example\"\n\
         subject = \"news.>\"\nid = \"wire\"\nuser = \"desk\"\npassword = \"env:NO_SUCH_PASSWORD\"\n",
        &[
            "wirefold.toml:4:1: `opml.1`: \"https://a.example/x.opml\" is already at \
             wirefold.toml:1; give one of them another name",
            "wirefold.toml:7:1: `nats.0.server`: logs show addresses, so an address must not contain a login; write it as `user` and `password`",
            "wirefold.toml:8:1: `nats.0.subject`: expected a subject of NATS, such as \
             \"news.articles\"",
            "wirefold.toml:9:1: `nats.1`: its id is that of pushed articles; choose another one",
            "wirefold.toml:13:1: `nats.1.password`: it has no `nats.1.user`",
            "wirefold.toml:15:1: `nats.2.server`: \"http://wire.example\" is not an address such as \
             \"nats://host:4222\"",
            "wirefold.toml:19:1: `nats.2.password`: the environment variable \
             NO_SUCH_PASSWORD is not set",
        ],
    );
}

#[test]
fn the_whole_must_hold_together() {
    check(
        "[page]\ntrusted_proxies = \"proxy\"\n[[feed]]\nurl = \"https://a.example/x\"\n[[feed]]\n\
         url = \"https://www.a.example/x\"\n[[delivery]]\nname = \"phone\"\nkind = \"ntfy\"\n\
         [[subscription]]\nname = \"all\"\nquery = \"*\"\ntime_zone = \"Sea/Side\"\n",
        &[
            "wirefold.toml:2:1: `page.trusted_proxies`: expected addresses or networks, such as \"127.0.0.1\"",
            "wirefold.toml:5:1: `feed.1`: \"a-example-x\" is already at wirefold.toml:3; give \
             one of them another name",
            "wirefold.toml:7:1: `delivery.0`: it needs `url`; write url = \"https://…\"",
            "wirefold.toml:13:1: `subscription.0.time_zone`: \"Sea/Side\" is not a time zone that this \
             machine knows",
        ],
    );
}

#[test]
fn contradicting_settings_are_reported_at_one_of_them() {
    check(
        "[fetcher]\nmin_interval = \"48h\"\n[page]\nlisten = \"127.0.0.1:9787\"\n",
        &[
            "wirefold.toml:2:1: `fetcher.max_interval`: \"1d\" is shorter than \
             `fetcher.min_interval`, \"2d\"",
            "wirefold.toml:4:1: `operations.listen`: it is the same as `page.listen`; choose another port",
        ],
    );
    check(
        "[fetcher]\nmin_interval = \"2h\"\n\nmax_interval = \"1h\"\n",
        &["wirefold.toml:4:1: `fetcher.max_interval`: \"1h\" is shorter than \
           `fetcher.min_interval`, \"2h\""],
    );
}

#[test]
fn an_invalid_selector_is_reported_with_its_feed() {
    check(
        "[[feed]]\nurl = \"https://a.example/x\"\n[[feed]]\nurl = \"https://b.example/x\"\n\
         article_selector = \"div[\"\nremove_selectors = [\".ad\", \"p:sad\"]\n",
        &[
            "wirefold.toml:5:1: `feed.1.article_selector`: \"div[\" is not a CSS selector: it ends too soon",
            "wirefold.toml:6:1: `feed.1.remove_selectors`: \"p:sad\" is not a CSS selector: unsupported pseudo \
             class or element (\"sad\")",
        ],
    );
    check(
        "full_text = \"off\"\n[[feed]]\nurl = \"https://a.example/x\"\nfull_text = \"on\"\n\
         article_selector = \"main\"\n[[feed]]\nurl = \"https://b.example/x\"\nremove_selectors = [\".ad\"]\n",
        &[
            "wirefold.toml:8:1: `feed.1.remove_selectors`: no pages of this feed are fetched, as `full_text` is \
           \"off\"",
        ],
    );
}

#[test]
fn a_log_filter_that_would_silence_everything_is_refused() {
    check(
        "log = \"inof\"\n",
        &[
            "wirefold.toml:1:1: `log`: expected a level, or parts with one, such as \"info,wirefold_fetcher=debug\"",
        ],
    );
    World::new("log = \"warn,wirefold_fetcher=debug\"\n").loaded();
}

#[test]
fn quiet_hours_are_read_closely() {
    let head = "[[subscription]]\nname = \"all\"\nquery = \"*\"\n";
    let zone = "time_zone = \"UTC\"";
    check(
        &format!("{head}quiet_hours = {{ from = \"22:00\", to = \"07:00\", {zone}, zone = 1 }}\n"),
        &["wirefold.toml:4:66: unknown key `zone` in [subscription.0.quiet_hours]; known are \
           `from`, `to`, `time_zone`"],
    );
    check(
        &format!("{head}quiet_hours = {{ from = \"25:00\", to = \"07:00\", {zone} }}\n"),
        &[
            "wirefold.toml:4:17: `subscription.0.quiet_hours.from`: \"25:00\" is not a time of day, such \
           as \"22:00\"",
        ],
    );
}

#[test]
fn a_digest_has_a_time_zone_without_quiet_hours() {
    let head = "[[subscription]]\nname = \"all\"\nquery = \"*\"\ndigest = \"daily\"\n";
    let loaded = World::new(&format!("{head}time_zone = \"Europe/Berlin\"\n")).loaded();
    let settings = loaded.config.subscription[0].settings("all".parse().unwrap());
    assert_eq!(settings.time_zone.as_deref(), Some("Europe/Berlin"));
    let strange =
        "`subscription.0.time_zone`: \"Sea/Side\" is not a time zone that this machine knows";
    let mistakes = World::new(&format!("{head}time_zone = \"Sea/Side\"\n")).mistakes();
    assert!(mistakes.contains(strange), "{mistakes}");
}

#[test]
fn mutually_inhibiting_subscriptions_are_named() {
    let one = |id: &str, by: &str| {
        format!("[[subscription]]\nname = \"{id}\"\nquery = \"port\"\ninhibited_by = [\"{by}\"]\n")
    };
    check(
        &(one("docks", "storms") + &one("storms", "docks")),
        &[
            "wirefold.toml:8:1: `subscription.1.inhibited_by`: \"storms\" and \"docks\" inhibit each \
           other; leave one of them out",
        ],
    );
    World::new(&(one("docks", "storms") + &one("storms", "tides"))).loaded();
}

#[test]
fn a_key_that_cannot_sign_is_refused() {
    check(
        "[[delivery]]\nname = \"desk\"\nkind = \"webhook\"\nurl = \"https://desk.example/hook\"\n\
         secret = \"whsec_***\"\n",
        &[
            "wirefold.toml:1:1: `delivery.0`: a secret is not of the form \"whsec_…\" with base64 after it",
        ],
    );
}

#[test]
fn a_value_of_each_table_that_its_own_type_refuses_is_reported() {
    check(
        "[page]\nlisten = \"here\"\n[bus]\nreplicas = 300\n[budget]\nsites = { a = -1 }\n[[feed]]\n\
         url = \"https://a.example/\"\ntimeout = \"soon\"\n[[feed]]\nurl = \"a\"\n[[subscription]]\n\
         name = \"all\"\nquery = \"*\"\nmin_outlets = 99999999999\n[[subscription]]\nname = \"other\"\nquery = \"*\"\n\
         inhibited_by = [\"x\", \"A B\"]\n",
        &[
            "wirefold.toml:2:1: `page.listen`: \"here\" is not an IP address with a port; for example listen = \"127.0.0.1:8787\"",
            "wirefold.toml:4:1: `bus.replicas`: expected a whole number, found integer `300`; for example replicas = 3",
            "wirefold.toml:6:11: `budget.sites.a`: expected a table of whole numbers, found integer `-1`; for example sites = { \"wire.example\" = 10 }",
            "wirefold.toml:9:1: `feed.0.timeout`: \"soon\" is not a duration: expected a number and one of s, m, h, d, such as \"30s\"; for example timeout = \"1m\"",
            "wirefold.toml:11:1: `feed.1.url`: \"a\" is not a web address: write https:// before it; for example url = \"https://harbour.example/rss.xml\"",
            "wirefold.toml:15:1: `subscription.0.min_outlets`: expected a whole number, found integer `99999999999`; for example min_outlets = 3",
            "wirefold.toml:19:22: `subscription.1.inhibited_by.1`: subscription id \"A B\": 'A' does not belong in it; for example inhibited_by = [\"storms\"]",
        ],
    );
}
