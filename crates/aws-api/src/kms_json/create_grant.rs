//! CreateGrant.
//!
//! Source: <https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html>.

use std::collections::BTreeSet;

use ebs::operation::kms::grants::{CreateGrantReply, CreateGrantRequest};
use ebs::{GrantOperation, KeyRefusal};
use serde::{Deserialize, Serialize};

use super::body::Object;
use super::grants::{BodyConstraints, check_principal, decode_constraints};
use super::member::{
    Bounds, NAME, Words, check_absent, check_count, check_pattern, invalid, length, optional_text, required,
    words,
};
use super::{body, json_answer, member};
use crate::{ApiError, HttpAnswer};

const OPERATION: Words = words!(
    "CreateGrant",
    "Decrypt",
    "DescribeKey",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
    "RetireGrant"
);
/// Ours: the model has no bound, and each of nineteen words more than once says nothing more.
const OPERATIONS: Bounds = length!(1, 100);
const GRANT_NAME: Bounds = length!(1, 256);

/// The request that `body` makes.
///
/// # Errors
/// [`ApiError::Wire`] if it is not the JSON of this action, [`ApiError::Key`] for the first member that is missing or
/// not what it must be, for operations that no key here knows, and for principals that are services.
pub fn decode(body: &[u8]) -> Result<CreateGrantRequest, ApiError> {
    let body: Body = body::read(body)?;
    let key_id = member::key_id(body.key_id)?;
    check_absent(body.grantee_service_principal.as_ref(), "the parameter GranteeServicePrincipal")?;
    check_absent(body.retiring_service_principal.as_ref(), "the parameter RetiringServicePrincipal")?;
    let grantee = required("granteePrincipal", body.grantee_principal)?;
    check_principal("granteePrincipal", &grantee)?;
    let retiring = body.retiring_principal;
    retiring.iter().try_for_each(|retiring| check_principal("retiringPrincipal", retiring))?;
    let operations = decode_operations(body.operations)?;
    let constraints = match body.constraints {
        Some(Object(constraints)) => decode_constraints(constraints)?,
        None => Default::default(),
    };
    let grant_tokens = member::grant_tokens(body.grant_tokens)?;
    let name = optional_text("name", body.name, GRANT_NAME)?;
    name.iter().try_for_each(|name| check_pattern("name", name, NAME))?;
    let dry_run = body.dry_run.unwrap_or(false);
    Ok(CreateGrantRequest { key_id, grantee, retiring, operations, constraints, grant_tokens, name, dry_run })
}

/// The answer that says `reply`.
pub fn encode(reply: &CreateGrantReply, request_id: &str) -> HttpAnswer {
    json_answer(request_id, &Answer { grant_token: &reply.token, grant_id: reply.grant.to_string() })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    key_id: Option<String>,
    grantee_principal: Option<String>,
    retiring_principal: Option<String>,
    operations: Option<Vec<String>>,
    constraints: Option<Object<BodyConstraints>>,
    grant_tokens: Option<Vec<String>>,
    name: Option<String>,
    dry_run: Option<bool>,
    grantee_service_principal: Option<String>,
    retiring_service_principal: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer<'a> {
    grant_token: &'a str,
    grant_id: String,
}

fn decode_operations(words: Option<Vec<String>>) -> Result<BTreeSet<GrantOperation>, KeyRefusal> {
    let words = required("operations", words)?;
    check_count("operations", &words, OPERATIONS)?;
    let operation = |word: &String| {
        GrantOperation::from_word(word).ok_or_else(|| invalid("operations", word, OPERATION.constraint))
    };
    words.iter().map(operation).collect()
}
