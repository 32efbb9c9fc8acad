//! Manual overrides of stories and events: split, merge, prefer, not the same.

use axum::extract::{Path, Request, State};
use axum::response::Response;
use wirefold_proto::{Command, Target};

use super::request::json_of;
use super::{Api, ApiResult, found};
use crate::shapes::{OtherArticle, OtherOfSort, PreferredOutlet, TakenOut};

/// The most bytes of a command.
const MOST: usize = 128 * 1024;

pub(super) async fn split(
    State(api): State<Api>,
    Path(given): Path<String>,
    request: Request,
) -> ApiResult<Response> {
    let wanted: TakenOut = json_of(request, MOST).await?;
    let story = found::story(&api.inner, &given).await?;
    let mut articles = Vec::with_capacity(wanted.articles.len());
    for article in &wanted.articles {
        articles.push(found::article(&api.inner, article).await?);
    }
    api.decided(Command::Split { story, articles }).await
}

pub(super) async fn merge_stories(
    State(api): State<Api>,
    Path(given): Path<String>,
    request: Request,
) -> ApiResult<Response> {
    let wanted: OtherOfSort = json_of(request, MOST).await?;
    let into = Target::Story(found::story(&api.inner, &given).await?);
    let from = Target::Story(found::story(&api.inner, &wanted.from).await?);
    api.decided(Command::Merge { into, from }).await
}

pub(super) async fn merge_events(
    State(api): State<Api>,
    Path(given): Path<String>,
    request: Request,
) -> ApiResult<Response> {
    let wanted: OtherOfSort = json_of(request, MOST).await?;
    let into = Target::Event(found::event(&api.inner, &given).await?);
    let from = Target::Event(found::event(&api.inner, &wanted.from).await?);
    api.decided(Command::Merge { into, from }).await
}

pub(super) async fn prefer(
    State(api): State<Api>,
    Path(given): Path<String>,
    request: Request,
) -> ApiResult<Response> {
    let PreferredOutlet { outlet } = json_of(request, MOST).await?;
    let story = found::story(&api.inner, &given).await?;
    api.decided(Command::Prefer { story, outlet }).await
}

pub(super) async fn not_the_same(
    State(api): State<Api>,
    Path(given): Path<String>,
    request: Request,
) -> ApiResult<Response> {
    let wanted: OtherArticle = json_of(request, MOST).await?;
    let one = found::article(&api.inner, &given).await?;
    let other = found::article(&api.inner, &wanted.other).await?;
    api.decided(Command::NotTheSame { one, other }).await
}
