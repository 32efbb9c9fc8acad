//! A variable-length encoding in units of 16 bits: two bytes for a number below 65,535 and six for a larger
//! one. It takes a byte more than [`crate::codec::varint`] for many numbers and is read several times
//! faster.

/// The unit before a number that takes 32 bits.
const ESCAPE: u16 = u16::MAX;

/// Appends a number.
pub(crate) fn push(bytes: &mut Vec<u8>, value: u32) {
    match u16::try_from(value).ok().filter(|small| *small != ESCAPE) {
        Some(small) => bytes.extend_from_slice(&small.to_le_bytes()),
        None => {
            bytes.extend_from_slice(&ESCAPE.to_le_bytes());
            bytes.extend_from_slice(&value.to_le_bytes());
        }
    }
}

/// Reads a number and advances `bytes` past it; `None` at the end.
#[inline]
pub(crate) fn read(bytes: &mut &[u8]) -> Option<u32> {
    let (small, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    match u16::from_le_bytes(*small) {
        ESCAPE => {
            let (large, rest) = rest.split_first_chunk()?;
            *bytes = rest;
            Some(u32::from_le_bytes(*large))
        }
        small => Some(u32::from(small)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pushed_numbers_are_read_back(
            values in proptest::collection::vec(prop_oneof![0u32..9, 65_530u32..65_540, any::<u32>()], 0..9),
        ) {
            let mut bytes = Vec::new();
            values.iter().for_each(|value| push(&mut bytes, *value));
            let mut rest = bytes.as_slice();
            let found: Vec<u32> = std::iter::from_fn(|| read(&mut rest)).collect();
            prop_assert_eq!(found, values);
        }
    }
}
