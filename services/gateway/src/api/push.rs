//! `POST articles`: receives articles from other programs.

use axum::extract::{Request, State};
use axum::response::Response;
use wirefold_envelope::sent;
use wirefold_flow::Published;
use wirefold_proto::{ArticleId, SubmittedArticle, Tag};

use super::commands::SENDER;
use super::pushed::{self, Pushed};
use super::request::{answer, body_of};
use super::{Api, ApiResult, Refusal};
use crate::metrics;
use crate::shapes::{PushAnswer, PushedArticle, PushedOutcome};

/// The most bytes of all articles together.
const MOST: usize = 32 * 1024 * 1024;
/// The most bytes of one article.
const MOST_EACH: usize = 1024 * 1024;
/// The most articles in one request.
const ARTICLES: usize = 1_000;

/// Checks all articles, and then stores them in order. If one is refused, none is stored.
pub(super) async fn push(State(api): State<Api>, request: Request) -> ApiResult<Response> {
    let body = body_of(request, MOST).await?;
    let texts = read_all(&body)?;
    let seen = api.inner.now();
    let numbered = texts.into_iter().enumerate();
    let ready = numbered.map(|(number, text)| {
        let given = text.id.clone();
        let article = pushed::article(text, seen).map_err(|error| error.about(number + 1))?;
        Ok((given, article))
    });
    let ready: Vec<(Option<String>, Pushed)> = ready.collect::<ApiResult<_>>()?;
    for (number, (_, pushed)) in ready.iter().enumerate() {
        check_forgotten(&api, pushed).await.map_err(|refusal| refusal.about(number + 1))?;
    }
    let mut articles = Vec::with_capacity(ready.len());
    for (given, article) in ready {
        let (id, outcome) = store(&api, article).await?;
        articles.push(PushedArticle { id, given, outcome });
    }
    answer(&PushAnswer { schema: Tag::new(), articles })
}

/// Refuses an article whose address or outlet was forgotten.
async fn check_forgotten(api: &Api, pushed: &Pushed) -> ApiResult<()> {
    let keys = pushed.article.article.forgotten_keys();
    match api.inner.forgotten.has(&keys, api.inner.clock.now()).await? {
        true => Err(Refusal::forgotten(
            "its address or outlet was forgotten: `wirefold forget --allow` accepts it again",
        )),
        false => Ok(()),
    }
}

/// Stores an article unless it is stored already, also under an id by former rules. Returns its id.
async fn store(api: &Api, pushed: Pushed) -> ApiResult<(ArticleId, PushedOutcome)> {
    let projection = &api.inner.projection;
    let Pushed { mut article, former } = pushed;
    let mut known = None;
    for id in std::iter::once(article.id).chain(former) {
        if known.is_none() && projection.article(id).await?.is_some() {
            known = Some(id);
        }
    }
    let outcome = if known.is_some() {
        PushedOutcome::Known
    } else {
        article.article.version_of = projection.last_of_item(&article.article).await?;
        let message = SENDER
            .outgoing(&article, article.article.seen)
            .map_err(|error| Refusal::too_large(error.to_string()))?;
        match api.inner.bus.publish(sent(&message, api.inner.clock.now())).await? {
            Published::New(_) => PushedOutcome::Stored,
            Published::Duplicate(_) => PushedOutcome::Known,
        }
    };
    let counted = match outcome {
        PushedOutcome::Stored => "stored",
        PushedOutcome::Known => "known",
    };
    metrics::PUSHED.add(1, &[counted]);
    Ok((known.unwrap_or(article.id), outcome))
}

/// Parses one object, an array of objects, or one object on each line.
fn read_all(body: &[u8]) -> ApiResult<Vec<SubmittedArticle>> {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    let broken = |error: serde_json::Error| Refusal::bad_request(error.to_string());
    let texts = match first {
        None => return Err(Refusal::bad_request("the body is empty")),
        Some(b'[') => {
            let parts: Vec<Box<serde_json::value::RawValue>> =
                serde_json::from_slice(body).map_err(broken)?;
            read_each(parts.iter().map(|part| part.get().as_bytes()))?
        }
        Some(_) => {
            // Consecutive objects, each on one line or on several.
            let mut texts = Vec::new();
            for part in serde_json::Deserializer::from_slice(body)
                .into_iter::<Box<serde_json::value::RawValue>>()
            {
                let number = texts.len() + 1;
                let part = part.map_err(|error| broken(error).about(number))?;
                texts.push(part);
                check_count(texts.len())?;
            }
            read_each(texts.iter().map(|part| part.get().as_bytes()))?
        }
    };
    Ok(texts)
}

fn read_each<'a>(parts: impl Iterator<Item = &'a [u8]>) -> ApiResult<Vec<SubmittedArticle>> {
    let mut texts = Vec::new();
    for (number, part) in parts.enumerate() {
        check_count(number + 1)?;
        if part.len() > MOST_EACH {
            let detail = format!("article {}: over {MOST_EACH} bytes", number + 1);
            return Err(Refusal::too_large(detail));
        }
        let text = serde_json::from_slice(part)
            .map_err(|error| Refusal::bad_request(error.to_string()).about(number + 1))?;
        texts.push(text);
    }
    Ok(texts)
}

fn check_count(count: usize) -> ApiResult<()> {
    match count > ARTICLES {
        true => Err(Refusal::too_large(format!("over {ARTICLES} articles at once"))),
        false => Ok(()),
    }
}
