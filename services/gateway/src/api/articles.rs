//! The routes below `articles`, also for articles that other programs push.

use axum::Json;
use axum::extract::{FromRequest, Request};
use jiff::Timestamp;
use schemars::{JsonSchema, json_schema};
use serde::Deserialize;
use serde_json::value::RawValue;
use wirefold_address::{Arrival, Authority, identify};
use wirefold_envelope::sent;
use wirefold_flow::Published;
use wirefold_proto::{
    ArticleFetched, ArticleId, FeedId, OutputArticle, SubmittedArticle, Tag, TextPolicy, TextSource,
};

use crate::api::openapi::{Description, Input};
use crate::api::request::{Id, Query, body_of, read_json};
use crate::api::stories::SENDER;
use crate::api::{Access, Answer, Api, ApiResult, Refusal};
use crate::metrics;
use crate::projection::lead;
use crate::shapes::{ArticleDetail, ArticleList, PushAnswer, PushedArticle, PushedOutcome};

/// The query for the articles behind a link.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AtQuery {
    /// The link.
    url: String,
}

pub(super) async fn at(api: Api, Query(query): Query<AtQuery>) -> Answer<ArticleList> {
    let mut articles = api.app.projection.articles_at(query.url.clone()).await?;
    if let Some(canonical) = wirefold_address::canonical(&query.url).filter(|_| articles.is_empty())
    {
        articles = api.app.projection.articles_at(canonical).await?;
    }
    if articles.is_empty() {
        return Err(Refusal::not_found(format!("no article at {:?}", query.url)));
    }
    Ok(Json(ArticleList { schema: Tag::new(), articles }))
}

pub(super) async fn one(api: Api, Id(id): Id<ArticleId>) -> Answer<ArticleDetail> {
    let mut detail = api.app.article_detail(id).await?;
    let policy = api.text_policy();
    let fetched = match policy {
        TextPolicy::None => None,
        _ => api.app.fetched(id, detail.output.input.enriched).await?,
    };
    detail.show_stored(fetched.map(|it| it.text), policy);
    Ok(Json(detail))
}

impl ArticleDetail {
    /// Shows as much of the stored text as the policy allows, or else the beginning that the output has.
    pub(super) fn show_stored(&mut self, stored: Option<String>, policy: TextPolicy) {
        match stored {
            Some(text) => self.output.text = Some(text),
            None => self.text_gone = policy != TextPolicy::None,
        }
        let held = if self.text_gone { TextPolicy::Lead } else { TextPolicy::Full };
        show_text(&mut self.output, policy.min(held));
    }
}

impl Api {
    /// How much of a text the reader may have.
    pub(super) fn text_policy(&self) -> TextPolicy {
        match self.access {
            Access::Network => self.app.settings.text_policy,
            Access::Socket => TextPolicy::Full,
        }
    }
}

/// Cuts the text as the policy requires.
pub(super) fn show_text(article: &mut OutputArticle, policy: TextPolicy) {
    article.text_policy = policy;
    article.text = match policy {
        TextPolicy::None => None,
        TextPolicy::Lead => article.text.take().map(|text| lead(&text)),
        TextPolicy::Full => article.text.take(),
    };
}

/// The most bytes of all articles together.
const MOST: usize = 32 * 1024 * 1024;
/// The most bytes of one article.
const MOST_EACH: usize = 1024 * 1024;
/// The most articles in one request.
const ARTICLES: usize = 1_000;

/// Articles in the body of a request: one object, an array of objects, or one object on each line.
pub(super) struct PushedArticles(Vec<SubmittedArticle>);

impl<S: Sync> FromRequest<S> for PushedArticles {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> ApiResult<Self> {
        read_all(&body_of(request, MOST).await?).map(Self)
    }
}

impl Input for PushedArticles {
    fn describe(to: &mut Description<'_>) {
        let each = to.schemas.subschema_for::<SubmittedArticle>();
        let several = json_schema!({ "type": "array", "items": each, "maxItems": ARTICLES });
        let forms = json_schema!({ "anyOf": [each, several] });
        to.body([("application/json", forms), ("application/x-ndjson", each)]);
    }
}

/// Checks all articles, and then stores them in order. If one is refused, none is stored.
pub(super) async fn push(api: Api, PushedArticles(texts): PushedArticles) -> Answer<PushAnswer> {
    let seen = api.app.now();
    let mut ready = Vec::with_capacity(texts.len());
    for (text, number) in texts.into_iter().zip(1..) {
        let given = text.id.clone();
        let article = pushed_article(text, seen).map_err(|error| error.about(number))?;
        ready.push((given, article));
    }
    for ((_, article), number) in ready.iter().zip(1..) {
        check_forgotten(&api, article).await.map_err(|refusal| refusal.about(number))?;
    }
    let mut articles = Vec::with_capacity(ready.len());
    for (given, article) in ready {
        let id = article.id;
        articles.push(PushedArticle { id, given, outcome: store(&api, article).await? });
    }
    Ok(Json(PushAnswer { schema: Tag::new(), articles }))
}

/// Refuses an article whose address or outlet was forgotten.
async fn check_forgotten(api: &Api, article: &ArticleFetched) -> ApiResult<()> {
    let keys = article.article.forgotten_keys();
    let why = "its address or outlet was forgotten: `wirefold forget --allow` accepts it again";
    match api.app.forgotten.has(&keys, api.app.clock.now()).await? {
        true => Err(Refusal::forgotten(why)),
        false => Ok(()),
    }
}

/// Stores an article unless it is stored already.
async fn store(api: &Api, mut article: ArticleFetched) -> ApiResult<PushedOutcome> {
    let projection = &api.app.projection;
    let outcome = if !projection.articles(vec![article.id]).await?.is_empty() {
        PushedOutcome::Known
    } else {
        article.article.version_of = projection.last_of_item(article.article.clone()).await?;
        let message = SENDER
            .outgoing(&article, article.article.seen)
            .map_err(|error| Refusal::too_large(error.to_string()))?;
        match api.app.bus.publish(sent(&message, api.app.clock.now())).await? {
            Published::New(_) => PushedOutcome::Stored,
            Published::Duplicate(_) => PushedOutcome::Known,
        }
    };
    let is_new = outcome == PushedOutcome::Stored;
    metrics::PUSHED.add(1, &[if is_new { "stored" } else { "known" }]);
    Ok(outcome)
}

/// Parses one object, an array of objects, or one object on each line.
fn read_all(body: &[u8]) -> ApiResult<Vec<SubmittedArticle>> {
    let broken = |error: serde_json::Error| Refusal::bad_request(error.to_string());
    let mut parts: Vec<Box<RawValue>> = Vec::new();
    match body.trim_ascii_start().first() {
        None => return Err(Refusal::bad_request("the body is empty")),
        Some(b'[') => parts = serde_json::from_slice(body).map_err(broken)?,
        Some(_) => {
            // Consecutive objects, each on one line or on several.
            for part in serde_json::Deserializer::from_slice(body).into_iter() {
                parts.push(part.map_err(|error| broken(error).about(parts.len() + 1))?);
                check_count(parts.len())?;
            }
        }
    }
    let mut texts = Vec::with_capacity(parts.len());
    for (part, number) in parts.iter().zip(1..) {
        check_count(number)?;
        let part = part.get().as_bytes();
        if part.len() > MOST_EACH {
            return Err(Refusal::too_large(format!("over {MOST_EACH} bytes")).about(number));
        }
        texts.push(read_json(part).map_err(|refusal| refusal.about(number))?);
    }
    Ok(texts)
}

fn check_count(count: usize) -> ApiResult<()> {
    match count > ARTICLES {
        true => Err(Refusal::too_large(format!("over {ARTICLES} articles at once"))),
        false => Ok(()),
    }
}

/// The article. Its id depends only on the pushed data. The sender is trusted about the publisher, unless the
/// article names its feed.
pub(super) fn pushed_article(given: SubmittedArticle, at: Timestamp) -> ApiResult<ArticleFetched> {
    let arrival = Arrival {
        feed: FeedId::push(),
        authority: Authority::Operator,
        outlet: None,
        text_source: TextSource::Given,
        seen: at,
    };
    identify(given, &arrival).map_err(|why| Refusal::unprocessable(why.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pushed(given: SubmittedArticle) -> ArticleFetched {
        pushed_article(given, "2026-03-01T12:00:00Z".parse().unwrap()).unwrap()
    }

    fn text(text: &str) -> SubmittedArticle {
        SubmittedArticle { text: text.to_owned(), ..SubmittedArticle::default() }
    }

    #[test]
    fn the_id_does_not_depend_on_the_time() {
        let given = text("The ferry sails.");
        let at = |time: &str| pushed_article(given.clone(), time.parse().unwrap()).unwrap().id;
        assert_eq!(at("2026-03-01T12:00:00Z"), at("2026-04-02T13:00:00Z"));
    }

    #[test]
    fn a_pushed_articles_outlet_is_its_site_and_the_named_feed() {
        let url = Some("https://www.harbour.example/ferry".to_owned());
        let given = SubmittedArticle { url, ..text("The ferry sails.") };
        let words = |it: &SubmittedArticle| pushed(it.clone()).article.outlet_label();
        assert_eq!(words(&given), "harbour.example");
        let feed = Some("https://planet.example/atom".to_owned());
        assert_eq!(
            words(&SubmittedArticle { feed, ..given }),
            "harbour.example via planet.example"
        );
    }

    #[test]
    fn nonsense_is_refused() {
        let seen: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let script = Some("javascript:alert(1)".to_owned());
        let unnamed = Some("/".to_owned());
        let bad = [
            text("  "),
            SubmittedArticle { url: script, ..text("Words.") },
            SubmittedArticle { outlet: unnamed, ..text("Words.") },
        ];
        for given in bad {
            let refused = pushed_article(given, seen).map(|pushed| pushed.article);
            assert_eq!(refused.unwrap_err().status(), 422);
        }
    }
}
