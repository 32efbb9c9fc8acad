//! The other forms of a word, by the stemmer of the article's language.

use snowball_stemmers_rs::{Algorithm, Stemmer};

use crate::fold::strip;

/// The languages that have a stemmer, by their tags. A term stores one stem for each, in this
/// order.
const LANGUAGES: &[(&[&str], Algorithm)] = &[
    (&["ar"], Algorithm::Arabic),
    (&["ca"], Algorithm::Catalan),
    (&["cs"], Algorithm::Czech),
    (&["da"], Algorithm::Danish),
    (&["de"], Algorithm::German),
    (&["el"], Algorithm::Greek),
    (&["en"], Algorithm::English),
    (&["eo"], Algorithm::Esperanto),
    (&["es"], Algorithm::Spanish),
    (&["et"], Algorithm::Estonian),
    (&["eu"], Algorithm::Basque),
    (&["fa"], Algorithm::Persian),
    (&["fi"], Algorithm::Finnish),
    (&["fr"], Algorithm::French),
    (&["ga"], Algorithm::Irish),
    (&["hi"], Algorithm::Hindi),
    (&["hu"], Algorithm::Hungarian),
    (&["hy"], Algorithm::Armenian),
    (&["id"], Algorithm::Indonesian),
    (&["it"], Algorithm::Italian),
    (&["lt"], Algorithm::Lithuanian),
    (&["ne"], Algorithm::Nepali),
    (&["nl"], Algorithm::Dutch),
    (&["no", "nb", "nn"], Algorithm::Norwegian),
    (&["pl"], Algorithm::Polish),
    (&["pt"], Algorithm::Portuguese),
    (&["ro"], Algorithm::Romanian),
    (&["ru"], Algorithm::Russian),
    (&["sv"], Algorithm::Swedish),
    (&["ta"], Algorithm::Tamil),
    (&["tr"], Algorithm::Turkish),
    (&["uk"], Algorithm::Ukrainian),
];

/// The number of the stemmer for a language tag such as `en-gb`.
pub(crate) fn stemmer_for(tag: &str) -> Option<usize> {
    let language = tag.split('-').next().unwrap_or_default().to_lowercase();
    LANGUAGES.iter().position(|(tags, _)| tags.contains(&&*language))
}

/// The stem of a word in normal form. `stemmer` is a number from [`stemmer_for`].
pub(crate) fn stem(stemmer: usize, normal: &str) -> String {
    let stemmed =
        LANGUAGES.get(stemmer).map(|(_, algorithm)| Stemmer::create(*algorithm).stem(normal));
    let stem = stemmed.filter(|stem| !stem.is_empty());
    strip(stem.as_deref().unwrap_or(normal)).into_owned()
}

/// The stems of a word in normal form, one for each stemmer.
pub(crate) fn stems(normal: &str) -> impl Iterator<Item = String> {
    (0..LANGUAGES.len()).map(|stemmer| stem(stemmer, normal))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn forms_of_a_word_have_one_stem() {
        for (language, forms) in [
            ("en-gb", ["strike", "strikes", "striking"]),
            ("de", ["häuser", "haus", "hauses"]),
            ("ru", ["забастовка", "забастовкой", "забастовки"]),
            ("fr", ["grève", "grèves", "greves"]),
            ("nb", ["streik", "streiken", "streikene"]),
        ] {
            let stemmer = stemmer_for(language).expect(language);
            let found = forms.map(|form| stem(stemmer, form));
            assert!(found.iter().all(|one| *one == found[0]), "{found:?}");
        }
        assert_eq!(stemmer_for("ja"), None);
        assert_eq!(stemmer_for("und"), None);
    }

    proptest! {
        #[test]
        fn stemmers_accept_any_word(
            word in "\\PC{0,12}|[a-zäöüßéèıİş']{0,12}|[а-яіїєґ]{0,12}|[اأبتةجدرسعلمنهويى]{0,10}|[α-ώ]{0,12}|[क-ह़-्]{0,9}",
        ) {
            prop_assert_eq!(stems(&word).count(), LANGUAGES.len());
        }
    }
}
