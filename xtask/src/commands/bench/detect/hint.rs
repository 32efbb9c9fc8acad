//! What SimHash costs the detector. Its one job there is a hint: which of the articles compared are
//! nearly the whole of the new one. What a word is to it is looked up with the word.

use std::hint::black_box;

use wirefold_dedup::{is_near, simhash};

use crate::commands::bench::machine::Stopwatch;

/// Words of an article.
const WORDS: u64 = 500;
/// Articles that one is compared with, at most.
const COMPARED: u64 = 16;
/// Articles measured.
const ARTICLES: u32 = 20_000;
/// Spreads numbers over 64 bits.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// Nanoseconds an article: its SimHash, and a look at each article that it is compared with.
pub(super) fn nanoseconds() -> f64 {
    let words: Vec<u64> = (1..=WORDS).map(|number| number.wrapping_mul(SPREAD)).collect();
    let others: Vec<u64> = (1..=COMPARED).map(|number| number.rotate_left(7)).collect();
    let watch = Stopwatch::start();
    for _ in 0..ARTICLES {
        let signature = simhash(black_box(&words).iter().copied());
        let near = black_box(&others).iter().filter(|other| is_near(signature, **other));
        black_box(near.count());
    }
    watch.seconds() * 1e9 / f64::from(ARTICLES)
}
