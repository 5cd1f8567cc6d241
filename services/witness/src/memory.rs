//! What was cosigned last of each log, on disk before it is said: `witness/<hash of the origin>` under the data folder.
//!
//! A file is the checkpoint as the log signed it, with our cosignature below: what shows that it is ours, and what
//! others may ask for. One request at a time decides about a log, so that no two cosign different trees of one size.
//!
//! Whose checkpoints are cosigned can change meanwhile. A log that is not known any more keeps its place, so that nobody
//! who is still being answered writes to a file that somebody else has begun to rely on.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use service::{Clock, file};
use tokio::sync::Mutex;
use transparency::checkpoint::{Cosigner, Signed, Trust};
use transparency::note::Verifier;
use transparency::tree::Head;
use transparency::witness::{AddCheckpoint, Answer, checkpoint_path, examine};

use crate::metrics::Metrics;

type Cause = Box<dyn StdError + Send + Sync>;

/// The memory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    /// A file cannot be read or written.
    #[error("{} cannot be read or written", .0.display())]
    File(PathBuf, #[source] io::Error),
    /// Another witness works on it.
    #[error("{} is in use by another witness", .0.display())]
    InUse(PathBuf),
    /// What is there is no checkpoint that we cosigned.
    #[error("{} is no checkpoint that this witness cosigned", .0.display())]
    Form(PathBuf, #[source] Cause),
    /// The clock says a time that cannot be stated.
    #[error("the clock is before 1970")]
    Clock,
}

pub(crate) struct Memory {
    cosigner: Cosigner,
    clock: Clock,
    metrics: Metrics,
    folder: PathBuf,
    logs: RwLock<BTreeMap<String, Arc<Log>>>,
    /// Held as long as this lives.
    _lock: File,
}

struct Log {
    file: PathBuf,
    known: Mutex<Known>,
}

/// What is known of a log.
struct Known {
    /// By which keys; none: it is not known any more.
    trust: Option<Trust>,
    /// What was cosigned last.
    last: Option<Signed>,
}

impl Memory {
    /// Remembers what is on disk of these logs.
    ///
    /// # Errors
    /// [`MemoryError`]: what is there and cannot be relied on is never taken for nothing.
    pub(crate) fn open(
        data: &Path,
        logs: BTreeMap<String, Trust>,
        cosigner: Cosigner,
        clock: Clock,
        metrics: Metrics,
    ) -> Result<Self, MemoryError> {
        let folder = data.join("witness");
        file::make_folder(&folder).map_err(|error| MemoryError::File(folder.clone(), error))?;
        let lock = hold(&folder.join("lock"))?;
        let opened = Self { cosigner, clock, metrics, folder, logs: RwLock::default(), _lock: lock };
        let begun = logs.into_iter().map(|(origin, trust)| opened.begin(origin, trust));
        let begun = begun.collect::<Result<BTreeMap<_, _>, _>>()?;
        *opened.logs.write().unwrap_or_else(PoisonError::into_inner) = begun;
        Ok(opened)
    }

    fn begin(&self, origin: String, trust: Trust) -> Result<(String, Arc<Log>), MemoryError> {
        let file = self.folder.join(checkpoint_path(&origin).replace('/', "."));
        let last = recall(&file, &trust, self.cosigner.verifier())?;
        self.metrics.cosigned(&origin, size(last.as_ref()));
        Ok((origin, Arc::new(Log { file, known: Mutex::new(Known { trust: Some(trust), last }) })))
    }

    /// From here on these logs are known, by these keys, and no others.
    ///
    /// # Errors
    /// [`MemoryError`] where what is on disk of a log that comes cannot be relied on: then nothing has changed.
    pub(crate) async fn know(&self, logs: BTreeMap<String, Trust>) -> Result<(), MemoryError> {
        let mut known = self.logs.read().unwrap_or_else(PoisonError::into_inner).clone();
        let (mut there, coming): (BTreeMap<_, _>, BTreeMap<_, _>) =
            logs.into_iter().partition(|(origin, _)| known.contains_key(origin));
        let coming = coming.into_iter().map(|(origin, trust)| self.begin(origin, trust));
        let coming = coming.collect::<Result<Vec<_>, _>>()?;
        for (origin, log) in &known {
            log.known.lock().await.trust = there.remove(origin);
        }
        known.extend(coming);
        *self.logs.write().unwrap_or_else(PoisonError::into_inner) = known;
        Ok(())
    }

    fn log(&self, origin: &str) -> Option<Arc<Log>> {
        self.logs.read().unwrap_or_else(PoisonError::into_inner).get(origin).cloned()
    }

    pub(crate) const fn key(&self) -> &Verifier {
        self.cosigner.verifier()
    }

    /// Decides, keeps and then cosigns.
    ///
    /// # Errors
    /// When nothing can be kept: then nothing is cosigned.
    pub(crate) async fn add(&self, request: &AddCheckpoint) -> Result<Answer, MemoryError> {
        let origin = request.checkpoint.checkpoint().origin();
        let Some(log) = self.log(origin) else { return Ok(Answer::UnknownLog) };
        let mut known = log.known.lock().await;
        let Known { trust: Some(trust), last } = &mut *known else { return Ok(Answer::UnknownLog) };
        let latest = last.as_ref().map_or(Head::EMPTY, |last| last.checkpoint().head());
        let head = match examine(request, Some(trust), &latest) {
            Ok(head) => head,
            Err(refusal) => {
                if refusal == Answer::Inconsistent {
                    let note = request.to_string();
                    tracing::error!(origin, note, "a log signed what does not continue its past");
                }
                return Ok(refusal);
            }
        };
        let seconds = u64::try_from(self.clock.now().as_second()).map_err(|_| MemoryError::Clock)?;
        let cosignature = self.cosigner.cosign(request.checkpoint.checkpoint(), seconds);
        let cosignature = cosignature.map_err(|_| MemoryError::Clock)?;
        let kept = log.kept(trust, request, &cosignature.to_string())?;
        // Once more the same is on disk already.
        if last.is_none() || head != latest {
            let (file, bytes) = (log.file.clone(), kept.to_string());
            let written =
                tokio::task::spawn_blocking(move || file::replace(&file, bytes.as_bytes(), 0o600)).await;
            let written = written.unwrap_or_else(|error| Err(io::Error::other(error)));
            written.map_err(|error| MemoryError::File(log.file.clone(), error))?;
        }
        *last = Some(kept);
        self.metrics.cosigned(origin, head.size);
        Ok(Answer::Cosigned(vec![cosignature]))
    }

    /// What was cosigned last of the log that has this [path](checkpoint_path).
    pub(crate) async fn last(&self, path: &str) -> Option<Signed> {
        let logs = self.logs.read().unwrap_or_else(PoisonError::into_inner).clone();
        let (_, log) = logs.into_iter().find(|(origin, _)| checkpoint_path(origin) == path)?;
        let known = log.known.lock().await;
        known.last.clone().filter(|_| known.trust.is_some())
    }
}

impl Log {
    /// The checkpoint with the log's signatures and ours, and nobody else's: what is kept has bounds.
    fn kept(&self, trust: &Trust, request: &AddCheckpoint, cosignature: &str) -> Result<Signed, MemoryError> {
        let note = request.checkpoint.note();
        let by_log =
            |signature: &&transparency::note::Signature| trust.log.iter().any(|key| signature.is_from(key));
        let signatures = note.signatures().iter().filter(by_log).map(|signature| format!("{signature}\n"));
        let text = format!("{}\n{}{cosignature}\n", note.text(), signatures.collect::<String>());
        Signed::parse(text.as_bytes()).map_err(|error| MemoryError::Form(self.file.clone(), error.into()))
    }
}

/// What is in the file of a log.
fn recall(file: &Path, trust: &Trust, key: &Verifier) -> Result<Option<Signed>, MemoryError> {
    let form = |cause: Cause| MemoryError::Form(file.to_owned(), cause);
    let bytes = match fs::read(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        bytes => bytes.map_err(|error| MemoryError::File(file.to_owned(), error))?,
    };
    let signed = Signed::parse(&bytes).map_err(|error| form(error.into()))?;
    if signed.checkpoint().origin() != trust.origin {
        return Err(form("it is of another log".into()));
    }
    // The log's keys may have changed since; that it was we who cosigned says that it was examined.
    signed.note().verify([key]).map_err(|error| form(error.into()))?;
    Ok(Some(signed))
}

fn hold(path: &Path) -> Result<File, MemoryError> {
    let failed = |error| MemoryError::File(path.to_owned(), error);
    let mut options = OpenOptions::new();
    let lock = options.read(true).write(true).create(true).truncate(false).open(path).map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(MemoryError::InUse(path.to_owned())),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

fn size(signed: Option<&Signed>) -> u64 {
    signed.map_or(0, |signed| signed.checkpoint().head().size)
}
