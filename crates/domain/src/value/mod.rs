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
pub use party::{PartyKind, PartyRef};
pub use place::{Place, PlaceKind};
pub use scalar::Expected;
pub use text::{Name, Text};
pub use topic::{Topic, TopicCode, Topics, Weight};
pub use utterance::{Act, Quote, Utterance};
pub use when::When;
