//! Extracts articles from pages, in a child process that can be killed.
//!
//! Libraries that read pages need minutes for some pages of a few kilobytes, overflow the stack on
//! others, and use all memory on still others. None of that can be stopped inside a process. A child
//! therefore does the work, under limits that it sets itself, and the parent kills it if it takes
//! too long. The child also gives up every right that an intruder could use: see [`Sandbox`].
//!
//! The bytes of a page come in, a [`Page`] goes out.

mod data;
mod inline;
mod json;
mod page;
mod pool;
mod restore;
mod rule;
mod sandbox;
#[cfg(test)]
pub(crate) mod tests;
mod tidy;

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use wirefold_proto::LanguageTag;

use crate::interstitial::Interstitial;

pub use pool::{Extractor, serve};
pub use rule::{Rule, check_selector};
pub use sandbox::Sandbox;

/// How pages are extracted.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The program of the child.
    pub program: PathBuf,
    /// Its arguments. With them it must call [`serve`] on its standard input and output.
    pub args: Vec<String>,
    /// The most children; 0 counts as 1.
    pub workers: usize,
    /// The most memory a child may take, in bytes of address space.
    pub memory: u64,
    /// The most processor time one page may take.
    pub cpu: Duration,
    /// The most time one page may take by the clock.
    pub wall: Duration,
}

/// The article of a page.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// The headline, in one line.
    pub title: Option<String>,
    /// The author, as given, in one line.
    pub byline: Option<String>,
    /// When it was published, as the page claims.
    pub published: Option<Timestamp>,
    /// The language that the page declares.
    pub language: Option<LanguageTag>,
    /// The plain text, with an empty line between paragraphs. Empty only if the page is an interstitial.
    pub text: String,
    /// The kind of the page if it stands before the one that was requested. [`Extractor::extract`] returns it as an error.
    pub(crate) interstitial: Option<Interstitial>,
    /// Whether the page asks not to be stored: `<meta name="robots" content="noarchive">`.
    pub noarchive: bool,
    /// Whether the page reserves text and data mining: `<meta name="tdm-reservation"
    /// content="1">` (W3C TDM Reservation Protocol).
    pub reserved: bool,
    /// Whether the page says that it is not free to everybody. The text is extracted all the same.
    pub paywalled: bool,
    /// Whether its feed's rule selects the article, and selected nothing.
    pub article_missed: bool,
}

/// Why a page gave no article.
#[derive(Debug, Error)]
pub enum ExtractError {
    /// It took longer than a page may: do not try it again soon.
    #[error("extraction took too long and was stopped")]
    TimedOut,
    /// The child died, for lack of memory or by a bug: do not try it again soon.
    #[error("extraction crashed on this page")]
    Crashed,
    /// No child can be started: repair the installation, then try again.
    #[error("extraction cannot be started: {0}")]
    Unavailable(std::io::Error),
    /// There is no article on the page.
    #[error("no article text on the page")]
    Nothing,
    /// The page stands before the one that was requested.
    #[error("no article: {}", .0.describe())]
    Interstitial(Interstitial),
    /// Its elements are nested too deep. It was not tried.
    #[error("the page is nested too deep")]
    TooDeep,
}
