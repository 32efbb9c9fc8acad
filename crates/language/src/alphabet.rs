//! Letters that a language in Cyrillic script does not have.

/// The penalty for letters that a language lacks, in nats.
const PENALTY: f32 = 6.0;

/// Lowers the scores of languages that lack a letter of a text in Cyrillic script.
pub(crate) fn adjust_scores(text: &str, scores: &mut [(&str, f32)]) {
    let lower = text.to_lowercase();
    for (language, score) in scores {
        if is_foreign(language, &lower) {
            *score -= PENALTY;
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
    // Bulgarian has the soft sign only before `о`.
    let has_soft_end =
        || lower.match_indices('ь').any(|(at, sign)| !lower[at + sign.len()..].starts_with('о'));
    lower.contains(lacking) || (language == "bg" && has_soft_end())
}
