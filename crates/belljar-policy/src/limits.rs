//! Budgets of a run: their defaults, and the most that a policy can set.

use std::time::Duration;

/// Billionths of a unit of money that a policy can grant, and that one request can cost, at most (a million units).
pub const MOST_MONEY: u64 = 1_000_000_000_000_000;

/// Bytes of the name by which a tool is called (64), as in manifests.
pub const TOOL_NAME: usize = 64;

/// Weighted instructions that a second of time comes with (20 billion): more than the fastest engine measured executes,
/// so that a run whose policy names no fuel ends by itself or by its time. Fuel that is named bounds computation the same
/// way on every machine.
pub const FUEL_PER_SECOND: u64 = 20_000_000_000;
/// Weighted instructions (200 billion): what [`TIME`] comes with.
pub const FUEL: u64 = FUEL_PER_SECOND * TIME.as_secs();
/// Bytes of memory (64 MiB): bounds what an instance takes from the host.
pub const MEMORY: u64 = 64 << 20;
/// The most memory that can be granted (4 GiB), which is all that 32-bit WebAssembly can address.
pub const MOST_MEMORY: u64 = 4 << 30;
/// Wall clock (10 s), waiting for people not counted: bounds how long a caller waits.
pub const TIME: Duration = Duration::from_secs(10);
/// The most time that can be granted (a day).
pub const MOST_TIME: Duration = Duration::from_secs(86_400);

/// The longest time that a policy can keep a question open (366 days).
pub const MOST_QUESTION_TIME: Duration = Duration::from_secs(366 * 86_400);
/// Bytes of output (1 MiB): bounds what is handed to an agent or a person.
pub const OUTPUT: u64 = 1 << 20;
/// The most output, or artifacts, that can be granted (64 MiB).
pub const MOST_OUTPUT: u64 = 64 << 20;
/// Bytes of console text (256 KiB): bounds the guest's part of the log.
pub const LOG: u64 = 256 << 10;
/// Bytes of artifacts (8 MiB): bounds the report.
pub const ARTIFACTS: u64 = 8 << 20;
/// Capability requests (1,000): bounds work done outside the guest.
pub const CALLS: u64 = 1_000;
/// HTTP requests (50).
pub const HTTP_REQUESTS: u64 = 50;
/// Bytes of HTTP bodies, both ways (8 MiB).
pub const HTTP_BYTES: u64 = 8 << 20;

/// Bytes of the keys and values that a tool keeps (64 MiB): bounds the store.
pub const KV_BYTES: u64 = 64 << 20;
/// The most that can be granted (1 GiB): a page's store adds up what it holds at each change.
pub const MOST_KV_BYTES: u64 = 1 << 30;
/// Keys that a tool keeps (100,000): bounds what a store goes through.
pub const KV_KEYS: u64 = 100_000;
/// The most that can be granted (1,000,000).
pub const MOST_KV_KEYS: u64 = 1_000_000;
/// Bytes that a run writes into granted folders (256 MiB): bounds the disk.
pub const FILES_BYTES: u64 = 256 << 20;

/// Budgets of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Weighted instructions; what the time comes with, unless the policy names an amount.
    pub fuel: u64,
    /// Bytes of memory.
    pub memory: u64,
    /// Wall clock, waiting for people not counted.
    pub time: Duration,
    /// Bytes of output.
    pub output: u64,
    /// Bytes of console text.
    pub log: u64,
    /// Bytes of artifacts.
    pub artifacts: u64,
    /// Capability requests.
    pub calls: u64,
    /// HTTP requests.
    pub http_requests: u64,
    /// Bytes of HTTP bodies.
    pub http_bytes: u64,
    /// Bytes of the keys and values that the tool keeps, those of earlier runs included.
    pub kv_bytes: u64,
    /// Keys that the tool keeps, those of earlier runs included.
    pub kv_keys: u64,
    /// Bytes written into granted folders.
    pub files_bytes: u64,
    /// Money in billionths and its ISO 4217 code.
    pub spend: Option<(u64, String)>,
    /// What all runs of an account may spend in a day, in the currency of `spend`. Only where `spend` is.
    pub per_day: Option<PerDay>,
}

/// Money for a day, from midnight to midnight in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PerDay {
    /// In billionths.
    pub amount: u64,
    /// Whose runs are added up: a name of the policy's author. Its form is that of [`is_account`].
    pub account: String,
}

/// The account of a policy that names none.
pub const ACCOUNT: &str = "default";

/// Whether a text can name an account: 1 to 64 letters, digits, `-`, `_` and `.` of ASCII.
pub fn is_account(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            fuel: FUEL,
            memory: MEMORY,
            time: TIME,
            output: OUTPUT,
            log: LOG,
            artifacts: ARTIFACTS,
            calls: CALLS,
            http_requests: HTTP_REQUESTS,
            http_bytes: HTTP_BYTES,
            kv_bytes: KV_BYTES,
            kv_keys: KV_KEYS,
            files_bytes: FILES_BYTES,
            spend: None,
            per_day: None,
        }
    }
}

impl Limits {
    /// The fuel of a policy that names none: what its time comes with.
    pub fn fuel_for(time: Duration) -> u64 {
        let fuel = time.as_nanos().saturating_mul(u128::from(FUEL_PER_SECOND)) / 1_000_000_000;
        u64::try_from(fuel).unwrap_or(u64::MAX)
    }

    /// Sets the time. Fuel that is what the old time came with becomes what the new one does; another amount was named,
    /// and stays.
    pub fn set_time(&mut self, time: Duration) {
        if self.fuel == Self::fuel_for(self.time) {
            self.fuel = Self::fuel_for(time);
        }
        self.time = time;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Policy;

    #[test]
    fn fuel_follows_the_time_unless_it_is_named() {
        let fuel = |limits: &str| Policy::parse(&format!("version = 1\n[limits]\n{limits}")).unwrap().limits.fuel;
        assert_eq!(Limits::default().fuel, 200_000_000_000);
        assert_eq!(fuel(""), 200_000_000_000);
        assert_eq!(fuel("time = \"250 ms\""), 5_000_000_000);
        assert_eq!(fuel("time = \"2 min\""), 2_400_000_000_000);
        assert_eq!(fuel("time = \"0 s\""), 0);
        assert_eq!(fuel("fuel = \"2 G\"\ntime = \"2 min\""), 2_000_000_000);
        assert_eq!(fuel("time = \"2 min\"\nfuel = \"2 G\""), 2_000_000_000);

        let mut limits = Limits::default();
        limits.set_time(Duration::from_secs(1));
        assert_eq!((limits.fuel, limits.time), (20_000_000_000, Duration::from_secs(1)));
        limits.fuel = 7;
        limits.set_time(MOST_TIME);
        assert_eq!((limits.fuel, limits.time), (7, MOST_TIME));
    }
}
