//! What the three kinds of test share: a request that owns its parts.

use ebs::Timestamp;

use super::{
    AuthError, Authorization, Credentials, PayloadToSign, RequestHead, SecretAccessKey, SigningRequest,
    sha256,
};

mod accepted;
mod oracle;
mod refusals;
mod vectors;

#[derive(Clone, Debug)]
struct Request {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Request {
    fn head(&self) -> RequestHead<'_> {
        RequestHead { method: &self.method, path: &self.path, query: &self.query, headers: &self.headers }
    }

    fn to_sign(&self) -> SigningRequest<'_> {
        SigningRequest { head: self.head(), payload: PayloadToSign::OfBody(sha256(&self.body)) }
    }

    fn push(&mut self, name: &str, value: &str) {
        self.headers.push((name.to_owned(), value.as_bytes().to_vec()));
    }

    fn remove(&mut self, name: &str) {
        self.headers.retain(|(other, _)| other != name);
    }

    fn header(&self, name: &str) -> String {
        let value = self.head().values(name).next().expect("the header is there").to_vec();
        String::from_utf8(value).expect("the header is text")
    }

    /// Replaces the only value of a header.
    fn set(&mut self, name: &str, value: &str) {
        self.remove(name);
        self.push(name, value);
    }

    fn parse(&self) -> Result<Authorization, AuthError> {
        Authorization::parse(&self.head())
    }

    fn judge(&self, secret: &SecretAccessKey, now: Timestamp) -> Result<(), AuthError> {
        self.parse()?.verify(&self.head(), secret, Some(sha256(&self.body)), now)
    }
}

fn credentials(token: Option<&str>) -> Credentials {
    Credentials {
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret: SecretAccessKey::new("a secret of forty letters is not needed".to_owned()),
        session_token: token.map(|token| token.to_owned().into()),
    }
}
