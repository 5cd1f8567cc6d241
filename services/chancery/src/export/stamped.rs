//! Which checkpoint evidence leads to, and the time stamps over it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use transparency::checkpoint::Signed;

use crate::client::Client;
use crate::failure::Failure;

/// Which checkpoint is wanted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Which {
    Latest,
    /// The latest that enough witnesses have cosigned.
    Witnessed,
    /// The latest that a time stamp authority has stamped.
    Stamped,
}

#[derive(Deserialize)]
struct Stamps {
    authorities: Vec<Authority>,
}

#[derive(Deserialize)]
struct Authority {
    stamped: Option<Stamped>,
}

#[derive(Deserialize)]
struct Stamped {
    size: u64,
    checkpoint: String,
    token: String,
}

impl Which {
    /// The checkpoint, which covers a position, and the tokens over it that there are.
    ///
    /// # Errors
    /// The register's refusal, that it does not answer, or that what it answers cannot be read.
    pub(super) async fn checkpoint(
        self,
        client: &Client,
        position: u64,
    ) -> Result<(Signed, Vec<Vec<u8>>), Failure> {
        let covering = if matches!(self, Self::Stamped) { position } else { 0 };
        let signed = match self {
            Self::Stamped => None,
            Self::Latest | Self::Witnessed => {
                let witnessed = matches!(self, Self::Witnessed).to_string();
                let query = [("min_position", position.to_string()), ("witnessed", witnessed)];
                Some(read(&client.bytes("checkpoint", &query).await?)?)
            }
        };
        let query = [("min_position", covering.to_string())];
        let stamps = client.bytes("v1/audit/timestamps", &query).await?;
        let stamps = serde_json::from_slice::<Stamps>(&stamps).map_err(anyhow::Error::from)?;
        let stamped = stamps.authorities.into_iter().filter_map(|authority| authority.stamped);
        let stamped = stamped.collect::<Vec<_>>();
        let signed = match (signed, stamped.iter().max_by_key(|stamped| stamped.size)) {
            (Some(signed), _) => signed,
            (None, Some(latest)) => read(latest.checkpoint.as_bytes())?,
            (None, None) => return Err(anyhow::anyhow!("the register has no time stamp").into()),
        };
        let mut tokens = Vec::new();
        for stamped in stamped {
            // A token is about the text, whoever has cosigned it.
            if read(stamped.checkpoint.as_bytes())?.note().text() == signed.note().text() {
                tokens.push(STANDARD.decode(&stamped.token).map_err(anyhow::Error::from)?);
            }
        }
        Ok((signed, tokens))
    }
}

fn read(checkpoint: &[u8]) -> Result<Signed, Failure> {
    Ok(Signed::parse(checkpoint).map_err(anyhow::Error::from)?)
}
