//! Runs the commands of the README's pages about one's own feeds and about alerts on a phone, in their order.
//!
//! The feed and the phone's server are on loopback. Installation and the containers are left out.

use super::PATIENCE;
use super::loopback::{Answer, Loopback};
use super::up::{CONFIG, Up};
use crate::program::{Folder, Run};
use crate::tidy::tree;

const OWN_FEEDS: &str = "## Watch your own feeds";
const PHONE: &str = "## Get alerts on your phone";
/// The address of the phone's topic in the README.
const TOPIC: &str = "https://ntfy.sh/your-secret-topic";

/// The fenced blocks of a section, in order.
fn blocks<'a>(readme: &'a str, heading: &str) -> Vec<&'a str> {
    let section = readme.split(heading).nth(1).expect("the README has the section");
    let section = section.split("\n## ").next().unwrap_or_default();
    section.split("```").skip(1).step_by(2).collect()
}

/// The commands of a block that this test runs: those of wirefold, without `up`.
fn commands(block: &str) -> impl Iterator<Item = &str> {
    let is_run = |line: &&str| line.starts_with("wirefold ") && !line.starts_with("wirefold up");
    block.lines().filter(is_run)
}

/// Runs a line as a shell would, with the built binary in the place of `wirefold`.
fn shell(folder: &Folder, line: &str) -> Run {
    let script = line.replacen("wirefold", "\"$WIREFOLD_PROGRAM\"", 1);
    let mut command = std::process::Command::new("sh");
    command.args(["-c", &script]).current_dir(folder.path());
    command.env("WIREFOLD_PROGRAM", env!("CARGO_BIN_EXE_wirefold"));
    command.env("XDG_CONFIG_HOME", folder.path()).stdin(std::process::Stdio::null());
    Run::of(command)
}

fn paper() -> Loopback {
    Loopback::answering(|_| {
        let item = "<item><guid>a</guid><title>Flood in the harbour</title>\
                    <description>The storm surge came over the wall.</description></item>";
        let feed =
            format!("<rss version=\"2.0\"><channel><title>Tides</title>{item}</channel></rss>");
        Answer::ok("application/rss+xml", feed)
    })
}

#[test]
fn the_commands_of_the_readme_do_what_it_says() {
    let readme = std::fs::read_to_string(tree::root().join("README.md")).unwrap();
    let (paper, phone) = (paper(), Loopback::answering(|_| Answer::ok("application/json", "{}")));
    let settings = "data = \"data\"\n[fetcher]\nallow_private = [\"127.0.0.0/8\"]\n";
    let list = format!("<opml><outline xmlUrl='{}'/></opml>", paper.url("/feed"));
    let folder = Folder::with(&[(CONFIG, settings.as_bytes()), ("my.opml", list.as_bytes())]);

    let [own] = blocks(&readme, OWN_FEEDS)[..] else { panic!("{OWN_FEEDS}: one block") };
    let [import, add] = commands(own).collect::<Vec<_>>()[..] else { panic!("{own}") };
    let imported = shell(&folder, import).code(0);
    assert!(imported.err.contains("imported 1 feed"), "{}", imported.err);
    shell(&folder, add).code(0);
    assert!(own.lines().any(|line| line.starts_with("wirefold up")), "{own}");
    let up = Up::start(&folder);
    up.get_until("/api/v1/feeds", |answer| answer["feeds"][0]["health"] == "good");
    up.get_until("/api/v1/subscriptions", |answer| {
        answer["subscriptions"][0]["subscription"]["id"] == "floods"
    });
    assert_eq!(up.terminate().code, Some(0));

    let [delivery, test] = blocks(&readme, PHONE)[..] else { panic!("{PHONE}: two blocks") };
    let delivery = delivery.strip_prefix("toml\n").expect("the first block is TOML");
    assert!(delivery.contains(TOPIC), "{delivery}");
    let delivery = delivery.replace(TOPIC, &phone.url("/your-secret-topic"));
    folder.write(CONFIG, format!("{settings}{delivery}").as_bytes());
    for line in commands(test) {
        shell(&folder, line).code(0);
    }
    let sample = phone.asked.recv_timeout(PATIENCE).expect("the phone gets the sample");
    assert_eq!(sample.path, "/your-secret-topic");
    let again = Up::start(&folder);
    let answer = again.get_until("/api/v1/subscriptions", |answer| {
        answer["subscriptions"][0]["subscription"]["deliveries"][0] == "phone"
    });
    assert_eq!(answer["subscriptions"].as_array().map(Vec::len), Some(1), "{answer:#}");
    assert_eq!(again.terminate().code, Some(0));
}
