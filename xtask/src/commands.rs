//! One module for each command.

pub(crate) mod accuracy;
pub(crate) mod attack;
pub(crate) mod bench;
pub(crate) mod chaos;
pub(crate) mod compose_test;
pub(crate) mod dist;
pub(crate) mod faults;
pub(crate) mod frequencies;
pub(crate) mod fuzz;
pub(crate) mod test;
pub(crate) mod tools;
pub(crate) mod train;
