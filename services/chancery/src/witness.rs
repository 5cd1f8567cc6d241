//! `chancery witness`: cosigns the checkpoints of other logs. It needs no register and no NATS.

use service::settings::Basics;
use service::{Ground, StartError, telemetry};

use crate::failure::Failure;
use crate::out;
use crate::serve::folder;

/// Cosign the checkpoints of other logs, so that none can show two histories (C2SP tlog-witness)
///
/// What was cosigned last of each log is kept in the data folder: a witness that forgets it may cosign two histories.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  chancery witness --logs logs.txt --name witness.example/w1 --listen 0.0.0.0:8081
")]
pub(crate) struct Witness {
    #[command(flatten)]
    settings: witness::Settings,

    #[command(flatten)]
    basics: Basics,
}

impl Witness {
    /// Runs until a signal.
    ///
    /// # Errors
    /// What could not be started.
    pub(crate) async fn run(self) -> Result<(), Failure> {
        telemetry::init(&self.basics);
        folder::keep_from_others(&self.basics.data)?;
        let ground = match Ground::start(&self.basics).await {
            Err(StartError::Stopped) => return Ok(()),
            ground => ground.map_err(anyhow::Error::from)?,
        };
        let outcome = self.answer(&ground).await;
        ground.end().await;
        outcome
    }

    async fn answer(&self, ground: &Ground) -> Result<(), Failure> {
        let witness = witness::Witness::open(&self.settings, &self.basics.data, ground).await?;
        let address = witness.address().map_err(anyhow::Error::from)?;
        let said =
            out::say(&format!("{}\nThe witness of this key answers at http://{address}", witness.key()));
        match said {
            // A service goes on when nobody reads what it says.
            Ok(()) | Err(Failure::Unread) => {}
            Err(failure) => return Err(failure),
        }
        witness.run(ground, self.basics.stop_within).await;
        Ok(())
    }
}
