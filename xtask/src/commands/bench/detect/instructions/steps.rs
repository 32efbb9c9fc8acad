//! Assigns lines of the detector to the steps of a decision.

use anyhow::{bail, ensure};

use super::super::method::STEPS;

/// The end of the path of the detector's source.
const SOURCE: &str = "dedup/src/detector/mod.rs";

/// A frame of an address: a file and a line; 0 if the line is not known. Tables of lines do not name inlined
/// functions, so the name of a function says nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    file: String,
    line: usize,
}

impl Frame {
    pub(super) fn has_line(&self) -> bool {
        self.line > 0
    }
}

/// The lines that divide the source of the detector into steps.
pub(super) struct Boundaries {
    /// The lines on which the two functions begin: the one that prepares, and the one that decides.
    starts: [usize; 2],
    /// The lines on which the steps end, in order.
    ends: [usize; STEPS],
}

impl Boundaries {
    /// Finds them in the source of the detector.
    pub(super) fn read(source: &str) -> anyhow::Result<Boundaries> {
        let line_of = |name: &str| source.lines().position(|text| text.contains(name));
        let starts = ["fn observe_in_steps(", "fn decide_in_steps("].map(line_of);
        let [Some(observe), Some(decide)] = starts else {
            bail!("the functions that go through the steps are not there");
        };
        let lines = (1..).zip(source.lines());
        let found = lines.filter(|(_, text)| text.trim().starts_with("after_step(Step::"));
        let found: Vec<usize> = found.map(|(line, _)| line).collect();
        ensure!(found.len() == STEPS, "{} ends of {STEPS} steps", found.len());
        let mut ends = [0; STEPS];
        ends.copy_from_slice(&found);
        Ok(Boundaries { starts: [observe + 1, decide + 1], ends })
    }

    /// The step that an address with these frames belongs to.
    pub(super) fn step(&self, frames: &[Frame]) -> Option<usize> {
        let lines = frames.iter().filter(|frame| frame.file.ends_with(SOURCE));
        lines.map(|frame| frame.line).find_map(|line| self.step_of_line(line))
    }

    fn step_of_line(&self, line: usize) -> Option<usize> {
        let [observe, decide] = self.starts;
        let step = self.ends.iter().position(|end| line <= *end)?;
        let start = if step == 0 { observe } else { decide };
        // On the line of an end, only the clock of the bench is read.
        (line >= start && line != self.ends[step]).then_some(step)
    }
}

/// Reads the output of `addr2line --addresses --functions --inlines`: the frames of each address, the innermost
/// first.
pub(super) fn frames(output: &str) -> Vec<(u64, Vec<Frame>)> {
    let mut all: Vec<(u64, Vec<Frame>)> = Vec::new();
    let mut lines = output.lines();
    while let Some(line) = lines.next() {
        if let Some(address) = line.strip_prefix("0x") {
            all.extend(u64::from_str_radix(address, 16).ok().map(|address| (address, Vec::new())));
            continue;
        }
        let Some((file, number)) = lines.next().and_then(|place| place.rsplit_once(':')) else {
            continue;
        };
        // The number may be followed by a remark in parentheses.
        let number = number.split(' ').next().and_then(|number| number.parse().ok());
        let frame = Frame { file: file.to_owned(), line: number.unwrap_or_default() };
        if let Some((_, frames)) = all.last_mut() {
            frames.push(frame);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree;

    #[test]
    fn addresses_have_the_step_of_the_line_that_they_were_inlined_into() {
        let boundaries = Boundaries { starts: [5, 15], ends: [10, 20, 30, 40, 50, 60, 70] };
        let output = "0x0000000000000020\nstory\n/w/align.rs:700\nstory\n\
                      /w/dedup/src/detector/mod.rs:35 (discriminator 2)\n0x30\nstory\n\
                      /w/dedup/src/detector/mod.rs:9\n0x40\nstory\n/w/dedup/src/detector/mod.rs:11\n0x50\n??\n\
                      ??:?\n0x60\nstory\n/w/dedup/src/detector/mod.rs:20\n0x70\nstory\n/w/other/mod.rs:35\n";
        let steps: Vec<Option<usize>> =
            frames(output).iter().map(|(_, frames)| boundaries.step(frames)).collect();
        assert_eq!(steps, [Some(3), Some(0), None, None, None, None]);
    }

    #[test]
    fn the_source_of_the_detector_has_an_end_of_each_step() {
        let source = std::fs::read_to_string(tree::root().join(super::super::SOURCE)).unwrap();
        assert!(Boundaries::read(&source).is_ok());
        assert!(Boundaries::read(&source.replace("after_step(Step::Event)", "")).is_err());
        assert!(Boundaries::read("no step").is_err());
    }
}
