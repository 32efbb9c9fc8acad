//! What is seldom looked at stands outside of memory where there is a place for it: the texts at rest
//! and what of them is compared.

use std::borrow::Cow;
use std::fmt::Debug;
use std::sync::Arc;

use crate::lexicon::PackedBody;
use crate::snapshot::{Reader, Writer, Written};
use crate::tokens::PackedText;

/// Keeps bytes out of memory, as in a file. It is let go with the last article that stands on it.
pub trait Shelf: Send + Sync + Debug {
    /// Keeps bytes: the place where they begin, or `None` where there is no room.
    fn put(&self, bytes: &[u8]) -> Option<u64>;

    /// Fills `bytes` with those that were put from `place` on. One that cannot give back what it took
    /// must end the process: without it every answer might be another.
    fn read(&self, place: u64, bytes: &mut [u8]);
}

/// Makes shelves.
pub trait Shelves: Send + Sync + Debug {
    /// A new one, or `None` where none can be had: all stays in memory then.
    fn open(&self) -> Option<Arc<dyn Shelf>>;
}

/// Where an article's text and its body are.
#[derive(Debug, Clone)]
pub(crate) enum Resting {
    Here(PackedText, PackedBody),
    /// The body stands behind the text.
    There {
        shelf: Arc<dyn Shelf>,
        place: u64,
        text: u32,
        body: u32,
    },
}

impl Resting {
    pub(crate) fn text(&self) -> Cow<'_, PackedText> {
        match self {
            Resting::Here(text, _) => Cow::Borrowed(text),
            Resting::There { shelf, place, text, .. } => {
                Cow::Owned(PackedText(taken(&**shelf, *place, *text)))
            }
        }
    }

    pub(crate) fn body(&self) -> Cow<'_, PackedBody> {
        match self {
            Resting::Here(_, body) => Cow::Borrowed(body),
            Resting::There { shelf, place, text, body } => {
                Cow::Owned(PackedBody(taken(&**shelf, place + u64::from(*text), *body)))
            }
        }
    }

    /// Puts them on a shelf, where that has room.
    pub(crate) fn put_on(&mut self, shelf: Option<&Arc<dyn Shelf>>) {
        let (Resting::Here(text, body), Some(shelf)) = (&*self, shelf) else { return };
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).ok();
        if let (Some(text_length), Some(body_length)) = (length(&text.0), length(&body.0))
            && let Some(place) = shelf.put(&[&*text.0, &*body.0].concat())
        {
            let shelf = shelf.clone();
            *self = Resting::There { shelf, place, text: text_length, body: body_length };
        }
    }
}

fn taken(shelf: &dyn Shelf, place: u64, len: u32) -> Box<[u8]> {
    let mut bytes = vec![0; len as usize].into_boxed_slice();
    shelf.read(place, &mut bytes);
    bytes
}

impl Written for Resting {
    fn write_to(&self, to: &mut Writer<'_>) {
        self.text().write_to(to);
        self.body().write_to(to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Resting> {
        let (text, body) = (Written::read_from(from)?, Written::read_from(from)?);
        let mut resting = Resting::Here(text, body);
        resting.put_on(from.shelf());
        Some(resting)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::detector::{Detector, Incoming};
    use crate::settings::{DAY, Settings};
    use crate::verdict::Verdict;

    /// A shelf in memory, with no room for every third text.
    #[derive(Debug, Default)]
    struct Board(Mutex<(u64, Vec<u8>)>);

    impl Shelf for Board {
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

    impl Shelves for Boards {
        fn open(&self) -> Option<Arc<dyn Shelf>> {
            let board = Arc::new(Board::default());
            self.0.lock().unwrap().push(Arc::downgrade(&board));
            Some(board)
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

    #[test]
    fn verdicts_are_the_same_and_shelves_go_with_their_articles() {
        let expected = verdicts(&mut Detector::new(Settings::default()));
        let boards = Arc::new(Boards::default());
        let shelves: Arc<dyn Shelves> = boards.clone();
        let mut detector = Detector::new(Settings::default()).on_shelves(Some(shelves));
        assert_eq!(verdicts(&mut detector), expected);
        assert!(expected.iter().any(|verdict| verdict.story != verdict.doc));
        let in_use = || boards.0.lock().unwrap().iter().filter(|b| b.strong_count() > 0).count();
        let opened = boards.0.lock().unwrap().len();
        assert_eq!((opened, in_use()), (12, 8));
        drop(detector);
        assert_eq!(in_use(), 0);
    }
}
