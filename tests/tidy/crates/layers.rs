//! Arranges our crates in layers for a drawing: each crate stands below all crates that use it.
//!
//! An arrow is left out if a longer way leads there too. An arrow across a layer passes through a gap in it.

use std::collections::{BTreeMap, BTreeSet};

use super::graph::Graph;

/// How often the layers are put in order. More changes nothing.
const SWEEPS: usize = 24;

/// A place in a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Slot<'a> {
    Crate(&'a str),
    /// Where the arrow between two crates crosses the layer.
    Gap(&'a str, &'a str),
}

/// The crates from the top, with the arrows between them.
pub(super) struct Layers<'a> {
    pub(super) layers: Vec<Vec<Slot<'a>>>,
    /// User and used crate.
    pub(super) arrows: Vec<(&'a str, &'a str)>,
}

/// The arrows between our crates, without `left_out` and without those that a longer way makes needless.
fn arrows<'a>(graph: &'a Graph, left_out: &[&str]) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let ours: Vec<&str> =
        graph.members().map(|(name, ..)| name).filter(|name| !left_out.contains(name)).collect();
    let used_by = |name: &str| -> Vec<&'a str> {
        let normal = graph.crates.get(name).into_iter().flat_map(|krate| &krate.normal);
        normal.map(String::as_str).filter(|used| ours.contains(used)).collect()
    };
    let needed = |name: &&'a str| {
        let all = used_by(name);
        let is_direct = |used: &&str| {
            let others = all.iter().filter(|other| *other != used);
            !others.into_iter().any(|other| graph.builds_on(other).contains(*used))
        };
        (*name, all.iter().copied().filter(is_direct).collect())
    };
    ours.iter().map(needed).collect()
}

/// The number of layers above a crate: those of the longest way to it.
fn depth(name: &str, arrows: &BTreeMap<&str, BTreeSet<&str>>) -> usize {
    let users = arrows.iter().filter(|(_, used)| used.contains(name));
    users.map(|(user, _)| depth(user, arrows) + 1).max().unwrap_or(0)
}

impl<'a> Layers<'a> {
    pub(super) fn of(graph: &'a Graph, left_out: &[&str]) -> Self {
        let direct = arrows(graph, left_out);
        let depths: BTreeMap<&str, usize> =
            direct.keys().map(|name| (*name, depth(name, &direct))).collect();
        let count = depths.values().max().map_or(0, |deepest| deepest + 1);
        let mut layers: Vec<Vec<Slot<'a>>> = vec![Vec::new(); count];
        for (name, depth) in &depths {
            layers[*depth].push(Slot::Crate(name));
        }
        let pairs = direct.iter().flat_map(|(user, used)| used.iter().map(|used| (*user, *used)));
        let arrows: Vec<(&str, &str)> = pairs.collect();
        for (user, used) in &arrows {
            for layer in &mut layers[depths[user] + 1..depths[used]] {
                layer.push(Slot::Gap(user, used));
            }
        }
        let mut made = Self { layers, arrows };
        made.untangle();
        made
    }

    /// The slots of an arrow from its user down.
    pub(super) fn way(&self, (user, used): (&'a str, &'a str)) -> Vec<Slot<'a>> {
        let mut way = vec![Slot::Crate(user)];
        let gap = Slot::Gap(user, used);
        way.extend(self.layers.iter().filter(|layer| layer.contains(&gap)).map(|_| gap));
        way.push(Slot::Crate(used));
        way
    }

    /// Orders each layer by the middle of its neighbours, down and up again, and keeps the order with the
    /// fewest crossings.
    fn untangle(&mut self) {
        let mut best = (self.crossings(), self.layers.clone());
        for sweep in 0..SWEEPS {
            let downwards = sweep % 2 == 0;
            let count = self.layers.len();
            for step in 1..count {
                let (at, beside) =
                    if downwards { (step, step - 1) } else { (count - 1 - step, count - step) };
                self.order_by(at, beside);
            }
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.layers.clone());
            }
        }
        self.layers = best.1;
    }

    fn order_by(&mut self, at: usize, beside: usize) {
        let order: BTreeMap<Slot<'a>, usize> = self.positions(beside);
        let middle = |slot: &Slot<'a>| {
            let near = self.neighbours(*slot).into_iter().filter_map(|other| order.get(&other));
            let near: Vec<usize> = near.copied().collect();
            // In thousandths, so that the order is exact.
            near.iter().sum::<usize>() * 1000 / near.len().max(1)
        };
        let mut layer: Vec<(usize, Slot<'a>)> =
            self.layers[at].iter().map(|slot| (middle(slot), *slot)).collect();
        layer.sort_by_key(|(place, _)| *place);
        self.layers[at] = layer.into_iter().map(|(_, slot)| slot).collect();
    }

    fn positions(&self, layer: usize) -> BTreeMap<Slot<'a>, usize> {
        self.layers[layer].iter().enumerate().map(|(at, slot)| (*slot, at)).collect()
    }

    /// The slots directly above and below in the arrows of a slot.
    fn neighbours(&self, slot: Slot<'a>) -> Vec<Slot<'a>> {
        self.steps()
            .filter_map(|(from, to)| match slot {
                it if it == from => Some(to),
                it if it == to => Some(from),
                _ => None,
            })
            .collect()
    }

    /// The parts of all arrows between two slots. The gaps of one arrow are told apart by their layers.
    fn steps(&self) -> impl Iterator<Item = (Slot<'a>, Slot<'a>)> {
        self.arrows.iter().flat_map(|arrow| {
            let way = self.way(*arrow);
            way.windows(2).map(|step| (step[0], step[1])).collect::<Vec<_>>()
        })
    }

    fn crossings(&self) -> usize {
        (1..self.layers.len()).map(|below| self.crossings_above(below)).sum()
    }

    fn crossings_above(&self, below: usize) -> usize {
        let (upper, lower) = (self.positions(below - 1), self.positions(below));
        let steps: Vec<(usize, usize)> = self
            .steps()
            .filter_map(|(from, to)| Some((*upper.get(&from)?, *lower.get(&to)?)))
            .collect();
        let cross = |one: &(usize, usize), other: &(usize, usize)| {
            (one.0 < other.0 && one.1 > other.1) || (one.0 > other.0 && one.1 < other.1)
        };
        let with_later = |(at, one): (usize, &(usize, usize))| {
            steps[at + 1..].iter().filter(|other| cross(one, other)).count()
        };
        steps.iter().enumerate().map(with_later).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_stand_below_their_users_and_needless_arrows_are_left_out() {
        let graph = Graph::planted(&[
            ("top", "crates/top", &["left", "right", "base"]),
            ("left", "crates/left", &["base"]),
            ("right", "crates/right", &[]),
            ("base", "crates/base", &["serde"]),
            ("tool", "tool", &["top"]),
            ("low", "crates/low", &[]),
            ("base-user", "crates/user", &["left", "low"]),
        ]);
        let layers = Layers::of(&graph, &["tool"]);
        let arrows = [
            ("base-user", "left"),
            ("base-user", "low"),
            ("left", "base"),
            ("top", "left"),
            ("top", "right"),
        ];
        assert_eq!(layers.arrows, arrows);
        assert_eq!(layers.crossings(), 0, "{:?}", layers.layers);
        assert_eq!(layers.layers.iter().map(Vec::len).collect::<Vec<_>>(), [2, 3, 1]);
    }
}
