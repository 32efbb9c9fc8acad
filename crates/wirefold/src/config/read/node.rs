//! Reads the tree with serde.

use std::collections::btree_map;

use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use super::error::ReadError;
use crate::config::tree::{Node, Value};

/// The path of keys to a node.
#[derive(Clone, Copy)]
pub(super) enum Path<'a> {
    Root,
    Below { parent: &'a Path<'a>, key: &'a str },
}

impl Path<'_> {
    fn keys(&self) -> Vec<String> {
        match self {
            Self::Root => Vec::new(),
            Self::Below { parent, key } => {
                let mut keys = parent.keys();
                keys.push((*key).to_owned());
                keys
            }
        }
    }

    /// Adds the path to a mistake, unless a deeper reader has added it.
    fn name(&self, mut error: ReadError) -> ReadError {
        error.path.get_or_insert_with(|| self.keys());
        error
    }
}

/// Reads one node.
#[derive(Clone, Copy)]
pub(super) struct NodeReader<'a> {
    pub(super) node: &'a Node,
    pub(super) path: &'a Path<'a>,
}

impl<'a> NodeReader<'a> {
    fn value<'de, V: Visitor<'de>>(self, value: &Value, visitor: V) -> Result<V::Value, ReadError> {
        match value {
            Value::Table(entries) => {
                let entries = entries.iter();
                visitor.visit_map(TableReader { entries, value: None, path: self.path })
            }
            Value::List(nodes) => {
                visitor.visit_seq(ListReader { nodes: nodes.iter().enumerate(), path: self.path })
            }
            Value::Text(text) => visitor.visit_str(text),
            Value::Bare(_, meant) => self.value(meant, visitor),
            Value::Integer(number) => visitor.visit_i64(*number),
            Value::Float(number) => visitor.visit_f64(*number),
            Value::Boolean(is_so) => visitor.visit_bool(*is_so),
            Value::Unsupported(text) => {
                let found = format!("{text} without quotes");
                Err(de::Error::invalid_type(Unexpected::Other(&found), &visitor))
            }
            Value::Broken => Err(de::Error::invalid_type(Unexpected::Other("nothing"), &visitor)),
        }
    }

    /// The text of a node, if it is one. For a bare value it is the text as given.
    fn text(&self) -> Option<&'a str> {
        match &self.node.value {
            Value::Text(text) | Value::Bare(text, _) => Some(text),
            _ => None,
        }
    }
}

impl<'de> Deserializer<'de> for NodeReader<'_> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.value(&self.node.value, visitor).map_err(|error| self.path.name(error))
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.text() {
            Some(text) => visitor.visit_str(text).map_err(|error| self.path.name(error)),
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_some(self).map_err(|error| self.path.name(error))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        visitor.visit_newtype_struct(self).map_err(|error| self.path.name(error))
    }

    /// A single text is read as a list of one.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.text() {
            Some(_) => {
                let nodes = std::slice::from_ref(self.node).iter().enumerate();
                visitor.visit_seq(ListReader { nodes, path: self.path })
            }
            None => self.deserialize_any(visitor),
        }
    }

    /// Refuses a list in place of a table. serde would read it as the values in order.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        match &self.node.value {
            Value::List(_) => {
                Err(self.path.name(de::Error::invalid_type(Unexpected::Seq, &visitor)))
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        match self.text() {
            Some(word) => {
                let word: StrDeserializer<'_, ReadError> = word.into_deserializer();
                visitor.visit_enum(word).map_err(|error| self.path.name(error))
            }
            None => self.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct
        tuple tuple_struct map identifier ignored_any
    }
}

/// Reads the entries of a table, without broken ones.
struct TableReader<'a> {
    entries: btree_map::Iter<'a, String, Node>,
    value: Option<(&'a String, &'a Node)>,
    path: &'a Path<'a>,
}

impl<'de> de::MapAccess<'de> for TableReader<'_> {
    type Error = ReadError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, ReadError> {
        let whole = |(_, node): &(&String, &Node)| !matches!(node.value, Value::Broken);
        self.value = self.entries.by_ref().find(whole);
        let Some((key, _)) = self.value else { return Ok(None) };
        let name: StrDeserializer<'_, ReadError> = key.as_str().into_deserializer();
        let here = Path::Below { parent: self.path, key };
        seed.deserialize(name).map(Some).map_err(|error| here.name(error))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, ReadError> {
        let (key, node) = self.value.take().expect("serde asks for a key before its value");
        let here = Path::Below { parent: self.path, key };
        seed.deserialize(NodeReader { node, path: &here }).map_err(|error| here.name(error))
    }
}

/// Reads the elements of a list, without broken ones.
struct ListReader<'a> {
    nodes: std::iter::Enumerate<std::slice::Iter<'a, Node>>,
    path: &'a Path<'a>,
}

impl<'de> de::SeqAccess<'de> for ListReader<'_> {
    type Error = ReadError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, ReadError> {
        let whole = |(_, node): &(usize, &Node)| !matches!(node.value, Value::Broken);
        let Some((index, node)) = self.nodes.by_ref().find(whole) else { return Ok(None) };
        let index = index.to_string();
        let here = Path::Below { parent: self.path, key: &index };
        let read = seed.deserialize(NodeReader { node, path: &here });
        read.map(Some).map_err(|error| here.name(error))
    }
}
