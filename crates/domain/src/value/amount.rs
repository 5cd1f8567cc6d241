//! Money and measures: exact decimals with what they are counted in.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Expected;
use super::scalar::{parse, serde_textual, textual};
use super::words::words;
use crate::read::{Reader, Shape};

words! {
    /// How the true value compares to the one stated.
    #[derive(Default)]
    pub enum Comparator {
        /// Equal.
        #[default]
        Eq => "eq",
        /// More than stated.
        Gt => "gt",
        /// At least.
        Ge => "ge",
        /// Less than stated.
        Lt => "lt",
        /// At most.
        Le => "le",
        /// About.
        About => "about",
        /// As much as the stated value, possibly.
        UpTo => "up_to",
    }
}

/// A sum of money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// How much, in whole units of the currency.
    pub value: Decimal,
    /// How the true value compares.
    pub comparator: Comparator,
    /// In which currency.
    pub currency: Currency,
}

impl Shape for Amount {
    fn read(input: &Value, reader: &mut Reader<'_>) -> Option<Self> {
        reader.object(input, |amount| {
            let value = amount.required("value");
            let comparator = amount.optional("comparator").unwrap_or_default();
            let currency = amount.required("currency");
            Some(Self { value: value?, comparator, currency: currency? })
        })?
    }
}

/// How much of something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quantity {
    /// How much.
    pub value: Decimal,
    /// How the true value compares.
    pub comparator: Comparator,
    /// In which unit.
    pub unit: Unit,
}

impl Shape for Quantity {
    fn read(input: &Value, reader: &mut Reader<'_>) -> Option<Self> {
        reader.object(input, |quantity| {
            let value = quantity.required("value");
            let comparator = quantity.optional("comparator").unwrap_or_default();
            let unit = quantity.required("unit");
            Some(Self { value: value?, comparator, unit: unit? })
        })?
    }
}

/// An exact decimal, written as a string: `"7000000000"`, `"2.50"`. On input a whole JSON number will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Decimal(pub rust_decimal::Decimal);

impl Shape for Decimal {
    fn read(input: &Value, reader: &mut Reader<'_>) -> Option<Self> {
        match input {
            Value::Number(number) if number.is_f64() => {
                reader.expected("expected a decimal as a string: a fraction in a JSON number is not exact")
            }
            Value::Number(number) => parse(&Value::String(number.to_string()), reader),
            _ => parse(input, reader),
        }
    }
}

serde_textual!(Decimal);

impl FromStr for Decimal {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let form = unsigned.split_once('.').map_or(digits(unsigned), |(a, b)| digits(a) && digits(b));
        match rust_decimal::Decimal::from_str_exact(text) {
            Ok(value) if form => Ok(Self(value)),
            _ => Err(Expected::new(
                "expected a decimal of at most 28 digits such as \"7000000000\" or \"2.5\"",
            )),
        }
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, out)
    }
}

/// An ISO 4217 code: `USD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// The code.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0.code()
    }
}

impl FromStr for Currency {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        iso_currency::Currency::from_code(text)
            .map(Self)
            .ok_or_else(|| Expected::new("expected an ISO 4217 currency code such as USD or PKR"))
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// A UCUM unit, checked for its form: `t`, `MW`, `{shipments}`, `%`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Unit(Box<str>);

impl Unit {
    /// The unit as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Unit {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form = (1..=60).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if form && brackets_match(text) {
            Ok(Self(text.into()))
        } else {
            Err(Expected::new("expected a UCUM unit such as t, kg, MW, % or {shipments}"))
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

textual!(Currency, Unit);

fn brackets_match(text: &str) -> bool {
    let mut open = Vec::new();
    for c in text.chars() {
        match c {
            '(' => open.push(')'),
            '[' => open.push(']'),
            '{' => open.push('}'),
            ')' | ']' | '}' if open.pop() != Some(c) => return false,
            _ => {}
        }
    }
    open.is_empty()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::value::reading::{mistakes, normal};

    #[test]
    fn amounts_are_exact_and_compared() {
        assert_eq!(
            normal::<Amount>(&json!({"value": 7_000_000_000_u64, "currency": "USD"})),
            json!({"value": "7000000000", "comparator": "eq", "currency": "USD"})
        );
        let more = json!({"value": "400000000000.50", "comparator": "gt", "currency": "USD"});
        assert_eq!(normal::<Amount>(&more), more);
    }

    #[test]
    fn quantities_have_units() {
        let tonnes = json!({"value": "-2.5", "comparator": "about", "unit": "t"});
        assert_eq!(normal::<Quantity>(&tonnes), tonnes);
        for unit in ["%", "MW", "{shipments}", "kg/m2", "[in_i]", "10*6.{head}"] {
            assert_eq!(unit.parse::<Unit>().unwrap().as_str(), unit);
        }
        for wrong in ["", "metric tons", "{a", "(a]", "µg"] {
            assert!(wrong.parse::<Unit>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_mistake_is_named() {
        let wrong = json!({"value": 0.1, "comparator": "more", "currency": "usd"});
        let places = mistakes::<Amount>(&wrong);
        assert!(places[0].starts_with("/value: expected a decimal as a string"));
        assert!(places[1].starts_with("/comparator: expected one of eq, gt,"));
        assert!(places[2].starts_with("/currency: expected an ISO 4217"));
        assert_eq!(mistakes::<Quantity>(&json!({})), ["/value: is required", "/unit: is required"]);
        for value in [
            "",
            "-",
            "+5",
            "1e6",
            "1_000",
            "1,000",
            ".5",
            "5.",
            "0x10",
            "NaN",
            "99999999999999999999999999999999",
        ] {
            assert!(value.parse::<Decimal>().is_err(), "{value}");
        }
    }

    proptest! {
        #[test]
        fn a_decimal_keeps_its_digits(text in "-?[1-9][0-9]{0,14}(\\.[0-9]{1,10})?") {
            prop_assert_eq!(text.parse::<Decimal>().unwrap().to_string(), text);
        }
    }
}
