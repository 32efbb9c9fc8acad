//! An article of the output stream as the engine applies it.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use wirefold_corrections::{Note, note, unknown_note};
use wirefold_envelope::unix_millis;
use wirefold_flow::UnixMillis;
use wirefold_proto::{
    AgencyEvidence, AgencyHow, AlertAgency, AlertArticle, AlertReason, ArticleId, Class,
    Confidence, Entity, EntityKind, EvidencePlace, FoundBy, GroupBy, Headline, LanguageTag,
    OutputArticle, ReasonKind, StoryId, Target,
};
use wirefold_query::{Document, Matched, Prepared};
use wirefold_text::extract::name_key;

use super::claims::{Changed, changed, claims_of};
use super::draft::reason;
use super::facts::{ReadText, Said, StoredText};
use super::news::{
    GAP, News, added_entries, announces, first_news, first_said, has_several_subjects, is_digest,
    news,
};
use super::numbers::Tally;
use super::statement::{shortened as sentence, without_outlet};
use super::turns::turns;
use crate::wording::shortened;

/// An edit adds something if at least this share of its text is new to its story …
const ADDS: f64 = 0.05;
/// … and it is another text from this share on.
const MOSTLY_NEW: f64 = 0.5;

/// One article of the output, prepared for the engine.
pub(crate) struct IncomingArticle {
    pub(crate) place: u64,
    pub(crate) seen: UnixMillis,
    pub(crate) output: OutputArticle,
    pub(crate) prepared: Prepared,
    /// Its text as it was fetched if that is still stored, otherwise the part of it in the output.
    pub(crate) text: Arc<ReadText>,
    /// Whether the text is still stored.
    pub(crate) is_stored: bool,
    /// Whether it is named a digest, or begins with a list.
    is_digest: bool,
    /// The article as alerts store it: the same for each subscription.
    article: OnceLock<AlertArticle>,
    headline: OnceLock<Headline>,
    /// Whether it is about no subject of its own: it has several, or reports nothing.
    is_about_none: OnceLock<bool>,
    /// The note of its text about itself.
    pub(super) note: Option<Note>,
    /// Whether it is a version of a live page: its entries are told, and corrected, each by itself.
    pub(super) is_live: bool,
    /// The sentence that states what no earlier text of its event states.
    pub(super) news: Option<News>,
    /// The change of a figure against what its source said before.
    changed: Option<Changed>,
    /// The events whose alerts it may join.
    pub(crate) joins: Vec<Join>,
    /// The articles that still have the error it corrects, if they were searched for.
    pub(super) carriers: Vec<ArticleId>,
}

impl IncomingArticle {
    /// Prepares an article. `stored` is its text, if it is still stored.
    pub(crate) fn new(sequence: u64, output: OutputArticle, stored: Option<ReadText>) -> Self {
        let is_stored = stored.is_some();
        let kept = || {
            let (about, language) = (output.article.clone(), language_of(&output));
            ReadText::new(output.id, about, kept_in(&output), language)
        };
        let text = Arc::new(stored.unwrap_or_else(kept));
        let is_digest = is_digest(&output.article.title, text.text());
        let prepared = match is_digest {
            true => prepared(&output, text.text()).without_lede(),
            false => prepared(&output, text.text()),
        };
        let seen = unix_millis(output.article.seen);
        let agency = output.verdict.agency.as_ref().map_or("", |agency| &agency.name);
        let names = [output.article.outlet.as_str(), agency];
        // The enricher has looked for one, with the names of all agencies.
        let has_note = output.findings.note.is_some();
        let note = has_note.then(|| note(&output.article.title, text.text(), &names)).flatten();
        let (is_live, news, changed, joins, carriers) = Default::default();
        let (article, headline, is_about_none) = Default::default();
        Self {
            place: sequence,
            seen,
            output,
            prepared,
            text,
            is_stored,
            is_digest,
            article,
            headline,
            is_about_none,
            note,
            is_live,
            news,
            changed,
            joins,
            carriers,
        }
    }

    pub(super) fn is_copy(&self) -> bool {
        self.output.verdict.class == Class::Copy
    }

    /// Whether it is a digest of several happenings, which states nothing of any alert.
    pub(super) fn has_several_subjects(&self) -> bool {
        let title = &self.output.article.title;
        let names_none = self.is_digest && !title.contains(':');
        names_none || self.output.verdict.holds.len() > 1 || has_several_subjects(title)
    }

    /// Compares its text with the earlier texts of its event, and of the events that it may join: what it states that
    /// they do not, and which of them still have what it corrects. The last text is its own.
    pub(crate) fn compare(&mut self, all: &[StoredText]) {
        let Some((own, earlier)) = all.split_last() else { return };
        let known: Vec<&ReadText> = earlier.iter().map(|(_, text)| &**text).collect();
        let is_version = |text: &&ReadText| own.1.is_version_of(text);
        let versions: Vec<&ReadText> = known.iter().copied().filter(is_version).collect();
        if let Some(added) = added_entries(&own.1, &versions) {
            // The other entries are of another time, and were told.
            (self.note, self.is_live) = (note("", &added.join("\n"), &[]), true);
        }
        let is_known = |words: &str| versions.iter().any(|it| it.text().contains(words));
        if self.note.as_ref().is_some_and(|note| is_known(&note.whole)) {
            let new = unknown_note("", own.1.text(), &[], is_known);
            self.note = new.or_else(|| self.note.take());
        }
        if self.puts_right() {
            self.find_carriers(all);
        }
        if self.has_several_subjects() {
            return;
        }
        self.changed = changed(own, earlier).filter(|_| self.is_credited() || !self.is_copy());
        let own = &*own.1;
        self.news = news(own, &known, self.is_copy()).map(|it| match self.is_title(&it.sentence) {
            true => News { sentence: own.title().to_owned(), ..it },
            false => it,
        });
    }

    /// The sentence in place of one of its earlier version: of the same turn, if it has that. None if it still has
    /// that one.
    pub(super) fn said_instead(&self, said: &str) -> Option<String> {
        let own = &*self.text;
        let on_one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = on_one_line(own.text());
        let is_said = |part: &str| text.contains(on_one_line(part).trim_end_matches('…'));
        let is_kept = said.split(GAP).all(is_said);
        let told = turns(said);
        let of_turn = |it: &&Said| it.turns.iter().any(|turn| told.contains(turn));
        let same = || own.opening().iter().skip(1).find(of_turn).map(|it| sentence(&it.words));
        (!is_kept && said != own.title()).then(|| same().unwrap_or_else(|| first_said(own)))
    }

    /// Whether it has no sentence beyond its title.
    fn is_headline_only(&self) -> bool {
        let is_short = !self.output.verdict.comparable;
        is_short && first_news(&self.text).is_none_or(|said| self.is_title(&said))
    }

    /// Whether a sentence is its title. Aggregators write the name of the outlet behind either.
    fn is_title(&self, said: &str) -> bool {
        let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
        let title = &self.output.article.title;
        [title, without_outlet(title)].iter().any(|it| letters(it) == letters(said))
    }

    /// Whether it is of a baseline.
    pub(crate) fn is_baseline(&self) -> bool {
        self.output.article.baseline
    }

    /// Whether it is an edit of a baseline article, such as a new headline, that is no other text and adds nothing about a
    /// decisive turn.
    pub(crate) fn is_edit_of_baseline(&self) -> bool {
        let novelty = self.output.verdict.novelty.get();
        let adds = novelty >= MOSTLY_NEW || novelty >= ADDS && self.text.states_turn();
        self.output.article.updates_baseline && !adds && self.put_right().is_none()
    }

    /// The event and the story that alerts may be about.
    pub(crate) fn targets(&self) -> [Target; 2] {
        [GroupBy::Event, GroupBy::Story].map(|by| self.target(by))
    }

    /// These, and the events whose alerts it may join.
    pub(crate) fn related(&self) -> Vec<Target> {
        self.targets().into_iter().chain(self.joins.iter().map(|join| join.into)).collect()
    }

    /// The target of an alert with this grouping.
    pub(crate) fn target(&self, group_by: GroupBy) -> Target {
        match group_by {
            GroupBy::Event => Target::Event(self.output.verdict.event),
            GroupBy::Story => Target::Story(self.output.verdict.story),
        }
    }

    /// The numbers of the event or story. A story has one origin.
    pub(crate) fn tally(&self, target: Target) -> Tally {
        match target {
            Target::Event(_) => Tally::of_event(&self.output.event_state),
            Target::Story(_) => Tally::of_story(&self.output.story_state),
        }
    }

    /// The agency. It surely wrote only what it is credited with from the beginning.
    fn agency(&self) -> Option<AlertAgency> {
        let agency = self.output.verdict.agency.as_ref()?;
        let confidence = match agency.confidence {
            Confidence::Certainly if !self.is_credited() => Confidence::Probably,
            found => found,
        };
        Some(AlertAgency { name: agency.name.clone(), confidence })
    }

    /// Whether an agency is credited before the first sentence. Above a credit at the end may stand what the outlet wrote
    /// itself: `AP contributed to this report`.
    pub(super) fn is_credited(&self) -> bool {
        let Some(agency) = &self.output.verdict.agency else { return false };
        let text = self.text.text();
        let first = self.text.first_sentence().and_then(|said| text.find(&*said.words));
        let begins = |it: &AgencyEvidence| {
            let place = text.find(it.words.trim_end_matches('…'));
            matches!(it.place, EvidencePlace::Byline | EvidencePlace::Dateline)
                && place.is_none_or(|at| first.is_none_or(|first| at < first))
        };
        agency.how == AgencyHow::Credited && agency.evidence.iter().any(begins)
    }

    /// The source: the credited agency, otherwise the outlet.
    pub(super) fn source(&self) -> String {
        let agency = self.output.verdict.agency.as_ref().filter(|_| self.is_credited());
        let outlet = || self.output.article.outlet.to_string();
        agency.map_or_else(outlet, |agency| agency.name.clone())
    }

    pub(crate) fn first_seen(&self, target: Target) -> UnixMillis {
        unix_millis(match target {
            Target::Event(_) => self.output.event_state.first_seen,
            Target::Story(_) => self.output.story_state.first_seen,
        })
    }

    pub(crate) fn article(&self) -> &AlertArticle {
        let about = &self.output.article;
        self.article.get_or_init(|| AlertArticle {
            id: self.output.id,
            enriched: self.output.input.enriched,
            story: Some(self.output.verdict.story),
            outlet: about.outlet.clone(),
            via: about.via.clone(),
            title: shortened(&about.title, TITLE),
            headline_only: self.is_headline_only(),
            agency: self.agency(),
            url: about.url.clone().or_else(|| about.canonical_url.clone()),
            seen: about.seen,
            claims: claims_of(&self.output.findings.numbers),
        })
    }

    pub(super) fn language(&self) -> LanguageTag {
        language_of(&self.output)
    }

    pub(crate) fn headline(&self) -> &Headline {
        self.headline.get_or_init(|| Headline {
            title: shortened(&self.output.article.title, TITLE),
            language: self.language(),
            lede: first_news(&self.text).filter(|said| !self.is_title(said)),
        })
    }

    /// How it mentions the subject, according to the match. A digest of several subjects is about none of them, and an
    /// explainer reports nothing.
    pub(super) fn mention(&self, matched: Option<&Matched>) -> Mention {
        let is_about_none = || self.has_several_subjects() || announces(&self.output.article.title);
        match matched {
            None => Mention::None,
            Some(_) if *self.is_about_none.get_or_init(is_about_none) => Mention::Passing,
            Some(_) if self.retracted().is_some() => Mention::Retracting,
            Some(matched) if matched.in_passing => Mention::Passing,
            Some(_) => Mention::Prominent,
        }
    }

    /// Whether it states a decisive turn.
    pub(super) fn is_decisive(&self) -> bool {
        self.news.as_ref().is_some_and(|news| news.is_decisive)
            || self.changed.as_ref().is_some_and(|changed| changed.is_large)
    }

    /// The change of a figure, if its text matches and the change is large or comes with other news.
    pub(super) fn changed_claim(&self, mention: Mention, has_news: bool) -> Option<AlertReason> {
        let told = self.changed.as_ref().filter(|changed| changed.is_large || has_news);
        let told = told.filter(|_| mention > Mention::None)?;
        let (old, new) = (Some(told.old.to_string()), Some(told.new.to_string()));
        Some(AlertReason { old, new, ..reason(ReasonKind::Material, told.words.clone()) })
    }

    /// The reason for its news. A text that is not about the subject itself only reports a decisive turn.
    pub(super) fn material(&self, mention: Mention) -> Option<AlertReason> {
        let is_about = mention == Mention::Prominent;
        let found = self.news.as_ref().filter(|news| is_about || news.is_decisive)?;
        let sources = vec![self.source()];
        Some(AlertReason { sources, ..reason(ReasonKind::Material, &*found.sentence) })
    }
}

/// How an article mentions the subject of a query.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mention {
    /// Not at all.
    #[default]
    None,
    /// Outside title and lede.
    Passing,
    /// It retracts a report, and is none itself.
    Retracting,
    /// In title or lede.
    Prominent,
}

/// The event whose alerts an article may join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Join {
    pub(crate) into: Target,
    pub(super) how: Joining,
}

/// How an article joins the alert of another event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joining {
    /// It joined before.
    Known,
    /// It joins an alert, also one that was sent.
    Sure,
    /// It joins only an alert that waits.
    AtOnce,
    /// The other event is in another language: it joins nothing, but waits.
    Translation,
    /// The other event may have told what it retracts.
    Retraction,
}

impl Joining {
    /// Whether it may join an alert that was sent.
    pub(super) fn is_sure(self) -> bool {
        matches!(self, Self::Known | Self::Sure)
    }
}

/// The longest title in an alert, in characters: feeds are strangers.
const TITLE: usize = 500;

/// The language that the enricher found.
pub(crate) fn language_of(output: &OutputArticle) -> LanguageTag {
    let found = output.findings.language.as_ref();
    found.map_or_else(LanguageTag::unknown, |found| found.tag.clone())
}

/// The part of its text that the output has.
fn kept_in(output: &OutputArticle) -> String {
    let teaser = output.article.teaser.as_deref().unwrap_or_default();
    [teaser, output.text.as_deref().unwrap_or_default()].join("\n\n")
}

/// The names of an entity in queries: its key, and its printed name if that differs.
fn keys_of(found: &Entity) -> impl Iterator<Item = Cow<'_, str>> {
    let is_listed = found.how == FoundBy::List;
    let printed = is_listed.then(|| name_key(&found.name)).filter(|name| *name != found.key);
    std::iter::once(Cow::Borrowed(&*found.key)).chain(printed.map(Cow::Owned))
}

fn prepared(output: &OutputArticle, text: &str) -> Prepared {
    let about = &output.article;
    let url = about.canonical_url.as_deref().or(about.url.as_deref());
    let url = url.and_then(|url| url::Url::parse(url).ok());
    let feeds: Vec<&str> = about.feeds.iter().map(|feed| feed.as_str()).collect();
    let findings = &output.findings;
    let keys = |places_only: bool| -> Vec<Cow<'_, str>> {
        let wanted = findings.entities.iter();
        let wanted = wanted.filter(|found| !places_only || found.kind == EntityKind::Place);
        wanted.flat_map(keys_of).collect()
    };
    let (all, places) = (keys(false), keys(true));
    let entities: Vec<&str> = all.iter().map(|key| &**key).collect();
    let mut places: Vec<&str> = places.iter().map(|key| &**key).collect();
    let dateline = findings.dateline.as_ref().and_then(|found| found.place.as_deref());
    let dateline = dateline.map(name_key).unwrap_or_default();
    places.extend((!dateline.is_empty()).then_some(dateline.as_str()));
    let cited: Vec<&str> = findings.cited_agencies.iter().map(|it| it.name.as_str()).collect();
    Prepared::new(&Document {
        title: &about.title,
        text,
        outlet: about.outlet.as_str(),
        site: url.as_ref().and_then(url::Url::host_str).unwrap_or_default(),
        agency: output.verdict.agency.as_ref().map_or("", |agency| &agency.name),
        language: findings.language.as_ref().map_or("", |found| found.tag.as_str()),
        class: output.verdict.class.as_str(),
        feeds: &feeds,
        entities: &entities,
        places: &places,
        cited: &cited,
        note: findings.note.as_ref().map_or("", |note| note.kind.as_str()),
    })
}

/// The story of an article, as it was when the article came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InStory {
    pub(super) story: StoryId,
    pub(super) lead: ArticleId,
    pub(super) outlets: u32,
}

impl InStory {
    pub(super) fn of(incoming: &IncomingArticle) -> Self {
        let (verdict, state) = (&incoming.output.verdict, &incoming.output.story_state);
        Self { story: verdict.story, lead: verdict.lead, outlets: state.outlets }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_may_call_what_the_table_knows_as_the_text_does() {
        let keys = |how: &str, name: &str| {
            let found = serde_json::json!({
                "kind": "organisation", "name": name, "key": "european union", "count": 1, "how": how
            });
            let found: Entity = serde_json::from_value(found).expect("an entity");
            keys_of(&found).map(Cow::into_owned).collect::<Vec<_>>()
        };
        assert_eq!(keys("list", "EU"), ["european union", "eu"]);
        assert_eq!(keys("list", "European Union"), ["european union"]);
        assert_eq!(keys("model", "The European Union"), ["european union"]);
    }
}
