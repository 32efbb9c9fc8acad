//! The text files, in a snapshot: it names them and holds what stands on them behind
//! everything else, so that a start which finds them need not read that.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use wirefold_dedup::codec::Stand;
use wirefold_dedup::{TextFile, written};

use super::frames::{Pieces, Unfit};
use crate::text_file::{Folder, Texts};

/// More than these are made one, so that a detector that is started over and over does not run out of
/// open files: each start makes its own.
const MOST: usize = 64;

/// A text file as a snapshot names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    /// "" of one that nobody finds again.
    pub(crate) name: String,
    /// As many bytes of it belong to the snapshot.
    pub(crate) length: u64,
}

written!(Named { name, length });

/// The text files of a snapshot that is being written.
pub(crate) struct StandingTexts(Vec<(Arc<Texts>, u64)>);

impl StandingTexts {
    /// These text files, as far as something stands on them by now.
    pub(crate) fn now(folder: &Folder, text_files: &[Arc<dyn TextFile>]) -> Self {
        let own =
            |text_file| folder.own(text_file).expect("the detector has its text_files from there");
        let texts = text_files.iter().map(own);
        Self(texts.map(|texts| (texts.clone(), texts.length())).collect())
    }

    pub(crate) fn named(&self) -> Vec<Named> {
        let named = |(texts, length): &(Arc<Texts>, u64)| Named {
            name: texts.name().to_owned(),
            length: *length,
        };
        self.0.iter().map(named).collect()
    }

    /// Gives everything away that stands on them, one after the other.
    pub(crate) fn copy(&self, give: &mut dyn FnMut(Vec<u8>)) {
        self.0.iter().for_each(|(texts, length)| texts.copy(*length, give));
    }

    /// Returns once a start after a power cut will find them: those that have a name, while their
    /// folder is there. What it does not find, it takes from the snapshot.
    pub(crate) fn sync(&self, folder: &Folder) -> io::Result<()> {
        let mut named = self.0.iter().filter(|(texts, _)| !texts.name().is_empty()).peekable();
        let has_names = named.peek().is_some();
        named.try_for_each(|(texts, _)| texts.sync())?;
        match folder.sync() {
            Err(error) if has_names && error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// The text files of a snapshot that is gone back to.
pub(crate) struct Places {
    stands: Vec<Stand>,
    /// What stood on each, and the text file that it is to be put on, where it does not stand there.
    lengths: Vec<(u64, Option<Arc<Texts>>)>,
}

impl Places {
    /// Those that are there, and new ones for what the others held.
    pub(crate) fn find(folder: &Folder, named: &[Named]) -> Self {
        let mut places = Self { stands: Vec::new(), lengths: Vec::new() };
        let one = (named.len() > MOST).then(|| folder.fresh());
        let mut end = 0;
        for Named { name, length } in named {
            let found = if one.is_some() { None } else { folder.find(name, *length) };
            let fresh = match found {
                Some(_) => None,
                None => Some(one.clone().unwrap_or_else(|| folder.fresh())),
            };
            let start = if one.is_some() { end } else { 0 };
            end += length;
            if let Some(text_file) = found.or_else(|| fresh.clone()) {
                places.stands.push(Stand { text_file, start });
            }
            places.lengths.push((*length, fresh));
        }
        places
    }

    pub(crate) fn stands(&self) -> Vec<Stand> {
        self.stands.clone()
    }

    /// Whether some text files are not there.
    pub(crate) fn lack_some(&self) -> bool {
        self.lengths.iter().any(|(_, fresh)| fresh.is_some())
    }

    /// Puts what is missing onto the new text files.
    pub(crate) fn fill(&self, pieces: &mut Pieces) -> Result<(), Unfit> {
        for (length, fresh) in &self.lengths {
            let mut rest = *length;
            while rest > 0 {
                let piece = pieces.next().ok_or(Unfit::Short)?;
                // A piece is of one text file.
                rest = rest.checked_sub(piece.len() as u64).ok_or(Unfit::Broken)?;
                if let Some(fresh) = fresh {
                    fresh.append(&piece);
                }
            }
        }
        pieces.end_part()
    }
}

/// The names among these.
pub(crate) fn names(named: Vec<Named>) -> BTreeSet<String> {
    named.into_iter().map(|named| named.name).collect()
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;
    use crate::snapshot::frames::Pieces;

    /// More text files than a start keeps by themselves, with a text each.
    #[test]
    fn many_become_one() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::lasting(root.path());
        let text = |number: usize| format!("text {number}").into_bytes();
        let text_files: Vec<Arc<dyn TextFile>> = (0..=MOST).map(|_| folder.fresh() as _).collect();
        for (number, text_file) in text_files.iter().enumerate() {
            assert_eq!(text_file.put(&text(number)), Some(0));
        }
        let standing = StandingTexts::now(&folder, &text_files);
        let (sender, pieces) = mpsc::channel(2 * MOST);
        let mut total = 0;
        standing.copy(&mut |piece| {
            total += piece.len() as u64;
            sender.try_send(piece).unwrap();
        });
        sender.try_send(total.to_le_bytes().to_vec()).unwrap();
        let places = Places::find(&folder, &standing.named());
        places.fill(&mut Pieces::behind(0, pieces)).unwrap();
        let stands = places.stands();
        assert_eq!(stands.len(), text_files.len());
        for (number, Stand { text_file, start }) in stands.iter().enumerate() {
            assert!(Arc::ptr_eq(text_file, &stands[0].text_file));
            let mut bytes = text(number);
            bytes.fill(0);
            text_file.read(*start, &mut bytes);
            assert_eq!(bytes, text(number));
        }
    }
}
