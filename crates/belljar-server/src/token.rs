//! The token of a relay.

use std::fmt;

use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// Characters of a token that somebody chose, at least (32): it stands against guessing over a network.
const SHORTEST: usize = 32;

/// Characters of a token, at most.
const LONGEST: usize = 256;

/// Why there is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TokenError {
    /// It is none.
    #[error("a token has {SHORTEST} to {LONGEST} letters, digits and characters of -._~")]
    Form,
    /// The system gives no randomness.
    #[error("the system gives no randomness")]
    Random,
}

/// What a page shows to use a relay. It is not shown by accident.
pub struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

impl Token {
    /// A random one, of 256 bits.
    ///
    /// # Errors
    ///
    /// [`TokenError::Random`].
    pub fn random() -> Result<Self, TokenError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|_| TokenError::Random)?;
        Ok(Token(belljar_core::hex(&bytes)))
    }

    /// One that somebody chose. A line break at its end, as files have, is left out.
    ///
    /// # Errors
    ///
    /// [`TokenError::Form`].
    pub fn new(text: &str) -> Result<Self, TokenError> {
        let text = text.trim_end_matches(['\r', '\n']);
        let is_known = |c: u8| c.is_ascii_alphanumeric() || b"-._~".contains(&c);
        if (SHORTEST..=LONGEST).contains(&text.len()) && text.bytes().all(is_known) {
            Ok(Token(text.to_owned()))
        } else {
            Err(TokenError::Form)
        }
    }

    /// For the address by which the page is opened.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether this is it. Digests are compared, so that the time tells nothing of where they differ.
    pub(crate) fn is(&self, given: &str) -> bool {
        Sha256::digest(&self.0) == Sha256::digest(given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_long_and_plain() -> Result<(), TokenError> {
        let token = Token::random()?;
        assert_eq!(token.reveal().len(), 64);
        assert!(token.is(token.reveal()) && !token.is("") && !token.is(Token::random()?.reveal()));
        assert!(!format!("{token:?}").contains(token.reveal()));
        assert!(Token::new(&"a".repeat(32)).is_ok() && Token::new(&format!("{}\n", "~".repeat(256))).is_ok());
        for bad in ["", "short", &"a".repeat(257), &"a b".repeat(20), &"\u{e9}".repeat(40), &"#".repeat(40)] {
            assert_eq!(Token::new(bad).err(), Some(TokenError::Form), "{bad}");
        }
        Ok(())
    }
}
