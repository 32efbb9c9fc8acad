//! The subscription language: parse, match one, match a million.
