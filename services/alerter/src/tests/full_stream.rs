//! A delivery fails while alerts pile up: `WF_ALERTS` keeps the unsent ones.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tokio_util::sync::CancellationToken;
use wirefold_envelope::{Limits, stream_configs};
use wirefold_flow::StreamConfig;
use wirefold_proto::streams;

use super::newsroom::{Given, article};
use super::running::{World, at_once, settings};
use crate::{Printer, run};

/// A terminal that fails until it is repaired.
#[derive(Default)]
struct Torn {
    is_mended: AtomicBool,
    printed: Mutex<Vec<String>>,
}

impl Printer for Torn {
    fn print(&self, line: &str) -> std::io::Result<()> {
        if !self.is_mended.load(Ordering::SeqCst) {
            return Err(std::io::ErrorKind::BrokenPipe.into());
        }
        self.printed.lock().unwrap().push(line.to_owned());
        Ok(())
    }
}

/// Each article is a happening of its own.
const TITLES: [(&str, &str); 6] = [
    ("a", "Ferry aground at Skarrow"),
    ("b", "Mill burns in Valdane"),
    ("c", "Mayor of Pym resigns"),
    ("d", "Bridge closed over cracks"),
    ("e", "Orchard blight spreads"),
    ("f", "Tram line reopens"),
];

#[tokio::test(start_paused = true)]
async fn a_full_stream_keeps_what_a_delivery_has_not_sent() {
    let mut world = World::new().await;
    let limits = Limits { has_deliveries: true, ..Limits::default() };
    let alerts = stream_configs(&limits).into_iter().find(|it| it.name == streams::ALERTS.name);
    // Three alerts fill the stream.
    let small = StreamConfig { max_bytes: 3_500, ..alerts.unwrap() };
    world.bus.create_stream(small).await.unwrap();

    let torn = Arc::new(Torn::default());
    let stop = CancellationToken::new();
    let alerter = run(world.context(), settings([at_once()]), torn.clone(), stop.clone());
    let running = tokio::spawn(alerter);
    for (event, title) in TITLES {
        let told = article(event, "harborledger.example", title);
        world.newsroom.tell(Given { event, ..told }).await;
        world.pass(5).await;
    }
    let kept = world.bus.stream_state(streams::ALERTS.name).await.unwrap();
    assert!(kept.first == 1 && kept.messages < 6, "{kept:?}: it is full, and has dropped nothing");

    torn.is_mended.store(true, Ordering::SeqCst);
    world.pass(900).await;
    let printed = torn.printed.lock().unwrap().clone();
    for (_, title) in TITLES {
        let times = printed.iter().filter(|block| block.contains(title)).count();
        assert_eq!(times, 1, "{title}: {printed:#?}");
    }
    stop.cancel();
    running.await.unwrap().unwrap();
}
