//! Names of the fields beside those of the request.

/// The field of the submission key.
pub const KEY: &str = "key";
/// What the pressed button asks for: one of the steps below.
pub const STEP: &str = "step";
pub const STEP_CHECK: &str = "check";
pub const STEP_EDIT: &str = "edit";
pub const STEP_GENERATE: &str = "generate";
/// The revision that the form of an update began with.
pub const BEGAN: &str = "began";
