//! Stores the articles of the window.
//!
//! Input: the text of an article and what the detector computed from it. Output: the same,
//! unpacked, from memory or from a text file. This folder does not know what the detector uses it
//! for.

pub(crate) mod doc;
pub(crate) mod text_cache;
pub(crate) mod text_store;
