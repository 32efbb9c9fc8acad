//! Numbers that are not figures: names of flights and laws, scores, ordinals, clock times, days.

use wirefold_text::extract::Number as TextNumber;

use crate::reading::Reading;
use crate::word_set::word_sets;

word_sets! {
    /// Whether a number after this word is a name.
    fn is_label_word = "no nr n № number flight gate highway route apartment section article page chapter platform \
        room release gleis platz paragraf artikel seite zimmer flug zug vol train voie porte quai loi ligne vuelo \
        puerta ley artículo jornada andén línea treno volo binario decreto legge articolo giornata voo portão lei \
        artigo quilômetro linha рейс поезд указ закон статья статьи путь вагон الرحلة القرار رقم المادة الجولة \
        الساعة البوابة";

    /// Whether a word is a month that `is_calendar` does not have: French, Spanish, Italian, Portuguese, Russian, Arabic.
    pub(super) fn is_month = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre \
        enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre gennaio febbraio \
        aprile maggio giugno luglio settembre ottobre dicembre janeiro fevereiro março maio junho julho setembro \
        outubro novembro dezembro января февраля марта апреля мая июня июля августа сентября октября ноября декабря \
        يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر";
}

/// Whether a number without a unit is part of a name: `flight 286`, `BA 286`, `No. 7`.
pub(super) fn is_label(reading: &Reading<'_>, number: &TextNumber) -> bool {
    let Some(at) = number.words.start.checked_sub(1) else { return false };
    let word = &reading.text.words()[at];
    let between = reading.text.original().get(word.span.end..number.span.start);
    let Some(between) = between else { return false };
    if !matches!(between.trim(), "" | "." | "-" | "№" | "№ ") {
        return false;
    }
    let printed = word.span.of(reading.text.original());
    let is_code = printed.chars().filter(|c| c.is_uppercase()).count() >= 2;
    let is_noun = word.capital && reading.capitalises_nouns;
    between.contains('№') || is_code || is_noun || is_label_word(reading.text.normal(word))
}

/// The most bytes of one score after its first number.
const LONGEST_SCORE: usize = 64;

/// Whether a number is part of a score: a dash or colon is directly beside it, with digits on the
/// other side: `3-1`, `2:0`.
pub(super) fn is_score(before: &str, behind: &str) -> bool {
    let is_joint = |c: char| matches!(c, '-' | ':' | '–' | '比' | '对' | '対');
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let mut ahead = behind.chars();
    let begins = ahead.next().is_some_and(is_joint) && digit(ahead.next()) && !digit(ahead.nth(1));
    let mut back = before.chars().rev();
    let ends = back.next().is_some_and(is_joint) && digit(back.next()) && !digit(back.nth(1));
    if !begins && !ends {
        return false;
    }
    // `8-10 percent` is a range. Only a limited part is read, because a run of scores may continue
    // to the end of a text.
    let near = &behind[..behind.floor_char_boundary(LONGEST_SCORE)];
    let rest = near.trim_start_matches(|c: char| c.is_ascii_digit() || is_joint(c));
    super::units::behind(&behind[near.len() - rest.len()..]).is_none()
}

/// Whether a number is an ordinal (`3rd`, `第7`), a part of a clock time (`18 h 05`, `8時`) or of a day
/// (`5月`).
pub(super) fn is_ordinal_or_clock(before: &str, printed: &str, behind: &str) -> bool {
    const ENDINGS: &[&str] = &["st", "nd", "rd", "th", "ª", "º", "e", "er", "ère"];
    let letters = printed.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_ordinal = letters.len() < printed.len() && ENDINGS.contains(&letters);
    let is_label = letters.len() < printed.len() && matches!(letters, "A" | "B" | "C" | "D");
    let is_padded = printed.len() == 2 && printed.starts_with('0');
    let rest = behind.trim_start();
    let hour = rest
        .strip_prefix('h')
        .is_some_and(|rest| rest.trim_start().starts_with(|c: char| c.is_ascii_digit()));
    let printed_hour = letters
        .strip_prefix('h')
        .is_some_and(|minutes| minutes.chars().all(|c| c.is_ascii_digit()));
    let of_day =
        behind.starts_with(['月', '日', '号', '号', '時', '时']) && !behind.starts_with("時間");
    let of_minute =
        behind.starts_with('分') && !behind.starts_with("分钟") && before.ends_with(['時', '时']);
    let is_russian = ["-м", "-й", "-я", "-го", "-е", "-му", "-ю"].iter().any(|ending| {
        let word = behind.strip_prefix(ending);
        word.is_some_and(|next| !next.starts_with(char::is_alphabetic))
    });
    let is_year = behind.starts_with('年') && printed.len() == 4;
    is_ordinal
        || is_russian
        || is_label
        || is_padded
        || hour
        || printed_hour
        || of_day
        || of_minute
        || is_year
        || before.ends_with('第')
        || (behind.starts_with(['ª', 'º']) || behind.starts_with(".ª"))
}
