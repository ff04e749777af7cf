//! What a run is under: a policy, held against what its host performs.

use belljar_policy::{Policy, Supported};

use crate::outcome::Stop;

/// What every host performs for a run.
pub const SUPPORTED: Supported = Supported { http: true, secrets: true, answers: true, spend: true, tools: true };

/// A policy with its digest, made once and shared by runs.
#[derive(Clone, Debug)]
pub struct Terms {
    policy: Policy,
    digest: [u8; 32],
    /// The first thing that it says and that is not done.
    unsupported: Option<String>,
}

impl From<Policy> for Terms {
    /// A run under a policy that says more than hosts perform does not start.
    fn from(policy: Policy) -> Self {
        let digest = policy.digest();
        let unsupported = policy.unsupported(&SUPPORTED).first().map(ToString::to_string);
        Terms { policy, digest, unsupported }
    }
}

impl Terms {
    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The policy's digest.
    pub(crate) fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// Whether all that the policy says is done.
    pub(crate) fn check(&self) -> Result<(), Stop> {
        match &self.unsupported {
            Some(finding) => Err(Stop::Host(format!("the policy says what is not supported: {finding}"))),
            None => Ok(()),
        }
    }
}
