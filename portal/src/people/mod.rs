//! People who sign in: passwords, sessions, attempts.

pub(crate) mod doctor;
pub(crate) mod password;
mod session;

pub use password::PasswordCost;
pub use session::{SignIn, SignInRefused, SignedIn, Token};
