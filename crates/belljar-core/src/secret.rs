//! Secrets: put into a request after it was judged, shown and logged, and taken out of the answer before the tool gets it.
//!
//! Values are a host's. They come from where a person keeps them, are in no policy, no log, no recording and no guest, and are
//! spent here, in code that both hosts share.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;
use std::mem;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use belljar_abi::{Denial, Failure, Header, HttpRequest, HttpResponse};
use belljar_policy::{Policy, Secret, SecretPlace, Url};
use serde_json::Value;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::pointer;
use crate::spelling::Sought;

/// Characters of a value, at least: a shorter one could not be told from other text in an answer.
const SHORTEST: usize = 8;

/// Characters of a value, at most (8 KiB): what servers take in a header field.
const LONGEST: usize = 8 << 10;

/// The values of a policy's secrets, by name. They are not shown, and their memory is cleared.
///
/// ```
/// use belljar_core::Secrets;
///
/// let mut secrets = Secrets::default();
/// secrets.insert("github-token", "gho_0123456789".into())?;
/// assert!(secrets.insert("short", "abc".into()).is_err());
/// assert!(!format!("{secrets:?}").contains("gho_"));
/// # Ok::<(), belljar_core::SecretFault>(())
/// ```
#[derive(Clone, Default)]
pub struct Secrets(BTreeMap<String, Zeroizing<String>>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Why there is no value of a secret. It never holds one.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SecretFault {
    /// A policy's secrets that nobody gave a value for, by name.
    #[error("the policy's {} not there: {}", if .0.len() == 1 { "secret is" } else { "secrets are" }, .0.join(", "))]
    Missing(Vec<String>),
    /// A value that is no secret: it is shorter or longer than one, or has characters that no header field holds.
    #[error(
        "the value of the secret {0} is none: it has {SHORTEST} to {LONGEST} visible characters of ASCII, and spaces within them"
    )]
    Value(String),
}

impl Secrets {
    /// Adds a value. A line break at its end, as files have, is left out.
    ///
    /// # Errors
    ///
    /// [`SecretFault::Value`].
    pub fn insert(&mut self, name: &str, value: String) -> Result<(), SecretFault> {
        let value = Zeroizing::new(value);
        let text = value.strip_suffix('\n').map_or(value.as_str(), |text| text.strip_suffix('\r').unwrap_or(text));
        let is_visible = text.bytes().all(|c| c == b' ' || c.is_ascii_graphic());
        if !is_visible || text.trim() != text || !(SHORTEST..=LONGEST).contains(&text.len()) {
            return Err(SecretFault::Value(name.to_owned()));
        }
        self.0.insert(name.to_owned(), Zeroizing::new(text.to_owned()));
        Ok(())
    }

    /// Whether there is a value for all that a policy names. It is asked before a run starts, and so before any person is.
    ///
    /// # Errors
    ///
    /// [`SecretFault::Missing`].
    pub fn suffice(&self, policy: &Policy) -> Result<(), SecretFault> {
        check(policy, |name| self.0.contains_key(name))
    }

    /// The value of a secret.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.as_str())
    }

    /// Puts secrets into a request and its URL.
    pub(crate) fn put(&self, secrets: &[Secret], request: &mut HttpRequest, url: &mut Url) -> Result<(), Failure> {
        for secret in secrets {
            let value = self.0.get(&secret.name);
            let value = value.ok_or_else(|| Failure::Other(format!("the secret {} is not there", secret.name)))?;
            match &secret.place {
                SecretPlace::Header { name, value: text } => set(request, name, text.replace("{}", value)),
                SecretPlace::Basic { credentials } => {
                    let credentials = Zeroizing::new(credentials.replace("{}", value));
                    set(request, "authorization", format!("Basic {}", STANDARD.encode(credentials.as_bytes())));
                }
                SecretPlace::Query { key } => {
                    set_parameter(url, key, value);
                    request.url = url.to_string();
                }
                SecretPlace::Body { pointer } => {
                    let body = request.body.as_deref();
                    let body = body.and_then(|body| pointer::replace(body, pointer, &Value::from(value.as_str())));
                    request.body = Some(body.ok_or_else(|| {
                        Failure::Invalid(format!(
                            "the secret {} stands at {pointer} in a body of JSON, and this request's body has no such place",
                            secret.name
                        ))
                    })?);
                }
            }
        }
        Ok(())
    }

    /// What secrets are looked for as, with what stands instead; longer forms come first.
    fn forms(&self, secrets: &[Secret]) -> Vec<(Sought, String)> {
        let mut all = Vec::new();
        for secret in secrets {
            let Some(value) = self.0.get(&secret.name) else { continue };
            let mut forms = forms(value);
            if let SecretPlace::Basic { credentials } = &secret.place {
                let whole = Zeroizing::new(STANDARD.encode(credentials.replace("{}", value)));
                forms.push(Sought::base64(whole.trim_end_matches('='), false, false));
            }
            all.extend(forms.into_iter().map(|form| (form, format!("[secret {}]", secret.name))));
        }
        all.sort_by_key(|(form, _)| Reverse(form.len()));
        all
    }

    /// Takes secrets out of what is said of a failure.
    pub(crate) fn redact_failure(&self, secrets: &[Secret], failure: Failure) -> Failure {
        let forms = self.forms(secrets);
        let plain = |text: String| without(&forms, text);
        match failure {
            Failure::Denied(denial) => {
                Failure::Denied(Denial { request: plain(denial.request), rule: plain(denial.rule), ..denial })
            }
            Failure::Exhausted(text) => Failure::Exhausted(plain(text)),
            Failure::NotFound(text) => Failure::NotFound(plain(text)),
            Failure::Invalid(text) => Failure::Invalid(plain(text)),
            Failure::TooLarge(text) => Failure::TooLarge(plain(text)),
            Failure::TimedOut(text) => Failure::TimedOut(plain(text)),
            Failure::Other(text) => Failure::Other(plain(text)),
        }
    }

    /// Takes secrets out of an answer: wherever a server gave one back, plain or in a usual encoding, its name stands instead.
    pub(crate) fn redact(&self, secrets: &[Secret], response: &mut HttpResponse) {
        let forms = self.forms(secrets);
        for header in &mut response.headers {
            header.value = without(&forms, mem::take(&mut header.value));
            if forms.iter().any(|(form, _)| form.is_in(header.name.as_bytes())) {
                header.name = "secret".into();
            }
        }
        for (form, name) in &forms {
            if let Some(replaced) = form.replaced(&response.body, name) {
                response.body = replaced;
            }
        }
    }
}

/// A text with names in place of secrets.
fn without(forms: &[(Sought, String)], text: String) -> String {
    forms.iter().fold(text, |text, (form, name)| match form.replaced(text.as_bytes(), name) {
        // What is sought is ASCII, so what is left is UTF-8.
        Some(replaced) => String::from_utf8_lossy(&replaced).into_owned(),
        None => text,
    })
}

/// Whether there is a value for all secrets that a policy names.
///
/// # Errors
///
/// [`SecretFault::Missing`].
pub fn check(policy: &Policy, is_there: impl Fn(&str) -> bool) -> Result<(), SecretFault> {
    let names = policy.secrets.iter().map(|secret| &secret.name);
    let mut missing: Vec<String> = names.filter(|name| !is_there(name)).cloned().collect();
    missing.sort_unstable();
    missing.dedup();
    if missing.is_empty() { Ok(()) } else { Err(SecretFault::Missing(missing)) }
}

/// Sets a header field.
fn set(request: &mut HttpRequest, name: &str, value: String) {
    request.headers.retain(|header| !header.name.eq_ignore_ascii_case(name));
    request.headers.push(Header { name: name.to_owned(), value });
}

/// Sets a parameter of a query. The others stay as they were written.
fn set_parameter(url: &mut Url, key: &str, value: &str) {
    let mut alone = url.clone();
    let mut is_other = |part: &&str| {
        alone.set_query(Some(part));
        !part.is_empty() && alone.query_pairs().all(|(name, _)| name != key)
    };
    let query = url.query().unwrap_or_default().to_owned();
    let mut parts: Vec<&str> = query.split('&').filter(&mut is_other).collect();
    alone.set_query(None);
    alone.query_pairs_mut().append_pair(key, value);
    parts.push(alone.query().unwrap_or_default());
    url.set_query(Some(&parts.join("&")));
}

/// The forms in which a server may give a value back: as a text, in hexadecimal, and in base64 wherever it stands in what was encoded.
fn forms(value: &str) -> Vec<Sought> {
    let mut forms = vec![Sought::text(value), Sought::hex(value)];
    for alphabet in [alphabet::STANDARD, alphabet::URL_SAFE] {
        let engine = GeneralPurpose::new(&alphabet, GeneralPurposeConfig::new().with_encode_padding(false));
        for before in 0..3_usize {
            let mut bytes = Zeroizing::new(vec![0; before]);
            bytes.extend(value.bytes());
            let text = Zeroizing::new(engine.encode(&*bytes));
            // Digits with bits of what stands before or behind are changed by that.
            let start = [0, 2, 3][before];
            let end = bytes.len() * 8 / 6;
            let is_cut = bytes.len() * 8 % 6 != 0;
            forms.extend(text.get(start..end).map(|digits| Sought::base64(digits, before > 0, is_cut)));
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;
    use belljar_abi::HttpRedirect;

    const VALUE: &str = "p/ss \"w+rd=é"; // not ASCII: refused
    const KEY: &str = "s3cr/t+k y=\"1\"";

    fn secrets(value: &str) -> Secrets {
        let mut secrets = Secrets::default();
        secrets.insert("key", value.into()).unwrap();
        secrets
    }

    fn secret(place: &str) -> Secret {
        Secret::new("key", "https://a.example", place).unwrap()
    }

    fn request(body: Option<&str>) -> HttpRequest {
        let header = |name: &str, value: &str| Header { name: name.into(), value: value.into() };
        HttpRequest {
            method: "POST".into(),
            url: "https://a.example/x?a=1&api_key=mine&b=%20".into(),
            headers: vec![header("authorization", "mine"), header("x-a", "1")],
            body: body.map(|body| body.as_bytes().to_vec()),
            redirect: HttpRedirect::Follow,
        }
    }

    fn put(place: &str, body: Option<&str>) -> Result<(HttpRequest, Url), Failure> {
        let mut request = request(body);
        let mut url = Url::parse(&request.url).unwrap();
        secrets(KEY).put(&[secret(place)], &mut request, &mut url)?;
        assert_eq!(request.url, url.as_str());
        Ok((request, url))
    }

    #[test]
    fn a_secret_stands_where_the_policy_says_and_nowhere_else() {
        let header = |name: &str, value: &str| Header { name: name.into(), value: value.into() };
        let (sent, _) = put("header authorization: Bearer {}", None).unwrap();
        assert_eq!(sent.headers, [header("x-a", "1"), header("authorization", &format!("Bearer {KEY}"))]);
        let (sent, _) = put("basic user:{}", None).unwrap();
        let basic = format!("Basic {}", STANDARD.encode(format!("user:{KEY}")));
        assert_eq!(sent.headers, [header("x-a", "1"), header("authorization", &basic)]);
        let (sent, url) = put("query api_key", None).unwrap();
        assert_eq!(url.as_str(), "https://a.example/x?a=1&b=%20&api_key=s3cr%2Ft%2Bk+y%3D%221%22");
        assert_eq!(sent.headers, request(None).headers);
        let (sent, _) = put("body /auth/key", Some(r#"{"auth":{"key":"mine"},"n":1.50e400}"#)).unwrap();
        assert_eq!(sent.body.unwrap(), br#"{"auth":{"key":"s3cr/t+k y=\"1\""},"n":1.50e400}"#);
        let (sent, _) = put("body /~1k", Some(" { } ")).unwrap();
        assert_eq!(sent.body.unwrap(), br#"{"/k":"s3cr/t+k y=\"1\""}"#);
        let (sent, _) = put("body /1", Some("[1,2]")).unwrap();
        assert_eq!(sent.body.unwrap(), br#"[1,"s3cr/t+k y=\"1\""]"#);
        for body in [
            None,
            Some("{}"),
            Some("text"),
            Some(r#"{"auth":1}"#),
            Some(r#"{"auth":[]}"#),
            Some(r#"{"auth":{"key":1,"key":2}}"#),
        ] {
            assert!(
                matches!(put("body /auth/key", body), Err(Failure::Invalid(text)) if !text.contains(KEY)),
                "{body:?}"
            );
        }
    }

    #[test]
    fn a_secret_that_is_given_back_is_taken_out() {
        let encoded = |url: &str| Url::parse(url).unwrap().to_string();
        let mut echoes = vec![
            KEY.to_owned(),
            format!("a{KEY}b{KEY}"),
            serde_json::json!({ "a": KEY }).to_string(),
            serde_json::json!({ "a": serde_json::json!({ "b": KEY }).to_string() }).to_string(),
            encoded(&format!("https://a.example/?k={KEY}")),
            format!("{:?}", put("query k", None).unwrap().1.query()),
            "s3cr%2Ft%2Bk%20y%3D%221%22".into(),
            "s3cr%2ft%2bk%20y%3d%221%22".into(),
            "s3cr/t\\u002Bk y=\\u00221\\u0022".into(),
            "s3cr/t%2Bk%20y=%221%22".into(),
            "s3cr/t+k y&#61;&quot;1&quot;".into(),
            KEY.bytes().map(|byte| format!("\\u{:04X}", u32::from(byte))).collect(),
            KEY.bytes().map(|byte| format!("%{byte:02X}")).collect(),
            KEY.bytes().map(|byte| format!("{byte:02x}")).collect(),
        ];
        for (before, behind) in [
            ("", ""),
            ("", KEY),
            ("user:", KEY),
            ("a", "z"),
            ("ab", "zy"),
            ("abc", "zyx"),
            ("user:", "\n"),
            ("\u{e9}~", "?>"),
        ] {
            let whole = format!("{before}{KEY}{behind}");
            echoes.push(STANDARD.encode(&whole));
            echoes.push(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&whole));
        }
        let core = forms(KEY);
        for echo in echoes {
            let header = Header { name: "x-echo".into(), value: echo.clone() };
            let body = format!("<p>{echo}</p>").into_bytes();
            let mut response = HttpResponse { status: 200, url: String::new(), headers: vec![header], body };
            secrets(KEY).redact(&[secret("query k")], &mut response);
            let text = String::from_utf8(response.body).unwrap();
            assert!(
                text.contains("[secret key]") && response.headers[0].value.contains("[secret key]"),
                "{echo}: {text}"
            );
            for form in &core {
                assert!(!form.is_in(text.as_bytes()), "{echo}: {text}");
            }
        }
        let mut response =
            HttpResponse { status: 200, url: String::new(), headers: Vec::new(), body: b"s3cr/t+k y nothing".to_vec() };
        secrets(KEY).redact(&[secret("query k")], &mut response);
        assert_eq!(response.body, b"s3cr/t+k y nothing");
    }

    #[test]
    fn a_failure_does_not_tell_a_secret() {
        let told = Failure::Other(format!("cannot reach https://a.example/?k=s3cr%2Ft%2Bk+y%3D%221%22 with {KEY}"));
        let told = secrets(KEY).redact_failure(&[secret("query k")], told);
        assert_eq!(told, Failure::Other("cannot reach https://a.example/?k=[secret key] with [secret key]".into()));
    }

    #[test]
    fn what_is_no_secret_is_refused_and_not_shown() {
        let mut secrets = Secrets::default();
        for value in ["", "1234567", " 12345678", "12345678\n\n", "1234\n5678", VALUE, &"x".repeat(LONGEST + 1)] {
            let fault = secrets.insert("key", value.into()).unwrap_err();
            assert_eq!(fault, SecretFault::Value("key".into()));
            assert!(value.is_empty() || !fault.to_string().contains(value));
        }
        for value in ["12345678", "12345678\r\n", "a b c d e", &"x".repeat(LONGEST)] {
            assert_eq!(secrets.insert("key", value.into()), Ok(()), "{value}");
        }
        assert_eq!(format!("{secrets:?}"), "{\"key\"}");
    }
}
