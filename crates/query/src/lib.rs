//! The subscription language: parse a query, match it against an article, match a million.
//!
//! | written | found |
//! |---|---|
//! | `kyiv ceasefire` | both words; `AND` may stand between them |
//! | `kyiv OR lviv` | either |
//! | `-sport`, `NOT sport` | articles without the word |
//! | `"peace plan"` | the words next to each other |
//! | `harbo*` | words with this beginning, at least two letters |
//! | `~strike` | its regular forms too, by the article's language: strikes, striking |
//! | `port NEAR/5 strike` | at most five words from one to the other, in either order |
//! | `(port OR harbour) strike` | groups |
//! | `title:strike` | words, phrases and prefixes of the title alone |
//! | `anywhere:strike` | as `strike`, but a mention in passing counts fully |
//! | `地震` | in scripts without spaces, and in Korean: any text with these characters in a row |
//! | `cease-fire` | with a hyphen, with a space, or as one word |
//! | `@ministers` | any line of the list of this name: see [`Lists`] |
//! | `agency:AP` | an agency by any of its names: `agency:"Associated Press"`, `agency:apnews` |
//! | `entity:Zelensky` | a person, organisation or place in any of its spellings |
//! | `cites:AP` | an agency that the text cites, in the same way |
//! | `note:correction` | the kind of a note of its outlet: `correction`, `clarification`, `retraction` |
//! | `place: outlet: site: lang: class: feed:` | its other properties |
//! | `origins>=2 outlets>10 velocity>5/10m` | the numbers of its event; five articles in ten minutes |
//! | `*` | every article |
//!
//! A match that needs words from outside the title and the first sentence is a mention [in
//! passing](Matched::in_passing).
//!
//! Case and diacritics do not count. `AND`, `OR`, `NOT` and `NEAR/n` are operators only in
//! capitals. `OR` binds least, then `AND`, then `NOT`, then `NEAR`. A query must name something
//! that has to be there: `-sport` alone is refused.
//!
//! The crate has no I/O, no clock and no logging. Parse errors have a column. Matching cannot fail.
//!
//! ```
//! use wirefold_query::{Document, Numbers, Prepared, Query};
//!
//! let query = Query::parse(r#"(port OR harbour) "walked out" -football origins>=2"#)?;
//! let article = Document {
//!     title: "Talks at the Port collapse",
//!     text: "Negotiators walked out before dawn.",
//!     ..Document::default()
//! };
//! let numbers = Numbers { origins: 2, ..Numbers::default() };
//! let matched = query.matches(&Prepared::new(&article), &numbers).expect("all of it stands there");
//! assert_eq!(matched.words, ["port", "walked out"]);
//!
//! let error = Query::parse("port AND").unwrap_err();
//! assert_eq!(error.to_string(), r#"column 9: expected a word, a phrase or "(", found the end"#);
//! # Ok::<(), wirefold_query::ParseError>(())
//! ```

mod document;
mod error;
mod failing;
mod fold;
mod keys;
mod lexer;
mod lists;
mod numbers;
mod parser;
mod percolator;
mod query;
mod stemming;
mod term;
mod tree;
mod words;

#[cfg(test)]
mod tests;

pub use document::{Document, Prepared};
pub use error::ParseError;
pub use failing::{Part, first_failing};
pub use fold::{Token, each_token};
pub use lists::Lists;
pub use numbers::Numbers;
pub use parser::{MAX_BYTES, MAX_DEPTH, MAX_TERMS};
pub use percolator::{Hit, Matched, Percolator};
pub use query::Query;
