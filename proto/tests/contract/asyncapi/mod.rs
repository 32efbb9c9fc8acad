//! `asyncapi.yaml`: the contract as an AsyncAPI 3.0 document, from the tables of wirefold-proto and the catalogue of its messages.

mod channels;
mod yaml;

use channels::parameter;
use yaml::Yaml;

use wirefold_proto::streams::ReadBy;

use crate::catalogue::{CATALOGUE, Entry};
use crate::{file_stem, overlap};

pub(crate) use channels::{CHANNELS, Channel};

/// The whole document.
pub(crate) fn document() -> String {
    let mut yaml = Yaml::default();
    yaml.plain(0, "asyncapi", "3.0.0");
    yaml.open(0, "info");
    yaml.pair(1, "title", "wirefold");
    yaml.pair(1, "version", "1.0.0");
    yaml.pair(1, "description", ABOUT);
    yaml.open(1, "license");
    yaml.pair(2, "name", "Apache-2.0");
    yaml.pair(0, "defaultContentType", "application/json");
    yaml.open(0, "servers");
    yaml.open(1, "nats");
    yaml.pair(2, "host", "127.0.0.1:4222");
    yaml.pair(2, "protocol", "nats");
    yaml.pair(2, "description", "A NATS server, 2.12 or later, with JetStream.");
    yaml.open(0, "channels");
    for channel in &CHANNELS {
        write_channel(&mut yaml, channel);
    }
    yaml.open(0, "operations");
    for channel in &CHANNELS {
        write_operations(&mut yaml, channel);
    }
    yaml.open(0, "components");
    yaml.open(1, "messages");
    for entry in &CATALOGUE {
        write_message(&mut yaml, entry);
    }
    write_advisory(&mut yaml);
    write_headers(&mut yaml);
    yaml.into_text()
}

const ABOUT: &str = "What travels between wirefold's stages, and to and from everyone else. \
    Written by wirefold-proto from its tables; change those instead.";

/// The key of the advisories, whose body is NATS's own.
const ADVISORY: &str = "io.nats.jetstream.advisory.v1.max_deliver";

fn write_channel(yaml: &mut Yaml, channel: &Channel) {
    yaml.open(1, channel.key);
    yaml.pair(2, "address", channel.address);
    yaml.pair(2, "description", channel.about);
    yaml.pair(2, "x-stream", channel.stream.name);
    yaml.open(2, "x-subjects");
    for subject in channel.stream.subjects.iter().filter(|s| overlap(&channel.pattern(), s)) {
        yaml.item(3, subject);
    }
    if channel.parameters().next().is_some() {
        yaml.open(2, "parameters");
    }
    for name in channel.parameters() {
        let (about, values) = parameter(name);
        yaml.open(3, name);
        yaml.pair(4, "description", about);
        if !values.is_empty() {
            yaml.open(4, "enum");
            for value in values {
                yaml.item(5, value);
            }
        }
    }
    yaml.open(2, "messages");
    for key in message_keys(channel) {
        yaml.open(3, &key);
        yaml.pair(4, "$ref", &format!("#/components/messages/{key}"));
    }
}

fn message_keys(channel: &Channel) -> Vec<String> {
    if channel.messages.is_empty() {
        return vec![ADVISORY.to_owned()];
    }
    let schemas = CATALOGUE.iter().map(|entry| (entry.schema)());
    let of_channel = schemas.filter(|schema| channel.messages.contains(&schema.name.as_str()));
    of_channel.map(|schema| file_stem(&schema)).collect()
}

fn write_operations(yaml: &mut Yaml, channel: &Channel) {
    let pattern = channel.pattern();
    for writer in channel.stream.writers {
        let subjects: Vec<_> =
            writer.subjects.iter().copied().filter(|s| overlap(&pattern, s)).collect();
        if !subjects.is_empty() {
            let key = format!("{}_sends_{}", writer.role, channel.key);
            let about = format!("{} publishes on {}.", writer.role, subjects.join(", "));
            write_operation(yaml, channel, &key, "send", &about);
        }
    }
    for reader in channel.stream.readers {
        let how = match reader.by {
            ReadBy::Consumer => "through a durable consumer",
            ReadBy::Order => "in order, from a sequence it remembers",
            ReadBy::Sequence => "single messages by sequence",
        };
        let key = format!("{}_receives_{}", reader.role, channel.key);
        let about = format!("{} reads {} {how}.", reader.role, channel.stream.name);
        write_operation(yaml, channel, &key, "receive", &about);
    }
}

fn write_operation(yaml: &mut Yaml, channel: &Channel, key: &str, action: &str, about: &str) {
    yaml.open(1, key);
    yaml.plain(2, "action", action);
    yaml.pair(2, "summary", about);
    yaml.open(2, "channel");
    yaml.pair(3, "$ref", &format!("#/channels/{}", channel.key));
}

fn write_message(yaml: &mut Yaml, entry: &Entry) {
    let schema = (entry.schema)();
    let stem = file_stem(&schema);
    let json_schema = (entry.json_schema)();
    let text = |key: &str| json_schema[key].as_str().unwrap_or_default().to_owned();
    yaml.open(2, &stem);
    yaml.pair(3, "name", &schema.to_string());
    yaml.pair(3, "title", &text("title"));
    yaml.pair(3, "summary", &text("description"));
    yaml.pair(3, "contentType", "application/json");
    if entry.address.is_some() {
        yaml.open(3, "headers");
        yaml.pair(4, "$ref", "#/components/schemas/headers");
    }
    yaml.open(3, "payload");
    yaml.pair(4, "$ref", &format!("./schemas/{stem}.json"));
    yaml.open(3, "x-samples");
    for sample in entry.samples {
        yaml.item(4, &format!("./samples/{sample}"));
    }
}

fn write_advisory(yaml: &mut Yaml) {
    yaml.open(2, ADVISORY);
    yaml.pair(3, "name", ADVISORY);
    yaml.pair(3, "summary", "The server's advisory; the message itself stands in its stream.");
    yaml.pair(3, "contentType", "application/json");
    yaml.open(3, "payload");
    yaml.pair(4, "type", "object");
    yaml.open(4, "properties");
    for (name, sort) in [("stream", "string"), ("consumer", "string"), ("stream_seq", "integer")] {
        yaml.open(5, name);
        yaml.pair(6, "type", sort);
    }
}

fn write_headers(yaml: &mut Yaml) {
    yaml.open(1, "schemas");
    yaml.open(2, "headers");
    yaml.pair(3, "type", "object");
    yaml.pair(3, "description", "CloudEvents 1.0 in binary mode; values are percent-encoded.");
    yaml.open(3, "required");
    for (name, _) in HEADERS {
        yaml.item(4, name);
    }
    yaml.open(3, "properties");
    for (name, about) in HEADERS {
        yaml.open(4, name);
        yaml.pair(5, "type", "string");
        yaml.pair(5, "description", about);
    }
}

const HEADERS: [(&str, &str); 9] = [
    ("ce-specversion", "`1.0`."),
    ("ce-id", "The message id: the same however often the message is published."),
    ("ce-source", "A URI reference to what published it, such as `/wirefold/detector`."),
    ("ce-type", "The schema name without version."),
    ("ce-time", "When it happened: RFC 3339 in UTC."),
    ("ce-subject", "The subject it was published on."),
    ("ce-dataschema", "The `$id` of the body's schema."),
    ("ce-datacontenttype", "`application/json`."),
    ("content-type", "`application/json`."),
];
