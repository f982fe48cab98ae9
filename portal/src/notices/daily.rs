//! The daily notice: what ends soon, and what can be refreshed, in one mail in the morning of each person.

use super::settings::{Group, link, secret};
use crate::{
    error::Error,
    files::facet::ACTIVE,
    history::start_of,
    mail::{Letter, message},
    path,
    portal::Portal,
    store::{
        statement::{parsed, records, rows, run},
        write::Write,
    },
};
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;
use licensing::{
    LicenceType,
    notice::{Notice, Notices, ends_told},
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::json;

/// The hour from which on it is morning.
const MORNING: u32 = 7;
/// Lines of each kind in a mail.
const MOST_LINES: usize = 50;
/// Days without notices that are made up for.
const MADE_UP_FOR: u64 = 30;
/// People who are looked up together.
const AT_ONCE: usize = 100;

/// Sends the daily notices that are due; to how many people. Several servers may do so at once: each day of a person is taken once.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`]; the rest is sent the next time.
pub async fn send_daily(portal: &Portal) -> Result<u32, Error> {
    #[derive(FromQueryResult)]
    struct Zone {
        time_zone: String,
    }
    let mut sent = 0;
    let sql = "SELECT DISTINCT time_zone FROM people WHERE active";
    let zones: Vec<Zone> = rows(portal.database.read(), "notices: zones", sql, []).await?;
    for Zone { time_zone } in zones {
        let zone: Tz = parsed(&time_zone)?;
        let local = portal.now().with_timezone(&zone);
        if local.hour() < MORNING {
            continue;
        }
        let today = local.date_naive();
        loop {
            let due = due(portal, &time_zone, today).await?;
            let last = due.len() < AT_ONCE;
            for person in due {
                sent += u32::from(send(portal, &person, zone, today).await?);
            }
            if last {
                break;
            }
        }
    }
    Ok(sent)
}

/// Somebody whose day has not been told yet.
#[derive(FromQueryResult)]
struct Person {
    id: i64,
    name: String,
    email: String,
    notices: Option<String>,
    told_on: Option<NaiveDate>,
}

async fn due(portal: &Portal, zone: &str, today: NaiveDate) -> Result<Vec<Person>, Error> {
    let sql = format!(
        "SELECT p.id, p.name, p.email, n.notices, n.told_on FROM people p LEFT JOIN notice_settings n ON n.person_id = p.id
         WHERE p.active AND p.time_zone = $1 AND (n.told_on IS NULL OR n.told_on < $2) ORDER BY p.id LIMIT {AT_ONCE}"
    );
    rows(portal.database.read(), "notices: due", &sql, [zone.into(), today.into()]).await
}

/// Takes a person's day, and queues the mail if there is something to tell; whether there was.
async fn send(portal: &Portal, person: &Person, zone: Tz, today: NaiveDate) -> Result<bool, Error> {
    let notices: Notices = person.notices.as_deref().map_or_else(|| Ok(Notices::default()), parsed)?;
    let write = portal.database.write().await?;
    let secret = secret(portal, &write, person.id).await?;
    let sql = "UPDATE notice_settings SET told_on = $1 WHERE person_id = $2 AND (told_on IS NULL OR told_on < $1)";
    if run(write.on(), "notices: day taken", sql, [today.into(), person.id.into()]).await? == 0 {
        return Ok(false);
    }
    write.reach("day taken");
    let earliest = today.checked_sub_days(Days::new(MADE_UP_FOR)).unwrap_or(today);
    let last = person.told_on.unwrap_or_else(|| today.pred_opt().unwrap_or(today)).max(earliest);
    let sections = sections(&write, person, &notices, (last, today), zone).await?;
    if sections.is_empty() {
        write.commit_bookkeeping().await?;
        return Ok(false);
    }
    let vendor = portal.vendor();
    let unsubscribe = link(portal, &secret, Group::Daily);
    let letter = sections.into_iter().fold(Letter::default().words(format!("Good morning {}.", person.name)), Letter::words);
    let letter = letter
        .link("The portal", portal.settings.public_url.clone())
        .link("Choose what you are sent", format!("{}{}", portal.settings.public_url, path::PROFILE))
        .link("End the daily notices", unsubscribe.clone())
        .unsubscribed_at(unsubscribe);
    message::queue(&write, &letter.mail(&*person.email, format!("Notices of {today} from the portal of {vendor}")), write.now())
        .await?;
    write.commit_bookkeeping().await?;
    Ok(true)
}

/// Paragraphs of what there is to tell.
async fn sections(
    write: &Write,
    person: &Person,
    notices: &Notices,
    (last, today): (NaiveDate, NaiveDate),
    zone: Tz,
) -> Result<Vec<String>, Error> {
    let on = write.on();
    let accounts = accounts(on, person.id).await?;
    let ends = ends_told(last, today);
    let mut sections = Vec::new();
    let mut add = |head: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            let more = lines.len().saturating_sub(MOST_LINES);
            let mut told: Vec<String> = lines.into_iter().take(MOST_LINES).map(|line| format!("– {line}")).collect();
            if more > 0 {
                told.push("– and others".to_owned());
            }
            sections.push(format!("{head}\n{}", told.join("\n")));
        }
    };
    if notices.contains(Notice::Expiry) {
        add("Activation files that end soon:", expiring(on, &accounts, &ends).await?);
    }
    if notices.contains(Notice::Maintenance) {
        add(
            "Maintenance that ends soon; files that are generated after its end do not permit updates:",
            maintenance(on, &accounts, &ends).await?,
        );
    }
    if notices.contains(Notice::Refresh) {
        // What came in since the morning of the last day.
        let since = start_of(last, zone) + TimeDelta::hours(MORNING.into());
        add("Renewed maintenance, for which files can be refreshed:", renewed(on, &accounts, since).await?);
    }
    if notices.contains(Notice::Certification) {
        add("Your certification ends soon; ask your licensing analyst to renew it:", certifications(on, person.id, &ends).await?);
    }
    Ok(sections)
}

/// Row ids of a person's accounts, and of those that granted access to a partner of theirs, as a JSON array.
async fn accounts(on: &impl ConnectionTrait, person: i64) -> Result<String, Error> {
    #[derive(FromQueryResult)]
    struct Account {
        id: i64,
    }
    let sql = "SELECT account_id AS id FROM memberships WHERE person_id = $1
               UNION SELECT g.customer_id FROM partner_grants g JOIN memberships m ON m.account_id = g.partner_id WHERE m.person_id = $1";
    let accounts: Vec<Account> = rows(on, "notices: accounts", sql, [person.into()]).await?;
    Ok(json!(accounts.iter().map(|account| account.id).collect::<Vec<_>>()).to_string())
}

/// `column` is within one of the ranges that the parameters from the second on are the ends of.
fn within(column: &str) -> String {
    let ranges: Vec<String> = (0..4).map(|at| format!("{column} BETWEEN ${} AND ${}", 2 + 2 * at, 3 + 2 * at)).collect();
    format!("({})", ranges.join(" OR "))
}

fn values(first: sea_orm::Value, ends: &[(NaiveDate, NaiveDate); 4]) -> Vec<sea_orm::Value> {
    std::iter::once(first).chain(ends.iter().flat_map(|(from, through)| [(*from).into(), (*through).into()])).collect()
}

async fn expiring(on: &impl ConnectionTrait, accounts: &str, ends: &[(NaiveDate, NaiveDate); 4]) -> Result<Vec<String>, Error> {
    #[derive(FromQueryResult)]
    struct Ending {
        serial: String,
        machine: String,
        licence_type: String,
        valid_through: NaiveDate,
        account: String,
    }
    let sql = format!(
        "SELECT f.serial, l.machine, f.licence_type, l.valid_through, a.name AS account
         FROM listed_files l JOIN activation_files f ON f.id = l.file_id JOIN accounts a ON a.id = l.account_id
         WHERE l.account_id IN (SELECT CAST(t.value AS BIGINT) FROM {}) AND {ACTIVE} AND l.valid_through < '2100-01-01' AND {}
         ORDER BY l.valid_through, f.id LIMIT {}",
        records(on, 1),
        within("l.valid_through"),
        MOST_LINES + 1
    );
    let found: Vec<Ending> = rows(on, "notices: files that end", &sql, values(accounts.into(), ends)).await?;
    let line = |file: Ending| {
        let Ending { serial, machine, licence_type, valid_through, account } = file;
        let licence_type = LicenceType::from_code(&licence_type).map_or(licence_type, |of| of.to_string());
        format!("{serial} ({licence_type}) for {machine} of {account} is valid through {valid_through}.")
    };
    Ok(found.into_iter().map(line).collect())
}

async fn maintenance(
    on: &impl ConnectionTrait,
    accounts: &str,
    ends: &[(NaiveDate, NaiveDate); 4],
) -> Result<Vec<String>, Error> {
    #[derive(FromQueryResult)]
    struct Ending {
        sales_order: String,
        description: String,
        maintenance_end: NaiveDate,
        account: String,
    }
    let sql = format!(
        "SELECT o.sales_order, p.description, e.maintenance_end, a.name AS account
         FROM entitlements e JOIN orders o ON o.id = e.order_id JOIN parts p ON p.id = e.part_id JOIN accounts a ON a.id = e.account_id
         WHERE e.account_id IN (SELECT CAST(t.value AS BIGINT) FROM {}) AND (e.unlimited OR e.owned_assigned + e.owned_pooled > 0) AND {}
         ORDER BY e.maintenance_end, e.id LIMIT {}",
        records(on, 1),
        within("e.maintenance_end"),
        MOST_LINES + 1
    );
    let found: Vec<Ending> = rows(on, "notices: maintenance", &sql, values(accounts.into(), ends)).await?;
    let line = |of: Ending| format!("{} of order {} of {}: {}", of.description, of.sales_order, of.account, of.maintenance_end);
    Ok(found.into_iter().map(line).collect())
}

async fn renewed(on: &impl ConnectionTrait, accounts: &str, since: DateTime<Utc>) -> Result<Vec<String>, Error> {
    #[derive(FromQueryResult)]
    struct Renewed {
        sales_order: String,
        description: String,
        maintenance_end: NaiveDate,
        account: String,
        files: i64,
    }
    let files = format!(
        "(SELECT COUNT(*) FROM listed_files l WHERE l.server_line = e.id AND l.updates_through < e.maintenance_end AND {ACTIVE})"
    );
    let sql = format!(
        "SELECT o.sales_order, p.description, e.maintenance_end, a.name AS account, {files} AS files
         FROM entitlements e JOIN orders o ON o.id = e.order_id JOIN parts p ON p.id = e.part_id JOIN accounts a ON a.id = e.account_id
         WHERE e.account_id IN (SELECT CAST(t.value AS BIGINT) FROM {}) AND e.maintenance_end IS NOT NULL
            AND e.id IN (SELECT c.entitlement_id FROM line_changes c WHERE c.at >= $2) AND {files} > 0
         ORDER BY a.name, e.id LIMIT {}",
        records(on, 1),
        MOST_LINES + 1
    );
    let found: Vec<Renewed> = rows(on, "notices: renewed", &sql, [accounts.into(), since.into()]).await?;
    let line = |of: Renewed| {
        let files = if of.files == 1 { "1 file".to_owned() } else { format!("{} files", of.files) };
        format!("{} of order {} of {}, until {}: {files}", of.description, of.sales_order, of.account, of.maintenance_end)
    };
    Ok(found.into_iter().map(line).collect())
}

async fn certifications(
    on: &impl ConnectionTrait,
    person: i64,
    ends: &[(NaiveDate, NaiveDate); 4],
) -> Result<Vec<String>, Error> {
    #[derive(FromQueryResult)]
    struct Ending {
        name: String,
        valid_through: NaiveDate,
    }
    // Of one that follows, the end is the later one's.
    let sql = format!(
        "SELECT p.name, MAX(c.valid_through) AS valid_through FROM certifications c JOIN products p ON p.id = c.product_id
         WHERE c.person_id = $1 GROUP BY p.id, p.name HAVING {} ORDER BY 2, p.name",
        within("MAX(c.valid_through)")
    );
    let found: Vec<Ending> = rows(on, "notices: certifications", &sql, values(person.into(), ends)).await?;
    Ok(found.into_iter().map(|of| format!("{}: {}", of.name, of.valid_through)).collect())
}
