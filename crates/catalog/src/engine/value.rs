//! Values that go into statements and rows that come out.

use sqlx::{Row as _, postgres::PgRow, sqlite::SqliteRow};

use crate::error::CatalogError;

/// A value for a statement's parameter. What is absent still has a type, since PostgreSQL wants one.
#[derive(Clone)]
pub(crate) enum Value {
    Integer(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(Some(value))
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Integer(Some(value.into()))
    }
}

/// Numbers above `i64::MAX` become that: no row has such an id, and no count gets there.
impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::Integer(Some(i64::try_from(value).unwrap_or(i64::MAX)))
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.to_owned()))
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(Some(value))
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Self::Bytes(Some(value.to_vec()))
    }
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(value: [u8; N]) -> Self {
        Self::Bytes(Some(value.to_vec()))
    }
}

impl From<Option<i64>> for Value {
    fn from(value: Option<i64>) -> Self {
        Self::Integer(value)
    }
}

impl From<Option<u32>> for Value {
    fn from(value: Option<u32>) -> Self {
        Self::Integer(value.map(i64::from))
    }
}

impl From<Option<String>> for Value {
    fn from(value: Option<String>) -> Self {
        Self::Text(value)
    }
}

impl From<Option<Vec<u8>>> for Value {
    fn from(value: Option<Vec<u8>>) -> Self {
        Self::Bytes(value)
    }
}

/// Refuses texts that PostgreSQL cannot keep, on both engines alike.
pub(crate) fn check(values: &[Value]) -> Result<(), CatalogError> {
    let has_nul = |value: &Value| matches!(value, Value::Text(Some(text)) if text.contains('\0'));
    if values.iter().any(has_nul) { Err(CatalogError::NulCharacter) } else { Ok(()) }
}

/// A row of an answer. Columns are read by name.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

macro_rules! get {
    ($row:expr, $column:expr) => {
        match $row {
            Row::Sqlite(row) => row.try_get($column),
            Row::Postgres(row) => row.try_get($column),
        }
        .map_err(CatalogError::from_driver)
    };
}

impl Row {
    /// A whole number that is there.
    pub(crate) fn integer(&self, column: &'static str) -> Result<i64, CatalogError> {
        self.integer_if_any(column)?.ok_or(CatalogError::Corrupt { what: column })
    }

    /// A whole number, if it is there.
    pub(crate) fn integer_if_any(&self, column: &'static str) -> Result<Option<i64>, CatalogError> {
        get!(self, column)
    }

    /// A whole number that is there, in the range of `T`.
    pub(crate) fn number<T: TryFrom<i64>>(&self, column: &'static str) -> Result<T, CatalogError> {
        T::try_from(self.integer(column)?).map_err(|_| CatalogError::Corrupt { what: column })
    }

    /// A whole number in the range of `T`, if it is there.
    pub(crate) fn number_if_any<T: TryFrom<i64>>(
        &self,
        column: &'static str,
    ) -> Result<Option<T>, CatalogError> {
        let number = self.integer_if_any(column)?.map(T::try_from).transpose();
        number.map_err(|_| CatalogError::Corrupt { what: column })
    }

    /// A text that is there.
    pub(crate) fn text(&self, column: &'static str) -> Result<String, CatalogError> {
        self.text_if_any(column)?.ok_or(CatalogError::Corrupt { what: column })
    }

    /// A text, if it is there.
    pub(crate) fn text_if_any(&self, column: &'static str) -> Result<Option<String>, CatalogError> {
        get!(self, column)
    }

    /// A text that is there and says a `T`.
    pub(crate) fn parsed<T: std::str::FromStr>(&self, column: &'static str) -> Result<T, CatalogError> {
        self.text(column)?.parse().map_err(|_| CatalogError::Corrupt { what: column })
    }

    /// A text that says a `T`, if it is there.
    pub(crate) fn parsed_if_any<T: std::str::FromStr>(
        &self,
        column: &'static str,
    ) -> Result<Option<T>, CatalogError> {
        let parsed = self.text_if_any(column)?.map(|text| text.parse()).transpose();
        parsed.map_err(|_| CatalogError::Corrupt { what: column })
    }

    /// A text that is one of the words that `from_word` knows.
    pub(crate) fn word<T>(
        &self,
        column: &'static str,
        from_word: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, CatalogError> {
        from_word(&self.text(column)?).ok_or(CatalogError::Corrupt { what: column })
    }

    /// Bytes that are there.
    pub(crate) fn bytes(&self, column: &'static str) -> Result<Vec<u8>, CatalogError> {
        self.bytes_if_any(column)?.ok_or(CatalogError::Corrupt { what: column })
    }

    /// Bytes, if they are there.
    pub(crate) fn bytes_if_any(&self, column: &'static str) -> Result<Option<Vec<u8>>, CatalogError> {
        get!(self, column)
    }

    /// Exactly `N` bytes that are there.
    pub(crate) fn array<const N: usize>(&self, column: &'static str) -> Result<[u8; N], CatalogError> {
        self.bytes(column)?.try_into().map_err(|_| CatalogError::Corrupt { what: column })
    }
}
