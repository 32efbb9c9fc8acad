//! Tests of each part of the language, and of the parser's refusals.

use std::time::Duration;

use wirefold_text::extract::name_key;

use crate::{Document, Lists, MAX_BYTES, Matched, Numbers, Percolator, Prepared, Query};

fn article() -> Prepared {
    let entities = ["Łena Corvath", "Allied Quay Workers", "Tarrowgate"].map(name_key);
    Prepared::new(&Document {
        title: "Port strike: talks collapse in Tarrowgáte",
        text: "Negotiators for the Allied Quay Workers walked out of a conference room before dawn. \
               The harbour stays shut, the union’s Łena Corvath said; a cease-fire is far off.",
        outlet: "harborledger.example",
        site: "news.harborledger.example",
        agency: "Associated Press",
        language: "en-gb",
        class: "related",
        feeds: &["harbor-ledger", "all"],
        entities: &entities.each_ref().map(String::as_str),
        places: &[&entities[2]],
        cited: &["Reuters"],
        note: "correction",
    })
}

fn numbers() -> Numbers<'static> {
    const AGES: [Duration; 3] =
        [Duration::ZERO, Duration::from_secs(60), Duration::from_secs(3_600)];
    Numbers { origins: 2, outlets: 3, ages: &AGES }
}

fn matched_words(query: &str) -> Option<Vec<String>> {
    matched(query, &article()).map(|matched| matched.words)
}

/// The result of matching a query alone, which must equal the result in a percolator.
fn matched(text: &str, article: &Prepared) -> Option<Matched> {
    let query = Query::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let mut percolator = Percolator::default();
    percolator.insert(0, &Query::parse("absent *").expect("good"));
    percolator.insert(1, &query);
    let expected = query.matches(article, &numbers());
    let mut hits = percolator.matches(article, |_| numbers());
    let hit = hits.pop().map(|hit| hit.matched);
    assert_eq!((hit.as_ref(), hits.len()), (expected.as_ref(), 0), "{text}");
    expected
}

#[test]
fn queries_that_match() {
    for query in [
        "*",
        "PORT Strike",
        "port AND strike",
        "absent OR port",
        "tarrowgate",
        "lena",
        "\"walked out\"",
        "“walked out of”",
        "cease-fire",
        "negot*",
        "\"quay work*\"",
        "walked NEAR/1 out",
        "out NEAR/1 walked",
        "negotiators NEAR/13 dawn OR absent",
        "\"allied quay\" NEAR/2 walked",
        "walked NEAR/1 out NEAR/1 of",
        "(absent OR (port strike)) -football",
        "port NOT football",
        "title:strike",
        "title:\"talks collapse\"",
        "title:coll*",
        "entity:Corvath",
        "entity:quay",
        "entity:\"Lena Corvath\"",
        "place:Tarrowgate",
        "outlet:harborledger.example",
        "outlet:harbor*",
        "site:harborledger.example",
        "site:example",
        "agency:\"associated press\"",
        "lang:en",
        "lang:EN-GB",
        "note:correction",
        "note:correction OR note:retraction",
        "cites:reuters",
        "cites:\"Thomson Reuters\"",
        "class:related",
        "feed:all",
        "origins>=2",
        "outlets>2 velocity>1/10m",
        "velocity>=3/1h",
        "~negotiator",
        "~strikes",
        "title:~strikes",
        "~talking NEAR/1 ~collapsed",
        "~LENA",
        "agency:AP",
        "agency:ap",
        "agency:apnews",
        "agency:assoc* OR agency:ap*",
        "ceasefire OR cease\u{2011}fire",
        "\"a cease-fire is far off\"",
        "cease-fire NEAR/3 off",
        "«walked out»",
        "\"the 'union's' Łena\"",
    ] {
        assert!(matched_words(query).is_some(), "{query}");
    }
}

#[test]
fn queries_that_do_not_match() {
    for query in [
        "football",
        "port AND football",
        "port -strike",
        "\"out walked\"",
        "\"tarrowgate negotiators\"",
        "collapse NEAR/5 negotiators",
        "negotiators NEAR/3 dawn",
        "title:negotiators",
        "title:\"in tarrowgate negotiators\"",
        "title:nego*",
        "entity:Corvat",
        "place:Corvath",
        "outlet:ledger.example",
        "site:ledger.example",
        "lang:fr",
        "class:new",
        "feed:harbor",
        "origins>2",
        "velocity>2/10m",
        "harbours",
        "~struck",
        "title:~negotiator",
        "agency:Reuters",
        "agency:AAP",
        "note:retraction",
        "cites:AP",
        "ceasefire",
    ] {
        assert!(matched_words(query).is_none(), "{query}");
    }
}

#[test]
fn matched_words_are_as_written_in_the_query() {
    let cases: [(&str, &[&str]); 5] = [
        ("Port (absent OR \"walked out\") -football", &["Port", "walked out"]),
        ("port port", &["port"]),
        ("entity:Corvath negot*", &["entity:Corvath", "negot*"]),
        ("walked NEAR/2 dawn OR out NEAR/1 walked", &["out", "walked"]),
        ("* origins>1", &[]),
    ];
    for (query, expected) in cases {
        let found = matched_words(query).expect(query);
        assert_eq!(found, expected, "{query}");
    }
}

/// An article whose lede is its first sentence.
fn long_article(opening: &str) -> Prepared {
    let filler = "Nobody else in the hall had anything to say about the plan that evening.";
    let text = format!("{opening} {filler} The old ferry sails again. A dock was painted.");
    Prepared::new(&Document { title: "Talks in Tarrowgate", text: &text, ..Document::default() })
}

#[test]
fn a_match_outside_title_and_lede_is_in_passing() {
    let cases = [
        ("ferry", true),
        ("\"old ferry\"", true),
        ("ferr*", true),
        ("talks ferry", true),
        ("old NEAR/1 ferry", true),
        ("talks OR ferry", false),
        ("hall OR ferry", true),
        ("talks -harbour", false),
        ("title:talks", false),
        ("anywhere:ferry", false),
        ("talks anywhere:ferr*", false),
        ("anywhere:ferry dock", true),
        ("*", false),
        ("talks (-ferry OR dock)", true),
    ];
    let article = long_article("The council met.");
    for (query, expected) in cases {
        let in_passing = matched(query, &article).map(|matched| matched.in_passing);
        assert_eq!(in_passing, Some(expected), "{query}");
    }
    assert!(matched("talks -ferry", &article).is_none(), "a negated word must be nowhere");
}

#[test]
fn limits_the_lede_of_a_long_paragraph() {
    let far = format!("{} ferry", "word ".repeat(150));
    let near = format!("{} ferry", "word ".repeat(90));
    let in_passing = |opening: &str| {
        let found = matched("ferry sails OR ferry nobody", &long_article(opening));
        found.map(|matched| matched.in_passing)
    };
    assert_eq!((in_passing(&far), in_passing(&near)), (Some(true), Some(false)));
}

#[test]
fn errors_name_the_column_and_the_expected_text() {
    let cases = [
        ("", "column 1: expected a word, a phrase or \"(\", found the end"),
        ("port (", "column 7: expected a word, a phrase or \"(\", found the end"),
        ("port OR", "column 8: expected a word, a phrase or \"(\", found the end"),
        ("OR port", "column 1: expected a word, a phrase or \"(\", found OR"),
        ("(port", "column 6: expected \")\" for the \"(\" in column 1, found the end"),
        ("port)", "column 5: expected an opened \"(\" before it, found \")\""),
        ("()", "column 2: expected a word, a phrase or \"(\", found \")\""),
        (
            "é \"port",
            "column 8: expected a quotation mark that closes the one in column 3, found the end",
        ),
        ("\"\"", "column 1: expected a word with letters or digits, found nothing"),
        (
            "a title:/flood[0-9]+/",
            "column 3: expected words, phrases or prefix*, as regular expressions are not supported, \
             found title:/flood[0-9]+/",
        ),
        (
            "/flood.*/",
            "column 1: expected words, phrases or prefix*, as regular expressions are not supported, \
             found /flood.*/",
        ),
        (
            "harbour~2",
            "column 1: expected a word, strik* or ~strike, as ~ behind a word is not supported, found \
             harbour~2",
        ),
        ("~", "column 1: expected one word behind ~, such as ~strike, found ~"),
        ("a ~\"b c\"", "column 3: expected one word behind ~, such as ~strike, found ~"),
        ("~cease-fire", "column 1: expected one word behind ~, such as ~strike, found ~cease-fire"),
        ("~strik*", "column 1: expected either ~ before a word or \"*\" behind it, found ~strik*"),
        (
            "entity:~Corvath",
            "column 8: expected ~ before words of title and text only, found entity:~Corvath",
        ),
        (
            "\"the ~strike\"",
            "column 6: expected ~ before a word outside quotation marks, found ~ inside",
        ),
        ("port @ministers", "column 6: expected a list in lists/ministers.txt, found no such file"),
        ("!!", "column 1: expected a word with letters or digits, found !!"),
        ("a*", "column 1: expected at least two letters before \"*\", found a*"),
        ("po*rt", "column 3: expected \"*\" only at the end of a word, found \"*\""),
        (
            "port NEAR dawn",
            "column 6: expected NEAR/ and a number from 1 to 1000, such as NEAR/5, found NEAR",
        ),
        (
            "port NEAR/5 lang:en",
            "column 13: expected a word or a phrase without a field beside NEAR, found something else",
        ),
        (
            "name:port",
            "column 1: expected one of title: entity: place: outlet: site: agency: lang: cites: \
             note: class: feed: anywhere:, found name:",
        ),
        ("title: ", "column 7: expected a word or a phrase after the colon, found the end"),
        ("note:old", "column 6: expected one of correction, clarification, retraction, found old"),
        ("class:old", "column 7: expected one of new, related, copy, version, found old"),
        (
            "origins>=two",
            "column 1: expected a whole number, such as origins>=2, found origins>=two",
        ),
        ("-sport", "column 1: expected something that must be there, found only negations"),
        (
            "-(sport OR chess)",
            "column 1: expected something that must be there, found only negations",
        ),
        ("-cease-fire", "column 1: expected something that must be there, found only negations"),
        (
            "port OR -sport",
            "column 1: expected something that must be there on every side of OR, found a side of only \
             negations",
        ),
    ];
    for (query, expected) in cases {
        let error = Query::parse(query).expect_err(query);
        assert_eq!(error.to_string(), expected, "{query}");
    }
}

fn about(language: &str, text: &str) -> Prepared {
    Prepared::new(&Document { text, language, ..Document::default() })
}

#[test]
fn forms_of_a_word_depend_on_the_language_of_the_article() {
    for (query, language, text, expected) in [
        ("~strike", "en", "Dockers are striking again", true),
        ("~strike", "en-gb", "Two strikes in a week", true),
        ("~strike", "en", "They struck in May", false),
        ("~strike", "", "Two strikes in a week", false),
        ("~strike", "", "One strike in a week", true),
        ("~Streik", "de", "Die Streiks im Hafen", true),
        ("~haus", "de", "Die Häuser am Hafen", true),
        ("~grève", "fr", "Des greves au port", true),
        ("~забастовка", "ru", "порт закрыт забастовкой", true),
        ("~забастовка", "be", "порт закрыт забастовкой", false),
        ("~地震", "ja", "大地震発生", true),
    ] {
        assert_eq!(matched(query, &about(language, text)).is_some(), expected, "{query}: {text}");
    }
}

#[test]
fn characters_in_a_row_are_found_inside_longer_words() {
    for (query, text, expected) in [
        ("地震", "大地震発生", true),
        ("地震*", "大地震発生", true),
        ("震", "大地震発生", true),
        ("地震", "大地。震源は海", false),
        ("\"地震 発生\"", "大地震発生", true),
        ("\"地震 発生\"", "地震が発生", false),
        ("地震 NEAR/3 発生", "地震が発生", true),
        ("지진", "대지진이 발생", true),
        ("지진*", "대지진이 발생", true),
        ("지진", "대지 진행", false),
        ("แผ่นดินไหว", "เกิดแผ่นดินไหวใหญ่", true),
        ("カタカナ", "ｶﾀｶﾅ語", true),
        ("AI地震", "新AI地震計", true),
        ("title:地震", "大地震発生", false),
    ] {
        assert_eq!(matched(query, &about("und", text)).is_some(), expected, "{query}: {text}");
    }
    let of_title = Document { title: "大地", text: "震源は海", ..Document::default() };
    assert!(matched("地震", &Prepared::new(&of_title)).is_none());
}

#[test]
fn hyphenated_words_match_with_and_without_the_hyphen() {
    for text in ["a cease-fire held", "a cease fire held", "a ceasefire held", "a cease–fire held"]
    {
        let article = about("en", text);
        let found = matched("cease-fire", &article).expect(text);
        assert_eq!(found.words, ["cease-fire"], "{text}");
        assert!(matched("\"Cease‐Fire held\"", &article).is_some(), "{text}");
        assert!(matched("held -cease-fire", &article).is_none(), "{text}");
    }
}

#[test]
fn detects_contradictory_queries() {
    let is_contradictory = |query: &str| Query::parse(query).unwrap().is_contradictory();
    for query in [
        "* -*",
        "ferry -ferry",
        "(ferry port) -port",
        "ferry -(port OR ferry)",
        "port -(tide OR *)",
    ] {
        assert!(is_contradictory(query), "{query}");
    }
    assert!(is_contradictory("cease-fire -cease-fire") && is_contradictory("a -a OR b -b"));
    for query in
        ["ferry -port", "* -ferry", "ferry -title:ferry", "a -a OR b", "ferry -(ferry port)"]
    {
        assert!(!is_contradictory(query), "{query}");
    }
}

#[test]
fn errors_suggest_the_right_form() {
    for (query, said) in [
        ("~@sea", "column 1: expected a word behind ~"),
        ("site:http://x.example", "a site is a host, without http://"),
        ("site:x.example/news", "a site is a host"),
        ("port velocity>5/0m", "a time above 0, such as velocity>5/10m"),
    ] {
        let error = Query::parse(query).expect_err(query).to_string();
        assert!(error.contains(said), "{query}: {error}");
    }
}

fn lists() -> Lists {
    let mut lists = Lists::default();
    let ministers =
        "\u{feff}# of the coast\nŁena Corvath\n\n  entity:Tarrowgate Council \n~strike\n@ports\n";
    lists.insert("ministers", ministers);
    lists.insert("ports", "Gull Sound\nharbo*\n\"quay side\"\n");
    lists.insert("empty", "# nobody yet\n");
    lists.insert("one", "@two");
    lists.insert("two", "port\n@one");
    lists.insert("bad", "port\n(port OR quay\n-sport\n");
    lists.insert("number", "origins>=2");
    lists.insert("astray", "port\n@nowhere");
    lists.insert("long", "quay\n".repeat(2_001));
    lists.insert("wide", "q".repeat(MAX_BYTES));
    lists
}

#[test]
fn a_list_matches_any_of_its_lines() {
    let query = |text: &str| Query::parse_with(text, &lists()).expect(text);
    let found = |text: &str, article: &Prepared| {
        query(text).matches(article, &numbers()).map(|matched| matched.words)
    };
    assert_eq!(
        found("@ministers negotiators", &article()).unwrap(),
        ["Łena Corvath", "~strike", "harbo*", "negotiators"]
    );
    assert!(found("@ministers", &about("en", "A ferry for Gull Sound")).is_some());
    assert!(found("@ministers", &about("en", "Corvath said to Lena")).is_none());
    assert!(found("ferry -@ports", &about("en", "A ferry for Gull Sound")).is_none());
    assert!(found("ferry (@ports OR @ports)", &about("en", "the ferry harbour")).is_some());
}

#[test]
fn errors_name_a_list_that_cannot_be_read() {
    for (query, expected) in [
        (
            "port @empty",
            "column 6: expected a word or a phrase in lists/empty.txt, found an empty list",
        ),
        (
            "@one",
            "column 1: expected lists that do not name each other in a circle in line 2 of lists/two.txt \
             in line 1 of lists/one.txt, found @one → @two → @one",
        ),
        (
            "@bad",
            "column 1: expected a word, a phrase or \"(\" in line 3 of lists/bad.txt, found NOT",
        ),
        (
            "@number",
            "column 1: expected a word, a phrase, a field or @name in line 1 of lists/number.txt, \
             found origins>=2",
        ),
        (
            "@astray",
            "column 1: expected a list in lists/nowhere.txt in line 2 of lists/astray.txt, found no \
             such file",
        ),
        (
            "port @long",
            "column 6: expected at most 2000 words, phrases and fields in line 2000 of lists/long.txt, \
             found one more",
        ),
        (
            "@wide",
            "column 1: expected a query with lists of at most 32768 bytes, found 32773 bytes",
        ),
        ("@", "column 1: expected a list in lists/.txt, found no such file"),
    ] {
        let error = Query::parse_with(query, &lists()).expect_err(query);
        assert_eq!(error.to_string(), expected, "{query}");
    }
    let nested = format!("{}@ports{}", "(".repeat(32), ")".repeat(32));
    assert!(Query::parse_with(&nested, &lists()).is_err(), "a list is a group");
    assert!(Query::parse_with("@anything", &Lists::accepting_any_name()).is_ok());
}

#[test]
fn refuses_queries_over_the_limits() {
    let nested = |depth: usize| format!("{}port{}", "(".repeat(depth), ")".repeat(depth));
    assert!(Query::parse(&nested(32)).is_ok());
    for refused in [
        nested(33),
        "(".repeat(20_000),
        format!("port {}x", "-".repeat(10_000)),
        format!("port {}x", "NOT ".repeat(33)),
        "a ".repeat(2_001),
        "a".repeat(32 * 1024 + 1),
    ] {
        assert!(Query::parse(&refused).is_err(), "{}", refused.len());
    }
    assert!(Query::parse(&"a ".repeat(2_000)).is_ok());
}

#[test]
fn few_of_many_queries_are_candidates() {
    let mut percolator = Percolator::default();
    for number in 0..1_000 {
        percolator.insert(number, &Query::parse(&format!("port strike{number}")).expect("good"));
    }
    percolator.insert(1_000, &Query::parse("strike OR origins>5").expect("good"));
    percolator.insert(1_001, &Query::parse("the harbo*").expect("good"));
    assert_eq!(percolator.candidates(&article()), [&1_000, &1_001]);
    assert_eq!(percolator.len(), 1_002);
    let hits = percolator.matches(&article(), |_| numbers());
    assert_eq!(hits.iter().map(|hit| hit.id).collect::<Vec<_>>(), [1_000, 1_001]);
    percolator.remove(&1_000);
    percolator.insert(1_001, &Query::parse("absent").expect("good"));
    assert!(percolator.matches(&article(), |_| numbers()).is_empty());
}

#[test]
fn ten_thousand_broad_queries_can_be_added_and_removed() {
    let mut percolator = Percolator::default();
    let mut lightest = 0;
    for round in 0..2 {
        for number in 0..10_000 {
            let query = match number % 4 {
                0 => "*".to_owned(),
                1 => "port OR strike".to_owned(),
                2 => format!("port -absent{number}"),
                _ => "harbo*".to_owned(),
            };
            percolator.insert(number, &Query::parse(&query).expect("good"));
        }
        assert_eq!(percolator.matches(&article(), |_| numbers()).len(), 10_000);
        let full = percolator.weight();
        // From the front: the last one of a list is not always removed first.
        (0..9_990).for_each(|number| percolator.remove(&number));
        let left = percolator.matches(&article(), |_| numbers());
        assert_eq!(
            left.iter().map(|hit| hit.id).collect::<Vec<_>>(),
            Vec::from_iter(9_990..10_000)
        );
        assert!(percolator.weight() * 100 < full, "{} of {full}", percolator.weight());
        assert!(round == 0 || percolator.weight() <= lightest, "nothing is left of a round before");
        lightest = percolator.weight();
    }
}
