//! Function words of languages. In titles full of names they are better evidence than n-grams.

use std::collections::HashMap;
use std::sync::OnceLock;

/// The weight of one word, in nats.
const WORD: f32 = 1.5;
/// The most words that count for a language.
const MAX_COUNTED: usize = 3;
/// The number of words that are read.
const MAX_READ: usize = 40;

/// Function words that few other languages of news share, by language.
#[rustfmt::skip]
const TABLE: &[(&str, &str)] = &[
    ("en", "the of and with from over after is are was to for in his her their by at as not how why what who says"),
    ("de", "der die das und mit von nach für auf bei ist nicht wird im dem den über aus sich wie ein eine"),
    ("fr", "le la les des et du dans pour sur une est avec au aux par qui pas après que"),
    ("es", "el los las del y en con por para una su se al que es más tras de la"),
    ("pt", "o os as do da dos das em no na com um uma para não e ao pelo são que"),
    ("it", "il lo gli della del di che per con una non è dei nel alla si sono e"),
    ("nl", "het een van op voor met niet de en aan uit naar bij zijn is over door tegen as"),
    ("sv", "och att det på för med av som är inte till den se vi ett studera"),
    ("no", "og på til av for med som er ikke det den har etter kan hvordan"),
    ("da", "og på til af for med som er ikke det den har efter kan hvordan jeg ved"),
    ("fi", "ja on ei että oli se ovat kun niin myös mutta"),
    ("et", "ja on ei et see oli ka kui oma"),
    ("pl", "i w na z do się nie jest o po za dla przez od jak to"),
    ("cs", "a v na se je s o za do po pro z ve ke není"),
    ("sk", "a v na sa je s o za do po pre z vo nie"),
    ("hu", "a az és hogy nem egy is meg van volt"),
    ("ro", "și în de la cu pe din care nu o pentru a mai un"),
    ("tr", "ve bir bu için ile de da daha çok ne"),
    ("hr", "i u na je se za da od su s o nakon"),
    ("sl", "in v na je se za da so s po pri ne"),
    ("lv", "un ir no par ar uz ka kas"),
    ("lt", "ir yra į iš su kad dėl apie"),
    ("id", "yang di dan ke dari untuk dengan ini itu tidak pada akan"),
    ("ms", "yang di dan ke dari untuk dengan ini itu tidak pada akan kepada oleh"),
    ("gl", "o os as do da dos das en no na con unha un para non e ao polo son que máis de se"),
    ("vi", "và của là không cho một các với"),
    ("ca", "el els les del i amb per una que és dels al"),
    ("sw", "ya wa na kwa ni katika za la"),
];

/// Raises the scores of languages by their function words in a text.
pub(crate) fn adjust_scores(text: &str, scores: &mut [(&str, f32)]) {
    static WORDS: OnceLock<HashMap<&str, Vec<&str>>> = OnceLock::new();
    let table = WORDS.get_or_init(|| {
        let mut all: HashMap<&str, Vec<&str>> = HashMap::new();
        for (language, words) in TABLE {
            words.split(' ').for_each(|word| all.entry(word).or_default().push(language));
        }
        all
    });
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let mut found: Vec<&str> =
        words.take(MAX_READ).filter(|word| table.contains_key(word)).collect();
    found.sort_unstable();
    found.dedup();
    for (language, score) in scores {
        let has = |word: &&&str| table[**word].contains(language);
        *score += WORD * found.iter().filter(has).count().min(MAX_COUNTED) as f32;
    }
}
