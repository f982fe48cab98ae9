//! Facets: state, licence type and product of a file in one text, which stands in each index of lists before the column that sorts.

use licensing::LicenceType;

/// Whether `l`, a row of `listed_files`, is active: its facet begins so.
pub(crate) const ACTIVE: &str = "l.facet >= 'active/' AND l.facet < 'active0'";

/// Facet under which the index finds a file in `state`, for a product.
pub(crate) fn facet(state: &str, licence_type: LicenceType, product: &str) -> String {
    format!("{state}/{}/{product}", licence_type.code())
}
