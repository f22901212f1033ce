//! What goes back to a client over HTTP.

/// An answer to a request: everything that the protocol says about it. Headers about the connection, the length
/// and the date are for whoever sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpAnswer<Body = Vec<u8>> {
    /// The status code.
    pub status: u16,
    /// Header names, in lower case, and values, which are visible ASCII and spaces.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Body,
}

/// The header that carries the request's id in every answer.
pub const REQUEST_ID_HEADER: &str = "x-amzn-requestid";

impl<Body> HttpAnswer<Body> {
    /// An answer with a body of this type, naming its request.
    pub(crate) fn new(status: u16, request_id: &str, content_type: &'static str, body: Body) -> Self {
        let headers =
            vec![(REQUEST_ID_HEADER, request_id.to_owned()), ("content-type", content_type.to_owned())];
        Self { status, headers, body }
    }

    /// The value of the first header of this lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| *header == name).map(|(_, value)| value.as_str())
    }
}
