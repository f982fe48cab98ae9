//! The form of *Revoke*: a licensing analyst takes a file back, and says why. Domain §1.

use crate::{
    form::{Refusal, TextProblem, TooLong},
    value::text::{TextError, folded, typed},
};
use serde::Serialize;

/// Names of the form's fields.
pub mod field {
    pub const REASON: &str = "reason";
    pub const MACHINE: &str = "machine";
}

/// A reason is at most so long, in characters.
pub const LONGEST_REASON: usize = 500;

/// Problem of a request to revoke a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RevocationProblem {
    #[error("Say why, in words that the account’s people read.")]
    NoReason,
    #[error(transparent)]
    Reason(#[from] TextProblem),
    #[error(transparent)]
    LongReason(#[from] TooLong),
    /// The machine of the file is this, and something else was typed.
    #[error("This is not the name of its machine. Type {0} to revoke the file.")]
    OtherMachine(String),
}

/// A request to revoke a file, as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RevocationRequest {
    pub reason: String,
    /// Name of the machine that the analyst means.
    pub machine: String,
}

impl RevocationRequest {
    /// The reason, for a file whose primary server is `machine`.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the form; never empty.
    pub fn check(&self, machine: &str) -> Result<String, Vec<Refusal<RevocationProblem>>> {
        let reason = typed(&self.reason, LONGEST_REASON).map_err(|error| match error {
            TextError::Empty => RevocationProblem::NoReason,
            TextError::TooLong(..) => TooLong(LONGEST_REASON).into(),
            error => TextProblem::of("reason", error).into(),
        });
        let other = folded(self.machine.trim()) != folded(machine);
        let other = other.then(|| Refusal::new(field::MACHINE, RevocationProblem::OtherMachine(machine.to_owned())));
        match (reason, other) {
            (Ok(reason), None) => Ok(reason),
            (reason, other) => {
                Err(reason.err().map(|problem| Refusal::new(field::REASON, problem)).into_iter().chain(other).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_revoked_by_the_name_of_its_machine_and_with_a_reason() {
        let asked = |reason: &str, machine: &str| {
            let request = RevocationRequest { reason: reason.to_owned(), machine: machine.to_owned() };
            request
                .check("IC-PRD-01")
                .map_err(|refusals| refusals.iter().map(|r| format!("{}: {}", r.field, r.problem)).collect())
        };
        assert_eq!(asked(" Order cancelled. ", "ic-prd-01"), Ok("Order cancelled.".to_owned()));
        let both: Vec<String> = vec![
            "reason: Say why, in words that the account’s people read.".into(),
            "machine: This is not the name of its machine. Type IC-PRD-01 to revoke the file.".into(),
        ];
        assert_eq!(asked("  ", "IC-PRD-02"), Err(both));
        let long = "reason: The text is longer than 500 characters. Shorten it.".to_owned();
        assert_eq!(asked(&"x".repeat(501), "IC-PRD-01"), Err(vec![long]));
    }
}
