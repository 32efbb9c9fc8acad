//! Simulates the queues of one writer and its shards with the service times of a run, and calculates the same
//! by formulae.
//!
//! Articles arrive at random (a Poisson process) and are decided in order. For each article the writer asks
//! all shards, waits for the slowest, decides, reads the documents that it needs, and adds the article to its
//! shard. Times are in microseconds.

use wirefold_score::Random;

use super::compare::Sample;

/// The input of a simulation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) shards: usize,
    /// The articles that arrive in a second. Infinite means as many as can be decided.
    pub(super) rate: f64,
    /// The number of look-ups that may be under way before the writer comes to their articles. The program
    /// does 1.
    pub(super) ahead: usize,
    /// The time that is added to each round trip measured on one machine.
    pub(super) network: f64,
    pub(super) articles: usize,
}

/// The resolution of random numbers.
const GRAINS: usize = 1 << 30;

/// The service times of an article.
#[derive(Debug, Clone, Copy)]
pub(super) struct Service {
    pub(super) prepare: f64,
    pub(super) writer: f64,
    /// Of one shard for a look-up.
    pub(super) look_up: f64,
    /// The number of rounds of reading, and the shard's time of one.
    pub(super) reads: (f64, f64),
    /// Of the shard to which it is added.
    pub(super) insert: f64,
    /// The bytes on the bus with two shards: of all look-ups, and of reads and the insertion.
    pub(super) bytes: (f64, f64),
}

impl Service {
    pub(super) fn of(sample: &Sample) -> Service {
        let named = |name: &'static str| sample.exchanges.iter().filter(move |it| it.name == name);
        let bytes =
            |name: &'static str| named(name).map(|it| (it.asked + it.answered) as f64).sum::<f64>();
        let mean = |name: &'static str| {
            named(name).map(|it| it.service).sum::<f64>() / named(name).count().max(1) as f64
        };
        // Shards that are read at the same time have waited equally long.
        let mut rounds: Vec<u64> = named("read").map(|it| it.waited.to_bits()).collect();
        rounds.dedup();
        Service {
            prepare: sample.prepare,
            writer: sample.writer,
            look_up: mean("look-up"),
            reads: (rounds.len() as f64, mean("read")),
            insert: mean("insert"),
            bytes: (bytes("look-up"), bytes("read") + bytes("insert")),
        }
    }
}

/// The results of a plan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Outcome {
    /// Decisions a second.
    pub(super) throughput: f64,
    /// The time from arrival to decision in milliseconds. Infinite if more articles arrive than are decided.
    pub(super) mean: f64,
    pub(super) p99: f64,
    /// The megabytes on the bus in a second.
    pub(super) megabytes: f64,
}

/// The bytes of an article on the bus with this many shards. Each shard gets the same question, and the
/// articles are divided among the answers.
pub(super) fn bytes(service: &Service, shards: usize) -> f64 {
    service.bytes.0 * shards as f64 / 2.0 + service.bytes.1
}

/// The time for which the writer waits for shards, without queues.
fn waits(service: &Service, trip: f64) -> (f64, f64) {
    let (rounds, read) = service.reads;
    (trip + service.look_up, rounds * (trip + read) + trip + service.insert)
}

/// Simulates a plan. `trip` is a round trip without the shard's time.
pub(super) fn simulate(services: &[Service], trip: f64, plan: &Plan, seed: u64) -> Outcome {
    let mut random = Random::new(seed);
    let trip = trip + plan.network;
    let mut shards = vec![0.0_f64; plan.shards];
    // The time at which each of the latest articles was decided.
    let mut decided = vec![0.0_f64; plan.ahead];
    let (mut now, mut free, mut carried) = (0.0_f64, 0.0_f64, 0.0);
    let mut delays = Vec::with_capacity(plan.articles);
    for at in 0..plan.articles {
        let service = services[random.below(services.len())];
        if plan.rate.is_finite() {
            let share = (random.below(GRAINS) as f64 + 0.5) / GRAINS as f64;
            now -= share.ln() / plan.rate * 1e6;
        }
        let prepared = now + service.prepare;
        let asked = prepared.max(decided[at % plan.ahead]);
        let mut answered = asked;
        for shard in &mut shards {
            *shard = shard.max(asked + trip / 2.0) + service.look_up;
            answered = answered.max(*shard + trip / 2.0);
        }
        let (_, rest) = waits(&service, trip);
        let own = random.below(plan.shards);
        shards[own] += service.reads.0 * service.reads.1 + service.insert;
        free = free.max(answered) + service.writer + rest;
        decided[at % plan.ahead] = free;
        delays.push((free - now) / 1e3);
        carried += bytes(&service, plan.shards);
    }
    let seconds = free / 1e6;
    delays.sort_unstable_by(f64::total_cmp);
    Outcome {
        throughput: plan.articles as f64 / seconds,
        mean: delays.iter().sum::<f64>() / delays.len().max(1) as f64,
        p99: delays.get(delays.len() * 99 / 100).copied().unwrap_or_default(),
        megabytes: carried / seconds / 1e6,
    }
}

/// The same by formulae. The capacity is one divided by the mean time that an article occupies the writer (or
/// a shard, if that is longer). The mean delay is that of Pollaczek and Khinchine for one server. There is no
/// formula for the p99.
pub(super) fn on_paper(services: &[Service], trip: f64, plan: &Plan) -> Outcome {
    let trip = trip + plan.network;
    let count = services.len().max(1) as f64;
    let mean = |of: &dyn Fn(&Service) -> f64| services.iter().map(of).sum::<f64>() / count;
    let alone = plan.ahead == 1;
    let held = |service: &Service| {
        let (look_up, rest) = waits(service, trip);
        service.writer + rest + if alone { look_up } else { 0.0 }
    };
    let (first, second) = (mean(&held), mean(&|service| held(service).powi(2)));
    let of_shard = mean(&|service| {
        let own = service.reads.0 * service.reads.1 + service.insert;
        service.look_up + own / plan.shards as f64
    });
    let capacity = 1e6 / first.max(of_shard);
    let busy = plan.rate / 1e6 * first;
    let queue = plan.rate / 1e6 * second / (2.0 * (1.0 - busy));
    let before =
        mean(&|service| service.prepare + if alone { 0.0 } else { waits(service, trip).0 });
    let throughput = plan.rate.min(capacity);
    Outcome {
        throughput,
        mean: if busy < 1.0 { (before + first + queue) / 1e3 } else { f64::INFINITY },
        p99: f64::NAN,
        megabytes: mean(&|service| bytes(service, plan.shards)) * throughput / 1e6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICE: Service = Service {
        prepare: 50.0,
        writer: 400.0,
        look_up: 100.0,
        reads: (1.0, 20.0),
        insert: 30.0,
        bytes: (2_000.0, 4_000.0),
    };

    fn plan(rate: f64, ahead: usize) -> Plan {
        Plan { shards: 2, rate, ahead, network: 100.0, articles: 60_000 }
    }

    fn is_near(found: f64, expected: f64, share: f64) {
        assert!((found / expected - 1.0).abs() < share, "{found} is not near {expected}");
    }

    #[test]
    fn of_equal_articles_both_give_the_time_that_one_holds_the_writer() {
        // A trip takes 200: 400 + (200 + 100) + (200 + 20) + (200 + 30).
        let full = simulate(&[SERVICE], 100.0, &plan(f64::INFINITY, 1), 7);
        is_near(full.throughput, 1e6 / 1_150.0, 0.01);
        // With look-ups under way before, the rest remains.
        let ahead = simulate(&[SERVICE], 100.0, &plan(f64::INFINITY, 8), 7);
        is_near(ahead.throughput, 1e6 / 850.0, 0.01);
        for (depth, found) in [(1, full), (8, ahead)] {
            let paper = on_paper(&[SERVICE], 100.0, &plan(f64::INFINITY, depth));
            is_near(paper.throughput, found.throughput, 0.01);
            is_near(paper.megabytes, found.megabytes, 0.01);
        }
    }

    #[test]
    fn a_queue_in_front_of_the_writer_waits_as_the_formula_says() {
        let mut slow = SERVICE;
        slow.writer = 4_000.0;
        let services = [SERVICE, SERVICE, SERVICE, slow];
        let plan = plan(300.0, 1);
        let (found, paper) =
            (simulate(&services, 100.0, &plan, 7), on_paper(&services, 100.0, &plan));
        is_near(found.mean, paper.mean, 0.1);
        assert!(found.p99 > 2.0 * found.mean);
    }

    #[test]
    fn more_than_the_writer_decides_waits_without_a_bound() {
        assert!(on_paper(&[SERVICE], 100.0, &plan(2_000.0, 1)).mean.is_infinite());
    }
}
