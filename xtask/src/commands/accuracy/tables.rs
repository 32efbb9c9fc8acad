//! Formats tables of figures for a terminal and for a document.

use wirefold_dedup::{Body, Evidence, Overlap, Settings};
use wirefold_score::Pair;
use wirefold_text::Text;

use super::exam::{Exam, Figures};
use super::set::LabelledSet;
use crate::table::Table;

/// Rows of cells under a header.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cells {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Cells {
    /// A table without rows.
    pub(crate) fn new(head: &[&str]) -> Cells {
        Cells { head: head.iter().map(|cell| (*cell).to_owned()).collect(), rows: Vec::new() }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// Whether it has no rows.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table as aligned columns.
    pub(crate) fn plain(&self) -> String {
        let head: Vec<&str> = self.head.iter().map(String::as_str).collect();
        let mut table = Table::new(&head);
        self.rows.iter().for_each(|row| table.row(row.iter().map(String::as_str)));
        table.to_string()
    }

    /// The table as Markdown, the first column aligned left and the others right.
    pub(crate) fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let rule = format!("|---|{}\n", "--:|".repeat(self.head.len() - 1));
        line(&self.head) + &rule + &self.rows.iter().map(|row| line(row)).collect::<String>()
    }
}

/// Four decimals. With three, a few errors among thousands would vanish.
pub(crate) fn decimals(value: f64) -> String {
    format!("{value:.4}")
}

/// A count, or a mean of counts.
fn count(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}

/// The orders of several examinations, each with the name of its rows.
pub(crate) fn orders(exams: &[(&str, &Exam)]) -> Cells {
    let head =
        ["order", "false folds", "missed", "precision", "recall", "F1", "F1, final", "ARI", "B³"];
    let mut cells = Cells::new(&head);
    for (name, exam) in exams {
        for (order, row) in exam.rows() {
            cells.row([format!("{order}{name}")].into_iter().chain(figures(&row)));
        }
    }
    cells
}

fn figures(row: &Figures) -> [String; 8] {
    [
        count(row.false_folds),
        count(row.missed),
        decimals(row.precision),
        decimals(row.recall),
        decimals(row.f1),
        decimals(row.at_end),
        decimals(row.rand_index),
        decimals(row.b_cubed),
    ]
}

/// The methods: file order, and the worst of all orders.
pub(crate) fn methods(exams: &[Exam]) -> Cells {
    let head =
        ["method", "false folds", "precision", "recall", "F1", "ARI", "B³", "F1, worst order"];
    let mut cells = Cells::new(&head);
    for exam in exams {
        let rows = exam.rows();
        let Some((_, row)) = rows.first() else { continue };
        let shares =
            [row.precision, row.recall, row.f1, row.rand_index, row.b_cubed, exam.worst().f1];
        let named = [exam.method.to_string(), count(row.false_folds)];
        cells.row(named.into_iter().chain(shares.map(decimals)));
    }
    cells
}

/// Recall by edit: each kind against the base, for every method in file order and for the first method in its
/// worst order.
pub(crate) fn kinds(exams: &[Exam]) -> Cells {
    let Some((first, others)) = exams.split_first() else { return Cells::default() };
    let mut head = vec!["edit".to_owned(), "pairs".to_owned(), first.method.to_string()];
    head.push(format!("{}, worst order", first.method));
    head.extend(others.iter().map(|exam| exam.method.to_string()));
    let mut cells = Cells { head, rows: Vec::new() };
    let all = &first.in_file_order().at_arrival.kinds;
    let against_base = |kind: &str| kind.starts_with("base+") || !kind.contains('+');
    for (kind, share) in all.iter().filter(|(kind, _)| against_base(kind)) {
        let edit = kind.strip_prefix("base+").unwrap_or(kind);
        let mut row = vec![edit.to_owned(), share.whole.to_string()];
        row.extend([decimals(share.value()), decimals(first.least_recall(kind))]);
        let of = |exam: &Exam| exam.in_file_order().at_arrival.kinds[kind].value();
        row.extend(others.iter().map(|exam| decimals(of(exam))));
        cells.row(row);
    }
    cells
}

/// The pairs missed in most orders, the most similar first, with the overlap of the two texts alone, and with
/// the overlap at the arrival of the later one if they were compared.
pub(crate) fn worst_missed(set: &LabelledSet, exam: &Exam, most: usize) -> Cells {
    let head = [
        "texts",
        "orders",
        "contained",
        "containing",
        "shared words",
        "longest run",
        "when it came: contained",
        "containing",
    ];
    let mut cells = Cells::new(&head);
    let missed = exam.missed(set).into_values().flatten();
    let with_overlap = |(pair, orders): (Pair, usize)| (pair, orders, overlap(set, exam, pair));
    let mut all: Vec<(Pair, usize, Overlap)> = missed.map(with_overlap).collect();
    all.sort_by(|(p, x, a), (q, y, b)| {
        y.cmp(x).then(b.larger().total_cmp(&a.larger())).then(p.cmp(q))
    });
    for (pair, orders, shared) in all.into_iter().take(most) {
        let (earlier, later) = exam.first_miss(pair);
        let then = exam.evidence(pair);
        let share = |of: fn(&Evidence) -> f64| {
            then.as_ref().map_or("not compared".to_owned(), |it| format!("{:.2}", of(it)))
        };
        cells.row([
            format!("`{}` and `{}`", set.docs[earlier].id, set.docs[later].id),
            format!("{orders} of {}", exam.orders.len()),
            format!("{:.2}", shared.contained),
            format!("{:.2}", shared.containing),
            shared.shared_words.to_string(),
            shared.longest.to_string(),
            share(|it| it.contained),
            share(|it| it.containing),
        ]);
    }
    cells
}

/// The overlap of two texts alone, in the order in which they were first missed.
fn overlap(set: &LabelledSet, exam: &Exam, pair: Pair) -> Overlap {
    let (earlier, later) = exam.first_miss(pair);
    let body = |number: usize| Body::new(&Text::new(&set.docs[number].text));
    Overlap::between(&body(later), &body(earlier), &Settings::default())
}

/// The errors for a terminal: the false folds with their evidence, and the missed pairs by kind.
pub(crate) fn errors(set: &LabelledSet, exam: &Exam) -> String {
    let mut said = String::new();
    for (outcome, order) in exam.outcomes.iter().zip(&exam.orders) {
        let id = |number: usize| set.docs[number].id.as_str();
        for (arrival, later) in order.iter().enumerate() {
            for evidence in &outcome.run.evidence[*later] {
                let earlier = order[evidence.doc.index()];
                let pair = (earlier.min(*later), earlier.max(*later));
                let stories = &outcome.run.at_arrival;
                if set.labels.0.contains_key(&pair) || stories[earlier] != stories[*later] {
                    continue;
                }
                said.push_str(&format!(
                    "false: arrival {arrival}, {} with {}: contained {:.2}, containing {:.2}\n",
                    id(*later),
                    id(earlier),
                    evidence.contained,
                    evidence.containing,
                ));
            }
        }
    }
    for (kind, pairs) in exam.missed(set) {
        for ((a, b), orders) in pairs {
            let (a, b) = (&set.docs[a].id, &set.docs[b].id);
            said.push_str(&format!("missed: {kind}: {a} and {b} in {orders} orders\n"));
        }
    }
    said
}
