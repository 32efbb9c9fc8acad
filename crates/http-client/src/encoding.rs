//! Decodes bodies, so that both the bytes that come in and those that come out are counted.
//!
//! Comes in: encoded bytes. Goes out: decoded bytes, or that there are too many. It never trusts the length that a host
//! claims.

use std::io::Read;

use brotli_decompressor::Decompressor;
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use crate::error::SendError;

/// What is asked for.
pub(crate) const ACCEPTED: &str = "gzip, br, zstd";

/// Text shrinks to a fiftieth at best; what grows beyond this is made to grow.
const MOST_TIMES: u64 = 200;
/// So many bytes may come of anything, however little it was.
const HARMLESS: u64 = 1024 * 1024;
/// The most bytes that a frame of zstd may look back. RFC 9659 gives it this bound for HTTP.
const ZSTD_WINDOW: u64 = 8 * 1024 * 1024;
/// How much is decoded at once.
const STEP: usize = 64 * 1024;

/// How a body is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Gzip,
    Brotli,
    Zstd,
}

impl Encoding {
    /// The encoding that a header names, if it names one that was asked for; none where the body
    /// stands as it is.
    pub(crate) fn named(header: Option<&[u8]>) -> Result<Option<Self>, SendError> {
        let name = header.unwrap_or_default().trim_ascii().to_ascii_lowercase();
        match &*name {
            b"" | b"identity" => Ok(None),
            b"gzip" | b"x-gzip" => Ok(Some(Self::Gzip)),
            b"br" => Ok(Some(Self::Brotli)),
            b"zstd" => Ok(Some(Self::Zstd)),
            _ => Err(SendError::broken("an encoding that was not asked for")),
        }
    }

    /// The body decoded, of at most `limit` bytes.
    pub(crate) fn decode(self, body: &[u8], limit: u64) -> Result<Bytes, SendError> {
        // Some servers announce an encoding of nothing, as with an answer without a body.
        if body.is_empty() {
            return Ok(Bytes::new());
        }
        let most = Most { limit, encoded: body.len() as u64 };
        let mut decoded = Vec::new();
        match self {
            Self::Gzip => most.read(MultiGzDecoder::new(body), &mut decoded)?,
            Self::Brotli => most.read(Decompressor::new(body, STEP), &mut decoded)?,
            Self::Zstd => {
                let mut rest = body;
                while !rest.is_empty() {
                    let mut frame = FrameDecoder::new();
                    frame.set_max_window_size(ZSTD_WINDOW);
                    let frame = StreamingDecoder::new_with_decoder(&mut rest, frame);
                    most.read(frame.map_err(broken)?, &mut decoded)?;
                }
            }
        }
        Ok(decoded.into())
    }
}

/// How much may come of a body.
struct Most {
    limit: u64,
    encoded: u64,
}

impl Most {
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
            if grown > HARMLESS && grown / MOST_TIMES > self.encoded {
                return Err(SendError::Bomb { times: MOST_TIMES });
            }
        }
    }
}

fn broken(error: impl std::fmt::Display) -> SendError {
    SendError::broken(format!("it cannot be decoded: {error}"))
}
