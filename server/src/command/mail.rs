use crate::settings::Settings;
use anyhow::{Context, Result};
use clap::Subcommand;
use portal::{
    Ctx, Portal,
    people::PasswordCost,
    requests::{RawMail, Receipt},
};
use std::io::Read;

#[derive(Subcommand)]
pub enum MailCommand {
    /// Receive one mail from standard input, as mail servers pipe it. Exit status 75 when it is to be delivered again.
    Receive {
        #[command(flatten)]
        settings: Settings,
    },
}

/// `afmt mail receive`. A server may run beside it.
///
/// # Errors
/// Nothing was kept of the mail: it is to be delivered again.
pub async fn receive_mail(
    settings: &Settings,
    ctx: Ctx,
    cost: PasswordCost,
    from: impl Read + Send + 'static,
) -> Result<Receipt> {
    let mail = tokio::task::spawn_blocking(move || RawMail::read(from)).await?.context("the mail cannot be read")?;
    let portal =
        Portal::open(settings.portal(&settings.public_url_or(settings.listen)?, cost)?, &settings.key_file()?, ctx).await?;
    Ok(portal::requests::receive(&portal, mail).await?)
}
