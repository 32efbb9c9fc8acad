//! The cost of SimHash in the detector. SimHash gives it a hint which of the compared articles contain nearly
//! all of the new one. The hash of a word is looked up with the word.

use std::hint::black_box;

use wirefold_dedup::{is_near, simhash};

use crate::machine::Stopwatch;

/// The words of an article.
const WORDS: u64 = 500;
/// The most articles with which one is compared.
const COMPARED: u64 = 16;
/// The number of measured articles.
const ARTICLES: u32 = 20_000;
/// Spreads numbers over 64 bits.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// The nanoseconds for an article: its SimHash, and the comparison with each article.
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
