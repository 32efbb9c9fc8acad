//! Random secrets as text.

use anyhow::anyhow;

/// This many random bytes as hexadecimal digits.
pub(crate) fn hex<const BYTES: usize>() -> anyhow::Result<String> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes)
        .map_err(|error| anyhow!("this machine gives no random numbers: {error}"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
