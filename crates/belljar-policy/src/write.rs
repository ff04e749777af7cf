//! Writing a policy as `policy.toml`, so that reading it gives the same policy.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::assurance::Assurance;
use crate::limits::{ACCOUNT, Limits, PerDay};
use crate::policy::{Clock, Policy};
use crate::price::{BytePrice, UnitPrice};
use crate::rule::{Effect, Rule};
use crate::section::WRITTEN;
use crate::text::basic;

impl Policy {
    /// Writes it as a `policy.toml` that [`Policy::parse`] reads as the same policy, with the same digest and the same
    /// decisions. Amounts beyond what a file may say are written all the same; reading then names them.
    ///
    /// A policy that [is met](Policy::is_met) cannot be said in one file. Its text holds the files of its parts under the
    /// key `meet`, for people, and reading it is an error.
    ///
    /// ```
    /// use belljar_policy::{Effect, Policy};
    ///
    /// let mut policy = Policy::deny_all();
    /// policy.add(Effect::Ask, "kv write notes/**")?;
    /// assert_eq!(Policy::parse(&policy.to_toml())?, policy);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_toml(&self) -> String {
        write(self)
    }

    /// The files of all policies that decide: its own, or those of the parts of one that [is met](Policy::is_met). A request that
    /// each of them allows is one that this one allows.
    pub fn files(&self) -> Vec<String> {
        self.layers().iter().map(Policy::to_toml).collect()
    }

    /// SHA-256 over everything that the policy says, whatever the order of its rules: of the line `belljar policy 2` and
    /// of [`Policy::to_toml`] with each list of rules, and of tables, sorted by its bytes and without repetitions. Where the policy
    /// [is met](Policy::is_met), the line is `belljar meet 1`, and the files of its parts are sorted, too.
    pub fn digest(&self) -> [u8; 32] {
        let line = if self.parts.is_empty() { "belljar policy 2" } else { "belljar meet 1" };
        let text = write_sorted(self);
        Sha256::digest(format!("{line}\n{text}").as_bytes()).into()
    }
}

/// In the order in which the rules were added: of several that match, the first is named in the log.
fn write(policy: &Policy) -> String {
    write_as(policy, false)
}

/// With each list of rules sorted and without repetitions: the form that digests are of.
fn write_sorted(policy: &Policy) -> String {
    write_as(policy, true)
}

fn write_as(policy: &Policy, sorted: bool) -> String {
    let mut text = String::from("version = 1\n");
    parts(&mut text, policy, sorted);
    for section in WRITTEN.map(|kind| kind.name).into_iter().chain(["network"]) {
        rules(&mut text, policy, section, sorted);
    }
    for secret in &policy.secrets {
        text.push_str("\n[[secret]]\n");
        for (key, value) in [("name", &secret.name), ("for", &secret.origin), ("in", &secret.place.to_string())] {
            pair(&mut text, key, value);
        }
    }
    text.push_str("\n[clock]\n");
    match policy.clock {
        Clock::Real { precision } => pair(&mut text, "precision", &format!("{} ns", precision.as_nanos())),
        Clock::Frozen { moment_ns } => {
            let moment = std::time::UNIX_EPOCH + std::time::Duration::from_nanos(moment_ns);
            pair(&mut text, "frozen", &humantime::format_rfc3339_nanos(moment).to_string());
        }
    }
    if let Some(seed) = policy.random_seed {
        let _ = write!(text, "\n[random]\nseed = {seed}\n");
    }
    ask(&mut text, policy);
    limits(&mut text, policy);
    spend(&mut text, policy);
    text
}

/// The files of the policies that this one is the meet of. Reading refuses the key: one file cannot say a meet.
fn parts(text: &mut String, policy: &Policy, sorted: bool) {
    if policy.parts.is_empty() {
        return;
    }
    let mut files: Vec<String> = policy.parts.iter().map(|part| write_as(part, sorted)).collect();
    if sorted {
        files.sort_unstable();
    }
    text.push_str("meet = [");
    for file in &files {
        text.push_str("\n  ");
        string(text, file);
        text.push(',');
    }
    text.push_str("\n]\n");
}

fn rules(text: &mut String, policy: &Policy, section: &str, sorted: bool) {
    let of_section = || policy.rules.iter().filter(|rule| rule.section == section);
    if of_section().next().is_none() {
        return;
    }
    let (tables, texts): (Vec<&Rule>, Vec<&Rule>) = of_section().partition(|rule| rule.is_table());
    if !texts.is_empty() {
        let _ = write!(text, "\n[{section}]\n");
    }
    for effect in [Effect::Allow, Effect::Ask, Effect::Deny] {
        let mut rules: Vec<&str> = texts.iter().filter(|r| r.effect == effect).map(|r| r.written.as_str()).collect();
        if rules.is_empty() {
            continue;
        }
        if sorted {
            rules.sort_unstable();
            rules.dedup();
        }
        let _ = write!(text, "{} = [", effect.name());
        for rule in rules {
            text.push_str("\n  ");
            string(text, rule);
            text.push(',');
        }
        text.push_str("\n]\n");
    }
    let mut tables: Vec<&str> = tables.iter().map(|rule| rule.written.as_str()).collect();
    if sorted {
        tables.sort_unstable();
        tables.dedup();
    }
    for table in tables {
        let _ = write!(text, "\n[[{section}.rule]]\n{table}\n");
    }
}

fn ask(text: &mut String, policy: &Policy) {
    let is_weakest = policy.least == Assurance::default();
    if policy.question_time.is_none() && is_weakest && !policy.four_eyes {
        return;
    }
    text.push_str("\n[ask]\n");
    if let Some(time) = policy.question_time {
        pair(text, "expires", &format!("{} ns", time.as_nanos()));
    }
    if !is_weakest {
        pair(text, "least", policy.least.name());
    }
    if policy.four_eyes {
        text.push_str("four-eyes = true\n");
    }
}

fn limits(text: &mut String, policy: &Policy) {
    let l = &policy.limits;
    text.push_str("\n[limits]\n");
    let counts = [
        ("fuel", l.fuel),
        ("memory", l.memory),
        ("output", l.output),
        ("log", l.log),
        ("artifacts", l.artifacts),
        ("calls", l.calls),
    ];
    for (key, count) in counts {
        let _ = writeln!(text, "{key} = {count}");
    }
    // These came later: where they are the usual ones, a policy's digest is what it was without them.
    let usual = Limits::default();
    for (key, count, usual) in [
        ("http-requests", l.http_requests, usual.http_requests),
        ("http-bytes", l.http_bytes, usual.http_bytes),
        ("kv-bytes", l.kv_bytes, usual.kv_bytes),
        ("kv-keys", l.kv_keys, usual.kv_keys),
        ("files-bytes", l.files_bytes, usual.files_bytes),
    ] {
        if count != usual {
            let _ = writeln!(text, "{key} = {count}");
        }
    }
    pair(text, "time", &format!("{} ns", l.time.as_nanos()));
}

fn spend(text: &mut String, policy: &Policy) {
    if policy.limits.spend.is_none() && policy.prices.is_empty() {
        return;
    }
    text.push_str("\n[spend]\n");
    if let Some((amount, currency)) = &policy.limits.spend {
        pair(text, "limit", &money(*amount, currency));
        if let Some(PerDay { amount, account }) = &policy.limits.per_day {
            pair(text, "per-day", &money(*amount, currency));
            if account != ACCOUNT {
                pair(text, "account", account);
            }
        }
    }
    for price in &policy.prices {
        text.push_str("\n[[spend.price]]\n");
        pair(text, "match", price.rule());
        if price.per_call > 0 || price.per_unit.is_none() && price.per_byte.is_none() {
            pair(text, "per-call", &money(price.per_call, &price.currency));
        }
        if let Some(UnitPrice { at, price: amount, most }) = &price.per_unit {
            text.push_str("per-unit = { at = ");
            string(text, at);
            text.push_str(", price = ");
            string(text, &money(*amount, &price.currency));
            let _ = writeln!(text, ", most = {most} }}");
        }
        if let Some(BytePrice { price: amount, each, most }) = &price.per_byte {
            text.push_str("per-byte = { price = ");
            string(text, &money(*amount, &price.currency));
            let _ = write!(text, ", each = {each}");
            if let Some(most) = most {
                let _ = write!(text, ", most = {most}");
            }
            text.push_str(" }\n");
        }
    }
}

/// An amount in billionths, exactly.
fn money(amount: u64, currency: &str) -> String {
    format!("{}.{:09} {currency}", amount / 1_000_000_000, amount % 1_000_000_000)
}

fn pair(text: &mut String, key: &str, value: &str) {
    let _ = write!(text, "{key} = ");
    string(text, value);
    text.push('\n');
}

fn string(text: &mut String, value: &str) {
    text.push_str(&basic(value));
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn same(policy: &Policy) {
        let text = policy.to_toml();
        let read = crate::file::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(read.digest(), policy.digest(), "{text}");
        assert_eq!(read.to_toml(), text);
        let lines = |policy: &Policy| {
            let mut rules: Vec<_> =
                policy.rules.iter().map(|r| (r.section.clone(), r.effect, r.text.clone())).collect();
            // Stable: the order within a section and an effect stays.
            rules.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
            rules
        };
        assert_eq!(lines(&read), lines(policy), "{text}");
    }

    #[test]
    fn what_is_written_reads_as_the_same_policy() {
        same(&Policy::deny_all());
        for text in [
            "version = 1\n[kv]\nallow = ['read b/**', 'read a/**', 'b/**']\nask = ['**']\ndeny = ['write a/x']\n",
            "version = 1\n[files]\nallow = ['read ./my \"data\" as /data', 'write C:\\out as /out']\ndeny = ['/data/*.key']\n",
            "version = 1\n[http]\nallow = ['GET,POST https://*.example.com:8443/a/**', '* http://localhost:3000/**']\n\
             [[secret]]\nname = 'TOKEN'\nin = 'header authorization: Bearer {}'\nfor = 'https://api.example.com'\n\
             [[secret]]\nname = 'b'\nin = 'body /\"a\"/~1'\nfor = 'http://127.0.0.1:8'\n",
            "version = 1\n[[http.rule]]\nallow = 'POST https://a.example/**'\nidempotency-key = 'Idempotency-Key'\nheaders = { x-a = 'b' }\n\
             [[http.rule]]\nask = 'PUT https://a.example/**'\nidempotency-key = 'x-request-key'\nreason = 'r'\n",
            "version = 1\n[[http.rule]]\nask = 'PUT https://a.example/**'\nleast = 'inbox'\n\
             [ask]\nleast = 'command'\nfour-eyes = true\n",
            "version = 1\n[tools]\nask = ['sum']\n[network]\ndeny = ['evil.example', 'http://x.example:81', '*.a.example']\n",
            "version = 1\n[clock]\nfrozen = '2026-01-01T00:00:00.000000001Z'\n[random]\nseed = 18446744073709551615\n",
            "version = 1\n[clock]\nprecision = '1.5 s'\n[random]\nseed = 0\n[limits]\nfuel = '9007199254740992'\n\
             memory = '4 GiB'\ntime = '24 h'\noutput = 0\nlog = '1 kB'\nartifacts = '64 MiB'\ncalls = 1000000\n\
             http-requests = 7\nhttp-bytes = 8\n",
            "version = 1\n[spend]\nlimit = '0.1 USD'\nper-day = '1 USD'\naccount = 'a-B_.7'\n",
            "version = 1\n[spend]\nper-day = '1 USD'\n",
            "version = 1\n[spend]\nlimit = '1000000 USD'\n[[spend.price]]\nmatch = 'POST https://a.example/**'\n\
             per-call = '0.000000001 USD'\n[[spend.price]]\nmatch = '* https://b.example/**'\n\
             per-unit = { at = '/usage/\"tokens\"', price = '0.25 USD', most = 4000 }\n\
             [[spend.price]]\nmatch = 'GET https://a.example/**'\nper-byte = { price = '0 USD' }\n\
             [[spend.price]]\nmatch = 'GET https://a.example/b'\nper-call = '1 USD'\n\
             per-byte = { price = '0.09 USD', each = '1 GB', most = '1 MiB' }\n",
        ] {
            same(&crate::file::parse(text).unwrap_or_else(|error| panic!("{error}")));
        }
    }

    /// Thousands of policies by a fixed sequence.
    #[test]
    fn many_policies_come_back() {
        let mut state = 1u64;
        let mut next = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let rules = [
            "kv notes/**",
            "kv read a/*",
            "kv write é/\u{202e}x",
            "files read ./d as /d",
            "files write \\\\host\\share as /s/t",
            "files * ./x y as /d/e",
            "files remove,list /s/a*/\\u{202e}/\\*",
            "files make-directory /d/new",
            "kv get,delete a  b",
            "kv * get",
            "http GET https://example.com/**",
            "http * http://10.0.0.1:80/a/*",
            "tools sum",
            "kv \"quoted\"",
        ];
        let mut checked = 0;
        for _ in 0..3000 {
            let mut policy = Policy::deny_all();
            for _ in 0..next(8) {
                let effect = [Effect::Allow, Effect::Ask, Effect::Deny][next(3) as usize];
                policy.add(effect, rules[next(rules.len() as u64) as usize]).unwrap();
            }
            if next(4) == 0 {
                policy.deny_host(["a.example", "https://b.example", "*.c.example:81"][next(3) as usize]).unwrap();
            }
            policy.limits.fuel = next(1 << 31) * next(1 << 22);
            policy.limits.memory = next(4 << 30);
            policy.limits.time = Duration::from_nanos(next(1 << 31) * next(1000));
            policy.limits.calls = next(1_000_001);
            policy.limits.http_bytes = next(1 << 31);
            policy.limits.kv_bytes = next(1 << 30);
            policy.limits.kv_keys = next(1_000_001);
            policy.limits.files_bytes = next(1 << 31);
            policy.random_seed = (next(2) == 0).then(|| next(1 << 31) << 33 | next(1 << 31));
            policy.question_time = (next(2) == 0).then(|| Duration::from_nanos(1 + next(1 << 31) * next(1000)));
            policy.least = Assurance::ALL[next(3) as usize];
            policy.four_eyes = next(2) == 0;
            policy.clock = match next(2) {
                0 => Clock::Real { precision: Duration::from_nanos(1 + next(1 << 31)) },
                _ => Clock::Frozen { moment_ns: next(1 << 31) << 32 | next(1 << 31) },
            };
            policy.limits.spend = (next(2) == 0).then(|| (next(1 << 31) << 18, "USD".into()));
            // A path that nothing grants is read as an error.
            if policy.check().is_ok() {
                same(&policy);
                checked += 1;
            }
        }
        assert!(checked > 1000, "{checked}");
    }
}
