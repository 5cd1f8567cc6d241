//! Where the register is and who asks: from flags, the environment, or what `chancery serve` left in its folder.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Parser;
use jiff::Timestamp;
use serde::Deserialize;
use service::Clock;
use service::token::{ISSUER, Keys};
use url::Url;

use crate::client::Client;
use crate::failure::Failure;
use crate::holder::Holder;

const USUAL: &str = "http://127.0.0.1:8080";

/// How the register is reached.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "The register")]
pub(crate) struct Access {
    /// Where it answers [default: what `serve` wrote to FOLDER/address, else http://127.0.0.1:8080]
    #[arg(long, env = "CHANCERY_URL", value_name = "URL")]
    url: Option<Url>,

    /// Who asks [default: FOLDER/token, else one made with the key in FOLDER/keys]
    #[arg(long, env = "CHANCERY_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    token: Option<String>,

    /// The data folder of a register on this machine
    #[arg(long, env = "CHANCERY_DATA", value_name = "FOLDER", default_value = "var")]
    data: PathBuf,

    /// Print what the register answered, as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

impl Access {
    /// A client with a token.
    ///
    /// # Errors
    /// When there is no token to be had.
    pub(crate) fn open(&self) -> Result<Client, Failure> {
        Client::new(self.address(), &self.token()?)
    }

    fn address(&self) -> Url {
        let left = || fs::read_to_string(address_file(&self.data)).ok()?.trim().parse().ok();
        let usual = || Url::parse(USUAL).expect("a literal");
        self.url.clone().or_else(left).unwrap_or_else(usual)
    }

    fn token(&self) -> Result<String, Failure> {
        if let Some(token) = &self.token {
            return Ok(token.trim().to_owned());
        }
        let now = Clock::system().now();
        let left = fs::read_to_string(token_file(&self.data)).map(|token| token.trim().to_owned()).ok();
        let good = |token: &String| claims(token).is_some_and(|claims| claims.exp > now.as_second());
        if let Some(token) = left.filter(good) {
            return Ok(token);
        }
        let folder = keys_folder(&self.data);
        if Keys::in_folder(&folder).private.exists() {
            return mint(&folder, &stand_in()?, now);
        }
        let data = self.data.display();
        Err(Failure::Usage(format!(
            "no token: give --token or CHANCERY_TOKEN, or --data where `serve` keeps its keys (looked in {data})"
        )))
    }
}

/// Signs a token with the key in a folder.
///
/// # Errors
/// When the key cannot be read.
pub(crate) fn mint(keys: &Path, holder: &Holder, now: Timestamp) -> Result<String, Failure> {
    let issuer = Keys::in_folder(keys).issuer(ISSUER).map_err(anyhow::Error::from)?;
    let token = issuer.issue(&holder.principal(), now, holder.ttl).map_err(anyhow::Error::from)?;
    Ok(token)
}

/// Where `serve` says how it is reached.
pub(crate) fn address_file(data: &Path) -> PathBuf {
    data.join("address")
}

/// Where `serve` leaves a token for whoever may read the folder.
pub(crate) fn token_file(data: &Path) -> PathBuf {
    data.join("token")
}

/// Where the machine's signing key is.
pub(crate) fn keys_folder(data: &Path) -> PathBuf {
    data.join("keys")
}

/// What we need to know of a token. It is the register that checks it.
#[derive(Deserialize)]
struct Claims {
    exp: i64,
}

fn claims(token: &str) -> Option<Claims> {
    let middle = token.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(middle).ok()?).ok()
}

/// The holder that the environment names, or the stand-in.
///
/// # Errors
/// When the environment names what is none.
pub(crate) fn stand_in() -> Result<Holder, Failure> {
    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        holder: Holder,
    }
    let line = Line::try_parse_from(["chancery"]);
    line.map(|line| line.holder).map_err(|error| Failure::Usage(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_when_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        Keys::create_if_absent(folder.path()).unwrap();
        let token = mint(folder.path(), &stand_in().unwrap(), Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(claims(&token).unwrap().exp, 12 * 3600);
        assert!(claims("no token").is_none());
    }
}
