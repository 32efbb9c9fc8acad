//! The name of the database file and the version of its tables.

/// The name of the database file in the data folder.
pub const FILE: &str = "bus.sqlite";
/// The version of the tables. Version 2 added a checksum to each message.
pub const SCHEMA: u32 = 2;
