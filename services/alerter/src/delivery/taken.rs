//! What a target has taken of an alert.

use wirefold_proto::Volume;

/// The newest revision of an alert that a target has taken, and the newest that rang there; 0
/// where it took none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct LastTaken {
    pub(super) any: u64,
    loud: u64,
}

impl LastTaken {
    /// As it was written.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (any, loud) = text.split_once(' ')?;
        Some(Self { any: any.parse().ok()?, loud: loud.parse().ok()? })
    }

    /// Whether this revision has nothing to add there.
    pub(super) fn covers(self, volume: Volume, revision: u64) -> bool {
        match volume {
            Volume::Loud => self.loud >= revision,
            Volume::Silent => self.any >= revision,
        }
    }

    /// With this revision taken too.
    pub(super) fn and(self, volume: Volume, revision: u64) -> Self {
        let loud = if volume == Volume::Loud { revision } else { 0 };
        Self { any: self.any.max(revision), loud: self.loud.max(loud) }
    }
}

impl std::fmt::Display for LastTaken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.any, self.loud)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rings_gives_way_only_to_what_rings() {
        let none = LastTaken::default();
        assert!(!none.covers(Volume::Loud, 1) && !none.covers(Volume::Silent, 1));
        let overtaken = none.and(Volume::Silent, 2);
        assert!(!overtaken.covers(Volume::Loud, 1) && overtaken.covers(Volume::Silent, 1));
        let rung = overtaken.and(Volume::Loud, 1);
        assert_eq!(rung, LastTaken { any: 2, loud: 1 });
        assert!(rung.covers(Volume::Loud, 1) && !rung.covers(Volume::Loud, 3));
        assert_eq!(LastTaken::read(&rung.to_string()), Some(rung));
    }
}
