//! Value objects: what fields hold, parsed once and right from then on.
//!
//! Each is a [`Shape`](crate::read::Shape): it reads what people write, shorthand included, and has one
//! normal form, which is what the log keeps. Rules may only ever widen: what was once recorded must stay
//! readable.

mod amount;
mod citation;
mod code;
mod country;
mod edtf;
mod fold;
mod lang;
mod link;
mod note;
mod participant;
mod party;
mod place;
pub(crate) mod scalar;
mod text;
mod topic;
mod utterance;
mod when;
pub(crate) mod words;

pub use amount::{Amount, Comparator, Currency, Decimal, Quantity, Unit};
pub use citation::{Citation, CitedSource};
pub use code::{Commodity, Grade, Sha256, Subdivision, TimeZone, Url};
pub use country::CountryCode;
pub use edtf::{Bounds, Edtf};
pub use fold::fold;
pub use lang::Lang;
pub use link::{EventRef, Link, Relation};
pub use note::Note;
pub use participant::{Attendance, Participant, Role};
pub use party::{PartyKind, PartyRef, party_keys};
pub use place::{Place, PlaceKind};
pub use scalar::Expected;
pub use text::{Name, Text};
pub use topic::{Topic, TopicCode, Topics, Weight};
pub use utterance::{Act, Quote, Utterance};
pub use when::When;

/// Reading in tests: the value, or every mistake as `pointer: detail`.
#[cfg(test)]
pub(crate) mod reading {
    use std::fmt::Debug;

    use serde_json::Value;

    use crate::read::{Context, Reader, Reference, Shape};

    /// Reads as a recorder of Pakistan.
    pub(crate) fn read<T: Shape>(input: &Value) -> Result<(T, Vec<Reference>), Vec<String>> {
        let context =
            Context { source: "urn:agency:pk".into(), party: "PK".into(), language: Some("en".into()) };
        let mut reader = Reader::new(&context);
        let value = T::read(input, &mut reader);
        match reader.finish() {
            Ok(references) => Ok((value.expect("no mistake, so a value"), references)),
            Err(issues) => Err(issues.iter().map(|i| format!("{}: {}", i.pointer, i.detail)).collect()),
        }
    }

    /// The normal form of an input. It must deserialize to the value, and read as itself.
    pub(crate) fn normal<T: Shape + PartialEq + Debug>(input: &Value) -> Value {
        let (value, _) = read::<T>(input).expect("no mistake");
        let normal = serde_json::to_value(&value).expect("values are JSON");
        assert_eq!(T::deserialize(&normal).expect("the log is readable"), value);
        assert_eq!(read::<T>(&normal).expect("the normal form is accepted").0, value);
        normal
    }

    /// The mistakes of an input that has some.
    pub(crate) fn mistakes<T: Shape>(input: &Value) -> Vec<String> {
        read::<T>(input).map(|_| ()).expect_err("a mistake")
    }
}
