//! Bodies that grow a thousand times when unpacked: gzip, zstd, brotli, and nested ones.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::super::loopback::Answer;
use super::super::scene::{Attack, ServerRequests};

pub(super) const ATTACK: Attack = Attack {
    name: "bombs",
    aim: "fill the memory by bodies that grow when unpacked",
    feeds: |sites| {
        let paths = ["gzip", "zstd", "brotli", "gzip-gzip", "zstd-gzip", "tenfold"];
        paths.into_iter().map(|path| (path, format!("{}/{path}", sites.hostile))).collect()
    },
    answer: |asked, _| match asked.path.as_str() {
        "/gzip" => encoded("gzip", gzip(&[b' '; 200_000_000])),
        "/zstd" => encoded("zstd", zstd()),
        "/brotli" => encoded("br", brotli()),
        "/gzip-gzip" => encoded("gzip, gzip", gzip(&gzip(&[b' '; 200_000_000]))),
        "/zstd-gzip" => encoded("zstd, gzip", gzip(&zstd())),
        "/tenfold" => {
            encoded(&["gzip"; 10].join(", "), (0..10).fold(Vec::new(), |body, _| gzip(&body)))
        }
        _ => Answer::status(404),
    },
    faults: |_, requests| Ok(faults(requests)),
    ..Attack::PLAIN
};

fn faults(requests: &ServerRequests) -> Vec<String> {
    let silent = |id: &&str| requests.problem(id).is_empty();
    let names = ["gzip", "zstd", "brotli", "gzip-gzip", "zstd-gzip", "tenfold"];
    names.into_iter().filter(silent).map(|id| format!("{id} was read")).collect()
}

fn encoded(how: &str, body: Vec<u8>) -> Answer {
    Answer::With(200, vec![("content-encoding", how.to_owned())], body)
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let written = encoder.write_all(body).and_then(|()| encoder.finish());
    written.unwrap_or_default()
}

/// 200 MB of spaces: blocks of one byte repeated (RFC 8878, section 3.1.1.2.2).
fn zstd() -> Vec<u8> {
    let mut body = vec![0x28, 0xb5, 0x2f, 0xfd, 0, 0x58];
    for _ in 0..1_600 {
        let head = (131_072_u32 << 3) | 0b010;
        body.extend(&head.to_le_bytes()[..3]);
        body.push(b' ');
    }
    body.extend([1, 0, 0]);
    body
}

/// 160 MB of spaces: blocks of one literal and one copy of it (RFC 7932, section 9.2).
fn brotli() -> Vec<u8> {
    let mut bits = Bits::default();
    bits.put(0, 1);
    for _ in 0..10 {
        // Not the last block; 16 MiB, in six nibbles; compressed.
        bits.put(0, 1);
        bits.put(2, 2);
        bits.put((1 << 24) - 1, 24);
        bits.put(0, 1);
        // One block type each, no postfix, no direct distances, one context, one tree each.
        for width in [1, 1, 1, 2, 4, 2, 1, 1] {
            bits.put(0, width);
        }
        // Codes of one symbol: a space; insert one and copy 2118 or more; distance 1 or 2.
        for (symbol, width) in [(0x20, 8), (399, 10), (16, 6)] {
            bits.put(1, 2);
            bits.put(0, 2);
            bits.put(symbol, width);
        }
        bits.put((1 << 24) - 1 - 2118, 24);
        bits.put(0, 1);
    }
    bits.put(0b11, 2);
    bits.bytes
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    count: usize,
}

impl Bits {
    /// Adds the lowest bits of a value, the lowest first.
    fn put(&mut self, value: u32, width: usize) {
        for at in 0..width {
            if self.count.is_multiple_of(8) {
                self.bytes.push(0);
            }
            let bit = u8::from(value >> at & 1 == 1);
            if let Some(last) = self.bytes.last_mut() {
                *last |= bit << (self.count % 8);
            }
            self.count += 1;
        }
    }
}
