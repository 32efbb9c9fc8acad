//! Dates as feeds have them.

use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(text: &str, expected: Option<&str>) {
    check_in(text, Context::default(), expected);
}

#[track_caller]
fn check_in(text: &str, context: Context<'_>, expected: Option<&str>) {
    let expected = expected.map(|expected| expected.parse::<Timestamp>().unwrap());
    let read = read(text, context).map(|time| time.round(jiff::Unit::Second).unwrap());
    assert_eq!(read, expected, "{text}");
}

#[test]
fn dates_of_many_shapes() {
    let at = Some("2026-03-05T14:00:00Z");
    for text in [
        "2026-03-05T14:00:00Z",
        "2026-03-05t14:00:00.250z",
        "2026-03-05T15:00:00+01:00",
        "2026-03-05T15:00+0100",
        "2026-03-05 14:00:00",
        "2026-03-05 14:00",
        "2026/03/05 14:00 UTC",
        "20260305T140000Z",
        "Thu, 05 Mar 2026 14:00:00 +0000",
        "Thu, 5 Mar 2026 14:00 GMT",
        "thu, 05 march 26 14:00:00 ut",
        "05 Mar 2026 09:00:00 EST",
        "Thu, 05 Mar 2026 15:00:00 CET (Mitteleuropa)",
        "Thu Mar  5 14:00:00 2026",
        "Thu Mar 5 15:00:00 GMT+01:00 2026",
        "Mar 5, 2026 2:00 PM",
        "5-Mar-2026 14:00:00",
        "Xxx, 05 Mar 2026 14:00:00 Z",
    ] {
        check(text, at);
    }
    let part = read("2026-03-05T14:00:00.25Z", Context::default()).unwrap();
    assert_eq!(part.subsec_nanosecond(), 250_000_000);
    check("2026-03-05", Some("2026-03-05T00:00:00Z"));
    check("20260305", Some("2026-03-05T00:00:00Z"));
    check("2026-03", Some("2026-03-01T00:00:00Z"));
    check("March 5th, 2026", Some("2026-03-05T00:00:00Z"));
    check("Fri, 31 Dec 1999 23:59:60 GMT", Some("1999-12-31T23:59:59Z"));
    check("Fri, 31 Dec 99 23:59:00 -0930", Some("2000-01-01T09:29:00Z"));
}

#[test]
fn dates_of_many_languages() {
    let at = Some("2024-01-02T00:00:00Z");
    for text in [
        "mar., 02 janv. 2024",
        "mardi 2 janvier 2024",
        "mar, 02 ene 2024",
        "martes 2 de enero de 2024",
        "martedì 2 gennaio 2024",
        "ter, 02 jan 2024",
        "Di, 02. Jän. 2024",
        "wtorek, 2 stycznia 2024",
        "вт, 02 янв 2024",
        "2 січня 2024",
        "02.01.2024",
        "2.1.24",
        "2024年1月2日",
        "2024年01月02日 00:00",
        "2024년 1월 2일",
        "1704153600",
        "1704153600000",
        "20240102000000",
        "2. tammikuuta 2024",
        "2 Ocak 2024 Salı",
        "Pazar, 02 Oca 2024",
        "Вівторок, 2 січня 2024",
        "Середа, 2 січня 2024 р.",
        "2 января 2024 г.",
        "2. ledna 2024",
        "út, 02 led 2024",
        "2024. január 2.",
        "2024. 1. 2.",
        "2 ianuarie 2024",
        "Τρί, 02 Ιαν 2024",
        "2 בינואר 2024",
        "٢ يناير ٢٠٢٤",
        "۲ ژانویه ۲۰۲۴",
        "2 Januari 2024",
        "Thứ 3, 2 tháng 1 năm 2024",
        "2 thg 1, 2024",
        "02 जनवरी 2024",
        "2 ม.ค. 2567",
        "２０２４年１月２日（火）",
        "2024年1月2日 星期二",
        "tirsdag 2. januar 2024",
        "tisdag 2 januari 2024",
        "dinsdag 2 januari 2024",
        "marți, 2 ian. 2024",
        "utorak, 2. siječnja 2024.",
    ] {
        check(text, at);
    }
    check("Mar, 05 Dec 2023 10:00:00 +0100", Some("2023-12-05T09:00:00Z"));
    check("Mar 5 mars 2024", Some("2024-03-05T00:00:00Z"));
    check("05 Mar 2024", Some("2024-03-05T00:00:00Z"));
    check("5. März 2026, 14:30 Uhr", Some("2026-03-05T14:30:00Z"));
    check("05.03.2026, 14:30", Some("2026-03-05T14:30:00Z"));
    check("05.03.2026 14:30 MEZ", Some("2026-03-05T13:30:00Z"));
    check("2026年3月5日 14時30分", Some("2026-03-05T14:30:00Z"));
    check("2026年3月5日14时30分05秒", Some("2026-03-05T14:30:05Z"));
}

#[test]
fn the_day_is_first_unless_something_says_otherwise() {
    let american = Context::of(Some("en-US"));
    for (text, day_first, month_first) in [
        ("02/01/2024", Some("2024-01-02"), Some("2024-02-01")),
        ("02-01-2024 10:00", Some("2024-01-02T10"), Some("2024-02-01T10")),
        ("2/1/24", Some("2024-01-02"), Some("2024-02-01")),
        ("31/01/2024", Some("2024-01-31"), Some("2024-01-31")),
        ("01/31/2024 14:00", Some("2024-01-31T14"), Some("2024-01-31T14")),
        ("02.01.2024", Some("2024-01-02"), Some("2024-01-02")),
        ("Thứ Ba, 02/01/2024 - 14:00", Some("2024-01-02T14"), Some("2024-02-01T14")),
        ("31/13/2024", None, None),
        ("02-01-24", None, None),
        ("30.02.2024", None, None),
        ("1.2.3.4", None, None),
    ] {
        check(text, day_first.map(in_full).as_deref());
        check_in(text, american, month_first.map(in_full).as_deref());
    }
    let english = Some("en");
    let shown = Context::of_dates(english, ["03/04/2024", "01/31/2024"]);
    check_in("02/01/2024", shown, Some("2024-02-01T00:00:00Z"));
    let both = Context::of_dates(Some("en-US"), ["31/01/2024 10:00"]);
    check_in("02/01/2024", both, Some("2024-01-02T00:00:00Z"));
    check_in("24.01.02 오후 3:04", Context::of(Some("ko")), Some("2024-01-02T15:04:00Z"));
}

/// `2024-01-02T10` in full.
fn in_full(short: &str) -> String {
    let hour = short.split_once('T').map_or("00", |(_, hour)| hour);
    format!("{}T{hour}:00:00Z", &short[..10])
}

#[test]
fn text_around_a_date_is_ignored() {
    for (text, expected) in [
        ("2024-01-02T10:00:00 +01:00", "2024-01-02T09:00:00Z"),
        ("2024-01-02 T 10:00:00 Z", "2024-01-02T10:00:00Z"),
        ("2024-01-02T10:00:00 01:00", "2024-01-02T09:00:00Z"),
        ("2024-01-02T24:00:00Z", "2024-01-03T00:00:00Z"),
        ("Tue, 02 Jan 2024 24:00 GMT", "2024-01-03T00:00:00Z"),
        ("2024-01-02+02:00", "2024-01-01T22:00:00Z"),
        ("2024-01-02 10:00:00,250 +0100", "2024-01-02T09:00:00Z"),
        ("02/Jan/2024:10:00:00 -0500", "2024-01-02T15:00:00Z"),
        ("Tue Jan 02 2024 10:00:00 GMT+0100 (CET)", "2024-01-02T09:00:00Z"),
        ("Tue, 02 Jan 2024 10:00:00GMT", "2024-01-02T10:00:00Z"),
        ("02 Jan 2024 10:00:00 +0530 IST", "2024-01-02T04:30:00Z"),
        ("2024-01-02T10:00:00+05.30", "2024-01-02T04:30:00Z"),
        ("02 Jan 2024 10:00:00 +5.30", "2024-01-02T04:30:00Z"),
        ("02 Jan 2024 10:00 MSK", "2024-01-02T07:00:00Z"),
        ("02 Jan 2024 10:00 WIB", "2024-01-02T03:00:00Z"),
        ("Posted: January 2nd, 2024 at 3:04pm", "2024-01-02T15:04:00Z"),
        ("Publié le mardi 02/01/2024 à 14h30", "2024-01-02T14:30:00Z"),
        ("Dienstag, 02.01.2024 um 14.30 Uhr", "2024-01-02T14:30:00Z"),
        ("2 de enero de 2024, 3:04 p. m.", "2024-01-02T15:04:00Z"),
        ("2 Jan 99 10:00", "1999-01-02T10:00:00Z"),
        ("202401021430", "2024-01-02T14:30:00Z"),
        ("1704153600.5", "2024-01-02T00:00:00Z"),
        ("1704153600000000", "2024-01-02T00:00:00Z"),
        ("Tue, 02 Jan 2567 10:00:00 +0700", "2024-01-02T03:00:00Z"),
    ] {
        check(text, Some(expected));
    }
    check_in(
        "Tue Jan 02 10:00:00 CST 2024",
        Context::of(Some("zh-CN")),
        Some("2024-01-02T02:00:00Z"),
    );
    check_in("2. lipnja 2024", Context::of(Some("hr")), Some("2024-06-02T00:00:00Z"));
}

#[test]
fn refuses_texts_that_are_not_dates() {
    let brackets = "(".repeat(100_000);
    let late = format!("5 Mar 2026{}", " ".repeat(200));
    for text in
        ["", "soon", "yesterday", "2026-13-01", "32 Mar 2026", "10:00", &brackets, "1402/10/12"]
    {
        check(text, None);
    }
    check(&late, Some("2026-03-05T00:00:00Z"));
}

proptest! {
    #[test]
    fn accepts_any_text(text in "\\PC{0,40}", near in "[0-9A-Za-z:+, -]{0,30}") {
        let (first, second) = ("01/02/2024", "20/02/2024");
        let context = Context::of_dates(Some(&text), [text.as_str(), first, second]);
        let _ = (read(&text, context), read(&near, context));
    }
}

#[test]
fn zones_are_those_of_the_day() {
    let check = |text: &str, expected: Option<&str>| {
        let found = read(text, Context::default()).map(|at| at.to_string());
        assert_eq!(found.as_deref(), expected, "{text}");
    };
    check("Nov 20, 2026 8:30 AM ET", Some("2026-11-20T13:30:00Z"));
    check("Jul 20, 2026 8:30am ET", Some("2026-07-20T12:30:00Z"));
    check("2026-07-20 08:30 PT", Some("2026-07-20T15:30:00Z"));
    check("Fri, 20 Nov 2026 08:30:00 Europe/Kiev", Some("2026-11-20T06:30:00Z"));
    check("Fri, 20 Nov 2026 08:30:00 europe/kyiv", Some("2026-11-20T06:30:00Z"));
    check("2026-07-20 08:30:00 America/Argentina/Buenos_Aires", Some("2026-07-20T11:30:00Z"));
    check("2026-07-20 08:30:00 US/Eastern", Some("2026-07-20T12:30:00Z"));
    check("2026-07-20T08:30:00 Asia/Calcutta", Some("2026-07-20T03:00:00Z"));
    check("2026-07-20 08:30:00 +0200 Europe/London", Some("2026-07-20T06:30:00Z"));
    check("2026-07-20 24:00 Europe/Berlin", Some("2026-07-20T22:00:00Z"));
    check("2026-07-20 08:30:00 Nowhere/City", Some("2026-07-20T08:30:00Z"));
    check("2026-07-20 08:30:00 america/new york", Some("2026-07-20T12:30:00Z"));
    check("2026-07-20T08:30[America/Los Angeles]", Some("2026-07-20T15:30:00Z"));
    check("2026-07-20 08:30:00 Turkey", Some("2026-07-20T05:30:00Z"));
    check("20 listopada 2026 08:30 rok", Some("2026-11-20T08:30:00Z"));
    check("Turkey, 2026-07-20 08:30:00", Some("2026-07-20T08:30:00Z"));
    check("2026-07-20T08:30:00[Europe/Berlin]", Some("2026-07-20T06:30:00Z"));
    check("2026-07-20T08:30[!europe/berlin][u-ca=hebrew]", Some("2026-07-20T06:30:00Z"));
    check("2026-07-20T08:30:00+01:00[Europe/Berlin]", Some("2026-07-20T07:30:00Z"));
    check("2026-07-20 08:30 (Asia/Tokyo)", Some("2026-07-19T23:30:00Z"));
    check("Jul 20, 2026 8:30 AM (ET)", Some("2026-07-20T12:30:00Z"));
    check("Mon, 20 Jul 2026 08:30:00 (Berlin time)", Some("2026-07-20T08:30:00Z"));
    check("20 Jul 2026 08:30 EST5EDT", Some("2026-07-20T12:30:00Z"));
    check("2026-07-20 08:30:00 Pacific Standard Time", Some("2026-07-20T16:30:00Z"));
    check("2026-07-20 08:30:00 Pacific Daylight Saving Time", Some("2026-07-20T15:30:00Z"));
    check("July 20, 2026 at 8:30 a.m. Eastern Time", Some("2026-07-20T12:30:00Z"));
    check("20 Jan 2026 08:30 Central European Standard Time", Some("2026-01-20T07:30:00Z"));
    check("20 Jul 2026 08:30 Central European Summer Time", Some("2026-07-20T06:30:00Z"));
    check("20 Jul 2026 08:30 Australian Eastern Standard Time", Some("2026-07-19T22:30:00Z"));
    check("Time: 20 Jul 2026, 08:30 new", Some("2026-07-20T08:30:00Z"));
}

#[test]
fn impossible_dates_are_none() {
    for text in [
        "0001-01-01T00:00:00Z",
        "0001-01-01",
        "01/01/0001 00:00:00",
        "Mon, 01 Jan 0001 00:00:00 +0000",
        "0000-00-00 00:00:00",
        "-0001-11-30T00:00:00+00:00",
        "Wed, 30 Nov -0001 00:00:00 +0000",
        "2026-02-30T08:00:00Z",
        "2026-13-01T08:00:00Z",
        "Fri, 31 Apr 2026 08:00:00 GMT",
        "2026-11-20T25:00:00Z",
        "9999-12-31T23:59:59Z",
    ] {
        assert_eq!(read(text, Context::default()), None, "{text}");
    }
}
