//! *Activation file activity*: the files of an account, narrowed, sorted and page by page, at any number of files.
//!
//! `listed_files` has a row for each file, with what its current revision says. Its *facet* (state, licence type and product in one text) stands
//! in each index before the column that sorts, so that one **run** of an index answers each facet in order; a page merges the runs of the facets
//! that are asked for. What is narrow enough is read whole from the narrowest of its filters and sorted. `docs/performance.md` has the plans.
//! `file_machines` has a row for each name of a machine, with the other name of a pair and what its file is filtered and sorted by.

use super::{model::Cursor, part::HeldPart, search::Search};
use crate::{
    access::account::AccountAccess,
    error::Error,
    files::{
        list::model::{Activity, ActivityChoices, Facet, Known},
        row::FileRow,
        state::FileState,
    },
    offer::load::sites,
    store::statement::rows,
};
use chrono::{Days, NaiveDate, NaiveTime, TimeZone, Utc};
use licensing::{
    LicenceType,
    files::list::{Active, Filter, Named},
};
use sea_orm::{ConnectionTrait, FromQueryResult};

/// The account's files that `filter` finds, those after `after` of an earlier page.
///
/// # Errors
/// [`Error::NotFound`] when `after` is no place in such a list.
pub async fn activity(
    access: &AccountAccess,
    choices: &ActivityChoices,
    filter: &Filter,
    after: Option<&Cursor>,
    most: usize,
) -> Result<Activity, Error> {
    let Some(mut search) = search(access, choices, filter).await? else {
        return Ok(Activity { rows: Vec::new(), total: 0, previous: None, next: None, sorted: filter.sort });
    };
    search.page(access.portal().database.read(), after, most).await
}

/// The page of the account's files that ends before `before`.
///
/// # Errors
/// As [`activity`].
pub async fn activity_before(
    access: &AccountAccess,
    choices: &ActivityChoices,
    filter: &Filter,
    before: &Cursor,
    most: usize,
) -> Result<Activity, Error> {
    let backwards = filter.sorted(filter.sort.reversed());
    let Activity { mut rows, total, previous, next, sorted } = activity(access, choices, &backwards, Some(before), most).await?;
    rows.reverse();
    Ok(Activity { rows, total, previous: next, next: previous, sorted: sorted.reversed() })
}

/// Number of files that a filter would find whose machine or person has a name that begins with the typed text: one more than [`MOST_COUNTED`]
/// stands for any number beyond. `None` where no name was typed, or the beginning of one.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn begins_so(
    access: &AccountAccess,
    choices: &ActivityChoices,
    filter: &Filter,
) -> Result<Option<(Filter, u64)>, Error> {
    let Some(wider) = filter.beginning() else { return Ok(None) };
    let found = activity(access, choices, &wider, None, 1).await?.total;
    Ok((found > 0).then_some((wider, found)))
}

/// Choices of the filters for this account.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn activity_choices(access: &AccountAccess) -> Result<ActivityChoices, Error> {
    let on = access.portal().database.read();
    let known = known(on, access.account_id()).await?;
    let mut lines: Vec<String> = known.facets.iter().map(|facet| facet.line.clone()).collect();
    lines.sort();
    lines.dedup();
    let mut people: Vec<String> = known.people.iter().map(|(_, name)| name.clone()).collect();
    people.sort();
    Ok(ActivityChoices { sites: sites(access, on).await?, lines, people, known })
}

/// `None` when the filter names something that no file of the account has.
async fn search(access: &AccountAccess, choices: &ActivityChoices, filter: &Filter) -> Result<Option<Search>, Error> {
    let Known { facets, people } = &choices.known;
    let wanted = |facet: &&Facet| {
        let active = facet.state == FileState::Active;
        (match filter.active {
            Active::Yes => active,
            Active::No => !active,
            Active::All => true,
        }) && filter.licence_type.is_none_or(|licence_type| facet.licence_type == licence_type)
            && filter.line.as_ref().is_none_or(|line| facet.line == *line)
    };
    let facets: Vec<Facet> = facets.iter().filter(wanted).cloned().collect();
    let people: Option<Vec<i64>> = filter
        .by
        .as_deref()
        .map(Named::typed)
        .map(|by| people.iter().filter(|(_, name)| by.is(name)).map(|(id, _)| *id).collect());
    let site = match &filter.site {
        None => None,
        Some(id) => match choices.sites.iter().find(|site| site.id == *id) {
            Some(site) => Some(site.id.parse().map_err(Error::internal)?),
            None => return Ok(None),
        },
    };
    if facets.is_empty() || people.as_ref().is_some_and(Vec::is_empty) {
        return Ok(None);
    }
    let part = match &filter.part {
        None => None,
        Some(number) => match HeldPart::of(access.portal().database.read(), access.account_id(), number).await? {
            Some(part) => Some(part),
            None => return Ok(None),
        },
    };
    let zone = access.caller().person().time_zone;
    // A day begins where the reader is; where the clocks skip midnight, with the first instant there is.
    let begin = |day: NaiveDate| {
        let midnight = day.and_time(NaiveTime::MIN);
        let first = zone.from_local_datetime(&midnight).earliest();
        first.map_or_else(|| midnight.and_utc(), |first| first.with_timezone(&Utc))
    };
    Ok(Some(Search {
        account: access.account_id(),
        facets,
        site,
        people,
        from: filter.from.map(begin),
        before: filter.to.and_then(|day| day.checked_add_days(Days::new(1))).map(begin),
        machine: filter.machine.as_deref().map(Named::typed),
        part,
        ends_from: filter.ends_from,
        ends_to: filter.ends_to,
        sort: filter.sort,
    }))
}

/// The facets of an account and the people who generated its files: an index probe for each, however many files there are.
async fn known(on: &impl ConnectionTrait, account: i64) -> Result<Known, Error> {
    #[derive(FromQueryResult)]
    struct Found {
        id: i64,
        text: String,
        line: Option<String>,
        product: Option<String>,
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
        SELECT 0 AS id, f.facet AS text, p.line, p.name AS product FROM facets f JOIN products p ON f.facet LIKE '%/%/' || p.code
        UNION ALL
        SELECT g.id, p.name, NULL, NULL FROM generators g JOIN people p ON p.id = g.id";
    let found: Vec<Found> = rows(on, "activity: facets", sql, [account.into()]).await?;
    let mut known = Known { facets: Vec::new(), people: Vec::new() };
    for Found { id, text, line, product } in found {
        let (Some(line), Some(product)) = (line, product) else {
            known.people.push((id, text));
            continue;
        };
        let mut words = text.split('/');
        let mut word = || words.next().unwrap_or_default();
        let state = FileState::stored(word())?;
        let code = word();
        let licence_type = crate::store::statement::known(LicenceType::from_code(code), code)?;
        known.facets.push(Facet { state, licence_type, line, product, text });
    }
    Ok(known)
}

/// The facets of an account's active files.
pub(crate) async fn active_facets(on: &impl ConnectionTrait, account: i64) -> Result<Vec<String>, Error> {
    let facets = known(on, account).await?.facets.into_iter();
    Ok(facets.filter(|facet| facet.state == FileState::Active).map(|facet| facet.text).collect())
}

/// The latest active files, at most `most`.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn recent(access: &AccountAccess, most: usize) -> Result<Vec<FileRow>, Error> {
    Ok(activity(access, &activity_choices(access).await?, &Filter::default(), None, most).await?.rows)
}
