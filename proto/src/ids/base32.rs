//! 128-bit numbers as 26 base-32 digits in Crockford's alphabet, lower case.
//!
//! This alphabet was chosen over RFC 4648's because its digits are in ASCII order, so that ids sort the same
//! as text and as numbers (in SQLite, in a shell and here), and because it has no `i`, `l`, `o` and `u` to
//! misread. Only the canonical spelling is read: no upper case, no look-alikes, no leading digit above 7 (26
//! digits could hold 130 bits).

use std::fmt;

use super::stranger;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Digits in a written number.
pub(super) const DIGITS: usize = 26;

/// The value of each byte; [`NONE`] for bytes that are not digits.
const VALUES: [u8; 256] = {
    let mut values = [NONE; 256];
    let mut value = 0;
    while value < ALPHABET.len() {
        values[ALPHABET[value] as usize] = value as u8;
        value += 1;
    }
    values
};
const NONE: u8 = u8::MAX;

/// The reason of a refusal for a number that its type does not hold.
pub(super) const TOO_LARGE: &str = "the number is too large";

/// Writes a number, most significant digit first.
pub(super) fn write(number: u128, to: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut digits = [0; DIGITS];
    let mut rest = number;
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[(rest & 31) as usize];
        rest >>= 5;
    }
    to.write_str(str::from_utf8(&digits).map_err(|_| fmt::Error)?)
}

/// Reads a number written by [`write`], or says why it is none.
pub(super) fn read(text: &str) -> Result<u128, String> {
    let other_length = || format!("expected {DIGITS} digits after the prefix");
    let mut number: u128 = 0;
    for character in text.chars() {
        let value = u8::try_from(character).map_or(NONE, |byte| VALUES[usize::from(byte)]);
        if value == NONE {
            return Err(stranger(character));
        }
        if number >> (128 - 5) != 0 {
            let is_longer = text.len() > DIGITS;
            return Err(if is_longer { other_length() } else { TOO_LARGE.to_owned() });
        }
        number = (number << 5) | u128::from(value);
    }
    if text.len() != DIGITS {
        return Err(other_length());
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct Written(u128);

    impl fmt::Display for Written {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            super::write(self.0, f)
        }
    }

    fn write(number: u128) -> String {
        Written(number).to_string()
    }

    #[test]
    fn corners() {
        assert_eq!(write(0), "0".repeat(26));
        assert_eq!(write(u128::MAX), format!("7{}", "z".repeat(25)));
        assert_eq!(write(31), format!("{}z", "0".repeat(25)));
    }

    #[test]
    fn only_the_canonical_spelling_is_read() {
        let cases = [
            ("8".to_owned() + &"0".repeat(25), TOO_LARGE),
            ("0".repeat(25), "expected 26 digits after the prefix"),
            ("0".repeat(27), "expected 26 digits after the prefix"),
            ("z".repeat(300), "expected 26 digits after the prefix"),
            ("O".repeat(26), "'O' does not belong in it"),
            ("é".repeat(13), "'é' does not belong in it"),
        ];
        for (text, reason) in cases {
            assert_eq!(read(&text), Err(reason.to_owned()), "{text}");
        }
    }

    proptest! {
        #[test]
        fn round_trip_in_the_same_order(one: u128, other: u128) {
            prop_assert_eq!(read(&write(one)), Ok(one));
            prop_assert_eq!(one.cmp(&other), write(one).cmp(&write(other)));
        }
    }
}
