//! Words that an outlet prints on many pages are no copying, however many they are: walls, footers and frames.

use std::collections::BTreeMap;

use wirefold_fold::{Detector, DocId, Incoming, Settings, StoryId};

/// The largest story that pages of one outlet under different headlines may make.
const LARGEST: usize = 2;

/// Words that look like a text: few frequent ones, many rare ones.
struct Writer(u64);

impl Writer {
    /// The next number after the state (Marsaglia 2003).
    fn next(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % below
    }

    fn word(&mut self) -> String {
        let frequent = ["the", "of", "and", "to", "in", "a", "was", "for", "on", "that"];
        if self.next(10) < 4 {
            return frequent[self.next(10) as usize].to_owned();
        }
        let syllables = ["ba", "ke", "lo", "mi", "nu", "ra", "se", "to", "vi", "zu", "fa", "dor"];
        let count = 2 + self.next(2);
        (0..count).map(|_| syllables[self.next(12) as usize]).collect()
    }

    /// Sentences of twelve words, this many words in all.
    fn text(&mut self, words: usize) -> String {
        let mut text = String::new();
        for at in 0..words {
            text += &self.word();
            text += if at % 12 == 11 || at + 1 == words { ". " } else { " " };
        }
        text
    }

    fn title(&mut self) -> String {
        let count = 5 + self.next(4);
        (0..count).map(|_| self.word()).collect::<Vec<String>>().join(" ")
    }
}

/// How many of the pages are in the largest story. Each has a headline of its own.
fn largest(pages: usize, mut page: impl FnMut(&mut Writer, usize) -> (String, String)) -> usize {
    let mut writer = Writer(0x5851_f42d_4c95_7f2d);
    let mut detector = Detector::new(Settings::default());
    for at in 0..pages {
        let (outlet, text) = page(&mut writer, at);
        let (item, title) = (at.to_string(), writer.title());
        detector.observe(&Incoming {
            items: &[&item],
            outlet: Some(&outlet),
            title: &title,
            text: &text,
            time: at as i64 * 300,
            published: at as i64 * 300,
            ..Incoming::default()
        });
    }
    let mut sizes: BTreeMap<Option<StoryId>, usize> = BTreeMap::new();
    for at in 0..pages {
        *sizes.entry(detector.story_with(DocId(at as u32))).or_default() += 1;
    }
    sizes.into_values().max().unwrap_or_default()
}

fn one_outlet(text: String) -> (String, String) {
    ("wall.example".to_owned(), text)
}

#[test]
fn a_wall_in_place_of_each_article() {
    for words in [25, 60, 150, 400] {
        let wall = Writer(7).text(words);
        let largest = largest(768, |_, _| one_outlet(wall.clone()));
        assert!(largest <= LARGEST, "{words} words: {largest}");
    }
}

#[test]
fn a_footer_longer_than_the_articles() {
    for (own, footer) in [(20, 60), (60, 150), (120, 300), (40, 500), (150, 150)] {
        let last = Writer(7).text(footer);
        let of_page = |writer: &mut Writer, _| {
            let length = own / 2 + writer.next(own as u64) as usize;
            one_outlet(format!("{}\n\n{last}", writer.text(length)))
        };
        let largest = largest(1_152, of_page);
        assert!(largest <= LARGEST, "{own} words and {footer} of the footer: {largest}");
    }
}

#[test]
fn a_frame_of_teasers_that_changes_slowly() {
    let mut teasers = Writer(9);
    let mut frame: Vec<String> = (0..12).map(|_| teasers.text(18)).collect();
    let of_page = |writer: &mut Writer, at: usize| {
        if at % 6 == 5 {
            frame.rotate_left(1);
            frame[11] = teasers.text(18);
        }
        one_outlet(format!("{}\n\n{}", writer.text(60), frame.join("\n\n")))
    };
    let largest = largest(768, of_page);
    assert!(largest <= LARGEST, "{largest}");
}

/// The first page of each outlet has nothing yet that shows a footer, so these may fold.
#[test]
fn a_footer_of_a_chain_of_outlets() {
    const OUTLETS: usize = 5;
    let footer = Writer(7).text(200);
    let of_page = |writer: &mut Writer, at: usize| {
        let text = format!("{}\n\n{footer}", writer.text(80));
        (format!("paper{}.example", at % OUTLETS), text)
    };
    let largest = largest(768, of_page);
    assert!(largest <= OUTLETS, "{largest}");
}

#[test]
fn an_article_among_them_still_folds_with_its_reprint_elsewhere() {
    let footer = Writer(7).text(200);
    let mut detector = Detector::new(Settings::default());
    let mut writer = Writer(11);
    let mut observe = |outlet: &str, title: &str, text: &str, time: i64| {
        let (outlet, published) = (Some(outlet), time);
        let incoming = Incoming { outlet, title, text, time, published, ..Incoming::default() };
        detector.observe(&incoming).story
    };
    for at in 0..40 {
        let (title, text) = (writer.title(), format!("{}\n\n{footer}", writer.text(150)));
        observe("wall.example", &title, &text, at * 300);
    }
    let (title, article) = (writer.title(), writer.text(200));
    let story = observe("wall.example", &title, &format!("{article}\n\n{footer}"), 13_000);
    let copy = format!("{} {article}", writer.text(20));
    assert_eq!(observe("other.example", &title, &copy, 14_000), story);
}

/// The list of articles beside the first pages of an outlet, when no other page shows yet that it stands on all.
#[test]
fn a_list_of_headlines_on_the_first_pages_of_an_outlet() {
    let mut writer = Writer(23);
    let titles: Vec<String> = (0..20).map(|_| writer.title()).collect();
    let list = titles.join("\n");
    let mut detector = Detector::new(Settings::default());
    for (at, title) in titles.iter().take(6).enumerate() {
        let verdict = detector.observe(&Incoming {
            outlet: Some("wall.example"),
            title,
            text: &format!("{}\n\n{list}", writer.text(40)),
            ..Incoming::default()
        });
        assert_eq!(verdict.story, StoryId(at as u32), "{title}");
    }
}

#[test]
fn a_page_that_came_by_two_feeds_of_an_outlet_is_one_text() {
    let mut writer = Writer(13);
    let (title, article) = (writer.title(), writer.text(60));
    let mut detector = Detector::new(Settings::default());
    let mut observe = |item: &str, text: &str| {
        let incoming = Incoming {
            items: &[item],
            page: Some("https://one.example/page"),
            outlet: Some("one.example"),
            title: &title,
            text,
            ..Incoming::default()
        };
        detector.observe(&incoming).story
    };
    let first = observe("front", &article);
    let more = format!("{article} {}", writer.text(70));
    assert_eq!(observe("local", &more), first);
}

#[test]
fn words_of_others_alone_are_no_copying() {
    let quotation = format!("“{}”", Writer(17).text(63).trim_end());
    let mut detector = Detector::new(Settings::default());
    for (at, outlet) in ["a.example", "a.example", "b.example"].into_iter().enumerate() {
        let title = Writer(19 + at as u64).title();
        let incoming = Incoming {
            outlet: Some(outlet),
            title: &title,
            text: &quotation,
            ..Incoming::default()
        };
        assert_eq!(detector.observe(&incoming).story, StoryId(at as u32), "{outlet}");
    }
}
