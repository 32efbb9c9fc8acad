//! Limits for the content of one feed. The rest is skipped and named in the problems of the feed,
//! so a small file that unpacks to a million elements costs no memory.
//!
//! `wirefold-http-client` limits the bytes of a body, the redirects and the headers.

/// The most items of one feed that are read.
pub const MAX_ITEMS: usize = 1000;
/// The deepest nesting that is read.
pub(crate) const MAX_DEPTH: usize = 64;
/// The most attributes of one element that are read.
pub(crate) const MAX_ATTRIBUTES: usize = 64;
/// The most namespace declarations that are kept at a time.
pub(crate) const MAX_SPACES: usize = 128;
/// The most links with enclosures, people, categories, media or full texts of one record.
pub(crate) const MOST_OF_A_KIND: usize = 100;
/// The most of all these in one document. Each may carry an address of [`LONGEST_BASE`] bytes.
pub(crate) const MOST_REPEATED: usize = 50_000;
/// The most names under which a record has texts.
pub(crate) const MOST_NAMES: usize = 200;
/// The longest base address that is used: every link and text inside carries it.
pub(crate) const LONGEST_BASE: usize = 2048;
/// The longest language tag that is used.
pub(crate) const LONGEST_LANGUAGE: usize = 100;
/// The most values of one JSON document that are read. The rest counts as cut off.
pub(crate) const MOST_VALUES: usize = 300_000;
/// The most media of one item that are kept.
pub(crate) const MAX_MEDIA: usize = 20;
/// The most authors of one item that are kept.
pub(crate) const MAX_AUTHORS: usize = 20;
/// The most addresses of a page or a list of sitemaps that are named.
pub(crate) const MAX_NAMED: usize = 20;
/// The most bytes of a document type that are stored.
pub(crate) const LONGEST_DOCUMENT_TYPE: usize = 4096;
/// The most entities of a document type that are stored.
pub(crate) const MOST_DEFINED: usize = 200;
