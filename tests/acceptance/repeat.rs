//! The same order gives the same answer: nothing depends on a clock, a random number or the order of a hash
//! map.
//!
//! Each process seeds its hash maps differently, so the binary runs several times.

use super::orders;
use super::seeds::fixtures;
use super::stream::Judged;
use crate::program::wirefold;

#[test]
fn the_same_order_gives_the_same_bytes() {
    for arguments in [&[][..], &["--final"], &["--method", "simhash:3"]] {
        let arguments = [&["fold", "--json", "../../seeds/articles.jsonl"], arguments].concat();
        let first = wirefold(&arguments).out;
        for _ in 0..3 {
            assert_eq!(wirefold(&arguments).out, first, "{arguments:?}");
        }
    }
    let table = wirefold(&["fold", "-v", "../../seeds/articles.jsonl"]).code(0).out;
    assert_eq!(wirefold(&["fold", "-v", "../../seeds/articles.jsonl"]).out, table);
}

#[test]
fn the_same_order_gives_the_same_verdicts() {
    let articles = fixtures();
    for seed in 1..=5 {
        let order = orders::shuffled(articles.len(), seed);
        let first = Judged::new(&articles, &order);
        assert_eq!(Judged::new(&articles, &order), first, "shuffle {seed}");
    }
}
