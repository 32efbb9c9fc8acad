//! The news agencies and the forms their names take.

use std::sync::OnceLock;

use crate::likely::Likely;
use crate::words::normalise;
use rustc_hash::FxHashMap;

/// A news agency and how texts name it.
struct Agency {
    /// The short name used everywhere in wirefold.
    name: &'static str,
    /// Full names, in any letters.
    forms: &'static [&'static str],
    /// Codes: they mean the agency only in this very spelling.
    codes: &'static [&'static str],
    /// Shy codes mean something else as often (`PA` is a state, `共同` is "joint"): they count only
    /// where nothing but an agency can stand.
    shy: &'static [&'static str],
    /// What people call it besides, such as its site. No text is read by these.
    called: &'static [&'static str],
}

const fn agency(
    name: &'static str,
    forms: &'static [&'static str],
    codes: &'static [&'static str],
) -> Agency {
    Agency { name, forms, codes, shy: &[], called: &[] }
}

impl Agency {
    const fn shy(self, shy: &'static [&'static str]) -> Agency {
        Agency { shy, ..self }
    }

    const fn called(self, called: &'static [&'static str]) -> Agency {
        Agency { called, ..self }
    }

    /// Everything it may be called, whatever the capitals.
    fn aliases(&self) -> impl Iterator<Item = &'static str> {
        let lists = [self.forms, self.codes, self.shy, self.called];
        std::iter::once(self.name).chain(lists.into_iter().flatten().copied())
    }
}

/// One way to name an agency.
pub(super) struct Form {
    /// The agency's short name.
    pub(super) agency: &'static str,
    /// The words of the form in normal form.
    pub(super) words: Vec<String>,
    /// The only spelling that counts, for codes.
    pub(super) spelling: Option<&'static str>,
    /// Whether it is a shy code.
    pub(super) is_shy: bool,
}

/// The forms that begin with the word `first` (in normal form), the longest first: `interfax
/// ukraine` before `interfax`.
pub(super) fn forms(first: &str) -> &'static [Form] {
    Table::get().forms.get(first).map_or(&[], Vec::as_slice)
}

/// Whether the name of an agency may begin with a word in this normal form.
#[must_use]
pub fn may_begin_agency(normal: &str) -> bool {
    let shape = (normal.bytes().next().unwrap_or_default(), normal.len());
    first_words().has(shape) && !forms(normal).is_empty()
}

/// The words that forms begin with.
pub(super) fn first_words() -> &'static Likely {
    &Table::get().first_words
}

/// The forms by their first word.
struct Table {
    forms: FxHashMap<String, Vec<Form>>,
    first_words: Likely,
}

impl Table {
    fn get() -> &'static Table {
        static TABLE: OnceLock<Table> = OnceLock::new();
        TABLE.get_or_init(|| {
            let forms = table();
            let first_words = Likely::new(forms.keys().map(String::as_str));
            Table { forms, first_words }
        })
    }
}

fn table() -> FxHashMap<String, Vec<Form>> {
    let mut table: FxHashMap<String, Vec<Form>> = FxHashMap::default();
    for agency in AGENCIES {
        let full = agency.forms.iter().map(|printed| (printed, None, false));
        let codes = agency.codes.iter().map(|printed| (printed, Some(*printed), false));
        let shy = agency.shy.iter().map(|printed| (printed, Some(*printed), true));
        for (printed, spelling, is_shy) in full.chain(codes).chain(shy) {
            let words: Vec<String> = normalise(printed).split(' ').map(str::to_owned).collect();
            let first = words[0].clone();
            let form = Form { agency: agency.name, words, spelling, is_shy };
            table.entry(first).or_default().push(form);
        }
    }
    for forms in table.values_mut() {
        forms.sort_by_key(|form| usize::MAX - form.words.len());
    }
    table
}

/// The short name of an agency that has this very name.
#[must_use]
pub fn agency_named(name: &str) -> Option<&'static str> {
    AGENCIES.iter().map(|agency| agency.name).find(|known| *known == name)
}

/// The short name of the agency that somebody means who asks for an agency of this name: any name of it,
/// its code or its site, whatever the capitals.
///
/// ```
/// use wirefold_text::extract::agency_called;
///
/// assert_eq!(agency_called("associated press"), Some("AP"));
/// assert_eq!(agency_called("apnews.com"), Some("AP"));
/// assert_eq!(agency_called("press"), None);
/// ```
#[must_use]
pub fn agency_called(alias: &str) -> Option<&'static str> {
    static ALIASES: OnceLock<FxHashMap<String, &'static str>> = OnceLock::new();
    let aliases = ALIASES.get_or_init(|| {
        let of_one =
            |agency: &'static Agency| agency.aliases().map(|name| (normalise(name), agency.name));
        AGENCIES.iter().flat_map(of_one).collect()
    });
    aliases.get(&normalise(alias)).copied()
}

/// Whether `name` is the name of an agency and nothing else.
pub(super) fn is_agency(name: &str) -> bool {
    let name = name.trim();
    let normal = normalise(name);
    let first = normal.split(' ').next().unwrap_or_default();
    forms(first).iter().any(|form| {
        form.words.iter().map(String::as_str).eq(normal.split(' '))
            && form.spelling.is_none_or(|spelling| spelling == name)
    })
}

/// Agencies of the world by language area. Order does not matter; names are unique.
const AGENCIES: &[Agency] = &[
    agency(
        "AP",
        &["associated press", "асошиэйтед пресс", "ассошиэйтед пресс", "美联社", "أسوشيتد برس"],
        &["AP"],
    )
    .called(&["apnews", "apnews.com"]),
    agency(
        "Reuters",
        &[
            "reuters",
            "thomson reuters",
            "рейтер",
            "рейтерс",
            "ройтерз",
            "路透社",
            "رويترز",
            "لرويترز",
            "רויטרס",
            "לרויטרס",
            "रॉयटर्स",
            "รอยเตอร์",
            "ロイター",
            "로이터",
        ],
        &[],
    )
    .shy(&["Reuter", "REUTER"])
    .called(&["reuters.com"]),
    agency(
        "AFP",
        &[
            "agence france presse",
            "france presse",
            "франс пресс",
            "法新社",
            "فرانس برس",
            "lagence france presse",
            "أ ف ب",
        ],
        &["AFP", "l'AFP", "l’AFP", "L'AFP", "L’AFP"],
    )
    .called(&["afp.com"]),
    agency(
        "dpa",
        &[
            "deutsche presse agentur",
            "deutschen presse agentur",
            "german press agency",
            "dpa infocom dpa",
        ],
        &["dpa", "DPA"],
    )
    .called(&["dpa.com"]),
    agency("ANSA", &["agenzia ansa"], &["ANSA", "Ansa", "all'ANSA", "all’ANSA"])
        .called(&["ansa.it"]),
    agency("EFE", &["agencia efe"], &["EFE", "Efe"]).called(&["efe.com"]),
    agency("Europa Press", &["europa press"], &[]).called(&["europapress", "europapress.es"]),
    agency("Xinhua", &["xinhua", "新华社", "新華社"], &[])
        .called(&["xinhuanet", "xinhua news agency"]),
    agency("China News Service", &["china news service", "中新社", "中新网"], &[]),
    agency("Kyodo", &["kyodo", "kyodo news", "共同通信"], &[])
        .shy(&["共同"])
        .called(&["kyodonews"]),
    agency("Jiji", &["jiji press", "時事通信"], &[]).shy(&["時事"]),
    agency("Yonhap", &["yonhap", "연합뉴스"], &[]).called(&["yonhap news", "yna"]),
    agency("Newsis", &["newsis", "뉴시스"], &[]),
    agency("TASS", &["tass", "тасс"], &[]).called(&["itar tass", "tass.com"]),
    agency("Interfax", &["interfax", "интерфакс", "interfax ru"], &[]),
    agency("Interfax-Ukraine", &["interfax ukraine", "інтерфакс україна"], &[]),
    agency("RIA Novosti", &["ria novosti", "риа новости"], &[]).called(&["ria", "ria.ru"]),
    agency("Ukrinform", &["ukrinform", "укрінформ", "укринформ"], &[]),
    agency("UNIAN", &["unian", "уніан", "униан"], &[]),
    agency("PA Media", &["press association", "pa media", "pa news agency"], &[]).shy(&["PA"]),
    agency("CP", &["canadian press", "presse canadienne", "la presse canadienne"], &[])
        .shy(&["CP"]),
    agency("AAP", &["australian associated press"], &["AAP"]),
    agency("PTI", &["press trust of india", "पीटीआई"], &["PTI"])
        .shy(&["भाषा"])
        .called(&["ptinews"]),
    agency("ANI", &["asian news international"], &["ANI"]).called(&["aninews"]),
    agency("IANS", &["indo asian news service"], &["IANS"]),
    agency("UPI", &["united press international"], &["UPI"]).called(&["upi.com"]),
    agency("Bloomberg", &["bloomberg news"], &[]).shy(&["Bloomberg", "BLOOMBERG"]),
    agency("Dow Jones", &["dow jones newswires"], &[]),
    agency("APA", &["austria presse agentur"], &["APA"]),
    agency("Keystone-SDA", &["keystone sda"], &["SDA"]),
    agency("Belga", &["belga"], &[]),
    agency("ANP", &["algemeen nederlands persbureau"], &["ANP"]),
    agency("NTB", &["norsk telegrambyra", "norsk telegrambyrå"], &["NTB"]),
    agency("TT", &["tidningarnas telegrambyra", "tidningarnas telegrambyrå"], &[]).shy(&["TT"]),
    agency("Ritzau", &["ritzau"], &[]),
    agency("STT", &["suomen tietotoimisto"], &["STT"]),
    agency("PAP", &["polska agencja prasowa"], &["PAP"]),
    agency("CTK", &["czech news agency"], &["ČTK", "CTK"]),
    agency("MTI", &["magyar tavirati iroda", "magyar távirati iroda"], &["MTI"]),
    agency("Agerpres", &["agerpres"], &[]),
    agency("Lusa", &["agencia lusa", "agência lusa"], &["Lusa", "LUSA"]),
    agency("Anadolu", &["anadolu agency", "anadolu ajansi", "anadolu ajansı", "anadolu"], &[])
        .shy(&["AA"])
        .called(&["aa.com.tr"]),
    agency("SPA", &["saudi press agency"], &["SPA"]),
    agency("WAM", &["emirates news agency"], &["WAM"]),
    agency("MENA", &["middle east news agency"], &[]),
    agency("IRNA", &["islamic republic news agency"], &["IRNA"]),
    agency("Antara", &["antara news", "kantor berita antara"], &[]),
    agency("Bernama", &["bernama"], &[]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_an_agency_means_it_and_no_other() {
        for alias in ["AP", "ap", "Associated Press", "apnews", "美联社"] {
            assert_eq!(agency_called(alias), Some("AP"), "{alias}");
        }
        assert_eq!(agency_called("Australian Associated Press"), Some("AAP"));
        assert_eq!(agency_called("interfax"), Some("Interfax"));
        assert_eq!(agency_called("Interfax-Ukraine"), Some("Interfax-Ukraine"));
        assert_eq!(agency_called("Harbour Ledger"), None);
        for agency in AGENCIES {
            for alias in agency.aliases() {
                assert_eq!(agency_called(alias), Some(agency.name), "{alias}");
            }
        }
    }
}
