//! Offer of a form: the parts of a product version for a licence type, with the available quantity of each.

pub(crate) mod eligibility;
pub(crate) mod held;
pub(crate) mod load;
pub(crate) mod model;
mod obstacles;
mod sources;
pub(crate) mod start;

pub use eligibility::eligibility;
pub use load::offer;
pub use obstacles::{Colleague, Obstacles, obstacles, obstacles_of_product};
pub use start::{Start, start};
