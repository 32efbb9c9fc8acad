//! The changes that notify (`on`).
//!
//! Comes in: the list in the settings. Goes out: which changes notify. It never notifies.

use wirefold_query::{Document, Numbers, Prepared, Query};

use super::Problem;

/// The changes that notify.
#[derive(Debug, Clone, Default)]
pub(crate) struct Triggers {
    /// The first match.
    pub(crate) new: bool,
    /// Something material, corrections included.
    pub(crate) material: bool,
    /// Only corrections and retractions.
    pub(crate) correction: bool,
    /// Only retractions.
    pub(crate) retraction: bool,
    /// The end of an alert.
    pub(crate) quiet: bool,
    /// This many more origins than in the last loud revision.
    pub(crate) origins: Option<u32>,
    /// This many more outlets than in the last loud revision.
    pub(crate) outlets: Option<u32>,
    velocity: Vec<Query>,
}

impl Triggers {
    pub(crate) fn read(on: &[String]) -> Result<Self, Problem> {
        let mut triggers = Self::default();
        for word in on {
            match word.starts_with("velocity>") {
                true => triggers.velocity.push(
                    Query::parse(word).map_err(|why| Problem::OnVelocity(word.clone(), why))?,
                ),
                false => triggers.add(word).ok_or_else(|| Problem::On(word.clone()))?,
            }
        }
        Ok(triggers)
    }

    fn add(&mut self, word: &str) -> Option<()> {
        let step = |digits: &str| digits.parse::<u32>().ok().filter(|step| *step > 0);
        match word {
            "new" => self.new = true,
            "material" => self.material = true,
            "correction" => self.correction = true,
            "retraction" => self.retraction = true,
            "quiet" => self.quiet = true,
            _ => match word.split_once('+')? {
                ("origins", digits) => self.origins = Some(step(digits)?),
                ("outlets", digits) => self.outlets = Some(step(digits)?),
                _ => return None,
            },
        }
        Some(())
    }

    pub(crate) fn asks_for_velocity(&self) -> bool {
        !self.velocity.is_empty()
    }

    /// Whether articles come fast enough to notify.
    pub(crate) fn is_fast(&self, numbers: &Numbers<'_>) -> bool {
        // This runs for each article and each alert that it concerns, and few subscriptions use velocity.
        if self.velocity.is_empty() {
            return false;
        }
        let nothing = Prepared::new(&Document::default());
        self.velocity.iter().any(|query| query.matches(&nothing, numbers).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triggers_are_read_and_unknown_ones_refused() {
        let words = ["new", "material", "correction", "retraction", "quiet"];
        let on = words.into_iter().chain(["origins+2", "outlets+5", "velocity>5/10m"]);
        let on: Vec<String> = on.map(str::to_owned).collect();
        let triggers = Triggers::read(&on).expect("all of them are known");
        assert!(triggers.new && triggers.material && triggers.asks_for_velocity());
        assert!(triggers.correction && triggers.retraction && triggers.quiet);
        assert_eq!((triggers.origins, triggers.outlets), (Some(2), Some(5)));
        for bad in [
            "", "old", "origins+", "origins+0", "origins-2", "velocity", "velocity>5/0m",
            "copies+2",
        ] {
            assert!(Triggers::read(&[bad.to_owned()]).is_err(), "{bad}");
        }
    }
}
