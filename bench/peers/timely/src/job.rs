//! Sums by key in tumbling windows: a source per worker, an exchange by key, one operator.

use std::hash::Hash;
use std::sync::{Arc, Barrier};
use std::time::Instant;

use hashbrown::HashMap;
use timely::dataflow::channels::pact::Exchange;
use timely::dataflow::operators::generic::Operator;
use timely::dataflow::operators::{Capability, Input, Inspect, Probe};
use timely::dataflow::ProbeHandle;
use timely::ExchangeData;

const FACTOR: u64 = 2654435761;
const START_MS: u64 = 1_700_000_000_000;
const ROWS_PER_MS: u64 = 10;
const WINDOW_MS: u64 = 10_000;

#[derive(Clone, Copy)]
pub struct Plan {
    pub keys: u64,
    pub workers: usize,
    pub batch_rows: u64,
    /// Whether rows are made inside the run, batch by batch, instead of before it.
    pub makes_rows: bool,
    pub clock: Instant,
    pub cpu_s: fn() -> f64,
}

#[derive(Clone, Copy, Default)]
pub struct Outcome {
    pub results: u64,
    pub total: i64,
    pub checksum: i64,
    pub wall_s: f64,
    pub cpu_s: f64,
}

/// What rows are grouped by.
pub trait Key: ExchangeData + Clone + Hash + Eq {
    fn of(number: u64) -> Self;
    fn number(&self) -> u64;
    /// What decides the worker.
    fn route(&self) -> u64;
}

impl Key for u64 {
    fn of(number: u64) -> Self {
        number
    }
    fn number(&self) -> u64 {
        *self
    }
    fn route(&self) -> u64 {
        self.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32
    }
}

impl Key for String {
    fn of(number: u64) -> Self {
        format!("w{number:06}")
    }
    fn number(&self) -> u64 {
        self[1..].parse().expect("a word of the job")
    }
    fn route(&self) -> u64 {
        let bytes = self.as_bytes();
        bytes.iter().fold(0, |hash: u64, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        }) >> 16
    }
}

type Row<K> = (K, u64, i64);

/// The batches of one worker: every `workers`-th of the stream.
fn batches_of<K: Key>(plan: Plan, rows: u64, worker: usize) -> impl Iterator<Item = Vec<Row<K>>> {
    (0..rows.div_ceil(plan.batch_rows))
        .filter(move |batch| *batch as usize % plan.workers == worker)
        .map(move |batch| {
            let first = batch * plan.batch_rows;
            (first..rows.min(first + plan.batch_rows))
                .map(|i| {
                    let key = K::of(i.wrapping_mul(FACTOR) % plan.keys);
                    (key, START_MS + i / ROWS_PER_MS, 1)
                })
                .collect()
        })
}

/// The windows of one worker, oldest first.
struct Open<K> {
    end: u64,
    capability: Capability<u64>,
    sums: HashMap<K, i64>,
}

fn checksum<K: Key>((key, start, sum): &Row<K>) -> i64 {
    let seconds = (start - START_MS) / 1000 + 600;
    sum * ((key.number() * 31 + seconds * 7) % 1_000_003) as i64
}

/// Run the job once.
pub fn results_of<K: Key>(plan: &Plan, rows: u64, is_check: bool) -> Outcome {
    let barrier = Arc::new(Barrier::new(plan.workers));
    let shared = *plan;
    let guards = timely::execute(timely::Config::process(plan.workers), move |worker| {
        let batches = batches_of::<K>(shared, rows, worker.index());
        let mut batches: Box<dyn Iterator<Item = Vec<Row<K>>>> = if shared.makes_rows {
            Box::new(batches)
        } else {
            Box::new(batches.collect::<Vec<_>>().into_iter())
        };
        let found = std::rc::Rc::new(std::cell::Cell::new(Outcome::default()));
        barrier.wait();
        let (cpu_before, started) = ((shared.cpu_s)(), shared.clock.elapsed());

        let probe = ProbeHandle::new();
        let counted = found.clone();
        let mut input = worker.dataflow::<u64, _, _>(|scope| {
            let (input, stream) = scope.new_input::<Vec<Row<K>>>();
            stream
                .unary_frontier(
                    Exchange::new(|row: &Row<K>| row.0.route()),
                    "TumblingSum",
                    |_capability, _info| {
                        let mut open: Vec<Open<K>> = Vec::new();
                        let mut spare: Vec<HashMap<K, i64>> = Vec::new();
                        move |(input, frontier), output| {
                            input.for_each(|capability, data| {
                                let mut rows = data.drain(..).peekable();
                                while let Some(first) = rows.peek() {
                                    // Rows of one window in a run: look the window up once.
                                    let start = first.1 - first.1 % WINDOW_MS;
                                    let end = start + WINDOW_MS;
                                    let place = open.partition_point(|window| window.end < end);
                                    if place == open.len() || open[place].end != end {
                                        let window = Open {
                                            end,
                                            capability: capability
                                                .delayed(&(end - 1), output.output_index()),
                                            sums: spare.pop().unwrap_or_default(),
                                        };
                                        open.insert(place, window);
                                    }
                                    let sums = &mut open[place].sums;
                                    while let Some((key, _, value)) =
                                        rows.next_if(|row| row.1 < end && row.1 >= start)
                                    {
                                        *sums.entry(key).or_insert(0) += value;
                                    }
                                }
                            });
                            while open
                                .first()
                                .is_some_and(|window| !frontier.less_than(&window.end))
                            {
                                let mut window = open.remove(0);
                                let start = window.end - WINDOW_MS;
                                let mut session = output.session(&window.capability);
                                for (key, sum) in window.sums.drain() {
                                    session.give((key, start, sum));
                                }
                                drop(session);
                                spare.push(window.sums);
                            }
                        }
                    },
                )
                .container::<Vec<Row<K>>>()
                .inspect_core(move |event| {
                    let Ok((_, results)) = event else { return };
                    let mut outcome = counted.get();
                    outcome.results += results.len() as u64;
                    if is_check {
                        outcome.total += results.iter().map(|row| row.2).sum::<i64>();
                        outcome.checksum += results.iter().map(checksum).sum::<i64>();
                    }
                    counted.set(outcome);
                })
                .probe_with(&probe);
            input
        });

        for mut batch in &mut batches {
            input.advance_to(batch[0].1);
            input.send_batch(&mut batch);
            worker.step();
        }
        input.close();
        while !probe.done() {
            worker.step();
        }
        barrier.wait();
        let mut outcome = found.get();
        outcome.wall_s = (shared.clock.elapsed() - started).as_secs_f64();
        outcome.cpu_s = (shared.cpu_s)() - cpu_before;
        outcome
    })
    .expect("timely starts");
    let mut whole = Outcome::default();
    for outcome in guards
        .join()
        .into_iter()
        .map(|outcome| outcome.expect("a worker ends"))
    {
        whole.results += outcome.results;
        whole.total += outcome.total;
        whole.checksum += outcome.checksum;
        whole.wall_s = whole.wall_s.max(outcome.wall_s);
        whole.cpu_s = whole.cpu_s.max(outcome.cpu_s);
    }
    whole
}
