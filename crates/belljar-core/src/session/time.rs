//! The time that a run may take: it passes, or stands still while a person is awaited.

use std::time::Duration;

#[derive(Debug)]
pub(super) struct Time {
    /// What was left when it last began to pass; nothing if it is not limited.
    left: Option<Duration>,
    /// Since when it passes.
    since: Option<Duration>,
}

impl Time {
    pub(super) fn new(left: Option<Duration>) -> Self {
        Time { left, since: None }
    }

    /// From now on it passes, or it stands.
    pub(super) fn pass(&mut self, passes: bool, now: Duration) {
        match (self.since, passes) {
            (None, true) => self.since = Some(now),
            (Some(_), false) => {
                self.left = self.left.map(|_| self.left(now));
                self.since = None;
            }
            _ => {}
        }
    }

    /// What is left of it.
    pub(super) fn left(&self, now: Duration) -> Duration {
        let passed = self.since.map_or(Duration::ZERO, |since| now.saturating_sub(since));
        self.left.map_or(Duration::MAX, |left| left.saturating_sub(passed))
    }

    /// When it is used up, if it passes.
    pub(super) fn end(&self) -> Option<Duration> {
        self.since.zip(self.left).map(|(since, left)| since.saturating_add(left))
    }

    pub(super) fn is_up(&self, now: Duration) -> bool {
        self.end().is_some_and(|end| end <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_passes_only_where_it_is_said_to() {
        let at = Duration::from_secs;
        let mut time = Time::new(Some(at(10)));
        assert_eq!((time.left(at(100)), time.end()), (at(10), None));
        time.pass(true, at(100));
        time.pass(true, at(101));
        assert_eq!((time.left(at(104)), time.end()), (at(6), Some(at(110))));
        time.pass(false, at(104));
        assert!(!time.is_up(at(1000)));
        time.pass(true, at(1000));
        assert_eq!(time.end(), Some(at(1006)));
        assert!(!time.is_up(at(1005)) && time.is_up(at(1006)));
        assert_eq!(time.left(at(2000)), Duration::ZERO);
    }

    #[test]
    fn time_without_a_limit_is_never_up() {
        let mut time = Time::new(None);
        time.pass(true, Duration::ZERO);
        assert!(time.end().is_none() && !time.is_up(Duration::MAX));
    }
}
