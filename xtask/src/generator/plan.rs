//! Decides what the article at each index of the stream is, from seed and index alone.
//!
//! Indices at a fixed distance belong to agencies; the rest is random. An article that is based on another
//! names one at an earlier index, so nothing is stored: the generator makes the earlier text again when it
//! needs it.

use std::ops::Range;

use wirefold_score::Random;

use super::article::Kind;
use super::labels;
use super::outlets::{AGENCIES, Outlets};
use super::texts::{COPIES, LISTS, TRICKS, VERSIONS};
use super::words::Script;

/// The plan of all articles of a kind.
pub(super) struct Row {
    kind: Kind,
    /// How many of a thousand indices have it, except those of agencies, which have one in fifteen.
    share: usize,
    /// The number of earlier articles on which one is based.
    sources: Range<usize>,
    /// Its name. Empty if the edit, the form or the trick is the name.
    pub(super) name: &'static str,
}

const fn row(kind: Kind, share: usize, sources: Range<usize>, name: &'static str) -> Row {
    Row { kind, share, sources, name }
}

const ROWS: [Row; 19] = [
    row(Kind::Original, 171, 0..0, labels::BASE),
    row(Kind::List, 32, 0..0, ""),
    row(Kind::Serial, 12, 0..0, "serial"),
    row(Kind::Archive, 10, 1..2, "archive"),
    row(Kind::Correction, 10, 1..2, "correction"),
    row(Kind::OwnWords, 120, 1..2, "own"),
    row(Kind::Copy, 320, 1..2, ""),
    row(Kind::Version, 50, 1..2, ""),
    row(Kind::Partial, 25, 1..2, "partial"),
    row(Kind::Merge, 12, 2..3, "merge"),
    row(Kind::Digest, 18, 4..9, "digest"),
    row(Kind::FollowUp, 25, 1..2, "followup"),
    row(Kind::Brief, 55, 0..0, "brief"),
    row(Kind::Video, 45, 0..0, "video"),
    row(Kind::Paywall, 35, 1..2, "paywall"),
    row(Kind::Topic, 18, 5..15, "topic"),
    row(Kind::Live, 20, 0..0, "live"),
    row(Kind::Gallery, 16, 0..0, "gallery"),
    row(Kind::Hostile, 6, 0..0, ""),
];

/// The plan of a kind.
pub(super) fn row_of(kind: Kind) -> &'static Row {
    ROWS.iter().find(|row| row.kind == kind).expect("a test makes every kind")
}

/// The distance between two indices of agencies, and the first one.
const AGENCY_EVERY: u64 = 15;
const FIRST_AGENCY: u64 = 2;
/// The largest distance between an original and its copy, as a power of two.
const MAX_DISTANCE: usize = 14;
/// The number of attempts to find an earlier text before an original is used instead.
const MAX_ATTEMPTS: u64 = 300;
/// The percentages of texts in Cyrillic, Chinese, Japanese and Thai.
const SCRIPT_SHARES: [(Script, usize); 4] =
    [(Script::Cyrillic, 5), (Script::Chinese, 3), (Script::Japanese, 2), (Script::Thai, 2)];

/// The plan of one article.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    pub(crate) number: u64,
    pub(crate) kind: Kind,
    pub(crate) script: Script,
    /// The number of its outlet.
    pub(crate) outlet: usize,
    /// The earlier articles on which it is based, the main one first.
    pub(crate) sources: Vec<u64>,
    /// How a copy or a version was edited.
    pub(crate) edit: &'static str,
    /// The kind of a hostile article.
    pub(crate) trick: &'static str,
    /// The form of a list.
    pub(crate) list: &'static str,
}

/// Makes plans.
#[derive(Debug)]
pub(crate) struct Planner {
    seed: u64,
    outlets: Outlets,
}

impl Planner {
    /// A planner over these outlets.
    pub(super) fn new(seed: u64, outlets: Outlets) -> Planner {
        Planner { seed, outlets }
    }

    /// The outlets.
    pub(super) fn outlets(&self) -> &Outlets {
        &self.outlets
    }

    /// Random numbers for one purpose at one index.
    pub(super) fn dice(&self, number: u64, purpose: &str) -> Random {
        Random::for_purpose(self.seed ^ mixed(number), purpose)
    }

    /// The plan of the article at an index.
    pub(crate) fn plan(&self, number: u64) -> Plan {
        let mut random = self.dice(number, "plan");
        let kind = self.drawn(number);
        let sources = self.sources(kind, number, &mut random);
        let Some(sources) = sources else { return self.original(number, &mut random) };
        let (script, outlet) = match (kind, sources.first()) {
            (Kind::Version, Some(earlier)) => {
                let earlier = self.plan(*earlier);
                (earlier.script, earlier.outlet)
            }
            (Kind::FollowUp | Kind::Archive | Kind::Correction, Some(earlier)) => {
                (self.script(*earlier), self.agency(*earlier))
            }
            (_, Some(earlier)) => {
                let script = self.script(*earlier);
                (script, self.outlets.of_script(script, &mut random))
            }
            (_, None) => {
                let script = self.script(number);
                (script, self.outlets.of_script(script, &mut random))
            }
        };
        let edit = match kind {
            Kind::Version | Kind::Correction => *random.pick(&VERSIONS),
            _ => by_share(&COPIES, random.below(100)).unwrap_or("exact"),
        };
        let (trick, list) = (*random.pick(&TRICKS), *random.pick(&LISTS));
        Plan { number, kind, script, outlet, sources, edit, trick, list }
    }

    fn original(&self, number: u64, random: &mut Random) -> Plan {
        let script = self.script(number);
        let outlet = match is_agency(number) {
            true => self.agency(number),
            false => self.outlets.of_script(script, random),
        };
        Plan { number, script, outlet, ..Plan::default() }
    }

    /// The kind that was drawn for an index. If there is nothing to base it on, it is an original.
    fn drawn(&self, number: u64) -> Kind {
        if is_agency(number) {
            return Kind::Original;
        }
        let shares = ROWS.each_ref().map(|row| (row.kind, row.share));
        by_share(&shares, self.dice(number, "kind").below(1_000)).unwrap_or_default()
    }

    /// The script of an original.
    fn script(&self, number: u64) -> Script {
        let drawn = match is_agency(number) {
            // Each hundred agency texts have all shares, because a few of them decide what many print.
            true => {
                usize::try_from((number / AGENCY_EVERY * 37 + self.seed) % 100).unwrap_or_default()
            }
            false => self.dice(number, "script").below(100),
        };
        by_share(&SCRIPT_SHARES, drawn).unwrap_or_default()
    }

    /// The agency of an index.
    fn agency(&self, number: u64) -> usize {
        self.dice(number, "agency").below(AGENCIES.len())
    }

    /// The earlier articles on which an article of this kind is based. `None` if the kind needs some and
    /// there are none.
    fn sources(&self, kind: Kind, number: u64, random: &mut Random) -> Option<Vec<u64>> {
        let range = match kind {
            Kind::Original => return None,
            Kind::Version => return self.printed_before(number, random).map(|one| vec![one]),
            _ => row_of(kind).sources.clone(),
        };
        if range.is_empty() {
            return Some(Vec::new());
        }
        let (least, wanted) = (range.start, random.within(range));
        let mut found: Vec<u64> = Vec::new();
        for _ in 0..wanted {
            let script = found.first().map(|first| self.script(*first));
            let next = self.agency_text_before(number, script, &found, random);
            found.extend(next);
        }
        (found.len() >= least).then_some(found)
    }

    /// An agency's text at an earlier index. Some are copied by many outlets, most by few.
    fn agency_text_before(
        &self,
        number: u64,
        script: Option<Script>,
        without: &[u64],
        random: &mut Random,
    ) -> Option<u64> {
        let tries = if script.is_some_and(|script| script != Script::Latin) { 4 } else { 1 };
        (0..tries * MAX_ATTEMPTS).find_map(|_| {
            let near = number.checked_sub(distance(random))?;
            let place = near / AGENCY_EVERY * AGENCY_EVERY + FIRST_AGENCY;
            let is_right = place < number
                && !without.contains(&place)
                && script.is_none_or(|script| script == self.script(place));
            let wanted = random.below(1_000);
            (is_right && wanted < self.popularity(place)).then_some(place)
        })
    }

    /// How often a text is copied, in thousandths.
    fn popularity(&self, place: u64) -> usize {
        let share = self.dice(place, "popularity").below(1_000);
        (share * share / 1_000 * share / 1_000).max(20)
    }

    /// An original or a copy at an earlier index.
    fn printed_before(&self, number: u64, random: &mut Random) -> Option<u64> {
        (0..MAX_ATTEMPTS).find_map(|_| {
            let place = number.checked_sub(distance(random))?;
            matches!(self.drawn(place), Kind::Original | Kind::Copy).then_some(place)
        })
    }
}

/// The item in whose share a number lies. `None` if it is beyond all of them.
fn by_share<T: Copy>(shares: &[(T, usize)], mut drawn: usize) -> Option<T> {
    for (item, share) in shares {
        if drawn < *share {
            return Some(*item);
        }
        drawn -= share;
    }
    None
}

fn is_agency(number: u64) -> bool {
    number % AGENCY_EVERY == FIRST_AGENCY
}

/// A random distance back: as often from 2 to 4 as from 4 to 8, and so on.
fn distance(random: &mut Random) -> u64 {
    let scale = 1_usize << random.within(1..MAX_DISTANCE + 1);
    (scale + random.below(scale)) as u64
}

/// Mixes the bits of a number, so that neighbours become very different.
fn mixed(number: u64) -> u64 {
    Random::new(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)).bits()
}
