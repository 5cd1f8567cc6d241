//! `chancery token`: signs a token with the machine's own key.

use std::path::PathBuf;

use serde_json::json;
use service::Clock;

use crate::access;
use crate::failure::Failure;
use crate::holder::Holder;
use crate::out;

/// Make a token with the key of a register on this machine
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Token {
    #[command(flatten)]
    holder: Holder,

    /// The data folder of the register
    #[arg(long, env = "CHANCERY_DATA", value_name = "FOLDER", default_value = "var")]
    data: PathBuf,

    /// Print who it is for as well, as JSON
    #[arg(long)]
    json: bool,
}

impl Token {
    /// Prints the token.
    ///
    /// # Errors
    /// When there is no key.
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let now = Clock::system().now();
        let token = access::mint(&access::keys_folder(&self.data), &self.holder, now)?;
        if !self.json {
            return out::say(&token);
        }
        let expires = self.holder.end(now).to_string();
        out::say_json(&json!({"token": token, "expires": expires, "principal": self.holder.principal()}))
    }
}
