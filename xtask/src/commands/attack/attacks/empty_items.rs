//! 1.4 million empty items, some 50 KB when packed. They must not exhaust memory or end the process.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::super::loopback::Answer;
use super::super::scene::Attack;

const ITEMS: usize = 1_400_000;

pub(super) const ATTACK: Attack = Attack {
    name: "empty-items",
    aim: "kill the process by 1.4 million empty items",
    feeds: |sites| {
        vec![
            ("hostile-rss", format!("{}/rss", sites.hostile)),
            ("hostile-atom", format!("{}/atom", sites.hostile)),
        ]
    },
    answer: |asked, _| match asked.path.as_str() {
        "/rss" => packed("<rss version=\"2.0\"><channel>", "<item/>"),
        "/atom" => packed("<feed xmlns=\"http://www.w3.org/2005/Atom\">", "<entry/>"),
        _ => Answer::status(404),
    },
    ..Attack::PLAIN
};

fn packed(head: &str, item: &str) -> Answer {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let written = encoder.write_all((head.to_owned() + &item.repeat(ITEMS)).as_bytes());
    match written.and_then(|()| encoder.finish()) {
        Ok(body) => {
            let encoded = ("content-encoding", "gzip".to_owned());
            Answer::With(200, vec![encoded], body)
        }
        Err(_) => Answer::status(500),
    }
}
