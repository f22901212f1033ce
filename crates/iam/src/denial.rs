//! How a denial is told: the sentence that every caller gets, and the message that is sealed for those who may read it.

use serde_json::{Value, json};

use crate::limits::DENIAL_MESSAGE_CHARS_MAX;
use crate::{Decision, Effect, Layer, PrincipalKind, Question, Reason};

/// The sentence that tells a caller what is not allowed and which kind of policy is the reason; none if `decision` allows.
///
/// `User: ARN is not authorized to perform: ACTION on resource: RESOURCE because no identity-based policy allows the ACTION
/// action`, or `.. with an explicit deny in a resource-based policy`.
pub fn denial_sentence(question: &Question<'_>, decision: &Decision) -> Option<String> {
    let action = question.action;
    let because = match decision.trace.reason {
        Reason::Allowed => return None,
        Reason::ExplicitDeny(layer) => {
            let article = if layer == Layer::Identity { "an" } else { "a" };
            format!("with an explicit deny in {article} {layer}")
        }
        Reason::NotAllowedBy(layer) => format!("because no {layer} allows the {action} action"),
    };
    let (arn, resource) = (&question.principal.arn, question.resource);
    Some(format!("User: {arn} is not authorized to perform: {action} on resource: {resource} {because}"))
}

/// What DecodeAuthorizationMessage shows of a decision, as JSON: whether it was allowed or explicitly denied, the statements
/// that match, and the principal, action, resource and condition keys of the request.
///
/// At most [`DENIAL_MESSAGE_CHARS_MAX`] characters: statements and condition keys that do not fit are left out, from the
/// last, and `truncated` is true then.
pub fn denial_message(question: &Question<'_>, decision: &Decision) -> String {
    let mut statements: Vec<Value> = decision
        .trace
        .statements
        .iter()
        .map(|statement| {
            json!({
                "statementId": statement.sid.as_deref().unwrap_or_default(),
                "effect": match statement.effect { Effect::Allow => "ALLOW", Effect::Deny => "DENY" },
                "policy": statement.policy,
                "policyType": statement.layer.to_string(),
                "index": statement.statement,
            })
        })
        .collect();
    let mut conditions: Vec<Value> = question
        .context
        .iter()
        .map(|(key, values)| {
            let values: Vec<Value> = values.iter().map(|value| json!({ "value": value })).collect();
            json!({ "key": key, "values": { "items": values } })
        })
        .collect();
    let whole = (statements.len(), conditions.len());
    loop {
        let truncated = (statements.len(), conditions.len()) != whole;
        let message = render(question, decision, &statements, &conditions, truncated);
        let over = message.chars().count().saturating_sub(DENIAL_MESSAGE_CHARS_MAX);
        if over == 0 || (!cut(&mut conditions, over) && !cut(&mut statements, over)) {
            return message;
        }
    }
}

/// Takes off the last values, as many as have `over` characters, at least one; false if there is none.
fn cut(values: &mut Vec<Value>, over: usize) -> bool {
    let mut gone = 0;
    while gone < over
        && let Some(value) = values.pop()
    {
        gone += value.to_string().chars().count() + 1;
    }
    gone > 0
}

fn render(
    question: &Question<'_>,
    decision: &Decision,
    statements: &[Value],
    conditions: &[Value],
    truncated: bool,
) -> String {
    let principal = question.principal;
    let name = match &principal.kind {
        PrincipalKind::Root => "root",
        PrincipalKind::User { name } => name,
        PrincipalKind::Session { .. } => principal.arn.rsplit('/').next().unwrap_or_default(),
    };
    let mut message = json!({
        "allowed": decision.allowed,
        "explicitDeny": matches!(decision.trace.reason, Reason::ExplicitDeny(_)),
        "matchedStatements": { "items": statements },
        "failures": { "items": [] },
        "context": {
            "principal": { "id": principal.user_id, "name": name, "arn": principal.arn },
            "action": question.action,
            "resource": question.resource,
            "conditions": { "items": conditions },
        },
    });
    if truncated {
        message["truncated"] = Value::Bool(true);
    }
    message.to_string()
}

#[cfg(test)]
mod tests;
