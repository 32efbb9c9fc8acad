//! Closes or continues alerts when one event or story is merged into another.
//!
//! Comes in: a merge. Goes out: the alert that closes, and news for the alert that continues. It never
//! notifies twice.

use wirefold_flow::UnixMillis;
use wirefold_proto::{AlertId, ReasonKind, Target};

use super::Engine;
use super::life::{Closing, Life, News, Shown, Silent};
use super::mention;
use super::output_position::OutputPosition;
use super::reasons::reason;

impl Engine {
    /// Closes the alerts of `from` silently into those of `into`. Doing it again changes nothing.
    pub(crate) fn merge(
        &mut self,
        from: Target,
        into: Target,
        at: UnixMillis,
        place: OutputPosition,
    ) {
        self.taken = self.taken.max(place);
        self.time = self.time.max(at);
        let subscriptions = self.by_target.get(&from).cloned().unwrap_or_default();
        for subscription in subscriptions {
            let absorbed = AlertId { subscription: subscription.clone(), target: from };
            let survivor = self.routed(AlertId { subscription, target: into }, place);
            if survivor != absorbed {
                self.close_into(&absorbed, &survivor, Closing { into, at, place });
            }
        }
    }

    /// The alert that news at this position belongs to. After a merge, that is the surviving alert.
    pub(super) fn routed(&self, mut id: AlertId, place: OutputPosition) -> AlertId {
        // Merges go into older targets, so this ends. The limit is a safeguard.
        for _ in 0..64 {
            let life = self.lives.get(&id).filter(|life| place.output > life.merged_at);
            let Some(into) = life.and_then(|life| life.merged_into) else {
                break;
            };
            id.target = into;
        }
        id
    }

    fn close_into(&mut self, absorbed: &AlertId, survivor: &AlertId, closing: Closing) {
        let survives_silently = self.lives.get(survivor).is_none_or(|other| other.revision == 0);
        let Some(life) = self.lives.get_mut(absorbed) else {
            return;
        };
        let mut moved = std::mem::take(&mut life.news);
        // Counts of one target alone do not apply to both together.
        moved.retain(|news| !news.recounts());
        let has_spoken = life.revision > 0;
        if has_spoken && survives_silently {
            moved.push(inheritance(absorbed, life, closing));
        }
        // The other alert already knows of the merge: people undid it, and it is read again.
        let is_taken_back = closing.place.is_covered_by(life.covered);
        if has_spoken && life.merged_into.is_none() && !is_taken_back {
            life.closing = Some(closing);
        }
        if has_spoken && survives_silently {
            self.hand_over(absorbed, survivor);
        }
        match has_spoken {
            true => self.reschedule(absorbed),
            false => drop(self.forget(absorbed)),
        }
        if let Some(news) = moved.into_iter().reduce(together) {
            // The numbers at the merge, since the surviving alert may have reported later ones already.
            let tally = news.tally.max(self.recent.of(survivor.target));
            // The first outlet of the merged target was not the first of both.
            let first = None;
            let news = News { place: closing.place, seen: closing.at, tally, first, ..news };
            self.add_news(survivor, news);
        }
    }
}

/// The news that gives the surviving alert what another has reported, so that it need not notify again.
fn inheritance(absorbed: &AlertId, life: &Life, closing: Closing) -> News {
    let Shown { headline, articles, matched, .. } =
        life.shown.as_deref().cloned().unwrap_or_else(Shown::nothing);
    News {
        place: closing.place,
        from: closing.place,
        seen: closing.at,
        tally: life.now,
        first_seen: life.first_seen.unwrap_or(closing.at),
        reasons: vec![reason(ReasonKind::Merged, another(absorbed.target))],
        mention: life.mention(),
        matched,
        headline,
        articles,
        notes: life.notes,
        silent: Some(Silent::Inherits),
        ..News::default()
    }
}

/// The reason for readers of the surviving alert.
fn another(absorbed: Target) -> &'static str {
    match absorbed {
        Target::Event(_) => "another event became part of it",
        Target::Story(_) => "another story became part of it",
    }
}

fn together(one: News, other: News) -> News {
    News {
        from: one.from.min(other.from),
        tally: one.tally.max(other.tally),
        first_seen: one.first_seen.min(other.first_seen),
        reasons: [one.reasons, other.reasons].concat(),
        mention: mention::together([one.mention, other.mention]),
        matched: [one.matched, other.matched].concat(),
        articles: [one.articles, other.articles].concat(),
        only_counts: one.only_counts && other.only_counts,
        notes: one.notes.and(other.notes),
        silent: other.silent.or(one.silent),
        ..one
    }
}
