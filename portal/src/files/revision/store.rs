//! Files and revisions, stored.

use super::listing;
use crate::{
    access::account::AccountAccess,
    error::Error,
    files::{
        revision::draft::{Draft, Hold, Made, StoredRevision},
        state::FileState,
    },
    store::{
        entity::{activation_file, allocation, file_revision, unordered_part},
        insertion::{insert, insert_returning_ids},
        write::Write,
    },
};
use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, NotSet};
use sha2::{Digest, Sha256};

/// Stores new files with their first revisions. What they hold follows with [`store_held`].
pub(crate) async fn store_new(
    access: &AccountAccess,
    write: &Write,
    made: Vec<Made>,
    now: DateTime<Utc>,
) -> Result<Vec<StoredRevision>, Error> {
    let files = made.iter().map(|Made { draft, .. }| activation_file::ActiveModel {
        id: NotSet,
        serial: Set(draft.file.serial.to_string()),
        account_id: Set(access.account_id()),
        product_id: Set(draft.product_id),
        licence_type: Set(draft.request.licence_type.code().to_owned()),
        revision: Set(1),
        state: Set(FileState::Active.code().to_owned()),
        ..Default::default()
    });
    let ids = insert_returning_ids::<activation_file::Entity>(write.on(), files.collect()).await?;
    write.reach("file stored");
    store_revisions(access, write, ids.into_iter().zip(made).collect(), now).await
}

/// Stores each as the current revision of the file with that row id. What they hold follows with [`store_held`].
pub(crate) async fn store_revisions(
    access: &AccountAccess,
    write: &Write,
    made: Vec<(i64, Made)>,
    now: DateTime<Utc>,
) -> Result<Vec<StoredRevision>, Error> {
    let (mut drafts, mut revisions) = (Vec::with_capacity(made.len()), Vec::with_capacity(made.len()));
    for (file_id, Made { draft, bytes }) in made {
        revisions.push(revision(access, file_id, &draft, bytes, now)?);
        drafts.push((file_id, draft));
    }
    let revision_ids = insert_returning_ids::<file_revision::Entity>(write.on(), revisions).await?;
    write.reach("revision stored");
    let stored = drafts.into_iter().zip(revision_ids);
    Ok(stored.map(|((file_id, draft), revision_id)| StoredRevision { file_id, revision_id, draft }).collect())
}

/// Stores what revisions hold, and puts them where lists and searches find them.
pub(crate) async fn store_held(
    access: &AccountAccess,
    write: &Write,
    stored: &[StoredRevision],
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let (mut ordered, mut unordered) = (Vec::new(), Vec::new());
    for StoredRevision { revision_id, draft, .. } in stored {
        for Hold { entitlement, part, quantity } in &draft.holds {
            let (assigned, pooled) = (Set(i64::from(quantity.assigned)), Set(i64::from(quantity.pooled)));
            let (revision_id, part_id) = (Set(*revision_id), Set(*part));
            match *entitlement {
                Some(line) => {
                    let entitlement_id = Set(line);
                    ordered.push(allocation::ActiveModel { revision_id, entitlement_id, part_id, assigned, pooled });
                }
                None => {
                    let account_id = Set(access.account_id());
                    unordered.push(unordered_part::ActiveModel { revision_id, part_id, account_id, assigned, pooled });
                }
            }
        }
    }
    // While the database stores one thing, the statement of the next is written.
    let ledger = async {
        insert::<allocation::Entity>(write.on(), ordered).await?;
        insert::<unordered_part::Entity>(write.on(), unordered).await?;
        write.reach("ledger stored");
        Ok(())
    };
    tokio::try_join!(ledger, listing::list(access, write, stored, now))?;
    Ok(())
}

fn revision(
    access: &AccountAccess,
    file_id: i64,
    draft: &Draft,
    bytes: Vec<u8>,
    now: DateTime<Utc>,
) -> Result<file_revision::ActiveModel, Error> {
    let Draft { file, request, .. } = draft;
    let mut servers = request.binding.servers().into_iter();
    let primary = servers.next().ok_or_else(|| Error::internal("a file is for no server"))?;
    let switchover = servers.next();
    Ok(file_revision::ActiveModel {
        id: NotSet,
        file_id: Set(file_id),
        revision: Set(i64::from(file.revision)),
        site_id: Set(draft.site_id()?),
        version_id: Set(draft.version_id),
        system_type: Set(request.system_type.map(|t| t.code().to_owned())),
        mail_connector: Set(request.mail_connector.map(|c| c.code().to_owned())),
        primary_machine: Set(primary.machine_name.to_string()),
        primary_host: Set(primary.host_id.map(Into::into)),
        switchover_machine: Set(switchover.as_ref().map(|server| server.machine_name.to_string())),
        switchover_host: Set(switchover.as_ref().and_then(|server| server.host_id.clone()).map(Into::into)),
        valid_through: Set(file.valid_through),
        updates_through: Set(file.updates_through),
        generated_by: Set(access.caller().person_id()),
        generated_at: Set(now),
        signing_key: Set(access.portal().signer.key_name()),
        sha256: Set(Sha256::digest(&bytes).to_vec()),
        bytes: Set(bytes),
    })
}
