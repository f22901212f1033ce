//! HTTP: connections, and one request from its first byte to its answer.
//!
//! limits, request id -> who signed -> which protocol -> the operation -> the answer in that protocol's form.

mod access_keys;
mod block_memory;
mod body;
mod described;
mod ebs_direct;
mod failure;
mod head_room;
mod listener;
mod observe;
mod pace;
mod paced_stream;
mod query;
mod readiness;
mod refusals;
mod request;
mod tls;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use aws_api::sigv4::{AuthError, Authorization, Payload, ScopeMismatch, sha256};
use aws_api::token::{TokenContext, TokenKeys};
use aws_api::{ApiError, HttpAnswer, WireError, error_code};
use block_store::MemoryBudget;
use bytes::Bytes;
use ebs::{Clock, Randomness, RegionName};
use http::{Response, StatusCode};
use hyper::Request;
use hyper::body::Incoming;
use iam::Principal;
use service::{Call, Service};

use access_keys::AccessKey;
pub(crate) use access_keys::AccessKeys;
pub(crate) use listener::Listener;
pub(crate) use observe::observe;
pub(crate) use tls::acceptor;

use crate::metrics::Metrics;
use block_memory::BlockMemory;
use body::AnswerBody;
use failure::Failure;
use readiness::Readiness;
use refusals::{Refusals, Refused};
use request::{BodyMemory, Head, read_body};

/// Largest body of a request that is refused before it is read: so much is read and thrown away, so that the client
/// reads the answer instead of failing to send.
const DRAIN_BYTES_MAX: usize = 1 << 20;

/// Bodies that are not small, other than blocks, may fill so much memory together. Who sends is known only with the
/// body, so strangers share it.
const LARGE_BODIES_BYTES_MAX: u64 = 16 << 20;

/// What all requests share.
pub(crate) struct Api {
    pub(crate) service: Service,
    pub(crate) keys: AccessKeys,
    pub(crate) metrics: Metrics,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) randomness: Arc<dyn Randomness>,
    token_keys: HashMap<RegionName, Arc<TokenKeys>>,
    bodies: MemoryBudget,
    blocks: BlockMemory,
    readiness: Readiness,
    refusals: Refusals,
}

/// The protocols that are spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    Ec2,
    EbsDirect,
    Sts,
}

/// A request whose signer is known.
struct Signed {
    principal: Principal,
    authorization: Authorization,
}

/// What an operation is given beside its request.
struct Context<'a> {
    api: &'a Api,
    call: Call,
    region: RegionName,
    request_id: &'a str,
    asked: &'a Asked,
}

/// What a request turns out to ask for on its way.
#[derive(Default)]
struct Asked {
    action: OnceLock<&'static str>,
}

impl Api {
    pub(crate) fn new(
        service: Service,
        keys: AccessKeys,
        metrics: Metrics,
        clock: Arc<dyn Clock>,
        randomness: Arc<dyn Randomness>,
    ) -> Self {
        let with_keys = |region: RegionName| {
            let key = service.token_key(&region)?;
            Some((region, Arc::new(TokenKeys::new(key))))
        };
        let token_keys = service.regions().into_iter().filter_map(with_keys).collect();
        let bodies = MemoryBudget::new(LARGE_BODIES_BYTES_MAX);
        let blocks = BlockMemory::new(service.memory().clone());
        Self {
            service,
            keys,
            metrics,
            clock,
            randomness,
            token_keys,
            bodies,
            blocks,
            readiness: Readiness::default(),
            refusals: Refusals::new(),
        }
    }

    /// Answers one request. Never fails: what goes wrong is an answer too.
    pub(crate) async fn answer(&self, request: Request<Incoming>) -> Response<AnswerBody> {
        let began = Instant::now();
        let request_id = self.draw_request_id();
        let (parts, mut incoming) = request.into_parts();
        let head = Head::of(&parts);
        let claim = Authorization::parse(&head.signed());
        let protocol = Protocol::of(head.path, claim.as_ref().ok());
        let access_key_id = claim.as_ref().ok().map(|claim| claim.access_key_id().to_owned());
        let asked = Asked::default();
        let answered = self.dispatch(&head, claim, protocol, &mut incoming, (&request_id, &asked)).await;
        let action = asked.action.get().copied();
        let answer = answered.unwrap_or_else(|failure| {
            self.log_refusal(&failure, protocol, &request_id, action, access_key_id.as_deref());
            failure.answer(protocol, &request_id)
        });
        let keep_alive = request::drain(&head, incoming, DRAIN_BYTES_MAX).await;
        self.metrics.answered(protocol.name(), action, answer.status, began.elapsed());
        tracing::debug!(request_id, protocol = protocol.name(), action, method = %parts.method, path = parts.uri.path(), status = answer.status, ms = began.elapsed().as_millis() as u64, "answered");
        into_response(answer, keep_alive)
    }

    async fn dispatch(
        &self,
        head: &Head<'_>,
        claim: Result<Authorization, AuthError>,
        protocol: Protocol,
        incoming: &mut Incoming,
        told: (&str, &Asked),
    ) -> Result<HttpAnswer<AnswerBody>, Failure> {
        head.check()?;
        let signed = self.authenticate(head, claim?)?;
        let context = |region: &RegionName| self.context(&signed, region, told);
        let scope = signed.authorization.scope();
        match protocol {
            Protocol::EbsDirect => {
                scope.require_service("ebs")?;
                Box::pin(ebs_direct::answer(&context(&scope.region)?, head, &signed, incoming)).await
            }
            Protocol::Ec2 => {
                scope.require_service("ec2")?;
                query::ec2(&context(&scope.region)?, head, &signed, incoming).await
            }
            // Who calls is the same in every region, so any scope will do.
            Protocol::Sts => {
                let region = self.service.regions().into_iter().find(|region| *region == scope.region);
                let region = region.or_else(|| self.service.regions().into_iter().next());
                let region = region.ok_or_else(|| Failure::from(ApiError::Unavailable))?;
                query::sts(&context(&region)?, head, &signed, incoming).await
            }
        }
    }

    /// Finds out who signed, by everything but a body that is yet to be read. A key that does not exist costs the
    /// same work as a signature that is wrong, and gets the same answer.
    fn authenticate(&self, head: &Head<'_>, authorization: Authorization) -> Result<Signed, AuthError> {
        let principal = match authorization.payload() {
            Payload::OfBody => self.claimed(&authorization),
            Payload::Declared(_) | Payload::Unsigned => &self.verify(head, &authorization, None)?.principal,
        };
        Ok(Signed { principal: principal.clone(), authorization })
    }

    /// Who a request claims to come from whose signature can be judged only with its body.
    fn claimed(&self, authorization: &Authorization) -> &Principal {
        self.keys.find(authorization.access_key_id()).map_or(self.keys.stand_in(), |key| &key.principal)
    }

    /// Judges the signature together with the body.
    fn verify_with_body(&self, head: &Head<'_>, signed: &Signed, body: &[u8]) -> Result<(), AuthError> {
        self.verify(head, &signed.authorization, Some(sha256(body))).map(drop)
    }

    /// The key that a request was signed with, if its signature is right.
    fn verify(
        &self,
        head: &Head<'_>,
        authorization: &Authorization,
        body_sha256: Option<[u8; 32]>,
    ) -> Result<&AccessKey, AuthError> {
        let Some(key) = self.keys.find(authorization.access_key_id()) else {
            return Err(authorization.verify_against_nothing(&head.signed(), body_sha256));
        };
        key.check_session_token(authorization.session_token())?;
        authorization.verify(&head.signed(), &key.secret, body_sha256, self.clock.now())?;
        Ok(key)
    }

    /// A body of at most `bytes_max` bytes that the signature is about.
    async fn signed_body(
        &self,
        head: &Head<'_>,
        signed: &Signed,
        incoming: &mut Incoming,
        bytes_max: usize,
    ) -> Result<Bytes, Failure> {
        signed.authorization.payload().require_signed()?;
        let body = read_body(incoming, bytes_max, BodyMemory::From(&self.bodies)).await?;
        self.verify_with_body(head, signed, &body)?;
        Ok(body)
    }

    fn context<'a>(
        &'a self,
        signed: &Signed,
        region: &RegionName,
        (request_id, asked): (&'a str, &'a Asked),
    ) -> Result<Context<'a>, Failure> {
        let call = self.service.call(signed.principal.clone(), region.as_str());
        let call = call.ok_or_else(|| {
            let served = self.service.regions().iter().map(RegionName::to_string).collect::<Vec<_>>();
            AuthError::Scope(ScopeMismatch::Region {
                given: region.to_string(),
                expected: served.join(" or "),
            })
        })?;
        Ok(Context { api: self, call, region: region.clone(), request_id, asked })
    }

    /// Logs a failure that is not the server's. Those that are have a cause, and are logged with it.
    fn log_refusal(
        &self,
        failure: &Failure,
        protocol: Protocol,
        request_id: &str,
        action: Option<&'static str>,
        access_key_id: Option<&str>,
    ) {
        if failure.has_cause() {
            return;
        }
        let access_key_id = access_key_id.and_then(|id| match self.keys.find(id) {
            Some(_) => Some(id),
            None => refusals::shown(id),
        });
        let code = &failure.code(protocol);
        if !self.refusals.log(&Refused { request_id, protocol, action, access_key_id, code }) {
            self.metrics.refusal_unlogged();
        }
    }

    fn draw_request_id(&self) -> String {
        let mut bytes = [0; 16];
        self.randomness.fill(&mut bytes);
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let hex = hex::encode(bytes);
        [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
    }
}

impl Context<'_> {
    fn token_keys(&self) -> Result<&Arc<TokenKeys>, Failure> {
        Ok(self.api.token_keys.get(&self.region).ok_or(ApiError::Internal)?)
    }

    /// Notes the action that is asked for: one that is served.
    fn asks_for(&self, action: &'static str) {
        let _ = self.asked.action.set(action);
    }

    fn tokens(&self, principal: &Principal) -> Result<TokenContext<'_>, Failure> {
        Ok(TokenContext {
            keys: self.token_keys()?,
            randomness: &*self.api.randomness,
            region: &self.region,
            account: principal.account,
            now: self.api.clock.now(),
        })
    }
}

impl Protocol {
    /// The protocol of a request to `path`: EBS direct has its own paths, the others share one and differ in the scope
    /// of the signature, if it can be read.
    fn of(path: &str, claim: Option<&Authorization>) -> Self {
        if path == "/snapshots" || path.starts_with("/snapshots/") {
            return Self::EbsDirect;
        }
        match claim.map(|claim| claim.scope().service.as_str()) {
            Some("sts") => Self::Sts,
            Some("ebs") => Self::EbsDirect,
            _ => Self::Ec2,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Ec2 => "ec2",
            Self::EbsDirect => "ebs",
            Self::Sts => "sts",
        }
    }

    fn error_answer(self, error: &ApiError, request_id: &str) -> HttpAnswer {
        match self {
            Self::Ec2 => error_code::ec2::answer(error, None, request_id),
            Self::EbsDirect => error_code::ebs_direct::answer(error, request_id),
            Self::Sts => error_code::sts::answer(error, request_id),
        }
    }
}

fn into_response(answer: HttpAnswer<AnswerBody>, keep_alive: bool) -> Response<AnswerBody> {
    let mut response = Response::builder().status(StatusCode::from_u16(answer.status).unwrap_or_default());
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    if !keep_alive {
        response = response.header(http::header::CONNECTION, "close");
    }
    response.body(answer.body).unwrap_or_else(|_| {
        let mut empty = Response::new(AnswerBody::default());
        *empty.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        empty
    })
}

/// A path that no operation has.
fn unknown_path() -> Failure {
    ApiError::from(WireError::UnknownOperation).into()
}
