//! Reads files of labels: pairs or clusters, in columns or as JSON. The format is detected. A line
//! that cannot be used is reported, and reading continues.

mod columns;
mod json;
mod unsure;

pub use unsure::unsure;

use std::collections::{BTreeMap, HashMap};

use crate::clusters::Clusters;
use crate::pairs::{Label, Pairs};
use crate::{Labels, Pair};

/// The grouping to read, if a file labels both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Group {
    /// Stories: one text and its copies.
    #[default]
    Story,
    /// Events: stories about one happening.
    Event,
}

impl Group {
    /// The name of its column or field.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Group::Story => "story",
            Group::Event => "event",
        }
    }
}

/// The content of a file of labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Two articles per line, with their label.
    Pairs,
    /// One article per line, with its cluster.
    Clusters,
}

/// A line of a file of labels that could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// A description of the problem.
    pub what: String,
}

/// A parsed file of labels, by the ids of the articles.
#[derive(Debug, Clone, PartialEq)]
pub struct File {
    /// Pairs or clusters. `None` if no line could be used.
    pub shape: Option<Shape>,
    rows: Vec<(usize, Row)>,
    problems: Vec<Problem>,
}

/// A line of labels.
#[derive(Debug, Clone, PartialEq)]
enum Row {
    /// Two articles. The label is `None` for unrelated articles, like all pairs that are not in the
    /// file.
    Pair { a: String, b: String, label: Option<Label>, kind: String },
    /// An article and its cluster.
    Member { id: String, cluster: String, kind: String },
}

impl Row {
    fn shape(&self) -> Shape {
        match self {
            Row::Pair { .. } => Shape::Pairs,
            Row::Member { .. } => Shape::Clusters,
        }
    }
}

/// Reads the text of a file. `group` selects the column or field of clusters if there are several.
#[must_use]
pub fn read(text: &str, group: Group) -> File {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let rows = match text.trim_start().starts_with(['{', '[']) {
        true => json::rows(text, group),
        false => columns::rows(text, group),
    };
    let mut file = File { shape: None, rows: Vec::new(), problems: Vec::new() };
    for (line, row) in rows {
        match row {
            Ok(row) => file.add_row(line, row),
            Err(what) => file.problems.push(Problem { line, what }),
        }
    }
    file
}

/// The label for `R`, `P` and `N`.
fn label(letter: &str) -> Result<Option<Label>, String> {
    match letter {
        "R" => Ok(Some(Label::Reprint)),
        "P" => Ok(Some(Label::Partial)),
        "N" => Ok(None),
        other => Err(format!("the label {other:?} is not R, P or N")),
    }
}

impl File {
    fn add_row(&mut self, line: usize, row: Row) {
        let shape = *self.shape.get_or_insert(row.shape());
        if shape == row.shape() {
            self.rows.push((line, row));
            return;
        }
        let what = match shape {
            Shape::Pairs => "a cluster in a file of pairs",
            Shape::Clusters => "a pair in a file of clusters",
        };
        self.problems.push(Problem { line, what: what.to_owned() });
    }

    /// The labels by the numbers of the articles, and all lines that could not be used, in the
    /// order of the file. If an article or a pair is labelled twice, the first label counts.
    #[must_use]
    pub fn resolve(self, numbers: &HashMap<&str, usize>) -> (Labels, Vec<Problem>) {
        let File { shape, rows, mut problems } = self;
        let mut resolver = Resolver::new(numbers);
        for (line, row) in rows {
            if let Err(what) = resolver.add_row(row) {
                problems.push(Problem { line, what });
            }
        }
        problems.sort_by_key(|problem| problem.line);
        let labels = match shape {
            Some(Shape::Clusters) => Labels::Clusters(resolver.clusters),
            Some(Shape::Pairs) | None => Labels::Pairs(Pairs(resolver.pairs)),
        };
        (labels, problems)
    }
}

fn number_of(id: &str, numbers: &HashMap<&str, usize>) -> Result<usize, String> {
    numbers.get(id).copied().ok_or_else(|| format!("no article {id:?}"))
}

fn pair_of((a, b): (&str, &str), numbers: &HashMap<&str, usize>) -> Result<Pair, String> {
    let (one, other) = (number_of(a, numbers)?, number_of(b, numbers)?);
    if one == other {
        Err(format!("{a:?} with itself"))
    } else {
        Ok((one.min(other), one.max(other)))
    }
}

/// Resolves the ids of labels to numbers.
struct Resolver<'a> {
    numbers: &'a HashMap<&'a str, usize>,
    pairs: BTreeMap<Pair, (Label, String)>,
    clusters: Clusters,
    names: HashMap<String, usize>,
}

impl Resolver<'_> {
    fn new<'a>(numbers: &'a HashMap<&'a str, usize>) -> Resolver<'a> {
        let articles = numbers.values().max().map_or(0, |last| last + 1);
        let clusters = Clusters { of: vec![None; articles], ..Clusters::default() };
        Resolver { numbers, pairs: BTreeMap::new(), clusters, names: HashMap::new() }
    }

    fn add_row(&mut self, row: Row) -> Result<(), String> {
        match row {
            Row::Pair { a, b, label, kind } => self.pair(&a, &b, label, kind),
            Row::Member { id, cluster, kind } => self.member(&id, cluster, kind),
        }
    }

    fn pair(&mut self, a: &str, b: &str, label: Option<Label>, kind: String) -> Result<(), String> {
        let pair = pair_of((a, b), self.numbers)?;
        let Some(label) = label else { return Ok(()) };
        if self.pairs.contains_key(&pair) {
            return Err(format!("{a:?} and {b:?} labelled twice"));
        }
        self.pairs.insert(pair, (label, kind));
        Ok(())
    }

    fn member(&mut self, id: &str, cluster: String, kind: String) -> Result<(), String> {
        let number = number_of(id, self.numbers)?;
        if self.clusters.of[number].is_some() {
            return Err(format!("{id:?} labelled twice"));
        }
        let next = self.names.len();
        let cluster = *self.names.entry(cluster).or_insert(next);
        self.clusters.of[number] = Some(cluster);
        if !kind.is_empty() {
            self.clusters.kinds.entry(cluster).or_insert(kind);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers() -> HashMap<&'static str, usize> {
        ["x", "y", "z", "a, b"].into_iter().enumerate().map(|(at, id)| (id, at)).collect()
    }

    fn resolved(text: &str, group: Group) -> (Labels, Vec<Problem>) {
        read(text, group).resolve(&numbers())
    }

    /// Reads pairs: `x` with `y` is R, of kind `mix`, and `x` with `z` is P.
    #[track_caller]
    fn check_pairs(text: &str) {
        let labels = [
            ((0, 1), (Label::Reprint, "mix".to_owned())),
            ((0, 2), (Label::Partial, String::new())),
        ];
        let expected = Labels::Pairs(Pairs(labels.into()));
        assert_eq!(resolved(text, Group::Story), (expected, Vec::new()), "{text}");
    }

    /// Reads clusters: `x` and `z` are one, `y` is another.
    #[track_caller]
    fn check_clusters(text: &str, group: Group) {
        let (labels, problems) = resolved(text, group);
        let Labels::Clusters(clusters) = labels else { panic!("{text}: no clusters") };
        assert_eq!(clusters.of, [Some(0), Some(1), Some(0), None], "{text}");
        assert_eq!(problems, [], "{text}");
    }

    #[test]
    fn pairs_in_every_shape() {
        check_pairs("a\tb\tlabel\tkind\ny\tx\tR\tmix\nx\tz\tP\n");
        check_pairs("y\tx\tR\tmix\n\nx\tz\tP\t\nz\ty\tN\n");
        check_pairs("\u{feff}y,x,R,mix\r\nx,z,P\r\n");
        check_pairs("kind,label,b,a\nmix,R,x,y\n,P,\"z\",x\n");
        check_pairs(concat!(
            "{\"a\":\"y\",\"b\":\"x\",\"label\":\"R\",\"kind\":\"mix\"}\n",
            "{\"a\":\"x\",\"b\":\"z\",\"label\":\"P\"}\n",
        ));
    }

    #[test]
    fn clusters_in_every_shape() {
        check_clusters("x\tone\ny\ttwo\nz\tone\n", Group::Story);
        check_clusters("id,cluster\nx,one\ny,two\nz,one\n", Group::Event);
        check_clusters("{\"x\": \"one\", \"y\": 2, \"z\": \"one\"}", Group::Story);
        check_clusters("{\n \"x\": \"one\",\n \"y\": \"two\",\n \"z\": \"one\"\n}\n", Group::Story);
        check_clusters(
            "{\"id\":\"x\",\"cluster\":1}\n{\"id\":\"y\",\"cluster\":2}\n{\"id\":\"z\",\"cluster\":1}",
            Group::Story,
        );
    }

    #[test]
    fn reads_the_chosen_grouping() {
        let columns = "event\tid\tstory\ne\tx\ts\nf\ty\tt\ne\tz\tu\n";
        check_clusters(columns, Group::Event);
        let json = "{\"articles\": {\"x\": {\"story\": \"s\", \"event\": \"e\"}, \
            \"y\": {\"story\": \"s\", \"event\": \"f\"}, \"z\": {\"story\": \"t\", \"event\": \"e\"}}}";
        check_clusters(json, Group::Event);
        let (labels, _) = resolved(columns, Group::Story);
        assert_eq!(labels.counts(), (0, 0), "three stories");
    }

    #[test]
    fn quotes_protect_commas() {
        let (labels, problems) = resolved("\"a, b\",x,R\n", Group::Story);
        assert_eq!((labels.counts(), problems.len()), ((1, 0), 0));
    }

    #[track_caller]
    fn check_problem(text: &str, line: usize, what: &str) {
        let (_, problems) = resolved(text, Group::Story);
        let found: Vec<(usize, &str)> =
            problems.iter().map(|problem| (problem.line, problem.what.as_str())).collect();
        assert_eq!(found, [(line, what)], "{text}");
    }

    #[test]
    fn reports_a_broken_line_and_continues() {
        check_problem("x\ty\tR\nx\tz\tQ\n", 2, "the label \"Q\" is not R, P or N");
        check_problem("a\tb\tlabel\n\nx\tw\tR\n", 3, "no article \"w\"");
        check_problem("x\tx\tR\n", 1, "\"x\" with itself");
        check_problem("x,y,R\ny,x,P\n", 2, "\"y\" and \"x\" labelled twice");
        check_problem("x\tone\nx\ttwo\n", 2, "\"x\" labelled twice");
        check_problem("x\tone\ny\tx\tR\n", 2, "a pair in a file of clusters");
        check_problem(
            "x y R\n",
            1,
            "1 column: expected two articles and R, P or N, or an \
            article and its cluster",
        );
        check_problem(
            "{\"a\":\"x\",\"b\":\"y\",\"label\":\"R\"}\n{\"a\":\n",
            2,
            "EOF while parsing \
            a value (column 5)",
        );
        check_problem(
            "{\"a\":\"x\",\"b\":\"y\"}\n{\"id\":\"x\",\"cluster\":\"c\"}\n",
            1,
            "no \"label\"",
        );
        check_problem(
            "{\"id\":\"x\"}\n{\"id\":\"y\",\"story\":\"s\"}",
            1,
            "neither \"story\" nor \
            \"cluster\"",
        );
    }

    #[test]
    fn a_file_without_labels_has_no_shape() {
        for text in ["", "\n\n", "a\tb\tlabel\tkind\n"] {
            assert_eq!(read(text, Group::Story).shape, None, "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn accepts_any_text(text in "[a-d{}\\[\\]\":,\t\n RPN]{0,60}") {
            let _ = resolved(&text, Group::Event);
        }
    }
}
