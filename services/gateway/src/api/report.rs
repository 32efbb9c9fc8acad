//! `report`: who reprints whom, as JSON or CSV (RFC 4180).

use std::convert::Infallible;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::{JsonSchema, json_schema};
use serde::Deserialize;
use wirefold_proto::Tag;

use crate::AppState;
use crate::api::openapi::{Description, Input, Output};
use crate::api::request::Query;
use crate::api::{Api, ApiResult};
use crate::projection::Moment;
use crate::shapes::{Report, ReportBy, ReportRow};

const CSV: &str = "text/csv";
/// The usual span: a week.
const HOURS: i64 = 7 * 24;
/// The most rows.
const MOST: usize = 1_000;

/// The query of a report.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReportQuery {
    /// The kind of the rows.
    #[serde(default)]
    by: ReportBy,
    /// The beginning; absent: a week ago.
    since: Option<Moment>,
    /// The form of the answer, so that a link can name it; absent: CSV if `Accept` names `text/csv`.
    format: Option<Format>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    Json,
    Csv,
}

impl<S: Sync> FromRequestParts<S> for Format {
    type Rejection = Infallible;

    /// The form that the header `Accept` names.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let accepted = parts.headers.get_all(header::ACCEPT).iter();
        let mut ranges = accepted.filter_map(|it| it.to_str().ok()).flat_map(|it| it.split(','));
        let is_csv = |range: &str| range.split(';').next().is_some_and(|it| it.trim() == CSV);
        Ok(if ranges.any(is_csv) { Self::Csv } else { Self::Json })
    }
}

impl Input for Format {
    /// The answers say which forms there are.
    fn describe(_: &mut Description<'_>) {}
}

/// A report in one of its forms.
pub(super) struct Formatted(Report, Format);

pub(super) async fn get(
    api: Api,
    Query(ReportQuery { by, since, format }): Query<ReportQuery>,
    accepted: Format,
) -> ApiResult<Formatted> {
    Ok(Formatted(read(&api.app, by, since).await?, format.unwrap_or(accepted)))
}

/// The report since a moment, by default of a week.
pub(crate) async fn read(app: &AppState, by: ReportBy, since: Option<Moment>) -> ApiResult<Report> {
    let until = app.now();
    let since = since.unwrap_or_else(|| Moment::hours_before(until, HOURS));
    let mut rows = app.projection.report(by, since).await?;
    let total = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    rows.truncate(MOST);
    Ok(Report { schema: Tag::new(), since: since.timestamp(), until, by, rows, total })
}

impl IntoResponse for Formatted {
    fn into_response(self) -> Response {
        let Self(report, format) = self;
        let vary = [(header::VARY, "accept")];
        match format {
            Format::Json => (vary, Json(report)).into_response(),
            Format::Csv => (vary, [(header::CONTENT_TYPE, CSV)], csv(&report)).into_response(),
        }
    }
}

impl Output for Formatted {
    fn describe(to: &mut Description<'_>) {
        Json::<Report>::describe(to);
        to.answer(StatusCode::OK, CSV, json_schema!({ "type": "string" }));
    }
}

fn csv(report: &Report) -> String {
    let mut lines =
        "name,articles,stories,own,versions,copies,median_delay_ms,other_count,others\r\n"
            .to_owned();
    for row in &report.rows {
        let ReportRow { name, articles, stories, own, versions, copies, .. } = row;
        let delay = row.median_delay_ms.map_or_else(String::new, |delay| delay.to_string());
        let others = row.others.iter().map(|other| format!("{} {}", other.name, other.articles));
        let others = others.collect::<Vec<_>>().join("; ");
        lines.push_str(&format!(
            "{},{articles},{stories},{own},{versions},{copies},{delay},{},{}\r\n",
            cell(name),
            row.other_count,
            cell(&others)
        ));
    }
    lines
}

/// A cell in quotation marks. A spreadsheet takes a text that begins with one of these signs for a formula.
fn cell(text: &str) -> String {
    let mark = if text.starts_with(['=', '+', '-', '@']) { "'" } else { "" };
    format!("\"{mark}{}\"", text.replace('"', "\"\""))
}
