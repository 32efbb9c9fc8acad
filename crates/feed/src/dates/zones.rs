//! Time zones by name and by number.

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
const OF_LANGUAGES: &[(&str, &str, i32)] = &[
    ("zh", "cst", 480),
    ("he", "ist", 120),
    ("iw", "ist", 120),
    ("ga", "ist", 60),
    ("ar", "ast", 180),
    ("bn", "bst", 360),
];

/// The offset of a zone by its name, in seconds. `language` is the first part of a tag.
pub(super) fn find_offset(name: &str, language: &str) -> Option<i32> {
    let of_language = OF_LANGUAGES.iter().find(|(tag, zone, _)| *tag == language && *zone == name);
    let minutes = match of_language {
        Some((.., minutes)) => *minutes,
        None => NAMED.iter().find(|(zone, _)| *zone == name)?.1,
    };
    Some(minutes * 60)
}

/// The offset of `+01:00`, `-0930`, `+1` or `GMT+1`, in seconds.
pub(super) fn by_number(zone: &str) -> Option<i32> {
    let zone = ["gmt", "utc", "z"].iter().find_map(|name| zone.strip_prefix(name)).unwrap_or(zone);
    let digits = zone.strip_prefix(['+', '-'])?;
    if !digits.bytes().all(|b| b.is_ascii_digit() || b == b':') {
        return None;
    }
    let (hours, minutes) = match digits.split_once(':') {
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
