//! How many repeated elements of one feed are read. The rest is skipped and named in the problems of
//! the feed, so a small file that unpacks to a million elements costs no memory.
//!
//! `wirefold-http-client` bounds the bytes of a body, its redirects and its headers before.

/// The most items of one feed that are read.
pub const MAX_ITEMS: usize = 1000;
/// The deepest nesting that is read.
pub(crate) const MAX_DEPTH: usize = 64;
/// The most attributes of one element that are read.
pub(crate) const MAX_ATTRIBUTES: usize = 64;
/// The most namespace declarations that are kept at a time.
pub(crate) const MAX_SPACES: usize = 128;
/// The most of what may stand in a record many times: links with enclosures, people, categories,
/// media, full texts.
pub(crate) const MOST_OF_A_KIND: usize = 100;
/// The most of all these in one document: each may carry an address of [`LONGEST_BASE`] bytes.
pub(crate) const MOST_REPEATED: usize = 50_000;
/// The most names under which a record has texts or marks.
pub(crate) const MOST_NAMES: usize = 200;
/// The most numbers of a place.
pub(crate) const MOST_NUMBERS: usize = 1000;
/// The longest base address that is believed: every link and text inside carries it.
pub(crate) const LONGEST_BASE: usize = 2048;
/// The longest name of a language that is believed.
pub(crate) const LONGEST_LANGUAGE: usize = 100;
/// The most values of one JSON document that are kept; what follows is as if it were cut off.
pub(crate) const MOST_VALUES: usize = 300_000;
/// The most media of one item that are kept.
pub(crate) const MAX_MEDIA: usize = 20;
/// The most authors of one item that are kept.
pub(crate) const MAX_AUTHORS: usize = 20;
/// The most addresses of a page or a list of sitemaps that are named.
pub(crate) const MAX_NAMED: usize = 20;
/// How much of a document type is kept, in bytes.
pub(crate) const LONGEST_DOCUMENT_TYPE: usize = 4096;
/// The most entities of a document type that are known.
pub(crate) const MOST_DEFINED: usize = 200;
