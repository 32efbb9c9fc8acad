//! All faults by name.

use anyhow::bail;

use super::fault::Fault;

mod embedded;
mod over_nats;

/// The faults with these names, or all if there are none. A name that ends with `-` selects all with that
/// prefix.
pub(super) fn chosen(names: &[String]) -> anyhow::Result<Vec<&'static Fault>> {
    let all = || embedded::FAULTS.iter().chain(over_nats::FAULTS);
    if names.is_empty() {
        return Ok(all().collect());
    }
    let mut chosen = Vec::new();
    for name in names {
        let before = chosen.len();
        chosen.extend(all().filter(|fault| {
            fault.name == name || name.ends_with('-') && fault.name.starts_with(name.as_str())
        }));
        if chosen.len() == before {
            bail!("no fault is called {name:?}: `cargo xtask faults --list` has them");
        }
    }
    Ok(chosen)
}
