//! Where iam-simulate is known to decide otherwise, and why that is not followed.

use iam::{Context, Decision, Effect, Layer};
use serde_json::Value;

use super::cases::Case;

/// Negated operators on one value.
const NEGATED: [&str; 5] = ["StringNot", "NumericNot", "DateNot", "NotIpAddress", "ArnNot"];

/// Why the simulator may decide this case otherwise, if one of its policies has something about which it is known to.
pub(crate) fn explain(case: &Case, decision: &Decision) -> Option<&'static str> {
    let session_allows = || {
        let mut statements = decision.trace.statements.iter();
        statements.any(|it| it.layer == Layer::Session && it.effect == Effect::Allow)
    };
    if decision.allowed && case.session.is_some() && !session_allows() {
        return Some(
            "explained: whom a resource's policy names as session or everyone, no session policy limits, as documented",
        );
    }
    let context = case.full_context();
    let limits = [&case.boundary, &case.session, &case.resource_policy];
    let policies = case.identity.iter().chain(limits.into_iter().flatten());
    policies
        .flat_map(|policy| {
            let has_variables = policy["Version"] == "2012-10-17";
            let statements = policy["Statement"].as_array().map(Vec::as_slice).unwrap_or_default();
            statements.iter().map(move |statement| (statement, has_variables))
        })
        .find_map(|(statement, has_variables)| explain_statement(statement, has_variables, &context))
}

fn explain_statement(statement: &Value, has_variables: bool, context: &Context) -> Option<&'static str> {
    let unresolved =
        |value: &Value| has_variables && value.as_str().is_some_and(|text| lacks_a_value(text, context));
    let listed = |value: &Value| value.as_array().is_some_and(|values| values.iter().any(unresolved));
    let is_short = |value: &Value| {
        value.as_str().is_some_and(|arn| arn.starts_with("arn:") && arn.split(':').count() < 6)
    };
    if statement["NotResource"].as_array().is_some_and(|values| values.iter().any(is_short)) {
        return Some("explained: a short ARN in NotResource is completed with wildcards too, as documented");
    }
    if listed(&statement["NotResource"]) {
        return Some(
            "explained: NotResource with a variable without value matches all resources, as documented",
        );
    }
    let has_text = |value: &Value| value.to_string().contains("${");
    if !has_variables
        && [&statement["Resource"], &statement["NotResource"], &statement["Condition"]]
            .into_iter()
            .any(has_text)
    {
        return Some("explained: documents of 2008-10-17 have no variables, as documented");
    }
    let operators = statement["Condition"].as_object()?;
    for (operator, keys) in operators {
        for (key, values) in keys.as_object()? {
            if operator.contains("String")
                && !operator.contains("Like")
                && values.to_string().contains("${*}")
            {
                return Some(
                    "explained: ${*} is an asterisk also where there are no wildcards, as documented",
                );
            }
            if !NEGATED.iter().any(|negated| operator.contains(negated)) {
                continue;
            }
            if listed(values) {
                return Some(
                    "explained: a negated operator holds for a variable without value, as documented",
                );
            }
            if context.values(key).len() > 1 && !operator.starts_with("For") {
                return Some(
                    "explained: a negated operator is the negation of its positive form for several values too",
                );
            }
        }
    }
    None
}

/// Whether `text` has a variable without a default for which the request has not exactly one value.
fn lacks_a_value(text: &str, context: &Context) -> bool {
    text.split("${").skip(1).filter_map(|rest| rest.split_once('}')).any(|(variable, _)| {
        variable.contains(':') && !variable.contains(',') && context.values(variable).len() != 1
    })
}
