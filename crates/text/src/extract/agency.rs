//! Which agency a text names as its source, and how.
//!
//! An agency is *credited* in a byline, dateline, credit or copyright line, or sign-off. It is
//! *mentioned* if somebody told it something, which only texts of that agency say. Citations ("as
//! the agency reported", "according to", "first reported by") and picture credits do not name the
//! source of a text and give nothing.

mod citation;
mod credit;
mod dispatch;
mod line;
mod mention;

use std::collections::HashSet;

use crate::analyse::Text;
use crate::extract::agency_names::first_words;
use crate::span::Span;
use crate::words::Word;
use line::{Line, LinePosition, NamedAgency};

/// How a text names an agency as its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trace {
    /// In its byline, dateline, credit or copyright line.
    Credited,
    /// Somebody "told" the agency.
    Mentioned,
}

/// One place where a text names an agency as its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgencyTrace {
    /// The agency's short name: `AP`, `Reuters`, `dpa`.
    pub agency: &'static str,
    /// How it is named.
    pub trace: Trace,
    /// Its position, in bytes of the original. `None` if it comes from a separate byline.
    pub span: Option<Span>,
}

/// The agencies that `text` names as its source, each once, credits before mentions.
#[must_use]
pub fn agencies(text: &Text) -> Vec<AgencyTrace> {
    traces(&lines(text, may_begin(text)))
}

/// The same as [`agencies`], but only names that begin with a word for which `may_begin` is true,
/// given its index.
#[must_use]
pub fn agencies_starting_at(text: &Text, may_begin: impl Fn(usize) -> bool) -> Vec<AgencyTrace> {
    traces(&lines(text, may_begin))
}

/// Whether the name of an agency may begin with a word, given its index.
fn may_begin(text: &Text) -> impl Fn(usize) -> bool {
    let first_words = first_words();
    move |index| first_words.may_contain_shape(text.first_and_len(&text.words()[index]))
}

/// The paragraphs that name an agency, or that are a sign-off of Reuters.
fn lines(text: &Text, may_begin: impl Fn(usize) -> bool) -> Vec<Line<'_>> {
    let count = text.paragraphs().len();
    let all = text.paragraphs().iter().enumerate().map(|(index, paragraph)| {
        let place = LinePosition {
            near_top: index < 5,
            near_end: index + 4 >= count,
            is_last: index + 1 == count,
            is_byline: false,
        };
        Line::with_filter(text, paragraph, place, &may_begin)
    });
    all.filter(|line| !line.named().is_empty() || line.is_reuters_sign_off()).collect()
}

/// The agencies that lines name as the source, each once, credits before mentions.
fn traces(lines: &[Line<'_>]) -> Vec<AgencyTrace> {
    let mut traces: Vec<AgencyTrace> = Vec::new();
    for line in lines {
        if line.is_reuters_sign_off() {
            let span = Some(line.paragraph.span);
            traces.push(AgencyTrace { agency: "Reuters", trace: Trace::Credited, span });
        }
        for named in line.named() {
            if let Some(trace) = trace(line, named) {
                let span = Some(line.span_of(named));
                traces.push(AgencyTrace { agency: named.agency, trace, span });
            }
        }
    }
    traces.sort_by_key(|found| (found.trace, found.span));
    first_of_each_agency(traces)
}

/// The agencies that a text cites ("according to", "as the agency reported", "he told"), each once,
/// with the position of its first citation. Agencies that the text credits as its source are left
/// out.
#[must_use]
pub fn cited_agencies(text: &Text) -> Vec<(&'static str, Span)> {
    let naming = lines(text, may_begin(text));
    let named_as_source = traces(&naming).into_iter();
    let credited = named_as_source.filter(|found| found.trace == Trace::Credited);
    let credited: Vec<&str> = credited.map(|found| found.agency).collect();
    let mut cited: Vec<(&'static str, Span)> = Vec::new();
    for line in &naming {
        for named in line.named() {
            let is_new = !credited.contains(&named.agency)
                && !cited.iter().any(|(agency, _)| *agency == named.agency);
            // `«Интерфакс»` is a name in quotation marks. In quoted speech, words beside the name
            // are quoted too.
            let is_speech = |at: Option<&Word>| at.is_some_and(|word| word.quoted);
            let is_quoted = text.words()[named.start].quoted
                && (is_speech(named.start.checked_sub(1).and_then(|at| text.words().get(at)))
                    || is_speech(text.words().get(named.end)));
            if is_new && !is_quoted && (line.is_mentioned(named) || line.is_cited(named)) {
                cited.push((named.agency, line.span_of(named)));
            }
        }
    }
    cited
}

/// The agencies in a byline that is separate from its text (`Ada Ruiz, AP`, `dpa`), each once, all
/// credited.
#[must_use]
pub fn byline_agencies(byline: &str) -> Vec<AgencyTrace> {
    let text = Text::new(byline);
    let place = LinePosition { near_top: true, near_end: true, is_last: true, is_byline: true };
    let mut traces = Vec::new();
    for paragraph in text.paragraphs() {
        let line = Line::new(&text, paragraph, place);
        let credited = line.named().iter().filter(|named| line.is_on_edge_line(named));
        traces.extend(credited.map(|named| AgencyTrace {
            agency: named.agency,
            trace: Trace::Credited,
            span: None,
        }));
    }
    first_of_each_agency(traces)
}

/// The first trace of each agency.
fn first_of_each_agency(mut traces: Vec<AgencyTrace>) -> Vec<AgencyTrace> {
    let mut seen = HashSet::new();
    traces.retain(|found| seen.insert(found.agency));
    traces
}

fn trace(line: &Line<'_>, named: &NamedAgency) -> Option<Trace> {
    if line.text.words()[named.start].quoted {
        return None;
    }
    let is_credited = line.is_dispatch(named)
        || line.is_on_edge_line(named)
        || line.is_credit(named)
        || line.is_sign_off(named);
    if is_credited {
        return Some(Trace::Credited);
    }
    line.is_mentioned(named).then_some(Trace::Mentioned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::may_begin_agency;
    use Trace::{Credited, Mentioned};

    /// `½` opens up into two words in one place.
    #[test]
    fn a_fraction_beside_an_agency_is_read() {
        for text in ["AFP ½ said so", "according to ½ AFP", "he told ½ of AFP", "AFP said ½"] {
            let _ = cited_agencies(&Text::new(text));
        }
    }

    fn check(original: &str, expected: &[(&str, Trace)]) {
        let text = Text::new(original);
        let found: Vec<(&str, Trace)> =
            agencies(&text).iter().map(|found| (found.agency, found.trace)).collect();
        assert_eq!(found, expected, "{original:?}");
    }

    #[test]
    fn credits() {
        check("QUAYTON (AP) — The port closed.\nMore text.", &[("AP", Credited)]);
        check("QUAYTON, March 3 (Reuters) - The port closed.", &[("Reuters", Credited)]);
        check("Berlin/dpa – Der Hafen ist zu.", &[("dpa", Credited)]);
        check("By Ada Ruiz, Associated Press\nThe port closed.", &[("AP", Credited)]);
        check("The port closed.\n© 2026 AFP", &[("AFP", Credited)]);
        check(
            "The port closed.\nAssociated Press writer Ada Ruiz contributed.",
            &[("AP", Credited)],
        );
        check(
            "The port closed.\n(Reporting by A. Ruiz; Editing by B. Lund)",
            &[("Reuters", Credited)],
        );
        check("新华社港城3月5日电 港口关闭。", &[("Xinhua", Credited)]);
    }

    #[test]
    fn filtering_first_words_finds_the_same_agencies() {
        for original in [
            "QUAYTON (AP) — The port closed.\nShe told Agence France-Presse more.\n© 2026 dpa",
            "By Ada Ruiz, Associated Press\n新华社港城3月5日电 港口关闭。\nRead more at PA Media",
        ] {
            let text = Text::new(original);
            let may_begin = |index: usize| may_begin_agency(text.normal(&text.words()[index]));
            assert!(!agencies(&text).is_empty());
            assert_eq!(agencies_starting_at(&text, may_begin), agencies(&text));
        }
    }

    #[test]
    fn mentions() {
        check("A person told The Associated Press that it closed.", &[("AP", Mentioned)]);
        check("It closed, an official said, telling AP more.", &[("AP", Mentioned)]);
        check("« C'est fini », a-t-il déclaré à l'AFP.", &[("AFP", Mentioned)]);
        check("El puerto cerró, dijo a EFE el alcalde.", &[("EFE", Mentioned)]);
        check("他告诉路透社，港口关闭。", &[("Reuters", Mentioned)]);
        check("Er sagte der Nachrichtenagentur dpa nichts.", &[("dpa", Mentioned)]);
        check(
            "(AP) The port.\nShe told Reuters it closed.",
            &[("AP", Credited), ("Reuters", Mentioned)],
        );
    }

    #[test]
    fn citations_are_not_sources() {
        check("Human rights groups told nobody. Reuters has seen the files.", &[]);
        check("In Harrisburg (PA) on Monday the port closed for good after a storm.", &[]);
        check("El puerto cerró, dijo EFE en su crónica de ayer sobre la huelga.", &[]);
        check("Le port est fermé, a dit l'AFP dans une longue dépêche hier soir.", &[]);
        check("The plan was first reported by Reuters, and it said so again in a long text.", &[]);
        check("The Associated Press reported on Thursday that the port had closed for good.", &[]);
        check("According to AFP the port closed on Thursday after a strike of many weeks.", &[]);
        check("据新华社报道，港口关闭。", &[]);
        check("We read the AP style book in school, as everyone did in those years.", &[]);
    }

    #[test]
    fn citations_give_the_cited_agency() {
        for (text, agency) in [
            ("The port closed, according to the AFP news agency.", "AFP"),
            ("According to the Associated Press, the port closed.", "AP"),
            ("The plan was first reported by Reuters, and nobody denied it.", "Reuters"),
            ("Reuters reported on Monday that the port had closed.", "Reuters"),
            ("The harbour master told The Associated Press that it closed.", "AP"),
            ("Der Hafen ist laut dpa geschlossen.", "dpa"),
            ("Wie die Nachrichtenagentur dpa meldet, ist der Hafen zu.", "dpa"),
            ("Le port est fermé, selon l'AFP.", "AFP"),
            ("El puerto está cerrado, según EFE, desde el lunes.", "EFE"),
            ("El puerto cerró, informó la agencia EFE.", "EFE"),
            ("O porto fechou, segundo a agência Lusa.", "Lusa"),
            ("Il porto è chiuso, riferisce l'agenzia ANSA.", "ANSA"),
            ("De haven is dicht, meldt persbureau ANP.", "ANP"),
            ("Port jest zamknięty, podała PAP w poniedziałek.", "PAP"),
            ("Hamnen är stängd, enligt nyhetsbyrån TASS.", "TASS"),
            ("Порт закрыт, сообщает ТАСС.", "TASS"),
            ("Об этом пишет «Интерфакс» со ссылкой на РИА Новости.", "Interfax"),
            ("Порт закрито, повідомляє Укрінформ.", "Ukrinform"),
            ("وقال الوزير وفقا لرويترز إن الميناء مغلق.", "Reuters"),
            ("据新华社报道，港口关闭。", "Xinhua"),
            ("路透社周三报道称，港口将扩建。", "Reuters"),
            ("新華社によると、港は閉まった。", "Xinhua"),
            ("Liman kapandı, Reuters haber ajansına göre.", "Reuters"),
        ] {
            let found: Vec<&str> =
                cited_agencies(&Text::new(text)).iter().map(|(named, _)| *named).collect();
            assert_eq!(found.first(), Some(&agency), "{text}: {found:?}");
        }
        for text in [
            "QUAYTON (AP) — The port closed, as AP reported on Monday.",
            "The port closed. Photo: Ada Ruiz/AFP via Getty Images",
            "We read the AP style book in school, as everyone did in those years.",
            "The office of Reuters stands in the harbour.",
            "“According to AFP it closed,” he said.",
            "He lives in Erie, PA, according to the police.",
        ] {
            assert_eq!(cited_agencies(&Text::new(text)), [], "{text}");
        }
    }

    #[test]
    fn lines_that_only_look_like_credits_are_not_sources() {
        let body = "The port closed on Thursday after a long strike of the pilots ended.";
        let lines = [
            "By taking AP classes in the summer term",
            "By late Monday Reuters had closed its office",
            "By Monday, Reuters had closed its office.",
            "From Reuters to CNN and back",
            "From Erie, PA to Pittsburgh",
            "Students may send material from AP courses to the office.",
            "Copyright law in PA and elsewhere",
            "Copyright law, says the AP guide",
            "Anadolu Efes",
            "Lusa is a town",
            "Belga Images",
            "The PA",
            "Photo: Ada Ruiz /AFP via Getty Images",
            "JIM LUND/AFP/Getty",
            "Ada Ruiz/Reuters",
            "(Photo by Ada Ruiz/AFP)",
            "Bild: dpa",
            "© AFP/Ada Ruiz",
            "Interview mit Reuters",
            "The party met in Harrisburg (PA).",
            "They read the Associated Press (AP) in school.",
            "The TT races and the CP line ran past AA",
        ];
        for line in lines {
            check(&format!("{line}\n{body}\n{body}"), &[]);
            check(&format!("{body}\n{body}\n{line}"), &[]);
        }
        check("路透社周三报道称，国家电网将扩建港口。", &[]);
        check("法新社说，戛纳电影节开幕。", &[]);
        check("新华社记者在港口看到电。", &[]);
        check("In May the news agency (AP) — as everyone knew — closed.", &[]);
        check("قالت رويترز إن الميناء مغلق منذ أمس بعد إضراب طويل.", &[]);
        check("وقال الوزير وفقا لرويترز إن الميناء مغلق.", &[]);
        check("Er las eine Batterie (AA) und ging nach Hause in die Stadt.", &[]);
    }

    #[test]
    fn datelines_of_many_houses() {
        for (line, agency) in [
            ("(Bloomberg) -- The port closed.", "Bloomberg"),
            ("ANKARA (AA) The port closed.", "Anadolu"),
            ("STOCKHOLM (TT) – Hamnen stängde.", "TT"),
            ("OTTAWA (CP) — The port closed.", "CP"),
            ("QUAYTON, March 5 (Reuter) - The port closed.", "Reuters"),
            ("Madrid, 5 mar (EFE).- El puerto cerró.", "EFE"),
            ("МОСКВА, 5 мар — РИА Новости. Порт закрыт.", "RIA Novosti"),
            ("5 мар — РИА Новости.", "RIA Novosti"),
            ("МОСКВА, 5 марта. /ТАСС/. Порт закрыт.", "TASS"),
            ("Москва. 5 марта. INTERFAX.RU - Порт закрыт.", "Interfax"),
            ("INTERFAX.RU - Порт закрыт.", "Interfax"),
            ("Київ. 5 березня. УНІАН. Порт закрито.", "UNIAN"),
            ("New Delhi, Mar 5 (PTI) The port closed.", "PTI"),
            ("(Adds details) LONDON, March 5 (Reuters) - The port closed.", "Reuters"),
            ("Berlin (dpa/lno) - Der Hafen ist zu.", "dpa"),
            ("dpa/Berlin – Der Hafen ist zu.", "dpa"),
            ("بيروت (أ ف ب) - الميناء مغلق.", "AFP"),
            ("חיפה (רויטרס) הנמל נסגר.", "Reuters"),
            ("नयी दिल्ली, पांच मार्च (भाषा) बंदरगाह बंद है।", "PTI"),
            ("【ワシントン共同】港は閉まった。", "Kyodo"),
            ("【ロンドン時事】港は閉まった。", "Jiji"),
            ("［東京　５日　ロイター］港は閉まった。", "Reuters"),
            ("(서울=연합뉴스) 항구가 닫혔다.", "Yonhap"),
            ("[서울=뉴시스] 항구가 닫혔다.", "Newsis"),
            ("新华社北京3月5日电（记者某某）港口关闭。", "Xinhua"),
            ("中新社香港3月5日电 港口关闭。", "China News Service"),
            ("新华社基辅电：港口关闭。", "Xinhua"),
        ] {
            check(line, &[(agency, Credited)]);
        }
    }

    #[test]
    fn credit_lines_and_sign_offs_of_many_houses() {
        let body = "The port closed on Thursday after a long strike of the pilots ended.";
        for (line, agency) in [
            ("©2026 Bloomberg L.P.", "Bloomberg"),
            ("(TT)", "TT"),
            ("TT", "TT"),
            ("(CP)", "CP"),
            ("By PA", "PA Media"),
            ("(أ ف ب)", "AFP"),
            ("(רויטרס)", "Reuters"),
            ("(रॉयटर्स)", "Reuters"),
            ("(भाषा)", "PTI"),
            ("(पीटीआई)", "PTI"),
            ("(รอยเตอร์)", "Reuters"),
            ("Le Monde avec AFP", "AFP"),
            ("Com informações da agência Reuters", "Reuters"),
            ("Reuter", "Reuters"),
            ("REUTER", "Reuters"),
            ("He left. REUTER", "Reuters"),
            ("“He left,” they said. — AFP", "AFP"),
            ("Information from The Associated Press was used in this report.", "AP"),
            ("dpa-infocom, dpa:260305-930-1234/1", "dpa"),
            ("© dpa-infocom, dpa:260305-930-1234/1", "dpa"),
            ("Copyright 2026 The Associated Press. All rights reserved.", "AP"),
            ("Der Hafen ist zu (dpa).", "dpa"),
            ("Der Hafen ist zu. (dpa/lno)", "dpa"),
            ("With inputs from PTI", "PTI"),
            ("With AFP", "AFP"),
            ("Mit Material der dpa", "dpa"),
            ("By Ada Ruiz of Reuters in Quayton", "Reuters"),
            ("By The Associated Press", "AP"),
            ("By Reuters Staff", "Reuters"),
            ("Source: dpa", "dpa"),
            ("From AFP", "AFP"),
            ("— The Associated Press", "AP"),
        ] {
            check(&format!("{body}\n{line}"), &[(agency, Credited)]);
        }
        let both = [("AFP", Credited), ("PTI", Credited)];
        check(&format!("{body}\nWith inputs from AFP and PTI"), &both);
    }

    #[test]
    fn mentions_with_the_teller_between() {
        check("وقال الوزير لرويترز إن الميناء مغلق.", &[("Reuters", Mentioned)]);
        check("El puerto cerró, dijo el alcalde a EFE.", &[("EFE", Mentioned)]);
        check("He told the crowd a Reuters story was wrong and that all was well.", &[]);
    }

    #[test]
    fn bylines_given_apart() {
        let check = |byline: &str, expected: &[&str]| {
            let found = byline_agencies(byline);
            let names: Vec<&str> = found.iter().map(|trace| trace.agency).collect();
            assert_eq!(names, expected, "{byline:?}");
            assert!(found.iter().all(|trace| trace.span.is_none()));
        };
        check("Ada Ruiz, AP", &["AP"]);
        check("ada ruiz, associated press", &["AP"]);
        check("Reuters Staff", &["Reuters"]);
        check("TT", &["TT"]);
        check("By AFP", &["AFP"]);
        check("AFP/Reuters", &["AFP", "Reuters"]);
        check("Ada Ruiz | dpa", &["dpa"]);
        check("Ada Ruiz", &[]);
        check("Erie, PA", &[]);
        check("", &[]);
    }

    #[test]
    fn many_names_are_read_in_one_pass() {
        // A pass over the paragraph for each name would take hours.
        for part in ["(AP) ", "AP, ", "/AP/", "©Reuters ", "told AP ", "avec AFP ", "(TT)", "[AFP"]
        {
            let text = Text::new(&part.repeat(1_000_000 / part.len()));
            assert!(agencies(&text).len() <= 1, "{part:?}");
        }
    }
}
