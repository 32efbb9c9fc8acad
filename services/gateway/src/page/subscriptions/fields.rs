//! The fields of the form, and the conversion to a subscription.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use wirefold_proto::{Digest, GroupBy, QuietHours, SubscriptionId, SubscriptionSettings};

/// The default of `on`, as the alerter has it.
const ON: [&str; 3] = ["new", "origins+2", "material"];
/// The values of `on` that are words.
pub(super) const EVENTS: [&str; 5] = ["new", "material", "correction", "retraction", "quiet"];

/// The names and values of a form. A name may come several times.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Fields(BTreeMap<String, Vec<String>>);

/// A mistake in a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    /// The name of the field; empty if it belongs to no field.
    pub(super) field: String,
    /// The problem, for people.
    pub(super) why: String,
}

impl Mistake {
    pub(super) fn new(field: &str, why: impl Into<String>) -> Self {
        Self { field: field.to_owned(), why: why.into() }
    }

    /// Parses the message of a check. It begins with the setting's name if only one is wrong.
    pub(super) fn of(said: &str) -> Self {
        let (setting, why) = said.split_once(": ").unwrap_or(("", said));
        let field = match setting.trim_matches('`') {
            "query" => "query",
            "on" => "on",
            "name" => "name",
            "group_wait" => "group_wait",
            "time_zone" => "time_zone",
            "quiet_hours" => "quiet_from",
            "break_quiet" => "break_quiet",
            "repeat_interval" => "repeat_interval",
            "max_per_day" => "max_per_day",
            "inhibited_by" => "inhibited_by",
            _ => return Self::new("", said),
        };
        Self::new(field, why)
    }
}

impl Fields {
    /// The fields of a new subscription.
    pub(super) fn blank() -> Self {
        let mut fields = Self::default();
        fields.put_triggers(&ON.map(str::to_owned));
        fields
    }

    /// The fields that show a subscription.
    pub(super) fn of(settings: &SubscriptionSettings) -> Self {
        let mut fields = Self::default();
        fields.put("id", Some(&settings.id));
        fields.put("name", Some(&settings.name));
        fields.put("query", Some(&settings.query));
        fields.put("group_by", settings.group_by.map(GroupBy::as_str));
        let on = if settings.on.is_empty() {
            ON.map(str::to_owned).to_vec()
        } else {
            settings.on.clone()
        };
        fields.put_triggers(&on);
        fields.put("min_outlets", settings.min_outlets);
        fields.put("min_origins", settings.min_origins);
        fields.put("group_wait", settings.group_wait);
        fields.put("update_interval", settings.update_interval);
        fields.put("repeat_interval", settings.repeat_interval);
        let quiet = settings.quiet_hours.as_ref();
        fields.put("quiet_from", quiet.map(|hours| &hours.from));
        fields.put("quiet_to", quiet.map(|hours| &hours.to));
        fields
            .put("time_zone", quiet.map(|hours| &hours.time_zone).or(settings.time_zone.as_ref()));
        fields.put("break_quiet", settings.break_quiet.as_ref());
        fields.put("max_per_day", settings.max_per_day);
        let inhibited_by: Vec<&str> = settings.inhibited_by.iter().map(|id| id.as_str()).collect();
        fields.put("inhibited_by", Some(inhibited_by.join(", ")));
        fields.put("digest", settings.digest.map(Digest::as_str));
        fields.0.insert("deliveries".to_owned(), settings.deliveries.clone());
        fields
    }

    /// Reads what a form sends.
    pub(super) fn read(body: &[u8]) -> Self {
        let mut fields = Self::default();
        for (name, value) in url::form_urlencoded::parse(body) {
            fields.0.entry(name.into_owned()).or_default().push(value.trim().to_owned());
        }
        fields
    }

    /// The first value of this field; empty if there is none.
    pub(super) fn one(&self, name: &str) -> &str {
        self.0.get(name).and_then(|values| values.first()).map_or("", String::as_str)
    }

    /// Whether a box of this name and value is ticked.
    pub(super) fn has(&self, name: &str, value: &str) -> bool {
        self.0.get(name).is_some_and(|values| values.iter().any(|it| it == value))
    }

    /// Whether the subscription is new.
    pub(super) fn is_new(&self) -> bool {
        self.one("id").is_empty()
    }

    /// The subscription of these fields.
    pub(super) fn settings(&self) -> Result<SubscriptionSettings, Vec<Mistake>> {
        let mut mistakes = Vec::new();
        let name = self.one("name");
        if name.is_empty() {
            mistakes.push(Mistake::new("name", "it needs a name"));
        }
        if self.one("query").is_empty() {
            mistakes.push(Mistake::new("query", "it needs a query; * matches everything"));
        }
        let id = match self.is_new() {
            true => SubscriptionId::from_name(name),
            false => self.one("id").parse().ok(),
        };
        if id.is_none() && !name.is_empty() {
            mistakes.push(Mistake::new(
                "name",
                "no id can be made from it: use a Latin letter or digit",
            ));
        }
        let id = id.or_else(|| "preview".parse().ok());
        let Some(mut settings) =
            id.map(|id| SubscriptionSettings::new(id, name, self.one("query")))
        else {
            return Err(mistakes);
        };
        self.fill(&mut settings, &mut mistakes);
        if mistakes.is_empty() { Ok(settings) } else { Err(mistakes) }
    }

    /// The subscription for a rehearsal, which needs no name.
    pub(super) fn settings_to_try(&self) -> Result<SubscriptionSettings, Vec<Mistake>> {
        let mut tried = self.clone();
        tried.0.insert("id".to_owned(), vec!["preview".to_owned()]);
        tried.0.insert("name".to_owned(), vec!["preview".to_owned()]);
        let named = tried.settings()?;
        // Deliveries do not matter for a rehearsal, and may have changed.
        Ok(SubscriptionSettings { deliveries: Vec::new(), ..named })
    }

    fn fill(&self, settings: &mut SubscriptionSettings, mistakes: &mut Vec<Mistake>) {
        settings.group_by = (self.one("group_by") == "story").then_some(GroupBy::Story);
        settings.on = self.triggers(mistakes);
        settings.min_outlets = self.number("min_outlets", mistakes);
        settings.min_origins = self.number("min_origins", mistakes);
        settings.max_per_day = self.number("max_per_day", mistakes);
        settings.group_wait = self.parsed("group_wait", mistakes);
        settings.update_interval = self.parsed("update_interval", mistakes);
        settings.repeat_interval = self.parsed("repeat_interval", mistakes);
        settings.inhibited_by = self.inhibitors(mistakes);
        settings.quiet_hours = self.quiet_hours(mistakes);
        let zone = Some(self.one("time_zone")).filter(|zone| !zone.is_empty());
        // Quiet hours have a time zone of their own.
        settings.time_zone = zone.filter(|_| settings.quiet_hours.is_none()).map(str::to_owned);
        let broken = self.one("break_quiet");
        settings.break_quiet = (!broken.is_empty()).then(|| broken.to_owned());
        settings.digest = Digest::from_word(self.one("digest"));
        settings.deliveries = self.0.get("deliveries").cloned().unwrap_or_default();
    }

    /// The subscriptions that inhibit this one.
    fn inhibitors(&self, mistakes: &mut Vec<Mistake>) -> Vec<SubscriptionId> {
        let ids = self.one("inhibited_by").split(',').map(str::trim).filter(|id| !id.is_empty());
        let read: Result<Vec<SubscriptionId>, _> = ids.map(str::parse).collect();
        read.unwrap_or_else(|error| {
            mistakes.push(Mistake::new("inhibited_by", format!("{error}")));
            Vec::new()
        })
    }

    /// The value of `on`; empty if it is the default.
    fn triggers(&self, mistakes: &mut Vec<Mistake>) -> Vec<String> {
        let events = EVENTS.into_iter().filter(|event| self.has("on", event));
        let mut on: Vec<String> = events.map(str::to_owned).collect();
        for numbers in ["origins", "outlets"] {
            let more: Option<u32> = self.number(&format!("on_{numbers}"), mistakes);
            on.extend(more.filter(|more| *more > 0).map(|more| format!("{numbers}+{more}")));
        }
        let rates = self.one("on_velocity").split(',').map(str::trim);
        on.extend(rates.filter(|rate| !rate.is_empty()).map(|rate| format!("velocity>{rate}")));
        if on.is_empty() {
            mistakes.push(Mistake::new("on", "nothing would notify: choose at least one"));
        }
        let is_usual =
            on.len() == ON.len() && ON.iter().all(|usual| on.iter().any(|it| it == usual));
        if is_usual { Vec::new() } else { on }
    }

    fn put_triggers(&mut self, on: &[String]) {
        let events = on.iter().filter(|word| EVENTS.contains(&word.as_str()));
        self.0.insert("on".to_owned(), events.cloned().collect());
        for numbers in ["origins", "outlets"] {
            let more = on.iter().find_map(|word| word.strip_prefix(numbers)?.strip_prefix('+'));
            self.put(&format!("on_{numbers}"), more);
        }
        let rates = on.iter().filter_map(|word| word.strip_prefix("velocity>"));
        self.put("on_velocity", Some(rates.collect::<Vec<_>>().join(", ")));
    }

    fn quiet_hours(&self, mistakes: &mut Vec<Mistake>) -> Option<QuietHours> {
        let (from, to) = (self.one("quiet_from"), self.one("quiet_to"));
        if from.is_empty() && to.is_empty() {
            return None;
        }
        if from.is_empty() || to.is_empty() {
            mistakes.push(Mistake::new("quiet_from", "it needs both times, or none"));
        }
        let zone = if self.one("time_zone").is_empty() { "UTC" } else { self.one("time_zone") };
        let (from, to, time_zone) = (from.to_owned(), to.to_owned(), zone.to_owned());
        Some(QuietHours { from, to, time_zone })
    }

    fn number(&self, name: &str, mistakes: &mut Vec<Mistake>) -> Option<u32> {
        let text = self.one(name);
        let number = text.parse().ok();
        if number.is_none() && !text.is_empty() {
            mistakes.push(Mistake::new(name, format!("{text:?} is not a number")));
        }
        number
    }

    fn parsed<T: FromStr<Err: Display>>(
        &self,
        name: &str,
        mistakes: &mut Vec<Mistake>,
    ) -> Option<T> {
        let text = self.one(name);
        if text.is_empty() {
            return None;
        }
        let parsed = text.parse().map_err(|error: T::Err| Mistake::new(name, error.to_string()));
        parsed.map_err(|mistake| mistakes.push(mistake)).ok()
    }

    fn put(&mut self, name: &str, value: Option<impl Display>) {
        let values = value.into_iter().map(|value| value.to_string()).collect();
        self.0.insert(name.to_owned(), values);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: &str = r#"{
        "id": "harbour", "name": "Harbour", "query": "port \"walked out\"", "group_by": "story",
        "on": ["new", "quiet", "origins+3", "outlets+5", "velocity>5/10m", "velocity>9/1h"],
        "min_outlets": 2, "min_origins": 1, "group_wait": "0s", "update_interval": "15m",
        "repeat_interval": "6h", "quiet_hours": {"from": "22:00", "to": "07:00", "time_zone": "Europe/Berlin"},
        "break_quiet": "outlets>=10", "max_per_day": 5, "inhibited_by": ["storms", "strikes"], "deliveries": ["desk", "phone"]
    }"#;

    #[test]
    fn a_subscription_is_the_same_behind_the_form() {
        let settings: SubscriptionSettings = serde_json::from_str(FULL).unwrap();
        let shown = Fields::of(&settings);
        assert_eq!(shown.settings(), Ok(settings.clone()));
        let sent: String = {
            let mut out = url::form_urlencoded::Serializer::new(String::new());
            for (name, values) in &shown.0 {
                out.extend_pairs(values.iter().map(|value| (name, value)));
            }
            out.finish()
        };
        assert_eq!(Fields::read(sent.as_bytes()).settings(), Ok(settings.clone()));
        let time_zone = Some("Asia/Tokyo".to_owned());
        let daily = SubscriptionSettings { quiet_hours: None, time_zone, ..settings };
        assert_eq!(Fields::of(&daily).settings(), Ok(daily), "a time zone without quiet hours");
    }

    #[test]
    fn default_fields_are_omitted() {
        let fields = Fields::read(b"name=Kyiv+talks&query=kyiv&on=new&on=material&on_origins=2");
        let settings = fields.settings().unwrap();
        let id = "kyiv-talks".parse().unwrap();
        assert_eq!(settings, SubscriptionSettings::new(id, "Kyiv talks", "kyiv"));
    }

    #[test]
    fn each_mistake_names_its_field() {
        let body = b"name=&query=&group_wait=soon&min_outlets=few&quiet_from=22:00";
        let mistakes = Fields::read(body).settings().unwrap_err();
        let fields: Vec<&str> = mistakes.iter().map(|it| it.field.as_str()).collect();
        assert_eq!(fields, ["name", "query", "on", "min_outlets", "group_wait", "quiet_from"]);
        let said = Mistake::of("repeat_interval: an alert is over after 24h");
        assert_eq!((&*said.field, &*said.why), ("repeat_interval", "an alert is over after 24h"));
        assert_eq!(Mistake::of("no delivery is called \"x\"").field, "");
    }
}
