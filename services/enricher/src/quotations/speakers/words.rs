//! The function words of English sentences.

use std::sync::LazyLock;

use crate::word_set::WordSet;

/// Words between a subject and its verb.
const BETWEEN: &str = "has had have is was were are be been being also then later now once just still even \
    again ever never always often already recently reportedly repeatedly famously previously subsequently \
    immediately simply only further first initially finally eventually briefly quickly publicly privately \
    specifically directly recently yesterday today would will could should may might did does do not didnt \
    doesnt hasnt wasnt isnt who that long even all both himself herself themselves itself";

/// Words that open a phrase before the subject of a sentence.
const LEADING: &str = "in on at after before while when as during asked speaking since for to with without like \
    if though although despite following because until by from of under over about against within throughout \
    given according unlike among amid upon once responding writing referring citing pressed appearing talking \
    noting calling addressing standing discussing based facing looking arriving leaving instead rather";

/// Words at the beginning of a sentence that are not part of its subject.
const LINKS: &str = "but and so yet still then also however meanwhile later recently earlier now or nor moreover \
    today yesterday perhaps maybe indeed instead finally first second additionally furthermore nevertheless \
    afterward afterwards soon";

/// Words that join clauses. A name after them may be a subject.
const JOINING: &str = "after before since as that when while because who until though although if whether and but \
    than where what how why";

/// Words that introduce a modifier of a noun or a verb.
const PREPOSITIONS: &str = "to of in at on for from with about by that after while as when before because who whom \
    against during over into through since under between among without within toward towards upon via near";

/// Words that begin an apposition between commas after a name.
const APPOSING: &str = "who whose which whom the a an former now then his her their its one chief president \
    chairman director himself herself speaking citing referring when where in on at as by with also among";

/// The first words of a subject that is not a name.
const DETERMINERS: &str = "the a an one his her their its our my some several many two three four another both \
    most other this these those no every each";

/// Words before nouns. A word after them is not a verb: `his claim`.
const BEFORE_NOUNS: &str =
    "the a an his her their its our my your this any no such of in more most many some";

/// Capitalised words at the beginning of a sentence that are not a person.
const DUMMY_SUBJECTS: &str =
    "here there each if to what why how where yes no well while these those such all some many";

/// Documents in which somebody says something: `sent a statement saying`.
const DOCUMENTS: &str = "release statement letter email emails memo message note post tweet tweets interview speech ad \
    ads video column article";

/// Pronouns that may be speakers.
const PRONOUNS: &str = "he she they it we i you who";

/// Defines a test for a set of words, which is built once.
macro_rules! words {
    ($name:ident, $words:ident) => {
        pub(super) fn $name(normal: &str) -> bool {
            static SET: LazyLock<WordSet> = LazyLock::new(|| WordSet::of($words));
            SET.contains(normal)
        }
    };
}

words!(is_between, BETWEEN);
words!(is_leading, LEADING);
words!(is_link, LINKS);
words!(is_joining, JOINING);
words!(is_apposing, APPOSING);
words!(is_determiner, DETERMINERS);
words!(is_document, DOCUMENTS);
words!(is_before_nouns, BEFORE_NOUNS);
words!(is_dummy_subject, DUMMY_SUBJECTS);
words!(is_preposition, PREPOSITIONS);
words!(is_speaking_pronoun, PRONOUNS);
