//! The findings of the enricher in a text, as in the pipeline.

use wirefold_proto::{AboutArticle, Findings, OutputArticle};

/// The findings in a text with this title, whose feed declares this language.
pub(crate) fn findings(title: &str, text: &str, declared: Option<&str>) -> Findings {
    let mut about = sample();
    title.clone_into(&mut about.title);
    about.language_hint = declared.and_then(|tag| tag.parse().ok());
    wirefold_enricher::findings(text, &about)
}

/// An article of which little is known.
pub(crate) fn sample() -> AboutArticle {
    let bytes = include_bytes!("../../proto/samples/wirefold.output.article.4.minimal.json");
    let sample: OutputArticle = wirefold_proto::decode(bytes).expect("a test reads the sample");
    sample.article
}
