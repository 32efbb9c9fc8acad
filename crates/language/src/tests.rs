//! Texts and their languages.

use proptest::prelude::*;

use super::{Identified, Method, identify};

fn code(text: &str) -> String {
    identify(text, None).map_or_else(|| "und".to_owned(), |found| found.code)
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(code(text), expected, "{text}");
}

#[test]
fn titles_in_many_languages() {
    check("Ferries stay in harbour after night of storms", "en");
    check("Fähren bleiben nach der Sturmnacht im Hafen", "de");
    check("Les ferries restent au port après la tempête", "fr");
    check("Los transbordadores siguen en el puerto tras la tormenta", "es");
    check("As balsas continuam no porto depois da tempestade", "pt");
    check("I traghetti restano in porto dopo la notte di tempesta", "it");
    check("Veerboten blijven na de stormnacht in de haven", "nl");
    check("Promy zostają w porcie po nocnej burzy", "pl");
    check("Färjorna ligger kvar i hamnen efter nattens oväder", "sv");
    check("Färgerne bliver i havnen efter nattens storm, siger havnefogeden", "da");
    check("Fergene blir liggende i havnen etter nattens storm", "no");
    check("Lautat jäävät satamaan myrskyisen yön jälkeen", "fi");
    check("Feribotlar fırtınalı gecenin ardından limanda kaldı", "tr");
    check("Паромы остались в порту после ночного шторма", "ru");
    check("Пороми залишилися в порту після нічного шторму", "uk");
    check("Фериботите останаха на пристанището след бурята", "bg");
    check("渡轮在风暴之夜后停留在港口", "zh");
    check("嵐の夜の後、フェリーは港に残った", "ja");
    check("폭풍우가 지나간 뒤 여객선은 항구에 남았다", "ko");
    check("Những chuyến phà vẫn ở lại cảng sau đêm bão", "vi");
    check("Kapal feri bertahan di pelabuhan karena badai semalam", "id");
    check("بقيت العبارات في الميناء بعد ليلة من العواصف", "ar");
    check("کشتی‌ها پس از شب توفانی در بندر ماندند", "fa");
}

/// A function word or a letter decides among names.
#[test]
fn titles_full_of_names() {
    check("Lund and Ruiz meet the mayor of Quayton", "en");
    check("Havnen i Köln er stengt, sier Lund", "no");
    check("Лунд и Руис уйти не смогут", "ru");
    check("Лунд: чому порт буде закрито", "uk");
    check("Ministar spoljnih poslova Severne Koreje stigao u luku", "sr");
    check("Ravnatelj kolodvora traži novi sustav", "hr");
    check("Mantan pemain Skotlandia itu tewas di kota", "id");
}

#[test]
fn capitals_do_not_change_the_language() {
    check("FÄHREN BLEIBEN NACH DER STURMNACHT IM HAFEN", "de");
    check("ПАРОМЫ ОСТАЛИСЬ В ПОРТУ ПОСЛЕ НОЧНОГО ШТОРМА", "ru");
}

#[test]
fn decomposed_letters_do_not_change_the_language() {
    check(
        "Fa\u{308}hren bleiben nach der Sturmnacht im Hafen, kein Scho\u{308}ner la\u{308}uft aus",
        "de",
    );
}

#[test]
fn close_relatives() {
    check("Trajekti ostaju u luci poslije oluje, priopćili su iz tvrtke u srijedu", "hr");
    check("Trajekti ostaju u luci posle oluje, saopštila je kompanija u sredu", "sr");
    check("Трајекти остају у луци после олује, саопштила је компанија", "sr");
    check("Trajekty zostávajú v prístave pre búrku, ktorá prišla večer", "sk");
    check("Trajekty zůstávají v přístavu kvůli bouři, která přišla večer", "cs");
    check("Els transbordadors es queden al port després de la tempesta", "ca");
}

#[test]
fn unknown_texts_have_no_language() {
    for text in ["", "!?", "12:30", "a", "Goal!", "xqz", "— … —", "\u{0}\u{1}\u{7f}"] {
        check(text, "und");
    }
    check("ኣብ ወደብ ዝነበሩ መራኽብ ተኣጊዶም", "ti");
    check("Kua katia te wāpu i te rā nei", "mi");
}

#[test]
fn a_declaration_decides_ambiguous_texts() {
    let declared = |text: &str, of: &str| identify(text, Some(of)).map(|found| found.code);
    assert_eq!(declared("東京都知事選挙告示", "ja").as_deref(), Some("ja"));
    assert_eq!(
        declared("Ferries stay in harbour after night of storms", "de").as_deref(),
        Some("en")
    );
    assert_eq!(declared("Druhý zákon", "sk").as_deref(), Some("sk"));
    assert_eq!(declared("Druhý zákon", "cs").as_deref(), Some("cs"));
}

#[test]
fn the_method_is_reported() {
    let by =
        |text: &str| identify(text, None).map(|Identified { by, confidence, .. }| (by, confidence));
    assert_eq!(by("폭풍우가 지나간 뒤"), Some((Method::Script, 1.0)));
    let (model, confidence) = by("Ferries stay in harbour after night of storms").unwrap();
    assert!(model == Method::Model && (0.54..=1.0).contains(&confidence), "{confidence}");
}

/// Only a part of a long text is read, at any character boundary.
#[test]
fn long_texts() {
    check(&"x".repeat(1_000_000), "und");
    check(&"港".repeat(200_000), "zh");
    check(&"The ferries stayed in the harbour. ".repeat(30_000), "en");
    check(&"?!".repeat(100_000), "und");
    check(&"e\u{301}".repeat(100_000), "und");
}

proptest! {
    #[test]
    fn any_text_is_read(text in "\\PC{0,400}|[\\x00-\\u{2ff}]{0,400}|[a-zа-я港ひ한ก ]{0,700}", of in "[a-z]{2}") {
        let found = identify(&text, Some(&of));
        prop_assert!(found.is_none_or(|found| (0.0..=1.0).contains(&found.confidence)));
    }
}
