//! Every way to be refused.

use proptest::prelude::{any, proptest};
use proptest::{collection, option};

use super::accepted::{NOW, presigned, region, signed, signed_in_header, unsigned};
use super::{Request, credentials};
use crate::sigv4::{
    AuthError, AuthPart, Authorization, HEADER_BYTES_MAX, HEADERS_MAX, PATH_BYTES_MAX, PRESIGNED_SECONDS_MAX,
    PayloadToSign, QUERY_BYTES_MAX, RequestHead, ScopeMismatch, SecretAccessKey, SigningRequest, presign,
    sha256, sign,
};

type Change = fn(&mut Request);

fn check(request: &Request, cases: &[(&str, Change, AuthError)]) {
    assert_eq!(request.judge(&credentials(None).secret, NOW), Ok(()));
    for (case, change, refusal) in cases {
        let mut changed = request.clone();
        change(&mut changed);
        assert_eq!(changed.judge(&credentials(None).secret, NOW), Err(refusal.clone()), "{case}");
    }
}

/// Changes the `Authorization` header.
fn authorize(request: &mut Request, from: &str, to: &str) {
    let value = request.header("authorization");
    assert!(value.contains(from), "{from} is not in {value}");
    request.set("authorization", &value.replacen(from, to, 1));
}

/// Changes the query.
fn requery(request: &mut Request, from: &str, to: &str) {
    assert!(request.query.contains(from), "{from} is not in {}", request.query);
    request.query = request.query.replacen(from, to, 1);
}

#[test]
fn the_form_of_the_head() {
    use AuthError::{Malformed, Missing};
    let long = |bytes: usize| "a".repeat(bytes);
    let mut longest = signed_in_header();
    longest.path = long(PATH_BYTES_MAX);
    longest.query = long(QUERY_BYTES_MAX);
    while longest.headers.len() < HEADERS_MAX - 1 {
        longest.push("x", "");
    }
    let used: usize = longest.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    longest.push("x", &long(HEADER_BYTES_MAX - used - 1));
    assert!(longest.parse().is_ok(), "at its limits");

    check(
        &signed_in_header(),
        &[
            ("no signature", |r| r.remove("authorization"), Missing),
            ("method empty", |r| r.method.clear(), Malformed(AuthPart::Method)),
            ("method with a line break", |r| r.method.push('\n'), Malformed(AuthPart::Method)),
            ("method too long", |r| r.method = "A".repeat(33), Malformed(AuthPart::Method)),
            ("path too long", |r| r.path = "a".repeat(PATH_BYTES_MAX + 1), Malformed(AuthPart::Path)),
            ("query too long", |r| r.query = "a".repeat(QUERY_BYTES_MAX + 1), Malformed(AuthPart::Query)),
            ("1001 parameters", |r| r.query = "a&".repeat(1001), Malformed(AuthPart::Query)),
            ("1000 parameters", |r| r.query = "a&".repeat(1000), AuthError::SignatureMismatch),
            (
                "too many headers",
                |r| (0..HEADERS_MAX).for_each(|_| r.push("x", "")),
                Malformed(AuthPart::Headers),
            ),
            (
                "headers too long",
                |r| r.push("x", &"a".repeat(HEADER_BYTES_MAX)),
                Malformed(AuthPart::Headers),
            ),
            ("a name in upper case", |r| r.push("X-Amz-Security-Token", "t"), Malformed(AuthPart::Headers)),
            ("a name with a space", |r| r.push("x y", ""), Malformed(AuthPart::Headers)),
            ("no name", |r| r.push("", ""), Malformed(AuthPart::Headers)),
            ("no host", |r| r.remove("host"), AuthError::MissingPart(AuthPart::Host)),
            ("host empty", |r| r.set("host", " "), Malformed(AuthPart::Host)),
            ("host twice", |r| r.push("host", "127.0.0.1:8080"), Malformed(AuthPart::Host)),
            (
                "a line break in a signed header",
                |r| r.set("content-type", "a\nhost:b"),
                Malformed(AuthPart::Headers),
            ),
        ],
    );
}

#[test]
fn the_authorization_header() {
    use AuthError::{Malformed, MissingPart, UnsupportedAlgorithm};
    check(
        &signed_in_header(),
        &[
            ("another scheme", |r| r.set("authorization", "Basic YTpi"), UnsupportedAlgorithm),
            ("no scheme", |r| r.set("authorization", ""), UnsupportedAlgorithm),
            ("the asymmetric scheme", |r| authorize(r, "HMAC", "ECDSA-P256"), UnsupportedAlgorithm),
            ("twice", |r| r.push("authorization", "x"), Malformed(AuthPart::Authorization)),
            ("not text", |r| r.push_bytes("authorization", b"\xff"), Malformed(AuthPart::Authorization)),
            ("too long", |r| authorize(r, "AKID", &"A".repeat(9000)), Malformed(AuthPart::Authorization)),
            (
                "an unknown part",
                |r| authorize(r, "Credential", "credential"),
                Malformed(AuthPart::Authorization),
            ),
            ("no pair", |r| authorize(r, "Credential=", "Credential "), Malformed(AuthPart::Authorization)),
            ("no parts", |r| r.set("authorization", "AWS4-HMAC-SHA256 "), MissingPart(AuthPart::Credential)),
            ("no signature", |r| cut(r, ", Signature"), MissingPart(AuthPart::Signature)),
            ("no signed headers", |r| cut(r, ", SignedHeaders"), MissingPart(AuthPart::SignedHeaders)),
            (
                "a part twice",
                |r| authorize(r, "Signature=", "Signature=a, Signature="),
                Malformed(AuthPart::Signature),
            ),
            (
                "signature too long",
                |r| authorize(r, "Signature=", "Signature=ab"),
                Malformed(AuthPart::Signature),
            ),
            ("signature not hex", |r| set_signature(r, &"g".repeat(64)), Malformed(AuthPart::Signature)),
            (
                "signature in upper case",
                |r| set_signature(r, &"A".repeat(64)),
                Malformed(AuthPart::Signature),
            ),
            ("another signature", |r| set_signature(r, &"0".repeat(64)), AuthError::SignatureMismatch),
        ],
    );
}

#[test]
fn the_credential_and_its_scope() {
    use AuthError::Malformed;
    let malformed = Malformed(AuthPart::Credential);
    let date = ScopeMismatch::Date { scope: "20261121".to_owned(), request: "20261122".to_owned() };
    let terminator = ScopeMismatch::Terminator { given: "aws5_request".to_owned() };
    check(
        &signed_in_header(),
        &[
            ("no key", |r| authorize(r, "AKIDEXAMPLE", ""), malformed.clone()),
            ("a slash in the key", |r| authorize(r, "AKIDEXAMPLE", "AKID/EXAMPLE"), malformed.clone()),
            ("a long key", |r| authorize(r, "AKIDEXAMPLE", &"A".repeat(129)), malformed.clone()),
            ("a short date", |r| authorize(r, "20261122", "2026112"), malformed.clone()),
            ("a date of letters", |r| authorize(r, "20261122", "2026112x"), malformed.clone()),
            ("no region", |r| authorize(r, "us-east-1", ""), malformed.clone()),
            ("no region's name", |r| authorize(r, "us-east-1", "US EAST"), malformed.clone()),
            ("no service", |r| authorize(r, "/ec2/", "//"), malformed.clone()),
            ("no terminator", |r| authorize(r, "/aws4_request", ""), malformed.clone()),
            ("more than a terminator", |r| authorize(r, "/aws4_request", "/aws4_request/x"), malformed),
            ("another day", |r| authorize(r, "20261122", "20261121"), date.into()),
            ("another terminator", |r| authorize(r, "aws4_request", "aws5_request"), terminator.into()),
            ("another region", |r| authorize(r, "us-east-1", "us-east-2"), AuthError::SignatureMismatch),
            ("another service", |r| authorize(r, "/ec2/", "/ebs/"), AuthError::SignatureMismatch),
        ],
    );

    let claim = signed_in_header().parse().expect("well-formed");
    assert_eq!(claim.scope().require_region(&region()), Ok(()));
    assert_eq!(claim.scope().require_service("ec2"), Ok(()));
    let other = "eu-west-1".parse().expect("a region");
    let mismatch = ScopeMismatch::Region { given: "us-east-1".to_owned(), expected: "eu-west-1".to_owned() };
    assert_eq!(claim.scope().require_region(&other), Err(mismatch.into()));
    let mismatch = ScopeMismatch::Service { given: "ec2".to_owned(), expected: "ebs".to_owned() };
    assert_eq!(claim.scope().require_service("ebs"), Err(mismatch.into()));
}

#[test]
fn the_signed_headers() {
    use AuthError::{Malformed, SignedHeaderAbsent, UnsignedHeader};
    let malformed = Malformed(AuthPart::SignedHeaders);
    check(
        &signed_in_header(),
        &[
            ("host unsigned", |r| authorize(r, ";host", ""), UnsignedHeader("host")),
            ("date unsigned", |r| authorize(r, ";x-amz-date", ""), UnsignedHeader("x-amz-date")),
            (
                "token unsigned",
                |r| r.push("x-amz-security-token", "t"),
                UnsignedHeader("x-amz-security-token"),
            ),
            (
                "hash unsigned",
                |r| r.push("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
                UnsignedHeader("x-amz-content-sha256"),
            ),
            (
                "content-type not sent",
                |r| r.remove("content-type"),
                SignedHeaderAbsent("content-type".to_owned()),
            ),
            ("no longer signed", |r| authorize(r, "content-type;", ""), AuthError::SignatureMismatch),
            ("empty", |r| authorize(r, "content-type;host;x-amz-date", ""), malformed.clone()),
            ("an empty name", |r| authorize(r, "content-type;", "content-type;;"), malformed.clone()),
            ("out of order", |r| authorize(r, "content-type;host", "host;content-type"), malformed.clone()),
            ("one twice", |r| authorize(r, "content-type;", "content-type;content-type;"), malformed.clone()),
            ("upper case", |r| authorize(r, "content-type", "Content-Type"), malformed.clone()),
            (
                "too many",
                |r| {
                    let names: String = (0..HEADERS_MAX).map(|n| format!("a{n:03};")).collect();
                    authorize(r, "content-type;", &names);
                },
                malformed,
            ),
        ],
    );
}

#[test]
fn the_parts_that_are_sent_once() {
    use AuthError::{Malformed, MissingPart};
    let request = unsigned();
    let request = signed(&request, PayloadToSign::Declared(sha256(&request.body)), Some("token"));
    check(
        &request,
        &[
            ("no date", |r| r.remove("x-amz-date"), MissingPart(AuthPart::Date)),
            ("two dates", |r| r.push("x-amz-date", "20261122T180000Z"), Malformed(AuthPart::Date)),
            ("no moment", |r| r.set("x-amz-date", "20261122T250000Z"), Malformed(AuthPart::Date)),
            ("another moment", |r| r.set("x-amz-date", "20261122T180001Z"), AuthError::SignatureMismatch),
            ("two tokens", |r| r.push("x-amz-security-token", "token"), Malformed(AuthPart::SecurityToken)),
            ("an empty token", |r| r.set("x-amz-security-token", ""), Malformed(AuthPart::SecurityToken)),
            (
                "a long token",
                |r| r.set("x-amz-security-token", &"a".repeat(8 * 1024 + 1)),
                Malformed(AuthPart::SecurityToken),
            ),
            ("another token", |r| r.set("x-amz-security-token", "tokem"), AuthError::SignatureMismatch),
            ("two hashes", |r| r.push("x-amz-content-sha256", ""), Malformed(AuthPart::ContentSha256)),
            ("no hash", |r| r.set("x-amz-content-sha256", "abc"), Malformed(AuthPart::ContentSha256)),
            (
                "a hash in upper case",
                |r| r.set("x-amz-content-sha256", &"A".repeat(64)),
                Malformed(AuthPart::ContentSha256),
            ),
            (
                "a chunked payload",
                |r| r.set("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
                Malformed(AuthPart::ContentSha256),
            ),
            (
                "a hash taken back",
                |r| r.set("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
                AuthError::SignatureMismatch,
            ),
            ("another body", |r| r.body.push(0), AuthError::PayloadMismatch),
        ],
    );
}

#[test]
fn a_replay_with_anything_signed_changed() {
    let mismatch = AuthError::SignatureMismatch;
    check(
        &signed_in_header(),
        &[
            ("method", |r| r.method = "PUT".to_owned(), mismatch.clone()),
            ("path", |r| r.path.push('a'), mismatch.clone()),
            ("query", |r| r.query = "DryRun=true".to_owned(), mismatch.clone()),
            ("host", |r| r.set("host", "127.0.0.1:8081"), mismatch.clone()),
            ("header", |r| r.set("content-type", "text/plain"), mismatch.clone()),
            ("body", |r| r.body.push(b'&'), mismatch.clone()),
        ],
    );
    check(
        &presigned(None),
        &[
            ("value", |r| requery(r, "eu-west-1", "eu-west-2"), mismatch.clone()),
            ("one more", |r| r.query.push_str("&DryRun=true"), mismatch.clone()),
            ("one less", |r| requery(r, "Description=a%20b&", ""), mismatch.clone()),
            ("later expiry", |r| requery(r, "Expires=3600", "Expires=7200"), mismatch.clone()),
            ("later date", |r| requery(r, "T180000Z", "T180001Z"), mismatch.clone()),
            ("a token added", |r| r.query.push_str("&X-Amz-Security-Token=t"), mismatch.clone()),
            ("hash taken back", |r| r.query.push_str("&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD"), mismatch),
            ("a body added", |r| r.body.push(0), AuthError::PayloadMismatch),
        ],
    );
}

#[test]
fn the_signature_in_the_query() {
    use AuthError::{BothForms, Malformed, MissingPart};
    check(
        &presigned(Some("token")),
        &[
            ("both forms", |r| r.push("authorization", "AWS4-HMAC-SHA256 x"), BothForms),
            ("another algorithm", |r| requery(r, "HMAC-SHA256", "ECDSA"), AuthError::UnsupportedAlgorithm),
            ("no algorithm", |r| requery(r, "X-Amz-Algorithm", "x"), MissingPart(AuthPart::Algorithm)),
            ("no credential", |r| requery(r, "X-Amz-Credential", "x"), MissingPart(AuthPart::Credential)),
            ("no date", |r| requery(r, "X-Amz-Date", "x"), MissingPart(AuthPart::Date)),
            ("no expiry", |r| requery(r, "X-Amz-Expires", "x"), MissingPart(AuthPart::Expires)),
            ("no names", |r| requery(r, "X-Amz-SignedHeaders", "x"), MissingPart(AuthPart::SignedHeaders)),
            ("no signature", |r| requery(r, "X-Amz-Signature", "x"), MissingPart(AuthPart::Signature)),
            ("algorithm twice", |r| r.query.push_str("&X-Amz-Algorithm=a"), Malformed(AuthPart::Algorithm)),
            ("signature twice", |r| r.query.push_str("&X-Amz-Signature=a"), Malformed(AuthPart::Signature)),
            ("expiry twice", |r| r.query.push_str("&X-Amz-Expires=3600"), Malformed(AuthPart::Expires)),
            (
                "token twice",
                |r| r.query.push_str("&X-Amz-Security-Token=a"),
                Malformed(AuthPart::SecurityToken),
            ),
            (
                "a bad hash",
                |r| r.query.push_str("&X-Amz-Content-Sha256=a"),
                Malformed(AuthPart::ContentSha256),
            ),
            ("no expiry at all", |r| requery(r, "Expires=3600", "Expires="), Malformed(AuthPart::Expires)),
            ("for no time", |r| requery(r, "Expires=3600", "Expires=0"), Malformed(AuthPart::Expires)),
            ("too long", |r| requery(r, "Expires=3600", "Expires=604801"), Malformed(AuthPart::Expires)),
            ("longest", |r| requery(r, "Expires=3600", "Expires=604800"), AuthError::SignatureMismatch),
            ("signed number", |r| requery(r, "Expires=3600", "Expires=%2B60"), Malformed(AuthPart::Expires)),
            ("no moment", |r| requery(r, "T180000Z", "T186000Z"), Malformed(AuthPart::Date)),
            (
                "host unsigned",
                |r| requery(r, "SignedHeaders=host", "SignedHeaders=x"),
                AuthError::UnsignedHeader("host"),
            ),
            ("no host", |r| r.remove("host"), MissingPart(AuthPart::Host)),
            (
                "a token in the header",
                |r| r.push("x-amz-security-token", "t"),
                AuthError::UnsignedHeader("x-amz-security-token"),
            ),
        ],
    );
    // Nothing asked for this header, so nothing rests on it.
    let mut request = presigned(None);
    request.push("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
    assert_eq!(request.judge(&credentials(None).secret, NOW), Ok(()));
}

#[test]
fn a_body_not_read_is_not_a_body_accepted() {
    let request = signed_in_header();
    let claim = request.parse().expect("well-formed");
    let verdict = claim.verify(&request.head(), &credentials(None).secret, None, NOW);
    assert_eq!(verdict, Err(AuthError::PayloadUnread));
}

#[test]
fn an_unknown_key_costs_the_work_of_a_wrong_secret() {
    let wrong = SecretAccessKey::new("wrong".to_owned());
    let mut late = signed_in_header();
    late.body.push(0);
    for request in [signed_in_header(), presigned(None), late] {
        let claim = request.parse().expect("well-formed");
        let body = Some(sha256(&request.body));
        let far = NOW.plus_ms(i64::MAX);
        assert_eq!(claim.verify(&request.head(), &wrong, body, far), Err(AuthError::SignatureMismatch));
        assert_eq!(claim.verify_against_nothing(&request.head(), body), AuthError::UnknownAccessKey);
    }
    // Not even who signs with the secret that stands in for the missing one is let in.
    let mut nobody = credentials(None);
    nobody.secret = SecretAccessKey::new("0".repeat(40));
    let mut request = unsigned();
    let added = sign(&request.to_sign(), &nobody, &region(), "ec2", NOW).expect("can be signed");
    for (name, value) in added {
        request.push(name, &value);
    }
    let claim = request.parse().expect("well-formed");
    let body = Some(sha256(&request.body));
    assert_eq!(claim.verify(&request.head(), &nobody.secret, body, NOW), Ok(()));
    assert_eq!(claim.verify_against_nothing(&request.head(), body), AuthError::UnknownAccessKey);
    assert_eq!(claim.verify_against_nothing(&request.head(), None), AuthError::PayloadUnread);
}

#[test]
fn what_cannot_be_verified_is_not_signed() {
    use AuthError::{BothForms, Malformed, MissingPart};
    let refused = |change: Change, refusal: AuthError| {
        let mut request = unsigned();
        change(&mut request);
        let to_sign = request.to_sign();
        assert_eq!(sign(&to_sign, &credentials(None), &region(), "ec2", NOW), Err(refusal.clone()));
        let query = presign(&to_sign, &credentials(None), &region(), "ec2", 1, NOW);
        assert_eq!(query, Err(refusal));
    };
    refused(|r| r.remove("host"), MissingPart(AuthPart::Host));
    refused(|r| r.set("host", ""), Malformed(AuthPart::Host));
    refused(|r| r.push("authorization", "x"), BothForms);
    refused(|r| r.query = "X-Amz-Signature=x".to_owned(), BothForms);
    refused(|r| r.push("x-amz-date", "x"), Malformed(AuthPart::Headers));
    refused(|r| r.push("X", "x"), Malformed(AuthPart::Headers));
    refused(|r| r.push("x", "a\r\nb"), Malformed(AuthPart::Headers));

    let mut request = unsigned();
    let room = HEADERS_MAX - request.headers.len();
    (0..room).for_each(|_| request.push("x", ""));
    let added = sign(&request.to_sign(), &credentials(None), &region(), "ec2", NOW);
    assert_eq!(added, Err(Malformed(AuthPart::Headers)), "no room for what signing adds");
    request.query = "a".repeat(QUERY_BYTES_MAX);
    let query = presign(&request.to_sign(), &credentials(None), &region(), "ec2", 1, NOW);
    assert_eq!(query, Err(Malformed(AuthPart::Query)), "no room for what signing adds");

    let request = unsigned();
    let to_sign: SigningRequest<'_> = request.to_sign();
    let bad_token = credentials(Some("a b"));
    let refusal = Err(Malformed(AuthPart::SecurityToken));
    assert_eq!(sign(&to_sign, &bad_token, &region(), "ec2", NOW), refusal);
    let refusal = Err(Malformed(AuthPart::Credential));
    assert_eq!(sign(&to_sign, &credentials(None), &region(), "ec 2", NOW), refusal);
    let refusal = Err(Malformed(AuthPart::Date));
    assert_eq!(sign(&to_sign, &credentials(None), &region(), "ec2", NOW.plus_ms(i64::MAX)), refusal);
    for seconds in [0, PRESIGNED_SECONDS_MAX + 1] {
        let query = presign(&to_sign, &credentials(None), &region(), "ec2", seconds, NOW);
        assert_eq!(query, Err(Malformed(AuthPart::Expires)));
    }
}

proptest! {
    #[test]
    fn no_input_panics(
        method in ".{0,8}",
        path in ".{0,40}",
        query in "(X-Amz-(Algorithm|Credential|Date|Expires|SignedHeaders|Signature)=.{0,12}&){0,6}.{0,20}",
        authorization in option::of("AWS4-HMAC-SHA256 .{0,80}"),
        headers in collection::vec(("[a-z-]{1,12}", collection::vec(any::<u8>(), 0..12)), 0..4),
    ) {
        let mut headers: Vec<(String, Vec<u8>)> = headers;
        headers.extend(authorization.map(|value| ("authorization".to_owned(), value.into_bytes())));
        let head = RequestHead { method: &method, path: &path, query: &query, headers: &headers };
        let _ = Authorization::parse(&head);
    }
}

/// Cuts one component out of the `Authorization` header.
fn cut(request: &mut Request, start: &str) {
    let value = request.header("authorization");
    let (before, after) = value.split_once(start).expect("the component is there");
    let rest = after.find(", ").map_or("", |at| &after[at..]);
    request.set("authorization", &format!("{before}{rest}"));
}

fn set_signature(request: &mut Request, signature: &str) {
    let value = request.header("authorization");
    let (before, _) = value.rsplit_once('=').expect("the signature comes last");
    request.set("authorization", &format!("{before}={signature}"));
}

impl Request {
    fn push_bytes(&mut self, name: &str, value: &[u8]) {
        self.headers.retain(|(other, _)| other != name);
        self.headers.push((name.to_owned(), value.to_vec()));
    }
}
