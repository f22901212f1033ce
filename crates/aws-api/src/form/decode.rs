//! From the bytes of a form to its parameters.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use percent_encoding::percent_decode;

use crate::WireError;
use crate::limits::{
    FORM_BYTES_MAX, FORM_PARAMETERS_MAX, LIST_INDEX_MAX, PARAMETER_NAME_BYTES_MAX, PARAMETER_NAME_PARTS_MAX,
};

/// The parameters of an encoded form, each name once.
pub(super) fn parameters(encoded: &[u8]) -> Result<BTreeMap<String, String>, WireError> {
    if encoded.len() > FORM_BYTES_MAX {
        return Err(WireError::TooLarge { bytes_max: FORM_BYTES_MAX });
    }
    let mut parameters = BTreeMap::new();
    for pair in encoded.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        if parameters.len() == FORM_PARAMETERS_MAX {
            return Err(WireError::TooManyParameters { limit: FORM_PARAMETERS_MAX });
        }
        let equals = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        let name = text(&pair[..equals])?;
        check_name(&name)?;
        let value = text(pair.get(equals + 1..).unwrap_or_default())?;
        match parameters.entry(name) {
            Entry::Vacant(entry) => entry.insert(value),
            Entry::Occupied(entry) => return Err(WireError::DuplicateParameter(entry.key().clone())),
        };
    }
    Ok(parameters)
}

fn text(encoded: &[u8]) -> Result<String, WireError> {
    let spaced: Cow<'_, [u8]> = if encoded.contains(&b'+') {
        encoded.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect::<Vec<_>>().into()
    } else {
        encoded.into()
    };
    if !percent_signs_are_whole(&spaced) {
        return Err(WireError::FormMalformed);
    }
    let text = percent_decode(&spaced).decode_utf8().map_err(|_| WireError::InvalidCharacter)?;
    if text.contains('\0') {
        return Err(WireError::InvalidCharacter);
    }
    Ok(text.into_owned())
}

fn percent_signs_are_whole(encoded: &[u8]) -> bool {
    encoded.iter().enumerate().filter(|(_, byte)| **byte == b'%').all(|(at, _)| {
        encoded.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

fn check_name(name: &str) -> Result<(), WireError> {
    if name.is_empty() {
        return Err(WireError::FormMalformed);
    }
    if name.len() > PARAMETER_NAME_BYTES_MAX || name.split('.').count() > PARAMETER_NAME_PARTS_MAX {
        return Err(WireError::ParameterName);
    }
    let numbers =
        name.split('.').filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()) && !part.is_empty());
    for number in numbers {
        let index: Option<u32> = number.parse().ok();
        if number.starts_with('0') || index.is_none_or(|index| index > LIST_INDEX_MAX) {
            return Err(WireError::ListIndex(name.to_owned()));
        }
    }
    Ok(())
}
