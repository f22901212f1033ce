//! One statement: which requests it matches, and what it says of them.

use super::condition::Condition;
use super::document::Rules;
use super::json::Json;
use super::principals::{Grade, Principals};
use super::{Effect, PolicyError, PolicyKind, Problem};
use crate::arn::{ArnPattern, ShortPattern};
use crate::pattern::{Syntax, Template};
use crate::{Context, Principal};

/// What a statement is matched with.
#[derive(Clone, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) principal: &'a Principal,
    /// Whether a permissions boundary limits the principal.
    pub(crate) bounded: bool,
    /// The action in lower case: actions are compared without regard to case.
    pub(crate) action: String,
    pub(crate) resource: &'a str,
    pub(crate) context: &'a Context,
}

/// A statement, compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    sid: Option<String>,
    effect: Effect,
    actions: Listed<Template>,
    /// None in trust policies, which are about their role.
    resources: Option<Listed<ArnPattern>>,
    /// None in policies of identities, which are about them.
    principals: Option<Principals>,
    conditions: Vec<Condition>,
}

/// `Action` and `Resource`, or `NotAction` and `NotResource`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Listed<T> {
    negated: bool,
    items: Vec<T>,
}

impl<T> Listed<T> {
    fn matches(&self, matches: impl Fn(&T) -> bool) -> bool {
        self.items.iter().any(matches) != self.negated
    }
}

impl Statement {
    /// Reads a statement.
    ///
    /// # Errors
    /// Whatever is not understood, missing, or out of place in a policy of its kind.
    pub(super) fn parse(json: &Json, rules: Rules) -> Result<Self, PolicyError> {
        let elements = Elements::of(json)?;
        let effect = elements.needed("Effect", |json| match json.text()? {
            "Allow" => Ok(Effect::Allow),
            "Deny" => Ok(Effect::Deny),
            _ => Err(Problem::Effect.into()),
        })?;
        let sid = elements.read("Sid", |json| sid(json, rules.kind))?;
        let actions = elements.listed("Action", "NotAction", |json| json.one_or_more(action))?;
        let resources = elements
            .listed("Resource", "NotResource", |json| json.one_or_more(|json| resource(json, rules)))?;
        match (rules.kind, &resources) {
            (PolicyKind::Trust, Some(_)) => return Err(Problem::OutOfPlace("Resource").into()),
            (PolicyKind::Trust, None) | (_, Some(_)) => {}
            (_, None) => return Err(Problem::Missing("Resource").into()),
        }
        Ok(Self {
            sid,
            effect,
            actions: actions.ok_or(Problem::Missing("Action"))?,
            resources,
            principals: principals(&elements, rules.kind)?,
            conditions: elements
                .read("Condition", |json| Condition::parse_all(json, rules))?
                .unwrap_or_default(),
        })
    }

    pub(crate) fn sid(&self) -> Option<&str> {
        self.sid.as_deref()
    }

    pub(crate) fn effect(&self) -> Effect {
        self.effect
    }

    /// How the statement names the caller of `request`, if it matches it; statements of policies that name nobody are
    /// about the caller itself.
    pub(crate) fn matches(&self, request: &Request<'_>) -> Option<Grade> {
        let context = request.context;
        let grade = match &self.principals {
            None => Grade::Itself,
            Some(principals) => principals.grade(request, self.effect)?,
        };
        let matches = self.actions.matches(|action| action.matches(&request.action, context))
            && self
                .resources
                .as_ref()
                .is_none_or(|list| list.matches(|arn| arn.matches(request.resource, context)))
            && self.conditions.iter().all(|condition| condition.holds(context));
        matches.then_some(grade)
    }
}

const ELEMENTS: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

/// The elements of a statement, by name.
struct Elements<'a>(&'a [(String, Json)]);

impl<'a> Elements<'a> {
    fn of(json: &'a Json) -> Result<Self, PolicyError> {
        let members = json.members()?;
        match members.iter().find(|(name, _)| !ELEMENTS.contains(&name.as_str())) {
            Some((name, _)) => Err(Problem::UnknownElement(name.clone()).into()),
            None => Ok(Self(members)),
        }
    }

    fn read<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Json) -> Result<T, PolicyError>,
    ) -> Result<Option<T>, PolicyError> {
        let found = self.0.iter().find(|(other, _)| other == name);
        found.map(|(_, json)| read(json).map_err(|error| error.inside(name))).transpose()
    }

    fn needed<T>(
        &self,
        name: &'static str,
        read: impl FnOnce(&Json) -> Result<T, PolicyError>,
    ) -> Result<T, PolicyError> {
        Ok(self.read(name, read)?.ok_or(Problem::Missing(name))?)
    }

    fn listed<T>(
        &self,
        name: &'static str,
        negated: &'static str,
        read: impl Fn(&Json) -> Result<Vec<T>, PolicyError>,
    ) -> Result<Option<Listed<T>>, PolicyError> {
        let positive = self.read(name, &read)?.map(|items| Listed { negated: false, items });
        let negative = self.read(negated, &read)?.map(|items| Listed { negated: true, items });
        match (positive, negative) {
            (Some(_), Some(_)) => Err(Problem::Both(name, negated).into()),
            (positive, negative) => Ok(positive.or(negative)),
        }
    }
}

fn principals(elements: &Elements<'_>, kind: PolicyKind) -> Result<Option<Principals>, PolicyError> {
    let named = elements.read("Principal", |json| Principals::parse(json, false))?;
    let not_named = elements.read("NotPrincipal", |json| Principals::parse(json, true))?;
    match (named, not_named) {
        (Some(_), Some(_)) => Err(Problem::Both("Principal", "NotPrincipal").into()),
        (None, Some(_)) if kind == PolicyKind::Trust => Err(Problem::OutOfPlace("NotPrincipal").into()),
        (None, None) if kind.names_principals() => Err(Problem::Missing("Principal").into()),
        (None, None) => Ok(None),
        (named, not_named) if kind.names_principals() => Ok(named.or(not_named)),
        _ => Err(Problem::OutOfPlace("Principal").into()),
    }
}

fn sid(json: &Json, kind: PolicyKind) -> Result<String, PolicyError> {
    let sid = json.text()?;
    if kind != PolicyKind::Resource && !sid.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(Problem::Sid.into());
    }
    Ok(sid.to_owned())
}

fn action(json: &Json) -> Result<Template, PolicyError> {
    let text = json.text()?;
    let is_action = text.split_once(':').is_some_and(|(service, name)| {
        let in_service = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let in_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'*' | b'?');
        !service.is_empty()
            && service.bytes().all(in_service)
            && !name.is_empty()
            && name.bytes().all(in_name)
    });
    if text != "*" && !is_action {
        return Err(Problem::Action(text.to_owned()).into());
    }
    Ok(Template::parse(&text.to_ascii_lowercase(), Syntax { variables: false, wildcards: true })?)
}

fn resource(json: &Json, rules: Rules) -> Result<ArnPattern, PolicyError> {
    let short = match rules.kind {
        PolicyKind::Resource | PolicyKind::Trust => ShortPattern::NeedsWildcard,
        PolicyKind::Identity | PolicyKind::Boundary | PolicyKind::Session => ShortPattern::MatchesAnyRest,
    };
    let pattern = ArnPattern::parse(json.text()?, rules.variables, short)?;
    if pattern.has_variables_before_the_resource() {
        return Err(Problem::EarlyVariable.into());
    }
    Ok(pattern)
}
