//! Packs headers and body of a message for the file.
//!
//! The content of a row is the length of the headers (four bytes, little-endian), the headers and the body. If it is long
//! enough and becomes shorter, it is stored as one frame of Zstandard (RFC 8878) with the [dictionary](crate::dictionary).
//! `length` is its length before. A row with as many bytes of content as that is not compressed.

use bytes::Bytes;
use wirefold_flow::Headers;
use zstd::bulk::{Compressor, Decompressor};

use crate::dictionary::dictionary;

/// On texts of news, level 3 takes 30 % more time than this one for 1 % fewer bytes.
const LEVEL: i32 = 1;
/// Shorter content is stored as it is.
const SHORTEST: usize = 128;
/// The bytes before the headers.
const LENGTH_BYTES: usize = size_of::<u32>();

/// Headers and body in their stored form.
pub(crate) struct Packed {
    /// The length of the content before it was compressed.
    pub(crate) length: u64,
    pub(crate) content: Vec<u8>,
}

/// Compresses and decompresses. It reuses its working memory, so there is one for each open file.
pub(crate) struct Packer {
    compressor: Compressor<'static>,
    decompressor: Decompressor<'static>,
}

impl Packer {
    pub(crate) fn new() -> Self {
        let words = dictionary();
        let why = "a dictionary of plain content is always accepted";
        let compressor = Compressor::with_dictionary(LEVEL, &words).expect(why);
        let decompressor = Decompressor::with_dictionary(&words).expect(why);
        Self { compressor, decompressor }
    }

    pub(crate) fn pack(&mut self, headers: &Headers, body: &[u8]) -> Packed {
        let headers = headers.packed();
        let length_of_headers = u32::try_from(headers.len()).unwrap_or(u32::MAX);
        let plain = [&length_of_headers.to_le_bytes()[..], headers, body].concat();
        let length = plain.len() as u64;
        let content = self.compress(&plain).unwrap_or(plain);
        Packed { length, content }
    }

    fn compress(&mut self, plain: &[u8]) -> Option<Vec<u8>> {
        let compressed = (plain.len() >= SHORTEST).then(|| self.compressor.compress(plain).ok());
        compressed.flatten().filter(|compressed| compressed.len() < plain.len())
    }

    /// Headers and body. `None` if this was not written by [`pack`](Self::pack).
    pub(crate) fn unpack(&mut self, content: &[u8], length: u64) -> Option<(Headers, Bytes)> {
        let length = usize::try_from(length).ok()?;
        let plain = match content.len() == length {
            true => content.to_vec(),
            false => self.decompressor.decompress(content, length).ok()?,
        };
        let mut plain = Bytes::from(plain);
        let length_of_headers = u32::from_le_bytes(*plain.first_chunk::<LENGTH_BYTES>()?);
        let end = LENGTH_BYTES.checked_add(usize::try_from(length_of_headers).ok()?)?;
        let body = (plain.len() == length && end <= length).then(|| plain.split_off(end))?;
        Some((Headers::from_packed(plain.slice(LENGTH_BYTES..))?, body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::noise;

    fn check(headers: &Headers, body: &[u8]) -> Packed {
        let mut packer = Packer::new();
        let packed = packer.pack(headers, body);
        let unpacked = packer.unpack(&packed.content, packed.length);
        assert_eq!(unpacked, Some((headers.clone(), Bytes::copy_from_slice(body))));
        packed
    }

    #[test]
    fn a_repetitive_body_takes_less_than_its_length() {
        let body = "The ferry sails at nine. ".repeat(200);
        let packed = check(&Headers::from_iter([("Wf-Epoch", "1")]), body.as_bytes());
        assert!(packed.content.len() < body.len() / 20, "{} bytes", packed.content.len());
    }

    #[test]
    fn an_envelope_is_in_the_dictionary() {
        let headers = [
            ("ce-specversion", "1.0"),
            ("ce-source", "/wirefold/detector"),
            ("ce-type", "wirefold.output.article"),
            ("content-type", "application/json"),
        ];
        let body = br#"{"schema":"wirefold.output.article/4","id":"a-7","input":{"enriched":7,"control":0}}"#;
        let packed = check(&Headers::from_iter(headers), body);
        assert!(packed.content.len() < body.len(), "{} bytes", packed.content.len());
    }

    #[test]
    fn a_body_that_does_not_shrink_is_stored_as_it_is() {
        for body in [&b""[..], b"short", &noise(SHORTEST), &noise(5_000)] {
            let packed = check(&Headers::default(), body);
            assert_eq!(&packed.content[LENGTH_BYTES..], body);
        }
    }

    #[test]
    fn other_content_is_refused() {
        let mut packer = Packer::new();
        let packed = packer.pack(&Headers::default(), &[7; 1_000]);
        for (content, length) in [
            (&packed.content[..], packed.length + 1),
            (&packed.content[..], packed.length - 1),
            (&packed.content[1..], packed.length),
            (b"", 0),
            (b"abc", 3),
            (b"\xff\xff\xff\xffabc", 7),
            (b"\x01\0\0\0abc", 7),
        ] {
            assert_eq!(packer.unpack(content, length), None, "{content:?} {length}");
        }
    }
}
