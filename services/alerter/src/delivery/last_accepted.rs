//! The last revision of an alert that a target has accepted.
//!
//! Comes in: each success. Goes out: the number of the revision, and its id at the target. It never sends.

use wirefold_proto::Volume;

/// The newest revision of an alert that a target has accepted, and the newest loud one; 0 if there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct LastAccepted {
    pub(super) any: u64,
    loud: u64,
    /// The id that the target gave to the message, for later revisions.
    pub(super) target_id: Option<String>,
}

impl LastAccepted {
    /// Parses the stored form.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, ' ');
        let (any, loud) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        Some(Self { any, loud, target_id: parts.next().map(str::to_owned) })
    }

    /// Whether the target needs this revision no more.
    pub(super) fn covers(&self, volume: Volume, revision: u64) -> bool {
        match volume {
            Volume::Loud => self.loud >= revision,
            Volume::Silent => self.any >= revision,
        }
    }

    /// The state after this revision was accepted too.
    pub(super) fn and(self, volume: Volume, revision: u64, target_id: Option<String>) -> Self {
        let loud = if volume == Volume::Loud { revision } else { 0 };
        Self {
            any: self.any.max(revision),
            loud: self.loud.max(loud),
            target_id: target_id.or(self.target_id),
        }
    }
}

impl std::fmt::Display for LastAccepted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.any, self.loud)?;
        self.target_id.iter().try_for_each(|target_id| write!(f, " {target_id}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loud_revision_is_replaced_only_by_a_loud_one() {
        let none = LastAccepted::default();
        assert!(!none.covers(Volume::Loud, 1) && !none.covers(Volume::Silent, 1));
        let overtaken = none.and(Volume::Silent, 2, None);
        assert!(!overtaken.covers(Volume::Loud, 1) && overtaken.covers(Volume::Silent, 1));
        let loud = overtaken.and(Volume::Loud, 1, None);
        assert_eq!(loud, LastAccepted { any: 2, loud: 1, target_id: None });
        assert!(loud.covers(Volume::Loud, 1) && !loud.covers(Volume::Loud, 3));
        assert_eq!(LastAccepted::read(&loud.to_string()), Some(loud));
    }

    #[test]
    fn the_target_id_outlives_revisions_without_one() {
        let first =
            LastAccepted::default().and(Volume::Loud, 1, Some("$event:of two words".to_owned()));
        let second = LastAccepted::read(&first.to_string()).unwrap().and(Volume::Silent, 2, None);
        assert_eq!(second.to_string(), "2 1 $event:of two words");
    }
}
