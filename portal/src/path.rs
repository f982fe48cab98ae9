//! Addresses of the portal's pages, below its public URL: the one place where they are written.

use licensing::{
    Garn, Serial,
    files::list::Filter,
    requests::{RequestNumber, field},
};

/// Search over all that somebody may see.
pub const SEARCH: &str = "/search";
/// The chooser of accounts.
pub const ACCOUNTS: &str = "/accounts";
pub const SIGN_IN: &str = "/sign-in";
/// One's own name, password and sessions.
pub const PROFILE: &str = "/profile";
/// Chooses one's own notices.
pub const NOTICES: &str = "/profile/notices";

/// Ends notices, by the secret link of a mail.
#[must_use]
pub fn unsubscribe(secret: &str, group: &str) -> String {
    format!("/notices/{secret}/{group}")
}

/// Begins the change to another address.
pub const CHANGE_ADDRESS: &str = "/profile/address";

/// Confirms another address, by a secret link.
#[must_use]
pub fn address_change(secret: &str) -> String {
    format!("/address/{secret}")
}

/// Changes one's own password.
pub const CHANGE_PASSWORD: &str = "/profile/password";
/// One's own second factor.
pub const SECOND_FACTOR: &str = "/profile/second-factor";
/// Makes new recovery codes.
pub const RECOVERY_CODES: &str = "/profile/second-factor/recovery-codes";
/// Removes one's own second factor.
pub const REMOVE_SECOND_FACTOR: &str = "/profile/second-factor/remove";
/// Finishes a sign-in with a code.
pub const FINISH_SIGN_IN: &str = "/sign-in/code";
/// Ends one's other sessions.
pub const END_SESSIONS: &str = "/profile/sessions/end";
/// Asks for a link that sets another password.
pub const FORGOTTEN: &str = "/password";

/// Sets another password, by a secret link.
#[must_use]
pub fn reset_password(secret: &str) -> String {
    format!("{FORGOTTEN}/{secret}")
}

/// Work beside requests, for administrators.
pub const JOBS: &str = "/jobs";

/// Everything that was done, for administrators.
pub const HISTORY: &str = "/history";

/// What was done in an account.
#[must_use]
pub fn history(garn: &Garn) -> String {
    format!("{ACCOUNTS}/{garn}/history")
}

/// The checklist of what the portal still needs, for administrators.
pub const SETUP: &str = "/setup";
/// Sends a test mail.
pub const TRY_MAIL: &str = "/setup/mail";
/// The catalogue, for administrators.
pub const CATALOGUE: &str = "/catalogue";

/// The document of a catalogue.
#[must_use]
pub fn catalogue_document(id: i64) -> String {
    format!("{CATALOGUE}/{id}/document")
}

/// A catalogue that is proposed, and what it would change.
#[must_use]
pub fn proposed_catalogue(id: i64) -> String {
    format!("{CATALOGUE}/{id}")
}

/// Certifications that come in as tables, for licensing analysts.
pub const CERTIFICATIONS: &str = "/certifications";
/// The table that they are filled into.
pub const CERTIFICATION_TEMPLATE: &str = "/certifications/template.csv";

/// Imports of accounts and orders, for licensing analysts.
pub const IMPORTS: &str = "/imports";
/// The table that an import is filled into.
pub const IMPORT_TEMPLATE: &str = "/imports/template.csv";

/// One import, such as `IM-0000001`.
#[must_use]
pub fn import(reference: &str) -> String {
    format!("{IMPORTS}/{reference}")
}

/// Applies an import.
#[must_use]
pub fn apply_import(reference: &str) -> String {
    format!("{IMPORTS}/{reference}/apply")
}

/// Discards an import that was not applied.
#[must_use]
pub fn discard_import(reference: &str) -> String {
    format!("{IMPORTS}/{reference}/discard")
}

/// Lines of an import as a table.
#[must_use]
pub fn import_lines(reference: &str) -> String {
    format!("{IMPORTS}/{reference}/lines.csv")
}

/// People of the portal, for administrators.
pub const PEOPLE: &str = "/people";
/// One person, for administrators.
#[must_use]
pub fn person(id: i64) -> String {
    format!("{PEOPLE}/{id}")
}

/// Resets a person's second factor, or asks for it.
#[must_use]
pub fn reset_second_factor(person: i64) -> String {
    format!("{}/second-factor/reset", self::person(person))
}

/// Anonymises a person whose sign-in is disabled.
#[must_use]
pub fn anonymise(id: i64) -> String {
    format!("{PEOPLE}/{id}/anonymise")
}

/// Lets a person sign in, or no more.
#[must_use]
pub fn set_active(id: i64) -> String {
    format!("{PEOPLE}/{id}/active")
}

/// Form that invites somebody, for administrators.
pub const INVITE: &str = "/people/invitations";

/// An invitation by its secret link.
#[must_use]
pub fn invitation(secret: &str) -> String {
    format!("/invitation/{secret}")
}

/// Withdraws an invitation.
#[must_use]
pub fn withdraw_invitation(id: i64) -> String {
    format!("{INVITE}/{id}/withdraw")
}

/// Welcome page of the public request form.
pub const REQUEST: &str = "/request";
/// A new request form.
pub const NEW_REQUEST: &str = "/request/new";
/// The queue of requests, or one's own.
pub const REQUESTS: &str = "/requests";

/// The queue as a table.
pub const REQUESTS_CSV: &str = "/requests.csv";
/// Figures of the requests.
pub const FIGURES: &str = "/requests/figures";
/// Answers that are kept ready.
pub const CANNED: &str = "/requests/answers";
/// The form of activation file requests, for administrators.
pub const REQUEST_FORM: &str = "/requests/form";

/// Removes an answer that is kept ready.
#[must_use]
pub fn remove_canned(id: i64) -> String {
    format!("{CANNED}/{id}/remove")
}

/// Mail that came in and became no message by itself.
pub const MAIL: &str = "/requests/mail";

/// A mail as it came.
#[must_use]
pub fn raw_mail(id: i64) -> String {
    format!("{MAIL}/{id}")
}

/// Adds a mail to a request.
#[must_use]
pub fn add_mail(id: i64) -> String {
    format!("{MAIL}/{id}/add")
}

/// Dismisses a mail.
#[must_use]
pub fn dismiss_mail(id: i64) -> String {
    format!("{MAIL}/{id}/dismiss")
}

/// A new request form about an account, with more fields filled in.
#[must_use]
pub fn new_request_about<'a>(garn: &'a Garn, fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    asking(NEW_REQUEST, fields.into_iter().chain([(field::GARN, garn.as_str())]))
}

/// A request form with its key.
#[must_use]
pub fn request_form(key: &str) -> String {
    format!("{NEW_REQUEST}/{key}")
}

/// Where script keeps what is typed into a request form.
#[must_use]
pub fn request_draft(key: &str) -> String {
    format!("{NEW_REQUEST}/{key}/draft")
}

/// Step 2 of a request form: attachments.
#[must_use]
pub fn request_attachments(key: &str) -> String {
    format!("{NEW_REQUEST}/{key}/attachments")
}

/// End of a request form.
#[must_use]
pub fn finish_request(key: &str) -> String {
    format!("{NEW_REQUEST}/{key}/done")
}

/// A request by its private link.
#[must_use]
pub fn follow(link: &str) -> String {
    format!("{REQUEST}/{link}")
}

/// Confirms the mailbox of a request.
#[must_use]
pub fn confirm_mailbox(link: &str, key: &str) -> String {
    format!("{REQUEST}/{link}/mailbox/{key}")
}

/// One request, for those who sign in.
#[must_use]
pub fn request(number: RequestNumber) -> String {
    format!("{REQUESTS}/{number}")
}

/// Tells that an analyst reads a request.
#[must_use]
pub fn reading(number: RequestNumber) -> String {
    format!("{REQUESTS}/{number}/reading")
}

#[must_use]
pub fn retry_job(job: i64) -> String {
    format!("{JOBS}/{job}/retry")
}

#[must_use]
pub fn discard_job(job: i64) -> String {
    format!("{JOBS}/{job}/discard")
}

/// `path` with the fields of a query, none where there are none.
#[must_use]
pub fn asking<N: AsRef<str>, V: AsRef<str>>(path: &str, fields: impl IntoIterator<Item = (N, V)>) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// Files of an account that `filter` finds.
#[must_use]
pub fn files_found(garn: &Garn, filter: &Filter) -> String {
    asking(&files(garn), filter.fields())
}

/// Overview of an account.
#[must_use]
pub fn account(garn: &Garn) -> String {
    format!("{ACCOUNTS}/{garn}")
}

#[must_use]
pub fn summary(garn: &Garn) -> String {
    format!("{ACCOUNTS}/{garn}/summary")
}

#[must_use]
pub fn summary_csv(garn: &Garn) -> String {
    format!("{ACCOUNTS}/{garn}/summary.csv")
}

#[must_use]
pub fn software(garn: &Garn) -> String {
    format!("{ACCOUNTS}/{garn}/software")
}

#[must_use]
pub fn upgrade(garn: &Garn) -> String {
    format!("{ACCOUNTS}/{garn}/upgrade")
}

/// One upgrade, such as `UP-0000001`.
#[must_use]
pub fn upgrade_done(garn: &Garn, reference: &str) -> String {
    format!("{ACCOUNTS}/{garn}/upgrade/{reference}")
}

#[must_use]
pub fn sites(garn: &Garn) -> String {
    format!("{ACCOUNTS}/{garn}/sites")
}

#[must_use]
pub fn new_site(garn: &Garn) -> String {
    format!("{ACCOUNTS}/{garn}/sites/new")
}

#[must_use]
pub fn site(garn: &Garn, site: &str) -> String {
    format!("{ACCOUNTS}/{garn}/sites/{site}")
}

/// People of an account.
#[must_use]
pub fn people(garn: &Garn) -> String {
    format!("{ACCOUNTS}/{garn}/people")
}

/// One person of an account.
#[must_use]
pub fn member(garn: &Garn, person: i64) -> String {
    format!("{ACCOUNTS}/{garn}/people/{person}")
}

/// Takes a person from an account.
#[must_use]
pub fn remove_member(garn: &Garn, person: i64) -> String {
    format!("{ACCOUNTS}/{garn}/people/{person}/remove")
}

/// Enters a certification of a person.
#[must_use]
pub fn certify(garn: &Garn, person: i64) -> String {
    format!("{}/certifications", member(garn, person))
}

/// Removes a certification of a person.
#[must_use]
pub fn withdraw_certification(garn: &Garn, person: i64, id: i64) -> String {
    format!("{}/certifications/{id}/withdraw", member(garn, person))
}

/// Withdraws an invitation to an account.
#[must_use]
pub fn withdraw_member(garn: &Garn, invitation: i64) -> String {
    format!("{ACCOUNTS}/{garn}/people/invitations/{invitation}/withdraw")
}

#[must_use]
pub fn cloud(garn: &Garn) -> String {
    format!("{ACCOUNTS}/{garn}/cloud")
}

#[must_use]
pub fn files(garn: &Garn) -> String {
    format!("{ACCOUNTS}/{garn}/files")
}

#[must_use]
pub fn files_csv(garn: &Garn) -> String {
    format!("{ACCOUNTS}/{garn}/files.csv")
}

#[must_use]
pub fn new_file(garn: &Garn) -> String {
    format!("{ACCOUNTS}/{garn}/files/new")
}

#[must_use]
pub fn file(garn: &Garn, serial: &Serial) -> String {
    format!("{ACCOUNTS}/{garn}/files/{serial}")
}

#[must_use]
pub fn download(garn: &Garn, serial: &Serial) -> String {
    format!("{ACCOUNTS}/{garn}/files/{serial}/download")
}

/// An earlier revision of a file.
#[must_use]
pub fn revision(garn: &Garn, serial: &Serial, revision: u32) -> String {
    format!("{ACCOUNTS}/{garn}/files/{serial}/revisions/{revision}")
}

#[must_use]
pub fn download_revision(garn: &Garn, serial: &Serial, revision: u32) -> String {
    format!("{ACCOUNTS}/{garn}/files/{serial}/revisions/{revision}/download")
}

#[must_use]
pub fn update(garn: &Garn, serial: &Serial) -> String {
    format!("{ACCOUNTS}/{garn}/files/{serial}/update")
}

#[must_use]
pub fn deactivate(garn: &Garn, serial: &Serial) -> String {
    format!("{ACCOUNTS}/{garn}/files/{serial}/deactivate")
}

#[must_use]
pub fn revoke(garn: &Garn, serial: &Serial) -> String {
    format!("{ACCOUNTS}/{garn}/files/{serial}/revoke")
}

/// Partners who act for an account.
#[must_use]
pub fn partners(garn: &Garn) -> String {
    format!("{ACCOUNTS}/{garn}/partners")
}

/// Withdraws the access of a partner.
#[must_use]
pub fn withdraw_partner(garn: &Garn, partner: i64) -> String {
    format!("{ACCOUNTS}/{garn}/partners/{partner}/withdraw")
}

/// Orders of an account.
#[must_use]
pub fn orders(garn: &Garn) -> String {
    format!("{ACCOUNTS}/{garn}/orders")
}

/// One order.
#[must_use]
pub fn order(garn: &Garn, sales_order: &str) -> String {
    asking(&orders(garn), [("order", sales_order)])
}

/// The form of an order line, for licensing analysts.
#[must_use]
pub fn new_line(garn: &Garn) -> String {
    format!("{ACCOUNTS}/{garn}/orders/new")
}

/// The account as licensing analysts enter it.
#[must_use]
pub fn settings(garn: &Garn) -> String {
    format!("{ACCOUNTS}/{garn}/settings")
}

/// The form of a new account, for licensing analysts.
pub const NEW_ACCOUNT: &str = "/new-account";

#[must_use]
pub fn batches(garn: &Garn) -> String {
    format!("{ACCOUNTS}/{garn}/batches")
}

/// Form that makes a batch of the selected files.
#[must_use]
pub fn selection(garn: &Garn) -> String {
    format!("{ACCOUNTS}/{garn}/batches/selection")
}

#[must_use]
pub fn batch_template(garn: &Garn) -> String {
    format!("{ACCOUNTS}/{garn}/batches/template.csv")
}

/// One batch, such as `BT-0000001`.
#[must_use]
pub fn batch(garn: &Garn, reference: &str) -> String {
    format!("{ACCOUNTS}/{garn}/batches/{reference}")
}

#[must_use]
pub fn discard_batch(garn: &Garn, reference: &str) -> String {
    format!("{}/discard", batch(garn, reference))
}

#[must_use]
pub fn plan_batch_again(garn: &Garn, reference: &str) -> String {
    format!("{ACCOUNTS}/{garn}/batches/{reference}/plan")
}

#[must_use]
pub fn batch_lines(garn: &Garn, reference: &str) -> String {
    format!("{ACCOUNTS}/{garn}/batches/{reference}/lines.csv")
}

#[must_use]
pub fn batch_files(garn: &Garn, reference: &str) -> String {
    format!("{ACCOUNTS}/{garn}/batches/{reference}/files.zip")
}

/// Page of what a submission made, by its reference: a file, a batch or an upgrade.
#[must_use]
pub fn led_to(garn: &Garn, reference: &str) -> String {
    match reference.split('-').next() {
        Some("BT") => batch(garn, reference),
        Some("UP") => upgrade_done(garn, reference),
        _ => format!("{ACCOUNTS}/{garn}/files/{reference}"),
    }
}
