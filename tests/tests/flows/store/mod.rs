//! The database: copied, and failing.

mod copy;
mod faults;
