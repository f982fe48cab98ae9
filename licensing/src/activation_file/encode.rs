use super::{Account, ActivationFile, Binding, Enforcement, Server};
use crate::value::host_id::HostId;
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use std::fmt::{Display, Write};

pub(super) const FORMAT: &str = "activation-file/1";

/// Lines of the text. Writing to a `String` cannot fail, so the results of `writeln!` are dropped in one place.
#[derive(Default)]
pub(super) struct Text(String);

impl Text {
    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        let _ = writeln!(self.0, "{line}");
    }

    pub(super) fn string(&mut self, key: &str, value: impl Display) {
        let escaped = value.to_string().replace('\\', "\\\\").replace('"', "\\\"");
        self.line(format_args!("{key} = \"{escaped}\""));
    }

    pub(super) fn bare(&mut self, key: &str, value: impl Display) {
        self.line(format_args!("{key} = {value}"));
    }

    /// `2026-11-22`. Dates of files lie in years of four digits: the decoder refuses others.
    pub(super) fn day(&mut self, key: &str, value: NaiveDate) {
        self.bare(key, value.format("%Y-%m-%d"));
    }

    /// `2026-11-22T10:15:30Z`.
    pub(super) fn instant(&mut self, key: &str, value: DateTime<Utc>) {
        self.bare(key, value.to_rfc3339_opts(SecondsFormat::Secs, true));
    }

    pub(super) fn table(&mut self, header: &str) {
        self.line(format_args!("\n{header}"));
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.0
    }
}

/// Host of a `[[binding.server]]`, as its lines name it.
trait Host {
    fn write(&self, text: &mut Text);
}

impl Host for HostId {
    fn write(&self, text: &mut Text) {
        text.string("host_id", self);
    }
}

impl Host for () {
    fn write(&self, _: &mut Text) {}
}

impl ActivationFile {
    /// The one text of this value: UTF-8, LF, tables and keys in a fixed order, `[keys]` sorted by byte.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut text = Text(String::with_capacity(2048));
        text.string("format", FORMAT);
        text.string("serial", &self.serial);
        text.bare("revision", self.revision);
        text.instant("issued_at", self.issued_at);
        text.string("product", &self.product);
        text.string("product_version", &self.product_version);
        text.string("license_type", self.license_type.code());
        text.day("valid_through", self.valid_through);
        if let Some(updates_through) = self.updates_through {
            text.day("updates_through", updates_through);
        }

        let Account { name, garn, install_site } = &self.account;
        text.table("[account]");
        text.string("name", name);
        text.string("garn", garn);
        text.string("install_site", install_site);

        text.table("[binding]");
        match &self.binding {
            Binding::Host { primary, switchover } => {
                text.string("kind", "host");
                servers(&mut text, primary, switchover.as_ref());
            }
            Binding::VirtualCloud { primary, switchover, enforcement } => {
                text.string("kind", "virtual-cloud");
                servers(&mut text, primary, switchover.as_ref());
                let Enforcement { ramp_date, grace_days, organization_id } = enforcement;
                text.table("[enforcement]");
                text.day("ramp_date", *ramp_date);
                text.bare("grace_days", grace_days);
                text.string("organization_id", organization_id);
            }
        }
        if self.license_type.disconnects_hourly() {
            text.table("[restrictions]");
            text.bare("disconnect_hourly", true);
        }

        text.table("[keys]");
        for (key, count) in self.keys.iter() {
            text.bare(key.as_str(), count);
        }
        text.into()
    }
}

fn servers<H: Host>(text: &mut Text, primary: &Server<H>, switchover: Option<&Server<H>>) {
    for (role, server) in [("primary", Some(primary)), ("switchover", switchover)] {
        if let Some(Server { machine_name, host_id, server_item }) = server {
            text.table("[[binding.server]]");
            text.string("role", role);
            text.string("machine_name", machine_name);
            host_id.write(text);
            if let Some(item) = server_item {
                text.string("server_item", item);
            }
        }
    }
}
