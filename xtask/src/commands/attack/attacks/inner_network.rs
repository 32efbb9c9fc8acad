//! Redirects and links of a public feed into networks that are not open to it.
//!
//! The hostile feed is allowed by its name, like a public one. The network of the victim is open only to the
//! victim.

use super::super::loopback::Answer;
use super::super::scene::{Attack, Sites};
use super::super::victim::rss;

pub(super) const ATTACK: Attack = Attack {
    name: "inner-network",
    aim: "have wirefold ask 127.0.0.9, 10.x, 169.254.169.254 and the victim's network",
    allowed: "allow_private = [\"127.0.0.3/32\"]\nallow_hosts = [\"localhost\"]\n",
    settings: |_| String::new(),
    weakened: Some(|attack| Attack { allowed: Attack::PLAIN.allowed, ..attack }),
    feeds: |sites| {
        let paths = ["links", "to-0", "to-1", "to-2", "to-3", "to-4", "to-5"];
        paths.into_iter().map(|path| (path, format!("{}/{path}", sites.hostile))).collect()
    },
    answer: |asked, sites| match asked.path.strip_prefix("/to-") {
        Some(at) => {
            let at: usize = at.parse().unwrap_or_default();
            Answer::With(302, vec![("location", targets(sites).swap_remove(at))], Vec::new())
        }
        None if asked.path == "/links" => rss(&links(sites)),
        None => Answer::status(404),
    },
    faults: |_, requests| {
        let to_victim = requests.victim.iter().filter(|asked| asked.path != "/feed");
        let asked = requests.inner.iter().chain(to_victim);
        Ok(asked.map(|asked| format!("{}{} was asked", asked.host, asked.path)).collect())
    },
    ..Attack::PLAIN
};

fn targets(sites: &Sites) -> Vec<String> {
    let port = sites.inner.rsplit(':').next().unwrap_or_default();
    vec![
        format!("{}/redirected", sites.inner),
        format!("http://[::ffff:127.0.0.9]:{port}/redirected"),
        format!("http://2130706441:{port}/redirected"),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "http://10.0.0.1/".to_owned(),
        format!("{}/redirected", sites.victim),
    ]
}

fn links(sites: &Sites) -> String {
    let item = |(at, target): (usize, String)| {
        format!(
            "<item><guid>{at}</guid><title>Linked {at}</title><link>{target}</link>\
             <description>A teaser.</description></item>"
        )
    };
    targets(sites).into_iter().enumerate().map(item).collect()
}
