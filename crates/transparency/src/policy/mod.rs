//! Whom one relies on, as a file (C2SP tlog-policy): logs, witnesses, and how many of these must have cosigned.
//!
//! ```text
//! log <vkey> [<url>]
//! witness foreign-office <vkey> [<url>]
//! witness archive <vkey> [<url>]
//! group both all foreign-office archive
//! quorum both
//! ```
//!
//! Lines end in a newline, words are separated by spaces and tabs, `#` begins a comment. A group of groups is
//! refused: what is asked for here is a number of witnesses.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::str::FromStr;

use crate::checkpoint::Trust;
use crate::encoding;
use crate::note::{Algorithm, KeyError, KeyName, Verifier};

/// Somebody's key, and where they answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// What the file calls a witness; of a log the name in its key.
    pub name: String,
    /// Their key.
    pub key: Verifier,
    /// Where they answer; of a witness its submission prefix. Not read here.
    pub url: Option<String>,
}

/// A policy that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The logs, in their order. A log with several keys has several lines of one name.
    pub logs: Vec<Party>,
    /// The witnesses, in their order.
    pub witnesses: Vec<Party>,
    /// The names of those witnesses whose cosignatures count.
    pub counted: BTreeSet<String>,
    /// How many of those must have cosigned.
    pub required: usize,
}

impl Policy {
    /// The keys of the witnesses whose cosignatures count.
    pub fn counted_keys(&self) -> impl Iterator<Item = &Verifier> {
        self.witnesses
            .iter()
            .filter(|witness| self.counted.contains(&witness.name))
            .map(|witness| &witness.key)
    }

    /// What a reader of this log's checkpoints trusts; `None` if the policy does not name the log.
    #[must_use]
    pub fn trust(&self, origin: &str) -> Option<Trust> {
        let log = self.logs.iter().filter(|log| log.name == origin).map(|log| log.key.clone());
        let log = log.collect::<Vec<_>>();
        let witnesses = self.counted_keys().cloned().collect();
        (!log.is_empty()).then(|| Trust { origin: origin.to_owned(), log, witnesses, quorum: self.required })
    }
}

/// What was read so far.
#[derive(Default)]
struct Reading {
    logs: Vec<Party>,
    witnesses: Vec<Party>,
    groups: Vec<(String, usize, BTreeSet<String>)>,
    /// Every name that is a member of a group.
    members: BTreeSet<String>,
    quorum: Option<(BTreeSet<String>, usize)>,
}

impl FromStr for Policy {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Self, PolicyError> {
        let mut reading = Reading::default();
        for (line, text) in (1..).zip(text.split('\n')) {
            reading.read(text).map_err(|mistake| PolicyError { line: Some(line), mistake })?;
        }
        let missing = PolicyError { line: None, mistake: Mistake::NoQuorum };
        let (counted, required) = reading.quorum.ok_or(missing)?;
        Ok(Self { logs: reading.logs, witnesses: reading.witnesses, counted, required })
    }
}

impl Reading {
    fn read(&mut self, line: &str) -> Result<(), Mistake> {
        if let Some(character) =
            line.chars().find(|character| character.is_ascii_control() && *character != '\t')
        {
            return Err(Mistake::Control(character));
        }
        let words = line.split([' ', '\t']).filter(|word| !word.is_empty()).collect::<Vec<_>>();
        match words[..] {
            [] => Ok(()),
            [first, ..] if first.starts_with('#') => Ok(()),
            ["log", key] => self.log(key, None),
            ["log", key, url] => self.log(key, Some(url)),
            ["witness", name, key] => self.witness(name, key, None),
            ["witness", name, key, url] => self.witness(name, key, Some(url)),
            ["group", name, threshold, ref members @ ..] if !members.is_empty() => {
                self.group(name, threshold, members)
            }
            ["quorum", name] => self.quorum(name),
            _ => Err(Mistake::Form),
        }
    }

    fn log(&mut self, key: &str, url: Option<&str>) -> Result<(), Mistake> {
        let key = read_key(key, Algorithm::Ed25519, &self.logs)?;
        self.logs.push(Party { name: key.name().to_string(), key, url: url.map(ToOwned::to_owned) });
        Ok(())
    }

    fn witness(&mut self, name: &str, key: &str, url: Option<&str>) -> Result<(), Mistake> {
        self.is_new(name)?;
        let key = read_key(key, Algorithm::Cosignature, &self.witnesses)?;
        self.witnesses.push(Party { name: name.to_owned(), key, url: url.map(ToOwned::to_owned) });
        Ok(())
    }

    fn group(&mut self, name: &str, threshold: &str, members: &[&str]) -> Result<(), Mistake> {
        self.is_new(name)?;
        for member in members {
            if self.groups.iter().any(|(group, ..)| group == member) {
                return Err(Mistake::Nested((*member).to_owned()));
            }
            if !self.witnesses.iter().any(|witness| witness.name == *member) {
                return Err(Mistake::Unknown((*member).to_owned()));
            }
            if !self.members.insert((*member).to_owned()) {
                return Err(Mistake::Twice((*member).to_owned()));
            }
        }
        let required = match threshold {
            "any" => Some(1),
            "all" => Some(members.len()),
            number => encoding::decimal(number).and_then(|number| usize::try_from(number).ok()),
        };
        let required = required.filter(|required| (1..=members.len()).contains(required));
        let required = required.ok_or(Mistake::Threshold)?;
        let members = members.iter().map(|member| (*member).to_owned()).collect();
        self.groups.push((name.to_owned(), required, members));
        Ok(())
    }

    fn quorum(&mut self, name: &str) -> Result<(), Mistake> {
        let named = match name {
            // Every cosignature counts, and none is needed.
            "none" => Some((self.witnesses.iter().map(|witness| witness.name.clone()).collect(), 0)),
            name => {
                let group = self.groups.iter().find(|(group, ..)| group == name);
                let group = group.map(|(_, required, members)| (members.clone(), *required));
                let witness = || self.witnesses.iter().any(|witness| witness.name == name);
                group.or_else(|| witness().then(|| (BTreeSet::from([name.to_owned()]), 1)))
            }
        };
        let named = named.ok_or_else(|| Mistake::Unknown(name.to_owned()))?;
        if self.quorum.replace(named).is_some() { Err(Mistake::SecondQuorum) } else { Ok(()) }
    }

    /// Witnesses and groups share their names.
    fn is_new(&self, name: &str) -> Result<(), Mistake> {
        let taken = name == "none"
            || self.witnesses.iter().any(|witness| witness.name == name)
            || self.groups.iter().any(|(group, ..)| group == name);
        if taken { Err(Mistake::Name(name.to_owned())) } else { Ok(()) }
    }
}

fn read_key(key: &str, algorithm: Algorithm, others: &[Party]) -> Result<Verifier, Mistake> {
    let key = key.parse::<Verifier>()?;
    if key.algorithm() != algorithm {
        return Err(Mistake::Key(KeyError::Purpose(key.algorithm().byte())));
    }
    if let Some(other) = others.iter().find(|other| other.key.public() == key.public()) {
        return Err(Mistake::Duplicate(other.key.name().clone()));
    }
    Ok(key)
}

/// The text is no policy, or one that asks for more than a number of witnesses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{mistake}", .line.map(|line| format!("line {line}: ")).unwrap_or_default())]
pub struct PolicyError {
    /// Which line, from 1; none: something is missing.
    pub line: Option<usize>,
    /// What is wrong with it.
    pub mistake: Mistake,
}

/// What may be wrong with a line of a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mistake {
    /// The line is none of a policy's.
    #[error("expected log, witness, group or quorum, with what belongs to it")]
    Form,
    /// A character that no line has.
    #[error("a policy has no control character {0:?}")]
    Control(char),
    /// A key cannot be read, or is for something else.
    #[error("{0}")]
    Key(#[from] KeyError),
    /// A key stands twice.
    #[error("the key is that of {0}, which is named already")]
    Duplicate(KeyName),
    /// A name stands twice.
    #[error("the name {0} is taken")]
    Name(String),
    /// A name that was not defined before.
    #[error("nothing before this is called {0}")]
    Unknown(String),
    /// A group of groups.
    #[error("{0} is a group: groups of groups are not known here")]
    Nested(String),
    /// A witness in two groups, or twice in one.
    #[error("{0} is a member already")]
    Twice(String),
    /// No group can have that many.
    #[error("expected any, all, or a number from 1 to that of the members")]
    Threshold,
    /// There is no quorum.
    #[error("a policy says whom it asks for: quorum NAME, or quorum none")]
    NoQuorum,
    /// There are two.
    #[error("a policy has one quorum")]
    SecondQuorum,
}
