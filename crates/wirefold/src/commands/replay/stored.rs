//! The articles of a data folder with their texts, in the order of arrival.

use std::collections::BTreeMap;

use wirefold_gateway::shapes::{ArticleDetail, Status};
use wirefold_proto::{OutputArticle, decode};

use super::StoredArticles;
use crate::client::{Client, ClientError};
use crate::global::Global;
use crate::input::{FeedSite, Input};

/// Reads the articles in the output stream, and each text.
pub(super) async fn read(client: &Client, global: &Global) -> anyhow::Result<StoredArticles> {
    let outputs = outputs(client).await?;
    if client.is_running() {
        let count = crate::output::count(outputs.len(), "article", "articles");
        global.note(format_args!("note: asking the running wirefold for {count}"));
    }
    let mut articles_read = StoredArticles::default();
    for output in outputs.into_values() {
        let path = format!("/api/v1/articles/{}", output.id);
        let found: Result<ArticleDetail, ClientError> = client.get(&path).await;
        let text = match found {
            Ok(detail) => detail.output.text.filter(|_| !detail.text_gone),
            Err(ClientError::Refused(problem)) if problem.status == 404 => None,
            Err(error) => return Err(error.into()),
        };
        match text {
            Some(text) => articles_read.articles.push(stored_input(&output, text)),
            None => articles_read.without_text += 1,
        }
    }
    Ok(articles_read)
}

/// The articles in the output stream up to its current end, by their sequence in `WF_FETCHED`, which is the
/// order in which they were judged.
async fn outputs(client: &Client) -> anyhow::Result<BTreeMap<u64, OutputArticle>> {
    let mut outputs = BTreeMap::new();
    let status: Status = client.get("/api/v1/status").await?;
    if status.sequence == 0 {
        return Ok(outputs);
    }
    let mut events = client.events("/api/v1/stream?after=0").await?;
    while let Some(event) = events.next().await {
        if event.name == "article"
            && let Ok(output) = decode::<OutputArticle>(event.data.as_bytes())
        {
            outputs.insert(output.fetched, output);
        }
        if event.id.is_some_and(|id| id >= status.sequence) {
            return Ok(outputs);
        }
    }
    let what = "the connection ended before all articles were read: try again";
    Err(ClientError::Unreachable { place: "/api/v1/stream".to_owned(), why: what.to_owned() }
        .into())
}

/// The input of the detector for an article.
pub(crate) fn stored_input(output: &OutputArticle, text: String) -> Input {
    let about = &output.article;
    Input {
        id: output.id.to_string(),
        text,
        title: about.title.clone(),
        author: about.authors.join(", "),
        outlet: about.site().map(str::to_owned),
        published: about.plausible_time().map(|time| time.as_second()),
        seen: Some(about.seen.as_second()),
        items: about.item_names(output.id),
        page: about.page().map(str::to_owned),
        feed: about
            .via
            .as_ref()
            .map(|via| FeedSite { site: via.to_string(), via: Some(via.to_string()) }),
        ..Input::default()
    }
}
