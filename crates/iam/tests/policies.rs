//! Policies from their text to a decision: what documents may say, what each operator means, and what holds for all.

#[path = "policies/cases.rs"]
mod cases;
#[path = "policies/documents.rs"]
mod documents;
#[path = "policies/operators.rs"]
mod operators;
#[path = "policies/properties.rs"]
mod properties;
#[path = "policies/statements.rs"]
mod statements;
