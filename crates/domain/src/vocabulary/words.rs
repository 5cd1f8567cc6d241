//! The closed sets of words of single fields.

use crate::value::words::words;

words! {
    /// How those who take part meet.
    pub enum Mode {
        /// In one place.
        InPerson => "in_person",
        /// By telephone.
        Phone => "phone",
        /// By video link.
        Video => "video",
    }
}

words! {
    /// What sort of instrument it is.
    pub enum InstrumentKind {
        /// A memorandum of understanding.
        Mou => "mou",
        /// A treaty or convention.
        Treaty => "treaty",
        /// An agreement.
        Agreement => "agreement",
        /// A treaty for the protection of investments.
        InvestmentTreaty => "investment_treaty",
        /// A protocol to another instrument.
        Protocol => "protocol",
        /// Notes that together are an agreement.
        ExchangeOfNotes => "exchange_of_notes",
        /// A letter of intent.
        LetterOfIntent => "letter_of_intent",
        /// A declaration made together.
        JointDeclaration => "joint_declaration",
        /// Something else.
        Other => "other",
    }
}

impl InstrumentKind {
    /// Whether its like usually binds in law; the field `binding` says how this one is.
    #[must_use]
    pub const fn is_usually_binding(self) -> Option<bool> {
        match self {
            Self::Treaty
            | Self::Agreement
            | Self::InvestmentTreaty
            | Self::Protocol
            | Self::ExchangeOfNotes => Some(true),
            Self::Mou | Self::LetterOfIntent | Self::JointDeclaration => Some(false),
            Self::Other => None,
        }
    }
}

words! {
    /// Whether an instrument binds in law.
    pub enum Binding {
        /// It does.
        Yes => "yes",
        /// It does not.
        No => "no",
        /// That is not known.
        Unknown => "unknown",
    }
}

words! {
    /// How a text was settled.
    pub enum Conclusion {
        /// The parties agreed on it.
        Agreed => "agreed",
        /// A conference or organisation adopted it.
        Adopted => "adopted",
    }
}

words! {
    /// How a party consents to be bound.
    pub enum ConsentKind {
        /// Ratification.
        Ratification => "ratification",
        /// Acceptance.
        Acceptance => "acceptance",
        /// Approval.
        Approval => "approval",
        /// Accession.
        Accession => "accession",
        /// Succession.
        Succession => "succession",
    }
}

words! {
    /// How an instrument was changed.
    pub enum AmendmentKind {
        /// Its substance.
        Amendment => "amendment",
        /// An error in its text.
        Rectification => "rectification",
    }
}

words! {
    /// How an instrument ended.
    pub enum Termination {
        /// Its time was over.
        Expired => "expired",
        /// A party denounced it.
        Denounced => "denounced",
        /// The parties agreed to end it.
        Agreed => "agreed",
    }
}

words! {
    /// How firmly something is undertaken, from weak to strong.
    pub enum Strength {
        /// It was talked about.
        Discussed => "discussed",
        /// Interest in it.
        ExpressedInterest => "expressed_interest",
        /// A wish for it.
        ExpressedDesire => "expressed_desire",
        /// Willingness to do it.
        ExpressedWillingness => "expressed_willingness",
        /// A commitment to do it.
        ConveyedCommitment => "conveyed_commitment",
        /// An agreement to do it.
        Agreed => "agreed",
        /// A signed undertaking.
        Signed => "signed",
    }
}

impl Strength {
    /// Whether it is a position, below willingness: never open, never overdue.
    #[must_use]
    pub fn is_position(self) -> bool {
        self < Self::ExpressedWillingness
    }
}

words! {
    /// What sort of matter it is.
    pub enum MatterKind {
        /// A grievance or question between parties.
        Issue => "issue",
        /// Goods that are traded.
        TradeFlow => "trade_flow",
        /// A mine, a road, a plant.
        Project => "project",
        /// A programme of an organisation or state.
        Programme => "programme",
        /// A measured size.
        Indicator => "indicator",
        /// What one should know besides.
        Background => "background",
    }
}

words! {
    /// What a party is to a matter.
    #[derive(Default)]
    pub enum MatterRole {
        /// It is concerned.
        #[default]
        Party => "party",
        /// It sells abroad.
        Exporter => "exporter",
        /// It buys from abroad.
        Importer => "importer",
        /// It carries or pays for it.
        Sponsor => "sponsor",
        /// It brought it up.
        RaisedBy => "raised_by",
        /// It is brought up against it.
        Against => "against",
    }
}

words! {
    /// What sort of source it is.
    pub enum SourceKind {
        /// A report of the press.
        News => "news",
        /// A release to the press.
        PressRelease => "press_release",
        /// A government's own account of a meeting.
        Readout => "readout",
        /// A report of a mission.
        Cable => "cable",
        /// Minutes.
        Minutes => "minutes",
        /// The text of an instrument.
        TreatyText => "treaty_text",
        /// An answer given in parliament.
        ParliamentaryAnswer => "parliamentary_answer",
        /// Something else.
        Other => "other",
    }
}

words! {
    /// What is done when a retention ends.
    pub enum RetentionAction {
        /// Destroy the record.
        Destroy => "destroy",
        /// Hand it over to an archive.
        Transfer => "transfer",
        /// Look at it again.
        Review => "review",
    }
}

words! {
    /// How a record was disposed of.
    #[derive(Default)]
    pub enum Disposal {
        /// It was destroyed.
        #[default]
        Destroyed => "destroyed",
        /// It was handed over to an archive.
        Transferred => "transferred",
    }
}
