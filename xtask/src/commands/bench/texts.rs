//! Made-up news: words that stand for nothing, as often as words do, and reprints of it.
//!
//! Frequencies follow Zipf's law (Zipf 1949) with exponent 1. The most frequent words are those of
//! English, so that what looks for stop words finds some; all others are syllables.

use std::fmt::Write as _;

use wirefold_flow::sim::Random;

/// How many words there are.
const VOCABULARY: usize = 20_000;
/// Words of an event that its articles use again and again.
const EVENT_WORDS: usize = 24;
/// How many events are told of at once.
const EVENTS_AT_ONCE: u64 = 60;
/// One event ends and another begins after about so many originals.
const EVENT_LIFE: u64 = 4;
/// A reprint is of one of so many originals before it.
const REPRINTED: usize = 200;

const FUNCTION_WORDS: &str = "the of and to in a is that for it was on are as with his they at be \
    this from have or by one had not but what all were when we there can an your which their said \
    if do will each about how up out them then she many some so these would other into has more";

/// A made-up article: its headline, its paragraphs, and whose text it is.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) headline: String,
    pub(super) paragraphs: Vec<String>,
    pub(super) is_reprint: bool,
    /// The same for an original and its reprints.
    pub(super) family: u32,
}

impl Piece {
    /// The text as articles have it.
    pub(super) fn text(&self) -> String {
        self.paragraphs.join("\n\n")
    }
}

/// Writes articles; the same from the same seed.
pub(super) struct Newsroom {
    random: Random,
    words: Vec<String>,
    names: Vec<String>,
    events: Vec<Event>,
    originals: Vec<Piece>,
    written: u32,
    /// About how many words an original has.
    length: usize,
    /// How many of a thousand are reprints.
    reprints: u64,
}

struct Event {
    words: Vec<usize>,
    names: Vec<usize>,
}

impl Newsroom {
    /// A newsroom whose originals have about `length` words, and `reprints` of a thousand articles
    /// of which are reprints.
    pub(super) fn new(seed: u64, length: usize, reprints: u64) -> Self {
        let mut random = Random::new(seed);
        let words = vocabulary(&mut random);
        let names = (0..2_000).map(|_| name(&mut random)).collect();
        let mut newsroom = Self {
            random,
            words,
            names,
            events: Vec::new(),
            originals: Vec::new(),
            written: 0,
            length,
            reprints,
        };
        newsroom.events = (0..EVENTS_AT_ONCE).map(|_| newsroom.event()).collect();
        newsroom
    }

    /// The next article.
    pub(super) fn next(&mut self) -> Piece {
        if !self.originals.is_empty() && self.random.happens(self.reprints) {
            return self.reprint();
        }
        let piece = self.original();
        if self.originals.len() == REPRINTED {
            self.originals.remove(0);
        }
        self.originals.push(piece.clone());
        piece
    }

    /// A number below `end`, for whoever spreads the articles over outlets and time.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.random.below(end)
    }

    fn index(&mut self, end: usize) -> usize {
        usize::try_from(self.random.below(end.max(1) as u64)).unwrap_or_default()
    }

    fn event(&mut self) -> Event {
        let rare = |newsroom: &mut Self| 200 + newsroom.index(VOCABULARY - 200);
        let words = (0..EVENT_WORDS).map(|_| rare(self)).collect();
        let names = (0..4).map(|_| self.index(self.names.len())).collect();
        Event { words, names }
    }

    fn original(&mut self) -> Piece {
        let at = self.index(self.events.len());
        if self.random.below(EVENT_LIFE) == 0 {
            self.events[at] = self.event();
        }
        let mut paragraphs = Vec::new();
        let mut written = 0;
        let wanted = self.length * 4 / 5 + self.index(self.length * 2 / 5);
        while written < wanted {
            let paragraph = self.paragraph(at);
            written += paragraph.split(' ').count();
            paragraphs.push(paragraph);
        }
        self.written += 1;
        let family = self.written;
        Piece { headline: self.headline(at), paragraphs, is_reprint: false, family }
    }

    /// Another headline, and another lede or a dropped tail.
    fn reprint(&mut self) -> Piece {
        let at = self.index(self.originals.len());
        let family = self.originals[at].family;
        let mut paragraphs = self.originals[at].paragraphs.clone();
        let event = self.index(self.events.len());
        if self.random.below(2) == 0 {
            paragraphs[0] = self.paragraph(event);
        } else {
            let kept = paragraphs.len() - paragraphs.len() / 3;
            paragraphs.truncate(kept.max(1));
        }
        Piece { headline: self.headline(event), paragraphs, is_reprint: true, family }
    }

    fn headline(&mut self, event: usize) -> String {
        let count = 6 + self.index(5);
        let words: Vec<String> = (0..count).map(|_| self.word(event)).collect();
        capitalised(&words.join(" "))
    }

    fn paragraph(&mut self, event: usize) -> String {
        let sentences = 2 + self.index(3);
        let sentences: Vec<String> = (0..sentences).map(|_| self.sentence(event)).collect();
        sentences.join(" ")
    }

    fn sentence(&mut self, event: usize) -> String {
        let count = 10 + self.index(16);
        let words: Vec<String> = (0..count).map(|_| self.word(event)).collect();
        let sentence = capitalised(&words.join(" "));
        if self.random.below(8) > 0 {
            return format!("{sentence}.");
        }
        let speaker = self.names_of(event);
        format!("“{sentence},” said {speaker}.")
    }

    /// A word, a name or a number.
    fn word(&mut self, event: usize) -> String {
        match self.random.below(100) {
            0..12 => {
                let place = self.index(EVENT_WORDS);
                self.words[self.events[event].words[place]].clone()
            }
            12..15 => self.names_of(event),
            15..17 => self.number(),
            _ => {
                let rank = self.rank();
                self.words[rank].clone()
            }
        }
    }

    fn names_of(&mut self, event: usize) -> String {
        let place = self.index(4);
        self.names[self.events[event].names[place]].clone()
    }

    fn number(&mut self) -> String {
        match self.random.below(3) {
            0 => format!("{}", 2 + self.random.below(97)),
            1 => format!("{},{:03}", 1 + self.random.below(40), self.random.below(1_000)),
            _ => format!("{}.{} million", 1 + self.random.below(90), self.random.below(10)),
        }
    }

    /// A rank of which the chance is about one over it.
    fn rank(&mut self) -> usize {
        const FINE: u64 = 1 << 32;
        let share = self.random.below(FINE) as f64 / FINE as f64;
        let rank = (share * (VOCABULARY as f64).ln()).exp();
        (rank as usize).saturating_sub(1).min(VOCABULARY - 1)
    }
}

fn vocabulary(random: &mut Random) -> Vec<String> {
    let mut words: Vec<String> = FUNCTION_WORDS.split_whitespace().map(str::to_owned).collect();
    while words.len() < VOCABULARY {
        let syllables = 2 + random.below(3);
        words.push(invented(random, syllables));
    }
    words
}

fn name(random: &mut Random) -> String {
    let (first, last) = (invented(random, 2), invented(random, 3));
    format!("{} {}", capitalised(&first), capitalised(&last))
}

fn invented(random: &mut Random, syllables: u64) -> String {
    const BEGINNINGS: [&str; 20] = [
        "b", "br", "c", "d", "dr", "f", "g", "h", "k", "l", "m", "n", "p", "pl", "r", "s", "st",
        "t", "tr", "v",
    ];
    const MIDDLES: [&str; 8] = ["a", "e", "i", "o", "u", "ea", "ou", "ai"];
    const ENDS: [&str; 8] = ["", "", "", "n", "r", "s", "l", "nd"];
    let mut pick = |of: &[&'static str]| of[random.below(of.len() as u64) as usize];
    let mut word = String::new();
    for _ in 0..syllables {
        let (beginning, middle, end) = (pick(&BEGINNINGS), pick(&MIDDLES), pick(&ENDS));
        let _ = write!(word, "{beginning}{middle}{end}");
    }
    word
}

fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_writes_the_same_and_shares_are_as_asked() {
        let write = || {
            let mut newsroom = Newsroom::new(7, 500, 400);
            (0..400).map(|_| newsroom.next()).collect::<Vec<Piece>>()
        };
        let (once, again) = (write(), write());
        assert!(once.iter().zip(&again).all(|(one, other)| one.text() == other.text()));
        let reprints = once.iter().filter(|piece| piece.is_reprint).count();
        assert!((120..200).contains(&reprints), "{reprints} reprints");
        let originals = once.iter().filter(|piece| !piece.is_reprint);
        let words: usize = originals.map(|piece| piece.text().split_whitespace().count()).sum();
        let mean = words / (once.len() - reprints);
        assert!((450..600).contains(&mean), "{mean} words");
    }
}
