//! A line of a batch that refreshes a file says what changes in it, before and after it is done.
super::step!("ALTER TABLE batch_lines ADD COLUMN changes TEXT;");
