use crate::{contents, host_id};
use anyhow::{Context, Result, ensure};
use licensing::{
    HostId,
    file::{ActivationFile, Binding, Change, Expected, KeyRing, Note, Verdict},
};
use std::{fs, io::Write, path::Path};

/// The file that the server reads, and the one that it read before.
const LOADED: &str = "activation.I3Lic";
const PREVIOUS: &str = "previous.I3Lic";
/// The number of the latest revocation list that was used here.
const LIST: &str = "revocations.number";

/// What became of a file that was to be loaded. Only a valid one changed anything.
pub struct Loaded {
    pub verdict: Verdict,
    /// What it says differently than the one before.
    pub changes: Vec<Change>,
    /// How the one before is loaded again, when there was one.
    pub go_back: Option<String>,
}

/// Verifies `note`, and makes it the file of the folder `dir`. What was there before is kept beside it, also when anything fails.
///
/// # Errors
/// The folder cannot be read or written, or this machine's host id cannot be told.
pub fn load(
    note: &[u8],
    ring: &KeyRing,
    expected: Expected,
    host_id: Option<HostId>,
    dir: &Path,
    go_back: bool,
) -> Result<Loaded> {
    if let Some(list) = &expected.revocations {
        not_an_older_list(dir, list.number)?;
    }
    let current = dir.join(LOADED);
    let before = match fs::read(&current) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(error).with_context(|| format!("{} cannot be read", current.display())),
    };
    let file_before = before.as_deref().and_then(decoded);
    let loaded_revision = file_before.as_ref().filter(|_| !go_back).map(|file| (file.serial.clone(), file.revision));
    let host_id = match host_id {
        Some(host_id) => Some(host_id),
        None => this_host(note)?,
    };
    let verdict = ring.verify(note, &Expected { host_id, loaded_revision, ..expected });
    let Verdict::Valid(verified) = &verdict else {
        let go_back =
            matches!(verdict, Verdict::OlderRevision { .. }).then(|| "To load it all the same, say --go-back.".to_owned());
        return Ok(Loaded { verdict, changes: Vec::new(), go_back });
    };
    let changes = file_before.map(|before| before.changes(&verified.file)).unwrap_or_default();
    let unchanged = before.as_deref() == Some(note);
    let go_back = match &before {
        // Loading the same file again keeps the one before it.
        Some(before) if !unchanged => {
            replace(dir, PREVIOUS, before)?;
            let previous = dir.join(PREVIOUS);
            Some(format!(
                "The file that was loaded before is kept. To go back to it: i3lic load {} --go-back, with the same --keys and --dir.",
                previous.display()
            ))
        }
        _ => None,
    };
    replace(dir, LOADED, note)?;
    Ok(Loaded { verdict, changes, go_back })
}

impl Loaded {
    pub fn tell(&self, out: &mut impl Write) -> Result<()> {
        let Self { verdict, changes, go_back } = self;
        writeln!(out, "{}: {verdict}", verdict.word())?;
        if let Verdict::Valid(verified) = verdict {
            writeln!(out, "Loaded.\n")?;
            contents(&verified.file, out)?;
            if !changes.is_empty() {
                writeln!(out, "\nDifferent from the file that was loaded before:")?;
            }
            for change in changes {
                writeln!(out, "  {change}")?;
            }
        } else {
            writeln!(out, "Nothing was loaded; what was loaded before stays.")?;
        }
        if let Some(go_back) = go_back {
            writeln!(out, "{go_back}")?;
        }
        Ok(())
    }
}

/// Which of this machine's host ids to hold the file against: the one that it names, or else the first. A virtual cloud knows no host.
fn this_host(note: &[u8]) -> Result<Option<HostId>> {
    let file = decoded(note);
    if matches!(file, Some(ActivationFile { binding: Binding::VirtualCloud { .. }, .. })) {
        return Ok(None);
    }
    let here: Vec<HostId> = host_id::of_this_machine().into_iter().map(|(_, id)| id).collect();
    ensure!(!here.is_empty(), "This machine's host id cannot be told from its network interfaces: name it with --host-id.");
    let named = file.as_ref().and_then(|file| here.iter().find(|id| file.binding.host_ids().any(|host| host == *id)));
    Ok(named.or(here.first()).cloned())
}

fn decoded(note: &[u8]) -> Option<ActivationFile> {
    ActivationFile::decode(Note::parse(note).ok()?.text).ok()
}

/// Whoever keeps back the issuer's newest list would keep back what it revokes.
fn not_an_older_list(dir: &Path, number: u32) -> Result<()> {
    let path = dir.join(LIST);
    let used = match fs::read_to_string(&path) {
        Ok(text) => text.trim().parse().with_context(|| format!("{} does not hold a number", path.display()))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
        Err(error) => return Err(error).with_context(|| format!("{} cannot be read", path.display())),
    };
    ensure!(number >= used, "The revocation list is number {number}; number {used} was used here before. Fetch the current one.");
    if number > used { replace(dir, LIST, format!("{number}\n").as_bytes()) } else { Ok(()) }
}

/// Puts `bytes` into the folder under `name`, all of them or none, and on the disk when this returns.
fn replace(dir: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let write = || -> std::io::Result<()> {
        fs::create_dir_all(dir)?;
        let mut named = tempfile::Builder::new();
        named.prefix(name);
        // Whatever user the server runs as, it reads its licence.
        #[cfg(unix)]
        named.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
        let mut file = named.tempfile_in(dir)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(dir.join(name))?;
        if cfg!(unix) {
            fs::File::open(dir)?.sync_all()?;
        }
        Ok(())
    };
    write().with_context(|| format!("{} cannot be written", dir.join(name).display()))
}
