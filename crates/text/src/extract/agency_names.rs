//! The news agencies and the forms their names take, in normal form.

/// A news agency and how texts name it.
#[derive(Debug)]
pub(crate) struct Agency {
    /// The short name used everywhere in wirefold.
    pub(crate) name: &'static str,
    /// Full names, words in normal form separated by spaces.
    pub(crate) forms: &'static [&'static str],
    /// Codes: words that mean the agency only in this very spelling.
    pub(crate) codes: &'static [&'static str],
}

const fn agency(
    name: &'static str,
    forms: &'static [&'static str],
    codes: &'static [&'static str],
) -> Agency {
    Agency { name, forms, codes }
}

/// Agencies of the world by language area. Order does not matter; names are unique.
pub(crate) const AGENCIES: &[Agency] = &[
    agency(
        "AP",
        &["associated press", "асошиэйтед пресс", "ассошиэйтед пресс", "美 联 社", "أسوشيتد برس"],
        &["AP"],
    ),
    agency(
        "Reuters",
        &[
            "reuters",
            "thomson reuters",
            "рейтер",
            "рейтерс",
            "ройтерз",
            "路 透 社",
            "رويترز",
            "لرويترز",
        ],
        &[],
    ),
    agency(
        "AFP",
        &[
            "agence france presse",
            "france presse",
            "франс пресс",
            "法 新 社",
            "فرانس برس",
            "lagence france presse",
        ],
        &["AFP", "l'AFP", "l’AFP", "L'AFP", "L’AFP"],
    ),
    agency(
        "dpa",
        &["deutsche presse agentur", "deutschen presse agentur", "german press agency"],
        &["dpa", "DPA"],
    ),
    agency("ANSA", &["agenzia ansa"], &["ANSA", "Ansa", "all'ANSA", "all’ANSA"]),
    agency("EFE", &["agencia efe"], &["EFE", "Efe"]),
    agency("Europa Press", &["europa press"], &[]),
    agency("Xinhua", &["xinhua", "新 华 社", "新 華 社"], &[]),
    agency("Kyodo", &["kyodo", "kyodo news", "共 同 通 信"], &[]),
    agency("Jiji", &["jiji press", "時 事 通 信"], &[]),
    agency("Yonhap", &["yonhap", "연합뉴스"], &[]),
    agency("TASS", &["tass", "тасс"], &[]),
    agency("Interfax", &["interfax", "интерфакс"], &[]),
    agency("Interfax-Ukraine", &["interfax ukraine", "інтерфакс україна"], &[]),
    agency("RIA Novosti", &["ria novosti", "риа новости"], &[]),
    agency("Ukrinform", &["ukrinform", "укрінформ", "укринформ"], &[]),
    agency("UNIAN", &["unian", "уніан", "униан"], &[]),
    agency("PA Media", &["press association", "pa media", "pa news agency"], &["PA"]),
    agency("CP", &["canadian press", "presse canadienne", "la presse canadienne"], &[]),
    agency("AAP", &["australian associated press"], &["AAP"]),
    agency("PTI", &["press trust of india"], &["PTI"]),
    agency("ANI", &["asian news international"], &["ANI"]),
    agency("IANS", &["indo asian news service"], &["IANS"]),
    agency("UPI", &["united press international"], &["UPI"]),
    agency("Bloomberg", &["bloomberg news"], &[]),
    agency("Dow Jones", &["dow jones newswires"], &[]),
    agency("APA", &["austria presse agentur"], &["APA"]),
    agency("Keystone-SDA", &["keystone sda"], &["SDA"]),
    agency("Belga", &["belga"], &[]),
    agency("ANP", &["algemeen nederlands persbureau"], &["ANP"]),
    agency("NTB", &["norsk telegrambyra", "norsk telegrambyrå"], &["NTB"]),
    agency("TT", &["tidningarnas telegrambyra", "tidningarnas telegrambyrå"], &[]),
    agency("Ritzau", &["ritzau"], &[]),
    agency("STT", &["suomen tietotoimisto"], &["STT"]),
    agency("PAP", &["polska agencja prasowa"], &["PAP"]),
    agency("CTK", &["czech news agency"], &["ČTK", "CTK"]),
    agency("MTI", &["magyar tavirati iroda", "magyar távirati iroda"], &["MTI"]),
    agency("Agerpres", &["agerpres"], &[]),
    agency("Lusa", &["agencia lusa", "agência lusa"], &["Lusa", "LUSA"]),
    agency("Anadolu", &["anadolu agency", "anadolu ajansi", "anadolu ajansı", "anadolu"], &[]),
    agency("SPA", &["saudi press agency"], &["SPA"]),
    agency("WAM", &["emirates news agency"], &["WAM"]),
    agency("MENA", &["middle east news agency"], &[]),
    agency("IRNA", &["islamic republic news agency"], &["IRNA"]),
    agency("Antara", &["antara news", "kantor berita antara"], &[]),
    agency("Bernama", &["bernama"], &[]),
];
