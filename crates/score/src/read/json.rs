//! Labels as JSON: one object on each line, or one object with the cluster of each article.

use serde_json::{Map, Value};

use super::{Group, Row, label};

/// All labels with their lines, from 1.
pub(super) fn rows(text: &str, group: Group) -> Vec<(usize, Result<Row, String>)> {
    if let Ok(Value::Object(whole)) = serde_json::from_str(text)
        && !is_line(&whole)
    {
        return by_article(&whole, group);
    }
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(at, line)| (at + 1, parse(line).and_then(|it| row(&it, group)))).collect()
}

/// Whether an object labels one pair or one article, and not all articles.
fn is_line(object: &Map<String, Value>) -> bool {
    let has = |name: &str| object.contains_key(name);
    (has("a") && has("b")) || (has("id") && object.len() <= 4)
}

/// The articles of `{"id": "cluster"}`, or of `{"articles": {"id": {"story": …, "event": …}}}`.
/// They have no lines of their own, so each counts as one line.
fn by_article(whole: &Map<String, Value>, group: Group) -> Vec<(usize, Result<Row, String>)> {
    let articles = whole.get("articles").and_then(Value::as_object).unwrap_or(whole);
    let member = |(at, (id, value)): (usize, (&String, &Value))| {
        let found = match value {
            Value::Object(fields) => cluster(fields, group),
            other => name(other).ok_or_else(|| format!("{id:?} has {other} in place of a cluster")),
        };
        let row = |cluster| Row::Member { id: id.clone(), cluster, kind: String::new() };
        (at + 1, found.map(row))
    };
    articles.iter().enumerate().map(member).collect()
}

fn parse(line: &str) -> Result<Map<String, Value>, String> {
    serde_json::from_str(line).map_err(|error| {
        let message = error.to_string();
        let bare = message.rsplit_once(" at line ").map_or(message.as_str(), |(bare, _)| bare);
        format!("{bare} (column {})", error.column())
    })
}

fn row(line: &Map<String, Value>, group: Group) -> Result<Row, String> {
    let required = |name_of: &str| {
        let value = line.get(name_of).ok_or_else(|| format!("no {name_of:?}"))?;
        name(value).ok_or_else(|| format!("{name_of:?} is neither a string nor a number"))
    };
    let kind = line.get("kind").or_else(|| line.get("class")).and_then(name).unwrap_or_default();
    if line.contains_key("id") {
        return Ok(Row::Member { id: required("id")?, cluster: cluster(line, group)?, kind });
    }
    Ok(Row::Pair { a: required("a")?, b: required("b")?, label: label(&required("label")?)?, kind })
}

/// The cluster in the chosen grouping.
fn cluster(fields: &Map<String, Value>, group: Group) -> Result<String, String> {
    let names = [group.name(), "cluster", "group"];
    let found = names.iter().find_map(|it| fields.get(*it)).and_then(name);
    found.ok_or_else(|| format!("neither {:?} nor \"cluster\"", group.name()))
}

/// A name: a string, or a number as written.
fn name(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
