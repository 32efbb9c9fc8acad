//! Assigns lines of the detector to the steps of a decision.

use anyhow::ensure;

use super::super::child::STEPS;

/// A frame of an address: the function, and the line in its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    function: String,
    file: String,
    line: usize,
}

/// The lines on which the steps end, in order.
pub(super) struct Boundaries([usize; STEPS]);

impl Boundaries {
    /// Finds them in the source of the detector.
    pub(super) fn read(source: &str) -> anyhow::Result<Boundaries> {
        let lines = (1..).zip(source.lines());
        let ends = lines.filter(|(_, text)| text.trim().starts_with("after_step(Step::"));
        let ends: Vec<usize> = ends.map(|(line, _)| line).collect();
        ensure!(ends.len() == STEPS, "{} ends of {STEPS} steps", ends.len());
        let mut boundaries = [0; STEPS];
        boundaries.copy_from_slice(&ends);
        Ok(Boundaries(boundaries))
    }

    /// The step that an address with these frames belongs to.
    pub(super) fn step(&self, frames: &[Frame]) -> Option<usize> {
        let line_in = |function: &str| {
            let is_it = |frame: &&Frame| {
                frame.file.ends_with("detector/mod.rs") && frame.function.contains(function)
            };
            frames.iter().find(is_it).map(|frame| frame.line)
        };
        if let Some(line) = line_in("decide_in_steps") {
            let step = self.0.iter().position(|end| line <= *end)?;
            // On the line of an end, only the clock of the bench is read.
            return (self.0[step] != line).then_some(step);
        }
        line_in("observe_in_steps").filter(|line| *line < self.0[0]).map(|_| 0)
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
        let frame = Frame {
            function: line.to_owned(),
            file: file.to_owned(),
            line: number.unwrap_or_default(),
        };
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
        let boundaries = Boundaries([10, 20, 30, 40, 50, 60, 70]);
        let output = "0x0000000000000020\nalign\n/w/align.rs:700\ndedup::Detector::decide_in_steps\n\
                      /w/dedup/src/detector/mod.rs:35 (discriminator 2)\n0x30\nDetector::observe_in_steps\n\
                      /w/detector/mod.rs:9\n0x40\nDetector::observe_in_steps\n/w/detector/mod.rs:11\n0x50\n??\n??:0\n\
                      0x60\ndecide_in_steps\n/w/detector/mod.rs:20\n";
        let steps: Vec<Option<usize>> =
            frames(output).iter().map(|(_, frames)| boundaries.step(frames)).collect();
        assert_eq!(steps, [Some(3), Some(0), None, None, None]);
    }

    #[test]
    fn the_source_of_the_detector_has_an_end_of_each_step() {
        let source = std::fs::read_to_string(tree::root().join(super::super::SOURCE)).unwrap();
        assert!(Boundaries::read(&source).is_ok());
        assert!(Boundaries::read(&source.replace("after_step(Step::Event)", "")).is_err());
        assert!(Boundaries::read("no step").is_err());
    }
}
