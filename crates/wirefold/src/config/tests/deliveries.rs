//! Keys of each kind of delivery, and the messages about mistakes in them.

use wirefold_alerter::kinds::DeliveryTarget;

use super::*;
use crate::config::{DeliveryConfig, lines, reference};

/// One delivery of each kind.
const ALL: &str = r#"
[[delivery]]
name = "post"
kind = "email"
url = "smtps://mail.news.example"
user = "desk"
secret = "env:MAIL_PASSWORD"
from = "Desk <desk@news.example>"
to = ["ann@news.example", "Ben <ben@news.example>"]

[[delivery]]
name = "slack"
kind = "slack"
secret = "env:SLACK_URL"

[[delivery]]
name = "telegram"
kind = "telegram"
secret = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
to = "-1001234567890"

[[delivery]]
name = "matrix"
kind = "matrix"
url = "https://matrix.example"
secret = "syt_night"
to = "!abc:matrix.example"

[[delivery]]
name = "teams"
kind = "apprise"
url = "http://apprise.example:8000/notify/desk"

[[delivery]]
name = "pager"
kind = "command"
command = ["/usr/local/bin/page", "--now"]

[[delivery]]
name = "subject"
kind = "nats"
to = "news.alerts"
url = "nats://nats.news.example"
user = "desk"
secret = "hush-nats"

[[delivery]]
name = "log"
kind = "file"
path = "alerts.jsonl"
"#;

/// The words for all kinds, as the reference lists them.
fn words_of_kinds() -> Vec<String> {
    let kinds = reference::row("delivery.0.kind").expect("every delivery has a kind");
    kinds.kind.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_page_about_deliveries_has_a_row_and_a_sample_for_every_kind() {
    let page = std::fs::read_to_string("../../docs/deliveries.md").unwrap();
    let sample = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let mut world = World::new(sample);
    for rest in sample.split("secret = \"env:").skip(1) {
        let variable = rest.split('"').next().unwrap();
        let secret = match variable {
            "SLACK_WEBHOOK" => "https://hooks.slack.example/x",
            "TELEGRAM_TOKEN" => "1:x",
            "WEBHOOK_KEY" => "whsec_aGFyYm91cg==",
            _ => "x",
        };
        world = world.variable(variable, secret);
    }
    let loaded = world.loaded();
    // The delivery to the terminal always exists.
    let samples: Vec<String> =
        loaded.config.delivery.iter().map(|it| it.kind.to_string()).collect();
    for kind in words_of_kinds() {
        assert!(samples.contains(&kind), "docs/deliveries.md has no sample of {kind}");
        let row = format!("\n| `{kind}` | ");
        assert!(page.contains(&row), "docs/deliveries.md has no row that says what {kind} can do");
    }
    let checked = loaded.config.delivery.iter().filter_map(DeliveryConfig::checked);
    assert_eq!(checked.count(), samples.len(), "every sample is a delivery");
}

#[test]
fn every_kind_but_the_terminal_says_what_it_needs() {
    for kind in words_of_kinds() {
        let world = World::new(&format!("[[delivery]]\nname = \"x\"\nkind = \"{kind}\"\n"));
        if kind == "stdout" {
            world.loaded();
        } else {
            let mistakes = world.mistakes();
            assert!(mistakes.contains("`delivery.0`: it needs "), "{kind}: {mistakes}");
        }
    }
}

fn check(text: &str, expected: &[&str]) {
    let mistakes = World::new(text).mistakes();
    assert_eq!(mistakes.lines().collect::<Vec<_>>(), expected, "{text}");
}

#[test]
fn every_kind_can_be_written() {
    let slack = "https://hooks.slack.example/services/T0/B0/xyz";
    let world = World::new(ALL).variable("MAIL_PASSWORD", "geheim").variable("SLACK_URL", slack);
    let loaded = world.loaded();
    let mistakes = loaded.config.alerter(&loaded.origins, "http://127.0.0.1:8787".to_owned());
    let names: Vec<&str> = mistakes.deliveries.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(
        names,
        ["post", "slack", "telegram", "matrix", "teams", "pager", "subject", "log", "stdout"]
    );
    let shown = format!("{:?} {mistakes:?} {:?}", loaded.config, lines(&loaded.config));
    for secret in ["geheim", "hush-nats", "xyz", "AAHdqTcvCH1", "syt_night"] {
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }
}

#[test]
fn missing_keys_of_a_kind_are_reported_with_their_place() {
    let heads = ["email", "slack", "telegram", "matrix", "apprise", "command", "file", "nats"];
    let text = heads.map(|kind| format!("[[delivery]]\nname = \"{kind}\"\nkind = \"{kind}\"\n"));
    check(
        &text.concat(),
        &[
            "wirefold.toml:1:1: `delivery.0`: it needs `url`; write url = \"smtps://mail.example\"",
            "wirefold.toml:1:1: `delivery.0`: it needs `from`; write from = \"desk@news.example\"",
            "wirefold.toml:1:1: `delivery.0`: it needs `to`; write to = \"desk@news.example\"",
            "wirefold.toml:4:1: `delivery.1`: it needs `secret`; write secret = \"env:NAME\"",
            "wirefold.toml:7:1: `delivery.2`: it needs `secret`; write secret = \"env:NAME\"",
            "wirefold.toml:7:1: `delivery.2`: it needs `to`; write to = \"-100…\"",
            "wirefold.toml:10:1: `delivery.3`: it needs `url`; write url = \"https://…\"",
            "wirefold.toml:10:1: `delivery.3`: it needs `secret`; write secret = \"env:NAME\"",
            "wirefold.toml:10:1: `delivery.3`: it needs `to`; write to = \"!abc:matrix.example\"",
            "wirefold.toml:13:1: `delivery.4`: it needs `url`; write url = \"https://…\"",
            "wirefold.toml:16:1: `delivery.5`: it needs `command`; write command = [\"…\"]",
            "wirefold.toml:19:1: `delivery.6`: it needs `path`; write path = \"alerts.jsonl\"",
            "wirefold.toml:22:1: `delivery.7`: it needs `to`; write to = \"news.alerts\"",
        ],
    );
}

#[test]
fn impossible_values_are_reported_with_their_place() {
    let head = "[[delivery]]\nname = \"desk\"\n";
    let mail = format!("{head}kind = \"email\"\nfrom = \"desk@news.example\"\n");
    for (text, what) in [
        (
            format!("{mail}to = \"ann\"\nurl = \"smtps://m.example\"\n"),
            "1:1: `delivery.0`: \"ann\" is not a mail address such as \"Desk <desk@news.example>\"",
        ),
        (
            format!("{head}kind = \"webhook\"\nurl = \"nats://n.example\"\n"),
            "4:1: `delivery.0.url`: expected an address that begins with https:// or http://",
        ),
        (
            format!("{head}kind = \"nats\"\nto = \"wirefold.v1.x\"\n"),
            "1:1: `delivery.0`: subjects that begin with wirefold. are wirefold's or the server's own",
        ),
        (
            format!("{mail}to = \"a@b.example\"\nurl = \"https://m.example\"\n"),
            "6:1: `delivery.0.url`: expected an address that begins with smtps:// or smtp://",
        ),
        (
            format!("{mail}to = \"a@b.example\"\nurl = \"smtps://m.example\"\nuser = \"x\"\n"),
            "7:1: `delivery.0.user`: it has no password; write secret = \"env:NAME\"",
        ),
        (
            format!("{head}kind = \"slack\"\nsecret = \"hooks.slack.example/x\"\n"),
            "1:1: `delivery.0`: the webhook's address begins with neither https:// nor http://",
        ),
        (
            format!("{head}kind = \"telegram\"\nsecret = \"../x\"\nto = \"1\"\n"),
            "1:1: `delivery.0`: a token of Telegram is a number, `:` and letters",
        ),
        (
            format!(
                "{head}kind = \"matrix\"\nurl = \"https://m.example\"\nsecret = \"x\"\n\
                 to = \"#desk:m.example\"\n"
            ),
            "1:1: `delivery.0`: a room's id begins with `!`; `#name` is only its alias",
        ),
        (
            format!("{head}kind = \"apprise\"\nurl = \"http://apprise.example:8000\"\n"),
            "4:1: `delivery.0.url`: expected the address with its key, such as \
             \"http://apprise.example:8000/notify/desk\"",
        ),
        (
            format!("{head}kind = \"stdout\"\nto = \"1\"\n"),
            "4:1: `delivery.0.to`: it means nothing to kind = \"stdout\"",
        ),
        (
            format!("{head}kind = \"webhook\"\nurl = \"smtp://m.example\"\n"),
            "4:1: `delivery.0.url`: expected an address that begins with https:// or http://",
        ),
        (
            format!("{head}kind = \"ntfy\"\nurl = \"gopher://m.example\"\n"),
            "4:1: `delivery.0.url`: expected an address that begins with https:// or http://",
        ),
    ] {
        check(&text, &[&format!("wirefold.toml:{what}")]);
    }
}

#[test]
fn empty_values_and_line_breaks_are_reported() {
    let head = "[[delivery]]\nname = \"x\"\n";
    for (text, what) in [
        (
            format!("{head}kind = \"telegram\"\nsecret = \"1:a\"\nto = \"\"\n"),
            "1:1: `delivery.0`: it needs `to`; write to = \"-100…\"",
        ),
        (
            format!("{head}kind = \"file\"\npath = \"\"\n"),
            "1:1: `delivery.0`: it needs `path`; write path = \"alerts.jsonl\"",
        ),
        (
            format!(
                "{head}kind = \"webhook\"\nurl = \"https://m.example\"\n\
                 headers = {{ X-A = \"a\\r\\nMore: 1\" }}\n"
            ),
            "1:1: `delivery.0`: headers: the value of X-A has a line break or another control \
             character",
        ),
    ] {
        check(&text, &[&format!("wirefold.toml:{what}")]);
    }
}

#[test]
fn a_mail_server_on_this_machine_needs_no_tls_and_may_have_it() {
    for (url, without_tls) in
        [("smtp://127.0.0.1", true), ("smtps://localhost", false), ("smtp://m.example", false)]
    {
        let text = format!(
            "[[delivery]]\nname = \"post\"\nkind = \"email\"\nurl = \"{url}\"\n\
             from = \"a@b.example\"\nto = \"a@b.example\"\n"
        );
        let target = World::new(&text).loaded().config.delivery[0].checked().unwrap().target;
        let DeliveryTarget::Email(mail) = target else { panic!("{target:?}") };
        assert_eq!(mail.without_tls, without_tls, "{url}");
    }
}

#[test]
fn a_program_or_a_path_is_only_allowed_in_a_file() {
    let mut flags = Overrides::default();
    flags.set("delivery=[{name = \"x\", kind = \"command\", command = [\"sh\"]}]").unwrap();
    let refused = load(&Sources::default(), &flags).unwrap_err().to_string();
    assert!(refused.contains("it is only allowed in a file of settings"), "{refused}");
    let variable = "[{name = \"x\", kind = \"file\", path = \"x.jsonl\"}]";
    let mistakes = World::new("").variable("WIREFOLD_DELIVERY", variable).mistakes();
    assert!(mistakes.contains("it is only allowed in a file of settings"), "{mistakes}");
}

#[test]
fn templates_are_read_and_mistakes_named_with_their_lines() {
    let stdout = "[[delivery]]\nname = \"out\"\nkind = \"stdout\"\n";
    let good = format!("{stdout}title_template = \"{{{{ headline }}}}\"\n");
    assert!(World::new(&good).loaded().config.delivery[0].title_template.is_some());
    let broken = format!("{stdout}template = \"{{{{ headline\"\n");
    let mistakes = World::new(&broken).mistakes();
    assert!(mistakes.contains("template:1") && mistakes.contains("wirefold.toml:1"), "{mistakes}");
    let strange = World::new(&format!("{stdout}template = \"{{{{ nosuch }}}}\"\n")).mistakes();
    assert!(
        strange.contains("template: nothing is called \"nosuch\"; there are title"),
        "{strange}"
    );
    let file = "[[delivery]]\nname = \"log\"\nkind = \"file\"\npath = \"a\"\ntemplate = \"x\"\n";
    assert!(World::new(file).mistakes().contains("it hands on JSON"));
}
