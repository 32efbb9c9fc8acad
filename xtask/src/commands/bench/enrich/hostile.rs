//! Bad input: texts that make every non-linear step slow.

/// A hostile text.
pub(super) struct Hostile {
    pub(super) name: &'static str,
    pub(super) title: String,
    pub(super) text: String,
}

/// Letters of many scripts, one word each.
const MIXED: &str =
    "Hafen порт ميناء 港口 みなと 항구 λιμάνι נמל बंदरगाह ท่าเรือ ወደብ Ada Ruiz 7 % “и” ";

/// All hostile texts.
pub(super) fn hostile() -> Vec<Hostile> {
    let text = |name, text| Hostile { name, title: "The port is shut".to_owned(), text };
    vec![
        text("one word", "Port".to_owned()),
        text("200,000 words", "the harbour was shut ".repeat(50_000)),
        text("200,000 capitalised words", "Ada Ruiz Of Quayton ".repeat(50_000)),
        text("200,000 words with a stop each", "Ada. ".repeat(200_000)),
        text("200,000 numbers", "7 dead, ".repeat(100_000)),
        text("200,000 numbers in words", "two hundred ".repeat(100_000)),
        text("200,000 Chinese characters without a stop", "港口关闭工人罢工".repeat(25_000)),
        text("200,000 Chinese numerals without a stop", "三百分之一人".repeat(33_334)),
        text("200,000 Thai characters without a stop", "ท่าเรือปิด".repeat(20_000)),
        text("200,000 punctuation marks", ".,;:!?-–".repeat(25_000)),
        text("231,000 signs without a word", "!? — … ".repeat(33_000)),
        text("231,000 signs between marks", format!("«{}»", "—,.!? …".repeat(33_000))),
        text("100,000 words in mixed scripts", MIXED.repeat(7_000)),
        text("10,000 quotation marks", "“".repeat(10_000)),
        text("10,000 straight quotation marks", "\" a ".repeat(10_000)),
        text("10,000 quotations", "“We shut the port again,” said Ada Ruiz. ".repeat(10_000)),
        text("100,000 dashes", "– Vi stänger, säger Nils Ahl – ".repeat(50_000)),
        text("100,000 agencies", "according to AFP and Reuters, ".repeat(50_000)),
        text("control characters", "\u{1}\u{7f}\u{200f}a\u{0}\u{301}".repeat(30_000)),
        Hostile {
            name: "a title of 50 kB",
            title: "The port is shut ".repeat(3_000),
            text: "The port.".to_owned(),
        },
        text("one word of 500,000 letters", "a".repeat(500_000)),
    ]
}
