//! What is accepted although it is written differently, and when.

use ebs::{RegionName, Timestamp};

use super::{Request, credentials};
use crate::sigv4::{
    AuthError, Payload, PayloadToSign, RequestHead, SKEW_MS_MAX, SigningRequest, presign, sha256, sign,
    to_http_date,
};

/// 2026-11-22T18:00:00Z.
pub(super) const NOW: Timestamp = Timestamp(1_795_370_400_000);
pub(super) const SECOND: i64 = 1000;

pub(super) fn region() -> RegionName {
    "us-east-1".parse().expect("a region")
}

pub(super) fn unsigned() -> Request {
    let mut request = Request {
        method: "POST".to_owned(),
        path: "/".to_owned(),
        query: String::new(),
        headers: Vec::new(),
        body: b"Action=DescribeSnapshots&Version=2016-11-15".to_vec(),
    };
    request.push("host", "127.0.0.1:8080");
    request.push("content-type", "application/x-www-form-urlencoded; charset=utf-8");
    request
}

/// `request`, signed at [`NOW`] in its headers.
pub(super) fn signed(request: &Request, payload: PayloadToSign, token: Option<&str>) -> Request {
    let to_sign = SigningRequest { head: request.head(), payload };
    let added = sign(&to_sign, &credentials(token), &region(), "ec2", NOW).expect("can be signed");
    let mut signed = request.clone();
    for (name, value) in added {
        signed.push(name, &value);
    }
    signed
}

pub(super) fn signed_in_header() -> Request {
    let request = unsigned();
    signed(&request, PayloadToSign::OfBody(sha256(&request.body)), None)
}

/// A `GET` signed at [`NOW`] in its query, for an hour.
pub(super) fn presigned(token: Option<&str>) -> Request {
    let mut request = unsigned();
    request.method = "GET".to_owned();
    request.query = "Action=CopySnapshot&SourceRegion=eu-west-1&Description=a%20b".to_owned();
    request.headers.truncate(1);
    request.body.clear();
    let query = presign(&request.to_sign(), &credentials(token), &region(), "ec2", 3600, NOW);
    request.query = query.expect("can be signed");
    request
}

fn judge(request: &Request, now: Timestamp) -> Result<(), AuthError> {
    request.judge(&credentials(None).secret, now)
}

#[test]
fn the_clocks_may_differ_by_fifteen_minutes_either_way() {
    let request = signed_in_header();
    for off in [0, -SKEW_MS_MAX, SKEW_MS_MAX] {
        assert_eq!(judge(&request, NOW.plus_ms(off)), Ok(()), "{off} ms");
    }
    for off in [-SKEW_MS_MAX - SECOND, SKEW_MS_MAX + SECOND, -SKEW_MS_MAX - 1, SKEW_MS_MAX + 1] {
        let now = NOW.plus_ms(off);
        assert_eq!(judge(&request, now), Err(AuthError::Skewed { signed_at: NOW, now }), "{off} ms");
    }
}

#[test]
fn a_presigned_request_is_good_until_it_expires() {
    let request = presigned(None);
    let expired_at = NOW.plus_ms(3600 * SECOND);
    for now in [NOW.plus_ms(-SKEW_MS_MAX), NOW, expired_at] {
        assert_eq!(judge(&request, now), Ok(()), "{now:?}");
    }
    for now in [expired_at.plus_ms(1), expired_at.plus_ms(SECOND), Timestamp(i64::MAX)] {
        assert_eq!(judge(&request, now), Err(AuthError::Expired { expired_at, now }));
    }
    for now in [NOW.plus_ms(-SKEW_MS_MAX - SECOND), Timestamp(i64::MIN)] {
        assert_eq!(judge(&request, now), Err(AuthError::Skewed { signed_at: NOW, now }));
    }
}

#[test]
fn the_claim_tells_what_it_is() {
    let request = presigned(Some("token/with+plus=="));
    let claim = request.parse().expect("well-formed");
    assert!(claim.is_presigned() && claim.signs("host") && !claim.signs("content-type"));
    assert_eq!(claim.access_key_id(), "AKIDEXAMPLE");
    assert_eq!(claim.session_token(), Some("token/with+plus=="));
    assert_eq!((claim.scope().date.as_str(), claim.scope().service.as_str()), ("20261122", "ec2"));
    assert_eq!((claim.scope().region.clone(), claim.signed_at()), (region(), NOW));
    assert_eq!(claim.payload(), Payload::Declared(sha256(b"")));
    let text = format!("{claim:?}");
    let (_, signature) = request.query.rsplit_once('=').expect("the signature");
    assert!(
        text.contains("AKIDEXAMPLE") && !text.contains("with+plus") && !text.contains(signature),
        "{text}"
    );
    // A presigned URL is judged from its text: nobody has its body.
    let head = request.head();
    assert_eq!(claim.verify(&head, &credentials(None).secret, None, NOW), Ok(()));
}

#[test]
fn a_declared_hash_binds_the_body_and_can_be_checked_later() {
    let request = unsigned();
    let hash = sha256(&request.body);
    let mut request = signed(&request, PayloadToSign::Declared(hash), Some("token"));
    let claim = request.parse().expect("well-formed");
    assert_eq!((claim.payload(), claim.session_token()), (Payload::Declared(hash), Some("token")));
    assert_eq!(claim.verify(&request.head(), &credentials(None).secret, None, NOW), Ok(()));
    assert_eq!(judge(&request, NOW), Ok(()));
    request.body.push(b' ');
    assert_eq!(judge(&request, NOW), Err(AuthError::PayloadMismatch));
}

#[test]
fn an_unsigned_payload_is_named_as_such() {
    let mut request = signed(&unsigned(), PayloadToSign::Unsigned, None);
    request.body = b"another".to_vec();
    assert_eq!(judge(&request, NOW), Ok(()));
    let claim = request.parse().expect("well-formed");
    assert_eq!(claim.payload().require_signed(), Err(AuthError::UnsignedPayload));
    assert_eq!(Payload::OfBody.require_signed(), Ok(()));

    let mut request = presigned(None);
    request.query.clear();
    let to_sign = SigningRequest { head: request.head(), payload: PayloadToSign::Unsigned };
    let query = presign(&to_sign, &credentials(None), &region(), "ebs", 60, NOW).expect("can be signed");
    request.query = query;
    assert_eq!(request.parse().map(|claim| claim.payload()), Ok(Payload::Unsigned));
    assert_eq!(judge(&request, NOW), Ok(()));
}

#[test]
fn spelling_does_not_matter_where_meaning_is_the_same() {
    let mut query = presigned(None);
    query.query = query.query.replace("a%20b", "a+b").replace("%2F", "%2f");
    let (first, rest) = query.query.split_once('&').expect("several parameters");
    query.query = format!("{rest}&&{first}");
    assert_eq!(judge(&query, NOW), Ok(()));

    let mut header = signed_in_header();
    header.headers.reverse();
    let spread = header.header("content-type").replace("; ", ";    ");
    header.set("content-type", &format!("\t {spread}  "));
    let authorization = header.header("authorization");
    let (scheme, components) = authorization.split_once(' ').expect("a scheme");
    let reversed: Vec<&str> = components.rsplit(", ").collect();
    header.set("authorization", &format!("{scheme}   {}", reversed.join(" ,")));
    header.push("user-agent", "changed by a proxy");
    assert_eq!(judge(&header, NOW), Ok(()));
}

#[test]
fn headers_sent_twice_are_signed_in_their_order() {
    let mut request = unsigned();
    request.push("x-amz-meta", "b");
    request.push("x-amz-meta", "a");
    let request = signed(&request, PayloadToSign::OfBody(sha256(&request.body)), None);
    assert_eq!(judge(&request, NOW), Ok(()));

    let mut swapped = request.clone();
    swapped.headers.swap(2, 3);
    assert_eq!(judge(&swapped, NOW), Err(AuthError::SignatureMismatch));
    let mut joined = request.clone();
    joined.set("x-amz-meta", "b,a");
    assert_eq!(judge(&joined, NOW), Ok(()));
    let mut added = request;
    added.push("x-amz-meta", "c");
    assert_eq!(judge(&added, NOW), Err(AuthError::SignatureMismatch));
}

/// Clients that may not set `X-Amz-Date` date their request by `Date`.
#[test]
fn a_request_can_be_dated_by_the_date_header() {
    use crate::sigv4::canonical::{PathRule, canonical_request};
    use crate::sigv4::signature::{signature, string_to_sign};

    for date in [to_http_date(NOW).expect("a moment"), "20261122T180000Z".to_owned()] {
        let mut request = signed_in_header();
        request.remove("x-amz-date");
        request.push("date", &date);
        let names = "content-type;host;x-amz-date";
        let names = request.header("authorization").replace(names, "content-type;date;host");
        request.set("authorization", &names);
        assert_eq!(judge(&request, NOW), Err(AuthError::SignatureMismatch));

        let claim = request.parse().expect("well-formed");
        let head: RequestHead<'_> = request.head();
        let body = hex::encode(sha256(&request.body));
        let canonical = canonical_request(&head, claim.signed_headers(), &body, PathRule::Normalized);
        let text = string_to_sign(&canonical.expect("canonical"), "20261122T180000Z", claim.scope());
        let signature = signature(&credentials(None).secret, claim.scope(), &text).to_hex();
        let (kept, _) = names.rsplit_once('=').expect("the signature comes last");
        request.set("authorization", &format!("{kept}={signature}"));
        assert_eq!(judge(&request, NOW), Ok(()), "{date}");
    }
}
