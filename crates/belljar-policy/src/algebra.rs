//! How policies are compared, and what two of them allow together.

mod conflict;
pub(crate) mod coverage;
pub(crate) mod demands;
pub(crate) mod names;
pub(crate) mod pair;
pub(crate) mod search;
mod terms;

pub use conflict::Conflict;
pub use coverage::{Coverage, Gap, Undecided};

use pair::Pair;
use search::Work;

use crate::policy::{Mount, Policy};
use crate::rule::Rule;
use crate::section::{COMPARED, Compare, files};

impl Policy {
    /// Whether this policy gives at least what another one does: for each request its effect is as mild or milder (allow
    /// before ask before deny), each path that the other one does not refuse is in the same folder of the host, and the
    /// other one's limits, clock, random source, secrets and prices are within its own.
    ///
    /// Sending a request is more than answering it by a rule ([`crate::SyntheticAnswer`]). So a policy that lets a request be
    /// sent covers one that answers it, one that answers it covers no other answer, and a request that the other one sends is
    /// covered only if this one lets it be sent.
    ///
    /// [`Coverage::Full`] and [`Coverage::Gap`] are exact: a gap holds a request that shows it. Patterns can be written
    /// for which an exact answer takes exponential work, and some rules for files hold for what no name says, so there is
    /// [`Coverage::Undecided`], which says why. A caller that needs a yes takes it for a no. A policy covers itself and
    /// every [meet](Policy::meet) that it is part of, whatever its size.
    ///
    /// The work is bounded by a fixed number of steps (4 million, some hundred milliseconds), besides one pass over the
    /// rules for each part of a meet.
    ///
    /// ```
    /// use belljar_policy::{Coverage, Effect, Policy};
    ///
    /// let (mut caller, mut tool) = (Policy::deny_all(), Policy::deny_all());
    /// caller.add(Effect::Allow, "kv notes/**")?;
    /// tool.add(Effect::Allow, "kv read notes/*/a")?;
    /// assert!(caller.covers(&tool).is_full());
    /// caller.add(Effect::Deny, "kv get notes/old/**")?;
    /// let Coverage::Gap(gap) = caller.covers(&tool) else { return Err("no gap".into()) };
    /// assert_eq!(
    ///     gap.to_string(),
    ///     "\"kv get notes/old/a\": denied ([kv] deny \"get notes/old/**\"), and the other policy says allow \
    ///      ([kv] allow \"read notes/*/a\")"
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn covers(&self, other: &Policy) -> Coverage {
        self.covers_within(other, &mut Work::new())
    }

    fn covers_within(&self, other: &Policy, work: &mut Work) -> Coverage {
        match terms::gap(self, other) {
            Some(gap) => Coverage::Gap(gap),
            None => coverage(self, other, work),
        }
    }

    /// The policy that gives what both give: a request is refused if either refuses it, and asked about if either asks.
    /// Limits are the smaller ones, secrets those of both, clock and random source the less telling ones. A request that one
    /// of them answers is answered and not sent, and one that they answer in different ways is refused.
    ///
    /// Rules cannot say every such policy, so it keeps the rules of both, and all are asked. A path is refused where they
    /// see different folders, and a list of keys is judged by what both allow of its keys. The result takes refusals only
    /// ([`Policy::add`]) and cannot be written as a file ([`Policy::to_toml`]), unless both have the same rules. Both
    /// policies [cover](Policy::covers) it.
    ///
    /// # Errors
    ///
    /// Settings that are no amounts and contradict each other: two folders at one path, two seeds, two moments, two
    /// currencies, two lists of prices. None of them is dropped in favour of the other.
    ///
    /// ```
    /// use belljar_policy::{Effect, KvAction, Policy, Query};
    ///
    /// let (mut caller, mut tool) = (Policy::deny_all(), Policy::deny_all());
    /// caller.add(Effect::Allow, "kv notes/**")?;
    /// tool.add(Effect::Ask, "kv write **")?;
    /// let both = caller.meet(&tool)?;
    /// let effect = |action, key| both.decide(&Query::Kv { action, key }).effect;
    /// assert_eq!(effect(KvAction::Set, "notes/a"), Effect::Ask);
    /// assert_eq!(effect(KvAction::Get, "notes/a"), Effect::Deny);
    /// assert_eq!(effect(KvAction::Set, "a"), Effect::Deny);
    /// assert!(caller.covers(&both).is_full() && tool.covers(&both).is_full());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn meet(&self, other: &Policy) -> Result<Policy, Conflict> {
        let mut met = terms::meet(self, other)?;
        let mut parts: Vec<Policy> = Vec::new();
        for layer in self.layers().iter().chain(other.layers()) {
            if parts.iter().any(|part| same_rules(part, layer)) {
                continue;
            }
            for part in &parts {
                agree(part, layer)?;
            }
            let (rules, mounts) = (layer.rules.clone(), layer.mounts.clone());
            parts.push(Policy { rules, mounts, ..Policy::deny_all() });
        }
        match parts.as_mut_slice() {
            [only] => {
                met.rules = std::mem::take(&mut only.rules);
                met.mounts = std::mem::take(&mut only.mounts);
            }
            _ => {
                met.mounts = common(&parts);
                met.parts = parts;
            }
        }
        Ok(met)
    }

    /// Whether the policy is the [meet](Policy::meet) of several whose rules differ.
    pub fn is_met(&self) -> bool {
        !self.parts.is_empty()
    }
}

/// Whether the rules of one policy give at least what those of another one do.
fn coverage(wide: &Policy, narrow: &Policy, work: &mut Work) -> Coverage {
    let mut undecided = None;
    // Where each part of the wide policy covers the other one, they see the same folders, so they do together.
    for layer in wide.layers().iter().filter(|layer| !narrow.layers().iter().any(|own| same_rules(layer, own))) {
        let pair = Pair { wide, layer, narrow };
        // What holds for places of the host, whatever their names, is compared last.
        for compare in COMPARED.map(|kind| kind.compare).into_iter().chain([files::compare_places as Compare]) {
            match compare(pair, work) {
                Ok(None) => {}
                Ok(Some(gap)) => return Coverage::Gap(gap),
                Err(reason) => undecided = undecided.or(Some(reason)),
            }
        }
    }
    undecided.map_or(Coverage::Full, Coverage::Undecided)
}

/// Whether no path is one folder of the host in one policy and another in the other: within one policy that is an error,
/// too ([`Policy::add`]).
fn agree(one: &Policy, other: &Policy) -> Result<(), Conflict> {
    for mount in &one.mounts {
        if let Some(found) = other.mounts.iter().find(|found| found.guest == mount.guest && found.host != mount.host) {
            let (path, one, other) = (mount.guest.clone(), mount.host.clone(), found.host.clone());
            return Err(Conflict::Folder { path, one, other });
        }
    }
    Ok(())
}

/// The folders that all policies have at the same path.
fn common(policies: &[Policy]) -> Vec<Mount> {
    let Some((first, others)) = policies.split_first() else { return Vec::new() };
    let shared = |mount: &&Mount| others.iter().all(|other| other.mounts.contains(mount));
    first.mounts.iter().filter(shared).cloned().collect()
}

/// Whether two policies without parts have the same rules, in whatever order; folders are named by rules.
fn same_rules(one: &Policy, other: &Policy) -> bool {
    let written = |policy: &Policy| {
        let said = |rule: &Rule| (rule.section.clone(), rule.effect, rule.is_table(), rule.written.clone());
        let mut written: Vec<_> = policy.rules.iter().map(said).collect();
        written.sort_unstable();
        written.dedup();
        written
    };
    one.rules == other.rules || written(one) == written(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Effect;

    /// A policy of rules such as "allow kv a".
    fn policy(rules: &[&str]) -> Policy {
        let mut policy = Policy::deny_all();
        for rule in rules {
            let (effect, rule) = rule.split_once(' ').unwrap();
            let effect = [Effect::Allow, Effect::Ask, Effect::Deny].into_iter().find(|known| known.name() == effect);
            policy.add(effect.unwrap(), rule).unwrap();
        }
        policy
    }

    fn said(coverage: &Coverage) -> String {
        match coverage {
            Coverage::Full => "full".into(),
            Coverage::Gap(Gap::Request { request, .. }) => request.to_string(),
            Coverage::Gap(gap) => gap.to_string(),
            Coverage::Undecided(reason) => format!("undecided: {reason}"),
        }
    }

    #[test]
    fn what_shows_a_gap_is_the_shortest_request() {
        for (wide, narrow, expected) in [
            (&["allow kv **"][..], &["allow kv notes/**", "ask kv a"][..], "full"),
            (&["allow kv a*", "allow kv *a"], &["allow kv *a*"], "kv get bab"),
            (&["allow kv *", "deny kv b*"], &["allow kv a*"], "full"),
            (&["allow kv *", "deny kv a\\*"], &["allow kv a*"], "kv get a\\*"),
            (&["allow kv a", "allow kv b"], &["allow kv *"], "kv get c"),
            (&["ask kv **"], &["ask kv **"], "full"),
            (&["ask kv write **", "allow kv read **"], &["allow kv **"], "kv set /"),
            (&["allow kv **"], &["allow files read ./d as /d"], "files read /d"),
            (
                &["allow files read ./e as /d"],
                &["allow files read ./d as /d"],
                "/d is in \"./e\", and in the other policy in \"./d\"",
            ),
            (
                &["allow files * ./d as /d", "deny files * /d/private"],
                &["allow files read ./d as /d"],
                "files read /d/private",
            ),
            // A refusal holds for every spelling of a name, and for the file itself under whatever name.
            (
                &["allow files read ./d as /d", "deny files read /d/Straße"],
                &["allow files read ./d as /d", "deny files read /d/STRASSE"],
                "undecided: [files] deny \"read /d/Straße\" holds for the same file under another name, too, and the \
                 other policy has no such rule",
            ),
            (
                &["allow files read ./d as /d", "ask files read /d/STRASSE"],
                &["allow files read ./d as /d", "deny files read /d/**"],
                "full",
            ),
            (
                &["allow files read ./d as /d", "deny files read /d/a*"],
                &["allow files read ./d as /d", "deny files read /d/A*", "deny files read /d/b"],
                "full",
            ),
            (
                &["allow files read ./d as /d", "deny files read /d/é"],
                &["allow files read ./d as /d"],
                "files read /d/e\\u{301}",
            ),
            (
                &["allow files read ./d as /d", "deny files read ./d/keys as /keys"],
                &["allow files read ./d as /d"],
                "undecided: [files] deny \"read ./d/keys as /keys\" holds for the same file under another name, too, and the \
                 other policy has no such rule",
            ),
            (&["allow http GET https://a.example/**"], &["allow http GET https://a.example/a/*"], "full"),
            (
                &["allow http GET https://a.example/**"],
                &["allow http * https://a.example/a"],
                "http HEAD https://a.example/a",
            ),
            (
                &["allow http * https://*.example.com/**"],
                &["allow http GET https://example.com/**"],
                "http GET https://example.com/",
            ),
            (
                &["allow http * https://*.a.example/**", "deny http * https://b.a.example/**"],
                &["allow http * https://*.a.example/x"],
                "http GET https://b.a.example/x",
            ),
            // An address that no rule names is refused; a refusal does not name it.
            (
                &["allow http * https://*.x.localhost/**"],
                &["allow http * https://a.x.localhost/"],
                "http GET https://a.x.localhost/",
            ),
            // A path with an encoded slash is refused whatever the rules say; one with the beginning of it is not.
            (
                &["allow http GET https://a.example/**", "deny http GET https://a.example/*%2*"],
                &["allow http GET https://a.example/**", "deny http GET https://a.example/*%2"],
                "http GET https://a.example/%2%",
            ),
            (&["allow tools a*", "allow tools *"], &["allow tools *"], "full"),
            (&["allow tools a*"], &["allow tools *"], "tools call b"),
        ] {
            assert_eq!(said(&policy(wide).covers(&policy(narrow))), expected, "{wide:?} {narrow:?}");
        }
    }

    /// What the first pass cannot find, because accents change places when they are folded, is not taken for nothing.
    #[test]
    fn what_depends_on_accents_or_on_very_long_names_is_undecided() {
        let folder = "allow files list ./d as /d";
        let turned = policy(&[folder, "allow files read /d/a\u{301}\u{323}", "deny files read /d/a\u{323}\u{301}"]);
        let other = policy(&[folder, "allow files read /d/a\u{301}\u{323}"]);
        let path = crate::GuestPath::parse("/d/a\u{301}\u{323}").unwrap();
        let query = crate::Query::Files { action: crate::FileAction::Read, path: &path };
        assert_eq!(turned.decide(&query).effect, Effect::Deny);
        assert_eq!(other.decide(&query).effect, Effect::Allow);
        let undecided = Coverage::Undecided(Undecided::Names { capability: "files" });
        assert_eq!(turned.covers(&other), undecided);
        // Both allow names of at least 400 bytes, and a name of a file has at most 255.
        let begins = policy(&[folder, &format!("allow files read /d/{}*", "a".repeat(200))]);
        let ends = policy(&[folder, &format!("allow files read /d/*{}", "b".repeat(200))]);
        assert_eq!(policy(&[folder]).covers(&begins.meet(&ends).unwrap()), undecided);
    }

    #[test]
    fn settings_are_compared_and_met() {
        let of = |text: &str| crate::file::parse(&format!("version = 1\n{text}")).unwrap();
        for (one, other, gap, back, met) in [
            (
                "[limits]\nmemory = '32 MiB'",
                "",
                "limits.memory: 32 MiB, and in the other policy 64 MiB",
                "full",
                "[limits]\nmemory = '32 MiB'",
            ),
            (
                "[limits]\ntime = '5 s'\nfuel = '200 G'",
                "",
                "limits.time: 5s, and in the other policy 10s",
                "full",
                "[limits]\ntime = '5 s'\nfuel = '200 G'",
            ),
            ("[random]\nseed = 1", "", "random.seed: 1, and in the other policy none", "full", "[random]\nseed = 1"),
            (
                "[random]\nseed = 1",
                "[random]\nseed = 2",
                "full",
                "full",
                "[random] seed is 1 in one policy and 2 in the other; use one seed, or leave it out of one of them",
            ),
            (
                "[clock]\nfrozen = '2026-01-01T00:00:00Z'",
                "",
                "clock: frozen, and in the other policy rounded down to 1000000 ns",
                "full",
                "[clock]\nfrozen = '2026-01-01T00:00:00Z'",
            ),
            (
                "[clock]\nprecision = '4 ms'",
                "[clock]\nprecision = '6 ms'",
                "clock: rounded down to 4000000 ns, and in the other policy rounded down to 6000000 ns",
                "clock: rounded down to 6000000 ns, and in the other policy rounded down to 4000000 ns",
                "[clock]\nprecision = '12 ms'",
            ),
            (
                "[ask]\nleast = 'inbox'",
                "[ask]\nleast = 'command'",
                "ask.least: inbox, and in the other policy command",
                "full",
                "[ask]\nleast = 'inbox'",
            ),
            (
                "[ask]\nfour-eyes = true",
                "[ask]\nleast = 'command'",
                "ask.four-eyes: true, and in the other policy false",
                "ask.least: command, and in the other policy client",
                "[ask]\nfour-eyes = true\nleast = 'command'",
            ),
            (
                "[spend]\nlimit = '1 USD'",
                "",
                "spend.limit: 1 USD, and in the other policy none",
                "full",
                "[spend]\nlimit = '1 USD'",
            ),
            (
                "[spend]\nlimit = '1 USD'",
                "[spend]\nlimit = '0.5 EUR'",
                "spend.limit: 1 USD, and in the other policy 0.5 EUR",
                "spend.limit: 0.5 EUR, and in the other policy 1 USD",
                "[spend] is in USD in one policy and in EUR in the other; use one currency",
            ),
            (
                "[spend]\nlimit = '1 USD'\nper-day = '5 USD'",
                "[spend]\nlimit = '2 USD'\nper-day = '4 USD'",
                "spend.limit: 1 USD, and in the other policy 2 USD",
                "spend.per-day: 4 USD of \"default\", and in the other policy 5 USD of \"default\"",
                "[spend]\nlimit = '1 USD'\nper-day = '4 USD'",
            ),
            (
                "[spend]\nlimit = '1 USD'\nper-day = '5 USD'",
                "[spend]\nlimit = '1 USD'",
                "spend.per-day: 5 USD of \"default\", and in the other policy none",
                "full",
                "[spend]\nlimit = '1 USD'\nper-day = '5 USD'",
            ),
            (
                "[spend]\nper-day = '1 USD'",
                "[spend]\nper-day = '1 USD'\naccount = 'a'",
                "spend.per-day: 1 USD of \"default\", and in the other policy 1 USD of \"a\"",
                "spend.per-day: 1 USD of \"a\", and in the other policy 1 USD of \"default\"",
                "per-day of [spend] is of the account \"default\" in one policy and of \"a\" in the other; use one account",
            ),
        ] {
            let (a, b) = (of(one), of(other));
            assert_eq!((said(&a.covers(&b)).as_str(), said(&b.covers(&a)).as_str()), (gap, back), "{one} {other}");
            match a.meet(&b) {
                Ok(both) => assert_eq!(both, of(met)),
                Err(conflict) => assert_eq!(conflict.to_string(), met),
            }
        }
    }

    /// What a stronger answer is wanted for is less; rules are compared request by request.
    #[test]
    fn a_rule_that_wants_a_stronger_answer_is_less() {
        let of = |text: &str| Policy::parse(&format!("version = 1\n{text}")).unwrap();
        let asks = |pattern: &str, least: &str| format!("[[http.rule]]\nask = '{pattern}'\nleast = '{least}'\n");
        let (all, some) = ("* https://a.example/**", "* https://a.example/x/*");
        for (wide, narrow, expected) in [
            (asks(all, "inbox"), asks(all, "command"), "http GET https://a.example/"),
            (asks(all, "command"), asks(all, "inbox"), "full"),
            (asks(all, "client") + &asks(some, "inbox"), asks(all, "client"), "http GET https://a.example/x/"),
            (asks(all, "client"), asks(all, "client") + &asks(some, "inbox"), "full"),
            // The strongest of those that ask holds, whichever answers.
            (
                asks(some, "inbox") + &asks(all, "client") + "answer = { status = 204 }\n",
                asks(all, "client") + "answer = { status = 204 }\n",
                "http GET https://a.example/x/",
            ),
            (asks(all, "inbox"), format!("[http]\nallow = ['{some}']"), "http GET https://a.example/x/"),
            (
                asks(all, "inbox") + "query = { a = '*' }\n" + &asks(all, "command"),
                asks(all, "command"),
                "http GET https://a.example/?a=",
            ),
        ] {
            assert_eq!(said(&of(&wide).covers(&of(&narrow))), expected, "{wide}\n{narrow}");
            let both = of(&wide).meet(&of(&narrow)).unwrap();
            for policy in [&wide, &narrow] {
                assert_eq!(said(&of(policy).covers(&both)), "full", "{wide}\n{narrow}");
            }
        }
    }

    /// What is sent without a key can be carried out twice, so that it is more.
    #[test]
    fn a_request_with_a_key_is_less_than_one_without() {
        let of = |text: &str| Policy::parse(&format!("version = 1\n{text}")).unwrap();
        let keyed = |rule: &str, name: &str| format!("[[http.rule]]\nallow = '{rule}'\nidempotency-key = '{name}'");
        let plain = |rule: &str| format!("[http]\nallow = ['{rule}']");
        let (all, some) = ("POST https://a.example/**", "POST https://a.example/x/*");
        for (wide, narrow, covers) in [
            (plain(all), keyed(all, "k"), true),
            (keyed(all, "k"), plain(all), false),
            (keyed(all, "k"), plain(some), false),
            (keyed(all, "k"), keyed(some, "K"), true),
            (keyed(all, "k"), keyed(some, "l"), false),
            (keyed(some, "k"), plain("POST https://b.example/**"), false),
            (keyed(all, "k"), "[kv]\ndeny = ['a']".to_owned(), true),
        ] {
            let coverage = of(&wide).covers(&of(&narrow));
            assert_eq!(coverage.is_full(), covers, "{wide} {narrow} {coverage:?}");
        }
        let gap = format!("{:?}", of(&keyed(all, "k")).covers(&of(&plain(some))));
        assert!(gap.contains("idempotency"), "{gap}");
        let both = of(&plain(all)).meet(&of(&keyed(all, "k"))).unwrap();
        let url = url::Url::parse("https://a.example/x").unwrap();
        let decision = both.decide(&crate::Query::Http { method: "POST", url: &url, headers: &[] });
        assert_eq!(decision.idempotency_keys, [std::sync::Arc::from("k")]);
    }

    /// Steps that a comparison takes, and what it comes to.
    fn work(wide: &Policy, narrow: &Policy) -> (u64, Coverage) {
        let mut work = Work::new();
        let coverage = wide.covers_within(narrow, &mut work);
        (work.taken(), coverage)
    }

    /// Patterns whose states multiply: the work ends, and the answer says so.
    #[test]
    fn work_is_bounded_and_its_end_is_said() {
        // Which of the letters were there is a state of its own for each set of letters.
        let letters = |more: &[&str]| {
            let mut policy = policy(&["allow kv *"]);
            for letter in 'a'..='z' {
                policy.add(Effect::Ask, &format!("kv *{letter}*1")).unwrap();
            }
            for rule in more {
                policy.add(Effect::Deny, rule).unwrap();
            }
            policy
        };
        let (wide, narrow) = (letters(&[]), letters(&["kv zz"]));
        let (taken, coverage) = work(&wide, &narrow);
        assert_eq!((taken, coverage), (search::WORK, Coverage::Undecided(Undecided::Work)));
        // What needs no search is known all the same.
        assert_eq!(work(&wide, &wide), (0, Coverage::Full));
        assert_eq!(wide.covers(&wide.meet(&narrow).unwrap()), Coverage::Full);
        // Thousands of folders, of which each is looked at for each.
        let folders = |most: usize| {
            let mut policy = Policy::deny_all();
            for at in 0..most {
                policy.add(Effect::Allow, &format!("files read ./d{at} as /d{at}")).unwrap();
            }
            policy
        };
        let (taken, coverage) = work(&folders(4001), &folders(4000));
        assert_eq!((taken, coverage), (search::WORK, Coverage::Undecided(Undecided::Work)));
        // Thousands of methods, ports and hosts.
        let ports = |most: usize| {
            let mut policy = Policy::deny_all();
            for port in 1..most {
                policy.add(Effect::Allow, &format!("http GET,POST,PUT https://a.example:{port}/*a*b*/**")).unwrap();
            }
            policy
        };
        let (taken, coverage) = work(&ports(4000), &ports(3000));
        assert_eq!((taken, coverage), (search::WORK, Coverage::Undecided(Undecided::Work)));
    }

    /// What people write takes a small part of the work.
    #[test]
    fn ordinary_policies_are_compared_to_the_end() {
        let names = |count: usize| -> Policy {
            let mut policy = policy(&["allow files read ./data as /data", "deny files * /data/private/**"]);
            for i in 0..count {
                policy.add(Effect::Allow, &format!("kv read notes/{i}/**")).unwrap();
                policy.add(Effect::Ask, &format!("http GET https://a{i}.example/repos/*/issues")).unwrap();
                policy.add(Effect::Deny, &format!("files read /data/{i}/*.key")).unwrap();
            }
            policy
        };
        for (count, most) in [(10, 100_000), (50, 500_000), (200, 2_500_000)] {
            let mut wide = names(count);
            wide.add(Effect::Allow, "tools *").unwrap();
            let (taken, coverage) = work(&wide, &names(count));
            assert_eq!(coverage, Coverage::Full, "{count}");
            assert!(taken < most, "{count}: {taken}");
            let (taken, coverage) = work(&names(count), &wide);
            assert!(matches!(coverage, Coverage::Gap(_)), "{count}");
            assert!(taken < most, "{count}: {taken}");
        }
    }
}
