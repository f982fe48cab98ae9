//! People: how they come in, sign in, and what they are.

mod certification;
mod directory;
pub(crate) mod doctor;
mod invitation;
mod members;
pub(crate) mod password;
mod profile;
mod reset;
mod session;

pub use certification::{
    CertificationRow, NewCertification, NotCertified, certifiable, certifications, certify, withdraw_certification,
};
pub use directory::{NotAdministered, PEOPLE_OF_PAGE, PersonRow, change_role, people, person, set_active};
pub use invitation::{
    Acceptance, Invitation, InvitedAs, MOST_OPEN, NotAccepted, NotInvited, OpenInvitation, accept, accept_signed_in, invitation,
    invite_administrator, invite_by_administrator, open_invitations, withdraw_invitation,
};
pub use members::{
    Member, NotManaged, change_member, invitations_to_account, invite_member, member, members, remove_member, withdraw_member,
};
pub use password::{LONGEST_PASSWORD, PasswordCost, PasswordProblem, SHORTEST_PASSWORD};
pub use profile::{NotChanged, ProfileChange, SessionRow, change_password, change_profile, end_other_sessions, sessions};
pub use reset::{NotReset, ask_for_reset, can_be_reset, reset_password};
pub(crate) use reset::{ResetPassword, send_reset};
pub use session::{SignIn, SignInRefused, SignedIn, Token};
