//! One file for each attack.

use super::scene::Attack;

mod baseline;
mod bombs;
mod budget;
mod claim;
mod credentials;
mod empty_items;
mod flood;
mod inner_network;
mod list;
mod nested_json;
mod queries;
mod readers;
mod robots;
mod script;
mod slow;
mod terminal;
mod wait;
mod words;

/// All attacks in the order in which they run.
pub(super) const ALL: [&Attack; 20] = [
    &empty_items::ATTACK,
    &baseline::ATTACK,
    &claim::ATTACK,
    &list::ATTACK,
    &wait::ATTACK,
    &inner_network::ATTACK,
    &credentials::ATTACK,
    &bombs::ATTACK,
    &terminal::ATTACK,
    &slow::ATTACK,
    &readers::ATTACK,
    &flood::SHORT,
    &flood::LONG,
    &budget::FLOOD,
    &budget::SLOW_PAGES_OF_ONE_OWNER,
    &nested_json::ATTACK,
    &words::ATTACK,
    &script::ATTACK,
    &robots::ATTACK,
    &queries::ATTACK,
];
