use crate::{
    access::administrator::AdministratorAccess,
    error::Error,
    event_type::EventType,
    portal::Portal,
    store::{entity::request_form, insertion::insert, statement::row},
};
use licensing::requests::{RequestForm, RequestFormError};
use sea_orm::{ActiveValue::Set, FromQueryResult, NotSet};
use std::sync::{Arc, LazyLock};

const SHIPPED_DOCUMENT: &str = include_str!("../../catalogue/request-form.toml");

/// The form of a vendor who has none of its own.
static SHIPPED: LazyLock<Arc<RequestForm>> = LazyLock::new(|| {
    let form = RequestForm::from_toml(SHIPPED_DOCUMENT);
    Arc::new(form.expect("the shipped form"))
});

/// Maximum length of the document, in bytes.
const LONGEST: usize = 64 * 1024;

/// Why a form was not taken. The one of before stays.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    #[error("{0}")]
    Wrong(RequestFormError),
    #[error("The document has {0} bytes; at most {LONGEST} are possible.")]
    TooLong(usize),
    #[error("Somebody changed the form meanwhile. Yours is below: compare it with the one that is in use, then save it again.")]
    ChangedMeanwhile,
    #[error(transparent)]
    Error(#[from] Error),
}

/// The form as an administrator changes it.
#[derive(Clone, Debug)]
pub struct FormDocument {
    pub document: String,
    /// Number of the change that it is of; 0 is the shipped one.
    pub change: i64,
}

#[derive(FromQueryResult)]
struct Latest {
    id: i64,
    document: String,
}

const LATEST: &str = "SELECT id, document FROM request_forms ORDER BY id DESC LIMIT 1";

/// The form's document.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn form_document(access: &AdministratorAccess) -> Result<FormDocument, Error> {
    let latest: Option<Latest> = row(access.caller().portal().database.read(), "request form: document", LATEST, []).await?;
    Ok(latest.map_or_else(
        || FormDocument { document: SHIPPED_DOCUMENT.to_owned(), change: 0 },
        |Latest { id, document }| FormDocument { document, change: id },
    ))
}

/// Takes another form into use, in place of the change `change`. Those of before are kept.
///
/// # Errors
/// [`NotTaken`]; nothing was changed then.
pub async fn change_form(access: &AdministratorAccess, document: &str, change: i64) -> Result<(), NotTaken> {
    if document.len() > LONGEST {
        return Err(NotTaken::TooLong(document.len()));
    }
    let document = document.replace("\r\n", "\n");
    RequestForm::from_toml(&document).map_err(NotTaken::Wrong)?;
    let portal = access.caller().portal();
    let write = portal.database.write().await?;
    let latest: Option<Latest> = row(write.on(), "request form: latest", LATEST, []).await?;
    if latest.as_ref().map_or(0, |latest| latest.id) != change {
        return Err(NotTaken::ChangedMeanwhile);
    }
    let now = portal.now();
    let row = request_form::ActiveModel { id: NotSet, document: Set(document), changed_at: Set(now) };
    insert::<request_form::Entity>(write.on(), vec![row]).await?;
    write.commit(access.caller().event(now, EventType::RequestFormChanged, format!("change {}", change + 1))).await?;
    Ok(())
}

/// The form as the vendor has it.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn form(portal: &Portal) -> Result<Arc<RequestForm>, Error> {
    #[derive(FromQueryResult)]
    struct Stored {
        document: String,
    }
    let sql = "SELECT document FROM request_forms ORDER BY id DESC LIMIT 1";
    let stored: Option<Stored> = row(portal.database.read(), "request form", sql, []).await?;
    match stored {
        Some(Stored { document }) => RequestForm::from_toml(&document).map(Arc::new).map_err(Error::internal),
        None => Ok(Arc::clone(&SHIPPED)),
    }
}
