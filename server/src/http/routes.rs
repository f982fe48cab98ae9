use super::{
    assets, form, middleware,
    resume::{Reopen, Reopeners},
    table_form, upload,
};
use crate::{handler, state::App};
use axum::{
    Extension, Router,
    extract::DefaultBodyLimit,
    handler::Handler,
    http::Method,
    middleware::from_fn_with_state,
    routing::{MethodFilter, MethodRouter, on},
};
use tower_http::{CompressionLevel, compression::CompressionLayer};

/// Audience of a route. What each of them sees there is decided by `portal`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Programs: no session is looked at, so that the database is not asked.
    Program,
    Anyone,
    SignedIn,
}

/// Treatment after sign-in of a form that was sent when the session had ended: reopen it, or `nothing`. A form must say which.
macro_rules! reopen {
    (GET) => {
        None
    };
    (POST nothing) => {
        None
    };
    (POST $reopen:path) => {
        Some(|caller, kept| Box::pin($reopen(caller, kept)))
    };
}

/// The one route table, a line each: its name, what answers, who may ask, and what reopens a form.
macro_rules! routes {
    ($($name:ident: $method:ident $path:literal $access:ident [$($reopen:tt)*] => $handler:expr,)+) => {
        /// Every route there is, by name. The router is built from it, and a test that matches on it does not compile when one is missing.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Route {
            $($name,)+
        }

        impl Route {
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            #[must_use]
            pub const fn method(self) -> Method {
                match self {
                    $(Self::$name => Method::$method,)+
                }
            }

            /// The path, its variable segments in braces.
            #[must_use]
            pub const fn path(self) -> &'static str {
                match self {
                    $(Self::$name => $path,)+
                }
            }

            #[must_use]
            pub const fn access(self) -> Access {
                match self {
                    $(Self::$name => Access::$access,)+
                }
            }

            fn reopen(self) -> Option<Reopen> {
                match self {
                    $(Self::$name => reopen!($method $($reopen)*),)+
                }
            }

            fn handler(self) -> MethodRouter<App> {
                match self {
                    $(Self::$name => on(MethodFilter::$method, $handler),)+
                }
            }
        }
    };
}

routes! {
    Home: GET "/" Anyone [] => handler::home::home,
    SignInPage: GET "/sign-in" Anyone [] => handler::people::sign_in::show,
    SignIn: POST "/sign-in" Anyone [nothing] => handler::people::sign_in::sign_in,
    SignInCode: GET "/sign-in/code" Anyone [] => handler::people::sign_in::show_code,
    FinishSignIn: POST "/sign-in/code" Anyone [nothing] => handler::people::sign_in::finish,
    SignOut: POST "/sign-out" Anyone [nothing] => handler::people::sign_in::sign_out,
    Invitation: GET "/invitation/{secret}" Anyone [] => handler::people::invitation::show,
    AcceptInvitation: POST "/invitation/{secret}" Anyone [nothing] => handler::people::invitation::accept,
    Forgotten: GET "/password" Anyone [] => handler::people::password::show,
    AskForReset: POST "/password" Anyone [nothing] => handler::people::password::ask,
    ResetPage: GET "/password/{secret}" Anyone [] => handler::people::password::show_reset,
    Reset: POST "/password/{secret}" Anyone [nothing] => handler::people::password::reset,
    Profile: GET "/profile" SignedIn [] => handler::people::profile::show,
    ChangeProfile: POST "/profile" SignedIn [handler::people::profile::reopen] => handler::people::profile::change,
    ChangePassword: POST "/profile/password" SignedIn [handler::people::profile::reopen] => handler::people::profile::change_password,
    EndSessions: POST "/profile/sessions/end" SignedIn [handler::people::profile::reopen] => handler::people::profile::end_sessions,
    ChangeAddress: POST "/profile/address" SignedIn [handler::people::profile::reopen] => handler::people::profile::change_address,
    AddressChange: GET "/address/{secret}" Anyone [] => handler::people::address::show,
    ConfirmAddress: POST "/address/{secret}" Anyone [nothing] => handler::people::address::confirm,
    ChooseNotices: POST "/profile/notices" SignedIn [handler::people::profile::reopen] => handler::people::profile::choose_notices,
    Unsubscribing: GET "/notices/{secret}/{group}" Anyone [] => handler::people::notices::show,
    Unsubscribe: POST "/notices/{secret}/{group}" Anyone [nothing] => handler::people::notices::unsubscribe,
    SecondFactor: GET "/profile/second-factor" SignedIn [] => handler::people::second_factor::show,
    SetUpSecondFactor: POST "/profile/second-factor" SignedIn [handler::people::second_factor::reopen] => handler::people::second_factor::set_up,
    RecoveryCodes: POST "/profile/second-factor/recovery-codes" SignedIn [handler::people::second_factor::reopen] => handler::people::second_factor::renew_recovery_codes,
    RemoveSecondFactor: POST "/profile/second-factor/remove" SignedIn [handler::people::second_factor::reopen] => handler::people::second_factor::remove,
    Theme: POST "/theme" Anyone [nothing] => handler::home::theme,
    Keys: GET "/keys" Anyone [] => handler::signing::keys::page,
    KeyPem: GET "/keys/{*name}" Anyone [] => handler::signing::keys::pem,
    CheckFile: GET "/check" Anyone [] => handler::files::check::show,
    SendCheckFile: POST "/check" Anyone [nothing] => handler::files::check::send,
    Help: GET "/help" Anyone [] => handler::help::index,
    HelpTopic: GET "/help/{topic}" Anyone [] => handler::help::topic,
    VerifierKeys: GET "/.well-known/activation-file-keys" Anyone [] => handler::signing::keys::verifier_keys,
    Verifier: GET "/verify.py" Program [] => handler::signing::keys::verifier,
    Alive: GET "/healthz" Program [] => handler::health::alive,
    Ready: GET "/readyz" Program [] => handler::health::ready,
    Metrics: GET "/metrics" Anyone [] => handler::metrics::show,
    Favicon: GET "/favicon.ico" Program [] => assets::favicon,
    Asset: GET "/static/{version}/{*name}" Program [] => assets::asset,
    Accounts: GET "/accounts" SignedIn [] => handler::accounts::list,
    Search: GET "/search" SignedIn [] => handler::search::show,
    RequestWelcome: GET "/request" Anyone [] => handler::requests::form::welcome,
    NewRequest: GET "/request/new" Anyone [] => handler::requests::form::show_new,
    RequestDraft: GET "/request/new/{key}" Anyone [] => handler::requests::form::show,
    SendRequest: POST "/request/new/{key}" Anyone [nothing] => handler::requests::form::send,
    KeepRequest: POST "/request/new/{key}/draft" Anyone [nothing] => handler::requests::form::keep,
    RequestAttachments: GET "/request/new/{key}/attachments" Anyone [] => handler::requests::form::attachments,
    UploadToForm: POST "/request/new/{key}/attachments" Anyone [nothing] => handler::requests::attachments::upload_to_form,
    RemoveFromForm: POST "/request/new/{key}/attachments/{id}/remove" Anyone [nothing] => handler::requests::attachments::remove_from_form,
    FinishRequest: POST "/request/new/{key}/done" Anyone [nothing] => handler::requests::form::finish,
    FollowRequest: GET "/request/{link}" Anyone [] => handler::requests::follow::show,
    ReplyByLink: POST "/request/{link}/reply" Anyone [nothing] => handler::requests::follow::reply,
    CloseByLink: POST "/request/{link}/close" Anyone [nothing] => handler::requests::follow::close,
    RenewLink: POST "/request/{link}/link" Anyone [nothing] => handler::requests::follow::renew,
    UploadByLink: POST "/request/{link}/attachments" Anyone [nothing] => handler::requests::attachments::upload_by_link,
    AttachmentByLink: GET "/request/{link}/attachments/{id}" Anyone [] => handler::requests::attachments::by_link,
    HandedFile: GET "/request/{link}/files/{serial}" Anyone [] => handler::requests::follow::download,
    Mailbox: GET "/request/{link}/mailbox/{key}" Anyone [] => handler::requests::follow::show_mailbox,
    ConfirmMailbox: POST "/request/{link}/mailbox/{key}" Anyone [nothing] => handler::requests::follow::confirm,
    Requests: GET "/requests" SignedIn [] => handler::requests::work::list,
    RequestsCsv: GET "/requests.csv" SignedIn [] => handler::requests::work::table,
    Figures: GET "/requests/figures" SignedIn [] => handler::requests::work::show_figures,
    Canned: GET "/requests/answers" SignedIn [] => handler::requests::canned::show,
    KeepCanned: POST "/requests/answers" SignedIn [handler::requests::canned::reopen] => handler::requests::canned::keep,
    RemoveCanned: POST "/requests/answers/{id}/remove" SignedIn [handler::requests::canned::reopen] => handler::requests::canned::remove,
    FormDocument: GET "/requests/form" SignedIn [] => handler::requests::canned::show_form,
    ChangeForm: POST "/requests/form" SignedIn [handler::requests::canned::reopen_form] => handler::requests::canned::change_form,
    Reading: POST "/requests/{number}/reading" SignedIn [nothing] => handler::requests::work::reading,
    Mail: GET "/requests/mail" SignedIn [] => handler::requests::mail::show,
    RawMail: GET "/requests/mail/{id}" SignedIn [] => handler::requests::mail::raw,
    AddMail: POST "/requests/mail/{id}/add" SignedIn [handler::requests::mail::reopen] => handler::requests::mail::add,
    DismissMail: POST "/requests/mail/{id}/dismiss" SignedIn [handler::requests::mail::reopen] => handler::requests::mail::dismiss,
    Request: GET "/requests/{number}" SignedIn [] => handler::requests::work::show,
    UploadSignedIn: POST "/requests/{number}/attachments" SignedIn [nothing] => handler::requests::attachments::upload_signed_in,
    ProvideFile: POST "/requests/{number}/provided" SignedIn [nothing] => handler::requests::attachments::provide,
    RemoveProvided: POST "/requests/{number}/provided/{id}/remove" SignedIn [handler::requests::work::reopen] => handler::requests::attachments::remove_provided,
    Attachment: GET "/requests/{number}/attachments/{id}" SignedIn [] => handler::requests::attachments::signed_in,
    FileOfRequest: GET "/requests/{number}/files/{serial}" SignedIn [] => handler::requests::work::download,
    ReplyToRequest: POST "/requests/{number}/reply" SignedIn [handler::requests::work::reopen] => handler::requests::work::reply,
    CloseRequest: POST "/requests/{number}/close" SignedIn [handler::requests::work::reopen] => handler::requests::work::close,
    ClaimRequest: POST "/requests/{number}/claim" SignedIn [handler::requests::work::reopen] => handler::requests::work::claim,
    ReleaseRequest: POST "/requests/{number}/release" SignedIn [handler::requests::work::reopen] => handler::requests::work::release,
    HandOverRequest: POST "/requests/{number}/hand-over" SignedIn [handler::requests::work::reopen] => handler::requests::work::hand_over,
    AnswerRequest: POST "/requests/{number}/answer" SignedIn [handler::requests::work::reopen] => handler::requests::work::send_answer,
    NoteRequest: POST "/requests/{number}/note" SignedIn [handler::requests::work::reopen] => handler::requests::work::note,
    LinkRequest: POST "/requests/{number}/account" SignedIn [handler::requests::work::reopen] => handler::requests::work::link_account,
    Imports: GET "/imports" SignedIn [] => handler::orders::imports::list,
    BeginImport: POST "/imports" SignedIn [handler::orders::imports::reopen_list] => handler::orders::imports::begin,
    ImportTemplate: GET "/imports/template.csv" SignedIn [] => handler::orders::imports::template,
    Import: GET "/imports/{reference}" SignedIn [] => handler::orders::imports::show,
    ApplyImport: POST "/imports/{reference}/apply" SignedIn [handler::orders::imports::reopen] => handler::orders::imports::apply,
    DiscardImport: POST "/imports/{reference}/discard" SignedIn [handler::orders::imports::reopen] => handler::orders::imports::discard,
    ImportLines: GET "/imports/{reference}/lines.csv" SignedIn [] => handler::orders::imports::lines,
    Setup: GET "/setup" SignedIn [] => handler::setup::show,
    TryMail: POST "/setup/mail" SignedIn [handler::setup::reopen] => handler::setup::try_mail,
    Catalogue: GET "/catalogue" SignedIn [] => handler::catalogue::show,
    ProposeCatalogue: POST "/catalogue" SignedIn [handler::catalogue::reopen] => handler::catalogue::propose,
    ProposedCatalogue: GET "/catalogue/{id}" SignedIn [] => handler::catalogue::show_proposal,
    ApplyCatalogue: POST "/catalogue/{id}" SignedIn [handler::catalogue::reopen_proposal] => handler::catalogue::apply,
    CatalogueDocument: GET "/catalogue/{id}/document" SignedIn [] => handler::catalogue::document,
    People: GET "/people" SignedIn [] => handler::people::directory::show,
    Invite: POST "/people/invitations" SignedIn [handler::people::directory::reopen] => handler::people::directory::invite,
    WithdrawInvitation: POST "/people/invitations/{id}/withdraw" SignedIn [handler::people::directory::reopen] => handler::people::directory::withdraw,
    Person: GET "/people/{person}" SignedIn [] => handler::people::directory::person,
    ChangeRole: POST "/people/{person}" SignedIn [handler::people::directory::reopen_person] => handler::people::directory::change_role,
    SetActive: POST "/people/{person}/active" SignedIn [handler::people::directory::reopen_person] => handler::people::directory::set_active,
    ResetSecondFactor: POST "/people/{person}/second-factor/reset" SignedIn [handler::people::directory::reopen_person] => handler::people::directory::reset_second_factor,
    Anonymise: POST "/people/{person}/anonymise" SignedIn [handler::people::directory::reopen_person] => handler::people::directory::anonymise,
    Jobs: GET "/jobs" SignedIn [] => handler::jobs::show,
    RetryJob: POST "/jobs/{job}/retry" SignedIn [handler::jobs::reopen] => handler::jobs::retry,
    DiscardJob: POST "/jobs/{job}/discard" SignedIn [handler::jobs::reopen] => handler::jobs::discard,
    Cloud: GET "/accounts/{garn}/cloud" SignedIn [] => handler::cloud::show,
    SendCloud: POST "/accounts/{garn}/cloud" SignedIn [handler::cloud::reopen] => handler::cloud::send,
    Overview: GET "/accounts/{garn}" SignedIn [] => handler::accounts::overview,
    Summary: GET "/accounts/{garn}/summary" SignedIn [] => handler::orders::summary::show,
    SummaryCsv: GET "/accounts/{garn}/summary.csv" SignedIn [] => handler::orders::csv::send,
    Software: GET "/accounts/{garn}/software" SignedIn [] => handler::orders::summary::software,
    Upgrade: GET "/accounts/{garn}/upgrade" SignedIn [] => handler::orders::upgrade::show,
    SendUpgrade: POST "/accounts/{garn}/upgrade" SignedIn [handler::orders::upgrade::reopen] => handler::orders::upgrade::send,
    UpgradeDone: GET "/accounts/{garn}/upgrade/{reference}" SignedIn [] => handler::orders::upgrade::done,
    Sites: GET "/accounts/{garn}/sites" SignedIn [] => handler::sites::list,
    NewSite: GET "/accounts/{garn}/sites/new" SignedIn [] => handler::sites::show_new,
    SendNewSite: POST "/accounts/{garn}/sites/new" SignedIn [handler::sites::reopen_new] => handler::sites::send_new,
    Site: GET "/accounts/{garn}/sites/{site}" SignedIn [] => handler::sites::show,
    SendSite: POST "/accounts/{garn}/sites/{site}" SignedIn [handler::sites::reopen_change] => handler::sites::send_change,
    Members: GET "/accounts/{garn}/people" SignedIn [] => handler::people::members::list,
    InviteMember: POST "/accounts/{garn}/people" SignedIn [handler::people::members::reopen] => handler::people::members::invite,
    Member: GET "/accounts/{garn}/people/{person}" SignedIn [] => handler::people::members::show,
    ChangeMember: POST "/accounts/{garn}/people/{person}" SignedIn [handler::people::members::reopen_one] => handler::people::members::change,
    RemoveMember: POST "/accounts/{garn}/people/{person}/remove" SignedIn [handler::people::members::reopen_one] => handler::people::members::remove,
    Certify: POST "/accounts/{garn}/people/{person}/certifications" SignedIn [handler::people::members::reopen_certification] => handler::people::members::certify,
    WithdrawCertification: POST "/accounts/{garn}/people/{person}/certifications/{id}/withdraw" SignedIn [handler::people::members::reopen_one] => handler::people::members::withdraw_certification,
    WithdrawMember: POST "/accounts/{garn}/people/invitations/{id}/withdraw" SignedIn [handler::people::members::reopen] => handler::people::members::withdraw,
    GrantPartner: POST "/accounts/{garn}/partners" SignedIn [handler::people::members::reopen] => handler::people::members::grant,
    WithdrawPartner: POST "/accounts/{garn}/partners/{partner}/withdraw" SignedIn [handler::people::members::reopen] => handler::people::members::withdraw_grant,
    Orders: GET "/accounts/{garn}/orders" SignedIn [] => handler::orders::entry::orders,
    NewLine: GET "/accounts/{garn}/orders/new" SignedIn [] => handler::orders::entry::show_line,
    SendLine: POST "/accounts/{garn}/orders/new" SignedIn [handler::orders::entry::reopen_line] => handler::orders::entry::send_line,
    Settings: GET "/accounts/{garn}/settings" SignedIn [] => handler::orders::entry::show_settings,
    SendSettings: POST "/accounts/{garn}/settings" SignedIn [handler::orders::entry::reopen_settings] => handler::orders::entry::send_settings,
    Certifications: GET "/certifications" SignedIn [] => handler::people::certifications::show,
    EnterCertifications: POST "/certifications" SignedIn [handler::people::certifications::reopen] => handler::people::certifications::enter,
    CertificationTemplate: GET "/certifications/template.csv" SignedIn [] => handler::people::certifications::template,
    NewAccount: GET "/new-account" SignedIn [] => handler::orders::entry::show_account,
    SendAccount: POST "/new-account" SignedIn [handler::orders::entry::reopen_account] => handler::orders::entry::send_account,
    History: GET "/accounts/{garn}/history" SignedIn [] => handler::history::of_account,
    HistoryCsv: GET "/accounts/{garn}/history.csv" SignedIn [] => handler::history::csv_of_account,
    PortalHistory: GET "/history" SignedIn [] => handler::history::of_portal,
    PortalHistoryCsv: GET "/history.csv" SignedIn [] => handler::history::csv_of_portal,
    Files: GET "/accounts/{garn}/files" SignedIn [] => handler::files::list::list,
    FilesCsv: GET "/accounts/{garn}/files.csv" SignedIn [] => handler::files::csv::send,
    Batches: GET "/accounts/{garn}/batches" SignedIn [] => handler::files::batch::list,
    SendBatch: POST "/accounts/{garn}/batches" SignedIn [handler::files::batch::reopen_plan] => handler::files::batch::plan,
    SendSelection: POST "/accounts/{garn}/batches/selection" SignedIn [handler::files::batch::reopen_selection] => handler::files::batch::select,
    BatchTemplate: GET "/accounts/{garn}/batches/template.csv" SignedIn [] => handler::files::batch::template,
    Batch: GET "/accounts/{garn}/batches/{reference}" SignedIn [] => handler::files::batch::show,
    BeginBatch: POST "/accounts/{garn}/batches/{reference}" SignedIn [handler::files::batch::reopen_begun] => handler::files::batch::begin,
    PlanBatchAgain: POST "/accounts/{garn}/batches/{reference}/plan" SignedIn [handler::files::batch::reopen_begun] => handler::files::batch::plan_again,
    DiscardBatch: POST "/accounts/{garn}/batches/{reference}/discard" SignedIn [handler::files::batch::reopen_begun] => handler::files::batch::discard,
    BatchLines: GET "/accounts/{garn}/batches/{reference}/lines.csv" SignedIn [] => handler::files::batch::lines,
    BatchFiles: GET "/accounts/{garn}/batches/{reference}/files.zip" SignedIn [] => handler::files::batch::files,
    NewFile: GET "/accounts/{garn}/files/new" SignedIn [] => handler::files::form::show_new,
    SendNewFile: POST "/accounts/{garn}/files/new" SignedIn [handler::files::form::reopen_new] => handler::files::form::send_new,
    File: GET "/accounts/{garn}/files/{serial}" SignedIn [] => handler::files::view::view,
    Download: GET "/accounts/{garn}/files/{serial}/download" SignedIn [] => handler::files::view::download,
    Superseded: GET "/accounts/{garn}/files/{serial}/revisions/{revision}" SignedIn [] => handler::files::view::superseded,
    DownloadRevision: GET "/accounts/{garn}/files/{serial}/revisions/{revision}/download" SignedIn [] => handler::files::view::download_revision,
    Update: GET "/accounts/{garn}/files/{serial}/update" SignedIn [] => handler::files::form::show_update,
    SendUpdate: POST "/accounts/{garn}/files/{serial}/update" SignedIn [handler::files::form::reopen_update] => handler::files::form::send_update,
    Deactivate: GET "/accounts/{garn}/files/{serial}/deactivate" SignedIn [] => handler::files::deactivate::show,
    SendDeactivate: POST "/accounts/{garn}/files/{serial}/deactivate" SignedIn [handler::files::deactivate::reopen] => handler::files::deactivate::send,
    Revoke: GET "/accounts/{garn}/files/{serial}/revoke" SignedIn [] => handler::files::revoke::show,
    SendRevoke: POST "/accounts/{garn}/files/{serial}/revoke" SignedIn [handler::files::revoke::reopen] => handler::files::revoke::send,
}

impl Route {
    /// Maximum size of a body that is sent there, in bytes.
    const fn most_bytes(self) -> usize {
        match self {
            Self::SignIn | Self::FinishSignIn => form::MOST_BYTES_KEPT,
            Self::SendCheckFile => handler::files::check::MOST_BYTES,
            Self::SendBatch | Self::ProposeCatalogue | Self::EnterCertifications => table_form::MOST_BYTES,
            Self::BeginImport => handler::orders::imports::MOST_BODY,
            Self::UploadToForm | Self::UploadByLink | Self::UploadSignedIn | Self::ProvideFile => upload::MOST_BODY,
            Self::SendRequest | Self::KeepRequest | Self::ChangeForm => handler::requests::form::MOST_BYTES,
            _ => form::MOST_BYTES,
        }
    }
}

/// The forms that signing in reopens.
pub(crate) fn reopeners() -> Reopeners {
    Reopeners::new(Route::ALL.iter().filter_map(|route| Some((route.path(), route.reopen()?))))
}

pub(crate) fn router(app: App) -> Router {
    let mut router = Router::new();
    let identify = from_fn_with_state(app.clone(), middleware::identify);
    let require_sign_in = from_fn_with_state(app.clone(), middleware::require_sign_in);
    for route in Route::ALL {
        let handler = match route.access() {
            Access::Program => route.handler(),
            Access::Anyone => route.handler().layer(identify.clone()),
            Access::SignedIn => route.handler().layer(require_sign_in.clone()).layer(identify.clone()),
        };
        let most_bytes = route.most_bytes();
        // Outside of everything that may read the body.
        let handler: MethodRouter<App> = handler.layer(Extension(form::MostBytes(most_bytes)));
        let handler: MethodRouter<App> = handler.layer(DefaultBodyLimit::max(most_bytes));
        router = router.route(route.path(), handler);
    }
    router
        .fallback(handler::home::not_found.layer(identify.clone()))
        .method_not_allowed_fallback(handler::home::method_not_allowed.layer(identify))
        .layer(from_fn_with_state(app.clone(), middleware::same_origin))
        .layer(from_fn_with_state(app.clone(), middleware::bounded_address))
        .layer(from_fn_with_state(app.clone(), middleware::public_host))
        .layer(from_fn_with_state(app.clone(), middleware::answer_always))
        // Pages are compressed for one reader each: what the least effort leaves costs less than what more effort takes.
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .layer(from_fn_with_state(app.clone(), middleware::headers))
        .layer(from_fn_with_state(app.clone(), middleware::observe))
        .with_state(app)
}
