//! [`Docs`]: the articles of the window, with their texts in memory or in files.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use wirefold_text::extract::AgencyTrace;

use crate::headline::Headline;
use crate::id_table::IdTable;
use crate::ids::{DocId, OutletId};
use crate::matching::{About, Articles};
use crate::page::Page;
use crate::text_files::{TextFile, TextFiles};

/// So many later articles are kept of which an article may hold a part.
const HELD: usize = 12;

/// An article of the window.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Doc {
    /// The hashes of the names of its item, without its page.
    pub(crate) names: Box<[u64]>,
    /// The hash of its page, whoever brought it; 0 for none.
    pub(crate) page: u64,
    /// The hash of its address: of the page as one site brings it; 0 for none.
    pub(crate) address: u64,
    /// The hash of the outlet; 0 for none. Articles of an outlet that other sites bring have a hash of their own.
    pub(crate) outlet: u64,
    /// The site whose feed brought it. Its share of the memory pays for the article.
    pub(crate) site: Option<OutletId>,
    /// The hash of all words in their order.
    pub(crate) whole: u64,
    /// When it was published, or else seen, in seconds.
    pub(crate) time: i64,
    pub(crate) title: Headline,
    /// Whether its own outlet says that it is a correction.
    pub(crate) is_correction: bool,
    pub(crate) words: u32,
    /// The article through which it joined its story; itself if it opened one.
    pub(crate) joined: u32,
    /// Later articles of other stories of which it may hold a part.
    pub(crate) held: Vec<u32>,
    pub(crate) text: StoredText,
    /// The agencies that it names as its source.
    #[serde(with = "traces")]
    pub(crate) traces: Box<[AgencyTrace]>,
}

/// A text, or its position in a file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum StoredText {
    InMemory(#[serde(with = "shared")] Arc<str>),
    InFile { file: u32, position: u64, length: u32 },
}

impl StoredText {
    /// The number of its bytes.
    pub(crate) fn length(&self) -> u64 {
        match self {
            StoredText::InMemory(text) => text.len() as u64,
            StoredText::InFile { length, .. } => u64::from(*length),
        }
    }

    fn file(&self) -> Option<u32> {
        match self {
            StoredText::InMemory(_) => None,
            StoredText::InFile { file, .. } => Some(*file),
        }
    }
}

/// The articles of the window.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Docs {
    table: IdTable<DocId, Doc>,
    /// The number of the next text file.
    next_file: u32,
    /// The text files by number. A snapshot names them, and they outlive the process.
    #[serde(skip)]
    files: BTreeMap<u32, Arc<dyn TextFile>>,
    /// The number of the file for further texts.
    #[serde(skip)]
    current: Option<u32>,
    /// Opens text files; `None` keeps all texts in memory.
    #[serde(skip)]
    text_files: Option<Arc<dyn TextFiles>>,
}

impl Articles for Docs {
    fn about(&self, article: u32) -> About<'_> {
        match self.get(article) {
            Some(Doc { title, outlet, page, address, whole, words, time, .. }) => About {
                title: &title.terms,
                page: *page,
                outlet: *outlet,
                address: *address,
                whole: *whole,
                words: *words,
                time: *time,
            },
            None => About::default(),
        }
    }

    fn read(&self, article: u32) -> Page {
        self.text(article).map_or_else(Page::default, |text| Page::new(&text))
    }
}

impl Docs {
    /// The article with a number; `None` if it left the window.
    pub(crate) fn get(&self, article: u32) -> Option<&Doc> {
        self.table.get(DocId(article))
    }

    pub(crate) fn contains(&self, article: u32) -> bool {
        self.table.contains(DocId(article))
    }

    pub(crate) fn len(&self) -> usize {
        self.table.len()
    }

    /// The articles with their numbers, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &Doc)> {
        self.table.iter().map(|(number, doc)| (number.0, doc))
    }

    /// Adds an article, and moves to a file the one text that is no longer among the latest ones.
    pub(crate) fn insert(&mut self, article: u32, doc: Doc) {
        self.table.insert(DocId(article), doc);
        let recent = self.text_files.as_ref().map(|files| files.recent_in_memory());
        if let Some(earlier) = recent.and_then(|recent| article.checked_sub(recent)) {
            self.move_to_file(earlier);
        }
    }

    pub(crate) fn set_joined(&mut self, article: u32, joined: u32) {
        if let Some(doc) = self.table.get_mut(DocId(article)) {
            doc.joined = joined;
        }
    }

    /// Records that an article may hold a part of a later one. Returns false if it has as many as are kept.
    pub(crate) fn add_held(&mut self, holder: u32, held: u32) -> bool {
        let doc = self.table.get_mut(DocId(holder)).filter(|doc| doc.held.len() < HELD);
        doc.map(|doc| doc.held.push(held)).is_some()
    }

    /// The text of an article; `None` if it left the window.
    pub(crate) fn text(&self, article: u32) -> Option<Arc<str>> {
        match &self.get(article)?.text {
            StoredText::InMemory(text) => Some(Arc::clone(text)),
            StoredText::InFile { file, position, length } => {
                let mut bytes = vec![0; *length as usize];
                self.files.get(file)?.read(*position, &mut bytes);
                // The bytes are those of a text, if the file returns what was written.
                Some(String::from_utf8_lossy(&bytes).into())
            }
        }
    }

    /// Keeps the articles for which `keep` is true.
    pub(crate) fn retain(&mut self, keep: impl Fn(u32) -> bool) {
        self.table.retain(|article, _| keep(article.0));
        let used: std::collections::BTreeSet<u32> =
            self.table.values().filter_map(|doc| doc.text.file()).collect();
        self.files.retain(|number, _| used.contains(number));
        // A new file for each day, so that files leave the window with their articles.
        self.current = None;
    }

    /// Copies the texts of files that are mostly empty to a new one, so that the old files can be removed.
    pub(crate) fn empty_sparse_files(&mut self) {
        let mut used: BTreeMap<u32, u64> = BTreeMap::new();
        for text in self.table.values().map(|doc| &doc.text) {
            if let Some(file) = text.file() {
                *used.entry(file).or_default() += text.length();
            }
        }
        let is_sparse =
            |file: u32| self.files.get(&file).is_some_and(|it| 2 * used[&file] < it.length());
        let moved = self.iter().filter(|(_, doc)| doc.text.file().is_some_and(is_sparse));
        for article in moved.map(|(number, _)| number).collect::<Vec<_>>() {
            let text = self.text(article);
            if let (Some(text), Some(doc)) = (text, self.table.get_mut(DocId(article))) {
                doc.text = StoredText::InMemory(text);
            }
            self.move_to_file(article);
        }
        self.retain(|_| true);
    }

    /// Moves a text from memory to the current file. It stays in memory if there is no room.
    fn move_to_file(&mut self, article: u32) {
        let Some(StoredText::InMemory(text)) = self.get(article).map(|doc| &doc.text) else {
            return;
        };
        let Ok(length) = u32::try_from(text.len()) else { return };
        let text = Arc::clone(text);
        let Some((file, opened)) = self.current_file() else { return };
        if let Some(position) = opened.put(text.as_bytes())
            && let Some(doc) = self.table.get_mut(DocId(article))
        {
            doc.text = StoredText::InFile { file, position, length };
        }
    }

    /// The file for further texts with its number; a new one if there is none.
    fn current_file(&mut self) -> Option<(u32, Arc<dyn TextFile>)> {
        let known = |number| Some((number, Arc::clone(self.files.get(&number)?)));
        if let Some(found) = self.current.and_then(known) {
            return Some(found);
        }
        let (opened, number) = (self.text_files.as_ref()?.open()?, self.next_file);
        self.next_file += 1;
        self.current = Some(number);
        self.files.insert(number, Arc::clone(&opened));
        Some((number, opened))
    }

    /// Makes texts go to new files from now on. `files` are those that articles already refer to.
    pub(crate) fn set_files(
        &mut self,
        text_files: Option<Arc<dyn TextFiles>>,
        files: BTreeMap<u32, Arc<dyn TextFile>>,
    ) {
        (self.text_files, self.files, self.current) = (text_files, files, None);
    }

    /// The text files that articles refer to, by number.
    pub(crate) fn files(&self) -> &BTreeMap<u32, Arc<dyn TextFile>> {
        &self.files
    }
}

/// Texts in the state of the detector.
mod shared {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(text: &str, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(text)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Arc<str>, D::Error> {
        String::deserialize(from).map(Arc::from)
    }
}

/// Agencies in the state of the detector: by name, because their names are constants of this release.
mod traces {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use wirefold_text::Span;
    use wirefold_text::extract::{AgencyTrace, Trace, agency_by_name};

    /// The name, whether it is credited, and the place.
    type Stored<'a> = (&'a str, bool, Option<(usize, usize)>);

    pub(super) fn serialize<S: Serializer>(of: &[AgencyTrace], to: S) -> Result<S::Ok, S::Error> {
        let stored = |trace: &AgencyTrace| -> Stored<'static> {
            let place = trace.span.map(|span| (span.start, span.end));
            (trace.agency, trace.trace == Trace::Credited, place)
        };
        of.iter().map(stored).collect::<Vec<_>>().serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Box<[AgencyTrace]>, D::Error> {
        let stored = Vec::<Stored<'de>>::deserialize(from)?;
        let trace = |(name, is_credited, place): Stored<'de>| {
            Some(AgencyTrace {
                agency: agency_by_name(name)?,
                trace: if is_credited { Trace::Credited } else { Trace::Mentioned },
                span: place.map(|(start, end)| Span { start, end }),
            })
        };
        Ok(stored.into_iter().filter_map(trace).collect())
    }
}
