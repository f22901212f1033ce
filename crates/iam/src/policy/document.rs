//! A whole document: its version, its statements, and what may stand beside them.

use std::collections::BTreeSet;

use super::json::Json;
use super::statement::Statement;
use super::{PolicyError, PolicyKind, Problem, size_without_white_space};
use crate::limits::{DOCUMENT_BYTES_MAX, STATEMENTS_MAX};

/// What holds for all statements of a document.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) kind: PolicyKind,
    /// Whether `${..}` is a variable.
    pub(super) variables: bool,
}

/// The statements of the document `text`.
pub(super) fn parse(text: &str, kind: PolicyKind) -> Result<Vec<Statement>, PolicyError> {
    if text.len() > DOCUMENT_BYTES_MAX {
        return Err(Problem::TooLong { max: DOCUMENT_BYTES_MAX, unit: "bytes" }.into());
    }
    if size_without_white_space(text) > kind.chars_max() {
        let unit = "characters that are not white space";
        return Err(Problem::TooLong { max: kind.chars_max(), unit }.into());
    }
    let document = Json::parse(text)?;
    let mut rules = Rules { kind, variables: false };
    let mut statements = None;
    for (name, value) in document.members()? {
        match name.as_str() {
            "Version" => {
                rules.variables = has_variables(value).map_err(|error| error.inside(name))?;
            }
            "Id" => {
                value.text().map_err(|error| error.inside(name))?;
            }
            "Statement" => statements = Some(value),
            other => return Err(Problem::UnknownElement(other.to_owned()).into()),
        }
    }
    let statements = statements.ok_or(Problem::Missing("Statement"))?;
    let too_many = matches!(statements, Json::List(items) if items.len() > STATEMENTS_MAX);
    let read = if too_many {
        Err(Problem::TooMany(STATEMENTS_MAX).into())
    } else {
        statements.one_or_more(|statement| Statement::parse(statement, rules)).and_then(distinct)
    };
    read.map_err(|error| error.inside("Statement"))
}

fn has_variables(version: &Json) -> Result<bool, PolicyError> {
    match version.text()? {
        "2012-10-17" => Ok(true),
        "2008-10-17" => Ok(false),
        _ => Err(Problem::Version.into()),
    }
}

/// The statements, if no two have one Sid.
fn distinct(statements: Vec<Statement>) -> Result<Vec<Statement>, PolicyError> {
    let mut sids = BTreeSet::new();
    for (index, sid) in statements.iter().enumerate().filter_map(|(index, it)| Some((index, it.sid()?))) {
        if !sid.is_empty() && !sids.insert(sid) {
            let error = PolicyError::from(Problem::SidTwice(sid.to_owned()));
            return Err(error.inside("Sid").inside(&format!("[{index}]")));
        }
    }
    Ok(statements)
}
