//! The dictionary with which messages are compressed: the headers and field names that most messages have, and no word of
//! an article.
//!
//! Stored messages cannot be read without it. So its bytes are part of the layout: change [`SCHEMA`](crate::SCHEMA) with it.

use wirefold_flow::Headers;

const TIME: &str = "2026-01-01T00:00:00.000Z";

/// A message of each stream.
pub(crate) fn dictionary() -> Vec<u8> {
    let epoch = ("Wf-Epoch", "1");
    let fetched = [
        epoch,
        ("Wf-Input", "WF_FETCHED/10"),
        ("Wf-Offsets", "WF_FETCHED/10"),
        ("Wf-Inputs", "WF_FETCHED/10/1700000000000/a-"),
    ];
    let enriched = [
        epoch,
        ("Wf-Input", "WF_ENRICHED/10"),
        ("Wf-Offsets", "WF_ENRICHED/10"),
        ("Wf-Inputs", "WF_ENRICHED/10/1700000000000/1-"),
    ];
    let revision = ("Wf-Revision", r#"{"merged_at":0,"measured":null,"notes":[0,0,0,0]}"#);
    [
        message("alerter", "alert", "alert.", "2", &[revision], ALERT),
        message("gateway", "article.fetched", "article.fetched.push", "2", &[], FETCHED),
        message("fetcher", "article.fetched", "article.fetched.", "2", &[], FETCHED),
        message("enricher", "article.enriched", "article.enriched", "1", &fetched, ENRICHED),
        message("detector", "output.article", "output.article", "4", &enriched, OUTPUT),
    ]
    .concat()
}

fn message(
    stage: &str,
    kind: &str,
    subject: &str,
    version: &str,
    more: &[(&str, &str)],
    body: &str,
) -> Vec<u8> {
    let source = format!("/wirefold/{stage}");
    let subject = format!("wirefold.v1.{subject}");
    let schema = format!("urn:wirefold:schema:wirefold.{kind}:{version}");
    let kind = format!("wirefold.{kind}");
    let usual = [
        ("ce-specversion", "1.0"),
        ("ce-id", "a-"),
        ("ce-source", &source),
        ("ce-type", &kind),
        ("ce-time", TIME),
        ("ce-subject", &subject),
        ("ce-dataschema", &schema),
        ("ce-datacontenttype", "application/json"),
        ("content-type", "application/json"),
    ];
    let headers: Headers = usual.into_iter().chain(more.iter().copied()).collect();
    [&headers.packed()[..], body.as_bytes()].concat()
}

const ALERT: &str = concat!(
    r#"{"schema":"wirefold.alert/2","id":"a:e-","subscription":"","target":"e-","revision":1,"state":"updated","#,
    r#""volume":"loud","volume":"silent","reasons":[{"kind":"passing","words":"mentioned in passing"},"#,
    r#"{"kind":"new","words":"new for "}],"output":1,"at":"2026-01-01T00:00:00.000Z","headline":{"title":"","#,
    r#""language":"en","lede":""},"first_seen":"2026-01-01T00:00:00.000Z","outlets":1,"origins":1,"copies":0,"#,
    r#""stories":1,"first":{"outlet":".example"},"matched":[""],"articles":[{"id":"a-","enriched":1,"#,
    r#""story":"s-","outlet":"","title":"","url":"https://www.","seen":"2026-01-01T00:00:00.000Z"}]}"#,
);
const FETCHED: &str = concat!(
    r#"{"schema":"wirefold.article.fetched/2","id":"a-","published":"2026-","text_source":"feed"}","#,
    r#""text_source":"page"}","text_source":"given"}"#,
);
const ENRICHED: &str = r#"{"schema":"wirefold.article.enriched/1","id":"a-"#;
const OUTPUT: &str = concat!(
    r#"{"schema":"wirefold.output.article/4","id":"a-","decision":"1-1","input":{"enriched":1,"control":0},"#,
    r#""article":{"outlet":"www.com","feeds":["push"],"item_key":"https://www.","url":"https://www.","#,
    r#""canonical_url":"https://www.","title":"","authors":["","published":"2026-01-01T00:00:00Z","#,
    r#""seen":"2026-01-01T00:00:00.000Z"},"text_policy":"lead","text":"","verdict":{"class":"copy","#,
    r#""class":"version","class":"new","comparable":true,"story":"s-","event":"e-","lead":"a-","origin":"a-","#,
    r#""matches":[],"shared_quotations":0,"novelty":1.0,"simhash":""},"story_state":{"revision":1,"articles":1,"#,
    r#""outlets":1,"first_seen":"2026-"},"event_state":{"revision":1,"stories":1,"articles":1,"outlets":1,"#,
    r#""origins":1,"first_seen":"2026-"},"findings":{"language":{"tag":"en","how":"model"},"#,
    r#""entities":[{"kind":"place","name":"","key":"","count":1,"in_lede":true,"in_title":true,"#,
    r#""mentions":[{"start":1,"end":2},{"start":3,"end":4}],"how":"rule"},{"kind":"organisation","name":"","#,
    r#""key":"","count":2,"in_title":true,"mentions":[{"start":10,"end":20},{"start":30,"end":40}],"#,
    r#""how":"model"},{"kind":"person","name":"","key":"","count":3,"in_lede":true,"mentions":[{"start":100,"#,
    r#""end":200}],"how":"model"}],"quotations":[{"words":"","speaker":"","pronoun":"he","inferred":true,"#,
    r#""how":"rule"},{"words":"","speaker":"","how":"rule"}],"numbers":[{"value":2,"words":"two","how":"rule"},"#,
    r#"{"value":1,"words":"","unit":"people","qualifier":"less_than","how":"rule"}]}}"#,
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_belongs_to_the_layout() {
        let now = (crate::SCHEMA, crc32fast::hash(&dictionary()));
        assert_eq!(
            now,
            (7, 1_072_925_000),
            "if the dictionary changes, raise SCHEMA and state both here"
        );
    }
}
