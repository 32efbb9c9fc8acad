//! The thresholds that decide a class, with their measured defaults. What only finds or counts
//! (places looked at, foothold of an edit, words of a section) stands where it is used.

/// Seconds in a day: the step in which state is kept and leaves.
pub(crate) const DAY: i64 = 24 * 3600;

/// A rule that a measurement can leave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// Pages of one outlet under other titles need an article in common.
    PageChrome,
    /// Equal walls and templates are no copies.
    Walls,
    /// Takes and corrections at one outlet within hours fold.
    Takes,
    /// A version needs more than the same address.
    Addresses,
    /// An article that grew folds with what it grew from.
    Expanded,
    /// Phrases that recur are no copying.
    Phrases,
    /// Numbers and names must agree.
    Facts,
    /// What digests hold is no copy of them.
    Digests,
    /// A member that holds two texts draws in one of them only.
    SecondTexts,
    /// What surrounds long pieces of their own is the frame of an outlet's pages.
    PageFrame,
    /// Boilerplate is learned and left out.
    Boilerplate,
    /// What stands in many stories of many outlets says nothing.
    HotShingles,
    /// An article that is most of two stories makes them one.
    Bridges,
    /// Texts of one event have words in common.
    EventWords,
    /// Texts of one event tell of each other's titles.
    EventTitles,
    /// Texts of one event begin alike.
    EventLedes,
    /// Texts of one event have rare names in common.
    EventNames,
    /// Texts of one event may have a quotation in common.
    EventQuotations,
    /// Likeness to an event fades with time.
    EventTime,
}

impl Switch {
    /// Those that bear on what folds.
    pub const OF_STORIES: [Switch; 13] = [
        Switch::PageChrome,
        Switch::Walls,
        Switch::Takes,
        Switch::Addresses,
        Switch::Expanded,
        Switch::Phrases,
        Switch::Facts,
        Switch::Digests,
        Switch::SecondTexts,
        Switch::PageFrame,
        Switch::Boilerplate,
        Switch::HotShingles,
        Switch::Bridges,
    ];
    /// Those that bear on what is one event.
    pub const OF_EVENTS: [Switch; 6] = [
        Switch::EventWords,
        Switch::EventTitles,
        Switch::EventLedes,
        Switch::EventNames,
        Switch::EventQuotations,
        Switch::EventTime,
    ];

    /// The rule in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Switch::PageChrome => "pages of one outlet need an article in common",
            Switch::Walls => "equal walls and templates are no copies",
            Switch::Takes => "takes and corrections fold within hours",
            Switch::Addresses => "an address alone makes no version",
            Switch::Expanded => "an article that grew folds",
            Switch::Phrases => "phrases are no copying",
            Switch::Facts => "numbers and names agree",
            Switch::Digests => "what a digest holds is no copy of it",
            Switch::SecondTexts => "a member with two texts draws in one of them",
            Switch::PageFrame => "the frame of a page does not count",
            Switch::Boilerplate => "learned boilerplate does not count",
            Switch::HotShingles => "what stands everywhere does not count",
            Switch::Bridges => "one article that is most of two stories merges them",
            Switch::EventWords => "all words",
            Switch::EventTitles => "each title in the other text",
            Switch::EventLedes => "ledes",
            Switch::EventNames => "rare names",
            Switch::EventQuotations => "shared quotations",
            Switch::EventTime => "the time between",
        }
    }
}

/// The detector's thresholds. The defaults are the product's.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// A passage has at least this many words.
    pub passage_words: u32,
    /// A text with fewer counted shingles is not comparable.
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
    /// Texts of which less than this larger share is common, …
    pub mosaic_larger: f64,
    /// … in verbatim runs of fewer words than this on average, share phrases and no text.
    pub mosaic_run: f64,
    /// `holds`: containing reaches this while contained stays below `partial_contained`.
    pub holds_containing: f64,
    /// An earlier text of which a new one makes up this share is no digest that holds it.
    pub digest_containing: f64,
    /// A new text may join through a member if this share of the words they have in common is
    /// also common to that member and the rest of its story.
    pub join_share: f64,
    /// A follow-up with at least this novelty is material.
    pub material_novelty: f64,
    /// Texts of at most this many words must agree in numbers and names to fold.
    pub short_words: u32,
    /// Below this larger share, what two pages of one outlet share around pieces of their own is the
    /// frame of the page.
    pub frame_share: f64,
    /// How many earlier articles of an outlet, no copies of each other, make a paragraph
    /// boilerplate.
    pub boilerplate_carriers: usize,
    /// Candidates that are verified for one article.
    pub verified: usize,
    /// A sampled shingle of more stories than this is hot: it says nothing.
    pub hot_stories: usize,
    /// Two stories are one event when their likeness reaches this, and up to 0.1 more where other events
    /// are like them too.
    pub event_likeness: f64,
    /// An event takes no new story this long after its last own text, in seconds.
    pub event_quiet: i64,
    /// An event takes no new story this long after its first, in seconds.
    pub event_span: i64,
    /// How far back comparison reaches, in seconds.
    pub window: i64,
    /// The most bytes that the articles of the window take: texts, what is compared of them, and 2 KiB for
    /// each. Where there are more, articles leave early: those of the sites that have most of them.
    pub window_bytes: u64,
    /// For measurement: a rule that is left out. The product leaves out none, and no configuration
    /// sets it.
    pub without: Option<Switch>,
}

impl Settings {
    /// Whether a rule applies.
    pub(crate) fn is_on(&self, rule: Switch) -> bool {
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
            event_likeness: 0.15,
            event_quiet: 3 * DAY,
            event_span: 4 * DAY,
            window: 7 * DAY,
            window_bytes: u64::MAX,
            without: None,
        }
    }
}
