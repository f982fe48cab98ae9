//! *Activation file activity*: the files of an account, narrowed, sorted and page by page, at any number of files.
//!
//! `listed_files` has a row for each file, with what its current revision says. Its *facet* (state, licence type and product in one text) stands
//! in each index before the column that sorts, so that one **run** of an index answers each facet in order; a page merges the runs of the facets
//! that are asked for. What is narrow enough is read whole from the narrowest of its filters and sorted. `docs/performance.md` has the plans.

use crate::{
    AccountAccess, Error, FileRow,
    database::{row, rows},
    file::{FILE, FILE_OF_LIST, Stored},
};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeZone, Utc};
use licensing::{
    LicenceType, Serial,
    activity::{Active, Filter, Sort},
    offer::OfferedSite,
};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use std::{fmt, str::FromStr};

/// Files are counted exactly to here.
pub const MOST_COUNTED: u64 = 10_000;

/// Whether `l`, a row of `listed_files`, is active: its facet begins so.
pub(crate) const ACTIVE: &str = "l.facet >= 'active/' AND l.facet < 'active0'";

/// Files that a filter finds.
#[derive(Clone, Debug)]
pub struct Activity {
    pub rows: Vec<FileRow>,
    /// Of all pages; one more than [`MOST_COUNTED`] stands for any number beyond.
    pub total: u64,
    /// The next page begins after this; `None` on the last page.
    pub next: Option<Cursor>,
}

/// What the filters offer.
#[derive(Clone, Debug)]
pub struct ActivityChoices {
    pub sites: Vec<OfferedSite>,
    pub lines: Vec<String>,
    /// Names of those who generated files, by name.
    pub people: Vec<String>,
    /// The account has files, whatever the filter finds.
    pub any: bool,
}

/// A place in a sorted list: what the last row of a page has in the column that sorts, and its serial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    key: Key,
    serial: Serial,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Key {
    Instant(DateTime<Utc>),
    Day(NaiveDate),
    Name(String),
}

/// As it stands in an address: `t2026-11-22T10:15:30Z~AF-0000009`.
impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            Key::Instant(at) => write!(f, "t{}", at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))?,
            Key::Day(day) => write!(f, "d{day}")?,
            Key::Name(name) => write!(f, "n{name}")?,
        }
        write!(f, "~{}", self.serial)
    }
}

impl FromStr for Cursor {
    type Err = Error;
    /// # Errors
    /// [`Error::NotFound`]: an address that was made up leads nowhere.
    fn from_str(text: &str) -> Result<Self, Error> {
        let read = || {
            let (key, serial) = text.rsplit_once('~')?;
            let (kind, key) = (key.get(..1)?, key.get(1..)?);
            let key = match kind {
                "t" => Key::Instant(key.parse().ok()?),
                "d" => Key::Day(key.parse().ok()?),
                "n" => Key::Name(key.to_owned()),
                _ => return None,
            };
            Some(Self { key, serial: serial.parse().ok()? })
        };
        read().ok_or(Error::NotFound)
    }
}

/// The column that sorts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Time,
    Machine,
    End,
}

impl Column {
    const fn of(sort: Sort) -> Self {
        match sort {
            Sort::Latest | Sort::Oldest => Self::Time,
            Sort::MachineUp | Sort::MachineDown => Self::Machine,
            Sort::EndFirst | Sort::EndLast => Self::End,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Time => "l.generated_at",
            Self::Machine => "l.machine",
            Self::End => "l.valid_through",
        }
    }
}

/// What the rows are read through: an index that begins with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Driver {
    /// All files of the account, a facet at a time.
    Facets,
    Sites,
    People,
    /// Names of machines, in their order.
    Machines,
}

/// A facet of the account, and the parts that its text is put together from.
struct Facet {
    text: String,
    active: bool,
    licence_type: String,
    line: String,
}

/// What is known of an account before its files are searched.
struct Known {
    facets: Vec<Facet>,
    /// (id, name)
    people: Vec<(i64, String)>,
}

/// A filter as the database is asked for it.
struct Search {
    account: i64,
    facets: Vec<String>,
    site: Option<i64>,
    people: Option<Vec<i64>>,
    from: Option<DateTime<Utc>>,
    before: Option<DateTime<Utc>>,
    machine: Option<String>,
    column: Column,
    descends: bool,
}

/// A statement with its values.
#[derive(Default)]
struct Statement {
    values: Vec<Value>,
}

impl Statement {
    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }
}

impl AccountAccess {
    /// The account's files that `filter` finds, those after `after` of an earlier page.
    ///
    /// # Errors
    /// [`Error::NotFound`] when `after` is no place in such a list.
    pub async fn activity(&self, filter: &Filter, after: Option<&Cursor>, most: usize) -> Result<Activity, Error> {
        let on = self.portal().database.read();
        let Some(search) = self.search(on, filter).await? else {
            return Ok(Activity { rows: Vec::new(), total: 0, next: None });
        };
        search.page(on, after, most).await
    }

    /// What the filters offer for this account.
    ///
    /// # Errors
    /// [`Error::Unavailable`] and [`Error::Internal`].
    pub async fn activity_choices(&self) -> Result<ActivityChoices, Error> {
        let on = self.portal().database.read();
        let Known { facets, people } = known(on, self.account_id()).await?;
        let any = !facets.is_empty();
        let mut lines: Vec<String> = facets.into_iter().map(|facet| facet.line).collect();
        lines.sort();
        lines.dedup();
        let mut people: Vec<String> = people.into_iter().map(|(_, name)| name).collect();
        people.sort();
        Ok(ActivityChoices { sites: self.sites(on).await?, lines, people, any })
    }

    /// `None` when the filter names something that no file of the account has.
    async fn search(&self, on: &impl ConnectionTrait, filter: &Filter) -> Result<Option<Search>, Error> {
        let Known { facets, people } = known(on, self.account_id()).await?;
        let wanted = |facet: &Facet| {
            (match filter.active {
                Active::Yes => facet.active,
                Active::No => !facet.active,
                Active::All => true,
            }) && filter.licence_type.is_none_or(|licence_type| facet.licence_type == licence_type.code())
                && filter.line.as_ref().is_none_or(|line| facet.line == *line)
        };
        let facets: Vec<String> = facets.into_iter().filter(wanted).map(|facet| facet.text).collect();
        let people: Option<Vec<i64>> = filter.by.as_ref().map(|by| {
            let begins = |name: &str| name.to_lowercase().starts_with(&by.to_lowercase());
            people.iter().filter(|(_, name)| begins(name)).map(|(id, _)| *id).collect()
        });
        let site = match &filter.site {
            None => None,
            Some(id) => match self.sites(on).await?.iter().find(|site| site.id == *id) {
                Some(site) => Some(site.id.parse().map_err(Error::internal)?),
                None => return Ok(None),
            },
        };
        if facets.is_empty() || people.as_ref().is_some_and(Vec::is_empty) {
            return Ok(None);
        }
        let zone = self.caller().person().time_zone;
        // A day begins where the reader is; where the clocks skip midnight, with the first instant there is.
        let begin = |day: NaiveDate| {
            let midnight = day.and_time(NaiveTime::MIN);
            let first = zone.from_local_datetime(&midnight).earliest();
            first.map_or_else(|| midnight.and_utc(), |first| first.with_timezone(&Utc))
        };
        Ok(Some(Search {
            account: self.account_id(),
            facets,
            site,
            people,
            from: filter.from.map(begin),
            before: filter.to.and_then(|day| day.checked_add_days(Days::new(1))).map(begin),
            machine: filter.machine.as_ref().map(|machine| machine.to_ascii_lowercase()),
            column: Column::of(filter.sort),
            descends: filter.sort.descends(),
        }))
    }
}

/// The facets of an account and the people who generated its files: an index probe for each, however many files there are.
async fn known(on: &impl ConnectionTrait, account: i64) -> Result<Known, Error> {
    #[derive(FromQueryResult)]
    struct Found {
        id: i64,
        text: String,
        line: Option<String>,
    }
    let sql = "WITH RECURSIVE
        facets (facet) AS (
            SELECT MIN(facet) FROM listed_files WHERE account_id = $1
            UNION ALL
            SELECT (SELECT MIN(l.facet) FROM listed_files l WHERE l.account_id = $1 AND l.facet > facets.facet)
            FROM facets WHERE facets.facet IS NOT NULL),
        generators (id) AS (
            SELECT MIN(generated_by) FROM listed_files WHERE account_id = $1
            UNION ALL
            SELECT (SELECT MIN(l.generated_by) FROM listed_files l WHERE l.account_id = $1 AND l.generated_by > generators.id)
            FROM generators WHERE generators.id IS NOT NULL)
        SELECT 0 AS id, f.facet AS text, p.line FROM facets f JOIN products p ON f.facet LIKE '%/%/' || p.code
        UNION ALL
        SELECT g.id, p.name, NULL FROM generators g JOIN people p ON p.id = g.id";
    let found: Vec<Found> = rows(on, "activity: facets", sql, [account.into()]).await?;
    let mut known = Known { facets: Vec::new(), people: Vec::new() };
    for Found { id, text, line } in found {
        let Some(line) = line else {
            known.people.push((id, text));
            continue;
        };
        let mut words = text.split('/');
        let active = words.next() == Some("active");
        let licence_type = words.next().unwrap_or_default().to_owned();
        known.facets.push(Facet { active, licence_type, line, text });
    }
    Ok(known)
}

/// What begins with a prefix lies before the prefix with the last of all characters.
const LAST_CHARACTER: char = char::MAX;

impl Search {
    async fn page(&self, on: &impl ConnectionTrait, after: Option<&Cursor>, most: usize) -> Result<Activity, Error> {
        #[derive(FromQueryResult)]
        struct Listed {
            #[sea_orm(nested)]
            file: Stored,
            total: i64,
            name_key: Option<String>,
        }
        let begin = match after {
            None => None,
            Some(cursor) => Some((cursor.key.clone(), self.place(on, cursor).await?)),
        };
        let (driver, found) = self.driver(on).await?;
        let mut statement = Statement::default();
        let total = self.count(&mut statement, driver);
        let page = self.rows(&mut statement, driver, found, begin, most + 1);
        let name_key = if self.column == Column::Machine { "page.key" } else { "NULL" };
        let order = self.order("page.key", "page.file_id");
        let sql =
            format!("SELECT {total} AS total, {name_key} AS name_key, {FILE} FROM ({page}) page {FILE_OF_LIST} ORDER BY {order}");
        let listed: Vec<Listed> = rows(on, "activity: page", &sql, statement.values).await?;
        let total = listed.first().map_or(Ok(0), |listed| u64::try_from(listed.total)).map_err(Error::internal)?;
        let more = listed.len() > most;
        let mut names = Vec::new();
        let mut page = Vec::new();
        for Listed { file, name_key, .. } in listed.into_iter().take(most) {
            names.push(name_key);
            page.push(file.row()?);
        }
        let last = page.last().zip(names.pop()).filter(|_| more);
        let next = last.map(|(row, name)| {
            let key = match self.column {
                Column::Time => Key::Instant(row.generated_at),
                Column::End => Key::Day(row.valid_through),
                Column::Machine => Key::Name(name.unwrap_or_default()),
            };
            Cursor { key, serial: row.serial.clone() }
        });
        Ok(Activity { rows: page, total, next })
    }

    /// The row id of the file that a page ended with.
    async fn place(&self, on: &impl ConnectionTrait, cursor: &Cursor) -> Result<i64, Error> {
        #[derive(FromQueryResult)]
        struct Place {
            id: i64,
        }
        let sorted = matches!(
            (&cursor.key, self.column),
            (Key::Instant(_), Column::Time) | (Key::Day(_), Column::End) | (Key::Name(_), Column::Machine)
        );
        let sql = "SELECT id FROM activation_files WHERE account_id = $1 AND serial = $2";
        let place: Option<Place> =
            row(on, "activity: where the page begins", sql, [self.account.into(), cursor.serial.as_str().into()]).await?;
        place.filter(|_| sorted).map(|place| place.id).ok_or(Error::NotFound)
    }

    /// The narrowest of the filters that an index begins with, and how many files it finds; nothing is counted where there is no choice.
    async fn driver(&self, on: &impl ConnectionTrait) -> Result<(Driver, Option<u64>), Error> {
        #[derive(FromQueryResult)]
        struct Counts {
            times: i64,
            sites: i64,
            people: i64,
            machines: i64,
        }
        let dated = self.from.is_some() || self.before.is_some();
        let mut statement = Statement::default();
        let mut limited = |wanted: bool, driver: Driver| {
            if !wanted {
                return "-1".to_owned();
            }
            let source = self.source(&mut statement, driver, Narrowed::ByDriver);
            format!("(SELECT COUNT(*) FROM (SELECT 1 AS one {source} LIMIT {}) c)", MOST_COUNTED + 1)
        };
        let sql = format!(
            "SELECT CAST({} AS BIGINT) AS times, CAST({} AS BIGINT) AS sites, CAST({} AS BIGINT) AS people, CAST({} AS BIGINT) AS machines",
            limited(dated, Driver::Facets),
            limited(self.site.is_some(), Driver::Sites),
            limited(self.people.is_some(), Driver::People),
            limited(self.machine.is_some(), Driver::Machines),
        );
        if statement.values.is_empty() {
            return Ok((Driver::Facets, None));
        }
        let counts: Option<Counts> = row(on, "activity: narrowest filter", &sql, statement.values).await?;
        let Counts { times, sites, people, machines } = counts.ok_or_else(|| Error::internal("a count gave no row"))?;
        let counted = [(Driver::Sites, sites), (Driver::People, people), (Driver::Machines, machines), (Driver::Facets, times)];
        let found = counted.into_iter().filter_map(|(driver, found)| Some((driver, u64::try_from(found).ok()?)));
        let narrowest = found.min_by_key(|(_, found)| *found);
        Ok(narrowest.map_or((Driver::Facets, None), |(driver, found)| (driver, Some(found))))
    }

    /// All that the filter finds, counted to one more than [`MOST_COUNTED`].
    fn count(&self, statement: &mut Statement, driver: Driver) -> String {
        let source = self.source(statement, driver, Narrowed::Wholly);
        format!("(SELECT COUNT(*) FROM (SELECT 1 AS one {source} LIMIT {}) c)", MOST_COUNTED + 1)
    }

    /// The rows of a page: (file_id, key), in their order.
    fn rows(
        &self,
        statement: &mut Statement,
        driver: Driver,
        found: Option<u64>,
        begin: Option<(Key, i64)>,
        most: usize,
    ) -> String {
        let key = self.key(statement);
        let after = begin.map(|(key, file)| {
            let value: Value = match key {
                Key::Instant(at) => at.into(),
                Key::Day(day) => day.into(),
                Key::Name(name) => name.into(),
            };
            (statement.bind(value), statement.bind(file))
        });
        let beyond = if self.descends { "<" } else { ">" };
        let after = |key: &str| match &after {
            Some((value, file)) => format!(" AND ({key}, l.file_id) {beyond} ({value}, {file})"),
            None => String::new(),
        };
        let order = self.order("key", "file_id");
        let few = found.is_some_and(|found| found <= MOST_COUNTED);
        let in_order = match driver {
            Driver::Facets => true,
            Driver::Sites | Driver::People => self.column != Column::End,
            Driver::Machines => self.column == Column::Machine,
        };
        let whole = if driver == Driver::Machines { few || in_order } else { few && !in_order };
        if whole {
            let source = self.source(statement, driver, Narrowed::Wholly);
            // Names of machines stand in their index in order.
            let key = if driver == Driver::Machines && in_order { "n.name" } else { &key };
            return format!("SELECT l.file_id AS file_id, {key} AS key {source}{} ORDER BY {order} LIMIT {most}", after(key));
        }
        // Of many rows only an index in the right order gives the first ones quickly.
        let after = after(&key);
        let driver = if in_order { driver } else { Driver::Facets };
        let tests = self.tests(statement, driver, Narrowed::Wholly);
        let runs: Vec<String> = self
            .runs(statement, driver)
            .into_iter()
            .map(|run| {
                format!(
                    "SELECT * FROM (SELECT l.file_id, {key} AS key FROM listed_files l WHERE {run}{tests}{after}
                     ORDER BY {order} LIMIT {most}) run"
                )
            })
            .collect();
        format!("SELECT file_id, key FROM ({}) runs ORDER BY {order} LIMIT {most}", runs.join(" UNION ALL "))
    }

    /// What sorts: with a name of a machine, the first by name of those that begin with it.
    fn key(&self, statement: &mut Statement) -> String {
        match (&self.machine, self.column) {
            (Some(machine), Column::Machine) => {
                let (from, to) = prefix(statement, machine);
                matching(&from, &to)
            }
            (_, column) => column.name().to_owned(),
        }
    }

    fn order(&self, key: &str, file: &str) -> String {
        let direction = if self.descends { "DESC" } else { "ASC" };
        format!("{key} {direction}, {file} {direction}")
    }

    /// `FROM … WHERE …` of every row that `driver` leads to.
    fn source(&self, statement: &mut Statement, driver: Driver, narrowed: Narrowed) -> String {
        let tests = self.tests(statement, driver, narrowed);
        if let (Driver::Machines, Some(machine)) = (driver, &self.machine) {
            let account = statement.bind(self.account);
            let (from, to) = prefix(statement, machine);
            let facets = self.facets(statement);
            return format!(
                "FROM file_machines n JOIN listed_files l ON l.file_id = n.file_id
                 WHERE n.account_id = {account} AND n.name >= {from} AND n.name < {to} AND n.name = {} AND l.facet IN ({facets}){tests}",
                matching(&from, &to)
            );
        }
        let runs: Vec<String> = self
            .runs(statement, driver)
            .into_iter()
            .map(|run| {
                format!(
                    "SELECT l.file_id, l.generated_at, l.valid_through, l.machine, l.switchover_machine
                     FROM listed_files l WHERE {run}{tests}"
                )
            })
            .collect();
        format!("FROM ({}) l WHERE TRUE", runs.join(" UNION ALL "))
    }

    fn facets(&self, statement: &mut Statement) -> String {
        self.facets.iter().map(|facet| statement.bind(facet.as_str())).collect::<Vec<_>>().join(", ")
    }

    /// The conditions of each run of the index that `driver` begins with.
    fn runs(&self, statement: &mut Statement, driver: Driver) -> Vec<String> {
        let begins: Vec<String> = match (driver, self.site, &self.people) {
            (Driver::Sites, Some(site), _) => vec![format!("l.site_id = {}", statement.bind(site))],
            (Driver::People, _, Some(people)) => {
                let account = statement.bind(self.account);
                let person = |id: &i64| format!("l.account_id = {account} AND l.generated_by = {}", statement.bind(*id));
                people.iter().map(person).collect()
            }
            _ => vec![format!("l.account_id = {}", statement.bind(self.account))],
        };
        let facets: Vec<String> = self.facets.iter().map(|facet| statement.bind(facet.as_str())).collect();
        let run = |begin: &String| facets.iter().map(|facet| format!("{begin} AND l.facet = {facet}")).collect::<Vec<_>>();
        begins.iter().flat_map(run).collect()
    }

    /// What each row must still be tried for: what the runs of `driver` do not say.
    fn tests(&self, statement: &mut Statement, driver: Driver, narrowed: Narrowed) -> String {
        let mut tests = String::new();
        let mut test = |test: String| tests += &format!(" AND {test}");
        let wholly = narrowed == Narrowed::Wholly;
        if wholly || driver == Driver::Facets {
            if let Some(from) = self.from {
                test(format!("l.generated_at >= {}", statement.bind(from)));
            }
            if let Some(before) = self.before {
                test(format!("l.generated_at < {}", statement.bind(before)));
            }
        }
        if !wholly {
            return tests;
        }
        if let (Some(site), true) = (self.site, driver != Driver::Sites) {
            test(format!("l.site_id = {}", statement.bind(site)));
        }
        if let (Some(people), true) = (&self.people, driver != Driver::People) {
            let people: Vec<_> = people.iter().map(|id| statement.bind(*id)).collect();
            test(format!("l.generated_by IN ({})", people.join(", ")));
        }
        if let (Some(machine), true) = (&self.machine, driver != Driver::Machines) {
            let (from, to) = prefix(statement, machine);
            test(format!(
                "((l.machine >= {from} AND l.machine < {to}) OR (l.switchover_machine >= {from} AND l.switchover_machine < {to}))"
            ));
        }
        tests
    }
}

/// Whether only the filter of the driver counts, or all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Narrowed {
    ByDriver,
    Wholly,
}

/// The bounds between which names with a prefix lie.
fn prefix(statement: &mut Statement, prefix: &str) -> (String, String) {
    (statement.bind(prefix), statement.bind(format!("{prefix}{LAST_CHARACTER}")))
}

/// The name of file `l` between two bounds, the first one of a pair whose names both are.
fn matching(from: &str, to: &str) -> String {
    format!(
        "CASE WHEN l.machine >= {from} AND l.machine < {to}
            AND (l.switchover_machine IS NULL OR l.switchover_machine < {from} OR l.switchover_machine >= {to} OR l.machine <= l.switchover_machine)
         THEN l.machine ELSE l.switchover_machine END"
    )
}

/// What the index finds a file by that is in `state`, for a product.
pub(crate) fn facet(state: &str, licence_type: LicenceType, product: &str) -> String {
    format!("{state}/{}/{product}", licence_type.code())
}
