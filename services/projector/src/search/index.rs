//! The index beside the rows: what it is made of can be lost, and it is made again from the rows.
//!
//! A commit carries how far it has come, so that index and position are one. A record's document is replaced, never
//! added to, so that doing again what was done before a kill changes nothing.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};
use tantivy::directory::{MmapDirectory, RamDirectory};
use tantivy::index::{IndexSortByField, Order};
use tantivy::indexer::IndexWriterOptions;
use tantivy::merge_policy::{LogMergePolicy, NoMergePolicy};
use tantivy::tokenizer::TokenizerManager;
use tantivy::{Index, IndexReader, IndexSettings, IndexWriter, ReloadPolicy, Searcher};

use super::columns::Columns;
use super::fields::{Fields, NEWEST, SCHEMA, register, schema};
use super::tallied::Tallied;
use super::texts::Texts;
use crate::head::Head;

/// Memory for documents that are not written yet.
const WRITER_BYTES: usize = 16 << 20;

/// The index cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("the index cannot be read or written")]
    Index(#[from] tantivy::TantivyError),
    #[error("the folder of the index cannot be read or written")]
    Folder(#[from] io::Error),
    #[error("{0} files of the index are damaged")]
    Damaged(usize),
    #[error("the index cannot be asked")]
    Unreadable,
    #[error(transparent)]
    Rows(#[from] readmodel::Error),
}

/// How far an index has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Progress {
    /// Its form.
    schema: u32,
    /// Which log the rows were made from.
    origin: String,
    /// It has all changes up to here.
    pub(super) complete: u64,
    /// It has every record whose last change lies up to here; of those that changed again, an earlier state.
    pub(super) seen: u64,
}

/// The index at one commit.
#[derive(Clone)]
pub(crate) struct Snapshot {
    pub(super) searcher: Searcher,
    pub(super) fields: Fields,
    /// Of each segment of the searcher.
    pub(super) columns: Arc<[Columns]>,
    /// What was counted lately, at this commit or another.
    pub(super) tallied: Arc<Tallied>,
    /// The position that it reflects.
    pub(crate) position: u64,
    /// Whether it could not be read when it was asked.
    failed: Arc<AtomicBool>,
    /// How many documents were looked at for pages.
    #[cfg(test)]
    pub(super) looked_at: Arc<std::sync::atomic::AtomicU64>,
}

/// A record as it is to stand in the index.
pub(super) struct Changed {
    pub(super) head: Head,
    pub(super) texts: Texts,
    /// Of its last change.
    pub(super) position: u64,
}

/// What is read from the rows at once.
pub(super) struct Changes {
    pub(super) records: Vec<Changed>,
    /// The last change that was looked at.
    pub(super) seen: u64,
    /// Where the rows stood, if there is nothing behind that change.
    pub(super) complete: Option<u64>,
}

/// Writes the index; there is one at a time.
pub(crate) struct Writer {
    index: Index,
    fields: Fields,
    reader: IndexReader,
    writer: IndexWriter,
    pub(super) progress: Progress,
    tallied: Arc<Tallied>,
    /// Whether documents were deleted that must not stay in its files.
    purges: bool,
    /// Whether its files are known to be sound.
    is_trusted: bool,
}

impl Error {
    /// Whether the index itself is to blame, so that another one would do better.
    pub(super) const fn is_of_the_index(&self) -> bool {
        !matches!(self, Self::Rows(_) | Self::Index(tantivy::TantivyError::LockFailure(..)))
    }
}

/// The documents of a segment stand as they are mostly asked for: the latest first.
fn sorted() -> IndexSettings {
    let by = IndexSortByField { field: NEWEST.to_owned(), order: Order::Asc };
    IndexSettings { sort_by_field: Some(by), ..IndexSettings::default() }
}

/// Throws away what other forms of an index have left beside it.
pub(super) fn discard_others(folder: &Path) -> io::Result<()> {
    let Some(beside) = folder.parent().filter(|beside| beside.exists()) else { return Ok(()) };
    for entry in fs::read_dir(beside)? {
        let entry = entry?;
        let is_index = entry.file_name().to_str().is_some_and(|name| name.starts_with("index-"));
        if is_index && Some(&*entry.file_name()) != folder.file_name() {
            discard(&entry.path())?;
        }
    }
    Ok(())
}

/// Throws an index away.
pub(super) fn discard(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

impl Writer {
    /// Opens the index in a folder. One that is of another form or log, or damaged, is begun again.
    ///
    /// # Errors
    /// [`Error`] when the folder cannot be used.
    pub(crate) fn open(folder: &Path, origin: &str) -> Result<Self, Error> {
        match Self::opened(folder) {
            Ok(writer) if (writer.progress.schema, writer.progress.origin.as_str()) == (SCHEMA, origin) => {
                return Ok(writer);
            }
            Ok(writer) => drop(writer),
            Err(Error::Index(tantivy::TantivyError::LockFailure(lock, why))) => {
                return Err(tantivy::TantivyError::LockFailure(lock, why).into());
            }
            Err(error) => tracing::info!(%error, "the index is built from the rows"),
        }
        discard(folder)?;
        fs::create_dir_all(folder)?;
        let index = Index::create(
            MmapDirectory::open(folder).map_err(tantivy::TantivyError::from)?,
            schema(),
            sorted(),
        )?;
        let progress = Progress { schema: SCHEMA, origin: origin.to_owned(), ..Progress::default() };
        let mut writer = Self::of(index, progress)?;
        writer.trust()?;
        writer.commit()?;
        Ok(writer)
    }

    /// Of what is in its files no others are made before they have been [checked](Self::check).
    fn opened(folder: &Path) -> Result<Self, Error> {
        let index = Index::open_in_dir(folder)?;
        let progress = index.load_metas()?.payload;
        let progress = progress.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default();
        Self::of(index, progress)
    }

    fn of(index: Index, progress: Progress) -> Result<Self, Error> {
        let fields = Fields::of(&index)?;
        let options = IndexWriterOptions::builder()
            .num_worker_threads(1)
            .num_merge_threads(1)
            .memory_budget_per_thread(WRITER_BYTES)
            .build();
        let writer = index.writer_with_options(options)?;
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        writer.set_merge_policy(Box::new(NoMergePolicy));
        let tallied = Arc::default();
        Ok(Self { index, fields, reader, writer, progress, tallied, purges: false, is_trusted: false })
    }

    /// Reads all its files against their checksums: what is damaged may open well, and fail whenever it is asked or
    /// written to, or answer nonsense.
    ///
    /// # Errors
    /// [`Error::Damaged`] when one does not meet it.
    pub(super) fn check(&self) -> impl FnOnce() -> Result<(), Error> + Send + use<> {
        let index = self.index.clone();
        move || match index.validate_checksum()?.len() {
            0 => Ok(()),
            damaged => Err(Error::Damaged(damaged)),
        }
    }

    /// Goes on with files that are sound.
    pub(super) fn trust(&mut self) -> Result<(), Error> {
        self.is_trusted = true;
        self.writer.set_merge_policy(Box::new(LogMergePolicy::default()));
        self.purge()
    }

    /// Takes records as they stand now.
    pub(super) fn take(&mut self, changes: &Changes) -> Result<(), Error> {
        let schema = self.index.schema();
        for changed in &changes.records {
            self.writer.delete_term(self.fields.key(&changed.head));
            self.writer.add_document(self.fields.document(&schema, changed)?)?;
            self.purges |= changed.head.is_disposed();
        }
        self.progress.seen = changes.seen;
        if let Some(position) = changes.complete {
            (self.progress.complete, self.progress.seen) = (position, position.max(changes.seen));
        }
        Ok(())
    }

    /// Writes what was taken, and how far that is.
    pub(super) fn commit(&mut self) -> Result<(), Error> {
        let payload = serde_json::to_string(&self.progress).expect("texts and numbers are JSON");
        let mut commit = self.writer.prepare_commit()?;
        commit.set_payload(&payload);
        commit.commit()?;
        self.purge()?;
        self.reader.reload()?;
        Ok(())
    }

    /// Writes every file anew in which something deleted stands that must not stay.
    fn purge(&mut self) -> Result<(), Error> {
        if !self.is_trusted || !std::mem::take(&mut self.purges) {
            return Ok(());
        }
        let segments = self.index.searchable_segment_metas()?;
        for segment in segments.iter().filter(|segment| segment.has_deletes()) {
            // Another merge may be at it already; then it is gone with that.
            if let Err(error) = self.writer.merge(&[segment.id()]).wait() {
                tracing::debug!(%error, "a file of the index was not written anew");
            }
        }
        self.writer.garbage_collect_files().wait()?;
        Ok(())
    }

    /// The index as it was last committed.
    pub(super) fn snapshot(&self) -> Result<Snapshot, Error> {
        let tallied = self.tallied.clone();
        Snapshot::new(self.reader.searcher(), self.fields, tallied, self.progress.complete)
    }
}

impl Snapshot {
    fn new(searcher: Searcher, fields: Fields, tallied: Arc<Tallied>, position: u64) -> Result<Self, Error> {
        let columns = searcher.segment_readers().iter().map(Columns::of);
        Ok(Self {
            columns: columns.collect::<tantivy::Result<_>>()?,
            searcher,
            fields,
            tallied,
            position,
            failed: Arc::default(),
            #[cfg(test)]
            looked_at: Arc::default(),
        })
    }

    /// Of a few records, in memory.
    pub(super) fn of(records: &[Changed], position: u64) -> Result<Self, Error> {
        let tokenizers = TokenizerManager::default();
        register(&tokenizers);
        let index = Index::builder().schema(schema()).settings(sorted()).tokenizers(tokenizers);
        let mut writer = index.single_segment_index_writer(RamDirectory::create(), WRITER_BYTES)?;
        let (schema, fields) = (schema(), Fields::of_schema(&schema())?);
        for changed in records {
            writer.add_document(fields.document(&schema, changed)?)?;
        }
        let index = writer.finalize()?;
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Self::new(IndexReader::searcher(&reader), fields, Arc::default(), position)
    }

    /// Says that it could not be read.
    pub(super) fn fail(&self) {
        self.failed.store(true, Ordering::Relaxed);
    }

    /// Whether anybody could not read it.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    /// How many documents there are.
    pub(super) fn documents(&self) -> u64 {
        self.searcher.num_docs()
    }
}

/// The index that answers, to be replaced by a later one.
pub(crate) type Latest = Arc<Snapshot>;
