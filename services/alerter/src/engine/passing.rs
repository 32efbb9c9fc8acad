//! Mentions in passing: a match outside title and lede is not news.
//!
//! Comes in: the parts in which a query matched. Goes out: whether an alert must stay silent for now. It
//! never drops a match.
//!
//! An alert notifies once a title or lede matches, or texts of two origins mention the subject. Until then
//! its revisions are silent, and each says why.

use wirefold_proto::Class;
use wirefold_query::Matched;

use super::incoming::IncomingArticle;
use super::life::Life;

/// How an article mentions the subject of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mention {
    /// Not at all.
    None,
    /// Outside title and lede, in a text that was counted before, such as a copy.
    Again,
    /// Outside title and lede, in a text of its own.
    Passing,
    /// In title or lede, or in several texts.
    Told,
}

impl Mention {
    pub(super) fn of(matched: &Matched, is_own_text: bool) -> Self {
        match (matched.in_passing, is_own_text) {
            (false, _) => Self::Told,
            (true, true) => Self::Passing,
            (true, false) => Self::Again,
        }
    }
}

/// How several articles together mention the subject.
pub(super) fn together(mentions: impl IntoIterator<Item = Mention>) -> Mention {
    let add = |one: Mention, other: Mention| match (one, other) {
        (Mention::Passing, Mention::Passing) => Mention::Told,
        (one, other) => one.max(other),
    };
    mentions.into_iter().fold(Mention::None, add)
}

impl IncomingArticle {
    /// How it mentions the subject, according to the match. A digest is about nothing in particular.
    pub(super) fn mention(&self, matched: Option<&Matched>) -> Mention {
        let verdict = &self.output.verdict;
        let is_own_text = matches!(verdict.class, Class::New | Class::Related);
        match matched {
            None => Mention::None,
            Some(_) if verdict.holds.len() > 1 => Mention::Again,
            Some(matched) => Mention::of(matched, is_own_text),
        }
    }
}

impl Life {
    /// How the reported articles mention the subject.
    pub(super) fn mention(&self) -> Mention {
        match (self.revision, self.in_passing) {
            (0, _) => Mention::None,
            (_, true) => Mention::Passing,
            (_, false) => Mention::Told,
        }
    }

    /// Whether everything reported and to be reported only mentions the subject in passing.
    pub(super) fn mentions_in_passing(&self) -> bool {
        let news = self.news.iter().map(|news| news.mention);
        together(std::iter::once(self.mention()).chain(news)) < Mention::Told
    }
}

#[cfg(test)]
mod tests {
    use super::Mention::{Again, None, Passing, Told};
    use super::*;

    #[test]
    fn two_texts_that_mention_it_tell_of_it() {
        let cases = [
            (vec![], None),
            (vec![Passing], Passing),
            (vec![Passing, None, Again, Again], Passing),
            (vec![Again, Again], Again),
            (vec![Passing, Again, Passing], Told),
            (vec![Told, Passing], Told),
        ];
        for (mentions, expected) in cases {
            assert_eq!(together(mentions.clone()), expected, "{mentions:?}");
        }
    }
}
