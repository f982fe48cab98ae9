use crate::settings::Settings;
use anyhow::{Context, Result, ensure};
use portal::{
    Ctx, Portal,
    orders::import::{LineCounts, MOST_BYTES, NotImported, PlannedLine, import_from_terminal},
    people::PasswordCost,
};
use std::{
    fs::File,
    io::{Read, Write},
    path::Path,
};

/// `afmt import`: says on `out` what each line would do, and does it when `applies` is set and no line is refused. A server may run beside it.
///
/// # Errors
/// The file cannot be read or is no table, a line is refused, or the database cannot be opened or written. Nothing was changed then.
pub async fn import_orders(
    settings: &Settings,
    file: &Path,
    applies: bool,
    ctx: Ctx,
    cost: PasswordCost,
    out: &mut (dyn Write + Send),
) -> Result<()> {
    let name = file.display();
    let mut table = Vec::new();
    let opened = File::open(file).with_context(|| format!("{name} cannot be opened"))?;
    opened.take(MOST_BYTES as u64 + 1).read_to_end(&mut table).with_context(|| format!("{name} cannot be read"))?;
    ensure!(table.len() <= MOST_BYTES, "{name} is larger than 64 MiB. Import it in parts.");
    let public_url = settings.public_url_or(settings.listen)?;
    let portal = Portal::open(settings.portal(&public_url, cost)?, &settings.key_file()?, ctx).await?;
    let mut said = Ok(());
    let say = |PlannedLine { line, state, told, .. }: &PlannedLine| {
        if said.is_ok() {
            said = writeln!(out, "Line {line}, {state}: {told}");
        }
    };
    let base = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let imported = import_from_terminal(&portal, &base, table, applies, say).await;
    said?;
    let counted = |LineCounts { new, changed, there, refused }: LineCounts| {
        format!("Lines: {new} new, {changed} changed, {there} there already, {refused} refused.")
    };
    match imported {
        Ok(counts) if applies => writeln!(out, "{} All of it is applied.", counted(counts))?,
        Ok(counts) => writeln!(out, "{} Nothing was changed; --apply does it.", counted(counts))?,
        Err(refused @ NotImported::Refused(_)) => return Err(refused.into()),
        Err(error) => return Err(error).with_context(|| name.to_string()),
    }
    Ok(())
}
