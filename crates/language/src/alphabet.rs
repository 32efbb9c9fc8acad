//! Letters that a language in Cyrillic script does not have.

/// What a letter that a language lacks takes from it, in nats.
const LACKING: f32 = 6.0;

/// Takes from the scores of languages what a text in Cyrillic script has that they do not write.
pub(crate) fn weigh(text: &str, scores: &mut [(&str, f32)]) {
    let lower = text.to_lowercase();
    for (language, score) in scores {
        if is_foreign(language, &lower) {
            *score -= LACKING;
        }
    }
}

fn is_foreign(language: &str, lower: &str) -> bool {
    let lacking: &[char] = match language {
        "ru" => &['і', 'ї', 'є', 'ґ', 'ў', 'ј', 'љ', 'њ', 'ћ', 'ђ', 'џ', 'ѓ', 'ќ', 'ѕ'],
        "uk" => &['ы', 'э', 'ё', 'ъ', 'ў', 'ј', 'љ', 'њ', 'ћ', 'ђ', 'џ'],
        "be" => &['щ', 'ъ', 'ї', 'є', 'ґ', 'и'],
        "bg" => &['ы', 'э', 'ё', 'і', 'ї', 'є', 'ґ', 'ў', 'ј', 'љ', 'њ', 'ћ', 'ђ', 'џ'],
        "mk" | "sr" => &['й', 'щ', 'ъ', 'ы', 'ь', 'э', 'ю', 'я', 'і', 'ї', 'є', 'ё'],
        _ => &[],
    };
    // Bulgarian writes the soft sign before `о` alone.
    let has_soft_end =
        || lower.match_indices('ь').any(|(at, sign)| !lower[at + sign.len()..].starts_with('о'));
    lower.contains(lacking) || (language == "bg" && has_soft_end())
}
