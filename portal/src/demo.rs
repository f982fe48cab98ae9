//! Contents that `--demo` puts into an empty database: the shipped catalogue and a few believable accounts.

use crate::{
    audit::AuditEvent,
    catalogue,
    error::Error,
    event_type::EventType,
    overview::searched,
    people,
    portal::Portal,
    store::entity::{
        account, audit_event, certification, entitlement, install_site, membership, order, part, partner_grant, person, product,
        second_factor,
    },
};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use licensing::{catalogue::PartClass, people::Permissions};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, NotSet, PaginatorTrait, QueryFilter,
};

/// The password of every demo sign-in.
pub const DEMO_PASSWORD: &str = "walk the ledger";

/// A demo sign-in, for the sign-in page.
#[derive(Clone, Copy, Debug)]
pub struct DemoPerson {
    pub email: &'static str,
    pub name: &'static str,
    /// Feature that this person demonstrates.
    pub what: &'static str,
    zone: &'static str,
    staff_role: Option<&'static str>,
    account: Option<&'static str>,
    certified: Certified,
    /// Secret that an authenticator app is set up with.
    secret: Option<&'static [u8; 20]>,
}

#[derive(Clone, Copy, Debug)]
enum Certified {
    No,
    Expired,
    /// For Media Server only.
    Other,
    /// For every product.
    Yes,
}

const INDIANA: &str = "America/Indiana/Indianapolis";
const BERLIN: &str = "Europe/Berlin";
const OSLO: &str = "Europe/Oslo";

impl DemoPerson {
    /// All of them, the one to begin with first.
    pub const ALL: [Self; 9] = [
        Self::customer("amelia.hart@acme.example", "Amelia Hart", "customer, certified", INDIANA, "ACME-1001", Certified::Yes),
        Self::customer(
            "owen.blake@acme.example",
            "Owen Blake",
            "customer, no certification",
            INDIANA,
            "ACME-1001",
            Certified::No,
        ),
        Self::customer(
            "ruth.vance@acme.example",
            "Ruth Vance",
            "customer, certification ended",
            INDIANA,
            "ACME-1001",
            Certified::Expired,
        ),
        Self::customer(
            "theo.lind@acme.example",
            "Theo Lind",
            "customer, certified for Media Server only",
            INDIANA,
            "ACME-1001",
            Certified::Other,
        ),
        Self::customer(
            "hanna.vogt@helios.example",
            "Hanna Vogt",
            "customer with a subscription",
            BERLIN,
            "HELIOS-2002",
            Certified::Yes,
        ),
        Self::customer(
            "petra.novak@brightwater.example",
            "Petra Novák",
            "partner, certified",
            BERLIN,
            "BRIGHTWATER-9001",
            Certified::Yes,
        ),
        Self::customer(
            "jonas.moe@brightwater.example",
            "Jonas Moe",
            "partner, no certification",
            OSLO,
            "BRIGHTWATER-9001",
            Certified::No,
        ),
        Self::staff("lena.fischer@meridian.example", "Lena Fischer", "licensing analyst", "analyst", b"lena counts licences"),
        Self::staff("sam.okafor@meridian.example", "Sam Okafor", "administrator", "administrator", b"sam keeps every key."),
    ];

    const fn customer(
        email: &'static str,
        name: &'static str,
        what: &'static str,
        zone: &'static str,
        account: &'static str,
        certified: Certified,
    ) -> Self {
        Self { email, name, what, zone, staff_role: None, account: Some(account), certified, secret: None }
    }

    const fn staff(
        email: &'static str,
        name: &'static str,
        what: &'static str,
        role: &'static str,
        secret: &'static [u8; 20],
    ) -> Self {
        let (staff_role, secret) = (Some(role), Some(secret));
        Self { email, name, what, zone: BERLIN, staff_role, account: None, certified: Certified::No, secret }
    }

    /// Person of the demo with this address.
    #[must_use]
    pub fn of(email: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|person| person.email == email)
    }

    /// Secret of their second factor in base 32, if they have one.
    #[must_use]
    pub fn secret(self) -> Option<String> {
        self.secret.map(people::in_base32)
    }

    /// Code of their second factor at an instant, if they have one.
    #[must_use]
    pub fn code(self, at: DateTime<Utc>) -> Option<String> {
        self.secret.map(|secret| people::code_at(secret, at))
    }
}

/// A code that the app of a person of the demo shows now, and that was not used.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn code(portal: &Portal, email: &str) -> Result<Option<String>, Error> {
    match DemoPerson::of(email).and_then(|person| person.secret) {
        Some(secret) => people::unused_code(portal, email, secret).await,
        None => Ok(None),
    }
}

/// (GARN, name, kind, licence model, zone)
const ACCOUNTS: [(&str, &str, &str, &str, &str); 4] = [
    ("ACME-1001", "Acme Contact Centers", "customer", "perpetual", INDIANA),
    ("HELIOS-2002", "Helios Energie Kundenservice GmbH", "customer", "subscription", BERLIN),
    ("NORDIC-3003", "Nordic Mutual Insurance Customer Operations", "customer", "perpetual", OSLO),
    ("BRIGHTWATER-9001", "Brightwater Integration", "partner", "perpetual", BERLIN),
];

/// The account whose parts are upgraded together.
const MIRRORED: &str = "NORDIC-3003";

/// The cloud organisation of the account with a subscription.
const CLOUD_ORGANIZATION: &str = "5f0c2c6e-8d1b-4a53-9d0e-1b7f6a2c9e44";

/// (GARN, name, city, state, country, active)
const SITES: [(&str, &str, &str, &str, &str, bool); 7] = [
    ("ACME-1001", "Indianapolis DC 1", "Indianapolis", "IN", "United States", true),
    ("ACME-1001", "Columbus DR", "Columbus", "OH", "United States", true),
    ("ACME-1001", "Old Mill Road", "Indianapolis", "IN", "United States", false),
    ("HELIOS-2002", "Frankfurt RZ 2", "Frankfurt am Main", "Hessen", "Germany", true),
    ("NORDIC-3003", "Oslo Fornebu", "Fornebu", "", "Norway", true),
    ("NORDIC-3003", "Bergen", "Bergen", "", "Norway", true),
    ("BRIGHTWATER-9001", "Berlin Lab", "Berlin", "", "Germany", true),
];

/// When maintenance of an order ends, from today.
#[derive(Clone, Copy)]
enum Maintenance {
    Days(i64),
    None,
}

type Line = (&'static str, i64, i64);

/// An evaluation is sold for so many days.
const EVALUATION_DAYS: i64 = 45;

struct Order {
    garn: &'static str,
    sales_order: &'static str,
    purchase_order: &'static str,
    ordered_on: &'static str,
    maintenance: Maintenance,
    /// (part, assigned, pooled)
    lines: &'static [Line],
}

const ORDERS: [Order; 11] = [
    Order {
        garn: "ACME-1001",
        sales_order: "SO-104417",
        purchase_order: "PO-88121",
        ordered_on: "2018-03-19",
        maintenance: Maintenance::Days(220),
        lines: &[
            ("SW-001-4.0-SV03", 2, 0),
            ("SW-001-4.0-SO03", 2, 0),
            ("SW-001-4.0-AL01", 40, 25),
            ("SW-001-4.0-AL02", 60, 0),
            ("SW-001-4.0-AL04", 250, 125),
            ("SW-001-4.0-AA01", 24, 6),
            ("SW-001-4.0-AA02", 40, 20),
            ("SW-001-4.0-AA10", 250, 125),
            ("SW-001-4.0-AA11", 12, 0),
            ("SW-001-4.0-AA17", 8, 4),
            ("SW-001-4.0-AA19", 50, 0),
            ("SW-001-4.0-FE02", 2, 0),
            ("SW-001-4.0-FE03", 1, 0),
            ("SW-001-4.0-SE01", 20, 0),
        ],
    },
    Order {
        garn: "ACME-1001",
        sales_order: "SO-118902",
        purchase_order: "PO-90377",
        ordered_on: "2019-09-02",
        maintenance: Maintenance::Days(-40),
        lines: &[
            ("SW-001-4.0-SV01", 1, 0),
            ("SW-001-4.0-AL03", 5, 25),
            ("SW-001-4.0-AL04", 50, 0),
            ("SW-001-4.0-AA03", 30, 0),
            ("SW-001-4.0-FE01", 1, 0),
            ("SW-001-4.0-AA14", 6, 2),
            ("SW-001-4.0-AA29", 20, 0),
        ],
    },
    Order {
        garn: "ACME-1001",
        sales_order: "SO-119340",
        purchase_order: "PO-90411",
        ordered_on: "2019-11-25",
        maintenance: Maintenance::Days(45),
        lines: &[("SW-002-4.0-SV01", 4, 0), ("SW-002-4.0-SE01", 400, 0), ("SW-002-4.0-FE01", 4, 0)],
    },
    Order {
        garn: "HELIOS-2002",
        sales_order: "SO-201155",
        purchase_order: "4500119873",
        ordered_on: "2020-02-10",
        maintenance: Maintenance::Days(400),
        lines: &[
            ("SW-001-4.0-SV03", 0, 0),
            ("SW-001-4.0-SO03", 0, 0),
            ("SW-001-4.0-AL02", 0, 0),
            ("SW-001-4.0-AL04", 0, 0),
            ("SW-001-4.0-AA01", 0, 0),
        ],
    },
    Order {
        garn: "NORDIC-3003",
        sales_order: "SO-097713",
        purchase_order: "NMI-2017-034",
        ordered_on: "2017-05-30",
        maintenance: Maintenance::Days(31),
        lines: &[
            ("SW-001-4.0-SV02", 1, 0),
            ("SW-001-4.0-SO02", 1, 0),
            ("SW-001-4.0-AL02", 35, 10),
            ("SW-001-4.0-AL05", 80, 40),
            ("SW-001-4.0-AA06", 20, 0),
            ("SW-001-4.0-AA20", 10, 0),
        ],
    },
    Order {
        garn: "NORDIC-3003",
        sales_order: "SO-099020",
        purchase_order: "NMI-2017-061",
        ordered_on: "2017-10-12",
        maintenance: Maintenance::None,
        lines: &[("SW-001-4.0-AL05", 20, 0), ("SW-001-4.0-AA18", 4, 1)],
    },
    Order {
        garn: "ACME-1001",
        sales_order: "SO-120015",
        purchase_order: "PO-90833",
        ordered_on: "2019-12-16",
        maintenance: Maintenance::None,
        lines: &[
            ("SW-001-4.0-DV01", 1, 0),
            ("SW-001-4.0-DV02", 2, 0),
            ("SW-001-4.0-EV01", 1, 0),
            ("SW-001-4.0-AB01", 10, 0),
            ("SW-003-4.0-SV01", 1, 0),
        ],
    },
    Order {
        garn: "HELIOS-2002",
        sales_order: "SO-201188",
        purchase_order: "4500120442",
        ordered_on: "2020-03-02",
        maintenance: Maintenance::Days(400),
        lines: &[("SW-002-4.0-SV01", 0, 0), ("SW-002-4.0-SE01", 0, 0)],
    },
    Order {
        garn: "NORDIC-3003",
        sales_order: "SO-119977",
        purchase_order: "NMI-2019-112",
        ordered_on: "2019-12-09",
        maintenance: Maintenance::None,
        lines: &[("SW-001-4.0-DV01", 1, 0)],
    },
    Order {
        garn: "NORDIC-3003",
        sales_order: "SO-061208",
        purchase_order: "NMI-2010-007",
        ordered_on: "2010-09-14",
        maintenance: Maintenance::Days(31),
        lines: &[("SW-001-3.0-SV02", 1, 0), ("SW-001-3.0-SO02", 1, 0), ("SW-001-3.0-AL02", 40, 0), ("SW-001-3.0-AL04", 60, 20)],
    },
    Order {
        garn: "NORDIC-3003",
        sales_order: "SO-061955",
        purchase_order: "NMI-2010-031",
        ordered_on: "2010-12-01",
        maintenance: Maintenance::Days(31),
        lines: &[("SW-001-3.0-AL02", 10, 5)],
    },
];

/// Whether the demo was filled in here.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn is_loaded(portal: &Portal) -> Result<bool, Error> {
    let events = audit_event::Entity::find().filter(audit_event::Column::Action.eq(EventType::Demo.code()));
    Ok(events.count(portal.database.read()).await? > 0)
}

/// Fills an empty database with the demo; a database that has people is left as it is.
///
/// # Errors
/// [`Error::Unavailable`] and [`Error::Internal`].
pub async fn fill(portal: &Portal) -> Result<(), Error> {
    if person::Entity::find().count(portal.database.read()).await? > 0 {
        return Ok(());
    }
    // Hashing takes its time: nobody waits for it.
    let hash = |_| portal.passwords.hash(DEMO_PASSWORD, &portal.ctx);
    let hashes = DemoPerson::ALL.iter().map(hash).collect::<Result<Vec<_>, _>>()?;
    let write = portal.database.write_alone().await?;
    let on = write.on();
    if person::Entity::find().count(on).await? > 0 {
        return Ok(());
    }
    let now = portal.ctx.now();
    let today = now.date_naive();
    catalogue::apply_shipped(&write, "server").await.map_err(Error::internal)?;
    for (garn, name, kind, licence_model, time_zone) in ACCOUNTS {
        account::ActiveModel {
            id: NotSet,
            garn: Set(garn.to_owned()),
            name: Set(name.to_owned()),
            kind: Set(kind.to_owned()),
            licence_model: Set(licence_model.to_owned()),
            time_zone: Set(time_zone.to_owned()),
            cloud_organization: Set((licence_model == "subscription").then(|| CLOUD_ORGANIZATION.to_owned())),
            cloud_connected: Set(licence_model == "subscription"),
            mirrored: Set(garn == MIRRORED),
            folded: Set(searched(name, garn)),
            ..Default::default()
        }
        .insert(on)
        .await?;
    }
    let grant = partner_grant::ActiveModel {
        partner_id: Set(account_id(on, "BRIGHTWATER-9001").await?),
        customer_id: Set(account_id(on, "NORDIC-3003").await?),
    };
    partner_grant::Entity::insert(grant).exec_without_returning(on).await?;
    for (garn, name, city, state, country, active) in SITES {
        install_site::ActiveModel {
            account_id: Set(account_id(on, garn).await?),
            name: Set(name.to_owned()),
            city: Set(city.to_owned()),
            state: Set(state.to_owned()),
            country: Set(country.to_owned()),
            active: Set(active),
            ..Default::default()
        }
        .insert(on)
        .await?;
    }
    insert_people(on, hashes, now).await?;
    for order in &ORDERS {
        insert_order(on, order, today).await?;
    }
    crate::requests::fill_demo(portal, &write).await?;
    portal.ctx.reach("demo filled");
    write.commit(AuditEvent::by_operator(now, "server", EventType::Demo, "database")).await?;
    portal.ctx.reach("demo committed");
    Ok(())
}

async fn insert_people(on: &DatabaseTransaction, password_hashes: Vec<String>, now: DateTime<Utc>) -> Result<(), Error> {
    let today = now.date_naive();
    let products = product::Entity::find().all(on).await?;
    for (demo, password_hash) in DemoPerson::ALL.into_iter().zip(password_hashes) {
        let person = person::ActiveModel {
            id: NotSet,
            email: Set(demo.email.to_owned()),
            name: Set(demo.name.to_owned()),
            password_hash: Set(password_hash),
            staff_role: Set(demo.staff_role.map(str::to_owned)),
            time_zone: Set(demo.zone.to_owned()),
            active: Set(true),
            disabled_at: Set(None),
        }
        .insert(on)
        .await?;
        if let Some(secret) = demo.secret {
            let factor = people::demo_factor(person.id, secret, now);
            second_factor::Entity::insert(factor).exec_without_returning(on).await?;
        }
        if let Some(garn) = demo.account {
            let permissions = Set(Permissions::all().to_string());
            let row =
                membership::ActiveModel { person_id: Set(person.id), account_id: Set(account_id(on, garn).await?), permissions };
            membership::Entity::insert(row).exec_without_returning(on).await?;
        }
        let (from, through) = match demo.certified {
            Certified::No => continue,
            Certified::Expired => (today - TimeDelta::days(760), today - TimeDelta::days(30)),
            Certified::Other | Certified::Yes => (today - TimeDelta::days(200), today + TimeDelta::days(530)),
        };
        for product in products.iter().filter(|p| !matches!(demo.certified, Certified::Other) || p.code == "MediaServer") {
            certification::ActiveModel {
                id: NotSet,
                person_id: Set(person.id),
                product_id: Set(product.id),
                valid_from: Set(from),
                valid_through: Set(through),
            }
            .insert(on)
            .await?;
        }
    }
    Ok(())
}

async fn account_id(on: &DatabaseTransaction, garn: &str) -> Result<i64, Error> {
    let found = account::Entity::find().filter(account::Column::Garn.eq(garn)).one(on).await?;
    found.map(|account| account.id).ok_or(Error::NotFound)
}

async fn insert_order(on: &DatabaseTransaction, demo: &Order, today: NaiveDate) -> Result<(), Error> {
    let account = account::Entity::find().filter(account::Column::Garn.eq(demo.garn)).one(on).await?.ok_or(Error::NotFound)?;
    let order = order::ActiveModel {
        id: NotSet,
        account_id: Set(account.id),
        sales_order: Set(demo.sales_order.to_owned()),
        purchase_order: Set(demo.purchase_order.to_owned()),
        ordered_on: Set(demo.ordered_on.parse().map_err(Error::internal)?),
    }
    .insert(on)
    .await?;
    let maintenance_end = match demo.maintenance {
        Maintenance::Days(days) => Some(today + TimeDelta::days(days)),
        Maintenance::None => None,
    };
    for (line, (number, assigned, pooled)) in (1..).zip(demo.lines) {
        let part = part::Entity::find().filter(part::Column::Number.eq(*number)).one(on).await?.ok_or(Error::NotFound)?;
        entitlement::ActiveModel {
            id: NotSet,
            account_id: Set(account.id),
            order_id: Set(order.id),
            line: Set(line),
            part_id: Set(part.id),
            owned_assigned: Set(*assigned),
            owned_pooled: Set(*pooled),
            allocated_assigned: Set(0),
            allocated_pooled: Set(0),
            unlimited: Set(account.licence_model == "subscription"),
            maintenance_end: Set(maintenance_end),
            term_days: Set((part.class == PartClass::Evaluation.code()).then_some(EVALUATION_DAYS)),
        }
        .insert(on)
        .await?;
    }
    Ok(())
}
