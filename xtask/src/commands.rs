//! One module a command.

pub(crate) mod sizes;
pub(crate) mod test;
