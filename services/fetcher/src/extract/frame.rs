//! The protocol between parent and child.
//!
//! The child starts with [`HELLO`]; the parent skips everything before it. Then comes a header with the
//! child's [`Sandbox`](super::Sandbox). A request is a header and the page; an answer is a header alone.
//! A header is JSON after its length in four bytes, little-endian.

use std::io::{self, Read, Write};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Page, Rule};

/// The child's first bytes; the last is the version of this protocol.
pub(super) const HELLO: &[u8] = b"\0wirefold feed extraction 4\n";

/// The longest header, in bytes.
const LONGEST_HEADER: usize = 32 * 1024 * 1024;

/// The most bytes of a page that are read. On longer pages the article is well before that.
pub(super) const LONGEST_PAGE: usize = 4 * 1024 * 1024;

/// A request for the article of a page.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Request {
    /// The address of the page.
    pub(super) url: String,
    /// The rule of its feed.
    pub(super) rule: Rule,
    /// The length of the page that follows.
    pub(super) bytes: usize,
    /// The limits of the child; no limits if absent.
    pub(super) limits: Option<Limits>,
}

/// The limits of the child.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Limits {
    /// Address space in bytes.
    pub(super) memory: u64,
    /// Processor time for this page.
    pub(super) cpu: Duration,
}

/// The child's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Reply {
    /// The article.
    Page(Box<Page>),
    /// There is no article.
    Nothing,
    /// The extraction panicked; the child continues.
    Crashed,
}

/// The bytes of a header.
pub(super) fn header<T: Serialize>(content: &T) -> io::Result<Vec<u8>> {
    let json = serde_json::to_vec(content).map_err(io::Error::other)?;
    let length = u32::try_from(json.len()).map_err(io::Error::other)?;
    Ok([length.to_le_bytes().as_slice(), &json].concat())
}

/// The length in four bytes, unless it is too large.
pub(super) fn length(bytes: [u8; 4]) -> io::Result<usize> {
    let length = usize::try_from(u32::from_le_bytes(bytes)).map_err(io::Error::other)?;
    if length > LONGEST_HEADER {
        return Err(io::Error::other("an absurdly long header"));
    }
    Ok(length)
}

/// Reads the content of a header.
pub(super) fn content<T: DeserializeOwned>(json: &[u8]) -> io::Result<T> {
    serde_json::from_slice(json).map_err(io::Error::other)
}

/// Reads a request and its page; `None` at the end of the input.
pub(super) fn read_request(input: &mut impl Read) -> io::Result<Option<(Request, Vec<u8>)>> {
    let mut start = [0_u8; 4];
    match input.read_exact(&mut start) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let mut json = vec![0; length(start)?];
    input.read_exact(&mut json)?;
    let request: Request = content(&json)?;
    if request.bytes > LONGEST_PAGE {
        return Err(io::Error::other("an absurdly long page"));
    }
    let mut page = vec![0; request.bytes];
    input.read_exact(&mut page)?;
    Ok(Some((request, page)))
}

/// Writes a header, such as an answer, and sends it.
pub(super) fn write_header(output: &mut impl Write, content: &impl Serialize) -> io::Result<()> {
    output.write_all(&header(content)?)?;
    output.flush()
}
