//! Speakers in Chinese and Japanese, which have no capitals: from the words between the marks and
//! the verbs.

use wirefold_text::Span;

use super::Attribution;

/// Chinese verbs after a speaker, longer ones first.
#[rustfmt::skip]
const CHINESE: &[&str] = &[
    "警告说", "回忆说", "回憶說", "表示", "指出", "强调", "強調", "告诉", "告訴", "介绍", "介紹", "回应", "回應", "承诺",
    "承諾", "警告", "补充", "補充", "坦言", "透露", "解释", "解釋", "认为", "認為", "称", "稱", "说", "說", "道", "写道",
];
/// Words between a speaker and the verb: the listener, and adverbs.
#[rustfmt::skip]
const CHINESE_ENDS: &[&str] =
    &["对", "對", "向", "则", "則", "还", "還", "也", "在", "昨", "今", "于", "於", "接受", "补充", "进一步"];

/// Japanese verbs that end a sentence with speech, by their beginnings.
#[rustfmt::skip]
const JAPANESE: &[&str] = &[
    "話", "述べ", "語", "説明", "約束", "伝え", "反論", "振り返", "応じ", "強調", "指摘", "訴え", "答え", "批判", "主張", "明かし",
    "コメント", "という", "言", "発言", "呼びかけ", "見ている",
];
const CHINESE_PRONOUNS: &[&str] =
    &["他", "她", "他们", "她们", "他們", "它", "他还", "彼", "彼女", "同氏"];

const LONGEST: usize = 16;

/// The speaker of the quotation at `span` (marks included).
pub(super) fn speaker(original: &str, span: Span, language: &str) -> Attribution {
    let found = if language == "ja" { japanese } else { chinese };
    match found(&original[..span.start], &original[span.end..]) {
        Some(name) if CHINESE_PRONOUNS.contains(&name) => {
            Attribution::Pronoun(span_of_part(original, name))
        }
        Some(name) => Attribution::To(span_of_part(original, name)),
        None => Attribution::None,
    }
}

/// The span of a part of a text.
fn span_of_part(original: &str, part: &str) -> Span {
    let start = part.as_ptr().addr() - original.as_ptr().addr();
    Span { start, end: start + part.len() }
}

const STOPS: &[char] = &['。', '！', '？', '\n', '」', '”', '』', '!', '?'];
const MARKS: &[char] = &['，', '、', ',', ' ', '　', '：', ':', '。', '“', '「', '—'];

/// The sentence that ends with `before`.
fn ending(before: &str) -> &str {
    before.rsplit(STOPS).next().unwrap_or_default()
}

/// The clause that `behind` begins with.
fn beginning(behind: &str) -> &str {
    let end =
        behind.find(|c| STOPS.contains(&c) || matches!(c, '“' | '「')).unwrap_or(behind.len());
    &behind[..end]
}

fn chinese<'a>(before: &'a str, behind: &'a str) -> Option<&'a str> {
    let clause = beginning(behind.trim_start_matches(['，', ',', ' ']));
    let spoken = |clause_with_verb: &'a str| {
        let verbs =
            CHINESE.iter().filter_map(|verb| clause_with_verb.find(verb).map(|at| (at, *verb)));
        let (at, _) = verbs.min_by_key(|(at, _)| *at)?;
        name_in(&clause_with_verb[..at])
    };
    let own = clause.split(['，', ',']).next().and_then(spoken);
    own.or_else(|| {
        let introduced = ending(before).trim_end_matches(MARKS);
        let is_near = before.ends_with(['：', ':', '，', ',']);
        let last = introduced.rsplit(['，', ',']).next()?;
        is_near.then(|| spoken(last)).flatten()
    })
}

/// A name without the words around it.
fn name_in(part: &str) -> Option<&str> {
    let part = part.trim_matches(MARKS);
    let part =
        ["据", "據", "而", "但"].iter().find_map(|word| part.strip_prefix(word)).unwrap_or(part);
    let ends = CHINESE_ENDS.iter().filter_map(|end| part.find(end)).filter(|at| *at > 0);
    let part = &part[..ends.min().unwrap_or(part.len())];
    let length = part.chars().count();
    let is_pronoun = CHINESE_PRONOUNS.contains(&part);
    (is_pronoun || (2..=LONGEST).contains(&length)).then_some(part)
}

fn japanese<'a>(before: &'a str, behind: &'a str) -> Option<&'a str> {
    behind_in_japanese(behind).or_else(|| before_in_japanese(before, behind))
}

/// `「…」と中村氏は説明した`, `「…」と井上氏。`, `「…」。加藤議員は会見でこう反論した`.
fn behind_in_japanese(behind: &str) -> Option<&str> {
    let clause = match behind.strip_prefix("。") {
        Some(next) => Some(beginning(next)).filter(|next| next.contains("こう"))?,
        None => beginning(behind).strip_prefix('と')?,
    };
    let subject = clause.split_once(['は', 'が']);
    let (name, rest) = match subject {
        Some((name, rest)) => (name, rest),
        None if clause.ends_with(['氏', 'ん']) => (clause, "という"),
        None => return None,
    };
    let says = JAPANESE.iter().any(|verb| rest.contains(verb));
    says.then(|| trim_name(name)).flatten()
}

/// `小林さんは「…」と話す`, `渡辺氏によると、「…」`, `吉田監督「…」`.
fn before_in_japanese<'a>(before: &'a str, behind: &str) -> Option<&'a str> {
    let sentence = ending(before);
    if let Some((name, _)) = sentence.split_once("によると").or(sentence.split_once("によれば"))
    {
        return trim_name(name);
    }
    let clause_with_verb = behind.strip_prefix('と').map(beginning);
    let says = clause_with_verb.is_some_and(|rest| JAPANESE.iter().any(|verb| rest.contains(verb)));
    if let Some((name, rest)) = sentence.split_once('は') {
        return (says && !name.ends_with('に') && !rest.contains('。'))
            .then(|| trim_name(name))
            .flatten();
    }
    let is_headline =
        clause_with_verb.is_none() && sentence.ends_with(['氏', '督', '長', '相', '手', '表']);
    is_headline.then(|| trim_name(sentence)).flatten()
}

fn trim_name(name: &str) -> Option<&str> {
    let name = name.rsplit(['、', '，']).next()?.trim_matches(MARKS);
    let name = name.strip_prefix("これに対し").unwrap_or(name);
    let length = name.chars().count();
    (2..=LONGEST).contains(&length).then_some(name)
}
