//! MD5 (RFC 1321). Profiles identify functions by it.

/// The bits by which each step rotates, for each of the four rounds.
const TURNS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
const BLOCK: usize = 64;

/// The first eight bytes of the hash, as a little-endian number.
pub(super) fn low_half(bytes: &[u8]) -> u64 {
    let mut padded = bytes.to_vec();
    padded.push(0x80);
    padded.resize((padded.len() + 8).next_multiple_of(BLOCK) - 8, 0);
    padded.extend_from_slice(&(bytes.len() as u64 * 8).to_le_bytes());
    let mut state = [0x6745_2301_u32, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    for block in padded.chunks_exact(BLOCK) {
        let word = |at: usize| {
            let four: [u8; 4] = block[at * 4..at * 4 + 4].try_into().expect("four bytes");
            u32::from_le_bytes(four)
        };
        let after = rounds(state, &word);
        for (whole, part) in state.iter_mut().zip(after) {
            *whole = whole.wrapping_add(part);
        }
    }
    u64::from(state[1]) << 32 | u64::from(state[0])
}

fn rounds([mut a, mut b, mut c, mut d]: [u32; 4], word: &dyn Fn(usize) -> u32) -> [u32; 4] {
    for step in 0..BLOCK {
        let (mixed, at) = match step / 16 {
            0 => ((b & c) | (!b & d), step),
            1 => ((d & b) | (!d & c), (5 * step + 1) % 16),
            2 => (b ^ c ^ d, (3 * step + 5) % 16),
            _ => (c ^ (b | !d), (7 * step) % 16),
        };
        let sum = a.wrapping_add(mixed).wrapping_add(constant(step)).wrapping_add(word(at));
        let turned = sum.rotate_left(TURNS[step / 16][step % 4]);
        (a, d, c, b) = (d, c, b, b.wrapping_add(turned));
    }
    [a, b, c, d]
}

/// The integer part of 2^32 times the sine of the step's number.
fn constant(step: usize) -> u32 {
    let sine = ((step + 1) as f64).sin().abs();
    (sine * 4_294_967_296.0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hashes_are_those_of_the_rfc() {
        let check = |text: &str, first: [u8; 8]| {
            assert_eq!(low_half(text.as_bytes()).to_le_bytes(), first, "{text}");
        };
        check("", [0xd4, 0x1d, 0x8c, 0xd9, 0x8f, 0x00, 0xb2, 0x04]);
        check("abc", [0x90, 0x01, 0x50, 0x98, 0x3c, 0xd2, 0x4f, 0xb0]);
        check("message digest", [0xf9, 0x6b, 0x69, 0x7d, 0x7c, 0xb7, 0x93, 0x8d]);
    }
}
