mod auth_and_wire;
mod envelopes;
mod kms;
mod refusals;
