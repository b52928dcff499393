//! The side of timely dataflow: prepare the job's rows, answer the driver's commands line by line.
//! The protocol and the job are those of bench/peers/engines/serving.py.

mod job;

use std::io::{BufRead, Write};
use std::time::Instant;

use job::{results_of, Key, Outcome, Plan};
use serde_json::{json, Value};

/// CPU seconds of this process, all threads.
fn cpu_s() -> f64 {
    // SAFETY: getrusage fills the struct it is given.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

fn serve<K: Key>(plan: &Plan) {
    for line in std::io::stdin().lock().lines() {
        let command: Value = serde_json::from_str(&line.expect("standard input")).expect("JSON");
        let rows = command["rows"].as_u64().expect("rows");
        let is_check = command["do"] == "check";
        let outcome: Outcome = results_of::<K>(plan, rows, is_check);
        let answer = if is_check {
            json!({
                "results": outcome.results, "total": outcome.total, "checksum": outcome.checksum
            })
        } else {
            json!({
                "wall_s": outcome.wall_s, "cpu_s": outcome.cpu_s, "results": outcome.results
            })
        };
        println!("{answer}");
        std::io::stdout().flush().expect("standard output");
    }
}

fn main() {
    let text = std::env::args().nth(1).expect("the request, as JSON");
    let request: Value = serde_json::from_str(&text).expect("JSON");
    let plan = Plan {
        keys: request["keys"].as_u64().expect("keys"),
        workers: request["threads"].as_u64().expect("threads") as usize,
        batch_rows: request["batch_rows"].as_u64().unwrap_or(4096),
        makes_rows: request["mode"] == "made",
        clock: Instant::now(),
        cpu_s,
    };
    let tuning = format!(
        "release, fat LTO, {} of {} rows moved in without copying, hand-written operator over \
         one hashbrown map per window, {} worker thread(s)",
        if plan.makes_rows {
            "batches made in the run,"
        } else {
            "batches"
        },
        plan.batch_rows,
        plan.workers
    );
    println!(
        "{}",
        json!({"versions": {"timely": "0.32.0"}, "tuning": tuning})
    );
    if request["job"] == "words" {
        serve::<String>(&plan);
    } else {
        serve::<u64>(&plan);
    }
}
