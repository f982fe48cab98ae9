//! Certifications that come in as a table, a line each: all of them are entered, or none.

use crate::{
    access::analyst::AnalystAccess,
    error::Error,
    event_type::EventType,
    store::{entity::certification, insertion::insert, statement::rows, write::Write},
    table::{self, MOST_UNPACKED, NotATable, Row},
};
use chrono::NaiveDate;
use licensing::{excerpt, form::day};
use sea_orm::{ActiveValue::Set, FromQueryResult, NotSet};
use serde_json::{Value, json};
use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap, HashSet},
};

/// Columns with what each holds.
pub const CERTIFICATION_COLUMNS: [(&str, &str); 4] = [
    ("email", "E-mail address of the person, who has accepted an invitation"),
    ("product", "Code of the product, such as CIC"),
    ("valid_from", "First day, YYYY-MM-DD"),
    ("valid_through", "Last day, YYYY-MM-DD"),
];
/// Maximum number of lines.
const MOST_LINES: usize = 10_000;
/// Problems that are told at once.
const MOST_PROBLEMS: usize = 20;

/// What a table entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertifiedByTable {
    pub new: usize,
    /// Lines that were entered before.
    pub there: usize,
}

/// Why nothing of a table was entered.
#[derive(Debug, thiserror::Error)]
pub enum NotCertifiedByTable {
    #[error("Choose a table: CSV, or a workbook.")]
    Nothing,
    #[error(transparent)]
    Table(#[from] NotATable),
    #[error("The first line names the columns email, product, valid_from and valid_through.")]
    Columns,
    #[error("The table has more than 10,000 lines. Send it in parts.")]
    TooMany,
    #[error("{}", .0.join(" "))]
    Lines(Vec<String>),
    #[error(transparent)]
    Error(#[from] Error),
}

/// A line that can be read.
struct Line {
    line: u64,
    email: String,
    product: String,
    valid_from: NaiveDate,
    valid_through: NaiveDate,
}

/// Enters the certifications of a table. The same table again changes nothing.
///
/// # Errors
/// [`NotCertifiedByTable`]; nothing was changed then.
pub async fn certify_by_table(access: &AnalystAccess, bytes: Vec<u8>) -> Result<CertifiedByTable, NotCertifiedByTable> {
    if bytes.is_empty() {
        return Err(NotCertifiedByTable::Nothing);
    }
    let (lines, mut problems) = tokio::task::spawn_blocking(move || read(&bytes)).await.map_err(Error::internal)??;
    let caller = access.caller();
    let write = caller.portal().database.write_alone().await?;
    let known = Known::load(&write).await?;
    let (mut entered, mut events, mut seen, mut there) = (Vec::new(), Vec::new(), BTreeSet::new(), 0);
    for Line { line, email, product, valid_from, valid_through } in lines {
        let (person, of_product) = (known.people.get(&email), known.products.get(&product.to_lowercase()));
        if person.is_none() {
            problems.push(format!("Line {line}: nobody has the address {}. Invite them first.", excerpt(&email)));
        }
        if of_product.is_none() {
            problems.push(format!("Line {line}: there is no product {}.", excerpt(&product)));
        }
        let (Some(person), Some(of_product)) = (person, of_product) else { continue };
        let certification = (*person, *of_product, valid_from, valid_through);
        if known.certifications.contains(&certification) || !seen.insert(certification) {
            there += 1;
            continue;
        }
        entered.push(certification::ActiveModel {
            id: NotSet,
            person_id: Set(*person),
            product_id: Set(*of_product),
            valid_from: Set(valid_from),
            valid_through: Set(valid_through),
        });
        let told = json!({ "product": product, "valid_from": valid_from, "valid_through": valid_through });
        events.push(caller.event(write.now(), EventType::PersonCertified, email).changing(Value::Null, told));
    }
    if !problems.is_empty() {
        let more = problems.len().saturating_sub(MOST_PROBLEMS);
        problems.truncate(MOST_PROBLEMS);
        if more > 0 {
            problems.push(format!("And {more} more."));
        }
        return Err(NotCertifiedByTable::Lines(problems));
    }
    let counts = CertifiedByTable { new: entered.len(), there };
    let Some(last) = events.pop() else { return Ok(counts) };
    insert::<certification::Entity>(write.on(), entered).await?;
    write.record(events).await?;
    write.commit(last).await?;
    Ok(counts)
}

/// The lines of a table, and what is wrong with the others.
fn read(bytes: &[u8]) -> Result<(Vec<Line>, Vec<String>), NotCertifiedByTable> {
    let places = std::cell::RefCell::new([0; 4]);
    let head = |names: &[Cow<'_, str>]| {
        let normal: Vec<String> = names.iter().map(|name| name.trim().to_lowercase().replace([' ', '-'], "_")).collect();
        for (place, (column, _)) in places.borrow_mut().iter_mut().zip(CERTIFICATION_COLUMNS) {
            *place = normal.iter().position(|name| name == column).ok_or(NotCertifiedByTable::Columns)?;
        }
        Ok(())
    };
    let (mut lines, mut problems) = (Vec::new(), Vec::new());
    table::read(bytes, MOST_UNPACKED, head, |Row { line, cells }| {
        if lines.len() + problems.len() >= MOST_LINES {
            return Err(NotCertifiedByTable::TooMany);
        }
        let [email, product, from, through] =
            places.borrow().map(|place| cells.get(place).map_or("", |cell| cell.trim()).to_owned());
        match (day(&from), day(&through)) {
            (Ok(valid_from), Ok(valid_through)) if valid_from <= valid_through => {
                lines.push(Line { line, email: email.to_lowercase(), product, valid_from, valid_through });
            }
            (Ok(_), Ok(_)) => problems.push(format!("Line {line}: the last day lies before the first one.")),
            (Err(problem), _) | (_, Err(problem)) => problems.push(format!("Line {line}: {problem}")),
        }
        Ok(())
    })?;
    if lines.is_empty() && problems.is_empty() { Err(NotCertifiedByTable::Nothing) } else { Ok((lines, problems)) }
}

/// What lines are held against.
struct Known {
    /// Row ids by address.
    people: HashMap<String, i64>,
    /// Row ids by code.
    products: HashMap<String, i64>,
    certifications: HashSet<(i64, i64, NaiveDate, NaiveDate)>,
}

impl Known {
    async fn load(write: &Write) -> Result<Self, Error> {
        #[derive(FromQueryResult)]
        struct Named {
            id: i64,
            name: String,
        }
        #[derive(FromQueryResult)]
        struct Certification {
            person_id: i64,
            product_id: i64,
            valid_from: NaiveDate,
            valid_through: NaiveDate,
        }
        let on = write.on();
        let people: Vec<Named> =
            rows(on, "certifications: people", "SELECT id, email AS name FROM people WHERE active", []).await?;
        let sql = "SELECT id, code AS name FROM products WHERE NOT retired";
        let products: Vec<Named> = rows(on, "certifications: products", sql, []).await?;
        let sql = "SELECT person_id, product_id, valid_from, valid_through FROM certifications";
        let certifications: Vec<Certification> = rows(on, "certifications: there", sql, []).await?;
        Ok(Self {
            people: people.into_iter().map(|of| (of.name, of.id)).collect(),
            products: products.into_iter().map(|of| (of.name.to_lowercase(), of.id)).collect(),
            certifications: certifications
                .into_iter()
                .map(|of| (of.person_id, of.product_id, of.valid_from, of.valid_through))
                .collect(),
        })
    }
}
