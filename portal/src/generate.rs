use crate::{
    AccountAccess, AuditEvent, Ctx, Error, Failpoint, Write,
    database::{parsed, row, rows, run},
    entity::{activation_file, allocation, file_revision, submission, unordered_part},
    offer::LoadedOffer,
    outbox,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, SubsecRound, Utc};
use licensing::{
    Garn, HostId, LicenceType, Quantity, Serial, Source,
    eligibility::Ineligible,
    entitlement::draw,
    file::{Account, ActivationFile},
    form::{NewFile, NewFileForm, Refusal, field},
    offer::Offer,
    preview::Preview,
};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, NotSet, TryInsertResult};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, str::FromStr};

/// Makes one submission of a form recognisable when it arrives twice. Unique for each person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmissionKey(String);

impl SubmissionKey {
    /// The length of a key, in characters.
    const LENGTH: usize = 22;

    pub(crate) fn random(ctx: &Ctx) -> Self {
        Self(URL_SAFE_NO_PAD.encode(ctx.random::<16>()))
    }

    /// As it stands in the form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The form came without the key that this product puts there.
#[derive(Debug, thiserror::Error)]
#[error("The form is not complete: its submission key is missing. Open it again.")]
pub struct NoSubmissionKey;

impl FromStr for SubmissionKey {
    type Err = NoSubmissionKey;
    fn from_str(sent: &str) -> Result<Self, NoSubmissionKey> {
        let shaped = sent.len() == Self::LENGTH && sent.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        if shaped { Ok(Self(sent.to_owned())) } else { Err(NoSubmissionKey) }
    }
}

/// A request that could be generated now, shown once more before it is.
#[derive(Clone, Debug)]
pub struct Checked {
    pub request: NewFile,
    pub offer: Offer,
    pub preview: Preview,
    /// Active files of the same product and type for one of the hosts: (host id, serial). Domain §6.4.
    pub same_host: Vec<(HostId, Serial)>,
}

/// The file that a submission led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    pub serial: Serial,
}

/// Why no file was generated. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum NotGenerated {
    #[error("You cannot generate this file.")]
    Ineligible(Vec<Ineligible>),
    /// Everything that is wrong with what was typed, with the offer it was checked against.
    #[error("There is a problem.")]
    Refused { refusals: Vec<Refusal>, offer: Box<Offer> },
    #[error("This form was already used to generate {serial}.")]
    KeyReused { garn: Garn, serial: Serial },
    #[error(transparent)]
    Error(#[from] Error),
}

impl AccountAccess {
    /// Reads and checks a complete form without changing anything.
    ///
    /// # Errors
    /// [`NotGenerated`], as [`Self::generate`] would answer a form that was not used before.
    pub async fn check(&self, form: &NewFileForm) -> Result<Checked, NotGenerated> {
        let on = self.portal().database.read();
        let (request, loaded) = self.parse(on, form).await?;
        let same_host = self.same_host(on, &request, loaded.product_id).await?;
        let preview = form.preview(&loaded.offer);
        Ok(Checked { request, offer: loaded.offer, preview, same_host })
    }

    /// Generates an activation file: in one transaction the quantities move, the signed and verified bytes are stored, and the event and the mail are noted.
    ///
    /// The same key with the same request gives the same file again.
    ///
    /// # Errors
    /// [`NotGenerated`]; nothing was changed then.
    pub async fn generate(&self, form: &NewFileForm, key: &SubmissionKey) -> Result<Generated, NotGenerated> {
        let mut generated = self.try_generate(form, key).await;
        // Another request took the key first, so this time it is found.
        if let Ok(None) = generated {
            generated = self.try_generate(form, key).await;
        }
        let outcome = match &generated {
            Ok(_) => "generated",
            Err(NotGenerated::Error(_)) => "failed",
            Err(_) => "refused",
        };
        self.portal().observed.generation(outcome);
        generated?.ok_or_else(|| Error::internal("the submission key is taken and cannot be found").into())
    }

    /// `None` when the same person sent the same key at the same time and the other request was first.
    async fn try_generate(&self, form: &NewFileForm, key: &SubmissionKey) -> Result<Option<Generated>, NotGenerated> {
        let ctx = &self.portal().ctx;
        let write = self.write().await?;
        let now = ctx.now();
        ctx.reach(Failpoint::GenerateBegun);
        if let Some(serial) = self.submitted(&write, form, key).await? {
            return Ok(Some(Generated { serial }));
        }
        let (request, loaded) = self.parse(write.on(), form).await?;
        let taken = self.drawn(&request, &loaded)?;
        if !taken.is_empty() {
            allocate(&write, &taken).await?;
        }
        ctx.reach(Failpoint::Allocated);
        let serial = next_serial(&write).await?;
        ctx.reach(Failpoint::Numbered);
        if !self.store(&write, now, &serial, &request, form, &loaded, &taken, key).await? {
            return Ok(None);
        }
        let link = format!("{}/accounts/{}/files/{serial}", self.portal().settings.public_url, self.garn);
        let servers: Vec<_> = request.binding.servers();
        let names: Vec<_> = servers.iter().map(|server| server.machine_name.as_str()).collect();
        let machines: Vec<_> = servers
            .iter()
            .map(|server| match &server.host_id {
                Some(host_id) => format!("{} ({host_id})", server.machine_name),
                None => format!("{} (virtual cloud)", server.machine_name),
            })
            .collect();
        let mail = outbox::Mail {
            recipient: self.caller().person().email.clone(),
            subject: format!("Activation file {serial} for {}", names.join(" and ")),
            body: format!(
                "You generated activation file {serial} for {}, account {} ({}).\n\nView and download it: {link}\n",
                machines.join(" and "),
                self.name,
                self.garn
            ),
        };
        outbox::queue(&write, mail, now).await?;
        ctx.reach(Failpoint::MailQueued);
        let (before, after) = ledger(&loaded, &taken);
        let event = AuditEvent::on_account(now, self, "generate", serial.as_str())
            .changing(json!({ "allocated": before }), json!({ "allocated": after, "revision": 1, "request": request }));
        write.commit(event).await?;
        tracing::info!(%serial, garn = %self.garn, product = request.product, "activation file generated");
        Ok(Some(Generated { serial }))
    }

    /// What this submission led to before.
    async fn submitted(&self, write: &Write, form: &NewFileForm, key: &SubmissionKey) -> Result<Option<Serial>, NotGenerated> {
        #[derive(FromQueryResult)]
        struct Submitted {
            request_sha256: Vec<u8>,
            serial: String,
            garn: String,
        }
        let found: Option<Submitted> = row(
            write.on(),
            "submission",
            "SELECT s.request_sha256, f.serial, a.garn FROM submissions s JOIN activation_files f ON f.id = s.file_id
             JOIN accounts a ON a.id = f.account_id WHERE s.person_id = $1 AND s.key = $2",
            [self.caller().person_id().into(), key.as_str().into()],
        )
        .await?;
        let Some(Submitted { request_sha256, serial, garn }) = found else { return Ok(None) };
        let serial = parsed(&serial)?;
        if request_sha256 == self.digest(form)? {
            Ok(Some(serial))
        } else {
            Err(NotGenerated::KeyReused { garn: parsed(&garn)?, serial })
        }
    }

    /// Tells two requests apart. It covers what is asked for, as typed, and not what the account owns meanwhile.
    fn digest(&self, form: &NewFileForm) -> Result<Vec<u8>, Error> {
        let mut asked = BTreeMap::new();
        for (name, value) in form.fields().filter(|(name, _)| is_asked(name)) {
            // Of a field that was sent twice the first counts, here as in the parser.
            asked.entry(name).or_insert(value.trim());
        }
        asked.retain(|_, value| !value.is_empty());
        let asked = serde_json::to_vec(&(self.garn.as_str(), asked)).map_err(Error::internal)?;
        Ok(Sha256::digest(asked).to_vec())
    }

    async fn parse(&self, on: &impl ConnectionTrait, form: &NewFileForm) -> Result<(NewFile, LoadedOffer), NotGenerated> {
        // A type that there is not is refused at its field.
        let licence_type = LicenceType::from_code(form.value(field::TYPE)).unwrap_or(LicenceType::Production);
        let loaded = self.load_offer(on, form.value(field::PRODUCT), form.value(field::VERSION), licence_type).await?;
        let ineligible = self.ineligible(on, &loaded.offer).await?;
        if !ineligible.is_empty() {
            return Err(NotGenerated::Ineligible(ineligible));
        }
        match form.parse(&loaded.offer) {
            Ok(request) => Ok((request, loaded)),
            Err(refusals) => Err(NotGenerated::Refused { refusals, offer: Box::new(loaded.offer) }),
        }
    }

    /// What each entitlement gives to `request`, by row id, in id order: the order in which rows are taken everywhere.
    fn drawn(&self, request: &NewFile, loaded: &LoadedOffer) -> Result<BTreeMap<i64, Quantity>, Error> {
        let mut taken = BTreeMap::new();
        if request.licence_type.source() != Source::Entitlements {
            return Ok(taken);
        }
        for (number, quantity) in &request.parts {
            let missing = || Error::internal(format!("{number} was asked for and checked, but cannot be drawn"));
            let part = loaded.offer.part(number).ok_or_else(missing)?;
            let ids = loaded.entitlement_ids.get(number).ok_or_else(missing)?;
            for (line, given) in draw(&part.lines, *quantity).map_err(|_| missing())? {
                taken.insert(ids[line], given);
            }
        }
        Ok(taken)
    }

    /// Makes the file and stores it with its revision, its ledger and its submission; `false` when the submission's key is taken.
    #[expect(clippy::too_many_arguments, reason = "what one revision is made of, each thing once")]
    async fn store(
        &self,
        write: &Write,
        now: DateTime<Utc>,
        serial: &Serial,
        request: &NewFile,
        form: &NewFileForm,
        loaded: &LoadedOffer,
        taken: &BTreeMap<i64, Quantity>,
        key: &SubmissionKey,
    ) -> Result<bool, Error> {
        let ctx = &self.portal().ctx;
        let preview = form.preview(&loaded.offer);
        let file = self.activation_file(serial, request, &loaded.offer, preview, now)?;
        let bytes = self.portal().signer.make(&file)?;
        ctx.reach(Failpoint::Signed);
        let stored = activation_file::ActiveModel {
            id: NotSet,
            serial: Set(serial.to_string()),
            account_id: Set(self.account_id()),
            product_id: Set(loaded.product_id),
            licence_type: Set(request.licence_type.code().to_owned()),
            revision: Set(1),
            state: Set("active".to_owned()),
        };
        let file_id = activation_file::Entity::insert(stored).exec(write.on()).await?.last_insert_id;
        ctx.reach(Failpoint::FileStored);
        let mut servers = request.binding.servers().into_iter();
        let primary = servers.next().ok_or_else(|| Error::internal("a file is for no server"))?;
        let switchover = servers.next();
        let revision = file_revision::ActiveModel {
            id: NotSet,
            file_id: Set(file_id),
            revision: Set(1),
            site_id: Set(parsed(&request.site)?),
            version_id: Set(loaded.version_id),
            system_type: Set(request.system_type.map(|t| t.code().to_owned())),
            mail_connector: Set(request.mail_connector.map(|c| c.code().to_owned())),
            primary_machine: Set(primary.machine_name.to_string()),
            primary_host: Set(primary.host_id.map(Into::into)),
            switchover_machine: Set(switchover.as_ref().map(|server| server.machine_name.to_string())),
            switchover_host: Set(switchover.and_then(|server| server.host_id).map(Into::into)),
            valid_through: Set(file.valid_through),
            updates_through: Set(file.updates_through),
            generated_by: Set(self.caller().person_id()),
            generated_at: Set(now),
            signing_key: Set(self.portal().signer.key_name()),
            sha256: Set(Sha256::digest(&bytes).to_vec()),
            bytes: Set(bytes),
        };
        let revision_id = file_revision::Entity::insert(revision).exec(write.on()).await?.last_insert_id;
        ctx.reach(Failpoint::RevisionStored);
        if taken.is_empty() {
            let parts = request.parts.iter().map(|(number, quantity)| {
                let part_id = loaded.part_ids.get(number).ok_or_else(|| Error::internal(format!("{number} is no part")))?;
                Ok(unordered_part::ActiveModel {
                    revision_id: Set(revision_id),
                    part_id: Set(*part_id),
                    assigned: Set(i64::from(quantity.assigned)),
                    pooled: Set(i64::from(quantity.pooled)),
                })
            });
            let parts = parts.collect::<Result<Vec<_>, Error>>()?;
            unordered_part::Entity::insert_many(parts).exec_without_returning(write.on()).await?;
        } else {
            let ledger = taken.iter().map(|(entitlement, quantity)| allocation::ActiveModel {
                revision_id: Set(revision_id),
                entitlement_id: Set(*entitlement),
                assigned: Set(i64::from(quantity.assigned)),
                pooled: Set(i64::from(quantity.pooled)),
            });
            allocation::Entity::insert_many(ledger).exec_without_returning(write.on()).await?;
        }
        ctx.reach(Failpoint::LedgerStored);
        let submitted = submission::ActiveModel {
            person_id: Set(self.caller().person_id()),
            key: Set(key.as_str().to_owned()),
            request_sha256: Set(self.digest(form)?),
            file_id: Set(file_id),
        };
        let submitted = submission::Entity::insert(submitted).on_conflict_do_nothing();
        let first = submitted.exec_without_returning(write.on()).await?;
        ctx.reach(Failpoint::SubmissionStored);
        // Nothing inserted is told as a count, not as a conflict.
        Ok(matches!(first, TryInsertResult::Inserted(1)))
    }

    fn activation_file(
        &self,
        serial: &Serial,
        request: &NewFile,
        offer: &Offer,
        preview: Preview,
        now: DateTime<Utc>,
    ) -> Result<ActivationFile, Error> {
        let site = offer.sites.iter().find(|site| site.id == request.site).ok_or_else(|| Error::internal("the site is gone"))?;
        Ok(ActivationFile {
            serial: serial.clone(),
            revision: 1,
            issued_at: now.trunc_subsecs(0),
            product: parsed(&offer.product.code)?,
            product_version: parsed(&offer.version)?,
            license_type: request.licence_type,
            valid_through: request.valid_through,
            updates_through: preview.updates_through,
            account: Account { name: parsed(&self.name)?, garn: self.garn.clone(), install_site: parsed(&site.name)? },
            binding: request.binding.clone(),
            keys: preview.keys,
        })
    }

    async fn same_host(
        &self,
        on: &impl ConnectionTrait,
        request: &NewFile,
        product_id: i64,
    ) -> Result<Vec<(HostId, Serial)>, Error> {
        #[derive(FromQueryResult)]
        struct Same {
            serial: String,
        }
        let mut same = Vec::new();
        for host_id in request.binding.host_ids() {
            let files: Vec<Same> = rows(
                on,
                "files of a host",
                "SELECT f.serial FROM file_revisions r JOIN activation_files f ON f.id = r.file_id AND f.revision = r.revision
                 WHERE (r.primary_host = $1 OR r.switchover_host = $1)
                   AND f.account_id = $2 AND f.product_id = $3 AND f.licence_type = $4 AND f.state = 'active'
                 ORDER BY f.id",
                [host_id.to_string().into(), self.account_id().into(), product_id.into(), request.licence_type.code().into()],
            )
            .await?;
            for file in files {
                same.push((host_id.clone(), parsed(&file.serial)?));
            }
        }
        Ok(same)
    }
}

/// What is allocated of each entitlement that gives something, by row id, before and after.
fn ledger(loaded: &LoadedOffer, taken: &BTreeMap<i64, Quantity>) -> (BTreeMap<i64, Quantity>, BTreeMap<i64, Quantity>) {
    let lines = loaded.offer.parts.iter().flat_map(|part| {
        let ids = loaded.entitlement_ids.get(&part.number).into_iter().flatten();
        ids.zip(&part.lines).map(|(id, line)| (*id, line.allocated))
    });
    let before: BTreeMap<_, _> = lines.filter(|(id, _)| taken.contains_key(id)).collect();
    let after = before.iter().filter_map(|(id, allocated)| Some((*id, allocated.checked_add(*taken.get(id)?)?))).collect();
    (before, after)
}

/// Fields that say what is asked for; buttons and the key itself do not.
fn is_asked(name: &str) -> bool {
    field::quantity_part(name).is_some() || field::is_choice(name)
}

/// Moves what each entitlement gives, by row id, to *allocated*. That there is enough was read in the same write, so that nothing else can be
/// the case.
async fn allocate(write: &Write, taken: &BTreeMap<i64, Quantity>) -> Result<(), Error> {
    let rows: Vec<String> =
        (0..taken.len()).map(|row| format!("(${}, ${}, ${})", 3 * row + 1, 3 * row + 2, 3 * row + 3)).collect();
    let values = taken.iter().flat_map(|(id, given)| [*id, i64::from(given.assigned), i64::from(given.pooled)]);
    // Both databases call the columns of VALUES column1, column2 and column3.
    let sql = format!(
        "UPDATE entitlements SET allocated_assigned = allocated_assigned + t.column2, allocated_pooled = allocated_pooled + t.column3
         FROM (VALUES {}) AS t WHERE id = t.column1
            AND (unlimited OR (allocated_assigned + t.column2 <= owned_assigned AND allocated_pooled + t.column3 <= owned_pooled))",
        rows.join(", ")
    );
    let moved = run(write.on(), "allocate", &sql, values.map(Into::into)).await?;
    if moved == taken.len() as u64 {
        Ok(())
    } else {
        Err(Error::internal("an entitlement was changed without its account's lock"))
    }
}

async fn next_serial(write: &Write) -> Result<Serial, Error> {
    #[derive(FromQueryResult)]
    struct Next {
        next: i64,
    }
    let sql = match write.on().get_database_backend() {
        DbBackend::Postgres => "SELECT nextval('serial_numbers') AS next",
        _ => "UPDATE serial_numbers SET last = last + 1 WHERE one = 1 RETURNING last AS next",
    };
    let Next { next } =
        row(write.on(), "next serial", sql, []).await?.ok_or_else(|| Error::internal("the serial numbers are missing"))?;
    Ok(Serial::from_number(crate::database::count(next)?))
}
