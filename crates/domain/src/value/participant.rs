//! Who takes part, and how.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::words::words;
use super::{CountryCode, Name, PartyKind, PartyRef};
use crate::read::{Object, Reader, Shape};

/// How many delegations within delegations are read.
const DEEPEST: usize = 4;

words! {
    /// What a participant is to the engagement.
    #[derive(Default)]
    pub enum Role {
        /// Receives the others.
        Host => "host",
        /// Is received.
        Visitor => "visitor",
        /// Presides.
        Chair => "chair",
        /// Leads a delegation.
        Lead => "lead",
        /// Belongs to a delegation.
        Member => "member",
        /// Moderates.
        Moderator => "moderator",
        /// Observes.
        Observer => "observer",
        /// Interprets.
        Interpreter => "interpreter",
        /// Signs.
        Signatory => "signatory",
        /// Witnesses a signature.
        Witness => "witness",
        /// Takes part.
        #[default]
        Participant => "participant",
    }
}

words! {
    /// Whether a participant is there.
    pub enum Attendance {
        /// Its taking part was talked about.
        Discussed => "discussed",
        /// Was invited.
        Invited => "invited",
        /// Said yes.
        Accepted => "accepted",
        /// Said no.
        Declined => "declined",
        /// Is thought to come.
        Expected => "expected",
        /// Was there.
        Attended => "attended",
        /// Was not there.
        Absent => "absent",
        /// Nothing is known.
        Unknown => "unknown",
    }
}

/// A party that takes part. Shorthand: as for a [`PartyRef`]. One with `members` or `size` is a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participant {
    /// Who.
    #[serde(flatten)]
    pub party: PartyRef,
    /// What it is to the engagement.
    pub role: Role,
    /// Its title as it then was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Name>,
    /// Its organisation as it then was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<Name>,
    /// Whom it acts for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<PartyRef>,
    /// Whose side it is on: unless stated its country's, else that of whom it acts
    /// for, else its delegation's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<Name>,
    /// Whether it is there; what is usual depends on the event: see [`Participant::fill_attendance`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attendance: Option<Attendance>,
    /// Who belongs to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<Participant>,
    /// How many belong to it, named or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u32>,
}

impl Participant {
    /// A party that takes part, of which nothing more is known.
    #[must_use]
    pub fn of(party: PartyRef) -> Self {
        let side = party.country.map(CountryCode::code_as_name);
        Self {
            party,
            role: Role::default(),
            title: None,
            organisation: None,
            on_behalf_of: None,
            side,
            attendance: None,
            members: Vec::new(),
            size: None,
        }
    }

    /// Gives those of whom nothing is said the attendance that is usual; members that of their delegation.
    pub fn fill_attendance(&mut self, usual: Attendance) {
        let own = *self.attendance.get_or_insert(usual);
        self.members.iter_mut().for_each(|member| member.fill_attendance(own));
    }

    /// Itself and everybody who belongs to it.
    pub fn everybody(&self) -> impl Iterator<Item = &Self> {
        let mut next = vec![self];
        std::iter::from_fn(move || {
            let participant = next.pop()?;
            next.extend(participant.members.iter().rev());
            Some(participant)
        })
    }

    fn read_at(depth: usize, input: &Value, reader: &mut Reader<'_>) -> Option<Self> {
        if depth == DEEPEST {
            return reader.expected(format!("expected delegations at most {DEEPEST} deep"));
        }
        let role = if depth == 0 { Role::Participant } else { Role::Member };
        if input.is_string() {
            let party = PartyRef::read(input, reader)?;
            return Some(Self { role, ..Self::of(party) });
        }
        reader.object(input, |fields| Self::fields(depth, role, fields))?
    }

    fn fields(depth: usize, role: Role, fields: &mut Object<'_, '_, '_>) -> Option<Self> {
        let is_group = fields.raw("members").or(fields.raw("size")).is_some();
        let usual = if is_group { PartyKind::Group } else { PartyKind::Person };
        let party = PartyRef::fields(usual, fields);
        let members = fields.raw("members").map_or(Some(Vec::new()), |members| {
            fields.reader().within("members", |reader| {
                reader.list(members, |member, reader| Self::read_at(depth + 1, member, reader))
            })
        });
        let role = fields.optional("role").unwrap_or(role);
        let title = fields.optional("title");
        let organisation = fields.optional("organisation");
        let on_behalf_of = fields.optional("on_behalf_of");
        let side = fields.optional("side");
        let attendance = fields.optional("attendance");
        let size = fields.optional("size");
        let plain = Self::of(party?);
        let acts_for = on_behalf_of.as_ref().and_then(|party: &PartyRef| party.country);
        let side = side.or_else(|| plain.side.clone()).or(acts_for.map(CountryCode::code_as_name));
        let mut members = members?;
        for member in &mut members {
            member.fill_side(side.as_ref());
        }
        Some(Self { role, title, organisation, on_behalf_of, side, attendance, members, size, ..plain })
    }

    fn fill_side(&mut self, usual: Option<&Name>) {
        if self.side.is_none() {
            self.side = usual.cloned();
            self.members.iter_mut().for_each(|member| member.fill_side(usual));
        }
    }
}

impl Shape for Participant {
    fn read(input: &Value, reader: &mut Reader<'_>) -> Option<Self> {
        Self::read_at(0, input, reader)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::value::reading::{mistakes, normal, read};

    #[test]
    fn a_code_takes_part_for_its_own_side() {
        assert_eq!(
            normal::<Participant>(&json!("CA")),
            json!({"name": "Canada", "kind": "state", "country": "CA", "role": "participant", "side": "CA"})
        );
    }

    #[test]
    fn a_delegation_is_a_group_with_members_of_its_side() {
        let input = json!({
            "name": "Congressional delegation", "country": "US", "role": "visitor",
            "members": [
                {"name": "Jack Bergman", "title": "Representative", "role": "lead"},
                "Jonathan Jackson",
                {"name": "Anwar Shah", "country": "PK", "role": "interpreter"}
            ]
        });
        let normal = normal::<Participant>(&input);
        assert_eq!((&normal["kind"], &normal["side"]), (&json!("group"), &json!("US")));
        assert_eq!(normal["members"][0]["side"], "US");
        assert_eq!(normal["members"][1]["role"], "member");
        assert_eq!(normal["members"][2]["side"], "PK");
    }

    #[test]
    fn whom_one_acts_for_says_the_side() {
        let envoy = json!({"name": "Envoy Smith", "on_behalf_of": "CA"});
        assert_eq!(normal::<Participant>(&envoy)["side"], "CA");
    }

    #[test]
    fn attendance_is_filled_in_where_none_is_stated() {
        let input = json!({"name": "Delegation", "members": ["A. Khan", {"name": "B. Khan", "attendance": "absent"}]});
        let mut delegation = read::<Participant>(&input).unwrap().0;
        delegation.fill_attendance(Attendance::Attended);
        let attendance = delegation.everybody().map(|one| one.attendance.unwrap()).collect::<Vec<_>>();
        assert_eq!(attendance, [Attendance::Attended, Attendance::Attended, Attendance::Absent]);
    }

    #[test]
    fn mistakes_within_members_are_named() {
        let input =
            json!({"name": "Delegation", "size": -1, "members": [{"name": "A. Khan", "role": "guest"}, {}]});
        let mistakes = mistakes::<Participant>(&input);
        let places = mistakes.iter().map(|m| m.split(':').next().unwrap()).collect::<Vec<_>>();
        assert_eq!(places, ["/members/0/role", "/members/1/name", "/size"]);
    }

    #[test]
    fn delegations_nest_only_so_deep() {
        let nest = |input, _| json!({"name": "Delegation", "members": [input]});
        assert!(read::<Participant>(&(1..DEEPEST).fold(json!("A. Khan"), nest)).is_ok());
        assert_eq!(mistakes::<Participant>(&(0..DEEPEST).fold(json!("A. Khan"), nest)).len(), 1);
    }
}
