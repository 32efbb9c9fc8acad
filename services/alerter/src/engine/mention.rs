//! How articles mention the subject of a query.

use wirefold_query::Matched;

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
