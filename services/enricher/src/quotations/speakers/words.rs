//! The function words of English sentences.

use crate::word_set::word_sets;

word_sets! {
    /// Whether a word may stand between a subject and its verb.
    pub(super) fn is_between = "has had have is was were are be been being also then later now once just still even \
        again ever never always often already recently reportedly repeatedly famously previously subsequently \
        immediately simply only further first initially finally eventually briefly quickly publicly privately \
        specifically directly recently yesterday today would will could should may might did does do not didnt \
        doesnt hasnt wasnt isnt who that long even all both himself herself themselves itself";

    /// Whether a word opens a phrase before the subject of a sentence.
    pub(super) fn is_leading = "in on at after before while when as during asked speaking since for to with without like \
        if though although despite following because until by from of under over about against within throughout \
        given according unlike among amid upon once responding writing referring citing pressed appearing talking \
        noting calling addressing standing discussing based facing looking arriving leaving instead rather";

    /// Whether a word at the beginning of a sentence is not part of its subject.
    pub(super) fn is_link = "but and so yet still then also however meanwhile later recently earlier now or nor moreover \
        today yesterday perhaps maybe indeed instead finally first second additionally furthermore nevertheless \
        afterward afterwards soon";

    /// Whether a word joins clauses. A name after it may be a subject.
    pub(super) fn is_joining = "after before since as that when while because who until though although if whether and but \
        than where what how why";

    /// Whether a word introduces a modifier of a noun or a verb.
    pub(super) fn is_preposition = "to of in at on for from with about by that after while as when before because who whom \
        against during over into through since under between among without within toward towards upon via near";

    /// Whether a word begins an apposition between commas after a name.
    pub(super) fn is_apposing = "who whose which whom the a an former now then his her their its one chief president \
        chairman director himself herself speaking citing referring when where in on at as by with also among";

    /// Whether a word is the first of a subject that is not a name.
    pub(super) fn is_determiner = "the a an one his her their its our my some several many two three four another both \
        most other this these those no every each";

    /// Whether a word stands before nouns. A word after it is not a verb: `his claim`.
    pub(super) fn is_before_nouns = "the a an his her their its our my your this any no such of in more most many some";

    /// Whether a capitalised word at the beginning of a sentence is not a person.
    pub(super) fn is_dummy_subject = "here there each if to what why how where yes no well while these those such all some many";

    /// Whether a word is a document in which somebody says something: `sent a statement saying`.
    pub(super) fn is_document = "release statement letter email emails memo message note post tweet tweets interview speech ad \
        ads video column article";

    /// Whether a pronoun may be a speaker.
    pub(super) fn is_speaking_pronoun = "he she they it we i you who";
}
