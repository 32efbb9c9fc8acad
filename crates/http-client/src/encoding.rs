//! Decodes bodies, and limits how much they may grow while they are decoded.
//!
//! It counts the decoded bytes itself, and does not rely on any length that the host claims.

use std::io::Read;

use brotli_decompressor::Decompressor;
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
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

/// How a body is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Gzip,
    Brotli,
    Zstd,
}

impl Encoding {
    /// The encoding that a `Content-Encoding` header names. `None` if the body is not encoded.
    ///
    /// # Errors
    /// If it names an encoding that the request did not accept.
    pub(crate) fn from_header(header: Option<&[u8]>) -> Result<Option<Self>, SendError> {
        let name = header.unwrap_or_default().trim_ascii().to_ascii_lowercase();
        match &*name {
            b"" | b"identity" => Ok(None),
            b"gzip" | b"x-gzip" => Ok(Some(Self::Gzip)),
            b"br" => Ok(Some(Self::Brotli)),
            b"zstd" => Ok(Some(Self::Zstd)),
            _ => Err(SendError::broken("an encoding that the request did not accept")),
        }
    }

    /// Decodes the body, to at most `limit` bytes.
    pub(crate) fn decode(self, body: &[u8], limit: u64) -> Result<Bytes, SendError> {
        // Some servers name an encoding although the response has no body.
        if body.is_empty() {
            return Ok(Bytes::new());
        }
        let bounds = DecodeLimit { limit, encoded: body.len() as u64 };
        let mut decoded = Vec::new();
        match self {
            Self::Gzip => bounds.read(MultiGzDecoder::new(body), &mut decoded)?,
            Self::Brotli => bounds.read(Decompressor::new(body, STEP), &mut decoded)?,
            Self::Zstd => {
                let mut rest = body;
                while !rest.is_empty() {
                    let mut frame = FrameDecoder::new();
                    frame.set_max_window_size(ZSTD_WINDOW);
                    let frame = StreamingDecoder::new_with_decoder(&mut rest, frame);
                    bounds.read(frame.map_err(broken)?, &mut decoded)?;
                }
            }
        }
        Ok(decoded.into())
    }
}

/// The limits on the decoded size of a body.
struct DecodeLimit {
    limit: u64,
    /// The size of the encoded body in bytes.
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
