//! What a run is under: a policy, held against what its host performs.

use belljar_policy::{Policy, Supported};

use crate::outcome::Stop;

/// What every host performs for a run.
pub const SUPPORTED: Supported = Supported { http: false, secrets: false, spend: false, tools: false };

/// A policy with its digest, made once and shared by runs.
#[derive(Clone, Debug)]
pub struct Terms {
    policy: Policy,
    digest: [u8; 32],
    /// The first thing that it says and that is not done.
    unsupported: Option<String>,
}

impl From<Policy> for Terms {
    /// For a host that performs what every host does.
    fn from(policy: Policy) -> Self {
        Terms::new(policy, SUPPORTED)
    }
}

impl Terms {
    /// For a host that performs this much: a run under a policy that says more does not start.
    pub fn new(policy: Policy, supported: Supported) -> Self {
        let digest = policy.digest();
        let unsupported = policy.unsupported(&supported).first().map(ToString::to_string);
        Terms { policy, digest, unsupported }
    }

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
