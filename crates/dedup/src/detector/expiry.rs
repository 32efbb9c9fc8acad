//! Removes articles that are older than the window, with everything that was stored about them.

use crate::detector::Detector;
use crate::ids::DocId;
use crate::settings::DAY;

impl Detector {
    /// Removes what left the window, once a day of stream time.
    pub(crate) fn expire(&mut self, time: i64) {
        let day = time.div_euclid(DAY);
        if day <= self.day {
            return;
        }
        let is_other_week = day.div_euclid(7) > self.day.div_euclid(7);
        self.day = day;
        // Each day has a text file of its own, which is removed together with the day's articles.
        self.text_file = None;
        let oldest = time - self.settings.window;
        self.index.expire(oldest);
        self.lexicon.expire(oldest.div_euclid(DAY));
        self.boilerplate.expire(oldest);
        self.folds.expire(time);
        if self.keeps_verdicts {
            let leaving = self.docs.iter().filter(|(_, doc)| doc.time < oldest);
            let leaving: Vec<DocId> = leaving.map(|(number, _)| number).collect();
            self.store_final_verdicts(leaving.into_iter());
        }
        self.docs.retain(|_, doc| doc.time >= oldest);
        self.forget_articles_gone();
        self.recount_bytes();
        self.events.expire_quotations(time - self.settings.event_quiet);
        if is_other_week {
            self.events.forget_terms();
        }
    }

    /// Removes the articles that left the window from all tables.
    pub(crate) fn forget_articles_gone(&mut self) {
        let docs = &self.docs;
        self.by_item.retain(|doc| docs.contains(doc));
        self.by_text.retain(|doc| docs.contains(doc));
        self.stories.forget(|doc| !docs.contains(doc));
        let stories = &self.stories;
        self.events.forget(|story| stories.get(story).is_none());
    }

    /// Stores the final verdicts of articles before they leave the window, if verdicts are kept.
    pub(crate) fn store_final_verdicts(&mut self, leaving: impl Iterator<Item = DocId>) {
        if !self.keeps_verdicts {
            return;
        }
        for number in leaving {
            if let Some(verdict) = self.final_verdict(number) {
                self.verdicts.insert(number, verdict);
            }
        }
    }
}
