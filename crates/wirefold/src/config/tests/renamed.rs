//! Old names of settings: all layers may use them, with one warning each. Both names in one layer are
//! refused.

use super::*;
use crate::config::reference;
use crate::config::renamed::RENAMED;

/// All old keys except tables, with a value.
const OLD: &str = "\
text = \"none\"
[keep]
output = \"9d\"
alerts = \"8d\"
bytes = 33554432
[bus]
nats = \"tls://one.example\"
certificates = \"ca.pem\"
[detector]
passage_words = 9
short_words = 150
boilerplate_carriers = 3
event_likeness = 0.4
event_quiet = \"2d\"
event_span = \"4d\"
texts = \"store\"
[[feed]]
url = \"https://a.example/rss\"
article = \"main\"
remove = [\".ad\"]
[[opml]]
url = \"https://a.example/feeds.opml\"
every = \"6h\"
[[access]]
url = \"https://a.example/\"
plain = true
[[nats]]
server = \"tls://two.example\"
subject = \"news\"
certificates = \"ca.pem\"
";

/// The same settings with the new names.
fn new() -> String {
    let mut text = OLD.replace("[keep]", "[retention]");
    for (old, new) in RENAMED {
        let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
        text = text.replace(&format!("\n{} = ", last(old)), &format!("\n{} = ", last(new)));
    }
    text.replacen("text = ", "text_policy = ", 1)
}

#[test]
fn old_names_are_read_as_the_new_ones_with_one_warning_each() {
    let world = World::new(OLD);
    let loaded = world.loaded();
    world.write("wirefold.toml", &new());
    let same = world.loaded();
    assert_eq!(loaded.config, same.config);
    assert_eq!(same.warnings, []);
    let warnings: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings.len(), RENAMED.len() - 1, "{warnings:#?}");
    let folder = format!("{}/", world.folder.path().display());
    for warning in [
        "wirefold.toml:1:1: `text` is now called `text_policy`; the old name works in this release \
         only",
        "wirefold.toml:5:1: `keep.bytes` is now called `retention.max_bytes`; the old name works in \
         this release only",
        "wirefold.toml:19:1: `[[feed]] article` is now called `article_selector`; the old name works \
         in this release only",
    ] {
        assert!(warnings.contains(&format!("{folder}{warning}")), "{warning}\n{warnings:#?}");
    }
}

#[test]
fn the_environment_and_flags_may_use_old_names() {
    let mut world = World::new("text = \"none\"\n[retention]\noutput = \"9d\"\n")
        .variable("WIREFOLD_KEEP__ALERTS", "8d")
        .variable("WIREFOLD_TEXT", "full");
    world.flags.set("detector.event_span=4d").unwrap();
    let loaded = world.loaded();
    let (retention, detector) = (&loaded.config.retention, &loaded.config.detector);
    assert_eq!(
        (retention.output.to_string(), retention.alerts.to_string()),
        ("9d".into(), "8d".into())
    );
    assert_eq!(loaded.config.text_policy, wirefold_proto::TextPolicy::Full);
    assert_eq!(detector.event_max_span.to_string(), "4d");
    let at: Vec<String> = loaded.warnings.iter().skip(1).map(|it| it.at.to_string()).collect();
    assert_eq!(at, ["WIREFOLD_TEXT", "WIREFOLD_KEEP__ALERTS", "--set detector.event_span"]);
    let flags = Overrides::of_set(&["detector.texts=store".to_owned()]).unwrap();
    let (config, warnings) = crate::config::of_flags(&flags).unwrap();
    assert_eq!(config.detector.text_store.as_deref(), Some(Path::new("store")));
    assert_eq!(warnings.len(), 1);
}

#[test]
fn an_upper_layer_holds_whichever_name_it_uses() {
    let old_below = World::new("").variable("WIREFOLD_TEXT_POLICY", "full");
    old_below.write("wirefold.toml", "text = \"none\"\n");
    assert_eq!(old_below.loaded().config.text_policy, wirefold_proto::TextPolicy::Full);
    let old_above = World::new("text_policy = \"none\"\n").variable("WIREFOLD_TEXT", "full");
    assert_eq!(old_above.loaded().config.text_policy, wirefold_proto::TextPolicy::Full);
}

#[test]
fn both_names_in_one_layer_are_refused() {
    let world = World::new(
        "text = \"none\"\ntext_policy = \"full\"\n[keep]\noutput = \"1d\"\n[retention]\n\
         output = \"2d\"\nalerts = \"3d\"\n[[opml]]\nurl = \"https://a.example/x.opml\"\n\
         every = \"6h\"\ninterval = \"7h\"\n",
    );
    let expected = [
        "wirefold.toml:1:1: `text` is the old name of `text_policy`, which is set at \
         wirefold.toml:2 too; remove `text`",
        "wirefold.toml:4:1: `keep.output` is the old name of `retention.output`, which is set at \
         wirefold.toml:6 too; remove `keep.output`",
        "wirefold.toml:10:1: `[[opml]] every` is the old name of `interval`, which is set at \
         wirefold.toml:11 too; remove `[[opml]] every`",
    ];
    assert_eq!(world.mistakes(), expected.join("\n"));

    let variables = World::new("")
        .variable("WIREFOLD_KEEP__OUTPUT", "1d")
        .variable("WIREFOLD_RETENTION__OUTPUT", "2d");
    let mistakes = variables.mistakes();
    assert!(mistakes.starts_with("WIREFOLD_KEEP__OUTPUT: `keep.output` is the old name of"));

    let mut flags = World::new("");
    flags.flags.set("keep.output=1d").unwrap();
    flags.flags.set("retention.output=2d").unwrap();
    assert!(flags.mistakes().starts_with("--set keep.output: `keep.output` is the old name of"));
}

#[test]
fn a_mistake_under_an_old_name_names_both() {
    for (text, expected) in [
        (
            "[detector]\nevent_span = \"long\"\n",
            "(`detector.event_span` is now called `detector.event_max_span`)",
        ),
        ("[keep]\nbytes = 5\n", "(`keep.bytes` is now called `retention.max_bytes`)"),
        ("[keep]\nfoo = 5\n", "unknown key `foo` in [retention]"),
        ("keep = 5\n", "`retention`: expected a table headed [retention]"),
    ] {
        let mistakes = World::new(text).mistakes();
        assert!(mistakes.contains(expected), "{mistakes}");
    }
    assert_eq!(World::new("[keep]\n").loaded().warnings.len(), 1);
}

#[test]
fn new_names_are_settings_and_old_ones_are_not() {
    for (old, new) in RENAMED.into_iter().filter(|(old, _)| *old != "keep") {
        let at = |key: &str| reference::row(&key.replace('*', "0")).map(|row| row.name.clone());
        let last = |key: &str| key.rsplit('.').next().map(str::to_owned);
        assert_eq!(at(new), last(new), "{new}");
        assert_ne!(at(old), last(old), "{old}");
    }
}
