//! The description of the API as a page.

use maud::{Markup, html};
use serde_json::{Map, Value};

use crate::api::openapi::ADDRESS;

/// Where the description has the types and the refusals.
const TYPES: &str = "#/components/schemas/";

/// The page's main part.
pub(super) fn main(description: &Value) -> Markup {
    let components = &description["components"];
    html! {
        h1 { "API" }
        p { (marked(words(&description["info"]["description"]))) }
        p { "This page as " a href=(ADDRESS) { "OpenAPI 3.1" } ", for programs." }
        @for tag in description["tags"].as_array().into_iter().flatten() {
            h2 { (words(&tag["name"])) }
            @for (path, methods) in fields(&description["paths"]) {
                @for (method, operation) in fields(methods) {
                    @if operation["tags"][0] == tag["name"] { (one_operation(path, method, operation)) }
                }
            }
        }
        h2 { "Refusals" }
        p { "A refused request is answered with a " (type_link("Problem")) "." }
        dl.words {
            @for (status, refusal) in fields(&components["responses"]) {
                div id={ "status-" (status) } {
                    dt { (status) }
                    @for kind in words(&refusal["description"]).split("\n\n") { dd { (marked(kind)) } }
                }
            }
        }
        h2 { "Types" }
        @for (name, schema) in fields(&components["schemas"]) { (one_type(name, schema)) }
    }
}

fn one_operation(path: &str, method: &str, operation: &Value) -> Markup {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    html! {
        section id=(words(&operation["operationId"])) {
            h3 { code { (method.to_uppercase()) " " (path) } }
            p { (words(&operation["summary"])) "." }
            dl.words {
                @for parameter in parameters { (field(words(&parameter["name"]), parameter, &parameter["schema"], parameter["required"] == true)) }
                @for (media_type, body) in fields(&operation["requestBody"]["content"]) {
                    div { dt { "Body" } dd { (type_of(&body["schema"])) " as " code { (media_type) } } }
                }
                @for (status, answer) in fields(&operation["responses"]) {
                    @for (media_type, body) in fields(&answer["content"]) {
                        div { dt { (status) } dd { (type_of(&body["schema"])) " as " code { (media_type) } } }
                    }
                }
                div {
                    dt { "Refusals" }
                    dd {
                        @for (status, _) in fields(&operation["responses"]).filter(|(_, it)| it["$ref"].is_string()) {
                            a href={ "#status-" (status) } { (status) } " "
                        }
                    }
                }
            }
        }
    }
}

fn one_type(name: &str, schema: &Value) -> Markup {
    let required = schema["required"].as_array();
    let is_required = |field: &str| required.is_some_and(|all| all.contains(&field.into()));
    html! {
        section {
            h3 id={ "type-" (name) } { code { (name) } }
            p { (marked(words(&schema["description"]))) }
            @if schema["properties"].is_object() {
                dl.words {
                    @for (property, of) in fields(&schema["properties"]) { (field(property, of, of, is_required(property))) }
                }
            } @else {
                p { (type_of(schema)) }
            }
        }
    }
}

/// A parameter, or a field of a type.
fn field(name: &str, described: &Value, schema: &Value, is_required: bool) -> Markup {
    html! {
        div {
            dt { code { (name) } }
            dd {
                span.faint { (type_of(schema)) @if is_required { ", required" } }
                @if let Some(words) = described["description"].as_str() { ". " (marked(words)) }
            }
        }
    }
}

/// The type of a value in a few words.
fn type_of(schema: &Value) -> Markup {
    let forms = ["anyOf", "oneOf"].iter().find_map(|it| schema[it].as_array());
    html! {
        @if let Some(name) = schema["$ref"].as_str().and_then(|it| it.strip_prefix(TYPES)) { (type_link(name)) }
        @else if let Some(forms) = forms {
            @for (at, form) in forms.iter().enumerate() { @if at > 0 { " or " } (type_of(form)) }
        }
        @else if let Some(values) = schema["enum"].as_array() {
            @for (at, value) in values.iter().enumerate() { @if at > 0 { ", " } code { (plain(value)) } }
        }
        @else if !schema["const"].is_null() { code { (plain(&schema["const"])) } }
        @else if schema["items"].is_object() { "list of " (type_of(&schema["items"])) }
        @else { (simple_type(schema)) }
    }
}

/// The JSON types, and the format of a text.
fn simple_type(schema: &Value) -> String {
    let types = match &schema["type"] {
        Value::Array(types) => types.iter().map(plain).collect::<Vec<_>>().join(" or "),
        Value::String(one) => one.clone(),
        _ => schema["format"].as_str().unwrap_or("anything").to_owned(),
    };
    match schema["format"].as_str() {
        Some(format) if types.starts_with("string") => format!("{types} ({format})"),
        _ => types,
    }
}

/// Words with code between backticks.
fn marked(words: &str) -> Markup {
    html! {
        @for (at, part) in words.split('`').enumerate() {
            @if at % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

fn type_link(name: &str) -> Markup {
    html! { a href={ "#type-" (name) } { code { (name) } } }
}

fn fields(of: &Value) -> impl Iterator<Item = (&String, &Value)> {
    of.as_object().into_iter().flat_map(Map::iter)
}

fn words(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A value without the marks of a text.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
