//! The table of routes, from which both the router and the description of the API (OpenAPI 3.1) are made.
//!
//! Parameters, bodies and answers of an operation are those in the signature of its handler, so the description
//! cannot say anything else.

use std::collections::BTreeSet;

use axum::handler::Handler;
use axum::http::{Method, StatusCode};
use axum::middleware::from_fn;
use axum::routing::{MethodFilter, MethodRouter, on};
use axum::{Json, Router};
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::api::request::{Id, IdPrefix, JsonBody, Path, Query};
use crate::api::{Api, ApiResult, layers};
use crate::refusal::REFUSALS;
use crate::shapes::Problem;

/// The address of the description.
pub(crate) const ADDRESS: &str = "/api/openapi.json";

/// Where every operation begins.
pub(super) const BASE: &str = "/api/v1";

/// A row of the table of routes.
pub(super) struct Operation {
    path: &'static str,
    method: Method,
    /// Its purpose, in a few words.
    summary: &'static str,
    /// The statuses of its own refusals, besides those that follow from parameters and body.
    refusals: &'static [u16],
    route: MethodRouter<Api>,
    describe: fn(&mut Description<'_>),
}

/// A row of the table, for a handler.
pub(super) fn operation<T: 'static, P, H: Handler<T, Api> + Described<P>>(
    method: Method,
    path: &'static str,
    summary: &'static str,
    refusals: &'static [u16],
    handler: H,
) -> Operation {
    let filter = MethodFilter::try_from(method.clone()).expect("the table has no other methods");
    let route = match method == Method::POST {
        // A form of another site can post, but no form can send JSON.
        true => on(filter, handler).route_layer(from_fn(layers::json_only)),
        false => on(filter, handler),
    };
    Operation { path, method, summary, refusals, route, describe: H::describe }
}

/// Routes with the operations of a table.
pub(super) fn router(tables: impl IntoIterator<Item = Table>) -> Router<Api> {
    let operations = tables.into_iter().flat_map(|table| table.operations);
    operations.fold(Router::new(), |router, it| router.route(it.path, it.route))
}

/// Operations about one subject.
pub(super) struct Table {
    /// The subject.
    pub(super) tag: &'static str,
    /// Its operations.
    pub(super) operations: Vec<Operation>,
}

/// A handler whose signature says what it takes and answers. `P` is the tuple of its parts.
pub(super) trait Described<P> {
    /// Adds what it takes and answers.
    fn describe(to: &mut Description<'_>);
}

macro_rules! described {
    ($($part:ident),+) => {
        impl<F, Fut, R, $($part),+> Described<($($part,)+)> for F
        where
            F: Fn($($part),+) -> Fut,
            Fut: Future<Output = ApiResult<R>>,
            R: Output,
            $($part: Input),+
        {
            fn describe(to: &mut Description<'_>) {
                $($part::describe(to);)+
                R::describe(to);
            }
        }
    };
}
described!(A);
described!(A, B);
described!(A, B, C);

/// A part of a request that a handler takes.
pub(super) trait Input {
    /// Adds the part.
    fn describe(to: &mut Description<'_>);
}

/// An answer of a handler.
pub(super) trait Output {
    /// Adds the answer.
    fn describe(to: &mut Description<'_>);
}

impl Input for Api {
    fn describe(_: &mut Description<'_>) {}
}

impl<T: JsonSchema> Input for Path<T> {
    fn describe(to: &mut Description<'_>) {
        let name = to.path.split(['{', '}']).nth(1).unwrap_or_default();
        let schema = to.schemas.subschema_for::<T>();
        to.parameter("path", name, schema, true);
        to.statuses.extend([400, 404]);
    }
}

impl<I> Input for Id<I> {
    fn describe(to: &mut Description<'_>) {
        Path::<IdPrefix>::describe(to);
    }
}

impl<T: JsonSchema> Input for Query<T> {
    fn describe(to: &mut Description<'_>) {
        let mut fields = T::json_schema(to.schemas);
        let required = fields.remove("required").unwrap_or_default();
        let is_required =
            |name: &str| required.as_array().is_some_and(|all| all.contains(&name.into()));
        let properties = fields.remove("properties").unwrap_or_default();
        for (name, property) in properties.as_object().into_iter().flatten() {
            let schema = Schema::try_from(property.clone()).unwrap_or_default();
            to.parameter("query", name, schema, is_required(name));
        }
        to.statuses.insert(400);
    }
}

impl<T: JsonSchema, const MOST: usize> Input for JsonBody<T, MOST> {
    fn describe(to: &mut Description<'_>) {
        let schema = to.schemas.subschema_for::<T>();
        to.body([("application/json", schema)]);
    }
}

impl<T: JsonSchema + Serialize> Output for Json<T> {
    fn describe(to: &mut Description<'_>) {
        let schema = to.schemas.subschema_for::<T>();
        to.answer(StatusCode::OK, "application/json", schema);
    }
}

/// An operation while it is described.
pub(super) struct Description<'a> {
    pub(super) schemas: &'a mut SchemaGenerator,
    path: &'static str,
    parameters: Vec<Value>,
    body: Option<Value>,
    answers: Map<String, Value>,
    statuses: BTreeSet<u16>,
}

impl Description<'_> {
    /// Adds a parameter. Its words stand beside its schema.
    pub(super) fn parameter(&mut self, place: &str, name: &str, mut schema: Schema, needed: bool) {
        without_null(&mut schema);
        limit_numbers(&mut schema);
        let mut parameter = json!({ "name": name, "in": place, "required": needed });
        if let Some(words) = schema.remove("description") {
            parameter["description"] = words;
        }
        schema.remove("default");
        parameter["schema"] = schema.into();
        self.parameters.push(parameter);
    }

    /// Adds the body, in one or more forms.
    pub(super) fn body(&mut self, forms: impl IntoIterator<Item = (&'static str, Schema)>) {
        let content: Map<String, Value> = forms.into_iter().map(content).collect();
        self.body = Some(json!({ "required": true, "content": content }));
        self.statuses.extend([400, 413, 415]);
    }

    /// Adds an answer. A status may have several forms.
    pub(super) fn answer(&mut self, status: StatusCode, media_type: &'static str, schema: Schema) {
        let words = status.canonical_reason().unwrap_or_default();
        let empty = || json!({ "description": words, "content": {} });
        let answer = self.answers.entry(status.as_str()).or_insert_with(empty);
        answer["content"][media_type] = content((media_type, schema)).1;
    }
}

fn content((media_type, schema): (&str, Schema)) -> (String, Value) {
    (media_type.to_owned(), json!({ "schema": schema }))
}

/// A parameter that is absent is left out; it is never null.
fn without_null(schema: &mut Schema) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|it| it != "null");
    }
    if let Some(Value::Array(forms)) = schema.get_mut("anyOf") {
        forms.retain(|it| it["type"] != "null");
    }
}

/// The refusals that every operation may answer.
const ALWAYS: [u16; 6] = [401, 403, 421, 429, 500, 503];

/// The description of these tables.
pub(super) fn description(tables: Vec<Table>) -> Value {
    let in_components = |settings: &mut SchemaSettings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    };
    let settings = SchemaSettings::draft2020_12().with(in_components);
    let mut schemas = settings.with_transform(RecursiveTransform(limit_numbers)).into_generator();
    let problem = schemas.subschema_for::<Problem>();
    let tags: Vec<Value> = tables.iter().map(|table| json!({ "name": table.tag })).collect();
    let mut paths: Map<String, Value> = Map::new();
    for Table { tag, operations } in tables {
        for operation in operations {
            let path = paths.entry(format!("{BASE}{}", operation.path)).or_insert(json!({}));
            let method = operation.method.as_str().to_lowercase();
            path[method] = describe(&operation, tag, &mut schemas);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "wirefold",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Reprints of one wire story folded into one story and one alert.",
            "description": "Lists come in pages: pass `next` as `cursor`. Answers to GET have an `ETag`. \
                Unknown fields of answers are new ones: ignore them.",
            "license": { "name": "Apache 2.0", "identifier": "Apache-2.0" },
        },
        "security": [{}, { "token": [] }],
        "tags": tags,
        "paths": paths,
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "responses": refusals(&problem),
            "schemas": schemas.take_definitions(true),
        },
    })
}

fn describe(operation: &Operation, tag: &str, schemas: &mut SchemaGenerator) -> Value {
    let mut to = Description {
        schemas,
        path: operation.path,
        parameters: Vec::new(),
        body: None,
        answers: Map::new(),
        statuses: ALWAYS.into_iter().chain(operation.refusals.iter().copied()).collect(),
    };
    (operation.describe)(&mut to);
    let refusal = |status: &u16| json!({ "$ref": format!("#/components/responses/{status}") });
    let mut answers = to.answers;
    if operation.method == Method::GET {
        let words = "It has not changed: `If-None-Match` named it.";
        answers.insert("304".to_owned(), json!({ "description": words }));
    }
    answers.extend(to.statuses.iter().map(|status| (status.to_string(), refusal(status))));
    let words = operation.path.split(['/', '-', '{', '}']).filter(|word| !word.is_empty());
    let method = operation.method.as_str().to_lowercase();
    let id: Vec<&str> = std::iter::once(method.as_str()).chain(words).collect();
    let mut described = json!({
        "operationId": id.join("_"),
        "tags": [tag],
        "summary": operation.summary,
        "parameters": to.parameters,
        "responses": answers,
    });
    if let Some(body) = to.body {
        described["requestBody"] = body;
    }
    described
}

/// Each status of a refusal, with the remedies of all its kinds.
fn refusals(problem: &Schema) -> Map<String, Value> {
    let mut answers: Map<String, Value> = Map::new();
    for (status, sort, remedy) in REFUSALS {
        let answer = answers.entry(status.as_str().to_owned()).or_insert_with(|| {
            json!({ "description": "", "content": { "application/problem+json": { "schema": problem } } })
        });
        let before = answer["description"].as_str().filter(|it| !it.is_empty());
        let before = before.map_or_else(String::new, |before| format!("{before}\n\n"));
        answer["description"] = format!("{before}`{sort}`: {remedy}.").into();
    }
    answers
}

/// The largest numbers: JSON Schema knows the formats of integers only as words.
fn limit_numbers(schema: &mut Schema) {
    let most: u64 = match schema.get("format").and_then(Value::as_str) {
        Some("uint32") => u32::MAX.into(),
        Some("uint" | "uint64") => u64::MAX,
        _ => return,
    };
    if schema.get("maximum").is_none() {
        schema.insert("maximum".to_owned(), most.into());
    }
}
