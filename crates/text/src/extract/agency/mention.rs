//! Mentions: somebody told an agency something, which only its own texts say.

use super::line::{Line, NamedAgency, is_in};

/// Verbs of telling, in normal form. The agency follows within a few words.
const TELLING: &str = "told telling tells tell interview spoke speaking sagte sagten gegenüber zei \
    сказав сказала розповів розповіла заявив заявила сказал рассказал рассказала заявил 诉";

/// Verbs whose subject may be the agency itself ("dijo EFE", "a dit l'AFP"). They count only with a
/// preposition.
const TELLING_TO: &str = "déclaré dit indiqué confié expliqué dijo declaró explicó detto \
    dichiarato disse declarou spiegato قال وقال قالت وقالت صرح وصرح أضاف وأضاف أكد أبلغ אמר אמרה \
    אמרו מסר";

/// The prepositions, and names with a prefixed preposition.
const TO: &str = "à a al ao alla all لوكالة لرويترز לרויטרס";

/// Words that may stand between the verb of telling and the agency.
const BETWEEN: &str = "the to with news agency der die dem den nachrichtenagentur à lagence \
    agence a al ao la agencia agência all allagenzia alla агентству агенству інформагентству \
    لوكالة";

/// Words that make what follows a citation: "according to".
const CITING: &str = "وفقا وفق طبقا تبعا نقلا";

/// The greatest distance between the verb and a preposition that introduces the listener, in words.
const FURTHEST_VERB: usize = 8;

impl Line<'_> {
    /// Whether somebody told the agency.
    pub(super) fn is_mentioned(&self, named: &NamedAgency) -> bool {
        if named.is_ambiguous {
            return false;
        }
        let itself = self.word(named.start).unwrap_or_default();
        let mut with_to = is_in(TO, itself) || itself.starts_with("all");
        let from = named.start.saturating_sub(4).max(self.paragraph.words.start);
        let words = (from..named.start).rev();
        for index in words {
            let Some(word) = self.word(index) else { return false };
            with_to |= is_in(TO, word);
            if !is_in(BETWEEN, word) {
                let tells = is_in(TELLING, word) || (with_to && is_in(TELLING_TO, word));
                return tells || (with_to && self.follows_telling_verb(index));
            }
        }
        false
    }

    /// Whether a verb of telling precedes word `last` in the same sentence, with the speaker
    /// between: `dijo el alcalde a EFE`, `وقال الوزير لرويترز`.
    fn follows_telling_verb(&self, last: usize) -> bool {
        if self.word(last).is_some_and(|word| is_in(CITING, word)) {
            return false;
        }
        let from = last.saturating_sub(FURTHEST_VERB).max(self.paragraph.words.start);
        for index in (from..=last).rev() {
            if self.gap(index + 1).contains(['.', '!', '?', '؟', ':']) {
                return false;
            }
            let word = self.word(index).unwrap_or_default();
            if is_in(TELLING_TO, word) {
                return true;
            }
        }
        false
    }
}
