//! Numbers of which nearly all are small, two bytes each: larger ones take six. They are read several
//! times faster than what takes a byte less ([`crate::codec::varint`]).

/// What stands before a number that two bytes do not hold.
const LARGE: u16 = u16::MAX;

/// Appends a number.
pub(crate) fn push(bytes: &mut Vec<u8>, value: u32) {
    match u16::try_from(value).ok().filter(|small| *small != LARGE) {
        Some(small) => bytes.extend_from_slice(&small.to_le_bytes()),
        None => {
            bytes.extend_from_slice(&LARGE.to_le_bytes());
            bytes.extend_from_slice(&value.to_le_bytes());
        }
    }
}

/// Reads the number at the beginning of `bytes`, which goes on behind it; `None` at the end.
#[inline]
pub(crate) fn read(bytes: &mut &[u8]) -> Option<u32> {
    let (small, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    match u16::from_le_bytes(*small) {
        LARGE => {
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
        fn what_was_pushed_is_read(
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
