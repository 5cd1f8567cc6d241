//! What a field may hold: one variant for each type.

use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::{
    AmendmentKind, Binding, Change, Code, Conclusion, ConsentKind, Disposal, Identifier, InstrumentKind,
    Json, MatterKind, MatterParty, Mode, Pointer, RetentionAction, Series, SourceKind, Strength, Termination,
};
use crate::accounts::{Differences, Told};
use crate::read::{Reader, Shape};
use crate::value::{
    Amount, Citation, Commodity, CountryCode, EventRef, Lang, Link, Name, Note, Participant, PartyKind,
    PartyRef, Place, Quantity, Sha256, Text, Topic, Url, Utterance, When,
};
use crate::{Label, Subject};

/// A type that a field may have.
pub trait Kept: Told + Sized {
    /// Its tag.
    const TYPE: Type;

    /// Reads it from loose JSON.
    fn read(input: &Value, reader: &mut Reader<'_>) -> Option<Self>;

    /// Takes it out, if that is what is held.
    fn of(content: &Content) -> Option<&Self>;

    /// Puts it in.
    fn held(self) -> Content;
}

macro_rules! contents {
    (one { $($one:ident $one_type:ty,)+ } list { $($list:ident $item:ty,)+ }) => {
        /// The types, by name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "each is the type that it is called after; a plural is a list")]
        pub enum Type { $($one,)+ $($list,)+ }

        /// What a field holds.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each is the type that it is called after; a plural is a list")]
        pub enum Content { $($one($one_type),)+ $($list(Vec<$item>),)+ }

        impl Type {
            /// Reads a content of this type from loose JSON.
            pub(crate) fn read(self, input: &Value, reader: &mut Reader<'_>) -> Option<Content> {
                match self {
                    $(Self::$one => <$one_type as Kept>::read(input, reader).map(Content::$one),)+
                    $(Self::$list => <Vec<$item> as Kept>::read(input, reader).map(Content::$list),)+
                }
            }

            /// Reads a content of this type as it is stored.
            pub(crate) fn parse(self, stored: &RawValue) -> Option<Content> {
                match self {
                    $(Self::$one => serde_json::from_str(stored.get()).ok().map(Content::$one),)+
                    $(Self::$list => serde_json::from_str(stored.get()).ok().map(Content::$list),)+
                }
            }
        }

        impl Content {
            /// Whether it is a list without items.
            #[must_use]
            pub const fn is_empty(&self) -> bool {
                match self {
                    $(Self::$one(_) => false,)+
                    $(Self::$list(items) => items.is_empty(),)+
                }
            }

            /// Takes what another account adds; notes what it contradicts.
            pub(crate) fn confirm(&mut self, other: &Self, at: &mut Differences) {
                match (self, other) {
                    $((Self::$one(a), Self::$one(b)) => a.confirm(b, at),)+
                    $((Self::$list(a), Self::$list(b)) => a.confirm(b, at),)+
                    _ => {}
                }
            }

            /// Takes later news.
            pub(crate) fn renew(&mut self, later: &Self) {
                match (self, later) {
                    $((Self::$one(a), Self::$one(b)) => a.renew(b),)+
                    $((Self::$list(a), Self::$list(b)) => a.renew(b),)+
                    _ => {}
                }
            }
        }

        impl Serialize for Content {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$one(value) => value.serialize(serializer),)+
                    $(Self::$list(items) => items.serialize(serializer),)+
                }
            }
        }

        $(impl Kept for $one_type {
            const TYPE: Type = Type::$one;

            fn read(input: &Value, reader: &mut Reader<'_>) -> Option<Self> {
                Shape::read(input, reader)
            }

            fn of(content: &Content) -> Option<&Self> {
                match content {
                    Content::$one(value) => Some(value),
                    _ => None,
                }
            }

            fn held(self) -> Content {
                Content::$one(self)
            }
        })+

        $(impl Kept for Vec<$item> {
            const TYPE: Type = Type::$list;

            fn read(input: &Value, reader: &mut Reader<'_>) -> Option<Self> {
                reader.list(input, <$item as Shape>::read)
            }

            fn of(content: &Content) -> Option<&Self> {
                match content {
                    Content::$list(items) => Some(items),
                    _ => None,
                }
            }

            fn held(self) -> Content {
                Content::$list(self)
            }
        })+
    };
}

contents! {
    one {
    When When, Text Text, Name Name, Lang Lang, Code Code, Place Place, Series Series, Mode Mode,
    Party PartyRef, PartyKind PartyKind, Country CountryCode, Commodity Commodity, Sha256 Sha256, Url Url,
    InstrumentKind InstrumentKind, Binding Binding, Conclusion Conclusion, ConsentKind ConsentKind,
    AmendmentKind AmendmentKind, Termination Termination, Strength Strength, MatterKind MatterKind,
    SourceKind SourceKind, Event EventRef, Record Subject, Pointer Pointer, Json Json, Level Label,
    RetentionAction RetentionAction, Disposal Disposal, Flag bool, Count u32,
    }
    list {
    Texts Text, Names Name, Parties PartyRef, Participants Participant, MatterParties MatterParty, Topics Topic,
    Amounts Amount, Quantities Quantity, Identifiers Identifier, Links Link, Utterances Utterance,
    Citations Citation, Notes Note, Changes Change, Countries CountryCode, Caveats Label,
    }
}
