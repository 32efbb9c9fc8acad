//! News text for the detector: normalised words of any script, sentences, quotation spans, page
//! chrome, and extracted facts (agency, dateline, numbers, names).
//!
//! The crate converts a string to a [`Text`]. It has no I/O, no clock and no logging, and no
//! function can fail. Time is linear in the length of the text. The crate has no notion of articles
//! or outlets and never compares two texts. Positions inside the crate are byte ranges of the
//! original. [`Text::code_points`] converts them to Unicode code points, the unit that wirefold
//! prints.
//!
//! ```
//! use wirefold_text::Text;
//!
//! let text = Text::new("“We are ready,” the minister’s aide said.");
//! let words: Vec<&str> = text.normal_words().collect();
//! assert_eq!(words, ["we", "are", "ready", "the", "ministers", "aide", "said"]);
//! assert!(text.words()[1].quoted && !text.words()[3].quoted);
//! ```

mod analyse;
mod characters;
mod chrome;
pub mod extract;
mod letter_bits;
mod paragraphs;
mod quotations;
mod script;
mod search_words;
mod seek;
mod sentences;
mod span;
mod word_filter;
mod word_shapes;
mod words;

pub use analyse::{Paragraph, ParagraphKind, Sentence, Text};
pub use search_words::{SearchWord, each_search_word};
pub use span::{CodePoints, Span};
pub use word_shapes::WordShapes;
pub use words::{Word, normalise};
