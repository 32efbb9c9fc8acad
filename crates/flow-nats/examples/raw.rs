//! JetStream alone, for `cargo xtask bench pipeline`: three hops by the plain client without wirefold's code,
//! each a process, with the same windows and acknowledgements as in wirefold.
//!
//! `raw setup URL`, `raw publish URL COUNT BYTES`, `raw relay URL HOP COUNT`, `raw sink URL COUNT`. A hop is
//! a stream, from 1 to 3. Each prints a line once it is ready, and ends when it is done.

use std::error::Error;
use std::io::Write as _;

use async_nats::{Client, HeaderMap, Message, Request};
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::{self, FuturesUnordered};
use serde_json::{Value, json};

type Done = Result<(), Box<dyn Error>>;

/// The streams, one for each hop.
const HOPS: u64 = 3;
/// The number of the source's publishes that may wait for their acknowledgement.
const SOURCE_WINDOW: usize = 100;
/// How many messages a relay holds; it requests twice as many.
const WINDOW: usize = 256;
const MINUTE: u64 = 60_000_000_000;

#[expect(clippy::disallowed_methods, reason = "this is a command line of four words")]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Done {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, url, numbers @ ..] = &arguments[..] else {
        return Err("raw setup|publish|relay|sink URL …".into());
    };
    let numbers: Vec<u64> = numbers.iter().map(|it| it.parse()).collect::<Result<_, _>>()?;
    let client = async_nats::connect(url).await?;
    writeln!(std::io::stdout(), "ready")?;
    match (what.as_str(), &numbers[..]) {
        ("setup", []) => setup(&client).await?,
        ("publish", [count, bytes]) => publish(&client, *count, usize::try_from(*bytes)?).await?,
        ("relay", [hop, count]) => relay(&client, *hop, *count, true).await?,
        ("sink", [count]) => relay(&client, HOPS, *count, false).await?,
        _ => return Err(format!("{what} {numbers:?} is none of these").into()),
    }
    client.drain().await?;
    Ok(())
}

/// Streams like those of wirefold, and a durable consumer for each.
async fn setup(client: &Client) -> Done {
    for hop in 1..=HOPS {
        let stream = json!({
            "name": format!("RAW{hop}"),
            "subjects": [format!("raw.{hop}")],
            "retention": "limits",
            "storage": "file",
            "discard": "new",
            "duplicate_window": 10 * MINUTE,
            "allow_direct": true,
            "num_replicas": 1,
        });
        ask(client, &format!("STREAM.CREATE.RAW{hop}"), &stream).await?;
        let config = json!({
            "name": "reader",
            "durable_name": "reader",
            "ack_policy": "explicit",
            "ack_wait": MINUTE,
            "max_ack_pending": 4 * WINDOW,
        });
        let reader = json!({ "stream_name": format!("RAW{hop}"), "config": config });
        ask(client, &format!("CONSUMER.CREATE.RAW{hop}.reader"), &reader).await?;
    }
    Ok(())
}

async fn ask(client: &Client, what: &str, body: &Value) -> Done {
    let answer = client.request(format!("$JS.API.{what}"), body.to_string().into()).await?;
    let answer: Value = serde_json::from_slice(&answer.payload)?;
    match answer.get("error") {
        Some(error) => Err(format!("{what}: {error}").into()),
        None => Ok(()),
    }
}

/// Publishes this many messages of this many bytes.
async fn publish(client: &Client, count: u64, bytes: usize) -> Done {
    let body = Bytes::from("x".repeat(bytes));
    let publishing = stream::iter(0..count).map(|number| {
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Msg-Id", number.to_string());
        store(client, 1, headers, body.clone())
    });
    let mut stored = publishing.buffered(SOURCE_WINDOW);
    while let Some(stored) = stored.next().await {
        stored?;
    }
    Ok(())
}

/// Returns once the message is stored.
async fn store(client: &Client, hop: u64, headers: HeaderMap, body: Bytes) -> Done {
    let request = Request::new().headers(headers).payload(body);
    let answer = client.send_request(format!("raw.{hop}"), request).await?;
    let answer: Value = serde_json::from_slice(&answer.payload)?;
    match answer.get("error") {
        Some(error) => Err(format!("raw.{hop}: {error}").into()),
        None => Ok(()),
    }
}

/// Reads this many messages of a hop, stores each in the next one if there is one, and acknowledges it.
async fn relay(client: &Client, hop: u64, count: u64, goes_on: bool) -> Done {
    let inbox = client.new_inbox();
    let mut arriving = client.subscribe(inbox.clone()).await?;
    let next = format!("$JS.API.CONSUMER.MSG.NEXT.RAW{hop}.reader");
    let request = Bytes::from(json!({ "batch": WINDOW, "expires": MINUTE }).to_string());
    let pull = || client.publish_with_reply(next.clone(), inbox.clone(), request.clone());
    pull().await?;
    pull().await?;
    let (mut taken, mut done) = (0, 0);
    let mut under_way = FuturesUnordered::new();
    while done < count {
        tokio::select! {
            Some(acknowledged) = under_way.next() => {
                acknowledged?;
                done += 1;
            }
            Some(message) = arriving.next(), if under_way.len() < WINDOW => {
                if message.status.is_some() {
                    return Err("a pull ended before everything came".into());
                }
                taken += 1;
                if taken % WINDOW == 0 {
                    pull().await?;
                }
                under_way.push(pass_on(client, hop, message, goes_on));
            }
        }
    }
    Ok(())
}

async fn pass_on(client: &Client, hop: u64, message: Message, goes_on: bool) -> Done {
    if goes_on {
        store(client, hop + 1, message.headers.unwrap_or_default(), message.payload).await?;
    }
    let ack = message.reply.ok_or("a message of a stream can be acked")?;
    Ok(client.publish(ack, "+ACK".into()).await?)
}
