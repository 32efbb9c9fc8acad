//! Tests of statements on invented events, and of their bounds on hostile ones.

use jiff::Timestamp;
use serde_json::{Value, json};
use wirefold_proto::FigureRole;

use super::*;
use crate::shapes::{Difference, FigureStanding};

const SAMPLE: &[u8] =
    include_bytes!("../../../../proto/samples/wirefold.output.article.4.minimal.json");

/// An article of a story. The number of the article also gives its order in time.
fn article(number: u64, story: u64, outlet: &str, findings: &Value) -> InStory {
    let id = |prefix: char, digits: u64| format!("{prefix}-{digits:026}");
    let seen = Timestamp::from_second(1_700_000_000 + number as i64 * 60).unwrap();
    let mut article: OutputArticle = wirefold_proto::decode(SAMPLE).unwrap();
    article.id = id('a', number).parse().unwrap();
    (article.article.outlet, article.article.seen) = (outlet.parse().unwrap(), seen);
    article.findings = serde_json::from_value(findings.clone()).unwrap();
    (id('s', story).parse().unwrap(), article)
}

fn quoted(words: &str, speaker: Option<&str>) -> Value {
    json!({ "words": words, "speaker": speaker, "how": "rule" })
}

fn saying(number: u64, story: u64, outlet: &str, quotations: &[(&str, Option<&str>)]) -> InStory {
    let all: Vec<Value> = quotations.iter().map(|(words, who)| quoted(words, *who)).collect();
    let language = json!({ "tag": "en", "how": "model" });
    article(number, story, outlet, &json!({ "language": language, "quotations": all }))
}

fn counting(number: u64, story: u64, outlet: &str, figures: &[(u64, Option<&str>)]) -> InStory {
    let figure = |(at, (value, qualifier)): (usize, &(u64, Option<&str>))| {
        json!({ "value": value, "words": value.to_string(), "unit": "people", "role": "killed",
                "qualifier": qualifier, "claim": at == 0, "how": "rule" })
    };
    let numbers: Vec<Value> = figures.iter().enumerate().map(figure).collect();
    article(number, story, outlet, &json!({ "numbers": numbers }))
}

const SPEECH: &str = "We will open the harbour again before the first snow, whatever it costs us";

#[test]
fn one_quotation_is_one_record_with_its_shortened_and_changed_wordings() {
    let articles = [
        saying(1, 1, "a.example", &[("We will open the harbour again", Some("Voss"))]),
        saying(
            2,
            2,
            "b.example",
            &[(SPEECH, Some("Mara Voss")), ("Nobody was in the house", None)],
        ),
        saying(3, 2, "c.example", &[(SPEECH, None)]),
        saying(
            4,
            3,
            "d.example",
            &[("We will open the port again before the first snow", Some("Mayor Mara Voss"))],
        ),
        saying(5, 4, "e.example", &[(SPEECH, Some("Tom Lund"))]),
    ];
    let said = statements(&articles, 0);
    let [speech, house] = said.quotations.as_slice() else { panic!("{:#?}", said.quotations) };
    assert_eq!((speech.outlets, speech.texts), (5, 4));
    assert_eq!(speech.speaker.as_deref(), Some("Mayor Mara Voss"));
    assert_eq!(speech.other_speakers, ["Tom Lund"]);
    assert_eq!(speech.first.outlet.as_str(), "a.example");
    let wordings: Vec<_> =
        speech.wordings.iter().map(|it| (it.difference, it.carriers.len())).collect();
    let expected =
        [(Difference::Fullest, 3), (Difference::Shortened, 1), (Difference::Reworded, 1)];
    assert_eq!(wordings, expected);
    assert_eq!((house.outlets, house.speaker.as_deref()), (1, None));
    let first = of_story(said.clone(), articles[3].0);
    assert_eq!(first.quotations, said.quotations[..1]);
    assert_eq!(of_story(said, "s-00000000000000000000000009".parse().unwrap()).quotations, []);
}

fn naming(
    number: u64,
    story: u64,
    outlet: &str,
    entities: &[(&str, &str, Option<&str>)],
) -> InStory {
    let entity = |(kind, name, id): &(&str, &str, Option<&str>)| json!({ "kind": kind, "name": name, "key": name.to_lowercase(), "id": id, "count": 1, "how": "model" });
    let entities: Vec<Value> = entities.iter().map(entity).collect();
    article(number, story, outlet, &json!({ "entities": entities }))
}

#[test]
fn one_name_is_one_record_whatever_its_spellings() {
    let putin = Some("person:vladimir-putin");
    let articles = [
        naming(1, 1, "a.example", &[("person", "Voss", None), ("person", "Putin", putin)]),
        naming(2, 2, "b.example", &[("person", "Mara Voss", None), ("person", "Tom Lund", None)]),
        naming(
            3,
            2,
            "c.example",
            &[("person", "Vladimir Poutine", putin), ("place", "Voss", None)],
        ),
        naming(4, 3, "d.example", &[("person", "Lund", None), ("person", "Eva Lund", None)]),
    ];
    let said = statements(&articles, 0);
    let told: Vec<_> =
        said.names.iter().map(|it| (it.id.as_str(), it.name.as_str(), it.outlets)).collect();
    let expected = [
        ("person:mara-voss", "Mara Voss", 2),
        ("person:vladimir-putin", "Vladimir Poutine", 2),
        // Two people of the event have this name.
        ("person:eva-lund", "Eva Lund", 1),
        ("person:lund", "Lund", 1),
        ("person:tom-lund", "Tom Lund", 1),
        ("place:voss", "Voss", 1),
    ];
    assert_eq!(told, expected);
    assert_eq!(said.names[0].other_names, ["Voss"]);
    let first = of_story(said.clone(), articles[0].0);
    assert_eq!(first.names, said.names[..2]);
    let mut reversed = articles;
    reversed.reverse();
    assert_eq!(statements(&reversed, 0).names.len(), said.names.len());
}

#[test]
fn the_order_of_arrival_changes_only_who_is_first() {
    let texts =
        [SPEECH, "We will open the harbour again", "before the first snow, whatever it costs"];
    let events = [[0, 1, 2], [2, 1, 0], [1, 2, 0]].map(|order| {
        let say = |(at, text): (usize, &usize)| {
            let outlet = format!("outlet-{text}.example");
            saying(at as u64 + 1, *text as u64 + 1, &outlet, &[(texts[*text], None)])
        };
        order.iter().enumerate().map(say).collect::<Vec<_>>()
    });
    for articles in events {
        let said = statements(&articles, 0);
        assert_eq!(said.quotations.len(), 1, "{:#?}", said.quotations);
        assert_eq!(said.quotations[0].wordings[0].words, SPEECH);
        assert_eq!(said.quotations[0].first.outlet, articles[0].1.article.outlet);
    }
}

#[test]
fn words_in_marks_and_the_same_words_of_two_people_are_not_joined() {
    let articles = [
        saying(1, 1, "a.example", &[("reform", None), ("Never again", Some("Mara Voss"))]),
        saying(2, 2, "b.example", &[("reform", None), ("Never again", Some("Tom Lund"))]),
        saying(3, 3, "c.example", &[("Never again", Some("Lund"))]),
    ];
    let said = statements(&articles, 0);
    let found: Vec<_> =
        said.quotations.iter().map(|it| (it.speaker.as_deref(), it.outlets)).collect();
    assert_eq!(found, [(Some("Tom Lund"), 2), (Some("Mara Voss"), 1)]);
}

#[test]
fn a_last_name_is_told_in_full_where_another_text_has_it() {
    let named = json!({ "entities": [
        { "kind": "person", "name": "Mara Voss", "key": "mara voss", "count": 1, "how": "model" },
        { "kind": "place", "name": "Port Lund", "key": "port lund", "count": 1, "how": "model" },
    ] });
    let quotations =
        [(SPEECH, Some("Voss")), ("Nobody was in the house when it fell", Some("Lund"))];
    let articles = [saying(1, 1, "a.example", &quotations), article(2, 2, "b.example", &named)];
    let said = statements(&articles, 0);
    let mut speakers: Vec<_> = said.quotations.iter().map(|it| it.speaker.as_deref()).collect();
    speakers.sort_unstable();
    assert_eq!(speakers, [Some("Lund"), Some("Mara Voss")]);
}

#[test]
fn a_count_that_grows_is_no_contradiction_and_an_old_one_told_later_is() {
    use FigureStanding::{Compatible, Earlier, Further, Newest, StillTold};
    let standings = |articles: &[InStory]| -> (bool, Vec<(String, FigureStanding)>) {
        let said = statements(articles, 0);
        let [figure] = said.figures.as_slice() else { panic!("{:#?}", said.figures) };
        assert_eq!((figure.role, figure.unit.as_deref()), (FigureRole::Killed, None));
        let value = |it: &FigureValue| (it.words.clone(), it.standing);
        (figure.contradicted, figure.values.iter().map(value).collect())
    };
    let told = |all: &[(&str, FigureStanding)]| -> Vec<(String, FigureStanding)> {
        all.iter().map(|(words, standing)| ((*words).to_owned(), *standing)).collect()
    };
    let mut articles = vec![
        counting(1, 1, "a.example", &[(14, None), (300, None)]),
        counting(2, 2, "b.example", &[(20, Some("more_than"))]),
        counting(3, 3, "c.example", &[(28, None), (14, None)]),
    ];
    let grown = told(&[("28", Newest), ("20", Compatible), ("14", Earlier), ("300", Further)]);
    assert_eq!(standings(&articles), (false, grown));
    let mut digest = counting(5, 5, "e.example", &[(99, None)]);
    digest.1.verdict.holds = vec![articles[0].0];
    articles.extend([counting(4, 4, "d.example", &[(14, None)]), digest]);
    let differing =
        told(&[("28", Newest), ("20", Compatible), ("14", StillTold), ("300", Further)]);
    assert_eq!(standings(&articles), (true, differing));
}

#[test]
fn a_number_of_another_time_or_place_is_not_compared() {
    use FigureStanding::{Earlier, Further, Newest};
    let named = |mut article: InStory, claim: bool, places: &str| {
        article.1.findings.numbers[0].claim = claim;
        let place = |name: &str| {
            json!({ "kind": "place", "name": name, "key": name, "count": 1, "in_lede": true,
                    "how": "list" })
        };
        let found = places.split(' ').map(|name| serde_json::from_value(place(name)).unwrap());
        article.1.findings.entities = found.collect();
        article
    };
    let articles = [
        named(counting(1, 1, "a.example", &[(47, None)]), false, "pell"),
        named(counting(2, 2, "b.example", &[(3, None)]), true, "pell"),
        named(counting(3, 3, "c.example", &[(2, None)]), true, "kell"),
        named(counting(4, 4, "d.example", &[(8, None)]), true, "pell"),
        named(counting(5, 5, "e.example", &[(31, None)]), false, "pell"),
        named(counting(6, 6, "f.example", &[(10, None)]), true, "pell kell"),
    ];
    let said = statements(&articles, 0);
    let values = said.figures[0].values.iter();
    let found: Vec<_> = values.map(|it| (&*it.words, it.standing)).collect();
    let further = [("10", Further), ("31", Further), ("2", Further), ("47", Further)];
    assert_eq!(found[..2], [("8", Newest), ("3", Earlier)]);
    assert_eq!(found[2..], further);
}

#[test]
fn at_least_so_many_is_not_three_times_as_many() {
    let standings = |first: (u64, Option<&str>), newest: (u64, Option<&str>)| {
        let articles =
            [counting(1, 1, "a.example", &[first]), counting(2, 2, "b.example", &[newest])];
        statements(&articles, 0).figures[0].values[1].standing
    };
    let at_least = Some("at_least");
    assert_eq!(standings((41, at_least), (14, at_least)), FigureStanding::Earlier);
    assert_eq!(standings((14, at_least), (41, None)), FigureStanding::Earlier);
    assert_eq!(standings((14, at_least), (28, None)), FigureStanding::Compatible);
    assert_eq!(standings((20, at_least), (14, at_least)), FigureStanding::Compatible);
}

#[test]
fn agencies_are_listed_with_the_outlets_that_cite_them() {
    let citing = |names: &[&str]| {
        let one = |name: &&str| json!({ "name": name, "words": name, "how": "rule" });
        json!({ "cited_agencies": names.iter().map(one).collect::<Vec<_>>() })
    };
    let articles = [
        article(1, 1, "a.example", &citing(&["AFP"])),
        article(2, 2, "b.example", &citing(&["Reuters", "AFP"])),
        article(3, 3, "c.example", &json!({})),
    ];
    let said = statements(&articles, 0);
    let found: Vec<_> =
        said.cited_agencies.iter().map(|it| (it.name.as_str(), it.outlets, it.texts)).collect();
    assert_eq!(found, [("AFP", 2, 2), ("Reuters", 1, 1)]);
    assert_eq!(of_story(said, articles[0].0).cited_agencies.len(), 1);
}

#[test]
fn an_event_without_statements_has_none() {
    let said = statements(&[article(1, 1, "a.example", &json!({}))], 7);
    assert_eq!((said.quotations.len(), said.figures.len(), said.unread_articles), (0, 0, 7));
}

#[test]
fn ten_thousand_quotations_are_grouped_and_the_rest_is_counted() {
    // All texts have the same few words, so every run of words is in many groups: the worst case.
    let words = ["harbour", "bridge", "snow", "ferry", "council", "market"];
    let quotation = |number: usize| -> String {
        (0..30)
            .map(|at| words[((number >> (at % 13)) % 6) ^ (at % 2)])
            .collect::<Vec<_>>()
            .join(" ")
    };
    let articles: Vec<InStory> = (0..2_000_usize)
        .map(|number| {
            let texts: Vec<String> = (0..6).map(|at| quotation(number * 6 + at)).collect();
            let all: Vec<_> = texts.iter().map(|text| (text.as_str(), None)).collect();
            saying(number as u64 + 1, number as u64 + 1, "a.example", &all)
        })
        .collect();
    let said = statements(&articles, 0);
    assert!(said.quotations.len() <= 100);
    assert!(said.quotations.iter().all(|it| it.wordings.iter().all(|it| it.carriers.len() <= 50)));
}

#[test]
fn a_speaker_whom_no_text_names_beside_the_words_is_inferred() {
    let with = |number, outlet, inferred: bool| {
        let all = json!([{ "words": SPEECH, "speaker": "Tom Lund", "inferred": inferred, "how": "rule" }]);
        article(
            number,
            number,
            outlet,
            &json!({ "language": { "tag": "en", "how": "model" }, "quotations": all }),
        )
    };
    let told = |second: bool| {
        let articles = [with(1, "a.example", true), with(2, "b.example", second)];
        let said = statements(&articles, 0);
        said.quotations[0].inferred
    };
    assert_eq!((told(true), told(false)), (true, false));
}
