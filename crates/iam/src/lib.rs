//! Principals: who calls, and how they are named.

mod principal;

pub use principal::Principal;
