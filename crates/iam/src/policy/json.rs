//! JSON as it was written: members in their order, also those that stand twice.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::{PolicyError, Problem};
use crate::limits::VALUES_MAX;

/// A JSON value. Numbers are kept as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl Json {
    /// Reads `text`. Values nest at most 128 deep, which is serde_json's bound.
    pub(super) fn parse(text: &str) -> Result<Self, Problem> {
        serde_json::from_str(text).map_err(|error| Problem::NotJson(error.to_string()))
    }

    /// The members of an object.
    ///
    /// # Errors
    /// [`Problem::Type`] if it is none, [`Problem::Twice`] if a name stands twice in it.
    pub(super) fn members(&self) -> Result<&[(String, Self)], PolicyError> {
        let Self::Object(members) = self else { return Err(Problem::Type("an object").into()) };
        let mut names = BTreeSet::new();
        match members.iter().find(|(name, _)| !names.insert(name.as_str())) {
            Some((name, _)) => Err(Problem::Twice(name.clone()).into()),
            None => Ok(members),
        }
    }

    pub(super) fn text(&self) -> Result<&str, PolicyError> {
        match self {
            Self::Text(text) => Ok(text),
            _ => Err(Problem::Type("a string").into()),
        }
    }

    /// What `read` makes of each item of a list, or of this value alone if it is no list.
    ///
    /// # Errors
    /// Those of `read`; [`Problem::Empty`] and [`Problem::TooMany`].
    pub(super) fn one_or_more<T>(
        &self,
        read: impl Fn(&Self) -> Result<T, PolicyError>,
    ) -> Result<Vec<T>, PolicyError> {
        let Self::List(items) = self else { return Ok(vec![read(self)?]) };
        if items.is_empty() {
            return Err(Problem::Empty.into());
        }
        if items.len() > VALUES_MAX {
            return Err(Problem::TooMany(VALUES_MAX).into());
        }
        let items = items.iter().enumerate();
        items.map(|(index, item)| read(item).map_err(|error| error.inside(&format!("[{index}]")))).collect()
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        let mut object = Vec::new();
        while let Some(member) = members.next_entry()? {
            object.push(member);
        }
        Ok(Json::Object(object))
    }
}
