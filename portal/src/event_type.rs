//! Every type of event there is: how it is stored, what it is about, and the sentence that tells of it.

use std::fmt;

/// Subject of events, to choose from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    Files,
    Orders,
    Sites,
    Requests,
    People,
    SignIns,
    Portal,
}

impl EventKind {
    pub const ALL: [Self; 7] =
        [Self::Files, Self::Orders, Self::Sites, Self::Requests, Self::People, Self::SignIns, Self::Portal];

    /// As addresses have it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Orders => "orders",
            Self::Sites => "sites",
            Self::Requests => "requests",
            Self::People => "people",
            Self::SignIns => "sign-ins",
            Self::Portal => "portal",
        }
    }

    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Files => "Activation files",
            Self::Orders => "Orders and software",
            Self::Sites => "Install sites",
            Self::Requests => "Requests",
            Self::People => "People",
            Self::SignIns => "Sign-ins and profiles",
            Self::Portal => "The portal",
        })
    }
}

/// The one table of events, a line each: its name, how it is stored, its kind, and its sentence, in which `{}` is the subject.
macro_rules! event_types {
    ($($name:ident: $code:literal, $kind:ident, $sentence:literal;)+) => {
        /// Type of an event.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum EventType {
            $($name,)+
        }

        impl EventType {
            pub(crate) const ALL: &[Self] = &[$(Self::$name,)+];

            /// As stored.
            pub(crate) const fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)+
                }
            }

            pub(crate) const fn kind(self) -> EventKind {
                match self {
                    $(Self::$name => EventKind::$kind,)+
                }
            }

            const fn sentence(self) -> &'static str {
                match self {
                    $(Self::$name => $sentence,)+
                }
            }
        }
    };
}

event_types! {
    Generate: "generate", Files, "Generated activation file {}.";
    Update: "update", Files, "Updated activation file {}.";
    Deactivate: "deactivate", Files, "Deactivated activation file {}.";
    Revoke: "revoke", Files, "Revoked activation file {}.";
    Download: "download", Files, "Downloaded {}.";
    BatchPlanned: "batch planned", Files, "Planned bulk action {}.";
    BatchBegun: "batch begun", Files, "Began bulk action {}.";
    Batch: "batch", Files, "Worked on bulk action {}.";
    BatchStopped: "batch stopped", Files, "Bulk action {} was stopped.";
    BatchDiscarded: "batch discarded", Files, "Discarded the plan of bulk action {}.";
    BatchPlansExpired: "batch plans expired", Files, "The plan of bulk action {} was removed after its time.";
    Upgrade: "upgrade", Orders, "Upgraded software with {}.";
    OrdersImported: "orders imported", Orders, "Orders were imported with {}.";
    CloudConnection: "cloud connection", Orders, "Changed the cloud connection of {}.";
    ImportBegun: "import begun", Orders, "Began import {}.";
    ImportCompared: "import compared", Orders, "Import {} was compared with what is there.";
    ImportConfirmed: "import confirmed", Orders, "Confirmed import {}.";
    ImportApplied: "import applied", Orders, "Import {} was applied.";
    ImportFailed: "import failed", Orders, "Import {} could not be applied.";
    ImportDiscarded: "import discarded", Orders, "Discarded import {}.";
    InstallSiteAdded: "install site added", Sites, "Added install site {}.";
    InstallSiteChanged: "install site changed", Sites, "Changed install site {}.";
    RequestSubmitted: "request submitted", Requests, "Sent request {}.";
    RequestConfirmed: "request confirmed", Requests, "The mailbox of request {} was confirmed.";
    MailboxConfirmed: "mailbox confirmed", Requests, "Confirmed the mailbox of request {}.";
    RequestClaimed: "request claimed", Requests, "Claimed request {}.";
    RequestReleased: "request released", Requests, "Released request {}.";
    RequestHandedOver: "request handed over", Requests, "Handed request {} over.";
    RequestAnswered: "request answered", Requests, "Answered request {}.";
    RequestNoted: "request noted", Requests, "Added an internal note to request {}.";
    RequestReplied: "request replied", Requests, "Replied to request {}.";
    RequestRepliedByMail: "request replied by mail", Requests, "Replied to request {} by mail.";
    RequestClosed: "request closed", Requests, "Closed request {}.";
    RequestRemoved: "request removed", Requests, "Request {} was removed after its time.";
    RequestAttachmentsRemoved: "request attachments removed", Requests, "The attachments of request {} were removed after their time.";
    RequestAttachmentsExpired: "request attachments expired", Requests, "The attachments of request {} were removed: its mailbox was never confirmed.";
    RequestLinkRenewed: "request link renewed", Requests, "Renewed the link of request {}.";
    RequestLinked: "request linked", Requests, "Linked request {} to the account.";
    RequestFileBound: "request file bound", Requests, "Bound a file to request {}.";
    RequestFileProvided: "request file provided", Requests, "Provided a file with request {}.";
    RequestAttachmentAdded: "request attachment added", Requests, "Added a file to request {}.";
    RequestAttachmentRemoved: "request attachment removed", Requests, "Removed a file from request {}.";
    RequestAttachmentClean: "request attachment clean", Requests, "No virus was found in a file of request {}.";
    RequestAttachmentInfected: "request attachment infected", Requests, "A virus was found in a file of request {}.";
    RequestFormChanged: "request form changed", Portal, "Changed the request form.";
    MailAddedToRequest: "mail added to request", Requests, "Added a waiting mail to request {}.";
    MailDismissed: "mail dismissed", Requests, "Dismissed a waiting mail.";
    MailNoted: "mail noted", Requests, "A mail that belongs to no request arrived.";
    MailsRemoved: "mails removed", Requests, "{} of closed requests were removed after their time.";
    UnverifiedMailsRemoved: "unverified mails removed", Requests, "{} that waited were removed after their time.";
    CannedAnswerKept: "canned answer kept", Portal, "Kept canned answer {}.";
    CannedAnswerRemoved: "canned answer removed", Portal, "Removed canned answer {}.";
    SignIn: "sign-in", SignIns, "Signed in.";
    SignOut: "sign-out", SignIns, "Signed out.";
    SessionsEnded: "sessions ended", SignIns, "Ended all other sessions.";
    PasswordChanged: "password changed", SignIns, "Changed the password.";
    PasswordResetAsked: "password reset asked", SignIns, "Somebody asked for another password.";
    PasswordResetSent: "password reset sent", SignIns, "A link for another password was sent.";
    PasswordReset: "password reset", SignIns, "Set another password.";
    AddressChangeBegun: "address change begun", SignIns, "Asked for another address.";
    AddressChanged: "address changed", SignIns, "Changed the address.";
    NoticesChosen: "notices chosen", SignIns, "Chose notices.";
    ProfileChanged: "profile changed", SignIns, "Changed the profile.";
    SecondFactorSetUp: "second factor set up", SignIns, "Set up a second factor.";
    SecondFactorRemoved: "second factor removed", SignIns, "Removed the second factor.";
    SecondFactorResetAsked: "second factor reset asked", People, "Asked for a reset of the second factor of {}.";
    SecondFactorReset: "second factor reset", People, "Reset the second factor of {}.";
    RecoveryCodesRenewed: "recovery codes renewed", SignIns, "Made new recovery codes.";
    PersonInvited: "person invited", People, "Invited {}.";
    InvitationWithdrawn: "invitation withdrawn", People, "Withdrew the invitation of {}.";
    InvitationAccepted: "invitation accepted", People, "Accepted the invitation of {}.";
    PersonChanged: "person changed", People, "Changed the permissions of {}.";
    PersonRemoved: "person removed", People, "Took {} from the account.";
    PersonDisabled: "person disabled", People, "Disabled the sign-in of {}.";
    PersonEnabled: "person enabled", People, "Enabled the sign-in of {}.";
    RoleChanged: "role changed", People, "Changed the role of {}.";
    PartnerGranted: "partner granted", People, "Gave {} access.";
    PartnerWithdrawn: "partner withdrawn", People, "Withdrew the access of {}.";
    PersonAnonymised: "person anonymised", People, "Anonymised {}.";
    PersonCertified: "person certified", People, "Certified {}.";
    CertificationWithdrawn: "certification withdrawn", People, "Withdrew a certification of {}.";
    CatalogueProposed: "catalogue proposed", Portal, "Compared {} with the one in use.";
    CatalogueApplied: "catalogue applied", Portal, "Applied {}.";
    RetryJob: "retry job", Portal, "Began {} again.";
    DiscardJob: "discard job", Portal, "Discarded {}.";
    MailTried: "mail tried", Portal, "Sent a test mail to {}.";
    SigningKeyInUse: "signing key in use", Portal, "Signing key {} came into use.";
    DatabaseCopied: "database copied", Portal, "The database was copied from {}.";
    Demo: "demo", Portal, "The demo’s data was filled in.";
}

impl EventType {
    pub(crate) fn stored(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|event_type| event_type.code() == code)
    }

    /// Sentence that tells of it, after the name of whoever did it.
    pub(crate) fn told(self, subject: &str) -> String {
        self.sentence().replacen("{}", subject, 1)
    }

    /// The vendor's own work on requests, which accounts are not shown.
    pub(crate) const fn is_internal(self) -> bool {
        matches!(
            self,
            Self::RequestClaimed
                | Self::RequestReleased
                | Self::RequestHandedOver
                | Self::RequestNoted
                | Self::MailAddedToRequest
                | Self::MailDismissed
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_has_a_code_of_its_own_and_is_told_in_a_sentence() {
        for (at, event_type) in EventType::ALL.iter().enumerate() {
            let first = EventType::ALL.iter().position(|other| other.code() == event_type.code());
            assert_eq!(first, Some(at), "{event_type:?}");
            let told = event_type.told("AF-0000001");
            assert!(told.ends_with('.') && !told.contains("{}"), "{told}");
            assert_eq!(EventType::stored(event_type.code()), Some(*event_type));
        }
        for kind in EventKind::ALL {
            assert_eq!(EventKind::from_code(kind.code()), Some(kind));
        }
    }
}
