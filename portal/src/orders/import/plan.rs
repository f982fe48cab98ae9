//! The plan of an import: what each line would do, held against what is there and against the lines before it.

use super::table::{self, Parsed, TableProblem};
use crate::{
    error::Error,
    overview::searched,
    portal::Portal,
    store::{
        entity::{import_account, import_line, import_site},
        insertion::insert,
        statement::{elements, known, parsed, rows, run},
    },
};
use chrono::NaiveDate;
use chrono_tz::Tz;
use licensing::{
    LicenceModel, Quantity, folded,
    orders::import::{AccountCells, AccountKind, ImportLine, OrderCells},
    sites::SiteDraft,
};
use sea_orm::{ActiveValue::Set, ConnectionTrait, FromQueryResult};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Lines that are planned and stored together.
const SLICE: usize = 1000;
/// Files that are named where a line would take what they hold.
const MOST_FILES: usize = 5;

/// Number of lines by what they would do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineCounts {
    pub new: i64,
    pub changed: i64,
    pub there: i64,
    pub refused: i64,
}

impl LineCounts {
    #[must_use]
    pub const fn all(&self) -> i64 {
        self.new + self.changed + self.there + self.refused
    }
}

/// What one line would do.
enum Verdict {
    New(String),
    Changed(String),
    There,
    Refused(String),
}

/// An account, as it is or as the lines so far make it.
#[derive(Clone)]
struct Account {
    id: Option<i64>,
    name: String,
    kind: AccountKind,
    licence_model: LicenceModel,
    time_zone: String,
    mirrored: bool,
    activated_on: Option<NaiveDate>,
    billable: bool,
    billing: BTreeMap<String, String>,
    landlord: Option<String>,
    /// Something of it is new or other than stored.
    differs: bool,
    /// Sites by folded name, loaded where a line names one.
    sites: Option<HashMap<String, SiteDraft>>,
}

#[derive(Clone)]
struct Order {
    garn: String,
    purchase_order: String,
    ordered_on: NaiveDate,
}

/// An order line as it is stored.
#[derive(Clone, FromQueryResult)]
struct StoredLine {
    id: i64,
    sales_order: String,
    line: i64,
    garn: String,
    number: String,
    /// The part that was ordered, before any upgrade.
    ordered: String,
    owned_assigned: i64,
    owned_pooled: i64,
    allocated_assigned: i64,
    allocated_pooled: i64,
    unlimited: bool,
    maintenance_end: Option<NaiveDate>,
    term_days: Option<i64>,
}

/// A change of a line as it is stored.
#[derive(Clone, FromQueryResult)]
struct StoredChange {
    sales_order: String,
    line: i64,
    target_order: String,
    target_line: i64,
    owned_assigned: i64,
    owned_pooled: i64,
    maintenance_end: Option<NaiveDate>,
}

struct Part {
    id: i64,
    evaluation: bool,
    retired: bool,
}

/// Plans the lines of one import.
pub(super) struct Planner<'a> {
    portal: &'a Portal,
    import: i64,
    parts: HashMap<String, Part>,
    accounts: HashMap<String, Account>,
    orders: HashMap<String, Order>,
    /// Order lines of this table, with the number of the line that has each.
    seen: HashMap<(String, u32), u64>,
    /// Lines that are changed, likewise.
    changed: HashMap<(String, u32), u64>,
    counts: LineCounts,
}

/// What a slice of lines needs to know, read at once.
struct Known {
    lines: HashMap<(String, u32), StoredLine>,
    changes: HashMap<(String, u32), StoredChange>,
}

impl<'a> Planner<'a> {
    pub(super) async fn new(portal: &'a Portal, import: i64) -> Result<Self, Error> {
        #[derive(FromQueryResult)]
        struct Stored {
            id: i64,
            number: String,
            class: String,
            retired: bool,
        }
        let parts: Vec<Stored> =
            rows(portal.database.read(), "import: parts", "SELECT id, number, class, retired FROM parts", []).await?;
        let part =
            |part: Stored| (part.number, Part { id: part.id, evaluation: part.class == "evaluation", retired: part.retired });
        Ok(Self {
            portal,
            import,
            parts: parts.into_iter().map(part).collect(),
            accounts: HashMap::new(),
            orders: HashMap::new(),
            seen: HashMap::new(),
            changed: HashMap::new(),
            counts: LineCounts::default(),
        })
    }

    /// Plans all lines of a table, and stores each slice by itself; `told` is told how many are done.
    pub(super) async fn plan(mut self, bytes: Vec<u8>, told: impl Fn(u64)) -> Result<Result<LineCounts, TableProblem>, Error> {
        let (send, mut receive) = tokio::sync::mpsc::channel::<Vec<Parsed>>(2);
        let reading = tokio::task::spawn_blocking(move || {
            let mut slice = Vec::with_capacity(SLICE);
            let read = table::read(&bytes, |line| {
                slice.push(line);
                slice.len() < SLICE || send.blocking_send(std::mem::replace(&mut slice, Vec::with_capacity(SLICE))).is_ok()
            });
            // Nobody listens once the planning has failed.
            let _ = send.blocking_send(slice);
            read
        });
        while let Some(slice) = receive.recv().await {
            self.plan_slice(slice).await?;
            told(u64::try_from(self.counts.all()).unwrap_or_default());
        }
        if let Err(problem) = reading.await.map_err(Error::internal)? {
            return Ok(Err(problem));
        }
        self.store_accounts().await?;
        Ok(Ok(self.counts))
    }

    async fn plan_slice(&mut self, slice: Vec<Parsed>) -> Result<(), Error> {
        let known = self.load(&slice).await?;
        let (mut lines, mut sites) = (Vec::with_capacity(slice.len()), Vec::new());
        for Parsed { line, content } in slice {
            let number = i64::try_from(line).map_err(Error::internal)?;
            let mut row = self.row(number, content.as_ref().ok());
            let verdict = match content {
                Err(problems) => Verdict::Refused(problems),
                Ok(content) => self.judge(line, &content, &known, &mut row, &mut sites).await?,
            };
            let (state, told, count) = match verdict {
                Verdict::New(told) => ("new", told, &mut self.counts.new),
                Verdict::Changed(told) => ("changed", told, &mut self.counts.changed),
                Verdict::There => ("there", String::new(), &mut self.counts.there),
                Verdict::Refused(told) => ("refused", told, &mut self.counts.refused),
            };
            *count += 1;
            row.state = Set(state.to_owned());
            row.told = Set(told);
            lines.push(row);
        }
        // Bookkeeping: nothing of this counts before it is applied.
        let write = self.portal.database.write().await?;
        insert::<import_line::Entity>(write.on(), lines).await?;
        insert::<import_site::Entity>(write.on(), sites).await?;
        write.commit_bookkeeping().await
    }

    /// The row of a line that does nothing yet.
    fn row(&self, line: i64, content: Option<&ImportLine>) -> import_line::ActiveModel {
        let order = content.and_then(|content| content.order.as_ref());
        import_line::ActiveModel {
            import_id: Set(self.import),
            line: Set(line),
            state: Set(String::new()),
            told: Set(String::new()),
            garn: Set(content.map(|content| content.garn.to_string()).unwrap_or_default()),
            sales_order: Set(order.map(|order| order.sales_order.clone()).unwrap_or_default()),
            order_line: Set(order.map_or(0, |order| i64::from(order.line))),
            first_of_order: Set(false),
            purchase_order: Set(order.map(|order| order.purchase_order.clone()).unwrap_or_default()),
            ordered_on: Set(order.map(|order| order.ordered_on)),
            part_id: Set(None),
            assigned: Set(0),
            pooled: Set(0),
            unlimited: Set(false),
            maintenance_end: Set(None),
            term_days: Set(None),
            target_order: Set(None),
            target_line: Set(None),
            was_assigned: Set(None),
            was_pooled: Set(None),
            was_maintenance_end: Set(None),
        }
    }

    /// Reads what the lines of a slice are held against.
    async fn load(&mut self, slice: &[Parsed]) -> Result<Known, Error> {
        let on = self.portal.database.read();
        let contents = || slice.iter().filter_map(|parsed| parsed.content.as_ref().ok());
        let garns = contents().flat_map(|line| [Some(&line.garn), line.account.landlord.as_ref()]).flatten();
        let garns: BTreeSet<&str> =
            garns.map(licensing::Garn::as_str).filter(|garn| !self.accounts.contains_key(*garn)).collect();
        let garns = json!(garns).to_string();
        self.load_accounts(on, &garns).await?;
        let orders = contents().filter_map(|line| line.order.as_ref());
        let numbers: BTreeSet<&str> = orders
            .flat_map(|order| [Some(order.sales_order.as_str()), order.changes.as_ref().map(|(order, _)| order.as_str())])
            .flatten()
            .collect();
        let numbers = json!(numbers).to_string();
        #[derive(FromQueryResult)]
        struct StoredOrder {
            sales_order: String,
            garn: String,
            purchase_order: String,
            ordered_on: NaiveDate,
        }
        let sql = format!(
            "SELECT o.sales_order, a.garn, o.purchase_order, o.ordered_on FROM orders o JOIN accounts a ON a.id = o.account_id
             WHERE o.sales_order IN {}",
            elements(on, 1)
        );
        for StoredOrder { sales_order, garn, purchase_order, ordered_on } in
            rows::<StoredOrder>(on, "import: orders", &sql, [numbers.clone().into()]).await?
        {
            self.orders.entry(sales_order).or_insert(Order { garn, purchase_order, ordered_on });
        }
        let sql = format!(
            "SELECT e.id, o.sales_order, e.line, a.garn, p.number,
                COALESCE((SELECT q.number FROM upgrade_lines u JOIN parts q ON q.id = u.part_id WHERE u.entitlement_id = e.id
                          ORDER BY u.upgrade_id LIMIT 1), p.number) AS ordered, e.owned_assigned, e.owned_pooled, e.allocated_assigned, e.allocated_pooled,
                e.unlimited, e.maintenance_end, e.term_days
             FROM orders o JOIN entitlements e ON e.order_id = o.id JOIN parts p ON p.id = e.part_id JOIN accounts a ON a.id = e.account_id
             WHERE o.sales_order IN {}",
            elements(on, 1)
        );
        let lines: Vec<StoredLine> = rows(on, "import: order lines", &sql, [numbers.clone().into()]).await?;
        let sql = format!(
            "SELECT o.sales_order, c.line, t.sales_order AS target_order, e.line AS target_line, c.owned_assigned, c.owned_pooled, c.maintenance_end
             FROM line_changes c JOIN orders o ON o.id = c.order_id JOIN entitlements e ON e.id = c.entitlement_id JOIN orders t ON t.id = e.order_id
             WHERE c.id IN (SELECT n.id FROM orders m JOIN line_changes n ON n.order_id = m.id WHERE m.sales_order IN {0}
                            UNION SELECT n.id FROM orders m JOIN entitlements f ON f.order_id = m.id JOIN line_changes n ON n.entitlement_id = f.id
                                  WHERE m.sales_order IN {0})",
            elements(on, 1)
        );
        let changes: Vec<StoredChange> = rows(on, "import: changes of lines", &sql, [numbers.into()]).await?;
        let key = |order: &str, line: i64| (order.to_owned(), u32::try_from(line).unwrap_or_default());
        Ok(Known {
            lines: lines.into_iter().map(|line| (key(&line.sales_order, line.line), line)).collect(),
            changes: changes.into_iter().map(|change| (key(&change.sales_order, change.line), change)).collect(),
        })
    }

    async fn load_accounts(&mut self, on: &impl ConnectionTrait, garns: &str) -> Result<(), Error> {
        #[derive(FromQueryResult)]
        struct Stored {
            id: i64,
            garn: String,
            name: String,
            kind: String,
            licence_model: String,
            time_zone: String,
            mirrored: bool,
            activated_on: Option<NaiveDate>,
            billable: bool,
            billing: Option<serde_json::Value>,
            landlord: Option<String>,
        }
        let sql = format!(
            "SELECT a.id, a.garn, a.name, a.kind, a.licence_model, a.time_zone, a.mirrored, a.activated_on, a.billable, a.billing, l.garn AS landlord
             FROM accounts a LEFT JOIN accounts l ON l.id = a.landlord_id WHERE a.garn IN {}",
            elements(on, 1)
        );
        for stored in rows::<Stored>(on, "import: accounts", &sql, [garns.into()]).await? {
            let billing = stored.billing.map(serde_json::from_value).transpose().map_err(Error::internal)?;
            let account = Account {
                id: Some(stored.id),
                name: stored.name,
                kind: known(AccountKind::from_code(&stored.kind), &stored.kind)?,
                licence_model: known(LicenceModel::from_code(&stored.licence_model), &stored.licence_model)?,
                time_zone: stored.time_zone,
                mirrored: stored.mirrored,
                activated_on: stored.activated_on,
                billable: stored.billable,
                billing: billing.unwrap_or_default(),
                landlord: stored.landlord,
                differs: false,
                sites: None,
            };
            self.accounts.insert(stored.garn, account);
        }
        Ok(())
    }

    async fn judge(
        &mut self,
        number: u64,
        line: &ImportLine,
        known: &Known,
        row: &mut import_line::ActiveModel,
        sites: &mut Vec<import_site::ActiveModel>,
    ) -> Result<Verdict, Error> {
        let (mut new, mut changed, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        let mut add = |verdict| match verdict {
            Verdict::New(told) => new.push(told),
            Verdict::Changed(told) => changed.push(told),
            Verdict::There => {}
            Verdict::Refused(told) => refused.push(told),
        };
        let account = self.account(line);
        let lost = matches!(account, Verdict::Refused(_));
        add(account);
        if !lost {
            if let Some(order) = &line.order {
                add(match &order.changes {
                    Some(target) => self.change(number, line, order, target, known, row).await?,
                    None => self.order_line(number, line, order, known, row),
                });
            }
            if let Some(site) = &line.site {
                add(self.site(number, line, site, sites).await?);
            }
        }
        Ok(match (refused.is_empty(), new.is_empty(), changed.is_empty()) {
            (false, ..) => Verdict::Refused(refused.join(" ")),
            (true, false, _) => Verdict::New([new, changed].concat().join(" ")),
            (true, true, false) => Verdict::Changed(changed.join(" ")),
            (true, true, true) => Verdict::There,
        })
    }

    /// What a line makes of its account.
    fn account(&mut self, line: &ImportLine) -> Verdict {
        let AccountCells { name, kind, licence_model, time_zone, mirrored, activated_on, billable, billing, landlord } =
            &line.account;
        if let Some(zone) = time_zone.as_ref().filter(|zone| zone.parse::<Tz>().is_err()) {
            return Verdict::Refused(format!(
                "time_zone: “{}” is no time zone. Write one such as Europe/Berlin.",
                licensing::excerpt(zone)
            ));
        }
        if let Some(landlord) = landlord
            && (*landlord == line.garn || !self.accounts.contains_key(landlord.as_str()))
        {
            return Verdict::Refused(format!("landlord: there is no other account {landlord}. Give it a line before this one."));
        }
        let garn = line.garn.to_string();
        let Some(before) = self.accounts.get(&garn) else {
            let Some(name) = name else {
                return Verdict::Refused(format!("There is no account {garn}. To add it, fill in account with its name."));
            };
            let account = Account {
                id: None,
                name: name.to_string(),
                kind: kind.unwrap_or(AccountKind::Customer),
                licence_model: licence_model.unwrap_or(LicenceModel::Perpetual),
                time_zone: time_zone.clone().unwrap_or_else(|| "UTC".to_owned()),
                mirrored: mirrored.unwrap_or(false),
                activated_on: *activated_on,
                billable: billable.unwrap_or(false),
                billing: billing.clone(),
                landlord: landlord.as_ref().map(ToString::to_string),
                differs: true,
                sites: Some(HashMap::new()),
            };
            self.accounts.insert(garn, account);
            return Verdict::New(format!("New account: {name}."));
        };
        let mut account = before.clone();
        let mut told = Vec::new();
        let mut differs = |what: &str, from: String, to: String| {
            if from != to {
                told.push(format!("{what}: {} → {}.", or_none(&from), or_none(&to)));
            }
        };
        if let Some(kind) = kind.filter(|kind| *kind != before.kind) {
            return Verdict::Refused(format!(
                "kind: the account is a {}, and stays one; it cannot become a {kind}.",
                before.kind
            ));
        }
        if let Some(name) = name {
            differs("account", before.name.clone(), name.to_string());
            account.name = name.to_string();
        }
        if let Some(model) = licence_model {
            differs("licence_model", before.licence_model.code().to_owned(), model.code().to_owned());
            account.licence_model = *model;
        }
        if let Some(zone) = time_zone {
            differs("time_zone", before.time_zone.clone(), zone.clone());
            account.time_zone.clone_from(zone);
        }
        if let Some(mirrored) = mirrored {
            differs("mirrored", yes(before.mirrored), yes(*mirrored));
            account.mirrored = *mirrored;
        }
        if activated_on.is_some() {
            differs("activated_on", day(before.activated_on), day(*activated_on));
            account.activated_on = *activated_on;
        }
        if let Some(billable) = billable {
            differs("billable", yes(before.billable), yes(*billable));
            account.billable = *billable;
        }
        for (column, value) in billing {
            differs(column, before.billing.get(column).cloned().unwrap_or_default(), value.clone());
            account.billing.insert(column.clone(), value.clone());
        }
        if let Some(landlord) = landlord {
            differs("landlord", before.landlord.clone().unwrap_or_default(), landlord.to_string());
            account.landlord = Some(landlord.to_string());
        }
        if told.is_empty() {
            return Verdict::There;
        }
        account.differs = true;
        self.accounts.insert(garn, account);
        Verdict::Changed(told.join(" "))
    }

    /// The order of a line, as it is or will be; `Err`: why it cannot be.
    fn order(&mut self, line: &ImportLine, order: &OrderCells, row: &mut import_line::ActiveModel) -> Result<(), String> {
        let OrderCells { sales_order, purchase_order, ordered_on, .. } = order;
        match self.orders.get(sales_order) {
            None => {
                row.first_of_order = Set(true);
                let new = Order { garn: line.garn.to_string(), purchase_order: purchase_order.clone(), ordered_on: *ordered_on };
                self.orders.insert(sales_order.clone(), new);
                Ok(())
            }
            Some(there) if there.garn != line.garn.as_str() => {
                Err(format!("Sales order {sales_order} is of another account, {}.", there.garn))
            }
            Some(there) if there.ordered_on != *ordered_on => {
                Err(format!("ordered_on: {sales_order} is of {}, not of {ordered_on}.", there.ordered_on))
            }
            Some(there) if there.purchase_order != *purchase_order => Err(format!(
                "purchase_order: that of {sales_order} is {}, not {}.",
                or_none(&there.purchase_order),
                or_none(purchase_order)
            )),
            Some(_) => Ok(()),
        }
    }

    /// Whether this table has the order line before; the words that refuse it.
    fn twice(&mut self, number: u64, order: &OrderCells) -> Option<String> {
        let OrderCells { sales_order, line, .. } = order;
        let before = self.seen.insert((sales_order.clone(), *line), number)?;
        Some(format!("{sales_order} line {line} is on line {before} of this table, too. Remove one."))
    }

    fn order_line(
        &mut self,
        number: u64,
        line: &ImportLine,
        order: &OrderCells,
        known: &Known,
        row: &mut import_line::ActiveModel,
    ) -> Verdict {
        if let Some(twice) = self.twice(number, order) {
            return Verdict::Refused(twice);
        }
        let OrderCells {
            sales_order, line: at, part: Some(number), assigned, pooled, unlimited, maintenance_end, term_days, ..
        } = order
        else {
            return Verdict::Refused("part: fill in this cell.".to_owned());
        };
        let owned = Quantity::new(assigned.unwrap_or(0), pooled.unwrap_or(0));
        let subscribes =
            self.accounts.get(line.garn.as_str()).is_some_and(|account| account.licence_model == LicenceModel::Subscription);
        let unlimited = unlimited.unwrap_or(subscribes);
        if let Some(change) = known.changes.get(&(sales_order.clone(), *at)) {
            let target = format!("{} line {}", change.target_order, change.target_line);
            return Verdict::Refused(format!(
                "{sales_order} line {at} is there: it changes {target}. Give this line another number."
            ));
        }
        if let Err(refused) = self.order(line, order, row) {
            return Verdict::Refused(refused);
        }
        if let Some(there) = known.lines.get(&(sales_order.clone(), *at)) {
            return already(there, number.as_str(), owned, unlimited, *maintenance_end, *term_days, known);
        }
        let Some(part) = self.parts.get(number.as_str()) else {
            return Verdict::Refused(format!("part: the catalogue has no part {number}."));
        };
        if part.retired {
            return Verdict::Refused(format!(
                "part: {number} was retired from the catalogue. Name the part that took its place."
            ));
        }
        if owned.is_zero() && !unlimited {
            return Verdict::Refused("assigned, pooled: fill in how many units were ordered.".to_owned());
        }
        if part.evaluation != term_days.is_some() {
            return Verdict::Refused(match part.evaluation {
                true => "term_days: an evaluation is sold for a number of days. Fill them in.".to_owned(),
                false => "term_days: only evaluations have a term. Empty this cell.".to_owned(),
            });
        }
        row.part_id = Set(Some(part.id));
        row.assigned = Set(owned.assigned.into());
        row.pooled = Set(owned.pooled.into());
        row.unlimited = Set(unlimited);
        row.maintenance_end = Set(*maintenance_end);
        row.term_days = Set(term_days.map(i64::from));
        Verdict::New(format!("New order line: {} of {number}.", units(owned, unlimited)))
    }

    async fn change(
        &mut self,
        number: u64,
        line: &ImportLine,
        order: &OrderCells,
        (target_order, target_line): &(String, u32),
        known: &Known,
        row: &mut import_line::ActiveModel,
    ) -> Result<Verdict, Error> {
        let refused = |words: String| Ok(Verdict::Refused(words));
        if let Some(twice) = self.twice(number, order) {
            return refused(twice);
        }
        let OrderCells { sales_order, line: at, part, assigned, pooled, maintenance_end, .. } = order;
        let target = (target_order.clone(), *target_line);
        if known.lines.contains_key(&(sales_order.clone(), *at)) {
            return refused(format!(
                "{sales_order} line {at} is there, and changes no other line. Give this line another number."
            ));
        }
        if let Err(words) = self.order(line, order, row) {
            return refused(words);
        }
        let Some(there) = known.lines.get(&target).filter(|there| there.garn == line.garn.as_str()) else {
            return refused(format!(
                "changes: this account has no order line {target_order}/{target_line}. A line that it changes must be there before."
            ));
        };
        if let Some(part) = part.as_ref().filter(|part| part.as_str() != there.number) {
            return refused(format!("part: {target_order}/{target_line} is of {}, not of {part}.", there.number));
        }
        let (was_assigned, was_pooled) = (there.owned_assigned, there.owned_pooled);
        let (new_assigned, new_pooled) = (assigned.map_or(was_assigned, i64::from), pooled.map_or(was_pooled, i64::from));
        let new_end = maintenance_end.or(there.maintenance_end);
        if let Some(change) = known.changes.get(&(sales_order.clone(), *at)) {
            let same_target =
                (change.target_order.as_str(), change.target_line) == (target_order.as_str(), i64::from(*target_line));
            let given = |cell: Option<i64>, stored: i64| cell.is_none_or(|cell| cell == stored);
            let same = same_target
                && given(assigned.map(i64::from), change.owned_assigned)
                && given(pooled.map(i64::from), change.owned_pooled)
                && (maintenance_end.is_none() || *maintenance_end == change.maintenance_end);
            return Ok(match same {
                true => Verdict::There,
                false => Verdict::Refused(format!(
                    "{sales_order} line {at} is there, with other values. A further change is a line of its own."
                )),
            });
        }
        if let Some(before) = self.changed.insert(target, number) {
            return refused(format!(
                "changes: line {before} of this table changes {target_order}/{target_line}, too. Remove one, or import it later."
            ));
        }
        let mut told = Vec::new();
        if (was_assigned, was_pooled) != (new_assigned, new_pooled) {
            told.push(format!("units {was_assigned}/{was_pooled} → {new_assigned}/{new_pooled}"));
        }
        if new_end != there.maintenance_end {
            told.push(format!("maintenance until {} → {}", or_none(&day(there.maintenance_end)), or_none(&day(new_end))));
        }
        if told.is_empty() {
            return refused(format!(
                "{target_order}/{target_line} has these units and this maintenance end already: the line changes nothing."
            ));
        }
        if !there.unlimited && (there.allocated_assigned > new_assigned || there.allocated_pooled > new_pooled) {
            let files = self.files_of(there.id).await?;
            return refused(format!(
                "{target_order}/{target_line}: files hold {}/{} of it, more than {new_assigned}/{new_pooled}. Deactivate or update first: {files}.",
                there.allocated_assigned, there.allocated_pooled
            ));
        }
        row.target_order = Set(Some(target_order.clone()));
        row.target_line = Set(Some(i64::from(*target_line)));
        row.assigned = Set(new_assigned);
        row.pooled = Set(new_pooled);
        row.maintenance_end = Set(new_end);
        row.was_assigned = Set(Some(was_assigned));
        row.was_pooled = Set(Some(was_pooled));
        row.was_maintenance_end = Set(there.maintenance_end);
        Ok(Verdict::Changed(format!("{target_order}/{target_line}, {}: {}.", there.number, told.join(", "))))
    }

    /// Serials of active files that hold something of an order line.
    async fn files_of(&self, entitlement: i64) -> Result<String, Error> {
        #[derive(FromQueryResult)]
        struct Holding {
            serial: String,
        }
        let sql = format!(
            "SELECT DISTINCT f.serial FROM allocations a JOIN file_revisions r ON r.id = a.revision_id
             JOIN activation_files f ON f.id = r.file_id AND f.revision = r.revision
             WHERE a.entitlement_id = $1 AND f.state = 'active' ORDER BY f.serial LIMIT {}",
            MOST_FILES + 1
        );
        let holding: Vec<Holding> =
            rows(self.portal.database.read(), "import: files of a line", &sql, [entitlement.into()]).await?;
        let more = if holding.len() > MOST_FILES { " and others" } else { "" };
        let serials: Vec<String> = holding.into_iter().take(MOST_FILES).map(|holding| holding.serial).collect();
        Ok(format!("{}{more}", serials.join(", ")))
    }

    async fn site(
        &mut self,
        number: u64,
        line: &ImportLine,
        site: &SiteDraft,
        sites: &mut Vec<import_site::ActiveModel>,
    ) -> Result<Verdict, Error> {
        let portal = self.portal;
        let Some(account) = self.accounts.get_mut(line.garn.as_str()) else { return Ok(Verdict::There) };
        if account.sites.is_none() {
            account.sites = Some(load_sites(portal, account.id).await?);
        }
        let there = account.sites.get_or_insert_default();
        let key = folded(site.name.as_str());
        if let Some(there) = there.get(&key) {
            return Ok(match *there == (SiteDraft { active: there.active, ..site.clone() }) {
                true => Verdict::There,
                false => Verdict::Refused(format!(
                    "site: {} is there, with other details. Change it on the page of the account’s install sites.",
                    there.name
                )),
            });
        }
        there.insert(key, site.clone());
        let [address, city, state, postal_code, contact, phone, email] = site.optional.clone();
        sites.push(import_site::ActiveModel {
            import_id: Set(self.import),
            line: Set(i64::try_from(number).map_err(Error::internal)?),
            garn: Set(line.garn.to_string()),
            name: Set(site.name.to_string()),
            address: Set(address),
            city: Set(city),
            state: Set(state),
            postal_code: Set(postal_code),
            country: Set(site.country.to_string()),
            contact: Set(contact),
            phone: Set(phone),
            email: Set(email),
        });
        Ok(Verdict::New(format!("New install site: {}.", site.name)))
    }

    /// Stores the accounts that are new or changed, as all lines together make them.
    async fn store_accounts(&self) -> Result<(), Error> {
        let differing = self.accounts.iter().filter(|(_, account)| account.differs);
        let rows: Vec<_> = differing
            .map(|(garn, account)| {
                let billing = (!account.billing.is_empty()).then(|| json!(account.billing));
                import_account::ActiveModel {
                    import_id: Set(self.import),
                    garn: Set(garn.clone()),
                    account_id: Set(account.id),
                    name: Set(account.name.clone()),
                    kind: Set(account.kind.code().to_owned()),
                    licence_model: Set(account.licence_model.code().to_owned()),
                    time_zone: Set(account.time_zone.clone()),
                    mirrored: Set(account.mirrored),
                    folded: Set(searched(&account.name, garn)),
                    activated_on: Set(account.activated_on),
                    billable: Set(account.billable),
                    billing: Set(billing),
                    landlord: Set(account.landlord.clone()),
                }
            })
            .collect();
        let mut left = rows.into_iter().peekable();
        while left.peek().is_some() {
            let write = self.portal.database.write().await?;
            insert::<import_account::Entity>(write.on(), left.by_ref().take(SLICE).collect()).await?;
            write.commit_bookkeeping().await?;
        }
        Ok(())
    }
}

async fn load_sites(portal: &Portal, account: Option<i64>) -> Result<HashMap<String, SiteDraft>, Error> {
    let sql = "SELECT id, account_id, name, address, city, state, postal_code, country, contact, phone, email, active
               FROM install_sites WHERE account_id = $1";
    let stored: Vec<crate::store::entity::install_site::Model> =
        rows(portal.database.read(), "import: sites", sql, [account.into()]).await?;
    stored
        .into_iter()
        .map(|site| {
            let draft = SiteDraft {
                name: parsed(&site.name)?,
                country: parsed(&site.country)?,
                optional: [site.address, site.city, site.state, site.postal_code, site.contact, site.phone, site.email],
                active: site.active,
            };
            Ok((folded(&site.name), draft))
        })
        .collect()
}

/// The verdict on an order line that is there.
fn already(
    there: &StoredLine,
    part: &str,
    owned: Quantity,
    unlimited: bool,
    maintenance_end: Option<NaiveDate>,
    term_days: Option<u32>,
    known: &Known,
) -> Verdict {
    // What a later line has changed is not held against the line that it changed.
    let name = (there.sales_order.as_str(), there.line);
    let later = known.changes.values().any(|change| (change.target_order.as_str(), change.target_line) == name);
    let given =
        |name: &str, from: String, to: String| (from != to).then(|| format!("{name} {} → {}", or_none(&from), or_none(&to)));
    let quantity = |assigned: i64, pooled: i64| format!("{assigned}/{pooled}");
    let mut differing: Vec<String> = [
        given("part", there.ordered.clone(), part.to_owned()),
        given("unlimited", yes(there.unlimited), yes(unlimited)),
        given(
            "term_days",
            there.term_days.map(|days| days.to_string()).unwrap_or_default(),
            term_days.map(|days| days.to_string()).unwrap_or_default(),
        ),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !later {
        let (assigned, pooled) = (i64::from(owned.assigned), i64::from(owned.pooled));
        differing.extend(given("units", quantity(there.owned_assigned, there.owned_pooled), quantity(assigned, pooled)));
        differing.extend(given("maintenance_end", day(there.maintenance_end), day(maintenance_end)));
    }
    if differing.is_empty() {
        return Verdict::There;
    }
    let line = format!("{}/{}", there.sales_order, there.line);
    Verdict::Refused(format!(
        "{line} is there, otherwise: {}. To change it, give a later order line that names {line} in the column changes.",
        differing.join(", ")
    ))
}

fn units(owned: Quantity, unlimited: bool) -> String {
    match unlimited {
        true => "any number".to_owned(),
        false => format!("{} assigned and {} pooled", owned.assigned, owned.pooled),
    }
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "none" } else { text }
}

fn yes(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}

fn day(day: Option<NaiveDate>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

/// Removes the lines of an import that was not applied: it is planned anew, or discarded.
pub(super) async fn forget(portal: &Portal, import: i64) -> Result<(), Error> {
    for table in ["import_lines", "import_sites", "import_accounts"] {
        let sql = format!("DELETE FROM {table} WHERE import_id = $1");
        run(portal.database.bookkeeping(), "import: forgotten", &sql, [import.into()]).await?;
    }
    Ok(())
}
