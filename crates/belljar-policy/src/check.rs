//! What a policy says that cannot be, or that comes to nothing.

use crate::finding::Finding;
use crate::glob::Glob;
use crate::policy::Policy;
use crate::rule::{Effect, Rule};
use crate::section::files::inside;
use crate::subject::{Files, Subject};
use crate::text::escape;

/// Pairs of rules that are compared; a policy with more is not checked for refusals of nothing.
const PAIRS: usize = 20_000;

impl Policy {
    /// The first rule that can never do what it says, if there is one: by its place among the rules, and why.
    pub(crate) fn impossible(&self) -> Option<(usize, String)> {
        self.rules.iter().enumerate().find_map(|(at, rule)| {
            let Subject::Files(Files::Paths(_, paths)) = &rule.subject else { return None };
            if rule.effect == Effect::Deny || self.mounts().iter().any(|mount| paths.glob.meets(&inside(&mount.guest))) {
                return None;
            }
            let path = format!("/{}", paths.glob);
            let why = match rule.effect {
                Effect::Ask => "so there is nothing to ask about",
                _ => "so it allows nothing",
            };
            Some((at, format!(
                "no folder is granted that the tool sees at or above {path}, {why}; to grant the folder {path} of this \
                 machine, write {:?}",
                format!("files {}", rule.written.trim_end_matches("/**").to_owned() + " as " + path.trim_end_matches("/**"))
            )))
        })
    }

    /// Whether all rules can do what they say.
    ///
    /// # Errors
    ///
    /// The first that cannot, and why.
    ///
    /// ```
    /// use belljar_policy::{Effect, Policy};
    ///
    /// let mut policy = Policy::deny_all();
    /// policy.add(Effect::Allow, "files write /data/out.txt")?;
    /// assert!(policy.check().is_err());
    /// policy.add(Effect::Allow, "files read ./data as /data")?;
    /// assert!(policy.check().is_ok());
    /// # Ok::<(), belljar_policy::RuleError>(())
    /// ```
    pub fn check(&self) -> Result<(), Finding> {
        self.parts.iter().try_for_each(Policy::check)?;
        match self.impossible() {
            Some((at, message)) => {
                let rule = self.rules.get(at).map(|rule| rule.text.clone()).unwrap_or_default();
                Err(Finding { rule, message })
            }
            None => Ok(()),
        }
    }

    /// What is allowed by the policy's own words and comes to nothing, or refused without need: a person may have meant
    /// something else.
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings: Vec<Finding> = self.parts.iter().flat_map(Policy::findings).collect();
        for rule in &self.rules {
            let message = match &rule.subject {
                // Where the folder of the host lies is not known here: it may be in one that is granted.
                Subject::Files(Files::Mount(..)) => continue,
                _ if rule.effect == Effect::Deny && self.refuses_nothing(rule) => {
                    let hint = match &rule.subject {
                        Subject::Files(Files::Paths(_, paths)) => self.meant(&paths.glob),
                        _ => None,
                    };
                    let hint = hint.unwrap_or_else(|| "is a name in it mistyped?".into());
                    format!("it refuses nothing, because no rule allows or asks for anything that it names; {hint}")
                }
                _ => continue,
            };
            findings.push(Finding { rule: rule.text.clone(), message });
        }
        findings.extend(self.contradictions());
        findings
    }

    /// What holds of rules that are as they should be, and what their author may not expect: those that refuse or ask about some
    /// paths of a server, under a rule that gives more of it.
    ///
    /// ```
    /// use belljar_policy::{Effect, Policy};
    ///
    /// let mut policy = Policy::deny_all();
    /// policy.add(Effect::Allow, "http GET https://a.example/**")?;
    /// policy.add(Effect::Deny, "http * https://a.example/private/**")?;
    /// assert_eq!(policy.notes().len(), 1);
    /// # Ok::<(), belljar_policy::RuleError>(())
    /// ```
    pub fn notes(&self) -> Vec<Finding> {
        let mut notes: Vec<Finding> = self.parts.iter().flat_map(Policy::notes).collect();
        if self.rules.len().saturating_mul(self.rules.len()) > PAIRS {
            return notes;
        }
        let around = self.rules.iter().filter(|rule| {
            let Subject::Http(http) = &rule.subject else { return false };
            http.slashed().is_some_and(|slashed| {
                self.rules.iter().any(|weaker| {
                    weaker.effect < rule.effect
                        && matches!(&weaker.subject, Subject::Http(http) if http.meets(&slashed))
                })
            })
        });
        notes.extend(around.map(|rule| {
            let message = "it is about the path as it is written, and a server may take others for the same, such as //a, /a;x or \
                           /a%00 for /a, which a rule that gives more lets through; give only the paths that are meant"
                .into();
            Finding { rule: rule.text.clone(), message }
        }));
        notes
    }

    /// Rules that answer one request in different ways, each once.
    fn contradictions(&self) -> Vec<Finding> {
        let answers: Vec<&Rule> = self.rules.iter().filter(|rule| rule.beside.answer.is_some()).collect();
        if answers.len().saturating_mul(answers.len()) > PAIRS {
            return Vec::new();
        }
        let contradiction = |(at, rule): (usize, &&Rule)| {
            let differs = |other: &&&Rule| {
                let same = other.effect == rule.effect && other.beside.answer != rule.beside.answer;
                same && other.subject.meets(&rule.subject)
            };
            let other = answers.iter().skip(at + 1).find(differs)?;
            let other = &other.text;
            let message = format!(
                "it and {other} answer some requests in different ways, and these are refused; make the rules about different \
                 requests"
            );
            Some(Finding { rule: rule.text.clone(), message })
        };
        answers.iter().enumerate().filter_map(contradiction).collect()
    }

    /// Whether a refusal meets none of the rules of its capability that grant something, though there are some.
    fn refuses_nothing(&self, refusal: &Rule) -> bool {
        let own = refusal.subject.kind().name;
        let grants = |rule: &&Rule| rule.effect != Effect::Deny && rule.subject.kind().name == own;
        let granting: Vec<&Rule> = self.rules.iter().filter(grants).collect();
        !granting.is_empty()
            && granting.len().saturating_mul(self.rules.len()) <= PAIRS
            && !granting.iter().any(|rule| refusal.subject.meets(&rule.subject))
    }

    /// The path that a refusal was probably meant for: that of a folder by its name on this machine.
    fn meant(&self, glob: &Glob) -> Option<String> {
        let pattern = glob.to_string();
        self.mounts().iter().find_map(|mount| {
            let host = mount.host.trim_start_matches("./").trim_matches('/');
            let rest = pattern.strip_prefix(host)?;
            if host.is_empty() || !(rest.is_empty() || rest.starts_with('/')) {
                return None;
            }
            Some(format!(
                "a path is named as the tool sees it: {:?}",
                format!("{}{rest}", escape(mount.guest.as_str().trim_end_matches('/')))
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(rules: &[(Effect, &str)]) -> Policy {
        let mut policy = Policy::deny_all();
        for (effect, rule) in rules {
            policy.add(*effect, rule).unwrap();
        }
        policy
    }

    #[test]
    fn a_refusal_of_nothing_is_found() {
        use Effect::{Allow, Ask, Deny};
        for (rules, found) in [
            (&[(Allow, "kv notes/**"), (Deny, "kv get notes/secret/**")][..], 0),
            (&[(Allow, "kv notes/**"), (Deny, "kv get nots/secret/**")], 1),
            (&[(Allow, "kv read notes/**"), (Deny, "kv set notes/x")], 1),
            (&[(Deny, "kv anything")], 0),
            (&[(Ask, "kv **"), (Deny, "kv a")], 0),
            (&[(Allow, "files read ./data as /data"), (Deny, "files read /data/private/**")], 0),
            (&[(Allow, "files read ./data as /data"), (Deny, "files read /DATA/private/**")], 0),
            (&[(Allow, "files read ./data as /data"), (Deny, "files read /dat/private/**")], 1),
            (&[(Allow, "files read ./data as /data"), (Deny, "files write /data/private/**")], 1),
            (&[(Allow, "files ./data as /data"), (Deny, "files ./secret as /data/secret")], 0),
            (&[(Allow, "files ./data as /data"), (Deny, "files ./data/secret as /secret")], 0),
            (&[(Allow, "http GET https://a.example/**"), (Deny, "http POST https://a.example/**")], 1),
        ] {
            assert_eq!(policy(rules).findings().len(), found, "{rules:?}: {:?}", policy(rules).findings());
        }
        let typed = policy(&[(Allow, "files read ./srv as /data"), (Deny, "files read /srv/private/**")]);
        assert!(typed.findings()[0].message.contains("\"/data/private/**\""), "{:?}", typed.findings());
    }

    #[test]
    fn a_path_is_allowed_in_a_granted_folder_only() {
        use Effect::{Allow, Ask, Deny};
        for (rules, fine) in [
            (&[(Allow, "files write /data/x")][..], false),
            (&[(Ask, "files write /data/x")], false),
            (&[(Deny, "files write /data/x")], true),
            (&[(Allow, "files write /data/x"), (Allow, "files read ./d as /data")], true),
            (&[(Allow, "files write /data/**"), (Allow, "files read ./d as /data/inner")], true),
            (&[(Allow, "files write /other"), (Allow, "files read ./d as /data")], false),
        ] {
            assert_eq!(policy(rules).check().is_ok(), fine, "{rules:?}");
        }
        let error = Policy::parse("version = 1\n[files]\nallow = [\n  'write /data/x',\n]\n").unwrap_err();
        assert_eq!((error.line, error.column), (4, 3), "{error}");
    }
}
