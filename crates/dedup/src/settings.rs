//! The thresholds that decide about articles, with their measured defaults.
//!
//! Constants that only find candidates or count (positions that the alignment examines, words that must
//! agree behind an edit, words of a section) are in the files that use them.

/// The seconds of a day. State is stored by day and expires by day.
pub(crate) const DAY: i64 = 24 * 3600;

/// A rule that a measurement can switch off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ablation {
    /// Two pages of one outlet under different titles fold only if they share an article, not just page chrome.
    PageChrome,
    /// Equal walls and templates are not copies.
    Walls,
    /// Takes and corrections fold if they come at one outlet within hours.
    Takes,
    /// The same address alone does not make an article a version of another.
    Addresses,
    /// An article that was expanded folds with its earlier form.
    Expanded,
    /// Recurring phrases are not copying.
    Phrases,
    /// Copies must agree in numbers and names.
    Facts,
    /// A digest is not a copy of the texts that it contains.
    Digests,
    /// If a member contains two texts, copies of only one of them join its story.
    SecondTexts,
    /// Words that two pages of one outlet share only around long texts of their own are the frame of the
    /// pages, and no passage.
    PageFrame,
    /// Boilerplate is learned, and does not count.
    Boilerplate,
    /// Shingles in many stories of many outlets do not count.
    HotShingles,
    /// An article that is most of two stories merges them.
    Bridges,
    /// Similarity of stories: the terms that they share.
    EventWords,
    /// Similarity of stories: how much of each title is in the other text.
    EventTitles,
    /// Similarity of stories: the terms that their ledes share.
    EventLedes,
    /// Similarity of stories: the rare names that they share.
    EventNames,
    /// Similarity of stories: the quotations that they share.
    EventQuotations,
    /// Similarity of stories: it decreases with the time between them.
    EventTime,
}

impl Ablation {
    /// The rules that decide which articles fold.
    pub const OF_STORIES: [Ablation; 13] = [
        Ablation::PageChrome,
        Ablation::Walls,
        Ablation::Takes,
        Ablation::Addresses,
        Ablation::Expanded,
        Ablation::Phrases,
        Ablation::Facts,
        Ablation::Digests,
        Ablation::SecondTexts,
        Ablation::PageFrame,
        Ablation::Boilerplate,
        Ablation::HotShingles,
        Ablation::Bridges,
    ];
    /// The rules that decide which stories are one event.
    pub const OF_EVENTS: [Ablation; 6] = [
        Ablation::EventWords,
        Ablation::EventTitles,
        Ablation::EventLedes,
        Ablation::EventNames,
        Ablation::EventQuotations,
        Ablation::EventTime,
    ];

    /// A short description of the rule, for reports.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Ablation::PageChrome => "pages of one outlet need an article in common",
            Ablation::Walls => "equal walls and templates are no copies",
            Ablation::Takes => "takes and corrections fold within hours",
            Ablation::Addresses => "an address alone makes no version",
            Ablation::Expanded => "an article that grew folds",
            Ablation::Phrases => "phrases are no copying",
            Ablation::Facts => "numbers and names agree",
            Ablation::Digests => "what a digest holds is no copy of it",
            Ablation::SecondTexts => "a member with two texts draws in one of them",
            Ablation::PageFrame => "the frame of a page does not count",
            Ablation::Boilerplate => "learned boilerplate does not count",
            Ablation::HotShingles => "what stands everywhere does not count",
            Ablation::Bridges => "one article that is most of two stories merges them",
            Ablation::EventWords => "all words",
            Ablation::EventTitles => "each title in the other text",
            Ablation::EventLedes => "ledes",
            Ablation::EventNames => "rare names",
            Ablation::EventQuotations => "shared quotations",
            Ablation::EventTime => "the time between",
        }
    }
}

/// The thresholds of the detector. The defaults are those of the product. Shares are from 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// A passage has at least this many counted words.
    pub passage_words: u32,
    /// A text with fewer counted shingles than this is not comparable.
    pub comparable_shingles: u32,
    /// `reprint`: the larger of contained and containing reaches this …
    pub reprint_larger: f64,
    /// … and contained reaches this …
    pub reprint_contained: f64,
    /// … with at least this many shared counted words.
    pub reprint_words: u32,
    /// `partial`: contained reaches this …
    pub partial_contained: f64,
    /// … with at least this many shared counted words.
    pub partial_words: u32,
    /// Two texts share only phrases, and no text, if the larger of contained and containing is below this …
    pub mosaic_larger: f64,
    /// … and their verbatim runs have fewer words than this on average.
    pub mosaic_run: f64,
    /// `holds`: containing reaches this while contained stays below `partial_contained`.
    pub holds_containing: f64,
    /// An earlier text is not a digest that holds the new one if the new one makes up this share of it.
    pub digest_containing: f64,
    /// A new text may join a story through a member if this share of the words that it shares with the
    /// member is also shared by the member and the rest of the story.
    pub join_share: f64,
    /// A copy or version is material if its novelty reaches this.
    pub material_novelty: f64,
    /// Texts of at most this many words must agree in numbers and names to fold.
    pub short_words: u32,
    /// If the larger of contained and containing is below this, the words that two pages of one outlet
    /// share around texts of their own are the frame of the pages.
    pub frame_share: f64,
    /// A paragraph or run is boilerplate if this many earlier articles of an outlet have it that are not
    /// copies of each other.
    pub boilerplate_carriers: usize,
    /// The number of candidates that are verified for one article.
    pub verified: usize,
    /// A sampled shingle is hot, and no evidence, if it is in more stories than this.
    pub hot_stories: usize,
    /// Two stories are one event if their similarity reaches this, and up to 0.1 more if other events are
    /// similar too.
    pub event_similarity: f64,
    /// An event accepts no story this long after its last separately written text, in seconds.
    pub event_quiet: i64,
    /// An event accepts no story this long after its first one, in seconds.
    pub event_span: i64,
    /// How long articles are compared with new ones, in seconds.
    pub window: i64,
    /// The number of bytes that the articles of the window may take: their texts, their packed forms, and 2
    /// KiB for each. If they take more, articles leave early: those of the sites that take most.
    pub window_bytes: u64,
    /// A rule that is switched off, for measurements. The product switches off none, and no configuration can.
    pub without: Option<Ablation>,
}

impl Settings {
    /// Whether a rule is switched on.
    pub(crate) fn is_on(&self, rule: Ablation) -> bool {
        self.without != Some(rule)
    }
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            passage_words: 8,
            comparable_shingles: 40,
            reprint_larger: 0.45,
            reprint_contained: 0.35,
            reprint_words: 60,
            partial_contained: 0.3,
            partial_words: 60,
            mosaic_larger: 0.6,
            mosaic_run: 10.0,
            holds_containing: 0.25,
            digest_containing: 0.5,
            join_share: 0.5,
            material_novelty: 0.5,
            short_words: 160,
            frame_share: 0.75,
            boilerplate_carriers: 2,
            verified: 16,
            hot_stories: 16,
            event_similarity: 0.15,
            event_quiet: 3 * DAY,
            event_span: 4 * DAY,
            window: 7 * DAY,
            window_bytes: u64::MAX,
            without: None,
        }
    }
}
