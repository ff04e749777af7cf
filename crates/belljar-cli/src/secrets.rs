//! Where the values of secrets come from: the environment, a file, or the system's keyring.

use std::ffi::OsString;

use belljar::{Policy, Secrets};

use crate::Failure;
use crate::show::visible;

/// Bytes of a file with a secret (64 KiB).
const FILE: u64 = 64 << 10;

/// The values of the policy's secrets. `said` are the options, `NAME=env:VARIABLE`, `NAME=file:PATH` or `NAME=keyring:SERVICE/USER`; a secret that none is about
/// is looked for in the variable of its own name.
///
/// # Errors
///
/// An option that is none or is about nothing, a place that holds no secret, or a secret that is nowhere.
pub(crate) fn find(policy: &Policy, said: &[String]) -> Result<Secrets, Failure> {
    let mut secrets = Secrets::default();
    for option in said {
        let (name, source) = option.split_once('=').unwrap_or((option, ""));
        if !policy.secrets.iter().any(|secret| secret.name == name) {
            return Err(usage(format!("--secret {option:?}: the policy has no secret of this name")));
        }
        let value = match source.split_once(':') {
            Some(("env", variable)) => from_environment(variable)
                .ok_or_else(|| usage(format!("--secret {option:?}: the variable {variable:?} is not set")))??,
            Some(("file", path)) => from_file(path).map_err(|why| usage(format!("--secret {option:?}: {why}")))?,
            Some(("keyring", place)) => {
                from_keyring(place).map_err(|why| usage(format!("--secret {option:?}: {why}")))?
            }
            _ => {
                let why = "write NAME=env:VARIABLE, NAME=file:PATH or NAME=keyring:SERVICE/USER; its value itself would be seen by \
                           every process";
                return Err(usage(format!("--secret {:?}: {why}", name)));
            }
        };
        secrets.insert(name, value).map_err(usage)?;
    }
    for secret in &policy.secrets {
        let is_said = said.iter().any(|option| option.split_once('=').is_some_and(|(name, _)| name == secret.name));
        if let (false, Some(value)) = (is_said, from_environment(&variable(&secret.name))) {
            secrets.insert(&secret.name, value?).map_err(usage)?;
        }
    }
    secrets.suffice(policy).map_err(|fault| {
        let names: Vec<_> = policy.secrets.iter().map(|secret| variable(&secret.name)).collect();
        let names: Vec<_> = names.into_iter().filter(|name| std::env::var_os(name).is_none()).collect();
        usage(format!("{fault}; set {}, or name a place with --secret NAME=file:PATH", names.join(" and ")))
    })?;
    Ok(secrets)
}

/// The variable in which a secret is looked for: `BELLJAR_SECRET_` and its name in capitals.
fn variable(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    format!("BELLJAR_SECRET_{}", name.chars().map(plain).collect::<String>())
}

fn from_environment(variable: &str) -> Option<Result<String, Failure>> {
    let text = |value: OsString| value.into_string().map_err(|_| usage(format!("{variable} is not UTF-8")));
    std::env::var_os(variable).map(text)
}

fn from_file(path: &str) -> Result<String, String> {
    use std::io::Read as _;
    let fail = |error: std::io::Error| format!("{path}: {error}");
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(fail)?;
    file.take(FILE).read_to_string(&mut text).map_err(fail)?;
    Ok(text)
}

/// The password that the system's keyring has for a user of a service: the keys of the kernel on Linux, Keychain on macOS, the
/// Credential Manager on Windows.
fn from_keyring(place: &str) -> Result<String, String> {
    let parts = place.split_once('/').filter(|(service, user)| !service.is_empty() && !user.is_empty());
    let (service, user) = parts.ok_or("write keyring:SERVICE/USER")?;
    let fail = |error: keyring::Error| format!("the keyring has no password for {user:?} of {service:?}: {error}");
    keyring::Entry::new(service, user).and_then(|entry| entry.get_password()).map_err(fail)
}

fn usage(why: impl std::fmt::Display) -> Failure {
    Failure::usage(visible(&why.to_string()))
}
