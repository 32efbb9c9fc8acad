//! Computes the values of an article that depend on no other article.
//!
//! This keeps no state that matters, so articles can be prepared on any core and in any order
//! before the detector decides about them in order.

use std::borrow::Cow;
use std::sync::Arc;

use wirefold_text::Text;
use wirefold_text::extract::{AgencyTrace, agencies_starting_at, byline_agencies, dateline};

use crate::body::fingerprint::{WholeTextHashes, exact_hash};
use crate::body::simhash::simhash;
use crate::body::terms::Terms;
use crate::body::titles::TitleWords;
use crate::body::word_cache::{WordCache, WordHashes};
use crate::body::{Body, BodyWord};
use crate::boilerplate::PageHashes;
use crate::detector::incoming::Incoming;
use crate::judge::notes::Notes;
use crate::settings::Settings;

/// A text of at most this many words is a flash.
const MAX_FLASH_WORDS: usize = 48;
/// A credit in brackets at the end of a text has at most this many words.
const MAX_CREDIT_WORDS: usize = 3;

/// Prepares articles. It caches recent words, which only saves time: the result depends on the
/// article and the settings alone.
#[derive(Debug, Clone, Default)]
pub struct Preparer {
    recent_words: WordCache,
}

/// An article with the values that depend on no other article.
#[derive(Debug, Clone)]
pub struct Prepared {
    pub(crate) text: Arc<Text>,
    /// The hashes of each word of the text.
    pub(crate) words: Vec<WordHashes>,
    /// The body before learned boilerplate is removed: the text without its page chrome.
    pub(crate) whole: Body,
    /// The shingles of `whole`.
    pub(crate) shingles: Vec<u64>,
    pub(crate) hashes: WholeTextHashes,
    /// The traits that its outlet's boilerplate is learned from; `None` without an outlet.
    pub(crate) traits: Option<PageHashes>,
    /// The notes of `whole`.
    pub(crate) notes: Notes,
    /// The terms of `whole`.
    pub(crate) terms: Terms,
    /// The agencies that the article names as its source, those of the byline first.
    pub(crate) traces: Vec<AgencyTrace>,
}

impl Preparer {
    /// Computes the values of an article that depend on no other article.
    #[must_use]
    pub fn prepare(&mut self, incoming: &Incoming<'_>, settings: &Settings) -> Prepared {
        let (text, title) = (Arc::new(Text::new(incoming.text)), Text::new(incoming.title));
        let words = self.recent_words.look_up_all(&text);
        let whole = Body::from_hashes(&text, &words);
        let shingles = whole.shingles();
        let of_word = |word: &BodyWord| words[word.index as usize].simhash;
        let simhash = simhash(whole.words.iter().map(of_word));
        let boilerplate_key = boilerplate_key(incoming);
        let mut traces = byline_agencies(incoming.byline);
        // The cache knows nothing of the words of page chrome, so it must not rule an agency out
        // there.
        let may_begin = |at: usize| words[at].may_begin_agency | text.words()[at].is_chrome;
        traces.extend(agencies_starting_at(&text, may_begin));
        Prepared {
            hashes: WholeTextHashes { exact: exact_text_hash(&text, &whole), simhash },
            traits: boilerplate_key
                .map(|outlet| PageHashes::new(&outlet, &whole, &text, &shingles)),
            notes: Notes::new(TitleWords::of(&title), (&text, &words), (&whole, simhash), settings),
            terms: Terms::from_hashes(&text, &whole, &title, &words),
            traces,
            shingles,
            whole,
            words,
            text,
        }
    }
}

/// The exact hash of a text. In a flash, a dateline at the start and a credit in brackets at the
/// end do not count, because outlets print the same flash with and without them.
fn exact_text_hash(text: &Text, whole: &Body) -> Option<u128> {
    if whole.len() > MAX_FLASH_WORDS {
        return exact_hash(whole);
    }
    let original = text.original().trim_end();
    let start = dateline(text)
        .filter(|dateline| dateline.span.start == 0)
        .map_or(0, |dateline| dateline.span.end);
    let credit = original.strip_suffix(')').and_then(|rest| rest.rfind('('));
    let credit = credit.filter(|at| original[*at..].split_whitespace().count() <= MAX_CREDIT_WORDS);
    let end = credit.unwrap_or(original.len());
    let is_counted = |word: &&BodyWord| {
        let span = text.words()[word.index as usize].span;
        span.start >= start && span.end <= end
    };
    exact_hash(&Body { words: whole.words.iter().filter(is_counted).copied().collect() })
}

/// The key under which boilerplate is learned: the outlet, or the feed's site together with the
/// outlet. Articles that another site's feed attributes to an outlet must not teach that outlet's
/// own boilerplate.
fn boilerplate_key<'a>(incoming: &Incoming<'a>) -> Option<Cow<'a, str>> {
    let outlet = incoming.outlet?;
    Some(match incoming.via.filter(|via| *via != outlet) {
        Some(via) => format!("{via}\u{1f}{outlet}").into(),
        None => outlet.into(),
    })
}
