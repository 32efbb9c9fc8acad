//! The data of a NATS server, put on another one and used there.

use std::sync::Arc;

use tokio::runtime::Runtime;
use wirefold_flow::{Bus, SystemClock};
use wirefold_flow_nats::{Options, connect};
use wirefold_proto::streams::SNAPSHOTS;

use super::continued::{AlertReceiver, check};
use super::messages::read;
use super::web::Web;
use super::{PACKED, Version, files};
use crate::pipeline::nats::setup::{Server, server};
use crate::pipeline::up::{CONFIG, Up};

#[test]
fn up_continues_on_the_data_of_a_server() {
    for version in Version::all() {
        let (web, desk) = (Web::of(&version), AlertReceiver::open());
        let folder = version.with_settings(&web.address(), &desk.address());
        let server = server(&folder);
        folder.run(&["setup", "--config", CONFIG, "--nats", &server.url]).code(0);
        put(&version, &server);
        let up = Up::start_with(&folder, &["--nats", &server.url]);
        check(&up, &version.expected("nats"), &web, Some(&desk));
        assert_eq!(up.terminate().code, Some(0), "{}", version.name());
    }
}

/// Puts messages, entries and snapshots on a server.
#[track_caller]
fn put(version: &Version, server: &Server) {
    let runtime = Runtime::new().expect("a runtime can be made");
    runtime.block_on(async {
        let options = Options::new(server.url.as_str(), "test");
        let bus: Arc<dyn Bus> =
            Arc::new(connect(&options, Arc::new(SystemClock)).await.expect("it runs"));
        for message in read(version, "messages") {
            let place = format!("{}/{}", message.stream, message.sequence);
            let published = bus.publish(message.outgoing()).await;
            let published = published.unwrap_or_else(|error| panic!("{place}: {error}"));
            assert_eq!(published.sequence(), message.sequence, "{place}");
        }
        for entry in read(version, "tables") {
            let (table, key) = entry.key().expect("it is an entry");
            let table = bus.key_value(table).expect("a name");
            let put = table.put(&key, entry.body.clone().into()).await;
            put.unwrap_or_else(|error| panic!("{key}: {error}"));
        }
        let objects = bus.objects(SNAPSHOTS.name).expect("a name");
        for path in files(&version.folder.join("nats").join(SNAPSHOTS.name)) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let bytes = version.bytes(&path.to_string_lossy());
            let mut writer = objects.write(name.trim_end_matches(PACKED)).await.expect("a store");
            writer.append(bytes.into()).await.expect("it takes bytes");
            writer.finish().await.expect("it is stored");
        }
    });
}
