//! Writes the state of a detector as bytes, and reads it back.

use std::sync::Arc;

use wirefold_text::Span;
use wirefold_text::extract::{AgencyTrace, Trace, agency_by_name};

use crate::codec::TextFile;
use crate::codec::{Encode, Reader, Writer};
use crate::detector::Detector;
use crate::settings::Settings;

impl Detector {
    /// The text files, in the order in which [`Detector::write_to`] numbers them.
    #[must_use]
    pub fn text_files(&self) -> Vec<Arc<dyn TextFile>> {
        let mut text_files: Vec<Arc<dyn TextFile>> = Vec::new();
        for text_file in self.docs.values().filter_map(|doc| doc.stored.text_file()) {
            // Neighbours are mostly in one file, so the search begins with the last one found.
            if !text_files.iter().rev().any(|known| Arc::ptr_eq(known, text_file)) {
                text_files.push(text_file.clone());
            }
        }
        text_files
    }

    /// Writes the whole state, except stored verdicts. For a text in a text file, only its position
    /// is written.
    pub fn write_to(&self, to: &mut Writer<'_>) {
        self.next.write_to(to);
        self.day.write_to(to);
        self.lexicon.write_to(to);
        self.docs.write_to(to);
        self.by_item.write_to(to);
        self.by_text.write_to(to);
        self.index.write_to(to);
        self.stories.write_to(to);
        self.events.write_to(to);
        self.boilerplate.write_to(to);
        self.folds.write_to(to);
        self.window_use.write_to(to);
    }

    /// Reads the state of a detector that had the same settings; `None` if the bytes are not the
    /// state of a detector.
    #[must_use]
    pub fn read_from(settings: Settings, from: &mut Reader<'_>) -> Option<Detector> {
        let mut detector = Detector::new(settings);
        detector.next = Encode::read_from(from)?;
        detector.day = Encode::read_from(from)?;
        detector.lexicon = Encode::read_from(from)?;
        detector.docs = Encode::read_from(from)?;
        detector.by_item = Encode::read_from(from)?;
        detector.by_text = Encode::read_from(from)?;
        detector.index = Encode::read_from(from)?;
        detector.stories = Encode::read_from(from)?;
        detector.events = Encode::read_from(from)?;
        detector.boilerplate = Encode::read_from(from)?;
        detector.folds = Encode::read_from(from)?;
        detector.window_use = Encode::read_from(from)?;
        detector.is_sound().then_some(detector)
    }

    /// Whether all redirects that were read end somewhere, so that following them cannot loop.
    pub(crate) fn is_sound(&self) -> bool {
        self.stories.is_sound() && self.events.is_sound()
    }
}

impl Encode for AgencyTrace {
    fn write_to(&self, to: &mut Writer<'_>) {
        to.blob(self.agency.as_bytes());
        (self.trace == Trace::Credited).write_to(to);
        self.span.map(|span| (span.start as u64, span.end as u64)).write_to(to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<AgencyTrace> {
        let agency = agency_by_name(str::from_utf8(from.blob()?).ok()?)?;
        let trace = if bool::read_from(from)? { Trace::Credited } else { Trace::Mentioned };
        let span = match Option::<(u64, u64)>::read_from(from)? {
            Some((start, end)) => {
                Some(Span { start: usize::try_from(start).ok()?, end: usize::try_from(end).ok()? })
            }
            None => None,
        };
        Some(AgencyTrace { agency, trace, span })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::detector::incoming::Incoming;
    use crate::detector::state_parts::StatePart;
    use crate::detector::verdict::Verdict;
    use crate::ids::StoryId;
    use crate::settings::DAY;

    /// A generated article: a text of its own, or another's with a new ending, on a page with
    /// boilerplate.
    struct Page {
        item: String,
        outlet: String,
        text: String,
        time: i64,
    }

    fn pages(count: usize) -> Vec<Page> {
        let mut seed = 7_u64;
        let mut below = |most: usize| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            usize::try_from((seed >> 33) % most as u64).unwrap()
        };
        let mut bodies: Vec<String> = Vec::new();
        let mut pages: Vec<Page> = Vec::new();
        for number in 0..count {
            let mut words = |most: usize| -> String {
                (0..most)
                    .map(|_| match below(9) {
                        0 => format!("Name{} ", below(40)),
                        1 => format!("{} ", below(90)),
                        _ => format!("word{} ", below(400)),
                    })
                    .collect()
            };
            let own = words(90);
            let speech = "“we shall not leave before the others have left” he said. ";
            let body = match below(4) {
                0 if !bodies.is_empty() => {
                    format!("{} {}", bodies[below(bodies.len())], &own[..own.len() / 4])
                }
                1 => format!("QUAYTON (AP) — {own} {speech}"),
                _ => own,
            };
            let outlet = format!("outlet{}.example", below(5));
            let text =
                format!("{body}.\n{outlet} is printed in a small house by the river at night.");
            bodies.push(body);
            let time = i64::try_from(number).unwrap() * DAY / 20;
            let item = format!("i{}", if below(9) == 0 { number / 2 } else { number });
            pages.push(Page { item, outlet, text, time });
        }
        pages
    }

    fn observe(detector: &mut Detector, page: &Page) -> Verdict {
        detector.observe(&Incoming {
            items: &[&page.item],
            outlet: Some(&page.outlet),
            text: &page.text,
            time: page.time,
            published: page.time,
            ..Incoming::default()
        })
    }

    fn bytes(detector: &Detector) -> VecDeque<Vec<u8>> {
        let mut pieces = VecDeque::new();
        let mut give = |piece| pieces.push_back(piece);
        let mut writer = Writer::new(&mut give);
        detector.write_to(&mut writer);
        writer.finish();
        pieces
    }

    fn restored(pieces: VecDeque<Vec<u8>>) -> Option<Detector> {
        restored_by(Settings::default(), pieces)
    }

    fn restored_by(settings: Settings, mut pieces: VecDeque<Vec<u8>>) -> Option<Detector> {
        let mut next = || pieces.pop_front();
        let mut reader = Reader::new(&mut next);
        let detector = Detector::read_from(settings, &mut reader)?;
        reader.is_at_end().then_some(detector)
    }

    #[test]
    fn a_detector_read_back_gives_the_same_verdicts() {
        let pages = pages(300);
        let mut through = Detector::new(Settings::default());
        let mut interrupted = Detector::new(Settings::default());
        let mut splits = 0;
        for (number, page) in pages.iter().enumerate() {
            if number % 23 == 22 {
                let written = bytes(&interrupted);
                interrupted = restored(written.clone()).unwrap();
                assert_eq!(bytes(&interrupted), written, "the same state gives the same bytes");
            }
            let (expected, found) = (observe(&mut through, page), observe(&mut interrupted, page));
            assert_eq!(found, expected);
            // Manual overrides come in between.
            let (story, doc) = (expected.story, expected.doc);
            let said = match number % 7 {
                _ if story.first_article() == doc => None,
                0..3 => Some([&mut through, &mut interrupted].map(|it| it.split(story, &[doc]))),
                3 => Some(
                    [&mut through, &mut interrupted]
                        .map(|it| it.keep_apart(story.first_article(), doc)),
                ),
                _ => None,
            };
            let Some([expected_split, found_split]) = said else { continue };
            assert_eq!(found_split, expected_split);
            splits += usize::from(found_split.is_some());
            let united = [&mut through, &mut interrupted]
                .map(|it| it.merge_stories(StoryId(doc.0), StoryId(doc.0 / 2)));
            assert_eq!(united[0], united[1]);
        }
        assert!(splits > 9, "{splits}");
        assert!(through.articles() < pages.len(), "some have left the window");
    }

    #[test]
    fn snapshots_do_not_change_which_articles_are_evicted() {
        let settings = Settings { window_bytes: 400 << 10, ..Settings::default() };
        let mut through = Detector::new(settings.clone());
        let mut interrupted = Detector::new(settings.clone());
        let mut evicted = 0;
        for (number, page) in pages(300).iter().enumerate() {
            if number % 17 == 16 {
                evicted += interrupted.evicted();
                interrupted = restored_by(settings.clone(), bytes(&interrupted)).unwrap();
            }
            assert_eq!(observe(&mut interrupted, page), observe(&mut through, page));
            assert_eq!(interrupted.window_bytes(), through.window_bytes());
            assert!(through.window_bytes() < settings.window_bytes + (20 << 10));
        }
        assert!(evicted > 60, "{evicted}");
        assert_eq!(evicted + interrupted.evicted(), through.evicted());
    }

    #[test]
    fn a_detector_read_back_still_regroups() {
        let words = |word: &str, count: usize| -> String {
            (0..count).map(|number| format!("{word}{number} ")).collect()
        };
        let show = |detector: &mut Detector, name: &str| {
            detector.observe(&Incoming {
                items: &[name],
                outlet: Some("a.example"),
                title: &format!("{name}title of {name}page, blurb7"),
                text: &format!("{}.\n{}.", words(name, 30), words("blurb", 230)),
                ..Incoming::default()
            })
        };
        let mut through = Detector::new(Settings::default());
        for name in ["boats", "trees"] {
            show(&mut through, name);
        }
        let mut interrupted = restored(bytes(&through)).unwrap();
        let found = show(&mut interrupted, "roads");
        assert_eq!(found.regrouped.len(), 1);
        assert_eq!(found, show(&mut through, "roads"));
        assert_eq!(bytes(&interrupted), bytes(&through));
    }

    fn in_parts(detector: &Detector) -> Vec<StatePart> {
        let written = |part: StatePart| {
            let mut pieces = Vec::new();
            let mut give = |piece| pieces.push(piece);
            let mut writer = Writer::new(&mut give).with_text_files(detector.text_files());
            part.write_to(&mut writer);
            writer.finish();
            let mut pieces = pieces.into_iter();
            StatePart::read_from(&mut Reader::new(&mut || pieces.next())).unwrap()
        };
        detector.clone().into_parts().into_iter().map(written).collect()
    }

    #[test]
    fn only_all_parts_make_a_detector() {
        let mut detector = Detector::new(Settings::default());
        let mut fewer = 0;
        for (number, page) in pages(300).iter().enumerate() {
            observe(&mut detector, page);
            if number % 97 == 96 {
                let from = |parts| Detector::from_parts(Settings::default(), parts);
                let parts = in_parts(&detector);
                let again = from(parts.clone()).unwrap();
                assert_eq!(bytes(&again), bytes(&detector));
                for missing in 0..parts.len() {
                    let mut others = parts.clone();
                    others.remove(missing);
                    assert!(from(others.clone()).is_none());
                    others.insert(0, parts[missing].clone());
                    assert!(missing == 0 || from(others).is_none());
                    fewer += 1;
                }
            }
        }
        assert!(fewer > 60, "{fewer}");
    }

    #[test]
    fn truncated_bytes_are_refused() {
        let mut detector = Detector::new(Settings::default());
        pages(20).iter().for_each(|page| drop(observe(&mut detector, page)));
        let whole: Vec<u8> = bytes(&detector).into_iter().flatten().collect();
        for cut in (0..whole.len()).step_by(977) {
            assert!(restored(VecDeque::from([whole[..cut].to_vec()])).is_none(), "{cut}");
        }
    }
}
