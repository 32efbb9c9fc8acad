//! Writes sentences about one happening, which share people, places, groups and words.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use wirefold_score::Random;

use super::article::{Paragraph, Role, Sentence, SentenceOrigin};
use super::words::{Script, WORDS, Zipf, capitalised};

/// The rules of a script by their names in `grammar.json`: its sentences, made of its function words and of
/// generated words, and its forms.
///
/// A rule is a text with slots in braces. `{C}`, `{N}`, `{V}`, `{A}`, `{T}` and `{J}` are clauses, noun
/// phrases, verb phrases, adverbials, sources and joints, by another rule; `{w}`, `{a}` and `{v}` a noun, an
/// adjective and a verb; `{P}`, `{L}` and `{G}` a person, a place and a group; `{D}` and `{M}` a day and a
/// month; `{#}` a number; `{Q}` the quoted text. `S` are sentences and `Q` those with a quotation; `places` and
/// `groups` are patterns around a generated name.
type Grammar = HashMap<&'static str, Vec<&'static str>>;

static GRAMMARS: LazyLock<HashMap<Script, Grammar>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("grammar.json")).expect("a test reads grammar.json")
});

/// The number of words that the texts of a happening use again and again.
const TERMS: usize = 30;
/// The percentage of content words that are among them.
const ON_TOPIC: usize = 22;
/// The number of surnames, given names and places.
const SURNAMES: usize = 30_000;
const GIVEN_NAMES: usize = 900;
const PLACES: usize = 6_000;
/// From this depth on a slot takes the first rule, which is short.
const MAX_DEPTH: usize = 6;

/// The facts that texts about one happening share.
#[derive(Debug, Clone)]
pub(super) struct Happening {
    terms: Vec<usize>,
    people: Vec<String>,
    places: Vec<String>,
    groups: Vec<String>,
}

impl Happening {
    /// The facts of a happening. `random` must belong to the happening.
    pub(super) fn new(script: Script, zipf: &Zipf, random: &mut Random) -> Happening {
        let rules = &GRAMMARS[&script];
        let terms = (0..TERMS).map(|_| (zipf.rank(random) + 200).min(WORDS - 10)).collect();
        let people = (0..4).map(|_| person(script, zipf, random)).collect();
        let mut named = |forms: &[&str]| -> Vec<String> {
            let numbers = (0..3).map(|_| SURNAMES + GIVEN_NAMES + random.below(PLACES));
            let numbers: Vec<usize> = numbers.collect();
            let form = |number| random.pick(forms).replace("{}", &script.name_of(number));
            numbers.into_iter().map(form).collect()
        };
        let (places, groups) = (named(&rules["places"]), named(&rules["groups"]));
        Happening { terms, people, places, groups }
    }

    /// The first place, which datelines use.
    pub(super) fn first_place(&self) -> &str {
        &self.places[0]
    }

    /// A person who can sign.
    pub(super) fn person(&self, at: usize) -> &str {
        &self.people[at % self.people.len()]
    }
}

fn person(script: Script, zipf: &Zipf, random: &mut Random) -> String {
    let surname = script.name_of(zipf.rank(random) % SURNAMES);
    let given = script.name_of(SURNAMES + random.below(GIVEN_NAMES));
    match script {
        Script::Chinese | Script::Japanese => surname,
        _ => format!("{given} {surname}"),
    }
}

/// Writes the sentences of one article.
pub(super) struct Writer<'a> {
    pub(super) random: Random,
    pub(super) script: Script,
    pub(super) happening: Happening,
    rules: &'static Grammar,
    zipf: &'a Zipf,
    /// The article to which the sentences belong.
    article: u64,
    written: u16,
}

impl<'a> Writer<'a> {
    /// A writer of the article with this number.
    pub(super) fn new(
        script: Script,
        zipf: &'a Zipf,
        happening: Happening,
        article: u64,
        random: Random,
    ) -> Writer<'a> {
        let rules = &GRAMMARS[&script];
        Writer { random, script, happening, rules, zipf, article, written: 0 }
    }

    /// The next sentence of the article.
    pub(super) fn own(&mut self) -> Sentence {
        let text = self.sentence();
        self.sentence_of(text)
    }

    /// Makes a text a sentence of the article.
    pub(super) fn sentence_of(&mut self, text: String) -> Sentence {
        let part = SentenceOrigin { root: self.article, number: self.written };
        self.written = self.written.saturating_add(1);
        Sentence::new(text, self.script, Role::Own(part))
    }

    /// A paragraph of this many new sentences.
    pub(super) fn paragraph(&mut self, sentences: usize) -> Paragraph {
        (0..sentences).map(|_| self.own()).collect()
    }

    /// A sentence with a quotation.
    pub(super) fn quotation(&mut self) -> Sentence {
        let mut said = self.fill("{C}");
        if self.random.chance(60) {
            said = format!("{said}{}{}", self.rules["comma"][0], self.fill("{C}"));
        }
        let said = if self.script.has_spaces() { capitalised(&said) } else { said };
        let rule = *self.random.pick(&self.rules["Q"]);
        let text = self.fill(rule).replace("{Q}", &said);
        Sentence::new(text, self.script, Role::Quoted)
    }

    /// A sentence that several articles may have. The same root and number give the same sentence.
    pub(super) fn common(&self, root: u64, number: usize) -> Sentence {
        let mut random = Random::new(root ^ number as u64);
        let happening = Happening::new(self.script, self.zipf, &mut random);
        let mut writer = Writer::new(self.script, self.zipf, happening, root, random);
        writer.written = u16::try_from(number).unwrap_or(u16::MAX);
        writer.own()
    }

    /// A line without an end mark, such as a headline.
    pub(super) fn headline(&mut self) -> String {
        let rule = if self.random.chance(50) { "{C}" } else { "{C} {A}" };
        let line = self.fill(rule);
        capitalised(line.trim())
    }

    /// A sentence.
    pub(super) fn sentence(&mut self) -> String {
        let rule = *self.random.pick(&self.rules["S"]);
        let sentence = self.fill(rule);
        if self.script.has_spaces() { capitalised(&sentence) } else { sentence }
    }

    /// A rule of the script's grammar, or all of them.
    pub(super) fn rules(&self, name: &str) -> &'static [&'static str] {
        &self.rules[name]
    }

    /// Fills all slots of a rule except that of a quotation.
    pub(super) fn fill(&mut self, rule: &str) -> String {
        let mut out = String::new();
        self.fill_into(rule, &mut out, 0);
        out
    }

    fn fill_into(&mut self, rule: &str, out: &mut String, depth: usize) {
        let mut rest = rule;
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let Some((slot, behind)) = after.split_once('}') else { break };
            self.slot(slot, out, depth);
            rest = behind;
        }
        out.push_str(rest);
    }

    fn slot(&mut self, slot: &str, out: &mut String, depth: usize) {
        let rules = match slot {
            "C" | "N" | "V" | "A" | "T" | "J" => &self.rules[slot],
            _ => return self.terminal(slot, out),
        };
        let at = if depth < MAX_DEPTH { self.random.below(rules.len()) } else { 0 };
        self.fill_into(rules[at], out, depth + 1);
    }

    fn terminal(&mut self, slot: &str, out: &mut String) {
        match slot {
            "w" => out.push_str(&self.word(0, 5)),
            "a" => out.push_str(&self.word(5, 3)),
            "v" => out.push_str(&self.word(8, 2)),
            "P" => out.push_str(&self.mention(|its| &its.people)),
            "L" => out.push_str(&self.mention(|its| &its.places)),
            "G" => out.push_str(&self.mention(|its| &its.groups)),
            "D" | "M" => out.push_str(self.random.pick::<&str>(&self.rules[slot])),
            "#" => self.number(out),
            other => {
                let _ = write!(out, "{{{other}}}");
            }
        }
    }

    /// A content word of one class. Each ten ranks have five nouns, three adjectives and two verbs.
    fn word(&mut self, first: usize, count: usize) -> String {
        let rank = match self.random.chance(ON_TOPIC) {
            true => *self.random.pick(&self.happening.terms),
            false => self.zipf.rank(&mut self.random),
        };
        self.script.word(rank - rank % 10 + first + rank % count)
    }

    /// A person or thing of the happening. The first ones are the most frequent.
    fn mention(&mut self, of: impl Fn(&Happening) -> &Vec<String>) -> String {
        let count = of(&self.happening).len();
        let at = self.random.below(count).min(self.random.below(count));
        let name = &of(&self.happening)[at];
        // Later mentions of a person mostly use the surname.
        match name.rsplit_once(' ') {
            Some((given, surname)) if !given.contains(' ') && self.random.chance(40) => {
                surname.to_owned()
            }
            _ => name.clone(),
        }
    }

    fn number(&mut self, out: &mut String) {
        let random = &mut self.random;
        let _ = match random.below(5) {
            0 | 1 => write!(out, "{}", 2 + random.below(97)),
            2 => write!(out, "{},{:03}", 1 + random.below(90), random.below(1_000)),
            3 => write!(out, "{}.{}", 1 + random.below(60), random.below(10)),
            _ => write!(out, "{}", 100 + random.below(900)),
        };
    }
}
