//! The description of the API says what the API does. Every answer in the tests of this crate is checked.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;

use super::world::{Answer, World, request};
use crate::Access;
use crate::api::DESCRIPTION;

/// The schemas of all answers, by their pointers in the description.
static SCHEMAS: LazyLock<(Schemas, HashMap<String, SchemaIndex>)> = LazyLock::new(|| {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource("api.json", DESCRIPTION.clone()).unwrap();
    let mut compiled = HashMap::new();
    let operations = operations()
        .map(|(path, method, _)| format!("/paths/{}/{method}/responses", escaped(path)));
    for place in operations.chain(["/components/responses".to_owned()]) {
        for (status, answer) in DESCRIPTION.pointer(&place).unwrap().as_object().unwrap() {
            for media_type in answer["content"].as_object().into_iter().flat_map(|it| it.keys()) {
                let pointer = format!("{place}/{status}/content/{}/schema", escaped(media_type));
                let schema =
                    compiler.compile(&format!("api.json#{pointer}"), &mut schemas).unwrap();
                compiled.insert(pointer, schema);
            }
        }
    }
    (schemas, compiled)
});

/// The path, method and description of each operation.
fn operations() -> impl Iterator<Item = (&'static str, &'static str, &'static Value)> {
    let paths = DESCRIPTION["paths"].as_object().unwrap();
    paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().iter();
        methods.map(|(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

/// A part of a JSON pointer (RFC 6901).
fn escaped(part: &str) -> String {
    part.replace('~', "~0").replace('/', "~1")
}

fn is_at(path: &str, pattern: &str) -> bool {
    let mut given = path.split('/');
    let fits = |part: &str| given.next().is_some_and(|it| part.starts_with('{') || part == it);
    pattern.split('/').all(fits) && given.next().is_none()
}

/// Panics if the description has not this answer of an operation.
pub(super) fn check(method: &Method, path: &str, answer: &Answer) {
    let method = if method == Method::HEAD { &Method::GET } else { method };
    let named = operations().filter(|(pattern, name, _)| {
        is_at(path, pattern) && name.eq_ignore_ascii_case(method.as_str())
    });
    // `/feeds/probe` comes before `/feeds/{id}`.
    let Some((pattern, name, operation)) =
        named.min_by_key(|(pattern, ..)| pattern.matches('{').count())
    else {
        return;
    };
    let status = answer.status.as_str();
    let described = &operation["responses"][status];
    assert!(described.is_object(), "{method} {path} answers {status}");
    let place = match described["$ref"].as_str() {
        Some(place) => place.trim_start_matches('#').to_owned(),
        None => format!("/paths/{}/{name}/responses/{status}", escaped(pattern)),
    };
    if answer.body.is_empty() {
        return;
    }
    let media_type = answer.headers[header::CONTENT_TYPE].to_str().unwrap();
    let (schemas, compiled) = &*SCHEMAS;
    let schema = compiled.get(&format!("{place}/content/{}/schema", escaped(media_type)));
    let schema =
        schema.unwrap_or_else(|| panic!("{method} {path} answers {status} as {media_type}"));
    let body = match media_type {
        "text/csv" => Value::String(String::from_utf8(answer.body.clone()).unwrap()),
        _ => answer.json(),
    };
    if let Err(error) = schemas.validate(&body, *schema) {
        panic!("{method} {path} {status}: {error:#}");
    }
}

#[tokio::test]
async fn the_router_has_the_operations_of_the_description_and_no_others() {
    let world = World::new().await;
    for (pattern, methods) in DESCRIPTION["paths"].as_object().unwrap() {
        let asked = request(Method::PATCH, &pattern.replace(['{', '}'], ""), Body::empty());
        let answer = world.send(Access::Network, asked).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{pattern}");
        let allowed = answer.headers[header::ALLOW].to_str().unwrap();
        let allowed: BTreeSet<String> =
            allowed.split(',').filter(|it| *it != "HEAD").map(str::to_lowercase).collect();
        let described: BTreeSet<String> = methods.as_object().unwrap().keys().cloned().collect();
        assert_eq!(allowed, described, "{pattern}");
    }
}

#[tokio::test]
async fn the_description_is_served_and_each_name_in_it_is_unique_and_resolves() {
    let world = World::new().await;
    let served = world.get("/api/openapi.json").await;
    assert_eq!((served.status, served.json()), (StatusCode::OK, DESCRIPTION.clone()));
    let ids: BTreeSet<&str> =
        operations().map(|(.., it)| it["operationId"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), operations().count());
    // Boon has resolved all references of answers.
    assert!(SCHEMAS.1.len() > ids.len(), "{}", SCHEMAS.1.len());
    let bodies =
        operations().filter_map(|(path, _, it)| Some((path, it["requestBody"].as_object()?)));
    for (path, body) in bodies {
        let schema = &body["content"]["application/json"]["schema"];
        let place = schema["$ref"].as_str().map(|it| it.trim_start_matches('#'));
        assert!(place.is_none_or(|it| DESCRIPTION.pointer(it).is_some()), "{path}: {place:?}");
    }
}

#[tokio::test]
async fn the_page_of_the_api_shows_code_and_types() {
    let world = World::new().await;
    let page = String::from_utf8(world.get("/api").await.body).unwrap();
    assert!(page.contains("The <code>next</code> of the page before."), "{page}");
    assert!(page.contains("date-time or date") && !page.contains("anything or"));
}
