//! One page of a list: what is the narrowest of its filters, which runs of which index are read, and in what order.

use crate::{
    error::Error,
    files::{
        list::{
            model::{Activity, Cursor, Facet, Key, MOST_COUNTED},
            part::HeldPart,
        },
        row::{FileRow, listed_files},
    },
    store::statement::{by_bytes, row, rows},
};
use chrono::{DateTime, NaiveDate, Utc};
use licensing::files::list::{Named, Sort};
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Value};

/// The column that sorts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Time,
    Machine,
    End,
    Product,
    Type,
    Site,
    Person,
    State,
}

impl Column {
    const fn of(sort: Sort) -> Self {
        match sort {
            Sort::Latest | Sort::Oldest => Self::Time,
            Sort::MachineUp | Sort::MachineDown => Self::Machine,
            Sort::EndFirst | Sort::EndLast => Self::End,
            Sort::ProductUp | Sort::ProductDown => Self::Product,
            Sort::TypeUp | Sort::TypeDown => Self::Type,
            Sort::SiteUp | Sort::SiteDown => Self::Site,
            Sort::ByUp | Sort::ByDown => Self::Person,
            Sort::StateUp | Sort::StateDown => Self::State,
        }
    }
}

/// Index that the rows are read through, by its leading column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Driver {
    /// All files of the account, a facet at a time.
    Facets,
    Sites,
    People,
    /// Last days, before those of files that do not end.
    Ends,
    /// Order lines of a part.
    Part,
    /// Names of machines, in their order.
    Machines,
}

impl Driver {
    const fn table(self) -> &'static str {
        match self {
            Self::Machines => "file_machines l",
            Self::Facets | Self::Sites | Self::People | Self::Ends | Self::Part => "listed_files l",
        }
    }
}

/// A filter as the database is asked for it.
pub(super) struct Search {
    pub(super) account: i64,
    pub(super) facets: Vec<Facet>,
    pub(super) site: Option<i64>,
    pub(super) people: Option<Vec<i64>>,
    pub(super) from: Option<DateTime<Utc>>,
    pub(super) before: Option<DateTime<Utc>>,
    pub(super) machine: Option<Named>,
    pub(super) part: Option<HeldPart>,
    pub(super) ends_from: Option<NaiveDate>,
    pub(super) ends_to: Option<NaiveDate>,
    pub(super) sort: Sort,
}

/// The first last day of files that do not end, as the index of the others has it.
const UNLIMITED: NaiveDate = NaiveDate::from_ymd_opt(2100, 1, 1).expect("a date");

/// A statement with its values.
struct Statement {
    backend: DbBackend,
    values: Vec<Value>,
}

impl Statement {
    fn on(on: &impl ConnectionTrait) -> Self {
        Self { backend: on.get_database_backend(), values: Vec::new() }
    }

    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }
}

/// Values that begin with a prefix lie before the prefix with the last of all characters…
const LAST_CHARACTER: char = char::MAX;
/// …and of all names nothing but the name itself before it with the first one that no name has.
const FIRST_CHARACTER: char = '\u{1}';

impl Search {
    const fn column(&self) -> Column {
        Column::of(self.sort)
    }

    /// The rows of one page, how many there are in all, and where the next page begins.
    pub(super) async fn page(
        &mut self,
        on: &impl ConnectionTrait,
        after: Option<&Cursor>,
        most: usize,
    ) -> Result<Activity, Error> {
        #[derive(FromQueryResult)]
        struct Listed {
            total: Option<i64>,
            file_id: i64,
            at: Option<DateTime<Utc>>,
            name: Option<String>,
            day: Option<NaiveDate>,
        }
        let (driver, found) = self.driver(on).await?;
        if found == Some(0) && after.is_none() {
            return Ok(Activity { rows: Vec::new(), total: 0, previous: None, next: None, sorted: self.sort });
        }
        // What was counted to find the narrowest filter need not be counted again where there is no other.
        let mut total = found.filter(|_| !self.narrows_further(on, driver));
        if !self.sort.at_any_length() {
            let found = match total {
                Some(found) => found,
                None => self.total(on, driver).await?,
            };
            if found > MOST_COUNTED {
                self.sort = Sort::Latest;
            }
            total = Some(found);
        }
        let begin = match after {
            None => None,
            Some(cursor) => Some((cursor.key.clone(), self.place(on, cursor).await?)),
        };
        let mut statement = Statement::on(on);
        let sql = self.places(&mut statement, driver, found, total, begin, most + 1);
        let mut listed: Vec<Listed> = rows(on, "activity: page", &sql, statement.values).await?;
        let total = match (total, listed.first()) {
            (Some(total), _) => total,
            (None, listed) => u64::try_from(listed.and_then(|listed| listed.total).unwrap_or(0)).map_err(Error::internal)?,
        };
        let more = listed.len() > most;
        listed.truncate(most);
        let files: Vec<i64> = listed.iter().map(|listed| listed.file_id).collect();
        let rows = listed_files(on, &files).await?;
        let cursor = |(row, listed): (&FileRow, &Listed)| {
            let Listed { at, name, day, .. } = listed;
            let key = at.map(Key::Instant).or(name.clone().map(Key::Name)).or(day.map(Key::Day))?;
            Some(Cursor { key, serial: row.serial.clone() })
        };
        let previous = rows.first().zip(listed.first()).filter(|_| after.is_some()).and_then(cursor);
        let next = rows.last().zip(listed.last()).filter(|_| more).and_then(cursor);
        Ok(Activity { rows, total, previous, next, sorted: self.sort })
    }

    /// The row id of the file that a page ended with.
    async fn place(&self, on: &impl ConnectionTrait, cursor: &Cursor) -> Result<i64, Error> {
        #[derive(FromQueryResult)]
        struct Place {
            id: i64,
        }
        let sorted = match self.column() {
            Column::Time => matches!(cursor.key, Key::Instant(_)),
            Column::End => matches!(cursor.key, Key::Day(_)),
            Column::Machine | Column::Product | Column::Type | Column::Site | Column::Person | Column::State => {
                matches!(cursor.key, Key::Name(_))
            }
        };
        let sql = "SELECT id FROM activation_files WHERE account_id = $1 AND serial = $2";
        let place: Option<Place> =
            row(on, "activity: where the page begins", sql, [self.account.into(), cursor.serial.as_str().into()]).await?;
        // Beyond it only one of the filter's bounds is asked for again.
        let found_here = match &cursor.key {
            Key::Instant(at) => self.from.is_none_or(|from| from <= *at) && self.before.is_none_or(|before| *at < before),
            Key::Name(name) if self.column() == Column::Machine => {
                self.machine.as_ref().is_none_or(|machine| machine.is_folded(name))
            }
            Key::Name(_) | Key::Day(_) => true,
        };
        place.filter(|_| sorted && found_here).map(|place| place.id).ok_or(Error::NotFound)
    }

    /// The narrowest of the filters that an index begins with, and how many files it finds; nothing is counted where there is no choice.
    async fn driver(&self, on: &impl ConnectionTrait) -> Result<(Driver, Option<u64>), Error> {
        #[derive(FromQueryResult)]
        struct Narrowest {
            driver: i64,
            found: i64,
        }
        let dated = self.from.is_some() || self.before.is_some();
        let (site, people) = (self.site.is_some(), self.people.is_some());
        // Days that are asked for together with a site or a person bound what is read of these, too.
        let drivers = [
            (self.machine.is_some(), Driver::Machines),
            (site, Driver::Sites),
            (people, Driver::People),
            (self.ends_to.is_some_and(|day| day < UNLIMITED), Driver::Ends),
            (dated && !site && !people, Driver::Facets),
        ];
        let drivers: Vec<Driver> = drivers.into_iter().filter_map(|(wanted, driver)| wanted.then_some(driver)).collect();
        let mut statement = Statement::on(on);
        let (mut counts, mut choices) = (Vec::new(), Vec::new());
        let mut most = (MOST_COUNTED + 1).to_string();
        for (number, driver) in drivers.iter().enumerate() {
            let source = self.source(&mut statement, *driver, Narrowed::ByDriver, "1 AS one");
            counts.push(format!(
                "c{number} (found) AS MATERIALIZED (SELECT COUNT(*) FROM (SELECT * FROM ({source}) s LIMIT {most}) c)"
            ));
            choices.push(format!("SELECT CAST({number} AS BIGINT) AS driver, found FROM c{number}"));
            // The next one is narrower only if it finds fewer.
            most = format!("(SELECT found FROM c{number})");
        }
        let of_part = match &self.part {
            Some(part) => Some(part.most_files(on, self.account).await?),
            None => None,
        };
        if drivers.is_empty() {
            return Ok(of_part.map_or((Driver::Facets, None), |found| (Driver::Part, Some(found))));
        }
        let (counts, choices) = (counts.join(", "), choices.join(" UNION ALL "));
        let sql = format!("WITH {counts} {choices} ORDER BY found, driver LIMIT 1");
        let narrowest: Option<Narrowest> = row(on, "activity: narrowest filter", &sql, statement.values).await?;
        let Narrowest { driver, found } = narrowest.ok_or_else(|| Error::internal("a count gave no row"))?;
        let driver = usize::try_from(driver).ok().and_then(|number| drivers.get(number)).copied();
        let found = u64::try_from(found).map_err(Error::internal)?;
        // A part leads to its files by its order lines. To try many files for it could read all of the account's before the first one is found.
        if let Some(of_part) = of_part.filter(|of_part| *of_part < found || found > MOST_COUNTED) {
            return Ok((Driver::Part, Some(of_part)));
        }
        Ok((driver.ok_or_else(|| Error::internal("a count of no filter"))?, Some(found)))
    }

    /// Whether rows that `driver` leads to must be tried for anything else.
    fn narrows_further(&self, on: &impl ConnectionTrait, driver: Driver) -> bool {
        let tests = |narrowed| self.tests(&mut Statement::on(on), driver, narrowed, None, false);
        // What a part was counted by are revisions, not files.
        driver == Driver::Part || tests(Narrowed::Wholly) != tests(Narrowed::ByDriver)
    }

    /// All that the filter finds, counted to one more than [`MOST_COUNTED`].
    async fn total(&self, on: &impl ConnectionTrait, driver: Driver) -> Result<u64, Error> {
        #[derive(FromQueryResult)]
        struct Total {
            total: i64,
        }
        let mut statement = Statement::on(on);
        let sql = format!("SELECT {} AS total", self.count(&mut statement, driver));
        let total: Option<Total> = row(on, "activity: count", &sql, statement.values).await?;
        total.map_or(Ok(0), |total| u64::try_from(total.total)).map_err(Error::internal)
    }

    /// The statement that counts them.
    fn count(&self, statement: &mut Statement, driver: Driver) -> String {
        counted(&self.source(statement, driver, Narrowed::Wholly, "1 AS one"))
    }

    /// Which files a page shows, in their order, with what sorts each, and how many there are in all unless the `total` is known.
    fn places(
        &self,
        statement: &mut Statement,
        driver: Driver,
        found: Option<u64>,
        total: Option<u64>,
        begin: Option<(Key, i64)>,
        most: usize,
    ) -> String {
        let few = found.is_some_and(|found| found <= MOST_COUNTED) || !self.sort.at_any_length() || driver == Driver::Part;
        let in_order = match (driver, self.column()) {
            _ if !self.sort.at_any_length() => false,
            (Driver::Machines, column) => column == Column::Machine,
            // Days are in the order of time.
            (Driver::Facets, column) => column == Column::Time || found.is_none(),
            (Driver::Sites | Driver::People, _) => true,
            (Driver::Ends | Driver::Part, _) => false,
        };
        // Of many rows only an index in the right order gives the first ones quickly.
        let runs_of = if few || in_order { driver } else { Driver::Facets };
        let key = self.key(statement, runs_of);
        let begins = begin.is_some();
        let after = begin.map(|(key, file)| {
            let value: Value = match key {
                Key::Instant(at) => at.into(),
                Key::Day(day) => day.into(),
                Key::Name(name) => name.into(),
            };
            (statement.bind(value), statement.bind(file))
        });
        let beyond = if self.sort.descends() { "<" } else { ">" };
        let after = |key: &str, file: &str| match &after {
            Some((value, id)) => format!(" AND ({key}, {file}) {beyond} ({value}, {id})"),
            None => String::new(),
        };
        let order = self.order("key", "file_id");
        let (at, name, day) = match self.column() {
            Column::Time => ("key", "NULL", "NULL"),
            Column::End => ("NULL", "NULL", "key"),
            Column::Machine | Column::Product | Column::Type | Column::Site | Column::Person | Column::State => {
                ("NULL", "key", "NULL")
            }
        };
        let columns = format!("file_id, {at} AS at, {name} AS name, {day} AS day");
        // Few are read once, to be counted and sorted.
        if few && (total.is_none() || !in_order) {
            let found = self.source(statement, driver, Narrowed::Wholly, &format!("l.file_id AS file_id, {key} AS key"));
            let total = if total.is_some() { "NULL" } else { "(SELECT COUNT(*) FROM found)" };
            let after = after("key", "file_id");
            return format!(
                "WITH found AS ({found}) SELECT {total} AS total, {columns} FROM found WHERE TRUE{after} ORDER BY {order} LIMIT {most}"
            );
        }
        let total = if total.is_some() { "NULL".to_owned() } else { self.count(statement, driver) };
        let after = after(&key, "l.file_id");
        let tests = self.tests(statement, runs_of, Narrowed::Wholly, Some(self.column()), begins);
        let table = runs_of.table();
        let runs = self.runs(statement, runs_of, begins, |run| {
            format!(
                "SELECT * FROM (SELECT l.file_id AS file_id, {key} AS key FROM {table} WHERE {run}{tests}{after}
                 ORDER BY {order} LIMIT {most}) run"
            )
        });
        // Beside the merged runs, SQLite would count once for each of them.
        let page = format!("SELECT file_id, key FROM ({runs}) runs ORDER BY {order} LIMIT {most}");
        format!("SELECT {total} AS total, {columns} FROM ({page}) page ORDER BY {order}")
    }

    /// Column that sorts: with a machine name as filter, the first name that begins with it.
    fn key(&self, statement: &mut Statement, driver: Driver) -> String {
        match (&self.machine, self.column()) {
            (Some(_), Column::Machine) if driver == Driver::Machines => "l.name".to_owned(),
            (Some(machine), Column::Machine) => {
                let (from, to) = prefix(statement, machine);
                matching(&from, &to)
            }
            (_, Column::Time) => "l.generated_at".to_owned(),
            (_, Column::Machine) => "l.machine".to_owned(),
            (_, Column::End) => "l.valid_through".to_owned(),
            (_, Column::Product) => self.of_facet(statement, |facet| facet.product.clone()),
            (_, Column::Type) => self.of_facet(statement, |facet| facet.licence_type.to_string()),
            (_, Column::State) => self.of_facet(statement, |facet| facet.state.to_string()),
            (_, Column::Site) => {
                format!("(SELECT lower(s.name{}) FROM install_sites s WHERE s.id = l.site_id)", by_bytes(statement.backend))
            }
            (_, Column::Person) => {
                format!("(SELECT lower(p.name{}) FROM people p WHERE p.id = l.generated_by)", by_bytes(statement.backend))
            }
        }
    }

    /// Expression for a word of the facet of `l`.
    fn of_facet(&self, statement: &mut Statement, words: impl Fn(&Facet) -> String) -> String {
        let facets = self.facets.iter().map(|facet| {
            let (facet, words) = (statement.bind(facet.text.as_str()), statement.bind(words(facet)));
            format!(" WHEN {facet} THEN {words}")
        });
        let facets: String = facets.collect();
        format!("CASE l.facet{facets} END{}", by_bytes(statement.backend))
    }

    fn order(&self, key: &str, file: &str) -> String {
        let direction = if self.sort.descends() { "DESC" } else { "ASC" };
        format!("{key} {direction}, {file} {direction}")
    }

    /// `columns` of every row that `driver` leads to.
    fn source(&self, statement: &mut Statement, driver: Driver, narrowed: Narrowed, columns: &str) -> String {
        let tests = self.tests(statement, driver, narrowed, None, false);
        let table = driver.table();
        self.runs(statement, driver, false, |run| format!("SELECT {columns} FROM {table} WHERE {run}{tests}"))
    }

    /// Rows that `select` reads, one condition for each run of the index that `driver` begins.
    fn runs(&self, statement: &mut Statement, driver: Driver, begins: bool, select: impl Fn(&str) -> String) -> String {
        let begins: Vec<String> = match (driver, self.site, &self.people, &self.machine) {
            (Driver::Sites, Some(site), ..) => vec![format!("l.site_id = {}", statement.bind(site))],
            (Driver::People, _, Some(people), _) => {
                let account = statement.bind(self.account);
                let person = |id: &i64| format!("l.account_id = {account} AND l.generated_by = {}", statement.bind(*id));
                people.iter().map(person).collect()
            }
            (Driver::Machines, _, _, Some(machine)) => {
                let account = statement.bind(self.account);
                let (from, to) = prefix(statement, machine);
                let bounds = match (begins, self.sort.descends()) {
                    (false, _) => format!("l.name >= {from} AND l.name < {to}"),
                    (true, false) => format!("l.name < {to}"),
                    (true, true) => format!("l.name >= {from}"),
                };
                // A pair whose names both begin so is found by the first of them.
                let names = format!(
                    "l.account_id = {account} AND {bounds}
                     AND (l.other IS NULL OR l.other < {from} OR l.other >= {to} OR l.name <= l.other)"
                );
                vec![names]
            }
            (Driver::Ends, ..) => {
                let (account, to) = (statement.bind(self.account), statement.bind(self.ends_to));
                let from =
                    self.ends_from.map(|day| format!(" AND l.valid_through >= {}", statement.bind(day))).unwrap_or_default();
                vec![format!("l.account_id = {account} AND l.valid_through <= {to}{from} AND l.valid_through < '{UNLIMITED}'")]
            }
            _ => vec![format!("l.account_id = {}", statement.bind(self.account))],
        };
        let facets: Vec<String> = self.facets.iter().map(|facet| statement.bind(facet.text.as_str())).collect();
        if let (Driver::Part, Some(part)) = (driver, &self.part) {
            let leads = part.leads(self.account, |value| statement.bind(value));
            return select(&format!("{leads} AND l.facet IN ({})", facets.join(", ")));
        }
        let run = |begin: &str, facet: &str| select(&format!("{begin} AND l.facet = {facet}"));
        let runs = |begin: &String| match statement.backend {
            // Planned once for all facets, and as it stands here: without OFFSET it would be a join, of any kind.
            DbBackend::Postgres => {
                let (facets, run) = (facets.join("), ("), run(begin, "f.facet"));
                format!("SELECT run.* FROM (VALUES ({facets})) f (facet), LATERAL ({run} OFFSET 0) run")
            }
            _ => facets.iter().map(|facet| run(begin, facet)).collect::<Vec<_>>().join(" UNION ALL "),
        };
        begins.iter().map(runs).collect::<Vec<_>>().join(" UNION ALL ")
    }

    /// Conditions that the runs of `driver` do not cover: each row is tried for them.
    ///
    /// Only what bounds a run of the index is left for the database to plan with: times, unless the run is in the order `by` of something else. The
    /// rest is hidden in an expression, because a plan that reads another index would have to read and sort all that it finds there.
    ///
    /// A page that `begins` after a place lies beyond the bound from which the order comes. Both together would be one bound too many: SQLite searches
    /// with either, and walks from there.
    fn tests(&self, statement: &mut Statement, driver: Driver, narrowed: Narrowed, by: Option<Column>, begins: bool) -> String {
        fn hidden(column: &str) -> String {
            format!("COALESCE({column}, {column})")
        }
        let mut tests = String::new();
        let mut test = |test: String| tests += &format!(" AND {test}");
        let wholly = narrowed == Narrowed::Wholly;
        if wholly || driver != Driver::Machines {
            let time = match by {
                None | Some(Column::Time) => "l.generated_at".to_owned(),
                Some(_) => hidden("l.generated_at"),
            };
            let passed = begins && by == Some(Column::Time);
            if let Some(from) = self.from.filter(|_| !passed || self.sort.descends()) {
                test(format!("{time} >= {}", statement.bind(from)));
            }
            if let Some(before) = self.before.filter(|_| !passed || !self.sort.descends()) {
                test(format!("{time} < {}", statement.bind(before)));
            }
        }
        if !wholly {
            return tests;
        }
        if let (Some(site), true) = (self.site, driver != Driver::Sites) {
            test(format!("{} = {}", hidden("l.site_id"), statement.bind(site)));
        }
        if let (Some(people), true) = (&self.people, driver != Driver::People) {
            let people: Vec<_> = people.iter().map(|id| statement.bind(*id)).collect();
            test(format!("{} IN ({})", hidden("l.generated_by"), people.join(", ")));
        }
        if let (Some(machine), true) = (&self.machine, driver != Driver::Machines) {
            let (from, to) = prefix(statement, machine);
            let between = |name: &str| format!("({0} >= {from} AND {0} < {to})", hidden(name));
            test(format!("({} OR {})", between("l.machine"), between("l.switchover_machine")));
        }
        for (day, bound) in [(self.ends_from, ">="), (self.ends_to, "<=")] {
            if let Some(day) = day.filter(|_| driver != Driver::Ends) {
                test(format!("{} {bound} {}", hidden("l.valid_through"), statement.bind(day)));
            }
        }
        if let (Some(part), true) = (&self.part, driver != Driver::Part) {
            test(part.held(|value| statement.bind(value)));
        }
        tests
    }
}

/// Whether only what the driver's index bounds counts, or all filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Narrowed {
    ByDriver,
    Wholly,
}

/// Number of rows that `source` gives, at most one more than [`MOST_COUNTED`].
fn counted(source: &str) -> String {
    format!("(SELECT COUNT(*) FROM (SELECT * FROM ({source}) s LIMIT {}) c)", MOST_COUNTED + 1)
}

/// The bounds between which names with a prefix lie.
fn prefix(statement: &mut Statement, name: &Named) -> (String, String) {
    let (name, end) = match name {
        Named::Exactly(name) => (name, FIRST_CHARACTER),
        Named::Beginning(name) => (name, LAST_CHARACTER),
    };
    (statement.bind(name.as_str()), statement.bind(format!("{name}{end}")))
}

/// The name of file `l` between two bounds, the first one of a pair whose names both are.
fn matching(from: &str, to: &str) -> String {
    format!(
        "CASE WHEN l.machine >= {from} AND l.machine < {to}
            AND (l.switchover_machine IS NULL OR l.switchover_machine < {from} OR l.switchover_machine >= {to} OR l.machine <= l.switchover_machine)
         THEN l.machine ELSE l.switchover_machine END"
    )
}
