//! Searches a text for bytes, many at a time: most bytes of a text are of no interest.

/// Bytes compared at once. The number is fixed so that the compiler can vectorise the comparison.
const CHUNK: usize = 32;
/// Bytes compared at once in a chunk of the size above that has a hit.
const SMALL_CHUNK: usize = 8;

/// The position of the first byte from `from` on for which `is` is true. Write `is` with `|`
/// instead of `||`, so that the compiler can vectorise it.
pub(crate) fn seek(bytes: &[u8], from: usize, is: impl Fn(u8) -> bool) -> Option<usize> {
    let from = from + bytes_before_hit::<CHUNK>(bytes.get(from..)?, &is);
    let at = from + bytes_before_hit::<SMALL_CHUNK>(&bytes[from..], &is);
    bytes[at..].iter().position(|byte| is(*byte)).map(|step| at + step)
}

/// The number of bytes in the chunks of `N` before the first chunk with a hit.
fn bytes_before_hit<const N: usize>(bytes: &[u8], is: impl Fn(u8) -> bool) -> usize {
    let (chunks, _) = bytes.as_chunks::<N>();
    let has_none = |chunk: &&[u8; N]| chunk.iter().fold(0, |any, b| any | u8::from(is(*b))) == 0;
    N * chunks.iter().take_while(has_none).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn finds_the_same_byte_as_a_search_one_by_one(bytes in "[a-y]{0,70}z?[a-z]{0,40}", from in 0usize..120) {
            let is = |byte: u8| byte == b'z';
            let expected = bytes.as_bytes().iter().enumerate().skip(from).find(|(_, b)| is(**b));
            prop_assert_eq!(seek(bytes.as_bytes(), from, is), expected.map(|(at, _)| at));
        }
    }
}
