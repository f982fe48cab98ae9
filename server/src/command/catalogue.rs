use crate::settings::Settings;
use anyhow::{Context, Result, ensure};
use clap::Subcommand;
use licensing::catalogue::Catalogue;
use portal::{Ctx, Portal, people::PasswordCost};
use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

/// Subcommands of `afmt catalogue`.
#[derive(Subcommand, Clone, Debug)]
pub enum CatalogueCommand {
    /// Say what a catalogue file holds, or what is wrong with it. Nothing is changed.
    Check {
        /// The catalogue, a TOML document.
        file: PathBuf,
    },
    /// Take a catalogue into use, and say what it changes. What it does not have is retired; issued files never change.
    Apply {
        /// The catalogue, a TOML document.
        file: PathBuf,
        /// Say what it would change, and change nothing.
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        settings: Box<Settings>,
    },
}

/// `afmt catalogue apply`; what was done, or would be. A server may run beside it.
///
/// # Errors
/// As [`check_catalogue`], and when it changes what orders depend on, or nothing.
pub async fn apply_catalogue(settings: &Settings, file: &Path, dry_run: bool, ctx: Ctx, cost: PasswordCost) -> Result<String> {
    let bytes = read(file)?;
    let public_url = settings.public_url_or(settings.listen)?;
    let portal = Portal::open(settings.portal(&public_url, cost)?, &settings.key_file()?, ctx).await?;
    let changes = if dry_run {
        portal::catalogue::compare_from_terminal(&portal, &bytes).await
    } else {
        portal::catalogue::apply_from_terminal(&portal, &bytes).await
    };
    let changes = changes.with_context(|| file.display().to_string())?;
    let mut lines: Vec<String> = changes
        .iter()
        .map(|told| {
            let effect = told.effect.as_ref().map(|effect| format!(" ({effect})")).unwrap_or_default();
            format!("{}: {}{effect}", told.change.subject, told.change.what)
        })
        .collect();
    lines.push(match (dry_run, changes.len()) {
        (true, count) => format!("Changes: {count}. Nothing was changed."),
        (false, count) => format!("Changes: {count}. The catalogue is in use."),
    });
    Ok(lines.join("\n"))
}

/// Maximum size of a catalogue, in bytes.
const MOST_BYTES: u64 = portal::catalogue::LONGEST_DOCUMENT as u64;

fn read(file: &Path) -> Result<Vec<u8>> {
    let name = file.display();
    let mut bytes = Vec::new();
    let opened = File::open(file).with_context(|| format!("{name} cannot be opened"))?;
    opened.take(MOST_BYTES + 1).read_to_end(&mut bytes).with_context(|| format!("{name} cannot be read"))?;
    ensure!(bytes.len() as u64 <= MOST_BYTES, "{name} is larger than 4 MiB, which no catalogue is");
    Ok(bytes)
}

/// `afmt catalogue check`. Says what the file holds.
///
/// # Errors
/// The file cannot be read, is too large, or is no catalogue; the first thing in it that does not fit.
pub fn check_catalogue(file: &Path) -> Result<String> {
    let name = file.display();
    let text = String::from_utf8(read(file)?).with_context(|| format!("{name} is no text in UTF-8"))?;
    let catalogue = Catalogue::from_toml(&text).with_context(|| name.to_string())?;
    let versions: usize = catalogue.products().iter().map(|product| product.version.len()).sum();
    Ok(format!(
        "{name} is a catalogue. Products: {}; versions: {versions}; parts: {}; shared host ids: {}.",
        catalogue.products().len(),
        catalogue.parts().len(),
        catalogue.shared_hosts().len()
    ))
}
