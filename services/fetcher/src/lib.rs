//! Polls feeds, fetches article pages, reads local sources, and publishes what is new.
