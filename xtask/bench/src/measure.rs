//! Taking turns: every peer in every round, ratios round by round.

use std::time::{Duration, Instant};

/// Rounds of a comparison.
const ROUNDS: usize = 7;

/// What is measured: a name, and one call.
pub type Peer<'a> = (&'a str, Box<dyn FnMut() + 'a>);

/// Medians over the rounds.
pub struct Row {
    /// The peer.
    pub name: String,
    /// Seconds of one call.
    pub seconds: f64,
    /// Against the first peer, round by round.
    pub ratio: f64,
}

/// Measures each peer for about `turn` in each round.
pub fn compare(peers: &mut [Peer<'_>], turn: Duration) -> Vec<Row> {
    let mut times = vec![Vec::new(); peers.len()];
    for (_, call) in &mut *peers {
        // What is made at the first call does not count.
        call();
    }
    for _ in 0..ROUNDS {
        for ((_, call), times) in peers.iter_mut().zip(&mut times) {
            let began = Instant::now();
            let mut calls = 0_u32;
            while began.elapsed() < turn || calls < 2 {
                call();
                calls += 1;
            }
            times.push(began.elapsed().as_secs_f64() / f64::from(calls));
        }
    }
    let base = times.first().cloned().unwrap_or_default();
    let rows = peers.iter().zip(&times).map(|((name, _), times)| Row {
        name: (*name).to_owned(),
        seconds: median(times.clone()),
        ratio: median(times.iter().zip(&base).map(|(time, base)| time / base).collect()),
    });
    rows.collect()
}

/// The middle of some values.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A time in the unit that reads best.
pub fn time(seconds: f64) -> String {
    match seconds {
        s if s < 1e-3 => format!("{:.1} µs", s * 1e6),
        s if s < 1.0 => format!("{:.2} ms", s * 1e3),
        s => format!("{s:.2} s"),
    }
}

/// Bytes of this process that are in memory, from `/proc`; nothing elsewhere.
pub fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib << 10)
}
