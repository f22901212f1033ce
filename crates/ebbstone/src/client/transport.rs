//! Requests: signed, sent, tried again where that is safe, and their answers read within bounds.

use bytes::Bytes;
use http::{HeaderMap, Method};

use aws_api::sigv4::{PayloadToSign, RequestHead, SigningRequest, sha256, sign};

use super::backoff;
use super::endpoint::Service;
use super::error::{Cause, ClientError, ServiceError};
use super::{Client, ebs_error, ec2};

/// Longest answer that is read, a block aside, in bytes.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Most attempts at a management call: a user waits for it.
const ATTEMPTS_MAX: u32 = 5;
/// Most attempts at a call of a transfer, which has gone on for long and is to survive a restart at the other end.
const TRANSFER_ATTEMPTS_MAX: u32 = 9;

/// A request.
pub(super) struct Call {
    pub(super) service: Service,
    /// The API action, for messages.
    pub(super) operation: &'static str,
    pub(super) method: Method,
    /// The path that the API gives the resource, percent-encoded.
    pub(super) path: String,
    /// The query, percent-encoded; may be empty.
    pub(super) query: String,
    /// Headers beside `host` and those of the signature; names in lower case.
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Bytes,
    pub(super) payload: Payload,
    pub(super) repeat: Repeat,
}

/// What the signature covers of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Payload {
    /// All of it.
    Signed,
    /// Nothing: the body's checksum is in a signed header.
    Unsigned,
}

/// When a request may be sent once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    /// Whenever it failed: doing it twice is doing it once.
    Always,
    /// Only if it certainly was not carried out.
    IfUntouched,
}

/// An answer that refuses, and whether an earlier attempt may have been carried out.
pub(super) struct Failed {
    pub(super) error: ClientError,
    pub(super) repeated: bool,
}

impl From<Failed> for ClientError {
    fn from(failed: Failed) -> Self {
        failed.error
    }
}

/// Why an attempt failed.
enum Attempt {
    /// The connection, or the answer on it, broke.
    Broken(reqwest::Error),
    /// The service refused.
    Refused(ServiceError),
    /// The answer is not one.
    Nonsense(&'static str),
}

impl Client {
    /// Sends `call` and gives the body of the answer; as often as it may and is worth while, if it fails.
    ///
    /// # Errors
    ///
    /// Whatever the last attempt met.
    pub(super) async fn send(&self, call: &Call) -> Result<Vec<u8>, Failed> {
        let mut body = Vec::new();
        self.send_into(call, &mut body).await?;
        Ok(body)
    }

    /// As [`Client::send`], with the answer's body put into `body` in place of what that holds; its capacity
    /// is used. Gives its headers.
    pub(super) async fn send_into(&self, call: &Call, body: &mut Vec<u8>) -> Result<HeaderMap, Failed> {
        let attempts_max = if call.service == Service::Ebs { TRANSFER_ATTEMPTS_MAX } else { ATTEMPTS_MAX };
        let mut repeated = false;
        let mut failures = 0;
        loop {
            let failed = match self.attempt(call, body).await {
                Ok(headers) => return Ok(headers),
                Err(failed) => failed,
            };
            failures += 1;
            if failures >= attempts_max || !failed.may_be_repeated(call.repeat) {
                return Err(Failed { error: self.failure(call, failed), repeated });
            }
            repeated |= !failed.is_untouched();
            tokio::time::sleep(backoff::pause(failures, &*self.randomness)).await;
        }
    }

    async fn attempt(&self, call: &Call, body: &mut Vec<u8>) -> Result<HeaderMap, Attempt> {
        let endpoint = self.endpoints.of(call.service);
        let path = endpoint.path(&call.path);
        let mut headers: Vec<(String, Vec<u8>)> = vec![("host".to_owned(), endpoint.host().into())];
        headers.extend(
            call.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone().into_bytes())),
        );
        let payload = match call.payload {
            Payload::Signed => PayloadToSign::Declared(sha256(&call.body)),
            Payload::Unsigned => PayloadToSign::Unsigned,
        };
        let head =
            RequestHead { method: call.method.as_str(), path: &path, query: &call.query, headers: &headers };
        let signature = sign(
            &SigningRequest { head, payload },
            &self.credentials,
            &self.region,
            call.service.signing_name(),
            self.clock.now(),
        )
        .map_err(|_| {
            Attempt::Nonsense("the request cannot be signed: the access key or a parameter is malformed")
        })?;
        let mut request = self.http.request(call.method.clone(), endpoint.url(&path, &call.query));
        for (name, value) in &headers {
            request = request.header(name, value.as_slice());
        }
        for (name, value) in &signature {
            request = request.header(*name, value);
        }
        let mut response = request.body(call.body.clone()).send().await.map_err(Attempt::Broken)?;
        body.clear();
        while let Some(chunk) = response.chunk().await.map_err(Attempt::Broken)? {
            if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(Attempt::Nonsense("it is too long"));
            }
            body.extend_from_slice(&chunk);
        }
        if response.status().is_success() {
            return Ok(std::mem::take(response.headers_mut()));
        }
        Err(Attempt::Refused(refusal(call, response.status().as_u16(), response.headers(), body)))
    }

    fn failure(&self, call: &Call, failed: Attempt) -> ClientError {
        let operation = call.operation;
        match failed {
            Attempt::Broken(source) => ClientError::Unreachable {
                operation,
                endpoint: self.endpoints.of(call.service).address().to_owned(),
                source: source.without_url(),
            },
            Attempt::Refused(refused) => refused.into(),
            Attempt::Nonsense(problem) => ClientError::Answer { operation, problem },
        }
    }
}

impl Attempt {
    /// Whether the request certainly was not carried out.
    fn is_untouched(&self) -> bool {
        match self {
            Self::Broken(error) => error.is_connect(),
            Self::Refused(refused) => refused.cause() != Cause::Service,
            Self::Nonsense(_) => false,
        }
    }

    fn may_be_repeated(&self, repeat: Repeat) -> bool {
        let passing = match self {
            Self::Broken(error) => !error.is_builder(),
            Self::Refused(refused) => matches!(refused.cause(), Cause::Throttled | Cause::Service),
            Self::Nonsense(_) => false,
        };
        passing && (repeat == Repeat::Always || self.is_untouched())
    }
}

/// What the service said when it refused.
fn refusal(call: &Call, status: u16, headers: &HeaderMap, body: &[u8]) -> ServiceError {
    let (code, reason, message) = match call.service {
        Service::Ec2 | Service::Sts => ec2::refusal(body),
        Service::Ebs => ebs_error::refusal(headers, body),
    };
    ServiceError {
        service: call.service,
        operation: call.operation,
        status,
        message: message.unwrap_or_else(|| match code {
            None if status < 500 => {
                "the answer is not one of this API: is this the address of the API?".to_owned()
            }
            _ => "the answer gives no reason".to_owned(),
        }),
        code: code.unwrap_or_else(|| format!("HTTP status {status}")),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::{Attempt, Repeat, refusal};
    use super::{Call, Payload};
    use crate::client::endpoint::Service;
    use bytes::Bytes;
    use http::{HeaderMap, Method};

    fn call(service: Service) -> Call {
        Call {
            service,
            operation: "Test",
            method: Method::GET,
            path: "/".to_owned(),
            query: String::new(),
            headers: Vec::new(),
            body: Bytes::new(),
            payload: Payload::Signed,
            repeat: Repeat::Always,
        }
    }

    fn attempt(status: u16, body: &[u8]) -> Attempt {
        Attempt::Refused(refusal(&call(Service::Ec2), status, &HeaderMap::new(), body))
    }

    #[test]
    fn only_what_may_pass_later_is_repeated() {
        let throttled =
            b"<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>m</Message></Error></Errors></Response>";
        for (status, body, always, untouched) in [
            (503, throttled.as_slice(), true, true),
            (500, b"".as_slice(), true, false),
            (400, b"<broken".as_slice(), false, false),
            (404, b"".as_slice(), false, false),
        ] {
            let failed = attempt(status, body);
            assert_eq!(failed.may_be_repeated(Repeat::Always), always, "{status}");
            assert_eq!(failed.may_be_repeated(Repeat::IfUntouched), untouched, "{status}");
        }
        assert!(!Attempt::Nonsense("x").may_be_repeated(Repeat::Always));
    }

    #[test]
    fn an_answer_without_an_envelope_keeps_its_status() {
        let error = refusal(&call(Service::Ebs), 502, &HeaderMap::new(), b"<html>bad gateway</html>");
        assert_eq!((error.code.as_str(), error.status), ("HTTP status 502", 502));
    }
}
