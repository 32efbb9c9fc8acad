//! Searches for bytes many at a time, since most bytes of a text are of no interest.

/// Bytes asked about at once: of a fixed number the compiler makes one comparison.
const AT_ONCE: usize = 32;
/// Where one of so many is found, they are asked about in fewer.
const FEWER: usize = 8;

/// The place of the first byte from `from` on of which `is` says so; with `|` in the place of `||` it
/// asks about many at once.
pub(crate) fn seek(bytes: &[u8], from: usize, is: impl Fn(u8) -> bool) -> Option<usize> {
    let from = from + before::<AT_ONCE>(bytes.get(from..)?, &is);
    let at = from + before::<FEWER>(&bytes[from..], &is);
    bytes[at..].iter().position(|byte| is(*byte)).map(|step| at + step)
}

/// How many bytes there are, in chunks of `N`, before the first chunk that has one of those sought.
fn before<const N: usize>(bytes: &[u8], is: impl Fn(u8) -> bool) -> usize {
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
        fn the_place_is_that_found_one_by_one(bytes in "[a-y]{0,70}z?[a-z]{0,40}", from in 0usize..120) {
            let is = |byte: u8| byte == b'z';
            let expected = bytes.as_bytes().iter().enumerate().skip(from).find(|(_, b)| is(**b));
            prop_assert_eq!(seek(bytes.as_bytes(), from, is), expected.map(|(at, _)| at));
        }
    }
}
