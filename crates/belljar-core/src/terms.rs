//! What a run is under: a policy, held against what its host performs.

use std::sync::Arc;

use belljar_policy::{Policy, Supported};

use crate::outcome::Stop;
use crate::plan::Plan;

/// What every host performs for a run.
pub const SUPPORTED: Supported = Supported { http: true, secrets: true, answers: true, spend: true, tools: true };

/// A policy with its digest, made once and shared by runs.
#[derive(Clone, Debug)]
pub struct Terms {
    policy: Policy,
    digest: [u8; 32],
    /// The first thing that it says and that is not done.
    unsupported: Option<String>,
    /// What a person approved beforehand.
    plan: Option<Arc<Plan>>,
    /// The run writes down what it asks for.
    rehearses: bool,
    /// Who started the run, as an authentication found out.
    started_by: Option<String>,
}

impl From<Policy> for Terms {
    /// A run under a policy that says more than hosts perform does not start.
    fn from(policy: Policy) -> Self {
        let digest = policy.digest();
        let unsupported = policy.unsupported(&SUPPORTED).first().map(ToString::to_string);
        Terms { policy, digest, unsupported, plan: None, rehearses: false, started_by: None }
    }
}

impl Terms {
    /// The same with a plan that a person has approved: what it holds is done without a question, in its order and as long as
    /// nothing else is asked for.
    #[must_use]
    pub fn with_plan(self, plan: Option<Arc<Plan>>) -> Self {
        Terms { plan, ..self }
    }

    /// The same for a run that writes down what it asks for, [`crate::Run::planned`].
    #[must_use]
    pub fn rehearsing(self) -> Self {
        Terms { rehearses: true, ..self }
    }

    /// The same for a run of which it is known who started it, as an authentication found out. Where the policy wants four eyes, another
    /// one must approve what it asks for.
    #[must_use]
    pub fn started_by(self, identity: Option<String>) -> Self {
        Terms { started_by: identity, ..self }
    }

    /// Who started the run, if it is known.
    pub(crate) fn starter(&self) -> Option<&str> {
        self.started_by.as_deref()
    }

    /// The plan, if there is one.
    pub fn plan(&self) -> Option<&Arc<Plan>> {
        self.plan.as_ref()
    }

    pub(crate) fn rehearses(&self) -> bool {
        self.rehearses
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
