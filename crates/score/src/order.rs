//! Orders of arrival.

use std::fmt;
use std::str::FromStr;

use crate::random::Random;

/// The order in which articles are given to a detector.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// In the order of the file.
    #[default]
    File,
    /// The last first.
    Reversed,
    /// Shuffled, the same way on every machine for one seed.
    Shuffle(u64),
}

/// The error of an unknown order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownOrder(String);

impl fmt::Display for UnknownOrder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "unknown order {:?}: write file, reversed, or shuffle:SEED with a number",
            self.0
        )
    }
}

impl std::error::Error for UnknownOrder {}

impl Order {
    /// The numbers of `articles` articles in this order.
    #[must_use]
    pub fn of(self, articles: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..articles).collect();
        match self {
            Order::File => {}
            Order::Reversed => order.reverse(),
            Order::Shuffle(seed) => Random::new(seed).shuffle(&mut order),
        }
        order
    }
}

impl FromStr for Order {
    type Err = UnknownOrder;

    fn from_str(name: &str) -> Result<Order, UnknownOrder> {
        let wrong = || UnknownOrder(name.to_owned());
        match name.split_once(':') {
            None if name == "file" => Ok(Order::File),
            None if name == "reversed" => Ok(Order::Reversed),
            Some(("shuffle", seed)) => seed.parse().map(Order::Shuffle).map_err(|_| wrong()),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Order {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Order::File => out.write_str("file"),
            Order::Reversed => out.write_str("reversed"),
            Order::Shuffle(seed) => write!(out, "shuffle:{seed}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_parsed_back_and_orders_are_complete() {
        for order in [Order::File, Order::Reversed, Order::Shuffle(7)] {
            assert_eq!(order.to_string().parse(), Ok(order));
            let mut numbers = order.of(9);
            numbers.sort_unstable();
            assert_eq!(numbers, (0..9).collect::<Vec<usize>>());
        }
        assert_eq!(Order::Reversed.of(3), [2, 1, 0]);
        assert_eq!(Order::Shuffle(1).of(50), Order::Shuffle(1).of(50));
        assert_ne!(Order::Shuffle(1).of(50), Order::Shuffle(2).of(50));
        for wrong in ["", "shuffle", "shuffle:x", "random"] {
            assert!(wrong.parse::<Order>().is_err(), "{wrong}");
        }
    }
}
