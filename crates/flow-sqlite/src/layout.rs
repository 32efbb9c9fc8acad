//! What is where in the data folder.

/// The name of the file in the data folder.
pub const FILE: &str = "bus.sqlite";
/// The version of the tables: 2 has a checksum with each message.
pub const SCHEMA: u32 = 2;
