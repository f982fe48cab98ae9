use crate::{
    contents,
    host_id::{self, Interface},
    input,
};
use anyhow::{Context, Result, ensure};
use chrono::{DateTime, Utc};
use licensing::{
    HostId,
    activation_file::{ActivationFile, Binding, Change, Expected, KeyRing, Note, Verdict},
};
use std::{fs, io::Write, path::Path};

/// The file that the server reads, and the one that it read before.
const LOADED: &str = "activation.I3Lic";
const PREVIOUS: &str = "previous.I3Lic";
/// The number of the latest revocation list that was used here.
const LIST: &str = "revocations.number";

/// Held while a folder is looked at and changed, so that of two loads at once the second one finds what the first has put there.
const LOCK: &str = ".lock";

/// Outcome of loading a file. Only a valid one changes anything.
pub struct Loaded {
    pub verdict: Verdict,
    /// Differences from the file before.
    pub changes: Vec<Change>,
    /// Command that loads the previous file again, if there was one.
    pub go_back: Option<String>,
    /// Facts to look at, whatever the verdict is.
    pub advice: Option<String>,
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
    now: DateTime<Utc>,
) -> Result<Loaded> {
    let _lock = lock(dir)?;
    if let Some(list) = &expected.revocations {
        not_an_older_list(dir, list.number)?;
    }
    let before = input::own(&dir.join(LOADED))?;
    let file_before = before.as_deref().and_then(decoded);
    let loaded_revision = file_before.as_ref().filter(|_| !go_back).map(|file| (file.serial.clone(), file.revision));
    let here = if host_id.is_none() { this_machine(note)? } else { Vec::new() };
    let named = |id: &HostId| decoded(note).is_some_and(|file| file.binding.host_ids().any(|host| host == id));
    // The one that the file names, or else the first.
    let own = here.iter().map(|found| &found.host_id).find(|id| named(id)).or(here.first().map(|found| &found.host_id)).cloned();
    let verdict = ring.verify(note, &Expected { host_id: host_id.or(own), loaded_revision, ..expected });
    let Verdict::Valid(verified) = &verdict else {
        let go_back =
            matches!(verdict, Verdict::OlderRevision { .. }).then(|| "To load it all the same, say --go-back.".to_owned());
        let advice = matches!(verdict, Verdict::OtherHost { .. }).then(|| advice(&here)).flatten();
        return Ok(Loaded { verdict, changes: Vec::new(), go_back, advice });
    };
    let advice = (verified.file.issued_at > now).then(|| {
        let words = |at: DateTime<Utc>| at.format("%-d %b %Y, %H:%M:%S UTC").to_string();
        format!(
            "The file was issued at {}, and this machine’s clock says {}: set it right.",
            words(verified.file.issued_at),
            words(now)
        )
    });
    let changes = file_before.as_ref().map(|before| before.changes(&verified.file)).unwrap_or_default();
    let unchanged = before.as_deref() == Some(note);
    // Only what is an activation file is kept, and loading the same one again keeps the one before it.
    let go_back = match before.filter(|_| file_before.is_some() && !unchanged) {
        Some(before) => {
            replace(dir, PREVIOUS, &before)?;
            let previous = dir.join(PREVIOUS);
            Some(format!(
                "The file that was loaded before is kept. To go back to it: i3lic load {} --go-back, with the same --keys and --dir.",
                previous.display()
            ))
        }
        None => None,
    };
    replace(dir, LOADED, note)?;
    Ok(Loaded { verdict, changes, go_back, advice })
}

impl Loaded {
    pub fn tell(&self, out: &mut impl Write) -> Result<()> {
        let Self { verdict, changes, go_back, advice } = self;
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
        for line in go_back.iter().chain(advice) {
            writeln!(out, "{line}")?;
        }
        Ok(())
    }
}

/// The host ids of this machine, as far as the file asks for one. A virtual cloud knows no host.
fn this_machine(note: &[u8]) -> Result<Vec<Interface>> {
    if matches!(decoded(note), Some(ActivationFile { binding: Binding::VirtualCloud { .. }, .. })) {
        return Ok(Vec::new());
    }
    let here = host_id::of_this_machine();
    ensure!(!here.is_empty(), "This machine's host id cannot be told from its network interfaces: name it with --host-id.");
    Ok(here)
}

/// Advice about a file for another host than this machine.
fn advice(here: &[Interface]) -> Option<String> {
    let ids: Vec<String> = here.iter().map(|found| format!("  {found}")).collect();
    (!ids.is_empty()).then(|| {
        format!(
            "Host ids of this machine:\n{}\nIf the file was generated for an adapter of this machine that is not there now, name its host id with --host-id. \
             Otherwise update the file to one of these.",
            ids.join("\n")
        )
    })
}

fn decoded(note: &[u8]) -> Option<ActivationFile> {
    ActivationFile::decode(Note::parse(note).ok()?.text).ok()
}

/// Warning about an old list: keeping back the issuer's newest one would keep back what it revokes.
fn not_an_older_list(dir: &Path, number: u32) -> Result<()> {
    let path = dir.join(LIST);
    let used: u32 = match input::own(&path)? {
        Some(text) => {
            let number = String::from_utf8_lossy(&text).trim().parse();
            number.with_context(|| format!("{} does not hold a number", path.display()))?
        }
        None => 0,
    };
    ensure!(number >= used, "The revocation list is number {number}; number {used} was used here before. Fetch the current one.");
    if number > used { replace(dir, LIST, format!("{number}\n").as_bytes()) } else { Ok(()) }
}

/// Makes the folder and locks it: whoever comes second waits.
fn lock(dir: &Path) -> Result<fs::File> {
    let path = dir.join(LOCK);
    let lock = || {
        fs::create_dir_all(dir)?;
        let mut options = fs::OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
        }
        let file = options.open(&path)?;
        file.lock()?;
        Ok::<_, std::io::Error>(file)
    };
    lock().with_context(|| format!("{} cannot be locked", path.display()))
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
