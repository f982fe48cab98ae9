use crate::{error::Error, portal::Portal, store::statement::row};
use licensing::requests::RequestForm;
use sea_orm::FromQueryResult;
use std::sync::{Arc, LazyLock};

/// The form of a vendor who has none of its own.
static SHIPPED: LazyLock<Arc<RequestForm>> = LazyLock::new(|| {
    let form = RequestForm::from_toml(include_str!("../../catalogue/request-form.toml"));
    Arc::new(form.expect("the shipped form"))
});

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
