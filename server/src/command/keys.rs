use crate::{
    private,
    settings::{Settings, read_passphrase},
};
use anyhow::{Context, Result};
use portal::{Ctx, people::PasswordCost};
use std::path::{Path, PathBuf};

/// Subcommands of `afmt keys`.
#[derive(clap::Subcommand, Clone, Debug)]
pub enum KeysCommand {
    /// Make the signing key, encrypted with the passphrase.
    Generate {
        #[command(flatten)]
        settings: Settings,
    },
    /// Sign with this key from now on. The one before stays known, and its files stay valid.
    Use {
        #[command(flatten)]
        settings: Settings,
    },
    /// Encrypt the signing key anew: as keys are encrypted today, or with another passphrase. The key stays the same.
    Seal {
        #[command(flatten)]
        settings: Settings,
        /// File with the passphrase from now on. The same as before when it is left out.
        #[arg(long)]
        new_passphrase_file: Option<PathBuf>,
    },
}

/// `afmt keys use`.
///
/// # Errors
/// The key does not open, or the database cannot be opened or written.
pub async fn use_key(settings: &Settings, ctx: &Ctx) -> Result<()> {
    Ok(portal::signing::use_signing_key(&settings.database()?, &settings.key_file()?, ctx).await?)
}

/// `afmt keys generate`. Says where the key is.
///
/// # Errors
/// The passphrase cannot be read, the key is there already or cannot be written.
pub fn generate_key(settings: &Settings, ctx: &Ctx, cost: PasswordCost) -> Result<PathBuf> {
    private::make_folder(&settings.data).with_context(|| format!("{} cannot be made", settings.data.display()))?;
    let key = settings.key_file()?;
    key.generate(ctx, cost)?;
    Ok(key.path)
}

/// `afmt keys seal`. Says where the key is.
///
/// # Errors
/// A passphrase cannot be read, the key does not open or cannot be written.
pub fn seal_key(settings: &Settings, new_passphrase: Option<&Path>, ctx: &Ctx) -> Result<PathBuf> {
    let key = settings.key_file()?;
    let passphrase = new_passphrase.map(read_passphrase).transpose()?;
    key.seal(passphrase.as_ref(), ctx)?;
    Ok(key.path)
}
