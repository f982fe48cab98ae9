//! The tables, as `migration` makes them. Nothing of this leaves the crate but their names.

/// A table's module: its row, with `key` columns named first.
macro_rules! table {
    ($module:ident, $table:literal, $($(#[$attribute:meta])* $column:ident: $type:ty,)+) => {
        pub(crate) mod $module {
            use sea_orm::entity::prelude::*;

            pub(crate) const TABLE: &str = $table;

            #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
            #[sea_orm(table_name = $table)]
            pub struct Model {
                $($(#[$attribute])* pub $column: $type,)+
            }

            #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
            pub enum Relation {}

            impl ActiveModelBehavior for ActiveModel {}
        }
    };
}

mod accounts;
mod batches;
mod catalogue;
mod files;
mod orders;
mod records;
mod requests;

pub(crate) use accounts::*;
pub(crate) use batches::*;
pub(crate) use catalogue::*;
pub(crate) use files::*;
pub(crate) use orders::*;
pub(crate) use records::*;
pub(crate) use requests::*;

/// Calls a macro with every table, each after those that it refers to. A copy of the database takes them in this order; attempts to sign in are not copied.
macro_rules! each_table {
    ($do:ident) => {
        $do!(
            account person membership invitation password_reset partner_grant install_site product product_version part catalogue_document
            part_requirement part_upgrade key_mapping shared_host certification order entitlement line_change import import_account import_site import_line signing_key
            activation_file listed_file file_machine file_revision allocation unordered_part upgrade upgrade_line
            batch batch_line request_form request_draft request request_host request_attachment request_file request_word received_mail request_message
            canned_answer request_reader submission audit_event second_factor recovery_code factor_reset notice_setting address_change session device job
        )
    };
}
pub(crate) use each_table;

macro_rules! names {
    ($($table:ident)+) => {
        &[$($table::TABLE),+]
    };
}

/// Names of all tables of [`each_table`].
pub const TABLES: &[&str] = each_table!(names);
