//! `chancery keys`: the key that signs a register's checkpoints.
//!
//! The auditor makes one at its first start if there is none; who is to be told of the public half before that, or
//! keeps keys elsewhere, makes it here. Its file is for its owner alone. It is changed in two steps, between which both
//! the old key and the next one sign.

use std::path::PathBuf;

use auditor::{key, rotation};
use clap::Subcommand;
use serde_json::json;
use service::token;
use transparency::note::{KeyName, Verifier};

use crate::access;
use crate::failure::Failure;
use crate::out;

/// Make, show or change the keys of a register on this machine
///
///   chancery keys generate --origin register.example.org/log
///   chancery keys show
///   chancery keys rotate
///   chancery keys retire
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Keys {
    #[command(subcommand)]
    what: What,

    /// The data folder of the register
    #[arg(long, env = "CHANCERY_DATA", value_name = "FOLDER", default_value = "var", global = true)]
    data: PathBuf,

    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Clone, Debug, Subcommand)]
enum What {
    /// Make the key that signs checkpoints, before the register is first started; refused where there is one
    Generate {
        /// What the log is called, for ever: a URL without its scheme [default: HOST/chancery-ID]
        #[arg(long, env = "CHANCERY_ORIGIN", value_name = "NAME")]
        origin: Option<KeyName>,
    },
    /// Show the verifier key, which everybody needs who verifies what the register proves
    Show {
        /// That of the log of reads: the same key, under the name of its checkpoints
        #[arg(long)]
        reads: bool,
    },
    /// List what keys there are, and which files hold them
    List,
    /// Make the next key: from the auditor's next start on, the old one and it sign. Give its verifier key, which is
    /// printed, to all who follow the log
    Rotate,
    /// Put the next key in the place of the old one, which is destroyed; start the auditor again then. Refused before
    /// the next key has signed
    Retire,
}

impl Keys {
    /// Does it.
    ///
    /// # Errors
    /// When a key is there that should not be, is not there that should, or cannot be relied on.
    pub(crate) fn run(&self) -> Result<(), Failure> {
        match &self.what {
            What::Generate { origin } => {
                let made = key::create(&self.data, origin.as_ref()).map_err(anyhow::Error::from)?;
                out::complain(&format!("the key is in {}", key::file_under(&self.data).display()));
                self.say(&made)
            }
            What::Show { reads } => {
                let verifier = key::verifier(&self.data).map_err(anyhow::Error::from)?;
                self.say(&if *reads { key::of_reads(&verifier) } else { verifier })
            }
            What::List => self.list(),
            What::Rotate => {
                let made = rotation::rotate(&self.data).map_err(anyhow::Error::from)?;
                out::complain("start the auditor again: from then on the old key and this one sign");
                self.say(&made)
            }
            What::Retire => {
                let (old, new) = rotation::retire(&self.data).map_err(anyhow::Error::from)?;
                let id = old.id();
                out::complain(&format!(
                    "start the auditor again: from then on the key {id} signs nothing more"
                ));
                self.say(&new)
            }
        }
    }

    fn say(&self, verifier: &Verifier) -> Result<(), Failure> {
        if !self.json {
            return out::say_raw(&verifier.to_string());
        }
        let id = verifier.id().to_string();
        out::say_json(&json!({"origin": verifier.name().as_str(), "id": id, "vkey": verifier.to_string()}))
    }

    fn list(&self) -> Result<(), Failure> {
        let mut found = Vec::new();
        match key::verifier(&self.data) {
            Ok(verifier) => {
                let file = key::file_under(&self.data);
                found.push(("checkpoints", file, Some(verifier.to_string())));
            }
            Err(key::KeyError::None(_)) => {}
            Err(error) => return Err(anyhow::Error::from(error).into()),
        }
        if let Some((file, next)) = rotation::next(&self.data).map_err(anyhow::Error::from)? {
            found.push(("next", file, Some(next.to_string())));
        }
        let tokens = token::Keys::in_folder(&access::keys_folder(&self.data)).private;
        if tokens.exists() {
            found.push(("tokens", tokens, None));
        }
        if self.json {
            let found =
                found.iter().map(|(signs, file, vkey)| json!({"signs": signs, "file": file, "vkey": vkey}));
            return out::say_json(&found.collect());
        }
        if found.is_empty() {
            return out::say(&format!("no keys in {}", access::keys_folder(&self.data).display()));
        }
        let line = |(signs, file, vkey): &(&str, PathBuf, Option<String>)| {
            let vkey = vkey.as_deref().unwrap_or_default();
            format!("{signs:<12} {}  {vkey}", file.display()).trim_end().to_owned()
        };
        out::say_raw(&found.iter().map(line).collect::<Vec<_>>().join("\n"))
    }
}
