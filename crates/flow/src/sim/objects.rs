//! Stores of objects in memory.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;

use super::memory::SimDisk;
use crate::error::Answer;
use crate::error::BusError;
use crate::objects::{ObjectReader, ObjectStores, ObjectWriter, Objects};
use crate::subject::check_name;

impl ObjectStores for SimDisk {
    fn store(&self, name: &str) -> Arc<dyn Objects> {
        Arc::new(Store { memory: self.clone(), name: name.to_owned() })
    }
}

struct Store {
    memory: SimDisk,
    name: String,
}

fn done<'a, T: Send + 'a>(answer: Result<T, BusError>) -> Answer<'a, T> {
    Box::pin(async move { answer })
}

impl Objects for Store {
    fn write<'a>(&'a self, name: &'a str) -> Answer<'a, Box<dyn ObjectWriter>> {
        let (memory, key) = (self.memory.clone(), (self.name.clone(), name.to_owned()));
        let open = || Box::new(NewObject { memory, key, parts: Vec::new() }) as Box<_>;
        done(check_name("object", name).map(|()| open()))
    }

    fn read<'a>(&'a self, name: &'a str) -> Answer<'a, Option<Box<dyn ObjectReader>>> {
        let key = (self.name.clone(), name.to_owned());
        let parts = self.memory.maps().objects.get(&key).cloned();
        done(Ok(parts.map(|parts| Box::new(StoredObject(parts.into())) as Box<_>)))
    }

    fn names(&self) -> Answer<'_, Vec<String>> {
        let maps = self.memory.maps();
        let mine = maps.objects.keys().filter(|(store, _)| *store == self.name);
        done(Ok(mine.map(|(_, name)| name.clone()).collect()))
    }

    fn delete<'a>(&'a self, name: &'a str) -> Answer<'a, ()> {
        self.memory.maps().objects.remove(&(self.name.clone(), name.to_owned()));
        done(Ok(()))
    }
}

struct NewObject {
    memory: SimDisk,
    key: (String, String),
    parts: Vec<Bytes>,
}

impl ObjectWriter for NewObject {
    fn append(&mut self, bytes: Bytes) -> Answer<'_, ()> {
        self.parts.push(bytes);
        done(Ok(()))
    }

    fn finish(self: Box<Self>) -> Answer<'static, ()> {
        let Self { memory, key, parts } = *self;
        memory.maps().objects.insert(key, parts);
        done(Ok(()))
    }
}

struct StoredObject(VecDeque<Bytes>);

impl ObjectReader for StoredObject {
    fn next(&mut self) -> Answer<'_, Option<Bytes>> {
        done(Ok(self.0.pop_front()))
    }
}
