use anyhow::{Context, Result, ensure};
use clap::Subcommand;
use licensing::catalogue::Catalogue;
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
}

/// Maximum size of a catalogue, in bytes.
const MOST_BYTES: u64 = 4 * 1024 * 1024;

/// `afmt catalogue check`. Says what the file holds.
///
/// # Errors
/// The file cannot be read, is too large, or is no catalogue; the first thing in it that does not fit.
pub fn check_catalogue(file: &Path) -> Result<String> {
    let name = file.display();
    let mut bytes = Vec::new();
    let opened = File::open(file).with_context(|| format!("{name} cannot be opened"))?;
    opened.take(MOST_BYTES + 1).read_to_end(&mut bytes).with_context(|| format!("{name} cannot be read"))?;
    ensure!(bytes.len() as u64 <= MOST_BYTES, "{name} is larger than 4 MiB, which no catalogue is");
    let text = String::from_utf8(bytes).with_context(|| format!("{name} is no text in UTF-8"))?;
    let catalogue = Catalogue::from_toml(&text).with_context(|| name.to_string())?;
    let versions: usize = catalogue.products().iter().map(|product| product.version.len()).sum();
    Ok(format!(
        "{name} is a catalogue. Products: {}; versions: {versions}; parts: {}; shared host ids: {}.",
        catalogue.products().len(),
        catalogue.parts().len(),
        catalogue.shared_hosts().len()
    ))
}
