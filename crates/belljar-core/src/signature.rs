//! A signed head: who holds a key says that a log of so many entries ends with this hash; of a run that was suspended,
//! also what is kept beside its log.
//!
//! Its form is read everywhere. The signature itself is made and checked with the feature `sign`.

use serde_json::Value;
use thiserror::Error;

use crate::contract::{hex, parse_hex};
use crate::line::Object;
use crate::verify::Anchor;

/// Why something is no signature of a log's head, or not the one that it should be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// It has not the form that Belljar writes.
    #[error("this is no signature of a log: {0}")]
    Form(&'static str),
    /// It is that of somebody else.
    #[error("it is signed by {found}, not by {expected}")]
    Other {
        /// Whose it should be.
        expected: PublicKey,
        /// Whose it says to be.
        found: PublicKey,
    },
    /// The key did not sign this.
    #[error("the signature is not one of {0} for what it says to sign: one of them was changed")]
    Forged(PublicKey),
    /// A key is not usable.
    #[error("{0}")]
    Key(&'static str),
}

/// An Ed25519 public key; as text, 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey(pub [u8; 32]);

impl std::fmt::Display for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl std::str::FromStr for PublicKey {
    type Err = SignatureError;

    fn from_str(text: &str) -> Result<Self, SignatureError> {
        let wrong = "a public key is 64 hexadecimal digits, as `belljar log keygen` prints it";
        parse_hex(&text.to_ascii_lowercase()).map(PublicKey).ok_or(SignatureError::Key(wrong))
    }
}

/// The head of a log with a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedHead {
    /// The SHA-256 of the log's last line.
    pub head: [u8; 32],
    /// How many entries the log has.
    pub entries: u64,
    /// Of a run that was suspended: the SHA-256 of what is kept beside its log.
    pub beside: Option<[u8; 32]>,
    /// Whose signature it says to be.
    pub public_key: PublicKey,
    /// The signature.
    pub signature: [u8; 64],
}

impl SignedHead {
    /// Bytes of the text (1 KiB), more than it needs: bounds what is read of a file with a signature.
    pub const MOST: usize = 1024;

    /// As text: one line of canonical JSON.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        let mut object = Object::new(&mut text);
        object.text("algorithm", "ed25519");
        if let Some(beside) = &self.beside {
            object.hash("beside", beside);
        }
        object.count("entries", self.entries).hash("head", &self.head);
        object.text("public-key", &self.public_key.to_string()).text("signature", &hex(&self.signature));
        object.count("version", 1);
        object.end();
        text + "\n"
    }

    /// Reads what [`SignedHead::to_text`] writes. Whether the signature is good is for [`SignedHead::check`] to say.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, SignatureError> {
        if text.is_empty() {
            return Err(SignatureError::Form("it is empty, as a run leaves it that was cut off before it could sign"));
        }
        if text.len() > Self::MOST {
            return Err(SignatureError::Form("it is too long"));
        }
        let value: Value = serde_json::from_str(text).map_err(|_| SignatureError::Form("it is not JSON"))?;
        if value["version"] != 1 || value["algorithm"] != "ed25519" {
            return Err(SignatureError::Form(
                "it is not of version 1 with algorithm \"ed25519\", which are known here",
            ));
        }
        let text_of = |key: &str| value[key].as_str().unwrap_or_default();
        let signed = parse_hex(text_of("head")).zip(value["entries"].as_u64()).zip(parse_hex(text_of("signature")));
        let signed = signed.zip(parse_hex(text_of("public-key")));
        let signed = signed.map(|(((head, entries), signature), key)| SignedHead {
            head,
            entries,
            beside: value["beside"].as_str().and_then(parse_hex),
            public_key: PublicKey(key),
            signature,
        });
        signed
            .filter(|signed| signed.to_text() == text)
            .ok_or(SignatureError::Form("it is not in the form of version 1"))
    }

    /// What it says of the log.
    pub fn anchor(&self) -> Anchor {
        Anchor { head: self.head, entries: Some(self.entries) }
    }

    /// What is signed. Its first line keeps the signature from being one of anything else.
    pub fn message(head: &[u8; 32], entries: u64, beside: Option<&[u8; 32]>) -> String {
        match beside {
            None => format!("belljar log head, version 1\n{}\n{entries}\n", hex(head)),
            Some(beside) => format!("belljar run put away, version 1\n{}\n{entries}\n{}\n", hex(head), hex(beside)),
        }
    }
}

#[cfg(feature = "sign")]
mod sign {
    use ed25519_dalek::{Signature, Signer, VerifyingKey};

    use super::{PublicKey, SignatureError, SignedHead};

    impl SignedHead {
        /// Whether `by` signed this.
        ///
        /// # Errors
        ///
        /// Why not.
        pub fn check(&self, by: &PublicKey) -> Result<(), SignatureError> {
            if self.public_key != *by {
                return Err(SignatureError::Other { expected: *by, found: self.public_key });
            }
            let key =
                VerifyingKey::from_bytes(&by.0).map_err(|_| SignatureError::Key("this is no public key of Ed25519"))?;
            let message = SignedHead::message(&self.head, self.entries, self.beside.as_ref());
            // Strictly: no weak keys, and one signature has one form.
            key.verify_strict(message.as_bytes(), &Signature::from_bytes(&self.signature))
                .map_err(|_| SignatureError::Forged(*by))
        }
    }

    /// An Ed25519 private key. It is wiped from memory when it is dropped, and never shown.
    pub struct SigningKey(ed25519_dalek::SigningKey);

    impl std::fmt::Debug for SigningKey {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.debug_tuple("SigningKey").field(&self.public_key()).finish()
        }
    }

    impl SigningKey {
        /// The key of this seed: 32 random bytes, which are the private key of RFC 8032.
        pub fn from_seed(seed: &[u8; 32]) -> Self {
            SigningKey(ed25519_dalek::SigningKey::from_bytes(seed))
        }

        /// Its seed, for keeping it.
        pub fn seed(&self) -> &[u8; 32] {
            self.0.as_bytes()
        }

        /// The key with which its signatures are checked.
        pub fn public_key(&self) -> PublicKey {
            PublicKey(self.0.verifying_key().to_bytes())
        }

        /// Signs the head of a log of so many entries.
        pub fn sign(&self, head: [u8; 32], entries: u64) -> SignedHead {
            self.sign_with(head, entries, None)
        }

        /// Signs a run that is suspended: its log's head, and the hash of what is kept beside the log.
        pub fn sign_suspended(&self, head: [u8; 32], entries: u64, beside: [u8; 32]) -> SignedHead {
            self.sign_with(head, entries, Some(beside))
        }

        fn sign_with(&self, head: [u8; 32], entries: u64, beside: Option<[u8; 32]>) -> SignedHead {
            let message = SignedHead::message(&head, entries, beside.as_ref());
            let signature = self.0.sign(message.as_bytes()).to_bytes();
            SignedHead { head, entries, beside, public_key: self.public_key(), signature }
        }
    }
}

#[cfg(feature = "sign")]
pub use sign::SigningKey;

#[cfg(all(test, feature = "sign"))]
mod tests {
    use super::*;

    /// Test 1 of RFC 8032, section 7.1: the key; and that the same key signs the same head alike everywhere.
    #[test]
    fn keys_are_those_of_the_standard() {
        let seed = parse_hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60").unwrap();
        let key = SigningKey::from_seed(&seed);
        let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        assert_eq!(key.public_key().to_string(), public);
        assert_eq!(key.sign([7; 32], 3), key.sign([7; 32], 3));
        assert!(!format!("{key:?}").contains("9d61b19d"));
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let key = SigningKey::from_seed(&[1; 32]);
        let (log, away) = (key.sign([9; 32], 12), key.sign_suspended([9; 32], 12, [8; 32]));
        for signed in [log, away] {
            let text = signed.to_text();
            assert_eq!(SignedHead::parse(&text), Ok(signed));
            assert_eq!(signed.check(&key.public_key()), Ok(()));
            for at in 0..text.len() {
                for bit in 0..7 {
                    let mut bytes = text.clone().into_bytes();
                    bytes[at] ^= 1 << bit;
                    let changed = String::from_utf8(bytes).unwrap();
                    let good = SignedHead::parse(&changed).and_then(|signed| signed.check(&key.public_key()));
                    assert!(good.is_err(), "{changed}");
                }
                assert!(SignedHead::parse(&text[..at]).is_err());
            }
        }
        // Neither is the other.
        assert!(SignedHead { beside: None, ..away }.check(&key.public_key()).is_err());
        assert!(SignedHead { beside: Some([8; 32]), ..log }.check(&key.public_key()).is_err());

        let signed = log;
        let other = SigningKey::from_seed(&[2; 32]).public_key();
        assert!(matches!(signed.check(&other), Err(SignatureError::Other { .. })));
        let claimed = SignedHead { public_key: other, ..signed };
        assert_eq!(claimed.check(&other), Err(SignatureError::Forged(other)));
        // The point of order 1 verifies everything where verification is not strict.
        let mut weak = [0; 32];
        weak[0] = 1;
        let mut signature = [0; 64];
        signature[0] = 1;
        let weak = PublicKey(weak);
        assert!(SignedHead { public_key: weak, signature, ..signed }.check(&weak).is_err());
    }
}
