//! People: how they come in, sign in, and what they are.

mod address;
mod certification;
mod certification_table;
mod code;
mod confirmation;
mod current_password;
mod directory;
pub(crate) mod doctor;
mod factor_reset;
mod grants;
mod invitation;
mod members;
pub(crate) mod password;
mod profile;
mod reset;
mod second_factor;
mod session;

pub use address::{AddressChange, Confirmed, NotMoved, address_change, begin_address_change, confirm_address};
pub use certification::{
    CertificationRow, NewCertification, NotCertified, certifiable, certifications, certify, withdraw_certification,
};
pub use certification_table::{CERTIFICATION_COLUMNS, CertifiedByTable, NotCertifiedByTable, certify_by_table};
pub use code::CodeProblem;
pub(crate) use confirmation::confirm;
pub use current_password::WrongPassword;
pub use directory::{NotAdministered, PEOPLE_OF_PAGE, PersonRow, anonymise, change_role, people, person, set_active};
pub use factor_reset::{FactorNotReset, FactorState, factor_state, reset_second_factor, reset_second_factor_of};
pub use grants::{NotGranted, PartnerGrant, grant_partner, partner_grants, withdraw_partner};
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
pub use second_factor::{
    Enrolment, NotFinished, NotSetUp, RecoveryCodes, SecondFactor, SecondStep, enrolment, finish_sign_in, remove_second_factor,
    renew_recovery_codes, second_factor, set_up_second_factor,
};
pub(crate) use second_factor::{code_at, demo_factor, in_base32, unused_code};
pub use session::{PasswordAccepted, SignIn, SignInRefused, SignedIn, Token};
