//! Projection, API, feeds and page over the output stream.
