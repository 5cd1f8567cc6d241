//! Reading the lines that say what is exported.

use super::{Block, FORMAT, Header, Problem, VERSION};
use crate::canonical::{self, Json};
use crate::checkpoint::Signed;
use crate::{Hash, encoding, tokens};

impl Header {
    /// Reads the first line. Nothing is verified.
    ///
    /// # Errors
    /// [`Problem::Header`] or [`Problem::Checkpoint`].
    pub fn parse(line: &[u8]) -> Result<Self, Problem> {
        let Ok(Json::Object(mut members)) = canonical::value(line) else { return Err(Problem::Header) };
        let format = (Json::take(&mut members, "format"), Json::take(&mut members, "version"));
        let _about = Json::take(&mut members, "about");
        let timestamps = tokens::read(Json::take(&mut members, "timestamps"));
        let checkpoint = Json::take(&mut members, "checkpoint");
        let is_format = format.0 == Some(Json::String(FORMAT.into()))
            && format.1.is_some_and(|version| version.to_string() == VERSION.to_string());
        match (checkpoint, timestamps) {
            (Some(Json::String(checkpoint)), Some(timestamps)) if is_format && members.is_empty() => {
                Ok(Self { checkpoint: Signed::parse(checkpoint.as_bytes())?, timestamps })
            }
            _ => Err(Problem::Header),
        }
    }
}

impl Block {
    /// Reads the line of a block. Nothing is verified.
    ///
    /// # Errors
    /// [`Problem::Block`].
    pub fn parse(line: &[u8]) -> Result<Self, Problem> {
        Self::read(line).ok_or(Problem::Block)
    }

    fn read(line: &[u8]) -> Option<Self> {
        let Json::Array(parts) = canonical::value(line).ok()? else { return None };
        let [Json::String(name), number @ Json::Number(_), Json::Array(proof), Json::String(tile)] =
            &parts[..]
        else {
            return None;
        };
        let proof = proof.iter().map(|hash| match hash {
            Json::String(hash) => hash.parse().ok(),
            _ => None,
        });
        let tile = encoding::from_base64(tile)?;
        let (hashes, rest) = tile.as_chunks::<{ Hash::SIZE }>();
        let is_whole = name == "block" && rest.is_empty();
        is_whole.then_some(())?;
        Some(Self {
            number: number.to_string().parse().ok()?,
            proof: proof.collect::<Option<_>>()?,
            tile: hashes.iter().copied().map(Hash::new).collect(),
        })
    }
}
