use crate::settings::Settings;
use anyhow::Result;
use clap::Subcommand;
use portal::{Ctx, Portal, people::PasswordCost};

/// Subcommands of `afmt administrator`.
#[derive(Subcommand, Clone, Debug)]
pub enum AdministratorCommand {
    /// Invite somebody to be an administrator. Prints a link that can be used once, within 7 days; nobody is sent a mail.
    Invite {
        /// Address of the person.
        email: String,
        #[command(flatten)]
        settings: Settings,
    },
    /// Reset the second factor of somebody who lost phone and recovery codes, and end their sessions. Make sure who asks for it.
    ResetFactor {
        /// Address of the person.
        email: String,
        #[command(flatten)]
        settings: Settings,
    },
}

/// `afmt administrator invite`; the link. A server may run beside it.
///
/// # Errors
/// The address is none, the person is an administrator already, or the database cannot be opened or written.
pub async fn invite_administrator(settings: &Settings, email: &str, ctx: Ctx, cost: PasswordCost) -> Result<String> {
    Ok(portal::people::invite_administrator(&open(settings, ctx, cost).await?, email).await?)
}

/// `afmt administrator reset-factor`. A server may run beside it.
///
/// # Errors
/// Nobody has the address, or a second factor with it, or the database cannot be opened or written.
pub async fn reset_factor(settings: &Settings, email: &str, ctx: Ctx, cost: PasswordCost) -> Result<()> {
    Ok(portal::people::reset_second_factor_of(&open(settings, ctx, cost).await?, email).await?)
}

async fn open(settings: &Settings, ctx: Ctx, cost: PasswordCost) -> Result<Portal> {
    let public_url = settings.public_url_or(settings.listen)?;
    Ok(Portal::open(settings.portal(&public_url, cost)?, &settings.key_file()?, ctx).await?)
}
