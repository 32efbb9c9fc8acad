//! A JSON Feed nested 10,000 deep.

use super::super::loopback::Answer;
use super::super::scene::Attack;

pub(super) const ATTACK: Attack = Attack {
    name: "nested-json",
    aim: "overflow the stack by a JSON Feed nested 10,000 deep",
    feeds: |sites| {
        let paths = ["arrays", "objects"];
        paths.into_iter().map(|path| (path, format!("{}/{path}", sites.hostile))).collect()
    },
    answer: |asked, _| match asked.path.as_str() {
        "/arrays" => nested("[", "]"),
        "/objects" => nested("{\"a\":", "}"),
        _ => Answer::status(404),
    },
    ..Attack::PLAIN
};

fn nested(open: &str, close: &str) -> Answer {
    let (open, close) = (open.repeat(10_000), close.repeat(10_000));
    let body = format!(
        "{{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"Deep\",\"items\":[{{\"id\":\
         \"1\",\"content_text\":\"Deep.\",\"_deep\":{open}1{close}}}]}}"
    );
    Answer::ok("application/feed+json", body)
}
