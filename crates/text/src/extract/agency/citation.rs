//! Citations: a text says that an agency reported something. The text itself may come from
//! elsewhere.

use super::line::{Line, NamedAgency, is_in};

/// Words before a cited agency, in normal form. A few other words may stand between.
const BEFORE: &str = "according per via citing cites cited quoting quotes quoted told telling tells \
    laut gegenüber bericht angaben berichtet berichtete meldet meldete zitiert zitierte \
    selon daprès indiqué rapporté cité rapporte citant déclaré confié dépêche \
    según informa informó citado citada citando reporta reportó recoge declaró dijo \
    segundo informou noticiou citada acordo \
    secondo riferisce riporta citata citato citando scrive \
    volgens aldus meldt bericht tegen tegenover \
    według podaje podała podał informuje poinformowała cytowany cytowana donosi \
    enligt rapporterar uppger skriver \
    сообщает сообщил сообщила сообщило сообщили передает передаёт передало передал пишет данным словам ссылкой сообщению \
    сказал сказала рассказал рассказала заявил заявила \
    повідомляє повідомило повідомила передає пише даними посиланням \
    بحسب حسب وبحسب وفقا ووفقا نقلا نقلت ذكرت وذكرت أفادت وأفادت قالت وقالت لوكالة";

/// Words that may stand between such a word and the agency.
const BETWEEN: &str = "to the a by with on of from news agency wire service der die dem den des \
    nachrichtenagentur agentur presseagentur von durch à la le les lagence agence une dune de du par auprès \
    agencia el los por a al en una agência o os da do por à com lagenzia agenzia alla all dalla di il lo \
    het een persbureau nieuwsagentschap agencja agencji agencję za nyhetsbyrån till \
    агентство агентства агентству агентством агентстве со на информагентство информагентству агенція \
    агенції агентством із з وكالة لوكالة الأنباء أنباء عن إلى لما";

/// Words after an agency that reports, at a distance of a few words at most.
const BEHIND: &str = "reported reports report reporting said says writes wrote notes noted cites cited \
    learned learnt quotes quoted \
    zufolge meldet meldete berichtet berichtete schreibt schrieb erfuhr erfahren \
    rapporte rapportait indique écrit précise révèle \
    informa informó reporta reportó señala asegura recoge publicó \
    informou noticiou informa afirma relatou \
    riferisce riporta scrive \
    meldt meldde schrijft bericht berichtte \
    podaje podała podał informuje donosi pisze \
    uppger rapporterar skriver \
    сообщает сообщил сообщила сообщило передает передаёт пишет сообщили \
    повідомляє передає пише повідомило \
    göre bildirdi aktardı duyurdu \
    إن أن";

/// Participles before "by" in a passive: `reported by`, `seen by`, `published by`.
const PASSIVE: &str = "reported quoted cited obtained seen reviewed published interviewed first";

/// For scripts without spaces: words directly before and directly after the name.
const JOINED_BEFORE: &[&str] = &["据", "據", "引述", "引用", "援引", "告诉", "告訴"];
#[rustfmt::skip]
const JOINED_BEHIND: &[&str] = &[
    "报道", "報道", "消息", "援引", "引述", "说",
    "說", "称", "稱", "によると", "によれば", "が伝え", "が報じ", "は伝え", "は報じ", "に対し", 
];
/// The distance in which they are looked for, in characters.
const JOINED_REACH: usize = 10;
/// The greatest distance between the agency and the word that cites it, in words.
const REACH_BEFORE: usize = 5;
const REACH_BEHIND: usize = 3;

impl Line<'_> {
    /// Whether the text says that the agency reports something.
    pub(super) fn is_cited(&self, named: &NamedAgency) -> bool {
        !named.is_ambiguous
            && !self.is_picture
            && (self.is_cited_before(named) || self.is_cited_behind(named) || self.is_joined(named))
    }

    fn is_cited_before(&self, named: &NamedAgency) -> bool {
        let from = named.start.saturating_sub(REACH_BEFORE).max(self.paragraph.words.start);
        for index in (from..named.start).rev() {
            let Some(word) = self.word(index) else { return false };
            if self.gap(index + 1).contains(['.', '!', '?', '؟', ';']) {
                return false;
            }
            if is_in(BEFORE, word) {
                return true;
            }
            if word == "by" {
                let before = index.checked_sub(1).and_then(|index| self.word(index));
                return before.is_some_and(|before| is_in(PASSIVE, before));
            }
            // Another agency, as in `according to AFP and Reuters`.
            if !is_in(BETWEEN, word)
                && !matches!(word, "and" | "und" | "et" | "y" | "e" | "и")
                && !self.is_named(index)
            {
                return false;
            }
        }
        false
    }

    fn is_cited_behind(&self, named: &NamedAgency) -> bool {
        let to = (named.end + REACH_BEHIND).min(self.paragraph.words.end);
        for index in named.end..to {
            if self.gap(index).contains(['.', '!', '?', '؟', ';', ',', ':', '(']) {
                return false;
            }
            if self.word(index).is_some_and(|word| is_in(BEHIND, word)) {
                return true;
            }
        }
        false
    }

    fn is_joined(&self, named: &NamedAgency) -> bool {
        let (before, behind) =
            (self.before(named, 4 * JOINED_REACH), self.after(named, 4 * JOINED_REACH));
        let is_foreign = |part: &str| !part.is_ascii();
        let near: String = behind.chars().take(JOINED_REACH).collect();
        let clause = near.split(['。', '，', '、', ',', '.']).next().unwrap_or_default();
        (is_foreign(before) && JOINED_BEFORE.iter().any(|cue| before.trim_end().ends_with(cue)))
            || (is_foreign(clause) && JOINED_BEHIND.iter().any(|cue| clause.contains(cue)))
    }
}
