//! The tree of a log, read from its tiles (C2SP tlog-tiles).

use std::collections::HashMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use transparency::Hash;
use transparency::tiles::{Tile, TileError, TileReader};
use transparency::tree::{HashReader, Node};

use crate::client::Client;
use crate::failure::Failure;

/// How many are asked for at once.
const AT_ONCE: usize = 8;

/// Tiles of a tree of one size, those that were fetched.
pub(crate) struct Tiles {
    size: u64,
    fetched: HashMap<Tile, Vec<u8>>,
}

impl Tiles {
    pub(crate) fn of(size: u64) -> Self {
        Self { size, fetched: HashMap::new() }
    }

    /// Fetches those that are not here yet.
    ///
    /// # Errors
    /// The log's refusal, or that it does not answer.
    pub(crate) async fn need(
        &mut self,
        client: &Client,
        tiles: impl IntoIterator<Item = Tile>,
    ) -> Result<(), Failure> {
        let missing = tiles.into_iter().filter(|tile| !self.fetched.contains_key(tile)).collect::<Vec<_>>();
        let fetch =
            missing.into_iter().map(async |tile| Ok::<_, Failure>((tile, fetch(client, tile).await?)));
        let fetched = stream::iter(fetch).buffered(AT_ONCE).try_collect::<Vec<_>>();
        self.fetched.extend(fetched.await?);
        Ok(())
    }

    /// Forgets all but the levels from this on.
    pub(crate) fn forget_below(&mut self, level: u8) {
        self.fetched.retain(|tile, _| tile.level() >= level);
    }

    /// The hash of a leaf.
    pub(crate) fn leaf(&self, index: u64) -> Result<Hash, Failure> {
        Ok(self.read(Node::leaf(index)).map_err(anyhow::Error::from)?)
    }
}

/// A tile, as the log serves it.
///
/// # Errors
/// The log's refusal, or that it does not answer.
pub(crate) async fn fetch(client: &Client, tile: Tile) -> Result<Vec<u8>, Failure> {
    client.bytes(&tile.to_string(), &[]).await
}

/// A tile was not [asked for](Tiles::need).
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("{0} was not fetched")]
pub(crate) struct NotFetched(Tile);

impl HashReader for Tiles {
    type Error = TileError<NotFetched>;

    fn read(&self, node: Node) -> Result<Hash, Self::Error> {
        let fetched = |tile: Tile| self.fetched.get(&tile).cloned().ok_or(NotFetched(tile));
        TileReader::new(self.size, fetched).read(node)
    }
}
