//! *Upgrade software*: what is owned and allocated of a part becomes another part, 1:1, in one transaction. Files stay as they are and can then be
//! updated to it. Domain §5.

use crate::{
    access::{account::AccountAccess, caller::Role},
    error::Error,
    event_type::EventType,
    files::{facet::ACTIVE, list::MOST_COUNTED},
    offer::eligibility::certified_for,
    orders::{
        line::{LINE, StoredLine},
        upgrade_history::reference,
    },
    store::{
        entity::{upgrade, upgrade_line},
        insertion::insert,
        statement::{parsed, row, rows, run},
        write::Write,
    },
    submission::{
        KeyReused,
        key::SubmissionKey,
        once::{Asked, Submission, once},
    },
};
use licensing::{
    PartNumber, Serial,
    form::Refusal,
    offer::eligibility::{Action, Ineligible},
    orders::upgrade::{Moved, UpgradablePart, UpgradeProblem, UpgradeRequest},
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait, FromQueryResult, NotSet};
use serde_json::json;
use std::collections::BTreeMap;

/// Parts that an account can upgrade, and may.
#[derive(Clone, Debug)]
pub struct UpgradeOptions {
    /// All parts with an option are upgraded together.
    pub mirrored: bool,
    pub with_options: Vec<UpgradablePart>,
    pub without_options: Vec<UpgradablePart>,
    /// Why this person may not, if so.
    pub ineligible: Option<Ineligible>,
}

/// An upgrade that could be made now, or that was made.
#[derive(Clone, Debug)]
pub struct PlannedUpgrade {
    pub steps: Vec<UpgradeStep>,
    /// Active files that hold what moves, counted to one more than [`MOST_COUNTED`].
    pub files: u64,
}

/// One part and what it becomes.
#[derive(Clone, Debug)]
pub struct UpgradeStep {
    pub from: (PartNumber, String),
    pub to: (PartNumber, String),
    pub moves: Moved,
    /// Parts that stay as they are because their maintenance is not current.
    pub stays: Moved,
}

/// Why nothing was upgraded. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum NotUpgraded {
    #[error("You cannot upgrade software here.")]
    Ineligible(Ineligible),
    #[error("There is a problem.")]
    Refused(Vec<Refusal<UpgradeProblem>>),
    #[error(transparent)]
    KeyReused(#[from] KeyReused),
    #[error(transparent)]
    Error(#[from] Error),
}

/// The lines of the account's parts by number, with their row ids.
struct Loaded {
    mirrored: bool,
    parts: Vec<UpgradablePart>,
    /// Row ids of the lines of each part, in their order, and of the part itself.
    ids: BTreeMap<PartNumber, (i64, Vec<i64>)>,
}

/// The account's parts with their options.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn upgrade_options(access: &AccountAccess) -> Result<UpgradeOptions, Error> {
    let loaded = load_upgradable(access, access.portal().database.read()).await?;
    let ineligible = refuses_upgrade(access, &loaded);
    let (with_options, without_options) = loaded.parts.into_iter().partition(|part| !part.targets.is_empty());
    Ok(UpgradeOptions { mirrored: loaded.mirrored, with_options, without_options, ineligible })
}

/// Plan of the upgrade that is asked for. Changes nothing.
///
/// # Errors
/// [`NotUpgraded`], as [`upgrade()`] would answer.
pub async fn plan_upgrade(access: &AccountAccess, request: &UpgradeRequest) -> Result<PlannedUpgrade, NotUpgraded> {
    let on = access.portal().database.read();
    let loaded = load_upgradable(access, on).await?;
    let chosen = chosen(access, &loaded, request)?;
    Ok(planned(access, on, &loaded, &chosen).await?)
}

/// Upgrades what is asked for: in one transaction what is owned and what is allocated move to the targets, and the event is noted. The same key with
/// the same request gives the same answer again. Its reference.
///
/// # Errors
/// [`NotUpgraded`]; nothing was changed then.
pub async fn upgrade(access: &AccountAccess, request: &UpgradeRequest, key: &SubmissionKey) -> Result<String, NotUpgraded> {
    let first = match once::<NotUpgraded>(Asked::new(access, "upgrade", "", request, key)?).await? {
        Submission::First(first) => first,
        Submission::Again(reference) => return Ok(reference),
    };
    let (write, now) = (&first.write, access.portal().now());
    let loaded = load_upgradable(access, write.on()).await?;
    let chosen = chosen(access, &loaded, request)?;
    let steps = planned(access, write.on(), &loaded, &chosen).await?.steps;
    let moved = move_parts(access, write, &loaded, &chosen).await?;
    let stored = upgrade::ActiveModel {
        id: NotSet,
        account_id: Set(access.account_id()),
        person_id: Set(access.caller().person_id()),
        at: Set(now),
    };
    let upgrade_id = stored.insert(write.on()).await.map_err(Error::from)?.id;
    let lines = moved.iter().map(|(entitlement, part, target)| upgrade_line::ActiveModel {
        upgrade_id: Set(upgrade_id),
        entitlement_id: Set(*entitlement),
        part_id: Set(*part),
        target_part_id: Set(*target),
    });
    insert::<upgrade_line::Entity>(write.on(), lines.collect()).await?;
    write.reach("upgrade stored");
    let reference = reference(upgrade_id);
    let told = |number: fn(&UpgradeStep) -> &PartNumber| -> BTreeMap<String, serde_json::Value> {
        steps
            .iter()
            .map(|step| (number(step).to_string(), json!({ "owned": step.moves.owned, "allocated": step.moves.allocated })))
            .collect()
    };
    let event = access
        .event(now, EventType::Upgrade, reference.as_str())
        .changing(json!(told(|step| &step.from.0)), json!(told(|step| &step.to.0)));
    if let Some(reference) = first.commit::<NotUpgraded>(reference.clone(), event).await? {
        return Ok(reference);
    }
    tracing::info!(reference, garn = %access.garn, "software upgraded");
    Ok(reference)
}

/// Each part that is to be upgraded, with its target, if this person may.
fn chosen(
    access: &AccountAccess,
    loaded: &Loaded,
    request: &UpgradeRequest,
) -> Result<Vec<(PartNumber, PartNumber)>, NotUpgraded> {
    if let Some(reason) = refuses_upgrade(access, loaded) {
        return Err(NotUpgraded::Ineligible(reason));
    }
    request.check(&loaded.parts, loaded.mirrored, access.today()).map_err(NotUpgraded::Refused)
}

/// Makes each maintained line of a chosen part one of its target: what it gives and what is allocated of it go along. (line, part, target)
async fn move_parts(
    access: &AccountAccess,
    write: &Write,
    loaded: &Loaded,
    chosen: &[(PartNumber, PartNumber)],
) -> Result<Vec<(i64, i64, i64)>, Error> {
    #[derive(FromQueryResult)]
    struct Target {
        id: i64,
    }
    let mut moved = Vec::new();
    for (number, target) in chosen {
        let sql = "SELECT id FROM parts WHERE number = $1";
        let found: Option<Target> = row(write.on(), "upgrade: target", sql, [target.as_str().into()]).await?;
        let target = found.ok_or_else(|| Error::internal("a target is no part"))?.id;
        let part = loaded.parts.iter().find(|part| part.number == *number);
        let ids = loaded.ids.get(number);
        let (Some(part), Some((part_id, lines))) = (part, ids) else { return Err(Error::internal("a chosen part is gone")) };
        for (line, id) in part.lines.iter().zip(lines) {
            if line.maintained_on(access.today()) {
                let sql = "UPDATE entitlements SET part_id = $1 WHERE id = $2 AND part_id = $3";
                let values = [target.into(), (*id).into(), (*part_id).into()];
                if run(write.on(), "upgrade: line", sql, values).await? != 1 {
                    return Err(Error::internal("an entitlement was changed without its account's lock"));
                }
                moved.push((*id, *part_id, target));
            }
        }
    }
    write.reach("parts moved");
    Ok(moved)
}

async fn planned(
    access: &AccountAccess,
    on: &impl ConnectionTrait,
    loaded: &Loaded,
    chosen: &[(PartNumber, PartNumber)],
) -> Result<PlannedUpgrade, Error> {
    #[derive(FromQueryResult)]
    struct Files {
        files: i64,
    }
    let today = access.today();
    let mut steps = Vec::new();
    let mut lines = Vec::new();
    for (number, target) in chosen {
        let Some(part) = loaded.parts.iter().find(|part| part.number == *number) else { continue };
        let description = part.targets.iter().find(|(number, _)| number == target).map(|(_, words)| words.clone());
        let (moves, stays) = part.split(today);
        let from = (number.clone(), part.description.clone());
        steps.push(UpgradeStep { from, to: (target.clone(), description.unwrap_or_default()), moves, stays });
        let ids = loaded.ids.get(number).map(|(_, ids)| ids.as_slice()).unwrap_or_default();
        lines.extend(part.lines.iter().zip(ids).filter(|(line, _)| line.maintained_on(today)).map(|(_, id)| *id));
    }
    let marks: Vec<String> = (1..=lines.len()).map(|position| format!("${position}")).collect();
    let sql = format!(
        "SELECT COUNT(*) AS files FROM (SELECT DISTINCT f.id FROM allocations a JOIN file_revisions r ON r.id = a.revision_id
            JOIN activation_files f ON f.id = r.file_id AND f.revision = r.revision
            WHERE f.state = 'active' AND a.entitlement_id IN ({}) LIMIT {}) c",
        marks.join(", "),
        MOST_COUNTED + 1
    );
    let files: Option<Files> = row(on, "upgrade: files", &sql, lines.into_iter().map(Into::into)).await?;
    Ok(PlannedUpgrade { steps, files: files.map_or(Ok(0), |files| u64::try_from(files.files)).map_err(Error::internal)? })
}

/// Why this person upgrades nothing here, if so: an upgrade makes files possible, so it needs what generating them does. Domain §1.
fn refuses_upgrade(access: &AccountAccess, loaded: &Loaded) -> Option<Ineligible> {
    let mut with_options = loaded.parts.iter().filter(|part| !part.targets.is_empty());
    let first = with_options.clone().find_map(|part| part.ineligible.clone());
    let none = if loaded.mirrored { first.is_some() } else { with_options.all(|part| part.ineligible.is_some()) };
    access.change(Action::Upgrade).err().or(first.filter(|_| none))
}

async fn load_upgradable(access: &AccountAccess, on: &impl ConnectionTrait) -> Result<Loaded, Error> {
    #[derive(FromQueryResult)]
    struct Line {
        id: i64,
        part_id: i64,
        number: String,
        description: String,
        product_code: String,
        product: String,
        mirrored: bool,
        #[sea_orm(nested)]
        line: StoredLine,
    }
    #[derive(FromQueryResult)]
    struct Target {
        part_id: i64,
        number: String,
        description: String,
    }
    let account = access.account_id();
    let lines: Vec<Line> = rows(
        on,
        "upgrade: lines",
        &format!(
            "SELECT e.id, e.part_id, p.number, p.description, d.code AS product_code, d.name AS product, c.mirrored, {LINE}
             FROM entitlements e JOIN parts p ON p.id = e.part_id JOIN products d ON d.id = p.product_id
             JOIN orders o ON o.id = e.order_id JOIN accounts c ON c.id = e.account_id
             WHERE e.account_id = $1 ORDER BY p.product_id, p.id, e.id"
        ),
        [account.into()],
    )
    .await?;
    let options: Vec<Target> = rows(
        on,
        "upgrade: options",
        "SELECT u.part_id, t.number, t.description FROM part_upgrades u JOIN parts t ON t.id = u.target_part_id AND NOT t.retired
         WHERE u.part_id IN (SELECT part_id FROM entitlements WHERE account_id = $1) ORDER BY u.part_id, t.id",
        [account.into()],
    )
    .await?;
    let mut uncertified: BTreeMap<String, Option<Ineligible>> = BTreeMap::new();
    if access.caller().role() != Role::Analyst {
        for line in &lines {
            if !uncertified.contains_key(&line.product_code) {
                let certified = certified_for(access, on, &line.product_code, &line.product).await?;
                uncertified.insert(line.product_code.clone(), certified.err());
            }
        }
    }
    let mut loaded = Loaded { mirrored: false, parts: Vec::new(), ids: BTreeMap::new() };
    for line in lines {
        loaded.mirrored = line.mirrored;
        let number: PartNumber = parsed(&line.number)?;
        if loaded.parts.last().is_none_or(|part| part.number != number) {
            let of_part = options.iter().filter(|option| option.part_id == line.part_id);
            let targets = of_part.map(|option| Ok((parsed(&option.number)?, option.description.clone())));
            let targets = targets.collect::<Result<Vec<_>, Error>>()?;
            loaded.ids.insert(number.clone(), (line.part_id, Vec::new()));
            loaded.parts.push(UpgradablePart {
                number: number.clone(),
                description: line.description,
                targets,
                ineligible: uncertified.get(&line.product_code).cloned().flatten(),
                lines: Vec::new(),
            });
        }
        if let Some((_, ids)) = loaded.ids.get_mut(&number) {
            ids.push(line.id);
        }
        if let Some(part) = loaded.parts.last_mut() {
            part.lines.push(line.line.entitlement(None)?);
        }
    }
    Ok(loaded)
}

/// Active files that are made of parts which were upgraded since, the oldest first, at most a hundred.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn files_to_update(access: &AccountAccess) -> Result<Vec<(Serial, String)>, Error> {
    #[derive(FromQueryResult)]
    struct Found {
        serial: String,
        machine: String,
    }
    let sql = format!(
        "SELECT f.serial, r.primary_machine AS machine
         FROM listed_files l JOIN activation_files f ON f.id = l.file_id JOIN file_revisions r ON r.file_id = f.id AND r.revision = f.revision
         WHERE l.account_id = $1 AND {ACTIVE} AND f.id IN (
            SELECT n.file_id FROM upgrade_lines u JOIN upgrades g ON g.id = u.upgrade_id
            JOIN allocations a ON a.entitlement_id = u.entitlement_id JOIN entitlements e ON e.id = a.entitlement_id
            JOIN file_revisions n ON n.id = a.revision_id WHERE g.account_id = $1 AND a.part_id <> e.part_id)
           AND {OUTDATED}
         ORDER BY f.id LIMIT 100"
    );
    let found: Vec<Found> =
        rows(access.portal().database.read(), "upgrade: files to update", &sql, [access.account_id().into()]).await?;
    found.into_iter().map(|file| Ok((parsed(&file.serial)?, file.machine))).collect()
}

/// Whether revision `r` is made of a part that its order line is no longer.
pub(crate) const OUTDATED: &str = "EXISTS (SELECT 1 FROM allocations a JOIN entitlements e ON e.id = a.entitlement_id
    WHERE a.revision_id = r.id AND a.part_id <> e.part_id)";
