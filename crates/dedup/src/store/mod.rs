//! What is kept of each article.
//!
//! What was found out about an article comes in, and goes out whole again, from memory or from a text file. It
//! never knows why anybody asks.

pub(crate) mod doc;
pub(crate) mod text_cache;
pub(crate) mod text_store;
