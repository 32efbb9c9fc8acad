//! The rule that decided what two articles are to each other.

use crate::judge::CopyKind;

/// The rule that put two articles into one story, or that kept them apart. A is the earlier article, B
/// the later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// Both are the same text.
    SameText,
    /// B is a later version of the same item.
    SameItem,
    /// B is a take or a correction of A at the same outlet within hours.
    Take,
    /// B is A with more text of its own.
    Expanded,
    /// Most of one text stands in the other.
    Reprint,
    /// A substantial part of B stands in A.
    Part,
    /// Each is in the story through another article.
    AnotherMember,
    /// They were not compared: they share too few sampled shingles.
    NotFound,
    /// A had left the window when B came.
    OutOfWindow,
    /// One of them is too short to compare.
    NotComparable,
    /// One of them is too short without what the other marks as a quotation.
    MostlyQuoted,
    /// A short text of the same outlet under another title.
    AnotherTitle,
    /// A short text on another day.
    AnotherDay,
    /// Equal words under different titles, too few to be an article: a wall or a template.
    Wall,
    /// They stand at one address and share too little to be versions.
    AddressAlone,
    /// Pages of one outlet under different titles whose own parts are too different.
    PageChrome,
    /// Pages of one outlet that share only what surrounds long pieces of their own.
    PageFrame,
    /// Too small a share of B stands in A.
    TooLittleShared,
    /// What they share are phrases that recur in other sentences.
    OnlyPhrases,
    /// The share would do, but it is too few words for a copy.
    TooFewWords,
    /// B is mostly its own text and holds A, as a digest does.
    HoldsTheOther,
    /// A is a digest that holds B.
    HeldByTheOther,
    /// What they share are items of a digest.
    ItemsOfADigest,
    /// Numbers differ in what they share.
    OtherNumbers,
    /// Names differ in what they share.
    OtherNames,
    /// A form that was filled in with other numbers and names.
    Template,
    /// Two bulletins of a series: nearly equal, but for their numbers.
    Series,
    /// A holds two texts, and B shares the one that its story is not about.
    SecondText,
    /// B could have joined A's story, and joined another.
    AnotherStory,
}

/// What one earlier article is to the article it was compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compared {
    /// The earlier article.
    pub doc: crate::ids::DocId,
    /// What decided.
    pub rule: Rule,
}

impl Rule {
    /// All rules: first those that fold, then those that keep apart.
    pub const ALL: [Rule; 29] = [
        Rule::SameText,
        Rule::SameItem,
        Rule::Take,
        Rule::Expanded,
        Rule::Reprint,
        Rule::Part,
        Rule::AnotherMember,
        Rule::NotFound,
        Rule::OutOfWindow,
        Rule::NotComparable,
        Rule::MostlyQuoted,
        Rule::AnotherTitle,
        Rule::AnotherDay,
        Rule::Wall,
        Rule::AddressAlone,
        Rule::PageChrome,
        Rule::PageFrame,
        Rule::TooLittleShared,
        Rule::OnlyPhrases,
        Rule::TooFewWords,
        Rule::HoldsTheOther,
        Rule::HeldByTheOther,
        Rule::ItemsOfADigest,
        Rule::OtherNumbers,
        Rule::OtherNames,
        Rule::Template,
        Rule::Series,
        Rule::SecondText,
        Rule::AnotherStory,
    ];

    /// Whether it puts both into one story.
    #[must_use]
    pub fn folds(self) -> bool {
        self <= Rule::AnotherMember
    }

    /// How much of a text is copied under it; `None` where it makes no copy by its text.
    pub(crate) fn copy_kind(self) -> Option<CopyKind> {
        match self {
            Rule::Take | Rule::Reprint => Some(CopyKind::Reprint),
            Rule::Expanded | Rule::Part => Some(CopyKind::Partial),
            _ => None,
        }
    }

    /// Its name for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Rule::SameText => "same_text",
            Rule::SameItem => "same_item",
            Rule::Take => "take",
            Rule::Expanded => "expanded",
            Rule::Reprint => "reprint",
            Rule::Part => "part",
            Rule::AnotherMember => "another_member",
            Rule::NotFound => "not_found",
            Rule::OutOfWindow => "out_of_window",
            Rule::NotComparable => "not_comparable",
            Rule::MostlyQuoted => "mostly_quoted",
            Rule::AnotherTitle => "another_title",
            Rule::AnotherDay => "another_day",
            Rule::Wall => "wall",
            Rule::AddressAlone => "address_alone",
            Rule::PageChrome => "page_chrome",
            Rule::PageFrame => "page_frame",
            Rule::TooLittleShared => "too_little_shared",
            Rule::OnlyPhrases => "only_phrases",
            Rule::TooFewWords => "too_few_words",
            Rule::HoldsTheOther => "holds_the_other",
            Rule::HeldByTheOther => "held_by_the_other",
            Rule::ItemsOfADigest => "items_of_a_digest",
            Rule::OtherNumbers => "other_numbers",
            Rule::OtherNames => "other_names",
            Rule::Template => "template",
            Rule::Series => "series",
            Rule::SecondText => "second_text",
            Rule::AnotherStory => "another_story",
        }
    }

    /// What it says of two articles, for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Rule::SameText => "the same text",
            Rule::SameItem => "B is a later version of A",
            Rule::Take => "B is a take or a correction of A, at the same outlet within hours",
            Rule::Expanded => "B is A with more text of its own",
            Rule::Reprint => "B is a reprint of A, or both are of a third text",
            Rule::Part => "a substantial part of B stands in A",
            Rule::AnotherMember => "each is in the story through another article",
            Rule::NotFound => "they share too few runs of words to be compared",
            Rule::OutOfWindow => "A had left the window when B came",
            Rule::NotComparable => "a text is too short: only the same text folds it",
            Rule::MostlyQuoted => {
                "too few words are left without what the other text marks as a quotation"
            }
            Rule::AnotherTitle => "short texts of one outlet under different titles",
            Rule::AnotherDay => "short texts too long apart: another day's item",
            Rule::Wall => {
                "equal words under different titles are too few to be an article: a wall or a template"
            }
            Rule::AddressAlone => {
                "the same address, but too little of the text is equal for a version"
            }
            Rule::PageChrome => {
                "pages of one outlet under different titles: too little of both own parts is equal"
            }
            Rule::PageFrame => {
                "pages of one outlet share only what surrounds long pieces of their own"
            }
            Rule::TooLittleShared => "too little of B stands in A",
            Rule::OnlyPhrases => "what they share are phrases",
            Rule::TooFewWords => "what they share is too few words",
            Rule::HoldsTheOther => "B holds A and is mostly its own text",
            Rule::HeldByTheOther => "A is a digest that holds B",
            Rule::ItemsOfADigest => "what they share are items of a digest",
            Rule::OtherNumbers => "their numbers differ",
            Rule::OtherNames => "their names differ",
            Rule::Template => "a form filled in with other numbers and names",
            Rule::Series => "bulletins of a series: nearly equal, but for their numbers",
            Rule::SecondText => "A holds two texts, and its story is about the other one",
            Rule::AnotherStory => "B could have joined A's story, but joined another",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_rule_stands_once_in_the_list_under_a_name_and_words_of_its_own() {
        let names: BTreeSet<&str> = Rule::ALL.iter().map(|rule| rule.name()).collect();
        let words: BTreeSet<&str> = Rule::ALL.iter().map(|rule| rule.words()).collect();
        assert_eq!((names.len(), words.len()), (Rule::ALL.len(), Rule::ALL.len()));
        assert!(Rule::ALL.is_sorted());
        assert_eq!(Rule::ALL.last(), Some(&Rule::AnotherStory));
    }

    #[test]
    fn rules_that_fold_come_first() {
        let folding = Rule::ALL.iter().filter(|rule| rule.folds()).count();
        assert_eq!(Rule::ALL[folding - 1], Rule::AnotherMember);
        assert!(Rule::ALL[folding..].iter().all(|rule| rule.copy_kind().is_none()));
    }
}
