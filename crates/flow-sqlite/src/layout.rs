//! The names of the files in the data folder.
//!
//! It knows names alone, and opens nothing.

/// The name of the file in the data folder.
pub const FILE: &str = "bus.sqlite";
/// The version of the tables: 2 has a checksum with each message.
pub const SCHEMA: u32 = 2;
