//! The wirefold binary.

fn main() {}
