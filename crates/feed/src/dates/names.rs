//! Names of months and zones. Months are those of CLDR, long and short, in all their cases, and spellings
//! without accents.

use jiff::tz::{TimeZone, TimeZoneDatabase};

/// Beginnings of names of months, in lower case. One with a dot is a whole name. The longest match
/// counts: `marraskuu` is November though `mar` is March.
#[rustfmt::skip]
const MONTHS: [&str; 12] = [
    "jan jän jaen ján jaan ene gen ian xan yan sty sij siječ led sau tam. tammi oca ιαν янв јан січ сту қаң იან հունվ \
     ינו يناير ینایر جانفي ژانو جنور जन জানু ม.ค มกร 一月",
    "feb fév fev lut şub subat velj úno unor vasar helm hel. veeb φεβ фев лют ақп თებ փետ \
     פבר فبراير فيفري فوری فرور شباط फ़र फर ফেব ก.พ กุมภ 二月",
    "mar mär maer már mrz mrt mac. maart maalis kov. kovo ožu bře brez μαρ μάρ мар бер сак нау მარ մար \
     מרץ מרס مارس مارچ آذار اذار मार्च মার্চ มี.ค มีนา 三月",
    "apr ápr avr abr kwi tra. trav nis dub huh bal. baland απρ апр кві кра сәу აპრ ապր \
     אפר أبريل ابريل إبريل أفريل آوریل اپریل نيسان अप्रै এপ্রি เม.ย เมษ 四月",
    "may mai maj máj maí mag mei kvě kvet svi geg tou μαϊ μαΐ μάι μαι май мая мај тра мам მაი մայ \
     מאי مايو ماي. مه. أيار ايار مئی मई মে. พ.ค พฤษภ 五月",
    "jun jún juin juun giu iun iyn xuñ lipnj lipanj cze čer červ cerv čvn kesä haz birž ιουν ιούν июн юни јун чер чэр мау \
     ივნ հունի יונ يونيو جوان حزيران ژوئن جون जून জুন มิ.ย มิถุ 六月",
    "jul júl juil juul lug iul iyl xul lip srpnj srpanj července červenec cervenc čvc temm tem. hein hei. liep ιουλ ιούλ июл юли \
     јул лип ліп шіл ივლ հուլ יול يوليو جويلية تموز ژوئیه جولائ जुल জুলা ก.ค กรก 七月",
    "aug aoû aou ago ágú sie agu ağu agt avg avq ogos elo srp kol. kolov rugp αυγ αύγ авг сер. серп жні там აგვ օգոս \
     אוג أغسطس اغسطس أوت اوت غشت آب. اگست अग আগ ส.ค สิงห 八月",
    "sep set szep wrz eyl zář zari ruj rugs syy sent σεπ сен сеп вер қыр სექ սեպ \
     ספט سبتمبر شتنبر أيلول ايلول سپتامبر ستمبر सित সেপ্টে ก.ย กันย 九月",
    "oct okt out ott paź pazdz eki říj rijn lok spa. spal οκτ окт жов кас қаз ოქტ հոկ \
     אוק أكتوبر اكتوبر اکتبر اکتوبر अक्टू अक्तू অক্টো ต.ค ตุลา 十月",
    "nov nóv noi noy lis stu kas marras lap. lapkr νοε ноя ное нов лис ліс қар ნოე նոյ \
     נוב نوفمبر نونبر نوامبر نومبر नव নভে พ.ย พฤศจ 十一月",
    "dec déc dez dic des. dese dets dek dis. gru ara pro joul δεκ дек дец гру сне жел დეკ դեկ \
     דצמ ديسمبر دجنبر دسامبر دسمبر दिस ডিসে ธ.ค ธันว 十二月",
];

/// Names that mean another month in the language of a feed than in related languages.
const MONTHS_OF_LANGUAGES: &[(&str, &str, i8)] =
    &[("hr", "lip", 6), ("hr", "srp", 7), ("hr", "lis", 10)];

/// Days of the week that begin like a name of a month: `mardi`, `martes`, `martedì`, `marți`.
const TUESDAYS: &[&str] = &["mard", "marte", "marti", "marț", "marţ"];

/// The meaning of a name of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Month {
    /// The number, from 1.
    pub(super) number: i8,
    /// Whether it may be Tuesday as well as March.
    pub(super) may_be_day: bool,
}

/// The month by its name or the beginning of its name, in lower case. `language` is the first part
/// of a tag.
pub(super) fn month(word: &str, language: &str) -> Option<Month> {
    let of_language = MONTHS_OF_LANGUAGES
        .iter()
        .find(|(tag, name, _)| *tag == language && word.starts_with(name));
    let may_be_day = word == "mar" || TUESDAYS.iter().any(|name| word.starts_with(name));
    let number = of_language
        .map(|(.., number)| *number)
        .or_else(|| find_number(word))
        // Hebrew writes "in" as a prefix of the name.
        .or_else(|| find_number(word.strip_prefix('ב')?))?;
    Some(Month { number, may_be_day })
}

fn find_number(word: &str) -> Option<i8> {
    let mut best: Option<(usize, i8)> = None;
    for (number, names) in (1_i8..).zip(MONTHS) {
        for name in names.split_ascii_whitespace() {
            let fits =
                name.strip_suffix('.').map_or_else(|| word.starts_with(name), |it| it == word);
            if fits && best.is_none_or(|(length, _)| name.len() > length) {
                best = Some((name.len(), number));
            }
        }
    }
    best.map(|(_, number)| number)
}

/// Names of zones in lower case, with their minutes from UTC.
#[rustfmt::skip]
const NAMED: &[(&str, i32)] = &[
    ("z", 0), ("ut", 0), ("utc", 0), ("gmt", 0), ("wet", 0), ("uct", 0), ("zulu", 0),
    ("bst", 60), ("cet", 60), ("mez", 60), ("met", 60), ("west", 60), ("wat", 60),
    ("cest", 120), ("mesz", 120), ("mest", 120), ("eet", 120), ("sast", 120), ("cat", 120),
    ("eest", 180), ("msk", 180), ("мск", 180), ("trt", 180), ("eat", 180), ("idt", 180),
    ("irst", 210), ("msd", 240), ("gst", 240), ("samt", 240), ("azt", 240), ("get", 240),
    ("aft", 270), ("pkt", 300), ("uzt", 300), ("yekt", 300), ("ist", 330), ("npt", 345),
    ("omst", 360), ("bdt", 360), ("mmt", 390), ("ict", 420), ("wib", 420), ("krat", 420), ("novt", 420),
    ("hkt", 480), ("sgt", 480), ("myt", 480), ("awst", 480), ("pht", 480), ("wita", 480), ("irkt", 480),
    ("jst", 540), ("kst", 540), ("wit", 540), ("yakt", 540), ("acst", 570),
    ("aest", 600), ("chst", 600), ("vlat", 600), ("acdt", 630), ("aedt", 660), ("magt", 660),
    ("nzst", 720), ("nzdt", 780), ("ndt", -150), ("nst", -210),
    ("art", -180), ("brt", -180), ("adt", -180), ("clst", -180), ("uyt", -180),
    ("ast", -240), ("edt", -240), ("clt", -240), ("bot", -240), ("vet", -240),
    ("est", -300), ("cdt", -300), ("cot", -300), ("pet", -300), ("ect", -300),
    ("cst", -360), ("mdt", -360), ("mst", -420), ("pdt", -420), ("pst", -480), ("akdt", -480),
    ("akst", -540), ("hst", -600), ("sst", -660),
];

/// Names that mean another zone in this language.
const ZONES_OF_LANGUAGES: &[(&str, &str, i32)] = &[
    ("zh", "cst", 480),
    ("he", "ist", 120),
    ("iw", "ist", 120),
    ("ga", "ist", 60),
    ("ar", "ast", 180),
    ("bn", "bst", 360),
];

/// The offset of a zone by its name, in seconds. `language` is the first part of a tag.
pub(super) fn find_offset(name: &str, language: &str) -> Option<i32> {
    let of_language =
        ZONES_OF_LANGUAGES.iter().find(|(tag, zone, _)| *tag == language && *zone == name);
    let minutes = match of_language {
        Some((.., minutes)) => *minutes,
        None => NAMED.iter().find(|(zone, _)| *zone == name)?.1,
    };
    Some(minutes * 60)
}

/// Zones of North America without their season, which only the day tells.
const WITHOUT_SEASON: &[(&str, &str)] = &[
    ("et", "America/New_York"),
    ("ct", "America/Chicago"),
    ("mt", "America/Denver"),
    ("pt", "America/Los_Angeles"),
];

/// Words of long names of zones, which are read by their initials: `pacific standard time`.
#[rustfmt::skip]
const LONG: &[&str] = &[
    "eastern", "central", "mountain", "pacific", "western", "european", "australian", "british", "greenwich", "india", "japan",
    "korea", "korean", "new", "zealand", "mean", "standard", "daylight", "saving", "savings", "summer", "time",
];

/// The addition of a word to the initials of a long name of a zone; `None` if it is no word of one.
pub(super) fn initial_of(word: &str, before: &str) -> Option<&'static str> {
    let word = LONG.iter().find(|long| **long == word)?;
    // `CEST` and its like mean summer.
    let is_silent = word.starts_with("saving") || (*word == "standard" && before == "european");
    Some(if is_silent { "" } else { &word[..1] })
}

/// Whether the words in brackets are the name of a zone, as in `[Europe/Berlin]` (RFC 9557), and no comment.
pub(super) fn is_zone(words: &str) -> bool {
    find_zone(words, true).is_some()
        || find_offset(words, "").is_some()
        || by_number(words).is_some()
}

/// The zone by its name in the database of IANA, links such as `Europe/Kiev` and `EST5EDT` included, in any case and with spaces.
/// After a time of day also [`WITHOUT_SEASON`] and names such as `Turkey`, which elsewhere may be words.
pub(super) fn find_zone(name: &str, is_after_time: bool) -> Option<TimeZone> {
    let short = WITHOUT_SEASON.iter().find(|(short, _)| is_after_time && *short == name);
    let name = short.map_or(name, |(_, zone)| zone).replace(' ', "_");
    // Other names may be words: `Turkey` elsewhere, and `rok` anywhere.
    let is_long = name.len() > 3;
    let is_name =
        (is_after_time && is_long) || name.contains(|c: char| c == '/' || c.is_ascii_digit());
    is_name.then(|| TimeZoneDatabase::bundled().get(&name).ok())?
}

/// The offset of `+01:00`, `-0930`, `+05.30`, `+1` or `GMT+1`, in seconds.
pub(super) fn by_number(zone: &str) -> Option<i32> {
    let zone = ["gmt", "utc", "z"].iter().find_map(|name| zone.strip_prefix(name)).unwrap_or(zone);
    let digits = zone.strip_prefix(['+', '-'])?;
    if !digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b':' | b'.')) {
        return None;
    }
    let (hours, minutes) = match digits.split_once([':', '.']) {
        Some((hours, rest)) => (hours, rest.split(':').next().unwrap_or_default()),
        None if digits.len() <= 2 => (digits, "0"),
        None if digits.len() == 4 => digits.split_at(2),
        None => return None,
    };
    let hours = hours.parse::<i32>().ok().filter(|hours| *hours <= 23)?;
    let minutes = minutes.parse::<i32>().ok().filter(|minutes| *minutes < 60)?;
    let seconds = hours * 3600 + minutes * 60;
    Some(if zone.starts_with('-') { -seconds } else { seconds })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_match_counts() {
        for (word, language, expected) in [
            ("marraskuuta", "fi", Some(11)),
            ("maaliskuuta", "fi", Some(3)),
            ("července", "cs", Some(7)),
            ("června", "cs", Some(6)),
            ("listopada", "hr", Some(10)),
            ("listopada", "pl", Some(11)),
            ("lipnja", "", Some(6)),
            ("lipca", "", Some(7)),
            ("בינואר", "he", Some(1)),
            ("середа", "uk", None),
            ("keskiviikko", "fi", None),
            ("pazar", "tr", None),
            ("maandag", "nl", None),
            ("subota", "hr", None),
        ] {
            assert_eq!(month(word, language).map(|it| it.number), expected, "{word}");
        }
    }

    #[test]
    fn zones_are_read() {
        for (zone, hours) in
            [("+01:00", 1), ("-0500", -5), ("+1", 1), ("gmt+3", 3), ("utc-02:00", -2)]
        {
            assert_eq!(by_number(zone), Some(hours * 3600), "{zone}");
        }
        for zone in ["+", "01:00", "+24:00", "+01:60", "+123", "+a", "gmt", ""] {
            assert_eq!(by_number(zone), None, "{zone}");
        }
        assert_eq!(find_offset("ist", ""), Some(19_800));
        assert_eq!(
            (find_offset("cst", "zh"), find_offset("cst", "en")),
            (Some(28_800), Some(-21_600))
        );
    }
}
