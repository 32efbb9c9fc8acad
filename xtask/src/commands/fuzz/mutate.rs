//! Makes new inputs from others: changes, repeats, nests and crosses bytes and pieces.

use super::Random;

/// A new input from one or two stored ones. `words` are tokens of the format.
pub(super) fn mutated(kept: &[Vec<u8>], words: &[&str], random: &mut Random) -> Vec<u8> {
    let mut input = match kept {
        [] => Vec::new(),
        kept => random.pick(kept).clone(),
    };
    for _ in 0..random.within(1..6) {
        once(&mut input, kept, words, random);
    }
    input
}

fn once(input: &mut Vec<u8>, kept: &[Vec<u8>], words: &[&str], random: &mut Random) {
    let (start, end) = piece(input, random);
    match random.below(10) {
        0 => {
            input.drain(start..end);
        }
        1 => input.truncate(start),
        2 | 3 => insert(input, start, random.pick(words).as_bytes()),
        4 => {
            let copy = input[start..end].to_vec();
            let times = random.within(1..20);
            insert(input, start, &copy.repeat(times));
        }
        5 => {
            // Nesting and other repetition.
            let times = *random.pick(&[10, 100, 1000, 3000]);
            insert(input, start, &random.pick(words).as_bytes().repeat(times));
        }
        6 if !input.is_empty() => {
            let at = random.below(input.len());
            input[at] = *random.pick(&[
                0, 9, 10, 13, b' ', b'&', b'<', b'>', b'"', b'\'', 0x7f, 0x80, 0xbf, 0xc0, 0xe2,
                0xed, 0xf4, 0xfe, 0xff,
            ]);
        }
        7 if !input.is_empty() => {
            let at = random.below(input.len());
            input[at] ^= 1 << random.below(8);
        }
        8 if !kept.is_empty() => {
            let other = random.pick(kept);
            let (from, to) = piece(other, random);
            input.truncate(start);
            input.extend_from_slice(&other[from..to]);
        }
        _ => {
            input.splice(start..end, random.pick(words).bytes());
        }
    }
}

fn insert(input: &mut Vec<u8>, at: usize, piece: &[u8]) {
    input.splice(at..at, piece.iter().copied());
}

/// A piece of an input, mostly a short one.
fn piece(input: &[u8], random: &mut Random) -> (usize, usize) {
    let start = random.below(input.len() + 1);
    let most = if random.chance(80) { 40 } else { input.len() + 1 };
    (start, (start + random.below(most)).min(input.len()))
}
