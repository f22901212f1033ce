//! The other signer: what AWS's own `aws-sigv4` signs is accepted, and not with one byte changed.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use aws_sigv4::http_request::{
    PayloadChecksumKind, SignableBody, SignableRequest, SignatureLocation, SigningSettings,
    sign as sign_by_aws,
};
use aws_sigv4::sign::v4;
use ebs::{RegionName, Timestamp};
use proptest::prelude::{Just, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::sample::Index;
use proptest::{collection, option};

use super::{Request, credentials};
use crate::sigv4::{AuthError, AuthPart, PayloadToSign, SigningRequest, presign, query, sha256, sign};

const HOST: &str = "ec2.us-east-1.blocks.example:8080";
const REGION: &str = "us-east-1";

#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Header(PayloadToSign),
    /// A payload that is not [`PayloadToSign::OfBody`] is stated by a signed header.
    Query {
        payload: PayloadToSign,
        seconds: u32,
    },
}

#[derive(Clone, Debug)]
struct Signing {
    request: Request,
    form: Form,
    token: Option<String>,
    seconds: u32,
}

impl Signing {
    fn at(&self) -> Timestamp {
        Timestamp(i64::from(self.seconds) * 1000)
    }

    fn payload(&self) -> PayloadToSign {
        match self.form {
            Form::Header(payload) | Form::Query { payload, .. } => payload,
        }
    }

    /// The request as AWS's signer makes it.
    fn signed_by_aws(&self) -> Request {
        let secret = "a secret of forty letters is not needed";
        let identity =
            aws_credential_types::Credentials::new("AKIDEXAMPLE", secret, self.token.clone(), None, "test")
                .into();
        let mut settings = SigningSettings::default();
        if !matches!(self.payload(), PayloadToSign::OfBody(_)) {
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        }
        if let Form::Query { seconds, .. } = self.form {
            settings.signature_location = SignatureLocation::QueryParams;
            settings.expires_in = Some(Duration::from_secs(seconds.into()));
        }
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(REGION)
            .name("ec2")
            .time(SystemTime::UNIX_EPOCH + Duration::from_secs(self.seconds.into()))
            .settings(settings)
            .build()
            .expect("all parameters are there")
            .into();
        let request = &self.request;
        let separator = if request.query.is_empty() { "" } else { "?" };
        let url = format!("http://{HOST}{}{separator}{}", request.path, request.query);
        let headers: Vec<(&str, &str)> = request
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), str::from_utf8(value).expect("generated as text")))
            .collect();
        let body = match self.payload() {
            PayloadToSign::Unsigned => SignableBody::UnsignedPayload,
            _ => SignableBody::Bytes(&request.body),
        };
        let signable =
            SignableRequest::new(&request.method, url, headers.into_iter(), body).expect("a request");
        let (added, _) = sign_by_aws(signable, &parameters).expect("can be signed").into_parts();
        let mut signed = request.clone();
        for (name, value) in added.headers() {
            signed.push(&name.to_ascii_lowercase(), value);
        }
        for (name, value) in added.params() {
            let pair = format!("{name}={}", query::encode(value.as_bytes()));
            signed.query = if signed.query.is_empty() { pair } else { format!("{}&{pair}", signed.query) };
        }
        signed
    }
}

proptest! {
    #[test]
    fn what_aws_signs_is_accepted(signing in signing()) {
        let signed = signing.signed_by_aws();
        let verdict = signed.judge(&credentials(None).secret, signing.at());
        prop_assert_eq!(verdict, Ok(()));
        let claim = signed.parse().expect("was accepted");
        prop_assert_eq!(claim.session_token(), signing.token.as_deref());
        prop_assert_eq!(claim.scope().region.as_str(), REGION);
        prop_assert_eq!(claim.is_presigned(), matches!(signing.form, Form::Query { .. }));
    }

    #[test]
    fn one_byte_changed_is_refused(signing in signing(), part in any::<Index>(), at in any::<Index>()) {
        let mut signed = signing.signed_by_aws();
        let now = signing.at();
        if change_one_byte(&mut signed, signing.payload() != PayloadToSign::Unsigned, part, at) {
            // The header form does not sign the key's id: another id has another secret.
            let own_key = signed.parse().is_ok_and(|claim| claim.access_key_id() == "AKIDEXAMPLE");
            let verdict = signed.judge(&credentials(None).secret, now);
            prop_assert!(verdict.is_err() || !own_key, "{signed:?}");
        }
    }

    #[test]
    fn we_sign_as_aws_does(signing in signing()) {
        let by_aws = signing.signed_by_aws();
        let region: RegionName = REGION.parse().expect("a region");
        let credentials = credentials(signing.token.as_deref());
        let to_sign = SigningRequest { head: signing.request.head(), payload: signing.payload() };
        match signing.form {
            Form::Header(_) => {
                let added = sign(&to_sign, &credentials, &region, "ec2", signing.at());
                for (name, value) in added.expect("can be signed") {
                    prop_assert_eq!(value, by_aws.header(name));
                }
            }
            Form::Query { payload, seconds } if payload.stated().is_none() => {
                let query = presign(&to_sign, &credentials, &region, "ec2", seconds, signing.at());
                let query = query.expect("can be signed");
                prop_assert_eq!(signature_of(&query), signature_of(&by_aws.query));
            }
            // Ours states the payload in the query, where AWS's signer has no place for it.
            Form::Query { .. } => {}
        }
    }
}

#[test]
fn a_presigned_request_has_one_token() {
    let mut request = Request {
        method: "GET".to_owned(),
        path: "/".to_owned(),
        query: String::new(),
        headers: Vec::new(),
        body: Vec::new(),
    };
    request.push("host", HOST);
    request.push("x-amz-security-token", "of-header");
    let form = Form::Query { payload: PayloadToSign::OfBody(sha256(b"")), seconds: 60 };
    let mut signing = Signing { request, form, token: None, seconds: 1_795_370_400 };
    let signed = signing.signed_by_aws();
    assert_eq!(signed.judge(&credentials(None).secret, signing.at()), Ok(()));
    assert_eq!(signed.parse().expect("was accepted").session_token(), Some("of-header"));

    signing.token = Some("of-query".to_owned());
    let refused = signing.signed_by_aws().parse().map(|_| ());
    assert_eq!(refused, Err(AuthError::Malformed(AuthPart::SecurityToken)));
}

fn signature_of(query: &str) -> Option<&str> {
    query.split('&').find_map(|pair| pair.strip_prefix("X-Amz-Signature="))
}

/// Puts another letter or digit for one of the letters and digits of the path, the query, a header or the
/// body. A letter is not replaced by itself in the other case, which in an escape would be no change.
fn change_one_byte(request: &mut Request, body_is_signed: bool, part: Index, at: Index) -> bool {
    let mut parts: Vec<Vec<u8>> = vec![request.path.clone().into(), request.query.clone().into()];
    parts.extend(request.headers.iter().map(|(_, value)| value.clone()));
    parts.push(request.body.clone());
    let part = part.index(parts.len());
    let is_body = part == parts.len() - 1;
    // What a `..` takes out of the path is not part of what is asked for.
    if (part == 0 && request.path.contains("..")) || (is_body && !body_is_signed) {
        return false;
    }
    let bytes = &mut parts[part];
    let places: Vec<usize> = (0..bytes.len()).filter(|&at| bytes[at].is_ascii_alphanumeric()).collect();
    if places.is_empty() {
        return false;
    }
    let place = places[at.index(places.len())];
    bytes[place] = match bytes[place] {
        b'z' | b'Z' => b'0',
        b'9' => b'a',
        other => other + 1,
    };
    let changed = parts.swap_remove(part);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("still text");
    match part {
        0 => request.path = text(changed),
        1 => request.query = text(changed),
        _ if is_body => request.body = changed,
        _ => request.headers[part - 2].1 = changed,
    }
    true
}

fn signing() -> impl Strategy<Value = Signing> {
    let token = option::of("[A-Za-z0-9+/]{1,60}={0,2}");
    (request(), 0..6u8, 1..=604_800u32, token, 946_684_800..4_102_444_800u32).prop_map(
        |(mut request, form, lifetime, token, seconds)| {
            if request.method == "GET" && form == 3 {
                request.body.clear();
            }
            let hash = sha256(&request.body);
            let payload = match form % 3 {
                0 => PayloadToSign::OfBody(hash),
                1 => PayloadToSign::Declared(hash),
                _ => PayloadToSign::Unsigned,
            };
            let form =
                if form < 3 { Form::Header(payload) } else { Form::Query { payload, seconds: lifetime } };
            if let (Form::Query { .. }, Some(text)) = (form, payload.stated()) {
                request.push("x-amz-content-sha256", &text);
            }
            Signing { request, form, token, seconds }
        },
    )
}

fn request() -> impl Strategy<Value = Request> {
    let form = form();
    let method = prop_oneof![Just("GET"), Just("POST"), Just("PUT"), Just("DELETE")];
    let segment = prop_oneof![
        4 => "[a-z0-9-]{1,12}".prop_map(Cow::Owned),
        2 => any::<String>().prop_map(|text| Cow::Owned(query::encode(text.as_bytes()))),
        1 => "[a-z:@!$&'()*,;=]{1,6}".prop_map(Cow::Owned),
        1 => Just(Cow::Borrowed("..")),
        1 => Just(Cow::Borrowed(".")),
        1 => Just(Cow::Borrowed("")),
    ];
    let path = collection::vec(segment, 0..6).prop_map(|segments| format!("/{}", segments.join("/")));
    let header = ("x-test-[a-d]", "[ -~]{0,24}");
    let headers = collection::vec(header, 0..6);
    (method, path, form, headers, collection::vec(any::<u8>(), 0..200)).prop_map(
        |(method, path, query, headers, body)| {
            let mut request = Request { method: method.to_owned(), path, query, headers: Vec::new(), body };
            request.push("host", HOST);
            for (name, value) in headers {
                request.push(&name, &value);
            }
            request
        },
    )
}

/// A query as clients write it: a space as `%20` or as `+`, a name with and without a value.
fn form() -> impl Strategy<Value = String> {
    let text = || prop_oneof![any::<String>(), "[a-zA-Z0-9 .+&=-]{0,8}"];
    collection::vec((text(), option::of(text()), any::<bool>()), 0..8).prop_map(|pairs| {
        let pairs: Vec<String> = pairs
            .into_iter()
            .map(|(name, value, plus)| {
                let encode = |text: &str| {
                    let escaped = query::encode(text.as_bytes());
                    if plus { escaped.replace("%20", "+") } else { escaped }
                };
                match value {
                    Some(value) => format!("{}={}", encode(&name), encode(&value)),
                    None => encode(&name),
                }
            })
            .collect();
        pairs.join("&")
    })
}
