//! Tables and their lines.

mod columns;
mod line_state;

pub use columns::Columns;
pub use line_state::StateOfLine;
