//! The first half of a verdict: what can be said of an article without any other.
//!
//! Nothing of it is state: articles may be prepared on any core, in any order, before the detector decides
//! about them in theirs.

use std::borrow::Cow;
use std::sync::Arc;

use wirefold_text::Text;
use wirefold_text::extract::{AgencyTrace, agencies_begun_by, byline_agencies, dateline};

use crate::body::fingerprint::{Whole, exact_hash};
use crate::body::simhash::simhash;
use crate::body::terms::Terms;
use crate::body::titles::TitleWords;
use crate::body::word_cache::{Hashes, WordCache};
use crate::body::{Body, BodyWord};
use crate::boilerplate::Traits;
use crate::detector::incoming::Incoming;
use crate::judge::notes::Notes;
use crate::settings::Settings;

/// A flash has so many words at most.
const FLASH_WORDS: usize = 48;
/// The words of a credit in brackets behind a text, at most.
const CREDIT_WORDS: usize = 3;

/// Prepares articles. It remembers words of late, which only saves time: what it says of an article
/// depends on that article and the settings alone.
#[derive(Debug, Clone, Default)]
pub struct Preparer {
    late: WordCache,
}

/// An article of which is known what can be said of it without any other.
#[derive(Debug, Clone)]
pub struct Prepared {
    pub(crate) text: Arc<Text>,
    /// Of each word of the text.
    pub(crate) words: Vec<Hashes>,
    /// The text without its page chrome, of which nothing learned is left out.
    pub(crate) whole: Body,
    /// Of the whole body.
    pub(crate) shingles: Vec<u64>,
    pub(crate) hashes: Whole,
    /// What tells of its outlet's boilerplate; none where nothing is learned of it.
    pub(crate) traits: Option<Traits>,
    /// Of the whole body.
    pub(crate) notes: Notes,
    /// Of the whole body.
    pub(crate) terms: Terms,
    /// The agencies that it names as its source, the byline's first.
    pub(crate) traces: Vec<AgencyTrace>,
}

impl Preparer {
    /// Finds out what can be said of an article without any other.
    #[must_use]
    pub fn prepare(&mut self, incoming: &Incoming<'_>, settings: &Settings) -> Prepared {
        let (text, title) = (Arc::new(Text::new(incoming.text)), Text::new(incoming.title));
        let words = self.late.look_up_all(&text);
        let whole = Body::hashed(&text, &words);
        let shingles = whole.shingles();
        let of_word = |word: &BodyWord| words[word.index as usize].simhash;
        let simhash = simhash(whole.words.iter().map(of_word));
        let pages_of = pages_of(incoming);
        let mut traces = byline_agencies(incoming.byline);
        // Of page chrome nothing is known.
        let may_begin = |at: usize| words[at].may_begin_agency | text.words()[at].is_chrome;
        traces.extend(agencies_begun_by(&text, may_begin));
        Prepared {
            hashes: Whole { exact: exact_of(&text, &whole), simhash },
            traits: pages_of.map(|outlet| Traits::with(&outlet, &whole, &text, &shingles)),
            notes: Notes::new(TitleWords::of(&title), (&text, &words), (&whole, simhash), settings),
            terms: Terms::hashed(&text, &whole, &title, &words),
            traces,
            shingles,
            whole,
            words,
            text,
        }
    }
}

/// The exact hash of a text; of a flash, which stands with a credit here and without one there, that of what
/// it says.
fn exact_of(text: &Text, whole: &Body) -> Option<u128> {
    if whole.len() > FLASH_WORDS {
        return exact_hash(whole);
    }
    let original = text.original().trim_end();
    let start = dateline(text).filter(|found| found.span.start == 0).map_or(0, |it| it.span.end);
    let credit = original.strip_suffix(')').and_then(|rest| rest.rfind('('));
    let credit = credit.filter(|at| original[*at..].split_whitespace().count() <= CREDIT_WORDS);
    let end = credit.unwrap_or(original.len());
    let says = |word: &&BodyWord| {
        let span = text.words()[word.index as usize].span;
        span.start >= start && span.end <= end
    };
    exact_hash(&Body { words: whole.words.iter().filter(says).copied().collect() })
}

/// Whose pages boilerplate is learned of: the outlet's, as this feed shows them. What a stranger
/// says is an outlet's teaches nothing of that outlet's own.
fn pages_of<'a>(incoming: &Incoming<'a>) -> Option<Cow<'a, str>> {
    let outlet = incoming.outlet?;
    Some(match incoming.via.filter(|via| *via != outlet) {
        Some(via) => format!("{via}\u{1f}{outlet}").into(),
        None => outlet.into(),
    })
}
