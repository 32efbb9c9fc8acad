//! Stacks as `perf script` writes them, counted as a tree.

use std::collections::BTreeMap;

/// A function on a stack: how often it was sampled, and which functions it called.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) samples: u64,
    pub(super) called: BTreeMap<String, Frame>,
}

/// All stacks above one function.
pub(super) struct Stacks {
    pub(super) bottom: Frame,
}

impl Stacks {
    /// Reads stacks. Each line of a stack is an address and a function, the innermost first, and an empty
    /// line ends it. Stacks without a function whose name contains `bottom` are left out, and so are the
    /// functions below it.
    pub(super) fn read(script: &str, bottom: &str) -> Stacks {
        let mut all = Frame::default();
        for stack in script.split("\n\n") {
            let frames: Vec<String> = stack.lines().filter_map(function).collect();
            let Some(lowest) = frames.iter().rposition(|frame| frame.contains(bottom)) else {
                continue;
            };
            let mut at = &mut all;
            at.samples += 1;
            for frame in frames[..=lowest].iter().rev() {
                at = at.called.entry(frame.clone()).or_default();
                at.samples += 1;
            }
        }
        Stacks { bottom: all }
    }

    /// The number of stacks.
    pub(super) fn samples(&self) -> u64 {
        self.bottom.samples
    }

    /// The functions that were innermost most often, with their share of all samples.
    pub(super) fn heaviest(&self, count: usize) -> Vec<(String, f64)> {
        let mut own: BTreeMap<String, u64> = BTreeMap::new();
        add_own(&self.bottom, &mut own);
        let all = self.samples().max(1) as f64;
        let mut own: Vec<(String, f64)> =
            own.into_iter().map(|(name, samples)| (name, samples as f64 / all)).collect();
        own.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        own.truncate(count);
        own
    }
}

fn add_own(frame: &Frame, own: &mut BTreeMap<String, u64>) {
    for (name, called) in &frame.called {
        let inside: u64 = called.called.values().map(|its| its.samples).sum();
        *own.entry(name.clone()).or_default() += called.samples - inside;
        add_own(called, own);
    }
}

/// The function of a line, without its hash and its type parameters.
fn function(line: &str) -> Option<String> {
    let (_address, name) = line.trim().split_once(' ')?;
    let (name, _) = name.rsplit_once("+0x").unwrap_or((name, ""));
    let hashed = name.rsplit_once("::h").filter(|(_, hash)| hash.len() == 16);
    let mut short = String::new();
    let mut depth = 0_usize;
    for letter in hashed.map_or(name, |(before, _)| before).chars() {
        match letter {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            _ if depth == 0 => short.push(letter),
            _ => {}
        }
    }
    // In `<A as B>::c` the type comes before `::c`, so it is kept as the name.
    if short.starts_with("::") {
        let inner = name.trim_start_matches('<').split(" as ").next().unwrap_or(name);
        short = format!("{}{short}", inner.split('<').next().unwrap_or(inner));
    }
    Some(short.replace("wirefold_", "").replace("::{{closure}}", "").replace("::::", "::"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stacks_are_counted_from_the_bottom_that_was_asked_for() {
        let script = "  55 wirefold_text::words::h0123456789abcdef+0x12\n  44 Detector::observe\n  33 main\n\n\
                      \x20 56 malloc\n  55 wirefold_text::words\n  44 Detector::observe\n\n\
                      \x20 99 generator::article\n  33 main\n\n";
        let stacks = Stacks::read(script, "Detector::observe");
        assert_eq!(stacks.samples(), 2);
        let observe = &stacks.bottom.called["Detector::observe"];
        assert_eq!((observe.samples, observe.called["text::words"].samples), (2, 2));
        let heaviest = stacks.heaviest(2);
        assert_eq!(heaviest[0], ("malloc".to_owned(), 0.5));
        assert_eq!(heaviest[1], ("text::words".to_owned(), 0.5));
    }

    #[test]
    fn a_name_is_told_without_its_types() {
        let name = |line: &str| function(line).unwrap();
        assert_eq!(name("ff alloc::vec::Vec<T,A>::push+0x8"), "alloc::vec::Vec::push");
        assert_eq!(name("ff <wirefold_dedup::Index as Clone>::clone"), "dedup::Index::clone");
    }
}
