//! Manual overrides between the articles: applied in order or refused, with the same result after
//! restarts.

use std::collections::BTreeMap;

use tokio_util::sync::CancellationToken;
use wirefold_envelope::Sender;
use wirefold_flow::{Lease, Outgoing, Stored};
use wirefold_proto::{
    ArticleEnriched, ArticleId, Class, Command, CommandOutcome, ControlCommand, EventId, Output,
    OutputArticle, OutputCommand, StoryChange, StoryId, Tag, Target,
};

use super::harness::{Harness, TestArticle, outgoing, seed_articles, settings, without_epochs};
use crate::{Settings, run};

fn commanded(id: &str, command: Command) -> ControlCommand {
    let at = jiff::Timestamp::UNIX_EPOCH;
    ControlCommand { schema: Tag::new(), id: id.to_owned(), at, by: "cli".to_owned(), command }
}

fn judged_article(stored: &Stored) -> Option<OutputArticle> {
    match Output::decode(&stored.body) {
        Ok(Output::Article(record)) => Some(*record),
        _ => None,
    }
}

#[track_caller]
fn judged_command(stored: &Stored) -> OutputCommand {
    match Output::decode(&stored.body) {
        Ok(Output::Command(record)) => *record,
        other => panic!("no command: {other:?}"),
    }
}

/// A detector with the number of decisions that it has made so far.
pub(super) struct TestDetector {
    harness: Harness,
    count: usize,
}

impl TestDetector {
    pub(super) async fn start() -> Self {
        Self { harness: Harness::new().await, count: 0 }
    }

    pub(super) async fn judge(&mut self, articles: &[ArticleEnriched]) -> Vec<OutputArticle> {
        self.judge_messages(articles.iter().map(outgoing).collect()).await
    }

    pub(super) async fn judge_messages(&mut self, messages: Vec<Outgoing>) -> Vec<OutputArticle> {
        let count = messages.len();
        for message in messages {
            self.harness.bus.publish(message).await.unwrap();
        }
        self.count += count;
        let judged = self.harness.run_to(self.count).await;
        judged[self.count - count..].iter().filter_map(judged_article).collect()
    }

    pub(super) async fn command(&mut self, command: Command) -> OutputCommand {
        self.count += 1;
        self.harness.command(&commanded(&format!("c{}", self.count), command)).await;
        judged_command(self.harness.run_to(self.count).await.last().unwrap())
    }

    #[track_caller]
    pub(super) fn check_refused(record: &OutputCommand, words: &str) {
        let CommandOutcome::Refused { reason } = &record.outcome else {
            panic!("{record:?}");
        };
        assert!(reason.contains(words), "{reason}");
        assert!(record.changes.is_empty() && record.stories.is_empty(), "{record:?}");
    }
}

const WIRE: &str = "The ferry between Quayton and the island of Tarrow stays in port until the \
    weekend, its owner said, because a crack was found beside the ramp through which cars drive \
    on board. Forty drivers slept in their vans beside the pier, and the one bakery of the island \
    ran out of flour by noon. A tug of the coast guard takes doctors and letters across twice a \
    day. Two years ago the same ramp was welded in the yard of Vennby, and the yard says that it \
    was never asked to look at the other side of it.";

/// [`WIRE`] with another ending, as this outlet prints it.
fn copy(outlet: &str) -> ArticleEnriched {
    let ending = format!("Readers of {outlet} may write to the editor about boats and weather.");
    let text = format!("{WIRE}\n\n{ending}");
    let article = TestArticle { outlet: outlet.to_owned(), ..TestArticle::file(outlet, &text) };
    article.enriched(1_000)
}

fn other(outlet: &str) -> ArticleEnriched {
    let text = "In the hills above Mill Hollow a choir of forty beekeepers sang to their hives all \
        night, since an old book says that a swarm which hears a hymn at midnight will not leave \
        before the lime trees are over. Neighbours brought lanterns, soup and two fiddles, and the \
        mayor came in slippers. In the morning three swarms had left all the same, and the choir \
        voted to try a waltz next year instead of the hymn, by twenty voices to nineteen.";
    let article = TestArticle { outlet: outlet.to_owned(), ..TestArticle::file(outlet, text) };
    article.enriched(2_000)
}

fn id(article: &ArticleEnriched) -> ArticleId {
    article.id
}

#[tokio::test]
async fn a_split_lasts() {
    let mut detector = TestDetector::start().await;
    let outlets = ["a.example", "b.example", "c.example"];
    let articles: Vec<ArticleEnriched> = outlets.iter().map(|outlet| copy(outlet)).collect();
    let story: StoryId = articles[0].id.into();
    assert!(detector.judge(&articles).await.iter().all(|one| one.verdict.story == story));

    let record = detector.command(Command::Split { story, articles: vec![id(&articles[1])] }).await;
    let into: StoryId = articles[1].id.into();
    let split = StoryChange::Split { from: story, into, articles: vec![articles[1].id] };
    assert_eq!((&record.outcome, &record.changes[..]), (&CommandOutcome::Applied, &[split][..]));
    let counts = |decided: &OutputCommand| -> Vec<_> {
        let counted = decided.stories.iter();
        counted.map(|after| (after.story, after.state.articles, after.state.outlets)).collect()
    };
    assert_eq!(counts(&record), [(story, 2, 2), (into, 1, 1)]);
    let [event] = &record.events[..] else { panic!("{:?}", record.events) };
    let state = &event.state;
    assert_eq!((state.stories, state.articles, state.outlets, state.origins), (2, 3, 3, 2));

    // Copies of either join the story with the most similar text, and the two stories never merge.
    let reworded = |text: &str, outlet: &str| {
        let article = TestArticle { outlet: outlet.to_owned(), ..TestArticle::file(outlet, text) };
        article.enriched(3_000)
    };
    let late = [
        reworded(&copy("b.example").text, "d.example"),
        reworded(&copy("c.example").text, "e.example"),
    ];
    let joined: Vec<StoryId> =
        detector.judge(&late).await.iter().map(|late| late.verdict.story).collect();
    assert_eq!(joined, [into, story]);
    let many: Vec<ArticleEnriched> = (0..6).map(|n| copy(&format!("x{n}.example"))).collect();
    assert!(detector.judge(&many).await.iter().all(|one| one.changes.is_empty()));

    let back = Command::Merge { into: Target::Story(into), from: Target::Story(story) };
    let merged = detector.command(back.clone()).await;
    let (from, to) = (Target::Story(into), Target::Story(story));
    assert_eq!(merged.changes, [StoryChange::Merged { from, into: to, links: vec![] }]);
    assert_eq!((counts(&merged)[0].1, merged.events[0].state.origins), (11, 1));
    TestDetector::check_refused(&detector.command(back).await, "are one already");
    // The former id still leads to the articles.
    let again = Command::Split { story: into, articles: vec![id(&articles[1]), id(&late[0])] };
    assert_eq!(counts(&detector.command(again).await), [(story, 9, 9), (into, 2, 2)]);
}

#[tokio::test]
async fn a_preferred_outlet_leads_and_leaves_with_its_article() {
    let mut detector = TestDetector::start().await;
    let articles: Vec<ArticleEnriched> =
        ["a.example", "b.example", "c.example"].iter().map(|outlet| copy(outlet)).collect();
    let story: StoryId = articles[0].id.into();
    detector.judge(&articles).await;
    let prefer = |outlet: &str| Command::Prefer { story, outlet: outlet.parse().unwrap() };
    let preferred = detector.command(prefer("b.example")).await;
    assert_eq!(preferred.changes, [StoryChange::Preferred { story, lead: articles[1].id }]);
    let later = detector.judge(&[copy("d.example")]).await;
    let verdict = &later[0].verdict;
    assert_eq!((verdict.lead, verdict.origin), (articles[1].id, articles[0].id));
    assert!(detector.command(prefer("b.example")).await.changes.is_empty(), "it does");
    // If the preferred article leaves, it leads the new story, and the first article leads the
    // rest.
    let leaving = vec![id(&articles[0]), id(&articles[2])];
    let record = detector.command(Command::Split { story, articles: leaving }).await;
    let leads: Vec<ArticleId> = record.stories.iter().map(|after| after.lead).collect();
    assert_eq!(leads, [articles[0].id, articles[1].id], "the first keeps the name");
    TestDetector::check_refused(
        &detector.command(prefer("nobody.example")).await,
        "nobody.example",
    );
}

#[tokio::test]
async fn articles_that_are_not_the_same_come_apart() {
    let mut detector = TestDetector::start().await;
    let articles = [copy("a.example"), copy("b.example"), other("c.example")];
    detector.judge(&articles).await;
    let [first, second, third] = articles.each_ref().map(id);
    let record = detector.command(Command::NotTheSame { one: second, other: first }).await;
    assert!(matches!(&record.changes[..], [StoryChange::Split { .. }]), "{record:?}");
    let again = detector.command(Command::NotTheSame { one: first, other: second }).await;
    assert_eq!(
        (again.outcome, again.changes.len(), again.stories.len()),
        (CommandOutcome::Applied, 0, 2)
    );
    let apart = detector.command(Command::NotTheSame { one: third, other: first }).await;
    assert_eq!((apart.outcome, apart.changes.len()), (CommandOutcome::Applied, 0));
    TestDetector::check_refused(
        &detector.command(Command::NotTheSame { one: first, other: first }).await,
        "cannot be kept apart from itself",
    );
}

#[tokio::test]
async fn a_story_taken_out_of_its_event_stays_out_and_the_event_keeps_its_id() {
    let mut detector = TestDetector::start().await;
    let (first, second) = (copy("a.example"), other("b.example"));
    let judged = detector.judge(&[first.clone(), second.clone()]).await;
    let (one, two) = (judged[0].verdict.event, judged[1].verdict.event);
    let (story, event) = (judged[0].verdict.story, Target::Event(one));
    TestDetector::check_refused(
        &detector.command(Command::Move { story, with: vec![] }).await,
        "the only one",
    );
    detector.command(Command::Merge { into: event, from: Target::Event(two) }).await;
    // Also the story that opened it can leave: the others keep the id.
    let record = detector.command(Command::Move { story, with: vec![] }).await;
    let fresh = record.stories[0].event;
    assert!(record.outcome == CommandOutcome::Applied && fresh != one && fresh != two);
    let counts: Vec<_> = record.events.iter().map(|it| (it.event, it.state.stories)).collect();
    assert!(counts.contains(&(one, 1)) && counts.contains(&(fresh, 1)), "{counts:?}");
    // Later copies join the story, in its new event, and versions of the other the old one.
    let later = detector.judge(&[copy("c.example"), other("d.example")]).await;
    let events: Vec<_> = later.iter().map(|it| it.verdict.event).collect();
    assert_eq!(events, [fresh, one]);
    // To join the two again undoes it: the event has its id, whichever of them is named first.
    let again = detector.command(Command::Merge { into: Target::Event(fresh), from: event }).await;
    let merged = StoryChange::Merged { from: Target::Event(fresh), into: event, links: vec![] };
    assert_eq!((again.outcome, again.changes), (CommandOutcome::Applied, vec![merged]));
    assert_eq!((again.events[0].event, again.events[0].state.stories), (one, 2));
    // The record names the stories that joined, which undo the join if they are taken out again.
    let joined: Vec<StoryId> = again.stories.iter().map(|it| it.story).collect();
    assert_eq!(joined, [story]);
    let with = vec![judged[1].verdict.story];
    let all = detector.command(Command::Move { story, with }).await;
    TestDetector::check_refused(&all, "nothing would be left of it");
    let undone = detector.command(Command::Move { story, with: joined }).await;
    assert_eq!(events_of(&undone), BTreeMap::from([(fresh, 1), (one, 1)]));
}

/// The events of a command's record, with how many stories each has.
fn events_of(record: &OutputCommand) -> BTreeMap<EventId, u32> {
    record.events.iter().map(|it| (it.event, it.state.stories)).collect()
}

#[tokio::test]
async fn a_join_that_is_undone_gives_the_event_its_id_again() {
    // Each command meets a detector that has just started and replayed everything.
    let mut detector = TestDetector::start().await;
    let judged = detector.judge(&[copy("a.example"), other("b.example")]).await;
    let [(first, one), (second, two)] =
        [0, 1].map(|at| (judged[at].verdict.story, judged[at].verdict.event));
    let join = |into, from| Command::Merge { into: Target::Event(into), from: Target::Event(from) };
    let take_out = |story| Command::Move { story, with: vec![] };
    for (into, from) in [(one, two), (two, one)] {
        let joined = detector.command(join(into, from)).await;
        assert_eq!(events_of(&joined), BTreeMap::from([(one, 2)]));
        let undone = detector.command(take_out(second)).await;
        assert_eq!(events_of(&undone), BTreeMap::from([(one, 1), (two, 1)]));
        let later = detector.judge(&[other(&format!("{from}.example"))]).await;
        assert_eq!(later[0].verdict.event, two);
    }
    // The event keeps its id if its first story leaves it, and a join gives that story's event back to it.
    detector.command(join(one, two)).await;
    let fresh = detector.command(take_out(first)).await.stories[0].event;
    assert!(fresh != one && fresh != two);
    detector.command(join(two, fresh)).await;
    let undone = detector.command(take_out(first)).await;
    assert_eq!(events_of(&undone), BTreeMap::from([(fresh, 1), (one, 1)]));
    assert_eq!(undone.stories[0].event, fresh);
}

#[tokio::test]
async fn merged_events_are_found_by_both_ids() {
    let mut detector = TestDetector::start().await;
    let articles = [copy("a.example"), other("b.example")];
    let [first, second] = detector
        .judge(&articles)
        .await
        .iter()
        .map(|record| record.verdict.event)
        .collect::<Vec<_>>()[..]
    else {
        panic!("two");
    };
    assert_ne!(first, second);
    let (into, from) = (Target::Event(second), Target::Event(first));
    let record = detector.command(Command::Merge { into, from }).await;
    assert_eq!(record.changes, [StoryChange::Merged { from: into, into: from, links: vec![] }]);
    let [event] = &record.events[..] else { panic!("{:?}", record.events) };
    assert_eq!((event.event, event.state.stories, event.state.origins), (first, 2, 2));
    TestDetector::check_refused(
        &detector.command(Command::Merge { into, from }).await,
        "are one already",
    );
    let later = detector.judge(&[copy("c.example")]).await;
    assert_eq!((later[0].verdict.event, later[0].event_state.stories), (first, 2));
}

#[tokio::test]
async fn a_refusal_names_what_is_wrong() {
    let mut detector = TestDetector::start().await;
    let articles = [copy("a.example"), copy("b.example"), other("c.example")];
    detector.judge(&articles).await;
    let [first, second, third] = articles.each_ref().map(id);
    let (story, alien): (StoryId, ArticleId) = (first.into(), copy("z.example").id);
    let split = |some: &[ArticleId]| Command::Split { story, articles: some.to_vec() };
    let event = Target::Event(first.into());
    let cases = [
        (split(&[]), "no articles are named".to_owned()),
        (split(&[alien]), format!("no article {alien} in the window")),
        (split(&[third]), format!("{third} is not in story {story} but in s-")),
        (split(&[first, second, second]), "nothing would be left".to_owned()),
        (
            Command::Split { story: alien.into(), articles: vec![first] },
            format!("no story {}", StoryId::from(alien)),
        ),
        (
            Command::Merge { into: Target::Story(story), from: event },
            "only two of a sort".to_owned(),
        ),
        (Command::Merge { into: event, from: event }, "are one already".to_owned()),
        (
            Command::Merge { into: event, from: Target::Event(alien.into()) },
            "no event e-".to_owned(),
        ),
        (Command::NotTheSame { one: first, other: alien }, format!("no article {alien}")),
    ];
    for (command, words) in cases {
        TestDetector::check_refused(&detector.command(command).await, &words);
    }
    // Eight days later the first ones have left the window.
    let article = TestArticle { outlet: "d.example".to_owned(), ..TestArticle::file("d", WIRE) };
    detector.judge(&[article.enriched(8 * 24 * 3_600)]).await;
    TestDetector::check_refused(&detector.command(split(&[second])).await, "no story");
}

#[tokio::test]
async fn a_command_sent_twice_is_applied_once_also_after_a_restart() {
    let mut detector = TestDetector::start().await;
    let articles = [copy("a.example"), copy("b.example")];
    detector.judge(&articles).await;
    let story: StoryId = articles[0].id.into();
    let command = commanded("once", Command::Split { story, articles: vec![articles[1].id] });
    let sender = Sender { source: "/wirefold/gateway" };
    let send = |id: &str| {
        let message = sender.outgoing(&command, command.at).unwrap();
        detector.harness.bus.publish(Outgoing { id: id.to_owned(), ..message })
    };
    for id in ["first", "again"] {
        send(id).await.unwrap();
    }
    let three = detector.harness.run_to(3).await;
    assert_eq!(judged_command(&three[2]).outcome, CommandOutcome::Applied);
    send("and again").await.unwrap();
    detector.harness.publish(&[copy("c.example")]).await;
    let judged = detector.harness.run_to(4).await;
    assert_eq!(judged_article(&judged[3]).map(|record| record.id), Some(copy("c.example").id));
}

/// The next command, made from the decisions so far.
fn word(number: usize, judged: &[Stored]) -> Command {
    let articles: Vec<OutputArticle> = judged.iter().filter_map(judged_article).collect();
    let copy = articles.iter().rev().find(|record| record.verdict.class == Class::Copy);
    let copy = copy.unwrap_or(&articles[0]);
    let (last, first) = (&articles[articles.len() - 1].verdict, &articles[0].verdict);
    match number % 7 {
        0 => Command::Split { story: copy.verdict.story, articles: vec![copy.id] },
        1 => Command::NotTheSame { one: copy.id, other: copy.verdict.origin },
        2 => Command::Merge { into: Target::Story(last.story), from: Target::Story(first.story) },
        3 => {
            Command::Prefer { story: first.story, outlet: "harborledger.example".parse().unwrap() }
        }
        4 => Command::Split { story: first.story, articles: vec![articles[0].id] },
        5 => Command::Merge { into: Target::Event(last.event), from: Target::Event(first.event) },
        _ => Command::Move { story: first.story, with: vec![] },
    }
}

/// Publishes seven articles and one command in turn. `after` waits for this many decisions each
/// time.
async fn tell(
    harness: &Harness,
    articles: &[ArticleEnriched],
    after: impl AsyncFn(usize) -> Vec<Stored>,
) -> Vec<Stored> {
    let mut judged = Vec::new();
    for (number, part) in articles.chunks(7).enumerate() {
        harness.publish(part).await;
        judged = after(judged.len() + part.len()).await;
        harness.command(&commanded(&format!("c{number}"), word(number, &judged))).await;
        judged = after(judged.len() + 1).await;
    }
    judged
}

async fn undisturbed(articles: &[ArticleEnriched]) -> Vec<Stored> {
    let harness = Harness::new().await;
    let (stop, running) = harness.start();
    let judged = tell(&harness, articles, async |count| harness.judged(count).await).await;
    stop.cancel();
    running.await.unwrap().unwrap();
    judged
}

#[tokio::test]
async fn restarts_with_manual_overrides_among_the_articles_give_the_same_bytes() {
    let articles = seed_articles();
    let expected = undisturbed(&articles).await;
    let applied = expected.iter().filter_map(|stored| match Output::decode(&stored.body) {
        Ok(Output::Command(record)) => Some(record.outcome == CommandOutcome::Applied),
        _ => None,
    });
    let applied: Vec<bool> = applied.collect();
    assert!(applied.iter().filter(|is| **is).count() * 3 > applied.len() * 2, "{applied:?}");
    for (snapshot_after, is_killed) in
        [(0, false), (0, true), (1, false), (3, true), (1_000, false)]
    {
        let harness = Harness::new().await;
        let judged = tell(&harness, &articles, async |count| {
            let stop = CancellationToken::new();
            let settings = Settings { snapshot_after, ..settings() };
            let running =
                tokio::spawn(run(harness.context(), settings, Lease::alone(), stop.clone()));
            let judged = harness.judged(count).await;
            if is_killed {
                running.abort();
                let _ = running.await;
            } else {
                stop.cancel();
                running.await.unwrap().unwrap();
            }
            harness.sim.restart();
            judged
        });
        let judged = judged.await;
        assert_eq!(
            without_epochs(&judged),
            without_epochs(&expected),
            "{snapshot_after} {is_killed}"
        );
    }
}
