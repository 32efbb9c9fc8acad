//! The rules that decide about a pair of articles, with a name and a description of each.

use crate::judge::CopyKind;

/// The rule that put two articles into one story or kept them apart. A is the earlier article, B
/// the later one. The order of the variants matters: rules that fold come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// Both are the same text.
    SameText,
    /// B is a later version of the same item.
    SameItem,
    /// B is a take or a correction of A at the same outlet within hours.
    Take,
    /// B is A with new text of its own.
    Expanded,
    /// Most of one text is in the other.
    Reprint,
    /// A substantial part of B is in A.
    Part,
    /// Each is in the story through another article.
    AnotherMember,
    /// They were not compared, because they share too few sampled shingles.
    NotFound,
    /// A was no longer in the window when B arrived.
    OutOfWindow,
    /// One of them is too short to compare.
    NotComparable,
    /// One of them is too short without the words that the other marks as a quotation.
    MostlyQuoted,
    /// Short texts of one outlet under different titles.
    AnotherTitle,
    /// Short texts of different days.
    AnotherDay,
    /// Equal texts under different titles, too short to be an article: a wall or a template.
    Wall,
    /// Both are at one address, and share too little to be versions of one article.
    AddressAlone,
    /// Pages of one outlet under different titles that share too little of both texts.
    PageChrome,
    /// Pages of one outlet that share only what surrounds long texts of their own.
    PageFrame,
    /// Too small a share of B is in A.
    TooLittleShared,
    /// The shared words are phrases that recur in different sentences.
    OnlyPhrases,
    /// The share is large enough for a copy, but the number of words is too small.
    TooFewWords,
    /// B is a digest that holds A.
    HoldsTheOther,
    /// A is a digest that holds B.
    HeldByTheOther,
    /// The shared words are items of a digest.
    ItemsOfADigest,
    /// Different numbers in the shared passages.
    OtherNumbers,
    /// Different names in the shared passages.
    OtherNames,
    /// One template that was filled in with different numbers and names.
    Template,
    /// Two bulletins of a series: nearly equal except for their numbers.
    Series,
    /// A holds two texts, and B shares the one that is not the text of A's story.
    SecondText,
    /// B could have joined A's story, but joined another.
    AnotherStory,
}

/// An earlier article with the rule that decided about it and the new article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compared {
    /// The earlier article.
    pub doc: crate::ids::DocId,
    /// The rule that decided.
    pub rule: Rule,
}

impl Rule {
    /// All rules in order: those that fold, then those that keep apart.
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

    /// Whether the rule puts both articles into one story.
    #[must_use]
    pub fn folds(self) -> bool {
        self <= Rule::AnotherMember
    }

    /// The kind of copy that the rule finds by comparing texts. `None` for all other rules.
    pub(crate) fn copy_kind(self) -> Option<CopyKind> {
        match self {
            Rule::Take | Rule::Reprint => Some(CopyKind::Reprint),
            Rule::Expanded | Rule::Part => Some(CopyKind::Partial),
            _ => None,
        }
    }

    /// The name of the rule, for programs.
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

    /// The description of the rule, for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Rule::SameText => "the same text",
            Rule::SameItem => "B is a later version of A",
            Rule::Take => "B is a take or a correction of A, at the same outlet within hours",
            Rule::Expanded => "B is A with more text of its own",
            Rule::Reprint => "B is a reprint of A, or both are of a third text",
            Rule::Part => "a substantial part of B is in A",
            Rule::AnotherMember => "each is in the story through another article",
            Rule::NotFound => "they share too few runs of words to be compared",
            Rule::OutOfWindow => "A had left the window when B came",
            Rule::NotComparable => "a text is too short: only the same text folds it",
            Rule::MostlyQuoted => {
                "too few words are outside what the other text marks as a quotation"
            }
            Rule::AnotherTitle => "short texts of one outlet under different titles",
            Rule::AnotherDay => "short texts too long apart: an item of another day",
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
            Rule::TooLittleShared => "too little of B is in A",
            Rule::OnlyPhrases => "they share only phrases",
            Rule::TooFewWords => "they share too few words",
            Rule::HoldsTheOther => "B holds A and is mostly its own text",
            Rule::HeldByTheOther => "A is a digest that holds B",
            Rule::ItemsOfADigest => "they share only items of a digest",
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
    fn the_list_has_each_rule_once_with_its_own_name_and_description() {
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
