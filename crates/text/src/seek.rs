//! Looking for bytes many at a time: most of a text is nothing to look at.

/// Bytes asked about at once: of a fixed number the compiler makes one comparison.
const AT_ONCE: usize = 32;

/// The place of the first byte from `from` on of which `is` says so; with `|` in the place of `||` it
/// asks about many at once.
pub(crate) fn seek(bytes: &[u8], from: usize, is: impl Fn(u8) -> bool) -> Option<usize> {
    let (chunks, _) = bytes.get(from..)?.as_chunks::<AT_ONCE>();
    let mut at = from;
    for chunk in chunks {
        if chunk.iter().fold(0, |any, byte| any | u8::from(is(*byte))) != 0 {
            break;
        }
        at += AT_ONCE;
    }
    bytes[at..].iter().position(|byte| is(*byte)).map(|step| at + step)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_place_is_that_found_one_by_one(bytes in "[a-y]{0,70}z?[a-z]{0,40}", from in 0usize..120) {
            let is = |byte: u8| byte == b'z';
            let expected = bytes.as_bytes().iter().enumerate().skip(from).find(|(_, b)| is(**b));
            prop_assert_eq!(seek(bytes.as_bytes(), from, is), expected.map(|(at, _)| at));
        }
    }
}
