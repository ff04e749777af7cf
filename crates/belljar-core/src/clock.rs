//! The run's clock: it stands still while the tool computes and moves only in a wait.

use std::time::{Duration, UNIX_EPOCH};

use belljar_abi::Moment;
use belljar_policy::Clock as Rule;

/// Writes a moment as RFC 3339 in UTC, with milliseconds, or nanoseconds where there are any.
pub fn format_moment(moment: Moment) -> String {
    let time = UNIX_EPOCH + Duration::from_nanos(moment);
    if moment.is_multiple_of(1_000_000) {
        humantime::format_rfc3339_millis(time).to_string()
    } else {
        humantime::format_rfc3339_nanos(time).to_string()
    }
}

/// Reads a moment that [`format_moment`] wrote.
pub(crate) fn parse_moment(text: &str) -> Option<Moment> {
    let since = humantime::parse_rfc3339(text).ok()?.duration_since(UNIX_EPOCH).ok()?;
    u64::try_from(since.as_nanos()).ok()
}

/// The last moment that a log can name: 2554, in whole milliseconds.
pub(crate) const LAST: Moment = u64::MAX - u64::MAX % 1_000_000;

#[derive(Debug)]
pub(crate) struct Clock {
    now: Moment,
    /// Absent when the clock is frozen: then only waits that time out move it.
    precision: Option<u64>,
}

impl Clock {
    pub(crate) fn new(rule: &Rule, host_now: Moment) -> Self {
        match rule {
            Rule::Real { precision } => {
                let precision = u64::try_from(precision.as_nanos()).unwrap_or(u64::MAX).max(1);
                Clock { now: host_now - host_now % precision, precision: Some(precision) }
            }
            Rule::Frozen { moment_ns } => Clock { now: *moment_ns, precision: None },
        }
    }

    /// A clock that is told every moment by another one.
    pub(crate) fn told(now: Moment) -> Self {
        Clock { now, precision: None }
    }

    /// Whether it moves only where a wait times out.
    pub(crate) fn is_frozen(&self) -> bool {
        self.precision.is_none()
    }

    /// Tells it the moment.
    pub(crate) fn set(&mut self, now: Moment) {
        self.now = self.now.max(now);
    }

    pub(crate) fn now(&self) -> Moment {
        self.now
    }

    /// A wait ended because something finished. The clock never runs backwards.
    pub(crate) fn advance(&mut self, host_now: Moment) {
        if let Some(precision) = self.precision {
            self.now = self.now.max(host_now - host_now % precision);
        }
    }

    /// A wait ended because its time came: the tool sees at least the time that it waited for.
    pub(crate) fn elapse(&mut self, until: Moment, host_now: Moment) {
        self.advance(host_now);
        self.now = self.now.max(until);
    }

    /// How long a host has to wait for `until`.
    pub(crate) fn remaining(&self, until: Moment, host_now: Moment) -> Duration {
        let from = if self.precision.is_some() { host_now.max(self.now) } else { self.now };
        Duration::from_nanos(until.saturating_sub(from))
    }
}
