//! Orders of arrival.

use wirefold_flow::sim::Random;

/// Every order of `count` articles, the order of the numbers first.
pub(super) fn all(count: usize) -> Vec<Vec<usize>> {
    let mut orders = vec![Vec::new()];
    for _ in 0..count {
        let longer = orders.iter().flat_map(|order: &Vec<usize>| {
            let left = (0..count).filter(|number| !order.contains(number));
            left.map(|number| [&order[..], &[number]].concat())
        });
        orders = longer.collect();
    }
    orders
}

/// File order.
pub(super) fn file(count: usize) -> Vec<usize> {
    (0..count).collect()
}

/// From the last to the first.
pub(super) fn reversed(count: usize) -> Vec<usize> {
    (0..count).rev().collect()
}

/// Shuffled by Fisher and Yates with SplitMix64 (Steele, Lea and Flood 2014), whose numbers are the same on
/// every machine.
pub(super) fn shuffled(count: usize, seed: u64) -> Vec<usize> {
    let mut order = file(count);
    let mut random = Random::new(seed);
    for at in (1..count).rev() {
        let other = random.below(at as u64 + 1);
        order.swap(at, usize::try_from(other).expect("smaller than a usize"));
    }
    order
}

#[test]
fn all_orders_are_all_and_each_once() {
    let orders = all(5);
    assert_eq!(orders.len(), 120);
    assert!(orders.is_sorted_by(|a, b| a < b), "each once");
    for order in &orders {
        let mut numbers = order.clone();
        numbers.sort_unstable();
        assert_eq!(numbers, file(5));
    }
}

#[test]
fn a_shuffle_is_an_order_and_depends_on_its_seed() {
    let mut order = shuffled(100, 7);
    assert_eq!(order, shuffled(100, 7));
    assert_ne!(order, shuffled(100, 8));
    assert_ne!(order, file(100));
    order.sort_unstable();
    assert_eq!(order, file(100));
}
