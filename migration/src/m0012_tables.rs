//! Columns of a batch's table that were not needed.
super::step!("ALTER TABLE batches ADD COLUMN ignored {json} NOT NULL DEFAULT '[]'");
