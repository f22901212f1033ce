//! GetKeyPolicy, PutKeyPolicy, ListKeyPolicies.

/// A GetKeyPolicy request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetKeyPolicyRequest {
    /// The key.
    pub key_id: String,
    /// The policy's name, if the client gives one. A key has one policy.
    pub policy_name: Option<String>,
}

/// What GetKeyPolicy answers with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetKeyPolicyReply {
    /// The policy, as it was put.
    pub policy: String,
    /// Its name.
    pub policy_name: String,
}

/// A PutKeyPolicy request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutKeyPolicyRequest {
    /// The key.
    pub key_id: String,
    /// The policy's name, if the client gives one. A key has one policy.
    pub policy_name: Option<String>,
    /// The new policy.
    pub policy: String,
    /// Whether it may be one under which the caller could not change it again.
    pub bypass_policy_lockout_safety_check: bool,
}

/// A ListKeyPolicies request. There is one page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListKeyPoliciesRequest {
    /// The key.
    pub key_id: String,
}

/// What ListKeyPolicies answers with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListKeyPoliciesReply {
    /// The names of all the key's policies.
    pub policy_names: Vec<String>,
}
