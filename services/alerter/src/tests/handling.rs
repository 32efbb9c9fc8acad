//! Single alerts that people muted or acknowledged.

use wirefold_envelope::timestamp;
use wirefold_flow::{Clock as _, UnixMillis};
use wirefold_proto::{
    AcknowledgementRecord, AlertId, AlertLink, Command, Interval, LINK_KEY, LinkKey, QuietHours,
    SubscriptionSettings, Volume, acknowledged_key, decode, link_command_id, streams,
};

use super::http::Receiver;
use super::newsroom::{Given, five};
use super::running::{World, at_once, settings, told};
use crate::kinds::{DeliveryTarget, NtfyTarget};
use crate::{Delivery, Settings, Templates};

const HOUR: u64 = 3_600;

impl World {
    async fn mute(&self, name: &str, alert: &AlertId, until: Option<UnixMillis>) {
        self.mute_but_for_corrections(name, alert, until, false).await;
    }

    async fn mute_but_for_corrections(
        &self,
        name: &str,
        alert: &AlertId,
        until: Option<UnixMillis>,
        except_corrections: bool,
    ) {
        let (alert, until) = (alert.clone(), until.map(timestamp));
        self.command(name, Command::AlertMute { alert, until, except_corrections }).await;
    }

    fn in_hours(&self, hours: u64) -> Option<UnixMillis> {
        Some(self.clock.now().plus(std::time::Duration::from_secs(hours * HOUR)))
    }
}

/// Sends at once, and again with each outlet.
fn eager() -> SubscriptionSettings {
    let on = ["new", "outlets+1", "material"].map(str::to_owned).to_vec();
    SubscriptionSettings { on, ..at_once() }
}

#[tokio::test(start_paused = true)]
async fn a_muted_alert_waits_and_the_others_of_its_subscription_do_not() {
    let mut world = World::new().await;
    let settings = settings([eager()]);
    let running = world.start(&settings);
    let [first, second, third, ..] = five();
    world.newsroom.tell(first).await;
    world.pass(1).await;
    let muted = world.alerts().await[0].id.clone();
    world.mute("1", &muted, world.in_hours(2)).await;
    world.newsroom.tell(second).await;
    world.pass(1).await;
    assert!(world.alerts().await[1].held.is_some());
    running.stop().await;
    // It is also muted after a restart.
    let again = world.start(&settings);
    world.newsroom.tell(Given { event: "port", ..third }).await;
    world.pass(1).await;
    let blocks = world.paper.blocks().len();
    assert_eq!(blocks, 2, "the first alert, and the other event's");
    world.pass(2 * HOUR).await;
    let alerts = world.alerts().await;
    let of_muted: Vec<String> = alerts.iter().filter(|alert| alert.id == muted).map(told).collect();
    assert_eq!(of_muted.len(), 3, "{of_muted:?}");
    assert_eq!(world.paper.blocks().len(), 3, "{of_muted:?}");
    again.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_muted_alert_sends_no_silent_revision_either() {
    let mut world = World::new().await;
    let running = world.start(&settings([at_once()]));
    let [first, _, copy, third, _] = five();
    world.newsroom.tell(first).await;
    world.pass(60).await;
    let id = world.alerts().await[0].id.clone();
    world.mute("1", &id, world.in_hours(2)).await;
    world.newsroom.tell(copy).await;
    world.pass(HOUR).await;
    let last = world.alerts().await.pop().unwrap();
    assert!(last.revision > 1 && last.held.is_none(), "it is silent, not held: {last:?}");
    assert_eq!(world.paper.blocks().len(), 1);
    world.pass(2 * HOUR).await;
    world.newsroom.tell(third).await;
    world.pass(HOUR).await;
    assert!(world.paper.blocks().len() > 1, "it sends again");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_correction_passes_a_mute_that_lets_it() {
    let mut world = World::new().await;
    let running = world.start(&settings([eager()]));
    let [first, second, third, ..] = five();
    world.newsroom.tell(first).await;
    world.pass(1).await;
    let id = world.alerts().await[0].id.clone();
    world.mute_but_for_corrections("1", &id, None, true).await;
    world.newsroom.tell(second).await;
    world.pass(1).await;
    let corrected = Some("41 → 14");
    world.newsroom.tell(Given { correction: corrected, ..third }).await;
    world.pass(1).await;
    let held: Vec<bool> = world.alerts().await.iter().map(|alert| alert.held.is_some()).collect();
    assert_eq!(held, [false, true, false]);
    assert_eq!(world.paper.blocks().len(), 2);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_retraction_reaches_who_got_what_it_retracts_past_any_hold() {
    let quiet_hours = Some(QuietHours {
        from: "00:02".to_owned(),
        to: "23:00".to_owned(),
        time_zone: "UTC".to_owned(),
    });
    let asked = || SubscriptionSettings {
        max_per_day: Some(1),
        quiet_hours: quiet_hours.clone(),
        ..eager()
    };
    let [first, second, third, fourth, _] = five();
    let retraction = Given {
        title: "Retraction: dock talks",
        text: "Retraction: The Harbor Ledger retracts this report. The talks did not collapse.",
        is_version: true,
        ..first
    };
    for (on, is_told) in [("retraction", true), ("outlets+1", false)] {
        let mut world = World::new().await;
        let on = ["new", "outlets+1", on].map(str::to_owned).to_vec();
        let subscription = SubscriptionSettings { on: on.clone(), ..asked() };
        let running = world.start(&settings([subscription.clone()]));
        world.newsroom.tell(first).await;
        world.pass(1).await;
        let id = world.alerts().await[0].id.clone();
        world.mute("1", &id, None).await;
        let all = subscription.id.clone();
        world.command("2", Command::SubscriptionMute { subscription: all, until: None }).await;
        world.pass(180).await;
        // Another event is only for those who listen.
        world.newsroom.tell_all([second, Given { event: "port", ..third }]).await;
        world.pass(1).await;
        assert_eq!(world.paper.blocks().len(), 1, "all else is held");
        world.newsroom.tell(retraction).await;
        world.pass(1).await;
        let blocks = world.paper.blocks();
        assert_eq!(blocks.len(), 1 + usize::from(is_told), "{blocks:#?}");
        if is_told {
            assert!(blocks[1].contains("Retraction · "), "{}", blocks[1]);
        }
        // It tells nobody of a report that they never got.
        world.newsroom.tell(Given { event: "port", ..retraction }).await;
        world.newsroom.tell(fourth).await;
        world.pass(1).await;
        assert_eq!(world.paper.blocks().len(), 1 + usize::from(is_told), "{on:?}");
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_unmuted_alert_tells_once_what_it_held() {
    let mut world = World::new().await;
    let running = world.start(&settings([eager()]));
    let [first, second, third, ..] = five();
    world.newsroom.tell(first).await;
    world.pass(1).await;
    let id = world.alerts().await[0].id.clone();
    world.mute("1", &id, None).await;
    world.newsroom.tell(second).await;
    world.pass(60).await;
    world.newsroom.tell(third).await;
    world.pass(60).await;
    assert_eq!(world.paper.blocks().len(), 1);
    world.mute("2", &id, Some(UnixMillis(0))).await;
    world.pass(1).await;
    let last = world.alerts().await.pop().unwrap();
    assert_eq!((last.volume, last.held), (Volume::Loud, None));
    assert_eq!(world.paper.blocks().len(), 2);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_event_that_takes_over_a_muted_one_is_muted() {
    let mut world = World::new().await;
    let query = "cranes OR ministers".to_owned();
    let settings = settings([SubscriptionSettings { query, ..eager() }]);
    let running = world.start(&settings);
    let [quiet, second, third, ..] = five();
    world.newsroom.tell(Given { text: "Nothing of that sort.", ..quiet }).await;
    world.newsroom.tell(Given { event: "port", ..second }).await;
    world.pass(1).await;
    let id = world.alerts().await[0].id.clone();
    world.mute("1", &id, None).await;
    world.newsroom.merge("port", "strike").await;
    world.pass(1).await;
    running.stop().await;
    let again = world.start(&settings);
    world.newsroom.tell(Given { event: "strike", ..third }).await;
    world.pass(1).await;
    let alerts = world.alerts().await;
    let last = alerts.last().unwrap();
    assert_ne!(last.id, id);
    assert_eq!(last.volume, Volume::Loud, "{:?}", alerts.iter().map(told).collect::<Vec<_>>());
    assert!(last.held.is_some());
    again.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_acknowledged_alert_is_silent_until_there_is_news() {
    let mut world = World::new().await;
    let repeat_interval = Some(Interval::from_seconds(6 * 3_600));
    let running = world.start(&settings([SubscriptionSettings { repeat_interval, ..eager() }]));
    let [first, second, ..] = five();
    world.newsroom.tell(first).await;
    world.pass(HOUR).await;
    let of = world.alerts().await[0].target;
    let acknowledge = |release| Command::AlertAcknowledge { of, note: None, release };
    world.command("1", acknowledge(false)).await;
    world.pass(12 * HOUR).await;
    assert_eq!(world.alerts().await.len(), 1);
    world.newsroom.tell(second).await;
    world.pass(7 * HOUR).await;
    let found: Vec<String> = world.alerts().await.iter().map(told).collect();
    assert_eq!(found.len(), 3, "{found:?}");
    assert_eq!(found[2], "loud: told again: nothing new since");
    // Released, it is sent again.
    world.command("2", acknowledge(false)).await;
    world.pass(7 * HOUR).await;
    assert_eq!(world.alerts().await.len(), 3);
    world.command("3", acknowledge(true)).await;
    world.pass(1).await;
    assert_eq!(world.alerts().await.len(), 4);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_event_can_be_taken_before_it_has_an_alert_and_becomes_part_of_another() {
    let mut world = World::new().await;
    let settings = settings([SubscriptionSettings { query: "volcano".to_owned(), ..at_once() }]);
    let running = world.start(&settings);
    let [first, second, third, ..] = five();
    world.newsroom.tell(first).await;
    world.newsroom.tell(Given { event: "port", ..second }).await;
    world.pass(1).await;
    let [from, of] = world.newsroom.targets("port", "strike");
    let note = Some("calls the port".to_owned());
    world.command("1", Command::AlertAcknowledge { of: from, note, release: false }).await;
    assert_eq!(world.alerts().await, []);
    world.newsroom.merge("port", "strike").await;
    world.pass(1).await;
    let stored = async |target| {
        let keys = world.bus.key_value(streams::SUBSCRIPTIONS.name).unwrap();
        let entry = keys.get(&acknowledged_key(target)).await.unwrap();
        let value = entry.and_then(|entry| entry.value);
        let record = value.map(|value| decode::<AcknowledgementRecord>(&value).unwrap());
        record.filter(|record| !record.released).map(|record| record.describe())
    };
    assert_eq!(stored(of).await.as_deref(), Some("test has it: calls the port"));
    assert_eq!(stored(from).await, None);
    // Once released, it stays so.
    world.command("2", Command::AlertAcknowledge { of, note: None, release: true }).await;
    world.newsroom.tell(third).await;
    world.pass(1).await;
    running.stop().await;
    assert_eq!(stored(of).await, None);
}

#[tokio::test(start_paused = true)]
async fn one_subscription_can_inhibit_another() {
    let mut world = World::new().await;
    let named = |id: &str, query: &str, by: &[&str]| SubscriptionSettings {
        id: id.parse().unwrap(),
        name: id.to_uppercase(),
        query: query.to_owned(),
        inhibited_by: by.iter().map(|other| other.parse().unwrap()).collect(),
        ..eager()
    };
    // The subscription that inhibits comes later in the alphabet, and alerts at the same moment.
    let broad = named("all", "*", &["port"]);
    let circle = [named("one", "*", &["two"]), named("two", "*", &["one"])];
    let [one, two] = circle;
    let running = world.start(&settings([broad, named("port", "cranes", &[]), one, two]));
    let [first, second, third, ..] = five();
    world.newsroom.tell(first).await;
    world.newsroom.tell(second).await;
    let other = Given { event: "port", text: "Nothing of that sort.", title: "Other", ..third };
    world.newsroom.tell(other).await;
    world.pass(1).await;
    let alerts = world.alerts().await;
    let loud = |id: &str| {
        let of = alerts.iter().filter(|alert| alert.subscription.as_str() == id);
        of.filter(|alert| alert.volume == Volume::Loud).count()
    };
    let found: Vec<String> = alerts.iter().map(told).collect();
    assert_eq!((loud("port"), loud("all")), (2, 1), "{found:#?}");
    assert!(found.iter().any(|words| words.contains("silent: PORT tells of it")), "{found:#?}");
    assert!(loud("one") + loud("two") >= 2, "a circle silences nobody: {found:#?}");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_buttons_of_a_phone_work_once() {
    let mut world = World::new().await;
    let mut receiver = Receiver::start([]).await;
    let kind = DeliveryTarget::Ntfy(NtfyTarget { url: receiver.url.clone(), token: None });
    let phone = Delivery {
        name: "phone".to_owned(),
        target: kind,
        feed_digest: false,
        health: false,
        templates: Templates::default(),
    };
    let subscription = SubscriptionSettings { deliveries: vec!["phone".to_owned()], ..eager() };
    let settings = Settings {
        deliveries: vec![phone],
        allow: vec!["127.0.0.0/8".parse().unwrap()],
        page: Some("https://news.example".to_owned()),
        ..settings([subscription])
    };
    let running = world.start(&settings);
    let [first, second, third, ..] = five();
    world.newsroom.tell(first).await;
    let actions = receiver.next().await.header("x-actions").to_owned();
    let (mute, corrections) = actions.split_once("; ").unwrap();
    let rest = mute.strip_prefix("http, Mute, https://news.example/links/").unwrap();
    assert!(corrections.starts_with("http, Only corrections, https://"), "{actions}");
    let token = rest.strip_suffix(", method=POST, clear=true").unwrap();
    // The gateway reads it with the key that both find on the bus.
    let keys = world.bus.key_value(streams::SUBSCRIPTIONS.name).unwrap();
    let key = keys.get(LINK_KEY).await.unwrap().unwrap().value.unwrap();
    let key = LinkKey::from_bytes(&key).unwrap();
    let link = AlertLink::read(token, &key, timestamp(world.clock.now())).unwrap();
    let id = link_command_id(token);
    let follow =
        || Command::AlertMute { alert: link.alert.clone(), until: None, except_corrections: false };
    world.command(&id, follow()).await;
    world.newsroom.tell(second).await;
    world.pass(1).await;
    assert!(world.alerts().await[1].held.is_some());
    world.mute("2", &link.alert, Some(UnixMillis(0))).await;
    assert_eq!(receiver.next().await.header("x-priority"), "4");
    // Stored again as another message, it has no further effect.
    world.pass(10 * 60).await;
    world.command(&id, follow()).await;
    world.newsroom.tell(third).await;
    world.pass(1).await;
    assert_eq!(world.alerts().await.last().unwrap().held, None);
    running.stop().await;
}
