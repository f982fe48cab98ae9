use crate::settings::Settings;
use anyhow::Result;
use portal::Ctx;

/// `afmt copy-database`. How many rows were copied.
///
/// # Errors
/// [`portal::store::CopyError`].
pub async fn copy_database(settings: &Settings, ctx: &Ctx) -> Result<u64> {
    Ok(portal::store::copy_database(&settings.database_file(), &settings.database()?, ctx).await?)
}
