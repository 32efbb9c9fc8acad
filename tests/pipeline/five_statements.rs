//! The central case through the enricher: the quotations, figures and names of the user's five articles, as
//! the statements of one event.

use std::path::Path;

use serde_json::Value;

use super::say;
use super::up::{CONFIG, Up};
use super::watched_folder::{SHARED, drop_into, five_texts};
use crate::program::Folder;

const SETTINGS: &str = "data = \"data\"\n[[source]]\npath = \"dropped\"\n";

fn records<'a>(said: &'a Value, what: &str) -> &'a [Value] {
    said[what].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The name with this id, and the number of texts with it.
fn find_name<'a>(said: &'a Value, id: &str) -> (&'a Value, u64) {
    let names: Vec<_> = records(said, "names").iter().filter(|name| name["id"] == id).collect();
    let [name] = names.as_slice() else { panic!("{id}: {names:?} of {:#}", said["names"]) };
    (*name, name["texts"].as_u64().unwrap_or_default())
}

#[test]
fn the_five_articles_of_one_event_share_names_quotations_and_figures() {
    if !Path::new(SHARED).is_dir() {
        return say(format_args!("SKIPPED: ../shared/seeds is absent"));
    }
    let folder = Folder::with(&[(CONFIG, SETTINGS.as_bytes())]);
    std::fs::create_dir(folder.path().join("dropped")).expect("it takes folders");
    let up = Up::start(&folder);
    drop_into(&folder, &five_texts());
    let list = up.get_until("/api/v1/events", |list| list["events"][0]["articles"] == 5);
    assert_eq!(list["events"].as_array().map(Vec::len), Some(1), "{list:#}");
    let id = list["events"][0]["id"].as_str().expect("it has an id");
    let said = up.get(&format!("/api/v1/events/{id}/statements"));

    // One person in three spellings, and countries by their codes, however the texts spell them.
    let (person, texts) = find_name(&said, "person:volodimir-selenski");
    assert_eq!(texts, 4, "{person:#}");
    assert_eq!(person["other_names"].as_array().map(Vec::len), Some(2), "{person:#}");
    for (code, item) in [("country:UA", "Q212"), ("country:US", "Q30"), ("country:RU", "Q159")] {
        let (country, naming) = find_name(&said, code);
        assert_eq!((country["wikidata"].as_str(), naming), (Some(item), 4), "{country:#}");
    }
    assert_eq!(find_name(&said, "place:european-union").1, 4);
    assert_eq!(find_name(&said, "agency:AP").0["wikidata"], "Q40469");
    let is_nobody =
        |name: &&Value| ["The", "Russian"].contains(&name["name"].as_str().unwrap_or(""));
    assert_eq!(records(&said, "names").iter().find(is_nobody), None);

    // The same words in separately written texts, with their speaker and the outlets that shortened them.
    let shared: Vec<_> =
        records(&said, "quotations").iter().filter(|one| one["texts"].as_u64() > Some(1)).collect();
    assert!(shared.len() >= 4, "{shared:#?}");
    assert!(shared.iter().all(|one| one["speaker"].is_string()), "{shared:#?}");
    let is_cut = |one: &&Value| {
        let wordings = records(one, "wordings");
        wordings.iter().any(|wording| wording["difference"] == "shortened")
    };
    assert!(shared.iter().filter(|one| is_cut(one)).count() >= 4, "{shared:#?}");
    assert!(records(&said, "cited_agencies").iter().any(|one| one["name"] == "AP"));

    let count = |role: &str| {
        let figure = records(&said, "figures").iter().find(|figure| figure["role"] == role);
        figure.map(|figure| figure["values"][0]["value"].clone())
    };
    assert_eq!(count("killed"), Some(26.into()));
    assert_eq!(count("injured"), Some(93.into()));
}
