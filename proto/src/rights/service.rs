//! The services on NATS and their subjects.

use super::Right;
use crate::streams::Role;
use crate::string_form::words;

/// The subject for comparing two texts.
pub const COMPARE: &str = "wirefold.v1.compare";

/// The subjects for the health of services.
const HEALTH: &str = "wirefold.v1.health.*";

/// A process that answers as a NATS service: a stage, or the pruner, which handles no messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Polls feeds and fetches articles.
    Fetcher,
    /// Judges articles.
    Detector,
    /// Extracts findings from articles.
    Enricher,
    /// Sends alerts.
    Alerter,
    /// Serves feeds, API and page.
    Gateway,
    /// Deletes read messages from streams that are nearly full.
    Pruner,
}

words! {
    Service:
    Fetcher = "fetcher",
    Detector = "detector",
    Enricher = "enricher",
    Alerter = "alerter",
    Gateway = "gateway",
    Pruner = "pruner",
}

impl Service {
    /// The name in `nats micro ls`.
    #[must_use]
    pub fn name(self) -> String {
        format!("wirefold-{}", self.as_str())
    }

    /// The subject for its health.
    #[must_use]
    pub fn health_subject(self) -> String {
        format!("wirefold.v1.health.{}", self.as_str())
    }

    /// Its user of the server.
    #[must_use]
    pub fn role(self) -> Role {
        Role::from_word(self.as_str()).unwrap_or(Role::Setup)
    }
}

/// The right to answer as a service. The gateway also compares texts.
pub(super) fn serving(service: Service) -> Right {
    let name = service.name();
    let mut subscribe = Vec::new();
    // Each by its name: for the server, the pattern `$SRV.*` would also allow a subscription to `$SRV.>`.
    for verb in ["PING", "INFO", "STATS"] {
        subscribe.push(format!("$SRV.{verb}"));
        subscribe.push(format!("$SRV.{verb}.{name}"));
        subscribe.push(format!("$SRV.{verb}.{name}.*"));
    }
    subscribe.push(service.health_subject());
    if service == Service::Gateway {
        subscribe.push(COMPARE.to_owned());
    }
    Right { what: "answers as a NATS service".to_owned(), subscribe, ..Right::default() }
}

pub(super) fn asking() -> Right {
    let publish = ["$SRV.>", HEALTH, COMPARE].map(str::to_owned).into();
    Right { what: "asks the services".to_owned(), publish, ..Right::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subjects::covers;

    #[test]
    fn a_health_right_for_one_service_is_for_all() {
        assert!(Service::ALL.iter().all(|service| covers(HEALTH, &service.health_subject())));
    }
}
