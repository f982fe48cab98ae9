//! *Deactivate*: a file gives back everything that it holds. Domain §5 and §6.3.

use crate::{
    AccountAccess, AuditEvent, Error, Failpoint, FileState, NotGenerated, SubmissionKey, Write,
    database::{count, rows, run},
    revision::{Ledger, allocate, list_state, sides},
    submission::{Action, Asked},
    update::Current,
};
use licensing::{
    Garn, Quantity, Serial,
    deactivation::{Deactivation, field},
    eligibility::Ineligible,
    form::Refusal,
};
use sea_orm::FromQueryResult;
use serde_json::json;
use std::collections::BTreeMap;

/// Why a file was not deactivated. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum NotDeactivated {
    #[error("You cannot deactivate this file.")]
    Ineligible(Ineligible),
    #[error("There is a problem.")]
    Refused(Vec<Refusal>),
    #[error("{serial} is {state} already: it holds nothing that could be returned.")]
    NotActive { serial: Serial, state: FileState },
    #[error("This form was already used for {serial}.")]
    KeyReused { garn: Garn, serial: Serial },
    #[error(transparent)]
    Error(#[from] Error),
}

impl AccountAccess {
    /// Why this person may not deactivate files of this account, if so. A certification is not asked for. Domain §1.
    #[must_use]
    pub fn refuses_deactivation(&self) -> Option<Ineligible> {
        self.refused_model()
    }

    /// Deactivates the file `serial`: in one transaction its quantities return, its state changes, and the event and the mail are noted.
    ///
    /// `value` gives each field of the form as typed. The same key with the same form gives the same answer again.
    ///
    /// # Errors
    /// [`NotDeactivated`]; nothing was changed then.
    pub async fn deactivate<'a>(
        &self,
        serial: &str,
        value: impl Fn(&str) -> &'a str,
        key: &SubmissionKey,
    ) -> Result<Serial, NotDeactivated> {
        let typed: BTreeMap<&str, &str> =
            [field::REASON, field::NOTE, field::MACHINE].into_iter().map(|name| (name, value(name).trim())).collect();
        let mut deactivated = self.try_deactivate(serial, &typed, key).await;
        // Another request took the key first, so this time it is found.
        if let Ok(None) = deactivated {
            deactivated = self.try_deactivate(serial, &typed, key).await;
        }
        deactivated?.ok_or_else(|| Error::internal("the submission key is taken and cannot be found").into())
    }

    async fn try_deactivate(
        &self,
        serial: &str,
        typed: &BTreeMap<&str, &str>,
        key: &SubmissionKey,
    ) -> Result<Option<Serial>, NotDeactivated> {
        let asked = Asked::of(self, Action::Deactivate, serial, typed, key)?;
        let write = self.write().await?;
        let now = self.portal().now();
        write.reach(Failpoint::DeactivateBegun);
        if let Some(before) = self.submitted(&write, &asked).await? {
            return match before.of_file() {
                Ok(serial) => Ok(Some(serial)),
                Err(NotGenerated::KeyReused { garn, serial }) => Err(NotDeactivated::KeyReused { garn, serial }),
                Err(error) => Err(Error::internal(error).into()),
            };
        }
        let current = self.current_file(write.on(), serial).await?;
        if let Some(reason) = self.refuses_deactivation() {
            return Err(NotDeactivated::Ineligible(reason));
        }
        if current.state != FileState::Active {
            return Err(NotDeactivated::NotActive { serial: current.serial, state: current.state });
        }
        let servers = current.file.binding.servers();
        let machine = servers.first().map_or("", |server| server.machine_name.as_str());
        let of_form = |name: &str| typed.get(name).copied().unwrap_or_default();
        let deactivation = Deactivation::parse(current.licence_type, machine, of_form).map_err(NotDeactivated::Refused)?;
        let ledger = returned(&write, &current).await?;
        allocate(&write, &ledger).await?;
        let sql =
            "UPDATE activation_files SET state = 'deactivated', ended_at = $1, ended_by = $2, end_reason = $3, end_note = $4
                   WHERE id = $5 AND state = 'active'";
        let values = [
            now.into(),
            self.caller().person_id().into(),
            deactivation.reason.code().into(),
            deactivation.note.clone().into(),
            current.file_id.into(),
        ];
        if run(write.on(), "deactivate", sql, values).await? != 1 {
            return Err(Error::internal("a file was changed without its account's lock").into());
        }
        write.reach(Failpoint::StateStored);
        let state = FileState::Deactivated.code();
        list_state(&write, current.file_id, state, current.licence_type, &current.product).await?;
        if !self.note_submission(&write, asked, current.serial.to_string()).await? {
            return Ok(None);
        }
        let subject = format!("Activation file {serial} for {machine} was deactivated");
        let done = format!(
            "You deactivated activation file {serial} for {machine}; its quantities are available again. A copy that is installed goes on \
             working until it is removed there. It belonged to {}",
            self.name
        );
        self.queue_mail(&write, subject, done, &current.serial, now).await?;
        let (before, after) = sides(&ledger);
        let event = AuditEvent::on_account(now, self, "deactivate", current.serial.as_str()).changing(
            json!({ "allocated": before, "state": FileState::Active.code() }),
            json!({ "allocated": after, "state": state, "reason": deactivation.reason.code(), "note": deactivation.note }),
        );
        write.commit(event).await?;
        tracing::info!(serial, garn = %self.garn, "activation file deactivated");
        Ok(Some(current.serial))
    }
}

/// What the entitlements that a file holds are without it.
pub(crate) async fn returned(write: &Write, current: &Current) -> Result<Ledger, Error> {
    #[derive(FromQueryResult)]
    struct Line {
        id: i64,
        allocated_assigned: i64,
        allocated_pooled: i64,
    }
    let lines: Vec<Line> = rows(
        write.on(),
        "deactivate: what is held",
        "SELECT e.id, e.allocated_assigned, e.allocated_pooled FROM entitlements e JOIN allocations a ON a.entitlement_id = e.id
         JOIN file_revisions r ON r.id = a.revision_id WHERE r.file_id = $1 AND r.revision = $2 ORDER BY e.id",
        [current.file_id.into(), i64::from(current.revision).into()],
    )
    .await?;
    lines
        .into_iter()
        .map(|Line { id, allocated_assigned, allocated_pooled }| {
            let before = Quantity::new(count(allocated_assigned)?, count(allocated_pooled)?);
            let held = current.held.entitlements.get(&id).copied().unwrap_or_default();
            let after = before.checked_sub(held).ok_or_else(|| Error::internal("a file holds more than is allocated"))?;
            Ok((id, (before, after)))
        })
        .collect()
}
