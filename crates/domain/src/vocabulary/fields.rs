//! The fields by name, each with the type of what it holds.

use std::marker::PhantomData;

use super::content::{Kept, Type};
use super::{
    AmendmentKind, Binding, Change, Code, Conclusion, ConsentKind, Disposal, Identifier, InstrumentKind,
    Json, MatterKind, MatterParty, Mode, Pointer, RetentionAction, Series, SourceKind, Strength, Termination,
};
use crate::value::{
    Amount, Citation, Commodity, CountryCode, EventRef, Lang, Link, Name, Note, Participant, PartyKind,
    PartyRef, Place, Quantity, Sha256, Text, Topic, Url, Utterance, When,
};
use crate::{Label, Subject};

/// A field's name with the type of what it holds.
pub struct Key<T> {
    /// The name in JSON.
    pub name: &'static str,
    holds: PhantomData<fn() -> T>,
}

impl<T: Kept> Key<T> {
    const fn new(name: &'static str) -> Self {
        Self { name, holds: PhantomData }
    }

    /// The field, where it may be left out.
    #[must_use]
    pub const fn may(&self) -> Field {
        Field { name: self.name, kept: T::TYPE, required: false }
    }

    /// The field, where it may not be left out.
    #[must_use]
    pub const fn must(&self) -> Field {
        Field { name: self.name, kept: T::TYPE, required: true }
    }
}

/// A field of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name in JSON.
    pub name: &'static str,
    /// The type of what it holds.
    pub kept: Type,
    /// Whether it may not be left out.
    pub required: bool,
}

macro_rules! fields {
    ($($(#[doc = $doc:literal])+ $key:ident $name:literal: $holds:ty;)+) => {
        $($(#[doc = $doc])+ pub const $key: Key<$holds> = Key::new($name);)+
    };
}

// Of any event.
fields! {
    /// When what the type names took place.
    OCCURRED "occurred": When;
    /// The time foreseen.
    WINDOW "window": When;
    /// Who did it.
    BY "by": Vec<PartyRef>;
    /// Why.
    REASON "reason": Text;
    /// What the record is to others.
    LINKS "links": Vec<Link>;
    /// What was said.
    UTTERANCES "utterances": Vec<Utterance>;
    /// What the report relies on.
    CITATIONS "citations": Vec<Citation>;
    /// Remarks of the recorder.
    NOTES "notes": Vec<Note>;
    /// The event of which this is another account.
    RESTATES "restates": EventRef;
}

// Descriptions.
fields! {
    /// What the record is called.
    TITLE "title": Name;
    /// What sort of engagement it is.
    ENGAGEMENT_KIND "kind": Code;
    /// Where.
    PLACE "place": Place;
    /// How those who take part meet.
    MODE "mode": Mode;
    /// Who takes part.
    PARTICIPANTS "participants": Vec<Participant>;
    /// What it is about.
    TOPICS "topics": Vec<Topic>;
    /// What it is an edition of.
    SERIES "series": Series;
    /// What sort of instrument it is.
    INSTRUMENT_KIND "kind": InstrumentKind;
    /// Whether it binds in law.
    BINDING "binding": Binding;
    /// Other names of it.
    ALIASES "aliases": Vec<Name>;
    /// Whose instrument it is.
    PARTIES "parties": Vec<PartyRef>;
    /// What it regulates.
    SUBJECT "subject": Text;
    /// Sums of money in it.
    AMOUNTS "amounts": Vec<Amount>;
    /// What is undertaken or wished for.
    TEXT "text": Text;
    /// How firmly.
    STRENGTH "strength": Strength;
    /// Who is to do it.
    OWNERS "owners": Vec<PartyRef>;
    /// For whom.
    BENEFICIARIES "beneficiaries": Vec<PartyRef>;
    /// By when.
    DUE "due": When;
    /// On what conditions.
    CONDITIONS "conditions": Text;
    /// What sort of matter it is.
    MATTER_KIND "kind": MatterKind;
    /// Whom it concerns, and how.
    MATTER_PARTIES "parties": Vec<MatterParty>;
    /// What is traded.
    COMMODITY "commodity": Commodity;
    /// What sort of party it is.
    PARTY_KIND "kind": PartyKind;
    /// The country that it belongs to.
    COUNTRY "country": CountryCode;
    /// How others number it.
    IDENTIFIERS "identifiers": Vec<Identifier>;
    /// What sort of source it is.
    SOURCE_KIND "kind": SourceKind;
    /// Who published it.
    PUBLISHER "publisher": Name;
    /// When it was first published.
    PUBLISHED "published": When;
    /// When it was last updated.
    UPDATED "updated": When;
    /// Where it was written, as it says.
    DATELINE "dateline": Name;
    /// Whom it credits.
    CREDITS "credits": Text;
    /// Its language.
    LANGUAGE "language": Lang;
    /// What its bytes are.
    MEDIA_TYPE "media_type": Name;
    /// The SHA-256 of its bytes.
    SHA256 "sha256": Sha256;
    /// Where it is on the web.
    URL "url": Url;
}

// Of single events.
fields! {
    /// Who gave it out.
    ISSUERS "issuers": Vec<PartyRef>;
    /// What form it has.
    FORM "form": Name;
    /// Its number or address.
    REFERENCE "reference": Name;
    /// What was found.
    FINDING "finding": Text;
    /// How the text was settled.
    HOW_CONCLUDED "how": Conclusion;
    /// From when or until when it may be signed.
    OPEN_FOR_SIGNATURE "open_for_signature": When;
    /// Who signed; absent: not stated.
    SIGNATORIES "signatories": Vec<Participant>;
    /// Whose sides signed.
    SIGNED_BY_SIDES "signed_by_sides": Vec<PartyRef>;
    /// How many signed.
    COUNT "count": u32;
    /// Which party.
    PARTY "party": PartyRef;
    /// Which step.
    STEP "step": Name;
    /// How it consented.
    CONSENT_KIND "kind": ConsentKind;
    /// Declarations and reservations.
    DECLARATIONS "declarations": Vec<Text>;
    /// Where it was registered.
    REGISTER "register": Name;
    /// Under which number.
    NUMBER "number": Name;
    /// How it was changed.
    AMENDMENT_KIND "kind": AmendmentKind;
    /// How it ended.
    HOW_TERMINATED "how": Termination;
    /// What took its place.
    SUPERSEDED_BY "superseded_by": Subject;
    /// What was done or happened.
    DESCRIPTION "description": Text;
    /// Only a part of it.
    IN_PART "in_part": bool;
    /// How things stand with it.
    STATUS "status": Name;
    /// How much of something.
    QUANTITIES "quantities": Vec<Quantity>;
    /// Its names, the usual one first.
    NAMES "names": Vec<Name>;
    /// Its name.
    NAME "name": Name;
    /// The language of the name or names.
    LANG "lang": Lang;
    /// Which post.
    POST "post": Name;
    /// Of which organisation.
    ORGANISATION "organisation": Name;
}

// Of record control.
fields! {
    /// Which event of the record.
    EVENT "event": EventRef;
    /// What is changed in it.
    CHANGES "changes": Vec<Change>;
    /// By which authority.
    AUTHORITY "authority": Text;
    /// Which place of the event: a JSON pointer into its `data`.
    POINTER "pointer": Pointer;
    /// What should stand there.
    ALTERNATIVE "alternative": Json;
    /// The event whose account is chosen, or the value itself.
    CHOSEN "chosen": Json;
    /// The record that stands for the same.
    RECORD "record": Subject;
    /// The level from now on.
    LEVEL "level": Label;
    /// The caveats from now on.
    CAVEATS "caveats": Vec<Label>;
    /// When the marking is to be looked at again.
    REVIEW_ON "review_on": When;
    /// To which parties.
    RELEASE_TO "to": Vec<CountryCode>;
    /// The event that placed the hold; absent: every hold.
    HOLD "hold": EventRef;
    /// The class of retention.
    CLASS "class": Name;
    /// What the time runs from.
    TRIGGER "trigger": Name;
    /// What is done at the end.
    ACTION "action": RetentionAction;
    /// When.
    RETENTION_DUE "due": When;
    /// How it was disposed of.
    HOW_DISPOSED "how": Disposal;
    /// Who asked for it, as their token names them.
    REQUESTER "requester": Name;
}
