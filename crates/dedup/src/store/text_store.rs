//! The packed texts and notes of articles, in memory or on a text file.

use std::borrow::Cow;
use std::fmt::Debug;
use std::sync::Arc;

use crate::body::lexicon::PackedBody;
use crate::codec::{Reader, TextFile, Writer, Written, written, written_bytes};
use crate::judge::notes::PackedNotes;

/// Makes text files.
pub trait TextFiles: Send + Sync + Debug {
    /// A new one, or `None` where none can be had: all stays in memory then.
    fn open(&self) -> Option<Arc<dyn TextFile>>;

    /// So many of the latest articles, which are looked at most, stay in memory: some 2 MB.
    fn at_hand(&self) -> u32 {
        1024
    }
}

/// Where an article's text is, and what comparing asks of it.
#[derive(Debug, Clone)]
pub(crate) enum Resting {
    Here(Box<Held>),
    /// The body stands behind the text, and the notes behind the body.
    There {
        text_file: Arc<dyn TextFile>,
        place: u64,
        lengths: [u32; PARTS],
    },
}

/// What is packed, in memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct Held {
    pub(crate) text: TextBytes,
    pub(crate) body: PackedBody,
    pub(crate) notes: PackedNotes,
}

/// A text as it came, which nobody looked at yet.
#[derive(Debug, Clone, Default)]
pub(crate) struct TextBytes(Box<[u8]>);

impl TextBytes {
    pub(crate) fn new(text: &str) -> TextBytes {
        TextBytes(text.as_bytes().into())
    }

    /// The text. It is only read back where its bytes are those that were written.
    pub(crate) fn open(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }
}

/// Text, body and notes.
const PARTS: usize = 3;

impl Default for Resting {
    fn default() -> Resting {
        Resting::Here(Box::default())
    }
}

impl Resting {
    /// All of it: read once, which is most of what it costs.
    pub(crate) fn open(&self) -> Cow<'_, Held> {
        match self {
            Resting::Here(held) => Cow::Borrowed(held),
            Resting::There { text_file, place, lengths } => {
                Cow::Owned(taken(&**text_file, *place, lengths))
            }
        }
    }

    /// The bytes of all of it.
    pub(crate) fn length(&self) -> u64 {
        match self {
            Resting::Here(held) => {
                (held.text.0.len() + held.body.0.len() + held.notes.0.len()) as u64
            }
            Resting::There { lengths, .. } => lengths.iter().map(|length| u64::from(*length)).sum(),
        }
    }

    /// Puts it in another text file, or in memory where that has no room.
    pub(crate) fn move_to(&mut self, text_file: Option<&Arc<dyn TextFile>>) {
        let held = self.open().into_owned();
        *self = Resting::Here(Box::new(held));
        self.put_on(text_file);
    }

    /// The text file that it stands on.
    pub(crate) fn text_file(&self) -> Option<&Arc<dyn TextFile>> {
        match self {
            Resting::Here(..) => None,
            Resting::There { text_file, .. } => Some(text_file),
        }
    }

    /// Puts it in a text file, where that has room.
    pub(crate) fn put_on(&mut self, text_file: Option<&Arc<dyn TextFile>>) {
        if let Some(text_file) = text_file
            && let Some((bytes, lengths)) = self.in_parts()
            && let Some(place) = text_file.put(&bytes)
        {
            *self = Resting::There { text_file: text_file.clone(), place, lengths };
        }
    }

    /// Has it stand at a place of a text file, and gives the bytes that are to stand there; none if it is on a
    /// text file already.
    pub(crate) fn stands_at(
        &mut self,
        text_file: &Arc<dyn TextFile>,
        place: u64,
    ) -> Option<Vec<u8>> {
        let (bytes, lengths) = self.in_parts()?;
        *self = Resting::There { text_file: text_file.clone(), place, lengths };
        Some(bytes)
    }

    /// The bytes of what is in memory, with the length of each part.
    fn in_parts(&self) -> Option<(Vec<u8>, [u32; PARTS])> {
        let Resting::Here(held) = self else { return None };
        let parts: [&[u8]; PARTS] = [&held.text.0, &held.body.0, &held.notes.0];
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).ok();
        let [Some(text), Some(body), Some(notes)] = parts.map(length) else { return None };
        Some((parts.concat(), [text, body, notes]))
    }
}

fn taken(text_file: &dyn TextFile, place: u64, lengths: &[u32; PARTS]) -> Held {
    let mut bytes = vec![0; lengths.iter().map(|length| *length as usize).sum()];
    text_file.read(place, &mut bytes);
    let [text_length, body_length, _] = lengths.map(|length| length as usize);
    let notes = PackedNotes(bytes.split_off(text_length + body_length).into());
    let body = PackedBody(bytes.split_off(text_length).into());
    Held { text: TextBytes(bytes.into()), body, notes }
}

/// Of what stands in a text file only the place is written: the text file is kept by itself.
impl Written for Resting {
    fn write_to(&self, to: &mut Writer<'_>) {
        match self {
            Resting::Here(held) => {
                HERE.write_to(to);
                held.write_to(to);
            }
            Resting::There { text_file, place, lengths } => {
                to.number_of(text_file).write_to(to);
                place.write_to(to);
                lengths.iter().for_each(|length| length.write_to(to));
            }
        }
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Resting> {
        let number = u32::read_from(from)?;
        if number == HERE {
            return Some(Resting::Here(Written::read_from(from)?));
        }
        let stand = from.stand(number)?;
        let (text_file, start) = (stand.text_file.clone(), stand.start);
        let place = start.checked_add(Written::read_from(from)?)?;
        let mut lengths = [0; PARTS];
        for length in &mut lengths {
            *length = Written::read_from(from)?;
        }
        Some(Resting::There { text_file, place, lengths })
    }
}

written!(Held { text, body, notes });
written_bytes!(TextBytes);

/// Stands in the place of a text file's number.
const HERE: u32 = u32::MAX;

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::codec::Stand;
    use crate::detector::Detector;
    use crate::detector::incoming::Incoming;
    use crate::detector::verdict::Verdict;
    use crate::ids::DocId;
    use crate::settings::{DAY, Settings};

    /// A text file in memory, with no room for every third text.
    #[derive(Debug, Default)]
    struct Board(Mutex<(u64, Vec<u8>)>);

    impl TextFile for Board {
        fn put(&self, bytes: &[u8]) -> Option<u64> {
            let (asked, held) = &mut *self.0.lock().unwrap();
            *asked += 1;
            let place = held.len() as u64;
            (*asked % 3 != 0).then(|| held.extend_from_slice(bytes)).map(|()| place)
        }

        fn read(&self, place: u64, bytes: &mut [u8]) {
            let held = &self.0.lock().unwrap().1;
            let from = usize::try_from(place).unwrap();
            bytes.copy_from_slice(&held[from..from + bytes.len()]);
        }
    }

    /// All boards that were opened.
    #[derive(Debug, Default)]
    struct Boards(Mutex<Vec<std::sync::Weak<Board>>>);

    impl TextFiles for Boards {
        fn open(&self) -> Option<Arc<dyn TextFile>> {
            let board = Arc::new(Board::default());
            self.0.lock().unwrap().push(Arc::downgrade(&board));
            Some(board)
        }

        fn at_hand(&self) -> u32 {
            4
        }
    }

    /// Articles over twelve days: each third prints most of one before, all quote somebody.
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

    /// What stands on boards is written as its place alone, also where the bytes moved meanwhile.
    #[test]
    fn places_are_written_and_hold_on_boards_that_hold_the_same() {
        let boards = Arc::new(Boards::default());
        let text_files: Arc<dyn TextFiles> = boards.clone();
        let mut detector = Detector::new(Settings::default()).with_text_files(Some(text_files));
        verdicts(&mut detector);
        let (mut written, one) = (Vec::new(), Arc::new(Board::default()));
        let mut give = |piece| written.extend::<Vec<u8>>(piece);
        let mut writer = Writer::new(&mut give);
        detector.write_to(&mut writer);
        writer.finish();
        let mut stands = Vec::new();
        for board in boards.0.lock().unwrap().iter().filter_map(std::sync::Weak::upgrade) {
            let all = &mut one.0.lock().unwrap().1;
            stands.push(Stand { text_file: one.clone(), start: all.len() as u64 });
            all.extend(&board.0.lock().unwrap().1);
        }
        assert_eq!(stands.len(), detector.text_files().len());
        assert!(stands.len() > 2 && one.0.lock().unwrap().1.len() > 9_000);
        let read = |found: Vec<Stand>| {
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
                let at_rest = &of.docs.get(doc)?.at_rest;
                let held = at_rest.open().into_owned();
                Some((held.text.0, held.body.0, held.notes.0))
            };
            assert_eq!(texts(&again), texts(&detector));
        }
    }

    #[test]
    fn verdicts_are_the_same_and_text_files_go_with_their_articles() {
        let expected = verdicts(&mut Detector::new(Settings::default()));
        let boards = Arc::new(Boards::default());
        let text_files: Arc<dyn TextFiles> = boards.clone();
        let mut detector = Detector::new(Settings::default()).with_text_files(Some(text_files));
        assert_eq!(verdicts(&mut detector), expected);
        assert!(expected.iter().any(|verdict| verdict.story.first_article() != verdict.doc));
        let in_use = || boards.0.lock().unwrap().iter().filter(|b| b.strong_count() > 0).count();
        let opened = boards.0.lock().unwrap().len();
        assert_eq!((opened, in_use()), (12, 8));
        drop(detector);
        assert_eq!(in_use(), 0);
    }
}
