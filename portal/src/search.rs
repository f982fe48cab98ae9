//! Search over all that somebody may see: files by serial, host and machine, install sites, accounts and orders.

use crate::{
    access::{
        account::AccountAccess,
        caller::{Caller, Role},
    },
    error::Error,
    files::{
        FileRow,
        list::{activity, activity_choices},
        row::listed_files,
    },
    overview::{AccountRow, accounts},
    store::statement::{parsed, rows},
};
use licensing::{
    Garn, Name,
    files::list::{Active, Filter, Sort, Sought},
    folded,
};
use sea_orm::FromQueryResult;

/// Maximum number of hits of a kind.
pub const MOST_HITS: usize = 20;

/// Hits of one search, by kind.
#[derive(Clone, Debug, Default)]
pub struct Hits {
    /// Files that have the serial, or are or were for the host, the latest first, with their accounts.
    pub files: Vec<(Garn, FileRow)>,
    /// Files of the account that are for a machine whose name begins so, by machine, and how many there are.
    pub machines: (Vec<FileRow>, u64),
    /// Install sites of the account whose names hold the text: (id, name).
    pub sites: Vec<(String, String)>,
    /// Accounts whose name or reference number holds the text.
    pub accounts: Vec<AccountRow>,
    /// Orders of this sales or purchase order number, with their accounts.
    pub orders: Vec<OrderHit>,
}

/// A sales order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderHit {
    pub sales_order: String,
    pub garn: Garn,
    pub account: String,
}

/// Everything that `typed` may stand for. Names of machines and sites are those of `account`, where the search was made in one.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn search(caller: &Caller, account: Option<&AccountAccess>, typed: &str) -> Result<Hits, Error> {
    let typed = typed.trim();
    // No name is longer.
    if typed.is_empty() || typed.chars().nth(Name::LONGEST).is_some() {
        return Ok(Hits::default());
    }
    let mut hits = Hits::default();
    if let Ok(sought) = typed.parse::<Sought>() {
        hits.files = files(caller, &sought).await?;
    }
    if let Some(access) = account {
        let filter = machines_beginning(typed);
        let choices = activity_choices(access).await?;
        let found = activity(access, &choices, &filter, None, MOST_HITS).await?;
        hits.machines = (found.rows, found.total);
        let named = choices.sites.into_iter().filter(|site| folded(&site.name).contains(&folded(typed)));
        hits.sites = named.take(MOST_HITS).map(|site| (site.id, site.name)).collect();
    }
    if caller.role() != Role::Administrator {
        hits.accounts = accounts(caller, typed).await?;
        hits.accounts.truncate(MOST_HITS);
    }
    hits.orders = orders(caller, typed).await?;
    Ok(hits)
}

/// Filter for the files, active or not, of machines whose names begin with `typed`.
#[must_use]
pub fn machines_beginning(typed: &str) -> Filter {
    let machine = Some(format!("{}*", typed.trim_end_matches('*')));
    Filter { machine, active: Active::All, sort: Sort::MachineUp, ..Filter::default() }
}

async fn files(caller: &Caller, sought: &Sought) -> Result<Vec<(Garn, FileRow)>, Error> {
    #[derive(FromQueryResult)]
    struct Found {
        id: i64,
        garn: String,
    }
    let on = caller.portal().database.read();
    let (condition, value) = match sought {
        Sought::Serial(serial) => ("f.serial = $2".to_owned(), serial.to_string()),
        Sought::Host(host) => {
            let of = |column: &str| format!("SELECT r.file_id FROM file_revisions r WHERE r.{column} = $2");
            (format!("f.id IN ({} UNION {})", of("primary_host"), of("switchover_host")), host.to_string())
        }
    };
    let sql = format!(
        "SELECT f.id, a.garn FROM activation_files f JOIN accounts a ON a.id = f.account_id
         WHERE {condition} AND ($1 = $1) AND {} ORDER BY f.id DESC LIMIT {MOST_HITS}",
        caller.visible("a")
    );
    let found: Vec<Found> = rows(on, "search: files", &sql, [caller.person_id().into(), value.into()]).await?;
    let listed = listed_files(on, &found.iter().map(|found| found.id).collect::<Vec<_>>()).await?;
    found.iter().zip(listed).map(|(found, row)| Ok((parsed(&found.garn)?, row))).collect()
}

async fn orders(caller: &Caller, typed: &str) -> Result<Vec<OrderHit>, Error> {
    #[derive(FromQueryResult)]
    struct Found {
        sales_order: String,
        garn: String,
        name: String,
    }
    let sql = format!(
        "SELECT o.sales_order, a.garn, a.name FROM orders o JOIN accounts a ON a.id = o.account_id
         WHERE (o.sales_order = $2 OR o.purchase_order = $3) AND ($1 = $1) AND {} ORDER BY o.id LIMIT {MOST_HITS}",
        caller.visible("a")
    );
    let values = [caller.person_id().into(), typed.to_uppercase().into(), typed.into()];
    let found: Vec<Found> = rows(caller.portal().database.read(), "search: orders", &sql, values).await?;
    let hit = |found: Found| Ok(OrderHit { sales_order: found.sales_order, garn: parsed(&found.garn)?, account: found.name });
    found.into_iter().map(hit).collect()
}
