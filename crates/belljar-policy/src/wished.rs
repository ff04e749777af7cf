//! What a policy says of a tool's wishes, and which of its rules no wish needs.

use crate::algebra::{Coverage, Gap, Undecided};
use crate::policy::{Decision, Policy};
use crate::query::Example;
use crate::rule::{Effect, Rule, Wish};
use crate::subject::{Files, Paths, Subject};

/// What a policy says of a wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wished {
    /// All in all.
    pub said: WishSaid,
    /// The rule that decides it, or why none does; of several the first.
    pub rule: String,
    /// A request that shows it, unless all of the wish is allowed.
    pub request: Option<Example>,
}

/// What a policy says of a wish, all in all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WishSaid {
    /// All of it is allowed.
    Allowed,
    /// A person is asked about some of it, and nothing is refused.
    Asked,
    /// The policy answers some of it by itself, and nothing is refused or asked about.
    Answered,
    /// Some of it is refused.
    PartlyRefused,
    /// All of it is refused.
    Refused,
    /// It is another folder of the host in the policy.
    Elsewhere,
    /// That is not known.
    Undecided(Undecided),
}

impl WishSaid {
    /// In words for people.
    pub fn words(&self) -> &'static str {
        match self {
            WishSaid::Allowed => "allowed",
            WishSaid::Asked => "asked about",
            WishSaid::Answered => "answered by the policy",
            WishSaid::PartlyRefused => "refused in part",
            WishSaid::Refused => "refused",
            WishSaid::Elsewhere => "another folder",
            WishSaid::Undecided(_) => "not known",
        }
    }
}

impl Policy {
    /// What the policy says of a wish. A wish for a path is one for all that is below it, and files are judged by their names.
    ///
    /// # Errors
    ///
    /// Why the wish is none that a policy can speak of, in words for people.
    ///
    /// ```
    /// use belljar_policy::{Effect, Policy, Wish, WishSaid};
    ///
    /// let mut policy = Policy::deny_all();
    /// policy.add(Effect::Allow, "kv read notes/**")?;
    /// let of = |wish: &str| policy.wished(&Wish::parse(wish).unwrap()).unwrap();
    /// assert_eq!(of("kv read notes/a").said, WishSaid::Allowed);
    /// let wished = of("kv read **");
    /// assert_eq!(wished.said, WishSaid::PartlyRefused);
    /// assert_eq!(wished.request.unwrap().to_string(), "kv get /");
    /// assert_eq!(of("kv write **").said, WishSaid::Refused);
    /// # Ok::<(), belljar_policy::RuleError>(())
    /// ```
    pub fn wished(&self, wish: &Wish) -> Result<Wished, String> {
        let (subject, alone) = self.alone(wish)?;
        let first = match self.covers(&alone) {
            // Names alone are judged: no wish says what a file system makes of them.
            Coverage::Full | Coverage::Undecided(Undecided::Place { .. }) => {
                return Ok(Wished { said: WishSaid::Allowed, rule: self.allowing(&subject), request: None });
            }
            Coverage::Undecided(why) => return Ok(undecided(why)),
            Coverage::Gap(gap) => gap,
        };
        // With what is asked about refused in the wish, only a refusal is a gap.
        let asked = self.some_rules(Effect::Ask, Effect::Deny);
        let unasked = self.covers(&Policy { rules: [asked, alone.rules.clone()].concat(), ..alone.clone() });
        // With the whole wish allowed, too.
        let refusing = self.some_rules(Effect::Deny, Effect::Deny);
        let refusing = Policy { rules: [refusing, alone.rules.clone()].concat(), ..alone.clone() };
        let met = refusing.covers(&alone);
        let refused = [Coverage::Gap(first.clone()), unasked, met].into_iter().find_map(|found| match found {
            Coverage::Gap(Gap::Request { request, own, .. }) if own.effect == Effect::Deny => Some((request, own)),
            _ => None,
        });
        Ok(match (refused, first) {
            (Some((request, own)), _) => {
                let said = if self.gives_nothing(&alone) { WishSaid::Refused } else { WishSaid::PartlyRefused };
                Wished { said, rule: own.rule, request: Some(*request) }
            }
            (None, Gap::Request { request, own, .. }) => {
                let Decision { effect, rule, .. } = *own;
                let said = if effect == Effect::Ask { WishSaid::Asked } else { WishSaid::Answered };
                Wished { said, rule, request: Some(*request) }
            }
            (None, gap) => Wished { said: WishSaid::Elsewhere, rule: gap.to_string(), request: None },
        })
    }

    /// The rules that allow or ask and that no wish needs, in the words in which the log names them.
    pub fn unwanted(&self, wishes: &[Wish]) -> Vec<String> {
        let subjects: Vec<Subject> = wishes.iter().filter_map(|wish| Some(self.alone(wish).ok()?.0)).collect();
        let rules = self.layers().iter().flat_map(|layer| &layer.rules);
        let unwanted = rules
            .filter(|rule| rule.effect != Effect::Deny && !subjects.iter().any(|subject| subject.meets(&rule.subject)));
        unwanted.map(|rule| rule.text.clone()).collect()
    }

    /// What a wish is about, and a policy that allows just that, with this one's folders and settings.
    fn alone(&self, wish: &Wish) -> Result<(Subject, Policy), String> {
        let subject = Subject::parse(&wish.capability, Effect::Ask, &wish.text)?;
        let mut alone = self.terms_alone();
        alone.mounts.clone_from(&self.mounts);
        let subject = match subject {
            Subject::Files(Files::Mount(verbs, host, guest)) => {
                alone.mounts.retain(|mount| mount.guest != guest);
                alone.mount(&host, &guest)?;
                Subject::Files(Files::Mount(verbs, host, guest))
            }
            Subject::Files(Files::Paths(verbs, paths)) => {
                Subject::Files(Files::Paths(verbs, Paths::new(paths.glob.with_below())))
            }
            subject => subject,
        };
        let written = subject.text();
        alone.push(&wish.capability, Effect::Allow, &written, subject.clone());
        Ok((subject, alone))
    }

    /// The rules of one effect, as rules of another one.
    fn some_rules(&self, of: Effect, effect: Effect) -> Vec<Rule> {
        let rules = self.layers().iter().flat_map(|layer| &layer.rules).filter(|rule| rule.effect == of);
        let without_answer = |rule: &Rule| Rule { effect, beside: Default::default(), ..rule.clone() };
        rules.map(without_answer).collect()
    }

    /// A rule that allows something of it.
    fn allowing(&self, subject: &Subject) -> String {
        let mut rules = self.layers().iter().flat_map(|layer| &layer.rules);
        let allows = |rule: &&Rule| rule.effect == Effect::Allow && rule.subject.meets(subject);
        rules.find(allows).map(|rule| rule.text.clone()).unwrap_or_default()
    }

    /// Whether it refuses all that another one gives; where that is not known, it is not said.
    fn gives_nothing(&self, of: &Policy) -> bool {
        let Ok(both) = self.meet(of) else { return false };
        let nothing = Policy { rules: Vec::new(), parts: Vec::new(), ..both.clone() };
        nothing.covers(&both).is_full()
    }
}

fn undecided(why: Undecided) -> Wished {
    Wished { rule: why.to_string(), said: WishSaid::Undecided(why), request: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Policy {
        crate::file::parse(&format!("version = 1\n{text}")).unwrap()
    }

    #[test]
    fn each_wish_is_told_with_a_request_that_shows_it() {
        let kv = "[kv]\nallow = ['read a/**']\nask = ['write a/**']\ndeny = ['write a/x']";
        let files =
            "[files]\nallow = ['read ./d as /data']\nask = ['write ./d as /data']\ndeny = ['read /data/private/**']";
        let http = "[http]\nallow = ['GET https://a.example/**']\nask = ['POST https://a.example/**']\n\
            [[http.rule]]\nallow = 'GET https://b.example/**'\nanswer = { status = 200 }";
        for (policy, wish, said, request) in [
            (kv, "kv read a/b", WishSaid::Allowed, ""),
            (kv, "kv read a/**", WishSaid::Allowed, ""),
            (kv, "kv * a/b", WishSaid::Asked, "kv set a/b"),
            (kv, "kv * a/*", WishSaid::PartlyRefused, "kv set a/x"),
            (kv, "kv write a/x", WishSaid::Refused, "kv set a/x"),
            (kv, "kv read b", WishSaid::Refused, "kv get b"),
            (kv, "kv read *", WishSaid::PartlyRefused, "kv get b"),
            (kv, "tools call a", WishSaid::Refused, "tools call a"),
            (files, "files read /data/open", WishSaid::Allowed, ""),
            (files, "files read /data", WishSaid::PartlyRefused, "files read /data/private"),
            (files, "files write /data", WishSaid::Asked, "files write /data"),
            (files, "files write /other", WishSaid::Refused, "files write /other"),
            (http, "http GET https://a.example/b", WishSaid::Allowed, ""),
            (http, "http * https://a.example/b", WishSaid::PartlyRefused, "http HEAD https://a.example/b"),
            (http, "http GET,POST https://a.example/b", WishSaid::Asked, "http POST https://a.example/b"),
            (http, "http GET https://b.example/b", WishSaid::Answered, "http GET https://b.example/b"),
            (http, "http GET https://c.example/", WishSaid::Refused, "http GET https://c.example/"),
            ("", "kv read a", WishSaid::Refused, "kv get a"),
        ] {
            let policy = of(policy);
            let wished = policy.wished(&Wish::parse(wish).unwrap()).unwrap();
            let shown = wished.request.as_ref().map(ToString::to_string).unwrap_or_default();
            assert_eq!((&wished.said, shown.as_str()), (&said, request), "{wish}");
            if let Some(request) = &wished.request {
                assert_eq!(request.query(|query| policy.decide(query)).rule, wished.rule, "{wish}");
            }
        }
        let elsewhere = of(files).wished(&Wish::parse("files read ./e as /data").unwrap()).unwrap();
        assert!(!matches!(elsewhere.said, WishSaid::Allowed | WishSaid::Asked), "{elsewhere:?}");
    }

    #[test]
    fn rules_that_no_wish_needs_are_named() {
        let policy = of(
            "[kv]\nallow = ['read a/**', 'read b']\nask = ['write c']\ndeny = ['read d']\n[files]\nallow = ['read ./d as /data']",
        );
        let wishes = ["kv get a/*", "files read /data/x"].map(|wish| Wish::parse(wish).unwrap());
        assert_eq!(policy.unwanted(&wishes), ["[kv] allow \"read b\"", "[kv] ask \"write c\""]);
        assert_eq!(policy.unwanted(&[]).len(), 4);
    }
}
