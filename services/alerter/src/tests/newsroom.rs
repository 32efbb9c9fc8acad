//! A newsroom that publishes output like fetcher, detector and enricher, with verdicts given by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use wirefold_enricher::editor_note;
use wirefold_envelope::{Limits, Sender, create_streams, timestamp};
use wirefold_flow::{Bus, Clock, Outgoing};
use wirefold_proto::{
    AboutArticle, Agency, AgencyHow, ArticleEnriched, ArticleId, Class, Command, CommandOutcome,
    Confidence, ContentHash, ControlCommand, CopyKind, Correction, DecisionId, EventAfter, EventId,
    EventState, Findings, FoundBy, Input, ItemAddress, Language, LeadEvidence, Offsets, Outlet,
    OutputArticle, OutputCommand, OutputForgotten, Published, StoryAfter, StoryChange, StoryId,
    StoryState, Tag, Target, TextPolicy, TextSource, Verdict, encode,
};
use wirefold_text::Text;

pub(super) struct Newsroom {
    pub(super) bus: Arc<dyn Bus>,
    clock: Arc<dyn Clock>,
    events: BTreeMap<&'static str, Event>,
    /// Events that became part of another, with their first articles.
    merged: BTreeMap<&'static str, (&'static str, ArticleId)>,
    /// The last article of each outlet in an event.
    last: BTreeMap<(&'static str, &'static str), ArticleId>,
    enriched: u64,
    decided: u64,
    commands: u64,
}

#[derive(Default)]
struct Event {
    first: Option<ArticleId>,
    seen: Option<jiff::Timestamp>,
    stories: BTreeMap<(&'static str, &'static str), Story>,
    outlets: BTreeSet<&'static str>,
    articles: u32,
    versions: u32,
}

impl Event {
    fn origins(&self) -> u32 {
        let is_origin = |story: &&Story| story.comparable > 0;
        u32::try_from(self.stories.values().filter(is_origin).count()).unwrap()
    }

    fn state(&self) -> EventState {
        let stories = u32::try_from(self.stories.len()).unwrap();
        EventState {
            revision: u64::from(self.articles),
            stories,
            articles: self.articles,
            versions: self.versions,
            outlets: u32::try_from(self.outlets.len()).unwrap(),
            origins: self.origins(),
            first_seen: self.seen.unwrap(),
            continues: None,
        }
    }
}

#[derive(Default)]
struct Story {
    first: Option<ArticleId>,
    outlets: BTreeSet<&'static str>,
    articles: u32,
    versions: u32,
    /// Whether its text is long enough to be compared.
    comparable: u32,
    seen: Option<jiff::Timestamp>,
}

/// One article, with the properties that matter to alerts.
#[derive(Clone, Copy)]
pub(super) struct Given {
    pub(super) event: &'static str,
    pub(super) story: &'static str,
    pub(super) outlet: &'static str,
    pub(super) title: &'static str,
    pub(super) text: &'static str,
    /// The change of which its text says that it is a correction; it may be empty.
    pub(super) correction: Option<&'static str>,
    pub(super) comparable: bool,
    pub(super) baseline: bool,
    pub(super) updates_baseline: bool,
    pub(super) beyond_budget: bool,
    pub(super) is_version: bool,
    /// The share of its text that its story did not have, as the contract writes it.
    pub(super) novelty: &'static str,
    pub(super) language: &'static str,
    /// The agency behind the text, and whether it is credited and not inferred.
    pub(super) agency: Option<(&'static str, bool)>,
    /// Whether it contains several stories, like a round-up.
    pub(super) is_round_up: bool,
}

/// An article of the event `strike` in a story of its own.
pub(super) fn article(story: &'static str, outlet: &'static str, title: &'static str) -> Given {
    Given {
        event: "strike",
        story,
        outlet,
        title,
        text: "Dockers of the fictional port of Tarrowgate stayed away from the cranes.",
        correction: None,
        comparable: true,
        baseline: false,
        updates_baseline: false,
        beyond_budget: false,
        is_version: false,
        novelty: "1.0",
        language: "en",
        agency: None,
        is_round_up: false,
    }
}

/// Five articles of one event: four texts, and one copy.
pub(super) fn five() -> [Given; 5] {
    [
        article("a", "harborledger.example", "Tarrowgate dock talks collapse"),
        article("b", "meridianpost.example", "Cranes stand still at Tarrowgate"),
        article("a", "valeherald.example", "Dock talks in Tarrowgate collapse"),
        article("c", "northcurrent.example", "What the Tarrowgate strike means for mills"),
        article("d", "quaytimes.example", "Ministers to meet over Tarrowgate"),
    ]
}

impl Newsroom {
    pub(super) async fn new(bus: Arc<dyn Bus>, clock: Arc<dyn Clock>) -> Self {
        create_streams(&*bus, &Limits::default()).await.unwrap();
        let (events, merged, last) = Default::default();
        Self { bus, clock, events, merged, last, enriched: 0, decided: 0, commands: 0 }
    }

    /// Stores the text in `WF_ENRICHED`, and returns the article for the output.
    pub(super) async fn judge(&mut self, given: Given) -> OutputArticle {
        let (id, about) = self.store(given).await;
        self.output(given, id, about)
    }

    async fn store(&mut self, given: Given) -> (ArticleId, AboutArticle) {
        let seen = timestamp(self.clock.now());
        let outlet: Outlet = given.outlet.parse().unwrap();
        let url = format!("https://{}/{}/{}", given.outlet, given.event, self.enriched);
        let id = ArticleId::of(
            &outlet,
            ItemAddress::Url(&url),
            ContentHash::of(given.title, given.text),
        );
        let before = self.last.insert((given.event, given.outlet), id);
        let about = AboutArticle {
            outlet,
            via: None,
            feeds: vec!["wire".parse().unwrap()],
            item_key: url.clone(),
            url: Some(url.replacen("https://", "https://www.", 1)),
            canonical_url: Some(url),
            title: given.title.to_owned(),
            authors: Vec::new(),
            teaser: None,
            truncated: false,
            paywalled: false,
            language_hint: None,
            published: None,
            date_problem: None,
            seen,
            version_of: before.filter(|_| given.is_version),
            source: None,
            media: Vec::new(),
            baseline: given.baseline,
            updates_baseline: given.updates_baseline,
            beyond_budget: given.beyond_budget,
        };
        let text = ArticleEnriched {
            schema: Tag::new(),
            id,
            article: about.clone(),
            text: given.text.to_owned(),
            text_source: TextSource::Feed,
            made_title: None,
            findings: findings(given, &about),
        };
        self.enriched = self.publish(&text).await;
        (id, about)
    }

    fn output(&mut self, given: Given, id: ArticleId, about: AboutArticle) -> OutputArticle {
        self.decided += 1;
        let event = self.events.entry(self.event_of(given)).or_default();
        let is_new_event = event.first.is_none();
        let first = *event.first.get_or_insert(id);
        event.seen.get_or_insert(about.seen);
        event.outlets.insert(given.outlet);
        event.articles += 1;
        event.versions += u32::from(given.is_version);
        let story = event.stories.entry((given.event, given.story)).or_default();
        let is_new_story = story.first.is_none();
        let lead = *story.first.get_or_insert(id);
        story.outlets.insert(given.outlet);
        story.articles += 1;
        story.versions += u32::from(given.is_version);
        story.comparable += u32::from(given.comparable);
        let story_seen = *story.seen.get_or_insert(about.seen);
        let story_state = StoryState {
            revision: u64::from(story.articles),
            articles: story.articles,
            versions: story.versions,
            outlets: u32::try_from(story.outlets.len()).unwrap(),
            first_seen: story_seen,
        };
        let event_state = event.state();
        let class = match (is_new_event, is_new_story) {
            _ if given.is_version => Class::Version,
            (true, _) => Class::New,
            (false, true) => Class::Related,
            (false, false) => Class::Copy,
        };
        OutputArticle {
            schema: Tag::new(),
            id,
            decision: DecisionId { epoch: 1, input: Input::Article(self.enriched) },
            input: self.inputs(),
            changes: Vec::new(),
            text_policy: TextPolicy::None,
            text: None,
            verdict: verdict(given, class, lead, first),
            story_state,
            event_state,
            findings: findings(given, &about),
            article: about,
        }
    }

    /// The event in which an article is now.
    fn event_of(&self, given: Given) -> &'static str {
        self.merged.get(given.event).map_or(given.event, |(into, _)| *into)
    }

    /// The inputs read after the last decision.
    fn inputs(&self) -> Offsets {
        Offsets { enriched: self.enriched, control: self.commands }
    }

    /// Publishes an article through to the output.
    pub(super) async fn tell(&mut self, given: Given) -> OutputArticle {
        let output = self.judge(given).await;
        self.publish(&output).await;
        output
    }

    pub(super) async fn tell_all(&mut self, given: impl IntoIterator<Item = Given>) {
        for one in given {
            self.tell(one).await;
        }
    }

    /// The event `from` becomes part of `into`.
    pub(super) async fn merge(&mut self, from: &'static str, into: &'static str) {
        let merge = merged(self.targets(from, into));
        self.forgotten(merge).await;
        self.absorb(from, into);
    }

    /// Publishes a change by an article that was forgotten since.
    async fn forgotten(&mut self, change: StoryChange) {
        self.store(article("forgotten", "harborledger.example", "Forgotten")).await;
        self.decided += 1;
        let decision = DecisionId { epoch: 1, input: Input::Article(self.enriched) };
        let message = OutputForgotten {
            schema: Tag::new(),
            decision,
            input: self.inputs(),
            at: timestamp(self.clock.now()),
            changes: vec![change],
        };
        let (subject, id) = ("wirefold.v1.output.article.new.en".to_owned(), decision.to_string());
        let (headers, body) = (Default::default(), encode(&message).unwrap().into());
        self.bus.publish(Outgoing { subject, id, headers, body }).await.unwrap();
    }

    /// People join the event `from` with `into`.
    pub(super) async fn join(&mut self, from: &'static str, into: &'static str) {
        (self.decided, self.commands) = (self.decided + 1, self.commands + 1);
        let targets = self.targets(from, into);
        let [gone, kept] = targets;
        let done = self.done(Command::Merge { into: kept, from: gone });
        self.absorb(from, into);
        let (changes, events) = (vec![merged(targets)], vec![self.event_after(into)]);
        self.publish(&OutputCommand { changes, events, ..done }).await;
    }

    /// An article makes the event `from` part of `into`.
    pub(super) async fn merge_by(&mut self, given: Given, [from, into]: [&'static str; 2]) {
        let changes = vec![merged(self.targets(from, into))];
        self.absorb(from, into);
        let article = OutputArticle { changes, ..self.judge(given).await };
        self.publish(&article).await;
    }

    /// Moves an article from its story to a new one, named `into`. Returns the story it left.
    fn part(&mut self, given: Given, article: ArticleId, into: &'static str) -> StoryId {
        let event = self.events.get_mut(given.event).unwrap();
        let story = event.stories.get_mut(&(given.event, given.story)).unwrap();
        let from = story.first.unwrap().into();
        story.outlets.remove(given.outlet);
        story.articles -= 1;
        let outlets = BTreeSet::from([given.outlet]);
        let taken =
            Story { first: Some(article), outlets, articles: 1, comparable: 1, ..Story::default() };
        event.stories.insert((given.event, into), taken);
        from
    }

    /// People split an article from a story. It forms the story `into`.
    pub(super) async fn take_out(
        &mut self,
        given: Given,
        article: &OutputArticle,
        into: &'static str,
    ) {
        let from = self.part(given, article.id, into);
        let articles = vec![article.id];
        let split = StoryChange::Split { from, into: article.id.into(), articles };
        self.apply_command(split, given.event, &[given.story, into]).await;
    }

    fn event_after(&self, event: &'static str) -> EventAfter {
        let found = &self.events[event];
        EventAfter { event: found.first.unwrap().into(), state: found.state() }
    }

    fn after(&self, event: &'static str, stories: &[&'static str]) -> Vec<StoryAfter> {
        let found = &self.events[event];
        let after = |name: &&'static str| {
            let story = &found.stories[&(event, *name)];
            let first = story.first.unwrap();
            let state = StoryState {
                revision: self.decided,
                articles: story.articles,
                versions: story.versions,
                outlets: u32::try_from(story.outlets.len()).unwrap(),
                first_seen: story.seen.or(found.seen).unwrap(),
            };
            StoryAfter {
                story: first.into(),
                event: found.first.unwrap().into(),
                lead: first,
                state,
            }
        };
        stories.iter().map(after).collect()
    }

    /// Another article becomes the lead of a story, because it names an agency.
    pub(super) async fn lead(&mut self, given: Given, article: &OutputArticle) {
        let found = &self.events[given.event].stories[&(given.event, given.story)];
        let story: StoryId = found.first.unwrap().into();
        let (by, confidence) = (LeadEvidence::Credit, Confidence::Certainly);
        let change = StoryChange::Lead { story, lead: article.id, by, confidence };
        self.forgotten(change).await;
    }

    /// People merge two stories of an event.
    pub(super) async fn unite(&mut self, event: &'static str, [from, into]: [&'static str; 2]) {
        let stories = &mut self.events.get_mut(event).unwrap().stories;
        let gone = stories.remove(&(event, from)).unwrap();
        let kept = stories.get_mut(&(event, into)).unwrap();
        kept.outlets.extend(gone.outlets);
        kept.articles += gone.articles;
        kept.versions += gone.versions;
        kept.comparable += gone.comparable;
        let targets = [gone.first, kept.first].map(|first| Target::Story(first.unwrap().into()));
        self.apply_command(merged(targets), event, &[into]).await;
    }

    /// Publishes the result of a command about stories of an event.
    async fn apply_command(
        &mut self,
        change: StoryChange,
        event: &'static str,
        stories: &[&'static str],
    ) {
        self.decided += 1;
        self.commands += 1;
        let first = self.events[event].first.unwrap();
        let done = OutputCommand {
            changes: vec![change],
            stories: self.after(event, stories),
            events: vec![self.event_after(event)],
            ..self.done(Command::NotTheSame { one: first, other: first })
        };
        self.publish(&done).await;
    }

    /// The outcome of the last command, which concerns nothing yet.
    fn done(&self, command: Command) -> OutputCommand {
        let at = timestamp(self.clock.now());
        let (id, by) = (format!("c{}", self.decided), "test".to_owned());
        OutputCommand {
            schema: Tag::new(),
            decision: DecisionId { epoch: 1, input: Input::Command(self.commands) },
            input: self.inputs(),
            command: ControlCommand { schema: Tag::new(), id, at, by, command },
            outcome: CommandOutcome::Applied,
            changes: Vec::new(),
            stories: Vec::new(),
            events: Vec::new(),
        }
    }

    /// People take a story out of its event, into the event `into`, which has its id again if it was joined with that
    /// event. The event that the story leaves keeps its id.
    pub(super) async fn move_story(&mut self, given: Given, into: &'static str) {
        (self.decided, self.commands) = (self.decided + 1, self.commands + 1);
        let from = self.event_of(given);
        let event = self.events.get_mut(from).unwrap();
        let story = event.stories.remove(&(given.event, given.story)).unwrap();
        let lead = story.first.unwrap();
        event.outlets.retain(|outlet| !story.outlets.contains(outlet));
        event.articles -= story.articles;
        event.seen = event.stories.values().filter_map(|left| left.seen).min();
        let outlet = given.outlet.parse().unwrap();
        let fresh = ArticleId::of(&outlet, ItemAddress::Url(into), ContentHash::of(into, into));
        let first = self.merged.remove(into).map_or(fresh, |(_, first)| first);
        let (outlets, articles) = (story.outlets.clone(), story.articles);
        let moved =
            Event { first: Some(first), outlets, articles, seen: story.seen, ..Event::default() };
        self.events.insert(into, moved);
        self.events.get_mut(into).unwrap().stories.insert((into, given.story), story);
        let done = OutputCommand {
            stories: self.after(into, &[given.story]),
            events: vec![self.event_after(from), self.event_after(into)],
            ..self.done(Command::Move { story: lead.into(), with: Vec::new() })
        };
        self.publish(&done).await;
    }

    pub(super) fn targets(&self, from: &str, into: &str) -> [Target; 2] {
        [from, into].map(|name| Target::Event(self.events[name].first.unwrap().into()))
    }

    fn absorb(&mut self, from: &'static str, into: &'static str) {
        let absorbed = self.events.remove(from).unwrap();
        let event = self.events.get_mut(into).unwrap();
        event.stories.extend(absorbed.stories);
        event.outlets.extend(absorbed.outlets);
        event.articles += absorbed.articles;
        event.versions += absorbed.versions;
        event.seen = event.seen.into_iter().chain(absorbed.seen).min();
        self.merged.insert(from, (into, absorbed.first.unwrap()));
    }

    /// The outlets of an event; `None` if the target is not an event.
    pub(super) fn outlets(&self, target: Target) -> Option<u32> {
        let Target::Event(id) = target else {
            return None;
        };
        let is_it = |event: &&Event| event.first.is_some_and(|first| EventId::from(first) == id);
        let event = self.events.values().find(is_it)?;
        Some(u32::try_from(event.outlets.len()).unwrap())
    }

    pub(super) async fn publish<M: Published>(&self, message: &M) -> u64 {
        let sender = Sender { source: "/wirefold/newsroom" };
        let now = timestamp(self.clock.now());
        let message = sender.outgoing(message, now).unwrap();
        self.bus.publish(message).await.unwrap().sequence()
    }
}

fn findings(given: Given, about: &AboutArticle) -> Findings {
    let tag = given.language.parse().unwrap();
    Findings {
        language: Some(Language { tag, how: FoundBy::Rule }),
        note: editor_note(&Text::new(given.text), about),
        ..Findings::default()
    }
}

fn merged([from, into]: [Target; 2]) -> StoryChange {
    StoryChange::Merged { from, into, links: vec![] }
}

fn agency((name, is_credited): (&str, bool)) -> Agency {
    let (how, confidence) = match is_credited {
        true => (AgencyHow::Credited, Confidence::Certainly),
        false => (AgencyHow::Inferred, Confidence::Probably),
    };
    Agency { name: name.to_owned(), how, confidence, evidence: Vec::new() }
}

fn verdict(given: Given, class: Class, lead: ArticleId, first: ArticleId) -> Verdict {
    let correction =
        |change: &str| Correction { change: Some(change.to_owned()).filter(|it| !it.is_empty()) };
    Verdict {
        class,
        kind: (class == Class::Copy).then_some(CopyKind::Reprint),
        comparable: given.comparable,
        story: StoryId::from(lead),
        event: EventId::from(first),
        lead,
        origin: lead,
        origin_confidence: None,
        matches: Vec::new(),
        holds: if given.is_round_up { vec![lead.into(), first.into()] } else { Vec::new() },
        shared_quotations: 0,
        agency: given.agency.map(agency),
        novelty: serde_json::from_str(given.novelty).unwrap(),
        correction: given.correction.map(correction),
        simhash: serde_json::from_str("\"0000000000000000\"").unwrap(),
    }
}
