//! One witness: asked for each checkpoint that it has not cosigned yet, one at a time.

use std::sync::Arc;

use readmodel::Reader;
use reqwest::{Client, StatusCode};
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;
use transparency::checkpoint::Signed;
use transparency::note::{Signature, VerifyError};
use transparency::tree::{Head, ProofError, consistency_proof};
use transparency::witness::{AddCheckpoint, Answer, InvalidAnswer};

use super::settings::Witness;
use crate::outside::{self, FIRST_PAUSE, LONGEST_PAUSE, MOST_BYTES};
use crate::tree::{Missing, Nodes};

/// How often one checkpoint is sent: the first time to hear which size the witness has, the second to be cosigned,
/// the third if somebody else came between.
const TRIES: usize = 3;

/// Why a witness did not cosign.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("it does not answer")]
    Unreachable(#[source] reqwest::Error),
    #[error("its answer has more than {MOST_BYTES} bytes")]
    TooLarge,
    #[error("what it answers is not of the protocol")]
    Answer(#[from] InvalidAnswer),
    #[error("it answers without a signature of its key")]
    Unsigned,
    #[error("it answers with a signature that does not hold")]
    Signature(#[source] VerifyError),
    #[error("it does not know this log: give its operator the log's key")]
    UnknownLog,
    #[error("it does not trust this log's key: give its operator the key")]
    NotByLog,
    #[error("it cannot read what is asked")]
    Malformed,
    #[error("it has cosigned another history of this log")]
    Inconsistent,
    #[error("it has cosigned {0} events of this log already, more than are signed")]
    Ahead(u64),
    #[error("it says another size each time")]
    Unsteady,
    #[error("the tree cannot be read")]
    Tree(#[source] readmodel::Error),
    #[error(transparent)]
    Missing(#[from] Missing),
}

/// What became of a question.
pub(crate) struct Heard {
    /// Which witness.
    pub(crate) which: usize,
    /// About which checkpoint.
    pub(crate) head: Head,
    pub(crate) answer: Result<Signature, Refusal>,
}

pub(crate) struct Asking {
    pub(crate) which: usize,
    pub(crate) witness: Witness,
    pub(crate) client: Client,
    pub(crate) reader: Reader,
    /// The size that it has cosigned, as far as is known: it says so itself when that is wrong.
    pub(crate) holds: u64,
}

impl Asking {
    /// Asks about each checkpoint that comes, the latest only, and rests after failures: until nobody sends any more.
    pub(crate) async fn run(
        mut self,
        mut latest: watch::Receiver<Option<Arc<Signed>>>,
        heard: mpsc::Sender<Heard>,
    ) {
        let (mut done, mut pause) = (None, FIRST_PAUSE);
        loop {
            let is_new = |signed: &Option<Arc<Signed>>| {
                signed.as_ref().is_some_and(|signed| Some(signed.checkpoint().head()) != done)
            };
            let Ok(Some(signed)) = latest.wait_for(is_new).await.map(|signed| signed.clone()) else { return };
            let (which, head) = (self.which, signed.checkpoint().head());
            let answer = self.cosign(&signed).await;
            let failed = answer.is_err();
            if heard.send(Heard { which, head, answer }).await.is_err() {
                return;
            }
            if failed {
                sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            } else {
                (done, pause) = (Some(head), FIRST_PAUSE);
            }
        }
    }

    /// Its cosignature, verified.
    async fn cosign(&mut self, signed: &Signed) -> Result<Signature, Refusal> {
        let size = signed.checkpoint().head().size;
        for _ in 0..TRIES {
            let proof = self.proof(size).await?;
            let request = AddCheckpoint { old: self.holds, proof, checkpoint: signed.clone() };
            match self.post(&request).await? {
                Answer::Cosigned(signatures) => {
                    let signature = self.own(signed, signatures)?;
                    self.holds = size;
                    return Ok(signature);
                }
                Answer::Conflict { size: held } if held > size => return Err(Refusal::Ahead(held)),
                Answer::Conflict { size: held } => self.holds = held,
                Answer::Malformed => return Err(Refusal::Malformed),
                Answer::NotByLog => return Err(Refusal::NotByLog),
                Answer::UnknownLog => return Err(Refusal::UnknownLog),
                Answer::Inconsistent => return Err(Refusal::Inconsistent),
            }
        }
        Err(Refusal::Unsteady)
    }

    /// The growth from what it has to `size`.
    async fn proof(&self, size: u64) -> Result<Vec<transparency::Hash>, Refusal> {
        let old = self.holds;
        if old == 0 || old == size {
            return Ok(Vec::new());
        }
        let read = self.reader.read(move |view| consistency_proof(&Nodes(view), old, size)).await;
        read.map_err(Refusal::Tree)?.map_err(|error| match error {
            ProofError::Read(missing) => Refusal::Missing(missing),
            ProofError::OutOfRange(_) => Refusal::Ahead(old),
        })
    }

    async fn post(&self, request: &AddCheckpoint) -> Result<Answer, Refusal> {
        let unreachable = |error: reqwest::Error| Refusal::Unreachable(error.without_url());
        let sent = self.client.post(self.witness.url.clone()).body(request.to_string()).send().await;
        let response = sent.map_err(unreachable)?;
        let status = response.status();
        // Of a refusal that has no body in the protocol, none is read.
        let body = if matches!(status, StatusCode::OK | StatusCode::CONFLICT) {
            outside::body(response).await.map_err(unreachable)?.ok_or(Refusal::TooLarge)?
        } else {
            Vec::new()
        };
        Ok(Answer::parse(status.as_u16(), &body)?)
    }

    /// The signature of its key among those that it sent. What else it sends is not attached.
    fn own(&self, signed: &Signed, signatures: Vec<Signature>) -> Result<Signature, Refusal> {
        let key = &self.witness.key;
        let own = signatures.into_iter().find(|signature| signature.is_from(key)).ok_or(Refusal::Unsigned)?;
        let mut alone = signed.clone();
        // The checkpoint may bear one of this witness's already, of an earlier time; each is verified.
        alone.attach(own.clone()).map_err(|_| Refusal::TooLarge)?;
        alone.note().verify([key]).map_err(Refusal::Signature)?;
        Ok(own)
    }
}
