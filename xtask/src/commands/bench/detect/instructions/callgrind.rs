//! Reads the output of callgrind.

use std::collections::BTreeMap;

/// The functions that may contain the steps after inlining.
const FUNCTIONS: [&str; 4] = ["observe_in_steps", "decide_in_steps", "Wirefold", "run_child"];

/// The instructions at each address of these functions. At a call they include those of the called function.
pub(super) fn costs(profile: &str) -> BTreeMap<u64, u64> {
    let mut costs = BTreeMap::new();
    let mut is_inside = false;
    for line in profile.lines() {
        if let Some(name) = line.strip_prefix("fn=") {
            is_inside = FUNCTIONS.iter().any(|function| name.contains(function));
        }
        if let Some((address, cost)) = cost(line).filter(|_| is_inside) {
            *costs.entry(address).or_default() += cost;
        }
    }
    costs
}

/// The address and the cost of a line `0xADDRESS LINE COST`.
fn cost(line: &str) -> Option<(u64, u64)> {
    let mut fields = line.strip_prefix("0x")?.split(' ');
    let address = u64::from_str_radix(fields.next()?, 16).ok()?;
    Some((address, fields.nth(1)?.parse().ok()?))
}

#[test]
fn the_costs_of_calls_and_of_a_functions_own_lines_are_added_by_address() {
    let profile = "positions: instr line\nevents: Ir\n\nfn=other\n0x10 1 7\n\nfn=Detector::decide_in_steps\n\
                   0x20 5 3\nfi=inlined.rs\n0x24 90 2\nfe=mod.rs\ncfn=judge\ncalls=4 0x80 12\n0x24 6 1000\n\n\
                   fn=judge\n0x80 12 1000\n";
    assert_eq!(costs(profile), BTreeMap::from([(0x20, 3), (0x24, 1002)]));
}
