//! Decides whether the facts of two texts agree. Two texts made from one template ("bank adds 250
//! million", "bank adds 400 million") share most of their words and none of their facts.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::body::{Body, BodyWord, Fact};
use crate::codec::varint;
use crate::compare::overlap::Overlap;
use crate::judge::Article;
use crate::settings::Settings;
use wirefold_text::Text;
use wirefold_text::extract::{dateline, name_key, names, numbers};

/// The numbers and names of a short text. Empty for a long one, which is compared without them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShortFacts {
    pub(crate) numbers: BTreeSet<String>,
    names: BTreeSet<String>,
}

/// Two sets of numbers, or of names, agree if they have this share of the smaller set in common.
const MIN_AGREEMENT: f64 = 0.6;
/// Two texts are mostly equal if this share of each is in the other.
pub(crate) const MOSTLY_EQUAL: f64 = 0.5;
/// If the first passage begins within this many words, the words before it are compared like an
/// edit.
const MAX_FIRST_WORDS: usize = 12;

impl ShortFacts {
    /// The facts among the words of a body that are not boilerplate. Empty if the body is long.
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

    /// Appends them to `bytes`. Appends nothing if there are none.
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

    /// Reads the facts that [`pack`](Self::pack) wrote from the beginning of `bytes`, and removes
    /// them from `bytes`.
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

/// The share of the numbers of the text with fewer of them that the other text has too, 0 to 1. It
/// is 1 if one text has no numbers.
pub(crate) fn agreeing_numbers(new: &Article<'_>, old: &Article<'_>) -> f64 {
    let (here, there) = (new.figures.values(), old.figures.values());
    let common = here.iter().filter(|number| there.binary_search(number).is_ok()).count();
    match here.len().min(there.len()) {
        0 => 1.0,
        smaller => common as f64 / smaller as f64,
    }
}

/// Whether the words before the first passage of two short texts have different names. The
/// alignment reports no edit there, because no equal words precede it.
fn first_names_differ(new: &Article<'_>, old: &Article<'_>, overlap: &Overlap) -> bool {
    let first =
        overlap.passages.iter().map(|passage| (passage.here().start, passage.there().start));
    let Some((here, there)) =
        first.min().filter(|(here, there)| here.max(there) <= &MAX_FIRST_WORDS)
    else {
        return false;
    };
    all_names_differ(
        &names_in(new, words_after_dateline(new, here)),
        &names_in(old, words_after_dateline(old, there)),
    )
}

/// The words of a body between its dateline and `end`.
fn words_after_dateline(article: &Article<'_>, end: usize) -> Range<usize> {
    if end == 0 {
        return 0..0;
    }
    let text = article.text.deref();
    let from = dateline(text).map_or(0, |dateline| dateline.span.end);
    let is_before = |word: &BodyWord| text.words()[word.index as usize].span.start < from;
    article.body.words[..end].partition_point(is_before)..end
}

/// Whether both lists have elements, and none in common.
pub(crate) fn all_differ<T: PartialEq>(here: &[T], there: &[T]) -> bool {
    !here.is_empty() && !there.is_empty() && !here.iter().any(|one| there.contains(one))
}

/// Whether both sets have names, and none in common. Two spellings of a name are one name.
pub(crate) fn all_names_differ(here: &BTreeSet<String>, there: &BTreeSet<String>) -> bool {
    let keys = |names: &BTreeSet<String>| -> Vec<String> {
        names.iter().map(|name| name_key(name)).collect()
    };
    here.is_disjoint(there) && all_differ(&keys(here), &keys(there))
}

/// Whether the names of two short texts agree. If the texts are nearly equal, only their first
/// words are compared: the edits between the passages are compared elsewhere, and decide more
/// precisely.
pub(crate) fn names_agree(new: &Article<'_>, old: &Article<'_>, overlap: &Overlap) -> bool {
    let keys = |article: &Article<'_>| -> BTreeSet<String> {
        article.facts.names.iter().map(|name| name_key(name)).collect()
    };
    if overlap.is_nearly_all() {
        return !first_names_differ(new, old, overlap);
    }
    sets_agree(&new.facts.names, &old.facts.names, 2) || sets_agree(&keys(new), &keys(old), 2)
}

/// The numbers inside ranges of an article's body, edits included, without repetition and in order.
pub(crate) fn numbers_in(
    article: &Article<'_>,
    ranges: impl Iterator<Item = Range<usize>>,
) -> Vec<u32> {
    let mut found = Vec::new();
    for range in ranges {
        let words = article.body.text_range(&range);
        let read = || numbers(article.text, words.clone()).into_iter().map(|n| n.value).collect();
        article.figures.push_values_in(words.clone(), &read, &mut found);
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

/// Whether two sets have enough in common. They agree if the smaller one has fewer than `least`
/// elements, because so few prove nothing.
pub(crate) fn sets_agree(here: &BTreeSet<String>, there: &BTreeSet<String>, least: usize) -> bool {
    enough_agree(here.intersection(there).count(), here.len().min(there.len()), least)
}

pub(crate) fn enough_agree(common: usize, smaller: usize, least: usize) -> bool {
    smaller < least || common as f64 >= MIN_AGREEMENT * smaller as f64
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
    fn another_spelling_of_a_number_is_the_same_number() {
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
    fn one_sign_alone_does_not_keep_apart_long_texts_that_are_nearly_equal() {
        // Four numbers, of which two were corrected among changes of style.
        let text = bulletin(|_| 40).replacen("40 marks", "51 marks", 3).replacen("51", "62", 2);
        let text = text.replacen("62", "73", 1);
        let other = text.replacen("51 marks", "54 marks", 1).replacen("62 marks", "66 marks", 1);
        let other = other.replacen("warden read", "ranger saw", 2).replacen("dawn", "noon", 2);
        check(&text, &other, true);
    }

    #[test]
    fn texts_of_a_series_are_kept_apart_even_if_they_are_nearly_equal() {
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
