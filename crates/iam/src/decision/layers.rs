//! What each layer says, and how that becomes one decision.

use super::{Layer, Layers, NamedPolicy, PrincipalKind, Reason, ResourceSide, StatementMatch};
use crate::Effect;
use crate::policy::{Grade, Request};

/// What a layer says: whether it denies, and how it names the caller where it allows.
#[derive(Clone, Copy, Debug, Default)]
struct Verdict {
    denies: bool,
    allows: Option<Grade>,
}

/// What the layers say; none of those that are not there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Verdicts {
    identity: Verdict,
    boundary: Option<Verdict>,
    session: Option<Verdict>,
    resource: Option<Verdict>,
}

impl Verdicts {
    /// What the layers say of `request`; the statements that match are added to `matched`.
    pub(super) fn of(
        request: &Request<'_>,
        layers: &Layers,
        resource: Option<&NamedPolicy>,
        matched: &mut Vec<StatementMatch>,
    ) -> Self {
        let mut verdict = |layer, policies: &mut dyn Iterator<Item = &NamedPolicy>| {
            let mut verdict = Verdict::default();
            for policy in policies {
                verdict.add(request, layer, policy, matched);
            }
            verdict
        };
        Self {
            identity: verdict(Layer::Identity, &mut layers.identity.iter()),
            boundary: layers
                .boundary
                .as_ref()
                .map(|policy| verdict(Layer::Boundary, &mut [policy].into_iter())),
            session: layers.session.as_ref().map(|policies| verdict(Layer::Session, &mut policies.iter())),
            resource: resource.map(|policy| verdict(Layer::Resource, &mut [policy].into_iter())),
        }
    }

    /// Why the request is allowed or not.
    pub(super) fn reason(self, kind: &PrincipalKind, side: ResourceSide<'_>, same_account: bool) -> Reason {
        if let Some(layer) = self.denying() {
            return Reason::ExplicitDeny(layer);
        }
        let root = *kind == PrincipalKind::Root;
        // What else must allow: the caller's own layers, beginning with those that limit.
        let limits = self.limited_by();
        let own = limits.or((!root && self.identity.allows.is_none()).then_some(Layer::Identity));
        let grant = matches!(side, ResourceSide::KeyPolicy { grant: true, .. }).then_some(match kind {
            PrincipalKind::Root | PrincipalKind::User { .. } => Grade::Itself,
            PrincipalKind::Session { .. } => Grade::Role,
        });
        let resource = self.resource.and_then(|verdict| verdict.allows).max(grant);
        let missing = match (side, resource) {
            (ResourceSide::None, _) => own,
            (_, None) if !same_account => limits.or(Some(Layer::Resource)),
            (_, Some(_)) if !same_account => own,
            (_, Some(Grade::Itself)) => None,
            (_, Some(Grade::Role)) => limits,
            (_, Some(Grade::Account)) | (ResourceSide::Policy(_), None) => own,
            (ResourceSide::KeyPolicy { .. } | ResourceSide::TrustPolicy(_), None) => {
                limits.or(Some(Layer::Resource))
            }
        };
        missing.map_or(Reason::Allowed, Reason::NotAllowedBy)
    }

    fn denying(&self) -> Option<Layer> {
        let layers = [
            (Layer::Session, self.session),
            (Layer::Boundary, self.boundary),
            (Layer::Resource, self.resource),
            (Layer::Identity, Some(self.identity)),
        ];
        let denying = |verdict: Option<Verdict>| verdict.is_some_and(|verdict| verdict.denies);
        layers.into_iter().find(|(_, verdict)| denying(*verdict)).map(|(layer, _)| layer)
    }

    /// The layer that does not allow although it is there only to limit.
    fn limited_by(&self) -> Option<Layer> {
        let layers = [(Layer::Session, self.session), (Layer::Boundary, self.boundary)];
        let limiting = |verdict: Option<Verdict>| verdict.is_some_and(|verdict| verdict.allows.is_none());
        layers.into_iter().find(|(_, verdict)| limiting(*verdict)).map(|(layer, _)| layer)
    }
}

impl Verdict {
    fn add(
        &mut self,
        request: &Request<'_>,
        layer: Layer,
        policy: &NamedPolicy,
        matched: &mut Vec<StatementMatch>,
    ) {
        for (index, statement) in policy.policy.statements().iter().enumerate() {
            let Some(grade) = statement.matches(request) else { continue };
            match statement.effect() {
                Effect::Deny => self.denies = true,
                Effect::Allow => self.allows = self.allows.max(Some(grade)),
            }
            matched.push(StatementMatch {
                layer,
                policy: policy.name.clone(),
                statement: index,
                sid: statement.sid().map(str::to_owned),
                effect: statement.effect(),
            });
        }
    }
}
