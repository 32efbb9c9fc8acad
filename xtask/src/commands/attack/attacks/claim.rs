//! Articles under the addresses and keys of the victim: first with other texts, then with the victim's
//! published texts and more.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::loopback::Answer;
use super::super::scene::Attack;
use super::super::victim::{ARTICLES, TITLE, rss, text};

static POLLS: AtomicUsize = AtomicUsize::new(0);

pub(super) const ATTACK: Attack = Attack {
    name: "claim",
    aim: "take over the victim's stories, leads and versions by its addresses",
    answer: |asked, sites| match asked.path.as_str() {
        "/feed" => rss(&claims(&sites.victim, POLLS.fetch_add(1, Ordering::Relaxed) == 0)),
        _ => Answer::status(404),
    },
    ..Attack::PLAIN
};

/// Items that claim all addresses of the victim.
pub(super) fn claims(site: &str, is_first: bool) -> String {
    (0..2 * ARTICLES).map(|number| claim(site, number, is_first)).collect()
}

/// Whether a title is one of theirs.
pub(super) fn is_claim(title: &str) -> bool {
    title.ends_with(WITHDRAWN)
}

const WITHDRAWN: &str = "is withdrawn";

fn claim(site: &str, number: u64, is_first: bool) -> String {
    // Nobody can know texts that the victim has not published.
    let copied = if is_first || number >= ARTICLES { String::new() } else { text(number) };
    format!(
        "<item><guid>{site}/{number}</guid><title>{TITLE} {number} {WITHDRAWN}</title>\
         <link>{site}/{number}</link><description>{copied} {}</description></item>",
        text(100 + number)
    )
}
