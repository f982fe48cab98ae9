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
}

/// `afmt administrator invite`; the link. A server may run beside it.
///
/// # Errors
/// The address is none, the person is an administrator already, or the database cannot be opened or written.
pub async fn invite_administrator(settings: &Settings, email: &str, ctx: Ctx, cost: PasswordCost) -> Result<String> {
    let public_url = settings.public_url_or(settings.listen)?;
    let portal = Portal::open(settings.portal(&public_url, cost)?, &settings.key_file()?, ctx).await?;
    Ok(portal::people::invite_administrator(&portal, email).await?)
}
