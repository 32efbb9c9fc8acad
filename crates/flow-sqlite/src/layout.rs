//! The name of the database file and the version of its tables.

/// The name of the database file in the data folder.
pub const FILE: &str = "bus.sqlite";
/// The version of the tables. A file of another version is refused.
pub const SCHEMA: u32 = 2;
