//! Decodes bodies, and limits how much they may grow while they are decoded.
//!
//! It counts the decoded bytes itself, and does not rely on any length that the host claims.

use std::io::Read;

use brotli_decompressor::Decompressor;
use bytes::Bytes;
use flate2::bufread::{DeflateDecoder, GzDecoder, ZlibDecoder};
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use crate::error::SendError;

/// The value of the `Accept-Encoding` header.
pub(crate) const ACCEPTED: &str = "gzip, br, zstd";

/// How many times its size a body may grow to. Text shrinks to a fiftieth at best, so a body that grows more than this was
/// made to do so.
const MAX_GROWTH: u64 = 200;
/// Up to this many decoded bytes, the growth is not limited.
const FREE_BYTES: u64 = 1024 * 1024;
/// The maximum window size of zstd. RFC 9659 sets this limit for HTTP.
const ZSTD_WINDOW: u64 = 8 * 1024 * 1024;
/// How many bytes one step decodes.
const STEP: usize = 64 * 1024;

/// The most encodings on top of each other that are undone.
const MOST_LAYERS: usize = 3;
/// How many bytes show whether a body is text.
const SHOWN_BYTES: usize = 512;

/// How a body is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Gzip,
    Zstd,
    Brotli,
    /// zlib, or deflate without its header, which some servers send.
    Deflate,
}

/// Decodes the body, to at most `limit` bytes. Its first bytes decide, because many servers name a wrong encoding or none.
/// Only for encodings without such bytes does the `Content-Encoding` header count, and only if the body is in them.
///
/// # Errors
/// If the body is broken, too large, or grows too much.
pub(crate) fn decode(header: &str, body: Bytes, limit: u64) -> Result<Bytes, SendError> {
    let bounds = DecodeLimit { limit, encoded: body.len() as u64 };
    let mut decoded = body;
    for _ in 0..MOST_LAYERS {
        let Some(encoding) = Encoding::by_magic(&decoded) else { break };
        decoded = encoding.decode(&decoded, &bounds)?;
    }
    match Encoding::by_header(header).filter(|_| !decoded.is_empty()) {
        Some(encoding) => match encoding.decode(&decoded, &bounds) {
            Err(SendError::Broken { .. }) if is_text(&decoded) => Ok(decoded),
            unpacked => unpacked,
        },
        None => Ok(decoded),
    }
}

impl Encoding {
    fn by_magic(body: &[u8]) -> Option<Self> {
        match body {
            [0x1f, 0x8b, 8, ..] => Some(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::Zstd),
            // RFC 1950: the window of 32 KiB, and a check of the two bytes. No text begins so.
            [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => Some(Self::Deflate),
            _ => None,
        }
    }

    /// The encoding without magic bytes that a header names.
    fn by_header(header: &str) -> Option<Self> {
        header.split(',').find_map(|name| match name.trim().to_ascii_lowercase().as_str() {
            "br" => Some(Self::Brotli),
            "deflate" => Some(Self::Deflate),
            _ => None,
        })
    }

    fn decode(self, body: &[u8], bounds: &DecodeLimit) -> Result<Bytes, SendError> {
        let mut decoded = Vec::new();
        let mut rest = body;
        match self {
            // Parts may follow each other. Bytes after them that begin no part are ignored, as browsers do.
            Self::Gzip => {
                while Self::by_magic(rest) == Some(Self::Gzip) {
                    bounds.read(GzDecoder::new(&mut rest), &mut decoded)?;
                }
            }
            Self::Zstd => {
                while Self::by_magic(rest) == Some(Self::Zstd) {
                    let mut frame = FrameDecoder::new();
                    frame.set_max_window_size(ZSTD_WINDOW);
                    let frame = StreamingDecoder::new_with_decoder(&mut rest, frame);
                    bounds.read(frame.map_err(broken)?, &mut decoded)?;
                }
            }
            Self::Brotli => bounds.read(Decompressor::new(body, STEP), &mut decoded)?,
            Self::Deflate => {
                if let Err(error) = bounds.read(ZlibDecoder::new(body), &mut decoded) {
                    if !matches!(error, SendError::Broken { .. }) {
                        return Err(error);
                    }
                    decoded.clear();
                    bounds.read(DeflateDecoder::new(body), &mut decoded)?;
                }
            }
        }
        Ok(decoded.into())
    }
}

/// Whether a body begins like a text in any usual encoding of characters.
fn is_text(body: &[u8]) -> bool {
    let start = &body[..body.len().min(SHOWN_BYTES)];
    let is_wide = start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]);
    // ISO 2022 switches alphabets with the escape character.
    let is_usual = |byte: &u8| matches!(byte, b'\t' | b'\n' | 0x0c | b'\r' | 0x1b | 0x20..);
    is_wide || start.iter().all(is_usual)
}

/// The limits on the decoded size of a body.
struct DecodeLimit {
    limit: u64,
    /// The size in bytes of the body as it came.
    encoded: u64,
}

impl DecodeLimit {
    /// Reads the decoded bytes of `source` and appends them to `decoded`.
    fn read(&self, mut source: impl Read, decoded: &mut Vec<u8>) -> Result<(), SendError> {
        let mut step = vec![0; STEP];
        loop {
            let read = source.read(&mut step).map_err(broken)?;
            if read == 0 {
                return Ok(());
            }
            decoded.extend_from_slice(&step[..read]);
            let grown = decoded.len() as u64;
            if grown > self.limit {
                return Err(SendError::TooLarge { limit: self.limit });
            }
            if grown > FREE_BYTES && grown / MAX_GROWTH > self.encoded {
                return Err(SendError::Bomb { times: MAX_GROWTH });
            }
        }
    }
}

fn broken(error: impl std::fmt::Display) -> SendError {
    SendError::broken(format!("it cannot be decoded: {error}"))
}
