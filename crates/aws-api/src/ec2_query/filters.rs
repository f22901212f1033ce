//! The parameter `Filter` of Describe actions.

use ebs::limits::{FILTER_VALUES_MAX, FILTERS_MAX};
use ebs::{Filter, Refusal};

use crate::form::Fields;

/// The request's filters. A filter without values has none, and matches nothing.
///
/// # Errors
/// Refuses too many filters or values, a filter without a name, and `Filter` alone.
pub(super) fn decode(fields: &Fields<'_>) -> Result<Vec<Filter>, Refusal> {
    if fields.text("Filter").is_some() {
        return Err(nameless());
    }
    let structures = fields.structures("Filter");
    let too_many = Refusal::TooManyFilters { limit: FILTERS_MAX, values: FILTER_VALUES_MAX };
    if structures.len() > FILTERS_MAX {
        return Err(too_many);
    }
    let mut filters = Vec::with_capacity(structures.len());
    for structure in structures {
        let name = structure.text("Name").ok_or_else(nameless)?;
        let values = structure.texts("Value");
        if values.len() > FILTER_VALUES_MAX {
            return Err(too_many);
        }
        filters.push(Filter { name: name.to_owned(), values });
    }
    Ok(filters)
}

/// What Amazon answers to a filter without a name.
fn nameless() -> Refusal {
    Refusal::UnknownFilter("null".to_owned())
}
