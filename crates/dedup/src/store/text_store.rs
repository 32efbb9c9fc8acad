//! Stores the packed text, body and notes of each article, in memory or in a text file.

use std::borrow::Cow;
use std::fmt::Debug;
use std::sync::Arc;

use crate::body::lexicon::PackedBody;
use crate::codec::{Encode, Reader, TextFile, Writer, written, written_bytes};
use crate::judge::notes::PackedNotes;

/// Creates text files.
pub trait TextFiles: Send + Sync + Debug {
    /// A new text file. `None` if none can be created: the texts then stay in memory.
    fn open(&self) -> Option<Arc<dyn TextFile>>;

    /// The number of latest articles that stay in memory, because they are read most: some 2 MB.
    fn recent_in_memory(&self) -> u32 {
        1024
    }
}

/// The packed text, body and notes of an article, or their position in a text file.
#[derive(Debug, Clone)]
pub(crate) enum StoredParts {
    InMemory(Box<PackedParts>),
    /// The text file has text, body and notes at `position`, directly after one another.
    InFile {
        text_file: Arc<dyn TextFile>,
        position: u64,
        lengths: [u32; PARTS],
    },
}

/// The packed text, body and notes of an article, in memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct PackedParts {
    pub(crate) text: TextBytes,
    pub(crate) body: PackedBody,
    pub(crate) notes: PackedNotes,
}

/// An original text, not yet analysed.
#[derive(Debug, Clone, Default)]
pub(crate) struct TextBytes(Box<[u8]>);

impl TextBytes {
    pub(crate) fn new(text: &str) -> TextBytes {
        TextBytes(text.as_bytes().into())
    }

    /// The text. Its bytes are valid UTF-8 if the text file returns what was written.
    pub(crate) fn open(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }
}

/// The number of parts: text, body and notes.
const PARTS: usize = 3;

impl Default for StoredParts {
    fn default() -> StoredParts {
        StoredParts::InMemory(Box::default())
    }
}

impl StoredParts {
    /// Text, body and notes. All three are read at once, because one read of a text file is most of
    /// the cost.
    pub(crate) fn open(&self) -> Cow<'_, PackedParts> {
        match self {
            StoredParts::InMemory(packed) => Cow::Borrowed(packed),
            StoredParts::InFile { text_file, position, lengths } => {
                Cow::Owned(read_parts(&**text_file, *position, lengths))
            }
        }
    }

    /// The number of bytes of text, body and notes.
    pub(crate) fn length(&self) -> u64 {
        match self {
            StoredParts::InMemory(packed) => {
                (packed.text.0.len() + packed.body.0.len() + packed.notes.0.len()) as u64
            }
            StoredParts::InFile { lengths, .. } => {
                lengths.iter().map(|length| u64::from(*length)).sum()
            }
        }
    }

    /// Moves the parts to another text file, or to memory if there is none or it has no room.
    pub(crate) fn move_to(&mut self, text_file: Option<&Arc<dyn TextFile>>) {
        let packed = self.open().into_owned();
        *self = StoredParts::InMemory(Box::new(packed));
        self.store_in(text_file);
    }

    /// The text file that has the parts. `None` if they are in memory.
    pub(crate) fn text_file(&self) -> Option<&Arc<dyn TextFile>> {
        match self {
            StoredParts::InMemory(..) => None,
            StoredParts::InFile { text_file, .. } => Some(text_file),
        }
    }

    /// Moves the parts from memory to a text file. They stay in memory if it has no room.
    pub(crate) fn store_in(&mut self, text_file: Option<&Arc<dyn TextFile>>) {
        if let Some(text_file) = text_file
            && let Some((bytes, lengths)) = self.bytes_in_memory()
            && let Some(position) = text_file.put(&bytes)
        {
            *self = StoredParts::InFile { text_file: text_file.clone(), position, lengths };
        }
    }

    /// The bytes of all parts and the length of each, if they are in memory.
    fn bytes_in_memory(&self) -> Option<(Vec<u8>, [u32; PARTS])> {
        let StoredParts::InMemory(packed) = self else { return None };
        let parts: [&[u8]; PARTS] = [&packed.text.0, &packed.body.0, &packed.notes.0];
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).ok();
        let [Some(text), Some(body), Some(notes)] = parts.map(length) else { return None };
        Some((parts.concat(), [text, body, notes]))
    }
}

fn read_parts(text_file: &dyn TextFile, position: u64, lengths: &[u32; PARTS]) -> PackedParts {
    let mut bytes = vec![0; lengths.iter().map(|length| *length as usize).sum()];
    text_file.read(position, &mut bytes);
    let [text_length, body_length, _] = lengths.map(|length| length as usize);
    let notes = PackedNotes(bytes.split_off(text_length + body_length).into());
    let body = PackedBody(bytes.split_off(text_length).into());
    PackedParts { text: TextBytes(bytes.into()), body, notes }
}

/// A snapshot has the parts that are in memory, and only the position of those in a text file: text
/// files outlive the process.
impl Encode for StoredParts {
    fn write_to(&self, to: &mut Writer<'_>) {
        match self {
            StoredParts::InMemory(packed) => {
                IN_MEMORY.write_to(to);
                packed.write_to(to);
            }
            StoredParts::InFile { text_file, position, lengths } => {
                to.text_file_number(text_file).write_to(to);
                position.write_to(to);
                lengths.iter().for_each(|length| length.write_to(to));
            }
        }
    }

    fn read_from(from: &mut Reader<'_>) -> Option<StoredParts> {
        let number = u32::read_from(from)?;
        if number == IN_MEMORY {
            return Some(StoredParts::InMemory(Encode::read_from(from)?));
        }
        let stand = from.text_file_location(number)?;
        let (text_file, start) = (stand.text_file.clone(), stand.start);
        let position = start.checked_add(Encode::read_from(from)?)?;
        let mut lengths = [0; PARTS];
        for length in &mut lengths {
            *length = Encode::read_from(from)?;
        }
        Some(StoredParts::InFile { text_file, position, lengths })
    }
}

written!(PackedParts { text, body, notes });
written_bytes!(TextBytes);

/// In a snapshot, the number in place of a text file's number if the parts are in memory.
const IN_MEMORY: u32 = u32::MAX;

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::codec::TextFileLocation;
    use crate::detector::Detector;
    use crate::detector::incoming::Incoming;
    use crate::detector::verdict::Verdict;
    use crate::ids::DocId;
    use crate::settings::{DAY, Settings};

    /// A text file in memory, with no room for every third text.
    #[derive(Debug, Default)]
    struct FakeTextFile(Mutex<(u64, Vec<u8>)>);

    impl TextFile for FakeTextFile {
        fn put(&self, bytes: &[u8]) -> Option<u64> {
            let (asked, bytes_held) = &mut *self.0.lock().unwrap();
            *asked += 1;
            let position = bytes_held.len() as u64;
            (*asked % 3 != 0).then(|| bytes_held.extend_from_slice(bytes)).map(|()| position)
        }

        fn read(&self, position: u64, bytes: &mut [u8]) {
            let held = &self.0.lock().unwrap().1;
            let from = usize::try_from(position).unwrap();
            bytes.copy_from_slice(&held[from..from + bytes.len()]);
        }
    }

    /// All text files that were created.
    #[derive(Debug, Default)]
    struct FakeTextFiles(Mutex<Vec<std::sync::Weak<FakeTextFile>>>);

    impl TextFiles for FakeTextFiles {
        fn open(&self) -> Option<Arc<dyn TextFile>> {
            let file = Arc::new(FakeTextFile::default());
            self.0.lock().unwrap().push(Arc::downgrade(&file));
            Some(file)
        }

        fn recent_in_memory(&self) -> u32 {
            4
        }
    }

    /// The verdicts about 72 articles of twelve days. Each third one is a reprint, and all have a
    /// quotation.
    fn verdicts(detector: &mut Detector) -> Vec<Verdict> {
        let own = |n: usize| -> String {
            (0..90).map(|word| format!("w{} ", (n * 991 + word * 7) % 4_999)).collect()
        };
        let text = |n: usize| match n % 3 {
            2 => format!("{} “it was said so by all of us here” {}", own(n - 2), n),
            _ => format!("{} “it was said so by all of us here”", own(n)),
        };
        let observe = |n: usize| {
            let (item, text) = (n.to_string(), text(n));
            let time = DAY * i64::try_from(n / 6).unwrap();
            let items = [item.as_str()];
            detector.observe(&Incoming {
                items: &items,
                text: &text,
                time,
                published: time,
                ..Incoming::default()
            })
        };
        (0..72).map(observe).collect()
    }

    /// A snapshot has only the positions of texts in text files, and can be read although the bytes
    /// are in another text file by then.
    #[test]
    fn a_snapshot_with_positions_is_read_with_other_text_files_of_the_same_bytes() {
        let files = Arc::new(FakeTextFiles::default());
        let text_files: Arc<dyn TextFiles> = files.clone();
        let mut detector = Detector::new(Settings::default()).with_text_files(Some(text_files));
        verdicts(&mut detector);
        let (mut written, one) = (Vec::new(), Arc::new(FakeTextFile::default()));
        let mut give = |piece| written.extend::<Vec<u8>>(piece);
        let mut writer = Writer::new(&mut give);
        detector.write_to(&mut writer);
        writer.finish();
        let mut stands = Vec::new();
        for file in files.0.lock().unwrap().iter().filter_map(std::sync::Weak::upgrade) {
            let all = &mut one.0.lock().unwrap().1;
            stands.push(TextFileLocation { text_file: one.clone(), start: all.len() as u64 });
            all.extend(&file.0.lock().unwrap().1);
        }
        assert_eq!(stands.len(), detector.text_files().len());
        assert!(stands.len() > 2 && one.0.lock().unwrap().1.len() > 9_000);
        let read = |found: Vec<TextFileLocation>| {
            let mut piece = Some(written.clone());
            let mut next = || piece.take();
            let mut from = Reader::new(&mut next).with_text_files(found);
            Detector::read_from(Settings::default(), &mut from)
        };
        assert!(read(stands[1..].to_vec()).is_none(), "not all text_files are there");
        let again = read(stands).unwrap();
        assert_eq!(again.text_files().len(), 1);
        for doc in (0..72).map(DocId) {
            let texts = |of: &Detector| {
                let stored = &of.docs.get(doc)?.stored;
                let packed = stored.open().into_owned();
                Some((packed.text.0, packed.body.0, packed.notes.0))
            };
            assert_eq!(texts(&again), texts(&detector));
        }
    }

    #[test]
    fn verdicts_do_not_change_and_text_files_are_closed_when_their_articles_are_gone() {
        let expected = verdicts(&mut Detector::new(Settings::default()));
        let files = Arc::new(FakeTextFiles::default());
        let text_files: Arc<dyn TextFiles> = files.clone();
        let mut detector = Detector::new(Settings::default()).with_text_files(Some(text_files));
        assert_eq!(verdicts(&mut detector), expected);
        assert!(expected.iter().any(|verdict| verdict.story.first_article() != verdict.doc));
        let in_use = || files.0.lock().unwrap().iter().filter(|b| b.strong_count() > 0).count();
        let opened = files.0.lock().unwrap().len();
        assert_eq!((opened, in_use()), (12, 8));
        drop(detector);
        assert_eq!(in_use(), 0);
    }
}
