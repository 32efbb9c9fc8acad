//! Agreement of facts: a template filled in again ("bank adds 250 million", "bank adds 400
//! million") shares most of its words and none of its facts.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::body::{Body, BodyWord, Fact};
use crate::codec::varint;
use crate::compare::overlap::{Overlap, Passage};
use crate::judge::Article;
use crate::judge::rule::Rule;
use crate::judge::template::{Slots, is_filled_in_anew};
use crate::settings::{Settings, Switch};
use wirefold_text::Text;
use wirefold_text::extract::{dateline, name_key, names, numbers};

/// The numbers and names of a text, as far as short texts need them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShortFacts {
    numbers: BTreeSet<String>,
    names: BTreeSet<String>,
}

/// Two short texts agree when this share of the smaller set of numbers (or names) is common.
const LEAST_AGREEMENT: f64 = 0.6;
/// So many different numbers inside the passages of texts of any length must agree as well.
const LEAST_NUMBERS: usize = 4;
/// Two texts are mostly equal when this share of each stands in the other.
pub(crate) const MOSTLY: f64 = 0.5;
/// Words before the first passage that are looked at as an edit.
const FIRST_WORDS: usize = 12;
/// Two texts share a part of both below this larger share.
const EXCERPT: f64 = 0.8;

impl ShortFacts {
    /// The facts among the words of a body that are no boilerplate; of a long one there are none,
    /// since nobody asks.
    #[must_use]
    pub fn new(text: &Text, body: &Body, settings: &Settings) -> ShortFacts {
        if body.counted_words() > settings.short_words {
            return ShortFacts::default();
        }
        let own = body.words.iter().filter(|word| !word.boilerplate);
        let own: BTreeSet<usize> = own.map(|word| word.index as usize).collect();
        let numbers = numbers(text, 0..text.words().len());
        let names = names(text).into_iter().flat_map(|name| name.words);
        let normal = |index: usize| text.normal(&text.words()[index]).to_owned();
        ShortFacts {
            numbers: numbers
                .into_iter()
                .filter(|number| own.contains(&number.words.start))
                .map(|number| number.value)
                .collect(),
            names: names.filter(|index| own.contains(index)).map(normal).collect(),
        }
    }

    /// Writes them down behind `bytes`, of which nothing is added for none.
    pub(crate) fn pack(&self, bytes: &mut Vec<u8>) {
        if *self == ShortFacts::default() {
            return;
        }
        for forms in [&self.numbers, &self.names] {
            varint::push_count(bytes, forms.len());
            for form in forms {
                varint::push_count(bytes, form.len());
                bytes.extend_from_slice(form.as_bytes());
            }
        }
    }

    /// Reads those that [`pack`](Self::pack) wrote at the beginning of `bytes`, which goes on behind them.
    pub(crate) fn unpack(bytes: &mut &[u8]) -> ShortFacts {
        ShortFacts { numbers: read_forms(bytes), names: read_forms(bytes) }
    }
}

fn read_forms(bytes: &mut &[u8]) -> BTreeSet<String> {
    let count = varint::read(bytes).unwrap_or_default();
    let form = |_| {
        let len = varint::read(bytes)? as usize;
        let (form, rest) = bytes.split_at_checked(len)?;
        *bytes = rest;
        str::from_utf8(form).ok().map(str::to_owned)
    };
    (0..count).map_while(form).collect()
}

/// The share of the smaller of two texts' numbers that stands in the other; 1 where it has none.
pub(crate) fn agreeing_numbers(new: &Article<'_>, old: &Article<'_>) -> f64 {
    let (here, there) = (new.figures.values(), old.figures.values());
    let common = here.iter().filter(|number| there.binary_search(number).is_ok()).count();
    match here.len().min(there.len()) {
        0 => 1.0,
        smaller => common as f64 / smaller as f64,
    }
}

/// What in the facts speaks against a fold, if anything does.
pub(crate) fn facts_conflict(
    new: &Article<'_>,
    old: &Article<'_>,
    overlap: &Overlap,
    settings: &Settings,
) -> Option<Rule> {
    if !settings.is_on(Switch::Facts) {
        return None;
    }
    if is_filled_in_anew(new, old, overlap) {
        return Some(Rule::Series);
    }
    let slots = Slots::between(new, old, overlap);
    let is_long = overlap.own_words.0.min(overlap.own_words.1) >= settings.short_words;
    if overlap.is_nearly_all() && is_long {
        return slots.is_serial().then_some(Rule::Series);
    }
    if slots.is_template(overlap) {
        return Some(Rule::Template);
    }
    let here = numbers_in(new, overlap.passages.iter().map(Passage::here));
    let there = numbers_in(old, overlap.passages.iter().map(Passage::there));
    let common = here.iter().filter(|number| there.binary_search(number).is_ok()).count();
    if !is_enough(common, here.len().min(there.len()), LEAST_NUMBERS) {
        return Some(Rule::OtherNumbers);
    }
    let is_short = |article: &Article<'_>| article.body.counted_words() <= settings.short_words;
    let may_correct = overlap.smaller() >= MOSTLY;
    let in_slots = || {
        if slots.name_others(overlap) {
            return Some(Rule::OtherNames);
        }
        let agreeing = if may_correct { common } else { 0 };
        slots.tell_other_numbers(agreeing).then_some(Rule::OtherNumbers)
    };
    // What each has of its own has numbers of its own.
    let is_excerpt = overlap.larger() < EXCERPT;
    match (is_short(new), is_short(old)) {
        // Long texts share parts that are told on: one number may have risen since.
        (false, false) => (slots.other_numbers >= 2 && slots.tell_other_numbers(common))
            .then_some(Rule::OtherNumbers),
        (true, true) if !is_excerpt && !agree(&new.facts.numbers, &old.facts.numbers, 1) => {
            Some(Rule::OtherNumbers)
        }
        (true, true) if !names_agree(new, old, overlap) => Some(Rule::OtherNames),
        _ => in_slots(),
    }
}

/// Whether two short texts are equal but for their first words, which name others: the alignment
/// finds no edit where nothing equal stands before it.
fn begin_with_other_names(new: &Article<'_>, old: &Article<'_>, overlap: &Overlap) -> bool {
    let first =
        overlap.passages.iter().map(|passage| (passage.here().start, passage.there().start));
    let Some((here, there)) = first.min().filter(|(here, there)| here.max(there) <= &FIRST_WORDS)
    else {
        return false;
    };
    are_other_names(
        &names_in(new, behind_dateline(new, here)),
        &names_in(old, behind_dateline(old, there)),
    )
}

/// The words of a body before `end` that are no part of the dateline.
fn behind_dateline(article: &Article<'_>, end: usize) -> Range<usize> {
    if end == 0 {
        return 0..0;
    }
    let text = article.text.deref();
    let from = dateline(text).map_or(0, |dateline| dateline.span.end);
    let is_before = |word: &BodyWord| text.words()[word.index as usize].span.start < from;
    article.body.words[..end].partition_point(is_before)..end
}

/// Whether both have some, and none in common.
pub(crate) fn are_other<T: PartialEq>(here: &[T], there: &[T]) -> bool {
    !here.is_empty() && !there.is_empty() && !here.iter().any(|one| there.contains(one))
}

/// The same of names, in whatever spelling.
pub(crate) fn are_other_names(here: &BTreeSet<String>, there: &BTreeSet<String>) -> bool {
    let keys = |names: &BTreeSet<String>| -> Vec<String> {
        names.iter().map(|name| name_key(name)).collect()
    };
    here.is_disjoint(there) && are_other(&keys(here), &keys(there))
}

/// Whether two short texts name the same. Of two that are nearly equal the edits tell it better, with
/// the first words, where the alignment finds none.
pub(crate) fn names_agree(new: &Article<'_>, old: &Article<'_>, overlap: &Overlap) -> bool {
    let keys = |article: &Article<'_>| -> BTreeSet<String> {
        article.facts.names.iter().map(|name| name_key(name)).collect()
    };
    if overlap.is_nearly_all() {
        return !begin_with_other_names(new, old, overlap);
    }
    agree(&new.facts.names, &old.facts.names, 2) || agree(&keys(new), &keys(old), 2)
}

/// The numbers inside ranges of an article's body, edits included, each once.
pub(crate) fn numbers_in(
    article: &Article<'_>,
    ranges: impl Iterator<Item = Range<usize>>,
) -> Vec<u32> {
    let mut found = Vec::new();
    for range in ranges {
        let words = article.body.in_text(&range);
        let read = || numbers(article.text, words.clone()).into_iter().map(|n| n.value).collect();
        article.figures.among(words.clone(), &read, &mut found);
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The names inside a range of a short article's body.
pub(crate) fn names_in(article: &Article<'_>, range: Range<usize>) -> BTreeSet<String> {
    let words = &article.body.words[range];
    let capital = words.iter().filter(|word| word.fact == Fact::Name);
    let capital = capital.map(|word| word.normal(article.text));
    capital.filter(|form| article.facts.names.contains(*form)).map(str::to_owned).collect()
}

/// Whether enough of the smaller set stands in the other; sets below `least` say nothing.
fn agree(here: &BTreeSet<String>, there: &BTreeSet<String>, least: usize) -> bool {
    is_enough(here.intersection(there).count(), here.len().min(there.len()), least)
}

fn is_enough(common: usize, smaller: usize, least: usize) -> bool {
    smaller < least || common as f64 >= LEAST_AGREEMENT * smaller as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detector::Detector;
    use crate::detector::incoming::Incoming;
    use crate::detector::verdict::Class;

    /// Whether the second of two short texts folds into the first.
    fn check(first: &str, second: &str, folds: bool) {
        let mut detector = Detector::new(Settings::default());
        detector.observe(&Incoming { items: &["a"], text: first, ..Incoming::default() });
        let verdict =
            detector.observe(&Incoming { items: &["b"], text: second, ..Incoming::default() });
        assert_eq!(verdict.class == Class::Copy, folds, "{verdict:?}");
    }

    const BRIEF: &str = "Orla Steel said on Monday it placed bonds worth 250 million crowns with \
        buyers at home and abroad. The notes run for seven years and carry a coupon of 4.25 percent. \
        The lead manager was Fenn Bank. The company said it would use the money to repay older debt \
        and to build a new furnace at its works near the coast, as it had told its owners in the \
        spring of this year.";

    #[test]
    fn a_template_filled_in_again_is_another_story() {
        let other = BRIEF
            .replace("Orla Steel", "Vennby Paper")
            .replace("250", "400")
            .replace("4.25", "3.9")
            .replace("seven", "five")
            .replace("Fenn", "Hollow");
        check(BRIEF, &other, false);
    }

    #[test]
    fn a_repeat_with_small_edits_folds() {
        check(
            BRIEF,
            &BRIEF.replace("on Monday", "today").replace("near the coast", "inland"),
            true,
        );
    }

    const ARABIC: &str = "افتتحت بلدية المدينة الساحلية يوم الاثنين سوقا جديدة للأسماك بتكلفة بلغت 29.4 \
        مليون ريال وذلك بعد أعمال بناء بدأت في عام 2015 واستمرت نحو ثلاثة أعوام. وقال رئيس البلدية إن \
        السوق تضم 120 متجرا وتخدم سكان القرى القريبة من الميناء القديم وإن الإيجار سيبقى كما كان في \
        السوق السابقة التي أغلقت أبوابها بسبب تسرب المياه إلى المخازن في الشتاء الماضي.";

    const GERMAN: &str = "Der Rat der Stadt am Fluss hat am Montag beschlossen, die alte Brücke für \
        1.000,5 Tonnen Stahl neu zu bauen. Die Arbeiten dauern drei Jahre und kosten 12 Millionen Kronen. \
        Während der Bauzeit fahren zwei Fähren, die sonst im Hafen liegen und an Markttagen die Händler \
        vom anderen Ufer holen. Der Bürgermeister sagte, man habe lange auf das Geld gewartet.";

    const PORTUGUESE: &str = "A câmara da vila junto ao rio decidiu na segunda-feira fechar a ponte velha \
        durante três meses para reparar os pilares. A obra custa 1,5 milhão de coroas e começa em abril, \
        no 2.º dia útil do mês. Enquanto durar, dois barcos levam os moradores para a outra margem, como \
        já acontecia antes de a ponte ter sido construída pelos avós dos que hoje ali vivem.";

    const CHINESE: &str = "河边小镇的议会星期一决定关闭旧桥三个月以便修理桥墩。工程费用为一千二百万克朗，\
        将于2015年4月3日开始，雇用二十五名工人。施工期间渡船将把居民送到对岸，就像这座桥建成之前那样。\
        镇长表示大家已经等待这笔资金很多年，市场的商贩也希望桥梁能够尽快重新开放。";

    #[test]
    fn another_spelling_of_a_number_is_no_other_number() {
        let pairs = [
            (ARABIC, [("29.4", "4ر29"), ("2015", "2015م"), ("ثلاثة", "3"), ("120 ", "120")]),
            (GERMAN, [("1.000,5", "1,000.5"), ("drei", "3"), ("zwei", "2"), ("12", "zwölf")]),
            (
                PORTUGUESE,
                [("três", "3"), ("1,5 milhão", "1.500.000"), ("2.º", "2º"), ("dois", "2")],
            ),
            (
                CHINESE,
                [("二十五", "25"), ("2015", "２０１５"), ("三个", "3个"), ("一千二百", "1200")],
            ),
        ];
        for (text, edits) in pairs {
            let other =
                edits.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
            assert_ne!(text, other);
            check(text, &other, true);
        }
    }

    #[test]
    fn other_numbers_in_any_script_are_other_news() {
        for (text, edits) in [
            (ARABIC, [("29.4", "4ر31"), ("2015", "2019م"), ("120", "340")]),
            (GERMAN, [("1.000,5", "2.000,5"), ("drei", "fünf"), ("12", "30")]),
            (PORTUGUESE, [("três", "sete"), ("1,5", "4,5"), ("dois", "quatro")]),
            (CHINESE, [("二十五", "四十"), ("4月3日", "6月8日"), ("三个", "五个")]),
        ] {
            let other =
                edits.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
            check(text, &other, false);
        }
    }

    /// A long text of sentences with a number each.
    fn bulletin(level: impl Fn(usize) -> usize) -> String {
        let places = "harbour bridge mill ferry market school chapel quarry orchard station";
        let place = |(at, place): (usize, &str)| {
            format!(
                "At the old {place} by the river the warden read the gauge at dawn and wrote down a \
                 level of {} marks, as is the custom there since the flood. ",
                level(at)
            )
        };
        places.split(' ').enumerate().map(place).collect()
    }

    #[test]
    fn a_guard_alone_parts_no_long_text_that_is_nearly_equal() {
        // Four numbers, of which two were corrected among changes of style.
        let text = bulletin(|_| 40).replacen("40 marks", "51 marks", 3).replacen("51", "62", 2);
        let text = text.replacen("62", "73", 1);
        let other = text.replacen("51 marks", "54 marks", 1).replacen("62 marks", "66 marks", 1);
        let other = other.replacen("warden read", "ranger saw", 2).replacen("dawn", "noon", 2);
        check(&text, &other, true);
    }

    #[test]
    fn a_series_is_parted_however_equal_its_parts_are() {
        check(&bulletin(|at| 40 + 7 * at), &bulletin(|at| 41 + 9 * at), false);
    }

    #[test]
    fn names_agree_in_any_spelling() {
        let named = |name: &str| {
            BRIEF.replace("Orla Steel said", &format!("Shares of {name} fell as it said"))
        };
        check(&named("Mueller Zelensky"), &named("Müller Selenskyj"), true);
        check(&named("Mueller Zelensky"), &named("Lund Hollow"), false);
    }
}
