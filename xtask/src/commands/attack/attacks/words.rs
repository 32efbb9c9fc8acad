//! Invented words, as many as fill the window of comparison. With a window far larger than the memory limit
//! the attack succeeds.

use std::sync::atomic::{AtomicU64, Ordering};

use super::super::loopback::Answer;
use super::super::scene::Attack;
use super::super::victim::rss;

/// The items of a poll and the words of each: some 7 MB.
const ITEMS: u64 = 600;
const WORDS: u64 = 1_500;
/// The number of articles after which the attack ends: some 13 million words.
const ENOUGH: u64 = 9_000;

static POLLS: AtomicU64 = AtomicU64::new(0);

pub(super) const ATTACK: Attack = Attack {
    name: "made-up-words",
    aim: "fill the memory by articles of words that nobody has written before",
    settings: |_| {
        POLLS.store(0, Ordering::Relaxed);
        "[retention]\nmax_bytes = 67108864\n".to_owned()
    },
    weakened: Some(|attack| Attack {
        settings: |_| {
            POLLS.store(0, Ordering::Relaxed);
            "[retention]\nmax_bytes = 68719476736\n".to_owned()
        },
        ..attack
    }),
    answer: |asked, sites| match asked.path.as_str() {
        "/feed" => {
            let poll = POLLS.fetch_add(1, Ordering::Relaxed).min(ENOUGH / ITEMS);
            let items = (0..ITEMS).map(|at| item(&sites.hostile, poll * ITEMS + at));
            rss(&items.collect::<String>())
        }
        _ => Answer::status(404),
    },
    // Caches of words fill up once and then keep the latest.
    more_memory: 700 << 20,
    connect: |running| {
        let count = || running.json("/api/v1/status").unwrap_or_default()["articles"].as_u64();
        let watch = crate::machine::Stopwatch::start();
        while watch.elapsed() < 4 * crate::running::MAX_WAIT
            && count().is_none_or(|count| count < ENOUGH)
        {
            std::thread::park_timeout(std::time::Duration::from_millis(200));
        }
        Vec::new()
    },
    faults: |running, _| {
        let status = running.json("/api/v1/status")?;
        let articles = status["articles"].as_u64().unwrap_or_default();
        let fault = (articles < ENOUGH).then(|| format!("{articles} came out: nothing shown"));
        Ok(fault.into_iter().collect())
    },
    ..Attack::PLAIN
};

fn item(site: &str, number: u64) -> String {
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut text = String::new();
    for _ in 0..WORDS {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let letters = (0..6).map(|at| char::from(b'a' + (state >> (5 * at + 20) & 31) as u8 % 26));
        text.extend(letters);
        text.push(' ');
    }
    format!(
        "<item><guid>{number}</guid><title>Words {number}</title><link>{site}/{number}</link>\
         <description>{text}</description></item>"
    )
}
