//! The values of the layers before they are checked: a tree in which every node knows its origin.

use std::collections::BTreeMap;

use super::origin::{Origin, Origins};

/// One value with its origins.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// The origin of its key; for an element of a list, of its beginning.
    pub(super) named: Origin,
    /// The origin of the value.
    pub(super) at: Origin,
    /// The value.
    pub(super) value: Value,
}

/// A TOML value.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Table(BTreeMap<String, Node>),
    List(Vec<Node>),
    Text(String),
    /// A value from outside a file, which is not quoted: the text, and how TOML reads it.
    Bare(String, Box<Value>),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    /// A date, a time, or a number too large for TOML. No setting has such a value.
    Unsupported(String),
    /// A wrong value that was reported and removed.
    Broken,
}

impl Node {
    /// An empty table.
    pub(super) fn table(origin: Origin) -> Self {
        Self::new(origin, Value::Table(BTreeMap::new()))
    }

    /// A value whose key has the same origin.
    pub(super) fn new(origin: Origin, value: Value) -> Self {
        Self { named: origin.clone(), at: origin, value }
    }

    /// Puts another tree over this one. Tables are merged. Other values, including lists, are replaced.
    pub(super) fn overlay(&mut self, upper: Self) {
        match (&mut self.value, upper.value) {
            (Value::Table(lower), Value::Table(upper)) => {
                for (key, node) in upper {
                    match lower.get_mut(&key) {
                        Some(under) => under.overlay(node),
                        None => drop(lower.insert(key, node)),
                    }
                }
            }
            (_, value) => *self = Self { named: upper.named, at: upper.at, value },
        }
    }

    /// Puts a value at a path of keys and creates the tables on the way.
    pub(super) fn put(&mut self, path: &[String], node: Self) {
        let Some((key, rest)) = path.split_first() else {
            *self = node;
            return;
        };
        if !matches!(self.value, Value::Table(_)) {
            self.value = Value::Table(BTreeMap::new());
        }
        if let Value::Table(entries) = &mut self.value {
            let child = entries.entry(key.clone()).or_insert_with(|| Self::table(node.at.clone()));
            child.put(rest, node);
        }
    }

    /// The node at a path of keys and indices.
    pub(super) fn at_path(&self, path: &[String]) -> Option<&Self> {
        let Some((key, rest)) = path.split_first() else { return Some(self) };
        let child = match &self.value {
            Value::Table(entries) => entries.get(key),
            Value::List(nodes) => nodes.get(key.parse::<usize>().ok()?),
            _ => None,
        };
        child?.at_path(rest)
    }

    /// The entry of a table.
    pub(super) fn entry_mut(&mut self, key: &str) -> Option<&mut Self> {
        match &mut self.value {
            Value::Table(entries) => entries.get_mut(key),
            _ => None,
        }
    }

    /// Marks the value at a path as broken. Its neighbours keep their indices.
    pub(super) fn break_at(&mut self, path: &[String]) {
        let Some((key, rest)) = path.split_first() else {
            self.value = Value::Broken;
            return;
        };
        let child = match &mut self.value {
            Value::Table(entries) => entries.get_mut(key),
            Value::List(nodes) => key.parse().ok().and_then(|at: usize| nodes.get_mut(at)),
            _ => None,
        };
        match child {
            Some(child) => child.break_at(rest),
            None => self.value = Value::Broken,
        }
    }

    /// The origins of all nodes of the tree.
    pub(super) fn origins(&self) -> Origins {
        let mut origins = Origins::default();
        self.collect(&mut String::new(), &mut origins);
        origins
    }

    fn collect(&self, key: &mut String, origins: &mut Origins) {
        if !key.is_empty() {
            origins.insert(key.clone(), self.named.clone());
        }
        match &self.value {
            Value::Table(entries) => {
                for (name, node) in entries {
                    node.collect_under(key, name, origins);
                }
            }
            Value::List(nodes) => {
                for (at, node) in nodes.iter().enumerate() {
                    node.collect_under(key, &at.to_string(), origins);
                }
            }
            _ => {}
        }
    }

    fn collect_under(&self, key: &mut String, name: &str, origins: &mut Origins) {
        let parent = key.len();
        if parent > 0 {
            key.push('.');
        }
        key.push_str(name);
        self.collect(key, origins);
        key.truncate(parent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flag(name: &str, path: &str, value: i64) -> Node {
        let origin = Origin::Flag(name.to_owned());
        let path: Vec<String> = path.split('.').map(str::to_owned).collect();
        let mut tree = Node::table(origin.clone());
        tree.put(&path, Node::new(origin, Value::Integer(value)));
        tree
    }

    #[test]
    fn the_upper_layer_holds_and_tables_join() {
        let mut tree = flag("--low", "page.a", 1);
        tree.overlay(flag("--low", "page.b", 1));
        tree.overlay(flag("--high", "page.a", 2));
        let origins = tree.origins();
        assert_eq!(origins.of("page.a"), Origin::Flag("--high".into()));
        assert_eq!(origins.of("page.b"), Origin::Flag("--low".into()));
        assert_eq!(origins.of("page.c"), Origin::Default);
        let path = ["page".to_owned(), "a".to_owned()];
        assert!(matches!(tree.at_path(&path).unwrap().value, Value::Integer(2)));
    }
}
