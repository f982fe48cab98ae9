use crate::{
    access::{
        account::AccountAccess,
        caller::{Caller, Role},
    },
    error::Error,
    files::{
        facet::ACTIVE,
        list::{MOST_COUNTED, recent},
        row::FileRow,
    },
    offer::{Obstacles, obstacles},
    orders::upgrade::files_to_update,
    path,
    store::statement::{count, known, parsed, row, rows},
};
use chrono::{NaiveDate, TimeDelta};
use licensing::{
    Garn, LicenceModel, Name, PartNumber, Quantity,
    catalogue::PartClass,
    files::list::{Filter, Sort},
    folded,
    orders::entitlement::Holding,
    value::date,
};
use sea_orm::FromQueryResult;

/// An account as the chooser lists it.
#[derive(Clone, Debug)]
pub struct AccountRow {
    pub garn: Garn,
    pub name: String,
    pub licence_model: LicenceModel,
    /// Counted to one more than [`MOST_COUNTED`].
    pub active_files: u32,
}

/// Contents of an account's dashboard.
#[derive(Clone, Debug)]
pub struct Overview {
    /// Obstacles to generating files.
    pub obstacles: Obstacles,
    pub attention: Vec<Attention>,
    pub recent: Vec<FileRow>,
    pub parts: Vec<OwnedPart>,
    /// Counted to one more than [`MOST_COUNTED`].
    pub active_files: u32,
}

impl OwnedPart {
    /// Whether a tenth or less of a pool is left.
    #[must_use]
    pub fn is_scarce(&self) -> bool {
        let Holding { owned, unlimited, .. } = self.holding;
        let available = self.holding.available();
        let short = |owned: u32, available: u32| owned > 0 && available <= owned / 10;
        !unlimited && (short(owned.assigned, available.assigned) || short(owned.pooled, available.pooled))
    }
}

/// A part of the account, all order lines together.
#[derive(Clone, Debug)]
pub struct OwnedPart {
    pub number: PartNumber,
    pub description: String,
    pub class: PartClass,
    pub product: String,
    pub holding: Holding,
    /// The latest of its lines.
    pub maintenance_end: Option<NaiveDate>,
}

/// Something that somebody should do, and what happens otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attention {
    pub what: String,
    pub next: String,
    /// Link to the page on which it can be done: (path below the account's address, words).
    pub link: Option<(String, String)>,
}

impl Attention {
    fn new(what: String, next: impl Into<String>) -> Self {
        Self { what, next: next.into(), link: None }
    }

    fn at(self, path: impl Into<String>, words: impl Into<String>) -> Self {
        Self { link: Some((path.into(), words.into())), ..self }
    }
}

/// Maximum number of accounts in the chooser; a search narrows them.
pub const MOST_ACCOUNTS: usize = 50;
/// Maximum number of days listed on which files end.
const MOST_NAMED: usize = 5;
/// Time before its end from which on something needs attention.
const SOON: TimeDelta = TimeDelta::days(60);

/// Text that the search for an account looks into.
pub(crate) fn searched(name: &str, garn: &str) -> String {
    format!("{} {}", folded(name), folded(garn))
}

/// Accounts of this person whose name or reference number contains `search`, by name: the first [`MOST_ACCOUNTS`], and one more where
/// there are more.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn accounts(caller: &Caller, search: &str) -> Result<Vec<AccountRow>, Error> {
    // No name is longer, and a pattern of many thousand letters is refused by the database.
    if search.trim().chars().nth(Name::LONGEST).is_some() {
        return Ok(Vec::new());
    }
    #[derive(FromQueryResult)]
    struct Found {
        garn: String,
        name: String,
        licence_model: String,
        active_files: i64,
    }
    let pattern = format!("%{}%", folded(search.trim()).replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
    let sql = format!(
        "SELECT a.garn, a.name, a.licence_model,
            (SELECT COUNT(*) FROM (SELECT 1 AS one FROM listed_files l WHERE l.account_id = a.id AND {ACTIVE} LIMIT {}) c) AS active_files
         FROM accounts a
         WHERE {} AND a.folded LIKE $2 ESCAPE '\\'
         ORDER BY a.name, a.id LIMIT {MOST_ACCOUNTS} + 1",
        MOST_COUNTED + 1,
        caller.visible("a")
    );
    let values = [caller.person_id().into(), pattern.into()];
    let found: Vec<Found> = rows(caller.portal().database.read(), "accounts list", &sql, values).await?;
    found
        .into_iter()
        .map(|account| {
            Ok(AccountRow {
                garn: parsed(&account.garn)?,
                name: account.name,
                licence_model: known(LicenceModel::from_code(&account.licence_model), &account.licence_model)?,
                active_files: count(account.active_files)?,
            })
        })
        .collect()
}

/// The dashboard.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn overview(access: &AccountAccess) -> Result<Overview, Error> {
    #[derive(FromQueryResult)]
    struct Count {
        active_files: i64,
    }
    let parts = owned_parts(access).await?;
    let active: Vec<Count> = rows(
        access.portal().database.read(),
        "overview: active files",
        &format!(
            "SELECT COUNT(*) AS active_files FROM (SELECT 1 AS one FROM listed_files l WHERE l.account_id = $1 AND {ACTIVE} LIMIT {}) c",
            MOST_COUNTED + 1
        ),
        [access.account_id().into()],
    )
    .await?;
    let obstacles = obstacles(access).await?;
    Ok(Overview {
        attention: attention(access, &parts, &obstacles).await?,
        obstacles,
        recent: recent(access, 5).await?,
        parts,
        active_files: active.first().map_or(Ok(0), |c| count(c.active_files))?,
    })
}

async fn owned_parts(access: &AccountAccess) -> Result<Vec<OwnedPart>, Error> {
    #[derive(FromQueryResult)]
    struct Line {
        number: String,
        description: String,
        class: String,
        product: String,
        owned_assigned: i64,
        owned_pooled: i64,
        allocated_assigned: i64,
        allocated_pooled: i64,
        unlimited: bool,
        maintenance_end: Option<NaiveDate>,
    }
    let lines: Vec<Line> = rows(
        access.portal().database.read(),
        "overview: parts",
        "SELECT p.number, p.description, p.class, products.name AS product, e.owned_assigned, e.owned_pooled,
            e.allocated_assigned, e.allocated_pooled, e.unlimited, e.maintenance_end
         FROM entitlements e JOIN parts p ON p.id = e.part_id JOIN products ON products.id = p.product_id
         WHERE e.account_id = $1 ORDER BY products.id, p.id, e.id",
        [access.account_id().into()],
    )
    .await?;
    let mut parts: Vec<OwnedPart> = Vec::new();
    for line in lines {
        let number: PartNumber = parsed(&line.number)?;
        if parts.last().is_none_or(|part| part.number != number) {
            parts.push(OwnedPart {
                number,
                description: line.description,
                class: known(PartClass::from_code(&line.class), &line.class)?,
                product: line.product,
                holding: Holding::default(),
                maintenance_end: None,
            });
        }
        if let Some(part) = parts.last_mut() {
            let Holding { owned, allocated, unlimited } = &mut part.holding;
            *owned = owned.saturating_add(Quantity::new(count(line.owned_assigned)?, count(line.owned_pooled)?));
            *allocated = allocated.saturating_add(Quantity::new(count(line.allocated_assigned)?, count(line.allocated_pooled)?));
            *unlimited |= line.unlimited;
            part.maintenance_end = part.maintenance_end.max(line.maintenance_end);
        }
    }
    Ok(parts)
}

async fn attention(access: &AccountAccess, parts: &[OwnedPart], obstacles: &Obstacles) -> Result<Vec<Attention>, Error> {
    let today = access.today();
    let mut attention = Vec::new();
    // Where none is current, the obstacles say so.
    let certifies = matches!(access.caller().role(), Role::Customer | Role::Partner) && obstacles.is_empty();
    if certifies && access.licence_model == LicenceModel::Perpetual {
        attention.extend(certification_attention(access, parts, today).await?);
    }
    for part in parts.iter().filter(|part| part.class == PartClass::ServerItem) {
        let Some(end) = part.maintenance_end else { continue };
        let name = &part.description;
        if end < today {
            attention.push(Attention::new(
                format!("Maintenance of {name} ended on {}.", date::words(end)),
                "New files will not permit updates. Renew maintenance with your sales representative.",
            ));
        } else if end - today <= SOON {
            attention.push(Attention::new(
                format!("Maintenance of {name} ends on {}.", date::words(end)),
                "Files generated after that day will not permit updates.",
            ));
        }
    }
    attention.extend(files_attention(access, today).await?);
    Ok(attention)
}

/// Address, within an account, of the files that end on one of these days.
fn files_ending(first: Option<NaiveDate>, last: NaiveDate) -> String {
    path::asking("/files", Filter { ends_from: first, ends_to: Some(last), sort: Sort::EndFirst, ..Filter::default() }.fields())
}

/// Files that end soon or have ended, a line for each day, and those that a newer revision is available of.
async fn files_attention(access: &AccountAccess, today: NaiveDate) -> Result<Vec<Attention>, Error> {
    #[derive(FromQueryResult)]
    struct Ending {
        valid_through: NaiveDate,
        files: i64,
        serial: String,
        machine: String,
    }
    #[derive(FromQueryResult)]
    struct Renewed {
        files: i64,
        serial: Option<String>,
        machine: Option<String>,
        maintenance_end: Option<NaiveDate>,
    }
    let on = access.portal().database.read();
    let of_file = |serial: &str, words: &str| (format!("/files/{serial}"), words.to_owned());
    let mut attention = Vec::new();
    let sql = format!(
        "SELECT l.valid_through, COUNT(*) AS files, MIN(f.serial) AS serial, MIN(r.primary_machine) AS machine
         FROM listed_files l JOIN activation_files f ON f.id = l.file_id
         JOIN file_revisions r ON r.file_id = f.id AND r.revision = f.revision
         WHERE l.account_id = $1 AND l.valid_through < '2100-01-01' AND l.valid_through <= $2 AND {ACTIVE}
         GROUP BY l.valid_through ORDER BY l.valid_through LIMIT {}",
        MOST_NAMED + 1
    );
    let values = [access.account_id().into(), (today + SOON).into()];
    let ending: Vec<Ending> = rows(on, "overview: files that end", &sql, values).await?;
    let more = ending.len() > MOST_NAMED;
    for Ending { valid_through, files, serial, machine } in ending.into_iter().take(MOST_NAMED) {
        let day = date::words(valid_through);
        let ended = valid_through < today;
        let (what, link) = if files == 1 {
            (format!("{serial} of {machine}"), of_file(&serial, "View the file"))
        } else {
            (format!("{files} files"), (files_ending(Some(valid_through), valid_through), "Show them".to_owned()))
        };
        let (what, next) = match (ended, files) {
            (true, 1) => (
                format!("{what} ended on {day} and is still active."),
                "Deactivate it: what it holds of your orders is available again then.",
            ),
            (true, _) => (
                format!("{what} ended on {day} and are still active."),
                "Deactivate them: what they hold of your orders is available again then.",
            ),
            (false, 1) => (format!("{what} ends on {day}."), "Its server stops being licensed after that day."),
            (false, _) => (format!("{what} end on {day}."), "Their servers stop being licensed after that day."),
        };
        attention.push(Attention { link: Some(link), ..Attention::new(what, next) });
    }
    if more {
        let others = Attention::new("More files end within 60 days.".into(), "The list begins with those that end first.");
        attention.push(others.at(files_ending(None, today + SOON), "Show them"));
    }
    let sql = "SELECT COUNT(*) AS files, MIN(f.serial) AS serial, MIN(r.primary_machine) AS machine, MIN(e.maintenance_end) AS maintenance_end
               FROM entitlements e
               JOIN listed_files l ON l.server_line = e.id AND l.updates_through < e.maintenance_end
               JOIN activation_files f ON f.id = l.file_id JOIN file_revisions r ON r.file_id = f.id AND r.revision = f.revision
               JOIN install_sites s ON s.id = l.site_id AND s.active
               WHERE e.account_id = $1 AND e.maintenance_end >= $2 AND l.server_line IS NOT NULL";
    let renewed: Option<Renewed> =
        row(on, "overview: renewed maintenance", sql, [access.account_id().into(), today.into()]).await?;
    match renewed {
        Some(Renewed { files: 1, serial: Some(serial), machine: Some(machine), maintenance_end: Some(end) }) => {
            let what = format!("Maintenance for {serial} of {machine} was renewed until {}.", date::words(end));
            let told = Attention::new(what, "Refresh the file, so that its server may install updates.");
            attention.push(Attention { link: Some(of_file(&serial, "Refresh it")), ..told });
        }
        Some(Renewed { files, .. }) if files > 1 => {
            let what = format!("Maintenance for {files} files was renewed.");
            let told = Attention::new(what, "Refresh them, so that their servers may install updates: select them in the list.");
            attention.push(told.at("/files", "Activation file activity"));
        }
        _ => {}
    }
    let outdated = files_to_update(access).await?;
    if let Some((serial, machine)) = outdated.first() {
        let (what, next) = match outdated.len() {
            1 => (
                format!("{serial} of {machine} is made of parts that were upgraded since."),
                "It stays valid. Update it to the new parts.",
            ),
            files => (
                format!("{files} files are made of parts that were upgraded since."),
                "They stay valid. Update them to the new parts.",
            ),
        };
        attention.push(Attention::new(what, next).at("/upgrade", "Upgrade software"));
    }
    Ok(attention)
}

/// The person's certifications for the products that the account owns something of.
async fn certification_attention(access: &AccountAccess, parts: &[OwnedPart], today: NaiveDate) -> Result<Vec<Attention>, Error> {
    #[derive(FromQueryResult)]
    struct Held {
        name: String,
        valid_from: NaiveDate,
        valid_through: NaiveDate,
    }
    let held: Vec<Held> = rows(
        access.portal().database.read(),
        "overview: certifications",
        "SELECT p.name, c.valid_from, c.valid_through FROM certifications c JOIN products p ON p.id = c.product_id
         WHERE c.person_id = $1 ORDER BY c.valid_through",
        [access.caller().person_id().into()],
    )
    .await?;
    let mut products: Vec<&str> = parts.iter().map(|part| part.product.as_str()).collect();
    products.dedup();
    let attention = products.into_iter().filter_map(|name| {
        let last = held.iter().rfind(|held| held.name == name && held.valid_from <= today);
        match last.map(|held| held.valid_through) {
            None => Some(Attention::new(
                format!("You hold no certification for {name}."),
                "You can view and download its files. A certified colleague generates them.",
            )),
            Some(end) if end < today => Some(Attention::new(
                format!("Your certification for {name} ended on {}.", date::words(end)),
                "Renew it to generate files. Viewing and downloading need none.",
            )),
            Some(end) if end - today <= SOON => Some(Attention::new(
                format!("Your certification for {name} ends on {}.", date::words(end)),
                "Renew it before then to keep generating files.",
            )),
            Some(_) => None,
        }
    });
    Ok(attention.collect())
}
