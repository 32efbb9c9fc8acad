//! Reads a program byte by byte. It cannot fail: after the end it reads zeros.

/// The rest of a program.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(super) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.bytes.split_first() else {
            return 0;
        };
        self.bytes = rest;
        *first
    }

    /// A number as [`write_number`] writes it.
    pub(super) fn number(&mut self) -> u64 {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.byte();
            number |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 || shift > 63 {
                return number;
            }
        }
    }

    pub(super) fn length(&mut self) -> usize {
        usize::try_from(self.number()).unwrap_or(usize::MAX)
    }

    /// The next `length` bytes, or all that are left.
    pub(super) fn slice(&mut self, length: usize) -> &'a [u8] {
        let (slice, rest) = self.bytes.split_at(length.min(self.bytes.len()));
        self.bytes = rest;
        slice
    }

    /// Bytes as [`write_bytes`] writes them.
    pub(super) fn bytes(&mut self) -> &'a [u8] {
        let length = self.length();
        self.slice(length)
    }

    /// A list of word numbers as [`write_words`] writes it.
    pub(super) fn words(&mut self) -> WordNumbers<'a> {
        let count = self.length();
        WordNumbers { bytes: self.slice(count.saturating_mul(WIDTH)) }
    }
}

const WIDTH: usize = size_of::<u32>();

/// Numbers of words in a program.
#[derive(Debug, Clone, Copy)]
pub(super) struct WordNumbers<'a> {
    bytes: &'a [u8],
}

impl WordNumbers<'_> {
    pub(super) fn len(self) -> usize {
        self.bytes.len() / WIDTH
    }

    pub(super) fn get(self, index: usize) -> Option<u32> {
        let bytes = self.bytes.get(index * WIDTH..(index + 1) * WIDTH)?;
        bytes.try_into().ok().map(u32::from_le_bytes)
    }

    pub(super) fn iter(self) -> impl Iterator<Item = u32> {
        (0..self.len()).filter_map(move |index| self.get(index))
    }
}

/// Writes seven bits per byte, the lowest first.
pub(super) fn write_number(number: u64, into: &mut Vec<u8>) {
    let mut rest = number;
    while rest >= 0x80 {
        into.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    into.push(rest as u8);
}

pub(super) fn write_bytes(bytes: &[u8], into: &mut Vec<u8>) {
    write_number(bytes.len() as u64, into);
    into.extend_from_slice(bytes);
}

pub(super) fn write_words(words: &[u32], into: &mut Vec<u8>) {
    write_number(words.len() as u64, into);
    into.extend(words.iter().flat_map(|word| word.to_le_bytes()));
}
