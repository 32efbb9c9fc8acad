//! Writes bytes in hexadecimals.

/// Two lower-case digits for each byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::hex;

    #[test]
    fn a_sum_is_written_in_hexadecimals() {
        assert_eq!(hex(&[0, 10, 255]), "000aff");
    }
}
