//! `chancery export`: what proves itself to who does not trust the register.
//!
//! - `record` writes the events of one record with their proofs ([`transparency::evidence`]);
//! - `whole` writes every event of the log ([`transparency::export`]).

mod record;
mod stamped;
mod whole;

use std::path::PathBuf;

use self::stamped::Which;
use crate::access::Access;
use crate::failure::Failure;
use crate::filters::Fresh;
use crate::named::Named;
use crate::out;

/// Write events with what proves them, to be verified offline by `chancery verify`
///
///   chancery export --evidence engagement/~us-congress-visit-2025-04 -o visit.json
///   chancery export --evidence engagement/~us-congress-visit-2025-04 --redact all
///   chancery export -o log.ndjson
///
/// With --evidence: the events of one record, each with the proof that it is in the log, and the log's latest
/// checkpoint. Without: every event of the log. What you may not see is in it as a hash, and proved all the same;
/// for auditors who are cleared for everything it is in it without its content.
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Export {
    /// Of one record: engagement/UUID, or engagement/~KEY with your own key
    #[arg(long, value_name = "RECORD")]
    evidence: Option<Named>,

    /// Write to this file; the whole log goes on where it was interrupted [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Show this event without its content, or `all` of them; repeatable
    #[arg(long, value_name = "UID", requires = "evidence")]
    redact: Vec<String>,

    /// With a checkpoint that enough of the register's witnesses have cosigned
    #[arg(long)]
    witnessed: bool,

    /// With a checkpoint that a time stamp authority has stamped, and its tokens; without this, tokens come along where
    /// the latest checkpoint has some
    #[arg(long, conflicts_with = "witnessed")]
    stamped: bool,

    #[command(flatten)]
    fresh: Fresh,

    #[command(flatten)]
    access: Access,
}

impl Export {
    /// Writes the file.
    ///
    /// # Errors
    /// The register's refusal, that it does not answer, or that it does not show what its log has.
    pub(crate) async fn run(&self) -> Result<(), Failure> {
        let client = self.access.open()?;
        let which = match (self.witnessed, self.stamped) {
            (true, _) => Which::Witnessed,
            (_, true) => Which::Stamped,
            _ => Which::Latest,
        };
        match &self.evidence {
            Some(record) => {
                let bundle = record::bundle(&client, record, &self.fresh, which, &self.redact).await?;
                out::leave(&bundle.to_string(), self.output.as_deref())
            }
            None => whole::write(&client, &self.fresh, which, self.output.as_deref()).await,
        }
    }
}
