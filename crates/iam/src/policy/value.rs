//! Values of conditions, by the type that their operator compares.

use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::civil::Date;

use super::Problem;
use super::operator::{Comparison, Order};
use crate::Context;
use crate::arn::{ArnPattern, ShortPattern};
use crate::pattern::{Syntax, Template};

/// What a value of a request is compared with: it matches if one of these does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Test {
    Text(Vec<Template>),
    TextWithoutCase(Vec<Template>),
    Pattern(Vec<Template>),
    Number(Order, Vec<i128>),
    Date(Order, Vec<Timestamp>),
    Bool(Vec<bool>),
    Binary(Vec<Vec<u8>>),
    Address(Vec<Network>),
    Arn(Vec<ArnPattern>),
    /// Whether the key must be absent; not for the values of a key.
    Null(Vec<bool>),
}

impl Test {
    /// Reads the values of a condition. Variables may stand where text or an ARN is compared.
    ///
    /// # Errors
    /// [`Problem::Value`] for a value of another type, [`Problem::Arn`], [`Problem::Variable`].
    pub(super) fn parse(comparison: Comparison, texts: &[String], variables: bool) -> Result<Self, Problem> {
        let templates = |wildcards| -> Result<Vec<Template>, Problem> {
            texts.iter().map(|text| Template::parse(text, Syntax { variables, wildcards })).collect()
        };
        Ok(match comparison {
            Comparison::Text => Self::Text(templates(false)?),
            Comparison::TextWithoutCase => Self::TextWithoutCase(templates(false)?),
            Comparison::Pattern => Self::Pattern(templates(true)?),
            Comparison::Number(order) => Self::Number(order, each(texts, number, "a number")?),
            Comparison::Date(order) => {
                Self::Date(order, each(texts, date, "a date of ISO 8601 or seconds since 1970")?)
            }
            Comparison::Bool => Self::Bool(each(texts, boolean, "true or false")?),
            Comparison::Binary => Self::Binary(each(texts, binary, "base64")?),
            Comparison::Address => {
                Self::Address(each(texts, Network::parse, "an IP address or a CIDR block")?)
            }
            Comparison::Arn => {
                let read = |text: &String| ArnPattern::parse(text, variables, ShortPattern::Refused);
                Self::Arn(texts.iter().map(read).collect::<Result<_, _>>()?)
            }
            Comparison::Null => Self::Null(each(texts, boolean, "true or false")?),
        })
    }

    /// Whether `value` matches one of the policy's values. A value of another type matches none, as does a variable
    /// that the request has no value for.
    pub(super) fn matches(&self, value: &str, context: &Context) -> bool {
        match self {
            Self::Text(texts) => {
                texts.iter().any(|text| text.literal(context).is_some_and(|text| text == value))
            }
            Self::TextWithoutCase(texts) => {
                let value = value.to_lowercase();
                let literals = || texts.iter().filter_map(|text| text.literal(context));
                literals().any(|text| text.to_lowercase() == value)
            }
            Self::Pattern(patterns) => patterns.iter().any(|pattern| pattern.matches(value, context)),
            Self::Number(order, numbers) => {
                number(value).is_some_and(|value| numbers.iter().any(|policy| order.holds(&value, policy)))
            }
            Self::Date(order, dates) => {
                date(value).is_some_and(|value| dates.iter().any(|policy| order.holds(&value, policy)))
            }
            Self::Bool(wanted) => boolean(value).is_some_and(|value| wanted.contains(&value)),
            Self::Binary(wanted) => binary(value).is_some_and(|value| wanted.contains(&value)),
            Self::Address(networks) => {
                value.parse().is_ok_and(|address| networks.iter().any(|network| network.contains(address)))
            }
            Self::Arn(patterns) => patterns.iter().any(|pattern| pattern.matches(value, context)),
            Self::Null(_) => false,
        }
    }
}

fn each<T>(
    texts: &[String],
    read: impl Fn(&str) -> Option<T>,
    expected: &'static str,
) -> Result<Vec<T>, Problem> {
    let one = |text: &String| read(text).ok_or_else(|| Problem::Value { value: text.clone(), expected });
    texts.iter().map(one).collect()
}

/// Digits of a fraction that are kept.
const FRACTION_DIGITS: usize = 9;
/// Most digits before the fraction.
const WHOLE_DIGITS: usize = 18;

/// A decimal number in billionths, exactly: at most 18 digits and 9 behind the point.
fn number(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let well_formed = |digits: &str, max: usize| {
        (1..=max).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !well_formed(whole, WHOLE_DIGITS) || !well_formed(fraction, FRACTION_DIGITS) {
        return None;
    }
    let billionths: i128 = format!("{whole}{fraction:0<FRACTION_DIGITS$}").parse().ok()?;
    Some(if negative { -billionths } else { billionths })
}

/// A moment: seconds since 1970, or ISO 8601 as a month, a day, or a day with time and offset.
fn date(text: &str) -> Option<Timestamp> {
    if let Some(seconds) = text.parse().ok().filter(|_| !text.starts_with('+')) {
        return Timestamp::from_second(seconds).ok();
    }
    if text.contains('T') {
        return text.parse().ok();
    }
    let day: Date = match text.len() {
        7 => format!("{text}-01").parse().ok()?,
        10 => text.parse().ok()?,
        _ => return None,
    };
    Some(day.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn binary(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// A block of addresses, or one address. An IPv4 address that is written as one of IPv6 is that of IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => bits,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok()?,
            Some(_) => return None,
        };
        (prefix <= bits).then_some(())?;
        match address.to_canonical() {
            // A block of ::ffff:0:0/96 is one of IPv4, one that is wider is not.
            IpAddr::V4(mapped) if address.is_ipv6() && prefix >= 96 => {
                Some(Self { address: IpAddr::V4(mapped), prefix: prefix - 96 })
            }
            _ => Some(Self { address, prefix }),
        }
    }

    fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let differing = network.to_bits() ^ address.to_bits();
                differing.leading_zeros() >= self.prefix
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let differing = network.to_bits() ^ address.to_bits();
                differing.leading_zeros() >= self.prefix
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;
