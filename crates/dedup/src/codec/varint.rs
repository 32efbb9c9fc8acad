//! A variable-length encoding of numbers: seven bits a byte, the lowest first (unsigned LEB128, as in DWARF).

/// Appends a number.
pub(crate) fn push(bytes: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        bytes.push(low_bits(value) | 0x80);
        value >>= 7;
    }
    bytes.push(low_bits(value));
}

/// Appends a count of parts of an article, such as words or bytes. It must fit 32 bits.
pub(crate) fn push_count(bytes: &mut Vec<u8>, count: usize) {
    push(bytes, u32::try_from(count).expect("articles are cut long before"));
}

/// Reads a number and advances `bytes` past it; `None` at the end.
#[inline]
pub(crate) fn read(bytes: &mut &[u8]) -> Option<u32> {
    // Nearly all numbers take one or two bytes.
    match **bytes {
        [first @ 0..0x80, ref rest @ ..] => {
            *bytes = rest;
            return Some(u32::from(first));
        }
        [first, second @ 0..0x80, ref rest @ ..] => {
            *bytes = rest;
            return Some(u32::from(first & 0x7f) | u32::from(second) << 7);
        }
        _ => {}
    }
    let (mut value, mut shift) = (0, 0);
    loop {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u32::from(*byte & 0x7f) << shift;
        if *byte < 0x80 {
            return Some(value);
        }
        shift += 7;
    }
}

fn low_bits(value: u32) -> u8 {
    (value & 0x7f) as u8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pushed_numbers_are_read_back(values in proptest::collection::vec(proptest::num::u32::ANY, 0..9)) {
            let mut bytes = Vec::new();
            values.iter().for_each(|value| push(&mut bytes, *value));
            let mut rest = bytes.as_slice();
            let found: Vec<u32> = std::iter::from_fn(|| read(&mut rest)).collect();
            prop_assert_eq!(found, values);
        }
    }
}
