//! Names of the fields beside those of the request.

/// The field of the submission key.
pub const KEY: &str = "key";
/// Step that the pressed button asks for: one of those below.
pub const STEP: &str = "step";
pub const STEP_CHECK: &str = "check";
pub const STEP_EDIT: &str = "edit";
pub const STEP_GENERATE: &str = "generate";
/// Opens the sections for what was chosen above them.
pub const STEP_GO: &str = "go";
/// Carries what is filled in to the form for many machines.
pub const STEP_MANY: &str = "many";
/// Number of the request that a file is generated for.
pub const REQUEST: &str = "request";
/// The revision that the form of an update began with.
pub const BEGAN: &str = "began";
