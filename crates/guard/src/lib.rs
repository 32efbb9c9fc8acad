//! The one way out: an HTTP client that connects to public addresses only, with caps and time limits.
