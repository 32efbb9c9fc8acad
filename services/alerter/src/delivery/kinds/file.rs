//! A channel that adds each revision to a file, as one line of JSON.
//!
//! Comes in: a message. Goes out: a line on disk. Only a settings file can name the file, so nobody can write
//! one through the API.

use std::fs::OpenOptions;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::delivery::{Failure, Sent, ToSend};

/// How many bytes at the end of the file are searched for a line written before a kill. It is more than all
/// revisions under way.
const TAIL: u64 = 1024 * 1024;

/// A file that each revision is added to, as one line of JSON.
#[derive(Debug, Clone)]
pub struct FileTarget {
    /// The file.
    pub path: PathBuf,
}

/// The fields that identify a line.
#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Id {
    id: String,
    /// A digest has none.
    #[serde(default)]
    revision: u64,
}

impl FileTarget {
    /// Adds a message. Every revision gets a line, also those that do not notify.
    pub(in crate::delivery) async fn send(&self, message: &ToSend<'_>) -> Sent {
        let (path, json) = (self.path.clone(), message.json()?);
        let appended = tokio::task::spawn_blocking(move || {
            let later = |error: io::Error| Failure::later(format!("{}: {error}", path.display()));
            append(&path, &json).map(|()| None).map_err(later)
        });
        appended.await.unwrap_or_else(|_| Err(Failure::later("the writing of the file ended")))
    }
}

/// Adds a line unless the file has it already, and waits until it is on disk.
fn append(path: &Path, json: &[u8]) -> io::Result<()> {
    let mut file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    // Several revisions at once, alerts and the feed digest write independently, and a process from before a
    // restart may still write.
    file.lock()?;
    let length = file.seek(SeekFrom::End(0))?;
    let start = length.saturating_sub(TAIL);
    file.seek(SeekFrom::Start(start))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    // A kill may have left a partial last line. It is written again.
    let whole = tail.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    if whole == 0 && start > 0 {
        return Err(io::Error::other("its last line is not an alert"));
    }
    let id: Id = serde_json::from_slice(json)?;
    let is_there = |line: &[u8]| serde_json::from_slice::<Id>(line).is_ok_and(|it| it == id);
    if tail[..whole].split(|byte| *byte == b'\n').any(is_there) {
        return Ok(());
    }
    let end = start + whole as u64;
    file.set_len(end)?;
    file.seek(SeekFrom::Start(end))?;
    file.write_all(&[json, b"\n"].concat())?;
    file.sync_data()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_written_once_and_a_torn_one_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alerts.jsonl");
        let (first, second) = (br#"{"id":"a","revision":1}"#, br#"{"id":"a","revision":2}"#);
        append(&path, first).unwrap();
        append(&path, first).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"{\"id\":\"a\",\"revision\":1}\n");
        let torn = [first.as_slice(), b"\n{\"id\":\"a\",\"rev"].concat();
        std::fs::write(&path, torn).unwrap();
        append(&path, second).unwrap();
        append(&path, first).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, "{\"id\":\"a\",\"revision\":1}\n{\"id\":\"a\",\"revision\":2}\n");
    }

    #[test]
    fn two_concurrent_writers_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alerts.jsonl");
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let path = &path;
                scope.spawn(move || {
                    for revision in 0..50 {
                        let json = format!("{{\"id\":\"{writer}\",\"revision\":{revision}}}");
                        append(path, json.as_bytes()).unwrap();
                    }
                });
            }
        });
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 200);
    }
}
