//! Labels in columns, separated by tabs or commas, with or without a header line.

use csv_core::ReadFieldResult;

use super::{Group, Row, label};

/// The column of each field.
#[derive(Debug, Clone, Copy)]
enum Columns {
    Pairs { a: usize, b: usize, label: usize, kind: Option<usize> },
    Clusters { id: usize, cluster: usize, kind: Option<usize> },
}

/// All lines that are not blank, with their numbers from 1.
pub(super) fn rows(text: &str, group: Group) -> Vec<(usize, Result<Row, String>)> {
    let all = text.lines().enumerate().map(|(at, line)| (at + 1, line));
    let mut lines = all.filter(|(_, line)| !line.trim().is_empty()).peekable();
    let Some((_, first)) = lines.peek() else { return Vec::new() };
    let by_tabs = first.contains('\t');
    let head = columns(&fields(first, by_tabs), group);
    if head.is_some() {
        lines.next();
    }
    let read = |line: &str| {
        let fields = fields(line, by_tabs);
        head.map_or_else(|| columns_by_count(&fields), Ok).and_then(|columns| row(&fields, columns))
    };
    lines.map(|(number, line)| (number, read(line))).collect()
}

/// The fields of a line. Quotes matter only in a file with commas: in a file with tabs, a comma is
/// part of a field.
fn fields(line: &str, by_tabs: bool) -> Vec<String> {
    if by_tabs {
        return line.split('\t').map(|field| field.trim().to_owned()).collect();
    }
    let mut reader = csv_core::Reader::new();
    let (mut rest, mut field) = (line.as_bytes(), vec![0; line.len() + 1]);
    let (mut fields, mut written) = (Vec::new(), 0);
    loop {
        let (result, read, wrote) = reader.read_field(rest, &mut field[written..]);
        rest = &rest[read..];
        written += wrote;
        match result {
            // Another call without input ends the last field.
            ReadFieldResult::InputEmpty => {}
            ReadFieldResult::Field { record_end } => {
                fields.push(String::from_utf8_lossy(&field[..written]).trim().to_owned());
                written = 0;
                if record_end {
                    return fields;
                }
            }
            ReadFieldResult::OutputFull | ReadFieldResult::End => return fields,
        }
    }
}

/// The columns of a header line. `None` if the line is not a header.
fn columns(fields: &[String], group: Group) -> Option<Columns> {
    let at = |names: &[&str]| {
        names.iter().find_map(|name| fields.iter().position(|it| it.eq_ignore_ascii_case(name)))
    };
    let kind = at(&["kind", "class"]);
    if let (Some(a), Some(b), Some(label)) = (at(&["a"]), at(&["b"]), at(&["label"])) {
        return Some(Columns::Pairs { a, b, label, kind });
    }
    let cluster = at(&[group.name(), "cluster", "group"]);
    Some(Columns::Clusters { id: at(&["id", "article"])?, cluster: cluster?, kind })
}

/// The columns of a line in a file without a header, by their order.
fn columns_by_count(fields: &[String]) -> Result<Columns, String> {
    match fields.len() {
        0 | 1 => Err("1 column: expected two articles and R, P or N, or an article and its \
            cluster"
            .to_owned()),
        2 => Ok(Columns::Clusters { id: 0, cluster: 1, kind: None }),
        _ => Ok(Columns::Pairs { a: 0, b: 1, label: 2, kind: Some(3) }),
    }
}

fn row(fields: &[String], columns: Columns) -> Result<Row, String> {
    let field = |at: usize| fields.get(at).map_or("", String::as_str);
    let required = |at: usize| {
        let empty = || format!("column {} is empty", at + 1);
        Some(field(at)).filter(|it| !it.is_empty()).map(str::to_owned).ok_or_else(empty)
    };
    let kind_at = |kind: Option<usize>| kind.map(field).unwrap_or_default().to_owned();
    Ok(match columns {
        Columns::Pairs { a, b, label: letter, kind } => Row::Pair {
            a: required(a)?,
            b: required(b)?,
            label: label(field(letter))?,
            kind: kind_at(kind),
        },
        Columns::Clusters { id, cluster, kind } => {
            Row::Member { id: required(id)?, cluster: required(cluster)?, kind: kind_at(kind) }
        }
    })
}
