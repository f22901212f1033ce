//! Grants: their members in requests, their lists in answers.

use std::collections::BTreeMap;

use ebs::operation::kms::grants::GrantsReply;
use ebs::{Grant, GrantConstraints, GrantId, KeyRefusal};
use serde::{Deserialize, Serialize};

use super::body::TextMap;
use super::context;
use super::member::{Bounds, PRINCIPAL, check_absent, check_pattern, check_text, length};
use crate::ebs_direct::epoch_seconds;

const GRANT_ID: Bounds = length!(1, 128);
const PRINCIPAL_ID: Bounds = length!(1, 256);

/// `GrantConstraints` in a request.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BodyConstraints {
    encryption_context_subset: Option<TextMap>,
    encryption_context_equals: Option<TextMap>,
    source_arn: Option<String>,
}

/// The constraints of a request.
pub(super) fn decode_constraints(constraints: BodyConstraints) -> Result<GrantConstraints, KeyRefusal> {
    let context =
        |member, map: Option<TextMap>| map.map(|map| context::decode(member, Some(map))).transpose();
    let constraints_of_context = GrantConstraints {
        subset: context("constraints.encryptionContextSubset", constraints.encryption_context_subset)?,
        equals: context("constraints.encryptionContextEquals", constraints.encryption_context_equals)?,
    };
    check_absent(constraints.source_arn.as_ref(), "the constraint SourceArn")?;
    Ok(constraints_of_context)
}

/// The grant that `text` is the id of.
pub(super) fn decode_id(text: &str) -> Result<GrantId, KeyRefusal> {
    check_text("grantId", text, GRANT_ID)?;
    text.parse().map_err(|_| KeyRefusal::GrantIdInvalid(text.to_owned()))
}

/// Refuses what has not the form of a principal.
pub(super) fn check_principal(member: &'static str, principal: &str) -> Result<(), KeyRefusal> {
    check_text(member, principal, PRINCIPAL_ID)?;
    check_pattern(member, principal, PRINCIPAL)
}

/// A page of grants in an answer.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GrantsAnswer<'a> {
    grants: Vec<AnswerGrant<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
    truncated: bool,
}

impl<'a> GrantsAnswer<'a> {
    pub(super) fn new(reply: &'a GrantsReply, next_marker: Option<String>) -> Self {
        Self {
            grants: reply.grants.iter().map(AnswerGrant::new).collect(),
            truncated: next_marker.is_some(),
            next_marker,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AnswerGrant<'a> {
    key_id: String,
    grant_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    creation_date: f64,
    grantee_principal: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    retiring_principal: Option<&'a str>,
    issuing_account: &'a str,
    operations: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    constraints: Option<AnswerConstraints<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AnswerConstraints<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    encryption_context_subset: Option<BTreeMap<&'a str, &'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encryption_context_equals: Option<BTreeMap<&'a str, &'a str>>,
}

impl<'a> AnswerGrant<'a> {
    fn new(grant: &'a Grant) -> Self {
        let GrantConstraints { equals, subset } = &grant.constraints;
        let is_constrained = equals.is_some() || subset.is_some();
        Self {
            key_id: grant.key.to_string(),
            grant_id: grant.id.to_string(),
            name: grant.name.as_deref(),
            creation_date: epoch_seconds(grant.created),
            grantee_principal: &grant.grantee,
            retiring_principal: grant.retiring.as_deref(),
            issuing_account: &grant.issuer,
            operations: grant.operations.iter().map(|operation| operation.as_str()).collect(),
            constraints: is_constrained.then(|| AnswerConstraints {
                encryption_context_subset: subset.as_ref().map(context::encode),
                encryption_context_equals: equals.as_ref().map(context::encode),
            }),
        }
    }
}
