//! The product's detector, timed by its steps.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;
use wirefold_dedup::codec::{Reader, TextFileLocation, Writer};
use wirefold_dedup::{Detector, Settings, Step, Work};
use wirefold_detector::{FolderTextFile, TextFolder};

use super::article::Article;
use super::method::{Method, STEPS, SnapshotCosts};
use crate::machine::{Stopwatch, ThreadWatch};

/// The number of bytes that are copied at a time.
const PIECE: usize = 1 << 18;

/// The detector with its texts in durable files, as beside snapshots.
pub(super) struct Wirefold {
    detector: Detector,
    steps: [f64; STEPS],
    folder: Arc<TextFolder>,
    root: TempDir,
}

impl Wirefold {
    pub(super) fn new() -> Wirefold {
        let root = tempfile::tempdir().expect("there is a place for temporary files");
        let folder = Arc::new(TextFolder::persistent(root.path()));
        let detector = Detector::new(Settings::default()).with_text_files(Some(folder.clone()));
        Wirefold { detector, steps: [0.0; STEPS], folder, root }
    }

    /// The files of texts, with the number of bytes in each.
    fn texts(&self) -> Option<Vec<(Arc<FolderTextFile>, u64)>> {
        let text_files = self.detector.text_files();
        let texts = text_files.iter().map(|text_file| self.folder.find_own(text_file));
        texts.map(|texts| texts.map(|found| (found.clone(), found.length()))).collect()
    }
}

/// Concatenates the contents of these files in another file.
fn copied(texts: &[(Arc<FolderTextFile>, u64)], to: &Path) -> io::Result<()> {
    let (mut file, mut result) = (File::create(to)?, Ok(()));
    for (found, length) in texts {
        found.copy(*length, &mut |piece| {
            if result.is_ok() {
                result = file.write_all(&piece);
            }
        });
    }
    result
}

/// The files of texts again, from such a copy.
fn restored(
    lengths: &[u64],
    from: &Path,
    folder: &TextFolder,
) -> io::Result<Vec<TextFileLocation>> {
    let mut file = File::open(from)?;
    let mut locations = Vec::new();
    for length in lengths {
        let (fresh, mut rest) = (folder.create(), *length);
        let mut piece = vec![0; PIECE];
        while rest > 0 {
            let asked = PIECE.min(usize::try_from(rest).unwrap_or(PIECE));
            file.read_exact(&mut piece[..asked])?;
            fresh.append(&piece[..asked]);
            rest -= asked as u64;
        }
        locations.push(TextFileLocation { text_file: fresh, start: 0 });
    }
    Ok(locations)
}

fn restored_detector(pieces: &[Vec<u8>], locations: Vec<TextFileLocation>) -> Option<Detector> {
    let mut pieces = pieces.iter();
    let mut next = || pieces.next().cloned();
    Detector::read_from(Settings::default(), &mut Reader::new(&mut next).with_text_files(locations))
}

impl Method for Wirefold {
    fn story(&mut self, article: &Article) -> u32 {
        let items = [article.url.as_str()];
        let incoming = article.incoming(&items);
        self.steps = [0.0; STEPS];
        let steps = &mut self.steps;
        let watch = ThreadWatch::start();
        let mut before = 0.0;
        let verdict = self.detector.observe_in_steps(&incoming, |step| {
            let now = watch.micros();
            let place = match step {
                Step::Prepare => 0,
                Step::Fingerprint => 1,
                Step::Candidates => 2,
                Step::Judgement => 3,
                Step::Record => 4,
                Step::Event => 5,
                Step::Verdict => 6,
            };
            steps[place] += now - before;
            before = now;
        });
        verdict.story.0
    }

    fn snapshot_costs(&self) -> Option<SnapshotCosts> {
        let cloning = Stopwatch::start();
        let clone = self.detector.clone();
        let stall = cloning.seconds() * 1e3;
        let (writing, texts) = (Stopwatch::start(), self.texts()?);
        let mut pieces = Vec::new();
        let mut give = |piece| pieces.push(piece);
        let mut writer = Writer::new(&mut give);
        clone.write_to(&mut writer);
        writer.finish();
        let beside = self.root.path().join("texts");
        copied(&texts, &beside).ok()?;
        let write = writing.seconds();
        let lengths: Vec<u64> = texts.iter().map(|(_, length)| *length).collect();
        let bytes = pieces.iter().map(Vec::len).sum::<usize>() as f64;
        let text_bytes = lengths.iter().sum::<u64>() as f64;
        let reading = Stopwatch::start();
        let next = TextFolder::persistent(self.root.path());
        let find = |(written, length): &(Arc<FolderTextFile>, u64)| {
            next.find(written.name(), *length)
                .map(|text_file| TextFileLocation { text_file, start: 0 })
        };
        let again = restored_detector(&pieces, texts.iter().map(find).collect::<Option<_>>()?)?;
        let read = reading.seconds();
        let is_known = again.articles() == self.detector.articles();
        drop(again);
        let elsewhere = Stopwatch::start();
        let locations =
            restored(&lengths, &beside, &TextFolder::persistent(&self.root.path().join("new")));
        restored_detector(&pieces, locations.ok()?)?;
        let read_texts = elsewhere.seconds();
        let snapshot_costs = SnapshotCosts {
            stall,
            bytes: bytes + text_bytes,
            tables: bytes,
            write,
            read,
            read_texts,
        };
        is_known.then_some(snapshot_costs)
    }

    fn steps(&self) -> [f64; STEPS] {
        self.steps
    }

    fn tables(&self) -> Vec<(&'static str, u64)> {
        self.detector.bytes_by_table().to_vec()
    }

    fn work(&self) -> Option<Work> {
        Some(self.detector.work())
    }
}
