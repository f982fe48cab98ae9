//! Address of the database: an SQLite file, or a PostgreSQL server.

use sea_orm::sqlx::postgres::PgConnectOptions;
use std::{fmt, path::PathBuf, str::FromStr};

/// Place of the data.
#[derive(Clone, Debug)]
pub enum DatabaseAddress {
    /// The file of the embedded SQLite; it is made when it is not there.
    Sqlite(PathBuf),
    Postgres(PostgresAddress),
}

impl fmt::Display for DatabaseAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => path.display().fmt(f),
            Self::Postgres(address) => address.fmt(f),
        }
    }
}

/// `postgres://user:password@host/database`, and how many connections this server may open there.
///
/// It is shown without user and password.
#[derive(Clone)]
pub struct PostgresAddress {
    pub(super) options: Box<PgConnectOptions>,
    pub connections: u32,
}

impl PostgresAddress {
    /// As many as allow three servers under PostgreSQL's own default of 100.
    pub const CONNECTIONS: u32 = 32;
}

/// Parameters that a database URL may have.
const KNOWN_PARAMETERS: [&str; 4] = ["sslmode", "sslrootcert", "sslcert", "sslkey"];

/// The address of a PostgreSQL database has another shape.
#[derive(Debug, thiserror::Error)]
#[error(
    "A database URL is postgres://user:password@host:port/database, and may end with the parameters sslmode, sslrootcert, sslcert and sslkey."
)]
pub struct NotADatabaseUrl;

impl FromStr for PostgresAddress {
    type Err = NotADatabaseUrl;
    fn from_str(url: &str) -> Result<Self, NotADatabaseUrl> {
        // The driver would log a parameter that it does not know, whatever that holds.
        let parameters = url.split_once('?').map_or("", |(_, parameters)| parameters);
        let known = |parameter: &str| KNOWN_PARAMETERS.contains(&parameter.split('=').next().unwrap_or_default());
        if !parameters.split('&').filter(|parameter| !parameter.is_empty()).all(known) {
            return Err(NotADatabaseUrl);
        }
        // What the parser says could repeat the password.
        let options = PgConnectOptions::from_str(url).map_err(|_| NotADatabaseUrl)?;
        let scheme = url.starts_with("postgres://") || url.starts_with("postgresql://");
        if scheme && options.get_database().is_some() {
            Ok(Self { options: Box::new(options), connections: Self::CONNECTIONS })
        } else {
            Err(NotADatabaseUrl)
        }
    }
}

impl fmt::Display for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (host, port) = (self.options.get_host(), self.options.get_port());
        write!(f, "postgres://{host}:{port}/{}", self.options.get_database().unwrap_or_default())
    }
}

impl fmt::Debug for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_url_is_shown_without_its_secrets_and_refused_without_repeating_them() {
        let url: PostgresAddress = "postgres://afmt:canary@db.example:5433/licences?sslmode=verify-full".parse().expect("a URL");
        assert_eq!((url.to_string(), format!("{url:?}")), (url.to_string(), "postgres://db.example:5433/licences".to_owned()));
        for wrong in [
            "postgres://afmt:canary@db.example",
            "mysql://afmt:canary@db.example/afmt",
            "postgres://afmt:canary@db.example/afmt?sslpassword=canary",
            "postgres://afmt:can%zzary@db.example:port/afmt",
        ] {
            let refused = wrong.parse::<PostgresAddress>().expect_err(wrong);
            assert!(!format!("{refused} {refused:?}").contains("canary"), "{wrong}");
        }
    }
}
