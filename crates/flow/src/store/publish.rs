//! The rules of publishing: ids, expectations, bounds.

use super::engine::{Engine, Step};
use crate::clock::UnixMillis;
use crate::config::StreamConfig;
use crate::error::BusError;
use crate::message::{Outgoing, Published, Stored};
use crate::subject::check_subject;

/// The expected state of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// Nothing.
    Nothing,
    /// The sequence of the last message on the subject; 0: there is none.
    LastOnSubject(u64),
    /// The last message of the stream has this sequence, and the id of the new one is not stored yet.
    Last(u64),
}

impl Engine {
    /// Publishes a message. Returns [`Step::Wait`] if the stream is full.
    ///
    /// # Errors
    /// A refusal, which changes nothing, or a failing store.
    pub fn publish(
        &mut self,
        message: &Outgoing,
        expect: Expect,
        now: UnixMillis,
    ) -> Result<Step<Published>, BusError> {
        check_subject(&message.subject)?;
        if message.id.is_empty() {
            return Err(BusError::BadName { what: "message id", name: String::new() });
        }
        let index = self.stream_of(&message.subject)?;
        self.check_size(index, message)?;
        self.expire(index, now)?;
        if let Some(sequence) = self.sequence_of_id(index, &message.id, now) {
            return match expect {
                Expect::Last(_) => Err(self.fenced(index)),
                _ => Ok(Step::Done(Published::Duplicate(sequence))),
            };
        }
        self.check_expected(index, message, expect)?;
        if let Some(wait) = self.make_room(index, message.size())? {
            return Ok(wait);
        }
        let sequence = self.store(index, message, now)?;
        Ok(Step::Done(Published::New(sequence)))
    }

    /// Publishes messages of which each expects the one before it, the first one that with the sequence `after`.
    /// Returns for how many there was room.
    ///
    /// # Errors
    /// [`BusError::Fenced`] if the first is refused, another refusal, or a failing store.
    pub fn append(
        &mut self,
        messages: &[Outgoing],
        after: u64,
        now: UnixMillis,
    ) -> Result<Step<usize>, BusError> {
        for (index, message) in messages.iter().enumerate() {
            match self.publish(message, Expect::Last(after + index as u64), now)? {
                Step::Done(_) => {}
                Step::Wait(until) if index == 0 => return Ok(Step::Wait(until)),
                Step::Wait(_) => return Ok(Step::Done(index)),
            }
        }
        Ok(Step::Done(messages.len()))
    }

    fn sequence_of_id(&mut self, index: usize, id: &str, now: UnixMillis) -> Option<u64> {
        let config = &self.streams[index].config;
        self.ids.entry(config.name.clone()).or_default().find(id, config.window, now)
    }

    fn check_size(&self, index: usize, message: &Outgoing) -> Result<(), BusError> {
        let config = &self.streams[index].config;
        let limit = config.max_message.min(config.max_bytes);
        let size = message.size();
        if size <= limit {
            return Ok(());
        }
        Err(BusError::TooLarge { stream: config.name.clone(), size, limit })
    }

    fn check_expected(
        &mut self,
        index: usize,
        message: &Outgoing,
        expect: Expect,
    ) -> Result<(), BusError> {
        let row = &self.streams[index];
        match expect {
            Expect::Nothing => Ok(()),
            Expect::Last(sequence) if sequence == row.last => Ok(()),
            Expect::Last(_) => Err(self.fenced(index)),
            Expect::LastOnSubject(expected) => {
                let last = self.tables.last(&row.config.name, &message.subject)?;
                let found = last.map_or(0, |last| last.sequence);
                let refused = BusError::Refused { expected, found };
                if found == expected { Ok(()) } else { Err(refused) }
            }
        }
    }

    fn fenced(&self, index: usize) -> BusError {
        BusError::Fenced(self.streams[index].config.name.clone())
    }

    /// Drops the oldest messages that every named reader has read. Returns how long to wait if that is
    /// not enough.
    fn make_room<T>(&mut self, index: usize, size: u64) -> Result<Option<Step<T>>, BusError> {
        let has_room = |engine: &Self| {
            let row = &engine.streams[index];
            row.bytes + size <= row.config.max_bytes
        };
        if has_room(self) {
            return Ok(None);
        }
        let unread = self.first_unread(index)?;
        while let Some(oldest) = self.oldest(index)? {
            if oldest.sequence >= unread {
                let config = &self.streams[index].config;
                return Ok(Some(Step::Wait(Some(oldest.at.plus(config.max_age)))));
            }
            self.drop_oldest(index, &oldest)?;
            if has_room(self) {
                break;
            }
        }
        Ok(None)
    }

    /// The first sequence that a named reader may still need.
    fn first_unread(&mut self, index: usize) -> Result<u64, BusError> {
        let StreamConfig { name, readers, .. } = self.streams[index].config.clone();
        let mut first = u64::MAX;
        for reader in readers {
            first = first.min(self.tables.mark(&name, &reader)? + 1);
        }
        Ok(first)
    }

    fn store(
        &mut self,
        index: usize,
        message: &Outgoing,
        now: UnixMillis,
    ) -> Result<u64, BusError> {
        let row = &mut self.streams[index];
        let stored = Stored {
            stream: row.config.name.clone(),
            sequence: row.last + 1,
            at: now,
            subject: message.subject.clone(),
            id: message.id.clone(),
            headers: message.headers.clone(),
            body: message.body.clone(),
        };
        if row.messages == 0 {
            row.first = stored.sequence;
        }
        row.last = stored.sequence;
        row.messages += 1;
        row.bytes += message.size();
        self.signals.mark_readable(&stored.stream);
        self.unsaved_counters.insert(index);
        let after = now.minus(row.config.window);
        self.tables.insert(&stored)?;
        self.tables.remember_id(&stored, after)?;
        let ids = self.ids.entry(stored.stream).or_default();
        ids.add(stored.id, stored.sequence, now);
        Ok(stored.sequence)
    }
}
