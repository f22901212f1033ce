//! The service with everything around it owned by the test: time, randomness, the object stores, and which attempt
//! runs when.

mod bed;
mod deletion;
mod expiry;
mod faults;
mod leases;
mod listings;
mod owned_clock;
mod owned_objects;
mod quotas;
mod requests;
mod retries;
mod seeded;
mod side_by_side;
mod sources;
