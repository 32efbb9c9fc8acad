//! Transliterates Cyrillic to lower-case Latin letters, as Croatian and Slovak write the same
//! sounds, so that endings of one language help with another.

/// Appends a lower-case word in Latin letters.
pub(crate) fn push_latin(word: &str, latin: &mut String) {
    for letter in word.chars() {
        match of_cyrillic(letter) {
            Some(letters) => latin.push_str(letters),
            None => latin.push(letter),
        }
    }
}

fn of_cyrillic(letter: char) -> Option<&'static str> {
    Some(match letter {
        'а' => "a",
        'б' => "b",
        'в' => "v",
        'г' | 'ґ' => "g",
        'д' => "d",
        'ђ' => "đ",
        'е' | 'э' => "e",
        'є' => "je",
        'ё' => "jo",
        'ж' => "ž",
        'з' => "z",
        'и' | 'і' => "i",
        'ї' => "ji",
        'й' | 'ј' => "j",
        'к' => "k",
        'л' => "l",
        'љ' => "lj",
        'м' => "m",
        'н' => "n",
        'њ' => "nj",
        'о' => "o",
        'п' => "p",
        'р' => "r",
        'с' => "s",
        'т' => "t",
        'ћ' => "ć",
        'у' | 'ў' => "u",
        'ф' => "f",
        'х' => "h",
        'ц' => "c",
        'ч' => "č",
        'џ' => "dž",
        'ш' => "š",
        'щ' => "šč",
        'ы' => "y",
        'ь' | 'ъ' => "",
        'ю' => "ju",
        'я' => "ja",
        _ => return None,
    })
}
