//! The official vectors: AWS's signing test suite, as the crate `aws-sigv4` ships it, read where cargo put
//! it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use ebs::RegionName;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::Request;
use crate::sigv4::canonical::{PathRule, canonical_request};
use crate::sigv4::presign::presign_with;
use crate::sigv4::sign::sign_with;
use crate::sigv4::signature::string_to_sign;
use crate::sigv4::{
    AuthError, Authorization, Credentials, PayloadToSign, SecretAccessKey, SigningRequest, from_iso_basic,
    sha256, to_iso_basic,
};

const CASES: usize = 40;
/// Two cases come from an older suite and have no query form.
const CASES_OF_QUERY_FORM: usize = 38;

/// Its token is added after signing, as one service of Amazon's wants it. Here a token must be signed.
const TOKEN_ADDED_AFTER_SIGNING: &str = "post-sts-header-after";

struct Case {
    name: String,
    folder: PathBuf,
    context: Context,
}

struct Context {
    credentials: Credentials,
    region: RegionName,
    service: String,
    date: String,
    seconds: u32,
    path_rule: PathRule,
    states_body_hash: bool,
}

#[test]
fn every_official_vector_is_signed_and_verified_alike() {
    let cases = cases();
    let mut of_query_form = 0;
    for case in &cases {
        case.check_header_form();
        if case.has("query-signed-request.txt") {
            case.check_query_form();
            of_query_form += 1;
        }
    }
    println!("{} vectors in the header form, {of_query_form} in the query form", cases.len());
    assert_eq!((cases.len(), of_query_form), (CASES, CASES_OF_QUERY_FORM));
}

impl Case {
    fn check_header_form(&self) {
        let mut signed = parse_request(&self.read("header-signed-request.txt"));
        if self.name == TOKEN_ADDED_AFTER_SIGNING {
            let refused = Err(AuthError::UnsignedHeader("x-amz-security-token"));
            assert_eq!(signed.parse().map(|_| ()), refused, "{}", self.name);
            signed.remove("x-amz-security-token");
        }
        self.check_verifier("header", &signed);

        let mut request = self.unsigned(&signed);
        let hash = sha256(&request.body);
        let payload = if self.context.states_body_hash {
            PayloadToSign::Declared(hash)
        } else {
            PayloadToSign::OfBody(hash)
        };
        let added = {
            let Context { credentials, region, service, date, path_rule, .. } = &self.context;
            let now = from_iso_basic(date).expect("a moment");
            let to_sign = SigningRequest { head: request.head(), payload };
            sign_with(&to_sign, credentials, region, service, now, *path_rule).expect("can be signed")
        };
        for (name, value) in &added {
            request.push(name, value);
        }
        assert_eq!(request.header("authorization"), signed.header("authorization"), "{}", self.name);
    }

    fn check_query_form(&self) {
        let mut signed = parse_request(&self.read("query-signed-request.txt"));
        if self.name == TOKEN_ADDED_AFTER_SIGNING {
            let claim = signed.parse().expect("well-formed");
            assert_eq!(self.verify(&signed, &claim), Err(AuthError::SignatureMismatch), "{}", self.name);
            let token = |pair: &&str| !pair.starts_with("X-Amz-Security-Token=");
            signed.query = signed.query.split('&').filter(token).collect::<Vec<_>>().join("&");
        }
        self.check_verifier("query", &signed);

        let mut request = self.unsigned(&signed);
        request.query = parse_request(&self.read("request.txt")).query;
        let Context { credentials, region, service, date, seconds, path_rule, .. } = &self.context;
        let now = from_iso_basic(date).expect("a moment");
        let query = presign_with(&request.to_sign(), credentials, region, service, *seconds, now, *path_rule)
            .expect("can be signed");
        let (_, signature) = query.rsplit_once("&X-Amz-Signature=").expect("the signature comes last");
        assert_eq!(signature, self.read("query-signature.txt").trim(), "{}", self.name);
    }

    /// The verifier's canonical request, string to sign and signature are the suite's, and it accepts.
    fn check_verifier(&self, form: &str, signed: &Request) {
        let claim = signed.parse().unwrap_or_else(|error| panic!("{}: {error}", self.name));
        let payload = claim.payload().canonical(Some(sha256(&signed.body))).expect("the body is known");
        let canonical =
            canonical_request(&signed.head(), claim.signed_headers(), &payload, self.context.path_rule)
                .expect("can be made canonical");
        let mut expected = self.read(&format!("{form}-canonical-request.txt"));
        if self.name == "double-encode-path" {
            // This case's canonical request is of another moment than its signed request.
            expected = expected.replace("20210511T154045Z", &self.context.date);
        }
        assert_eq!(String::from_utf8_lossy(&canonical), expected, "{}", self.name);
        if self.has(&format!("{form}-string-to-sign.txt")) {
            let date = to_iso_basic(claim.signed_at()).expect("a moment");
            let text = string_to_sign(&canonical, &date, claim.scope());
            let expected = self.read(&format!("{form}-string-to-sign.txt"));
            assert_eq!(text, expected.trim_end(), "{}", self.name);
        }
        if self.has(&format!("{form}-signature.txt")) {
            let signature = self.read(&format!("{form}-signature.txt"));
            assert_eq!(claim.signature().to_hex(), signature.trim(), "{}", self.name);
        }
        assert_eq!(self.verify(signed, &claim), Ok(()), "{} in the {form} form", self.name);
    }

    fn verify(&self, signed: &Request, claim: &Authorization) -> Result<(), AuthError> {
        let now = from_iso_basic(&self.context.date).expect("a moment");
        let secret = &self.context.credentials.secret;
        let body = Some(sha256(&signed.body));
        claim.verify_with(&signed.head(), secret, body, now, self.context.path_rule)
    }

    /// The request before it was signed. Its path is that of the signed request: `get-space-normalized` has
    /// the space escaped before signing and raw afterwards, and its signature is of the raw one.
    fn unsigned(&self, signed: &Request) -> Request {
        let mut request = parse_request(&self.read("request.txt"));
        assert_eq!(
            percent_decode_str(&request.path).decode_utf8_lossy(),
            percent_decode_str(&signed.path).decode_utf8_lossy(),
            "{}",
            self.name
        );
        request.path = signed.path.clone();
        request.remove("x-amz-date");
        request
    }

    fn has(&self, file: &str) -> bool {
        self.folder.join(file).exists()
    }

    fn read(&self, file: &str) -> String {
        read(&self.folder.join(file))
    }
}

fn cases() -> Vec<Case> {
    let mut folders: Vec<PathBuf> = fs::read_dir(suite_folder())
        .expect("the suite is a folder")
        .map(|entry| entry.expect("can be listed").path())
        .collect();
    folders.sort();
    folders.into_iter().map(case).collect()
}

fn case(folder: PathBuf) -> Case {
    let name = folder.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
    let context = match fs::read_to_string(folder.join("context.json")) {
        Ok(text) => context(&serde_json::from_str(&text).expect("the context is JSON")),
        Err(_) => context_of_older_suite(&folder),
    };
    Case { name, folder, context }
}

fn context(json: &Value) -> Context {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let omits_token = json["omit_session_token"].as_bool().unwrap_or(false);
    let token = json["credentials"]["token"].as_str().filter(|_| !omits_token);
    let normalizes = json["normalize"].as_bool().expect("a flag");
    Context {
        credentials: Credentials {
            access_key_id: text(&json["credentials"]["access_key_id"]),
            secret: SecretAccessKey::new(text(&json["credentials"]["secret_access_key"])),
            session_token: token.map(|token| token.to_owned().into()),
        },
        region: text(&json["region"]).parse().expect("a region"),
        service: text(&json["service"]),
        date: text(&json["timestamp"]).replace(['-', ':'], ""),
        seconds: json["expiration_in_seconds"].as_u64().and_then(|n| n.try_into().ok()).expect("seconds"),
        path_rule: if normalizes { PathRule::Normalized } else { PathRule::AsSent },
        states_body_hash: json["sign_body"].as_bool().expect("a flag"),
    }
}

/// The cases of the older suite say in their signed request what they were signed with, but for the secret,
/// which is one of the two that Amazon's documents and SDKs use for tests.
fn context_of_older_suite(folder: &Path) -> Context {
    let signed = parse_request(&read(&folder.join("header-signed-request.txt")));
    let claim = signed.parse().expect("well-formed");
    let secret = match claim.access_key_id() {
        "ANOTREAL" => "notrealrnrELgWzOk3IfjzDKtFBhDby",
        _ => "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    };
    Context {
        credentials: Credentials {
            access_key_id: claim.access_key_id().to_owned(),
            secret: SecretAccessKey::new(secret.to_owned()),
            session_token: None,
        },
        region: claim.scope().region.clone(),
        service: claim.scope().service.clone(),
        date: signed.header("x-amz-date"),
        seconds: 0,
        path_rule: PathRule::Normalized,
        states_body_hash: false,
    }
}

/// The parts of a request's text. A header's continuation lines are unfolded (RFC 9112 5.2), as an HTTP
/// server that accepts them at all does before anything sees the header.
fn parse_request(text: &str) -> Request {
    let (head, rest) = text.trim_start().split_once("\n\n").unwrap_or((text.trim_start(), ""));
    let mut lines = head.lines();
    let (method, target) = lines.next().and_then(|line| line.split_once(' ')).expect("a request line");
    let target = target.strip_suffix(" HTTP/1.1").unwrap_or(target);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers: Vec<(String, Vec<u8>)> = Vec::new();
    for line in lines {
        if let (true, Some((_, value))) = (line.starts_with(' '), headers.last_mut()) {
            value.push(b' ');
            value.extend_from_slice(line.trim().as_bytes());
        } else {
            let (name, value) = line.split_once(':').expect("a header");
            headers.push((name.to_ascii_lowercase(), value.trim().as_bytes().to_vec()));
        }
    }
    Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body: rest.trim_end_matches('\n').as_bytes().to_vec(),
    }
}

/// Where cargo put the suite's sources.
fn suite_folder() -> PathBuf {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let run = |arguments: &[&str]| {
        let output = Command::new(&cargo).args(arguments).output().expect("cargo runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("cargo writes UTF-8")
    };
    let version = run(&["-vV"]);
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("cargo names its host");
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let metadata: Value = serde_json::from_str(&run(&[
        "metadata",
        "--format-version=1",
        "--offline",
        "--filter-platform",
        host,
        "--manifest-path",
        manifest,
    ]))
    .expect("metadata is JSON");
    let packages = metadata["packages"].as_array().expect("packages are a list");
    let signer = packages.iter().find(|package| package["name"] == "aws-sigv4").expect("a dev-dependency");
    let manifest = Path::new(signer["manifest_path"].as_str().expect("a path"));
    manifest.with_file_name("aws-signing-test-suite").join("v4")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
