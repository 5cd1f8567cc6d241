//! A log as a Merkle tree, in rows: every leaf, the hashes of each full tile of leaves in one row, and the nodes
//! over full tiles. What lies between is computed: a row for each node would cost more than all the rest.

use std::marker::PhantomData;

use readmodel::{Entry, Line, Overlay, Positioned, Projection, Rows, Value};
use transparency::leaf::of_message;
use transparency::tree::{
    Frontier, HashReader, Head, Node, ProofError, VerifyError, consistency_proof, root, verify_consistency,
};
use transparency::{Hash, leaf_hash, node_hash};

/// Hashes of the nodes over full tiles, by [`Node::key`].
const NODES: u8 = b'n';

/// The hashes of a full tile's leaves, by the tile's index.
const TILES: u8 = b't';

/// What was hashed of each event, by its index.
const LEAVES: u8 = b'l';

/// Leaves of a tile, as others read it (C2SP tlog-tiles), and the level of the node over them.
const WIDTH: usize = 1 << HEIGHT;
const HEIGHT: u8 = 8;

/// A log whose entries are leaves.
pub trait Leaves: Send + 'static {
    /// What it consists of.
    type Entry: Positioned;

    /// What its tree is called as a read model.
    const NAME: &'static str;

    /// What is hashed of an entry. It must come out the same for ever, and fit into a row.
    fn leaf(entry: &Self::Entry) -> Vec<u8>;
}

/// Every event of the log. What cannot be a leaf as an event, such as a message that is none, takes its place by its
/// hash ([`of_message`]).
#[derive(Debug)]
pub enum Events {}

impl Leaves for Events {
    type Entry = Entry;

    const NAME: &'static str = "tree";

    fn leaf(entry: &Entry) -> Vec<u8> {
        of_message(&entry.subject.to_string(), &entry.payload)
    }
}

/// Every line of the log of reads, by its SHA-256: a line may be longer than a row.
#[derive(Debug)]
pub enum Lines {}

impl Leaves for Lines {
    type Entry = Line;

    const NAME: &'static str = "reads-tree";

    fn leaf(line: &Line) -> Vec<u8> {
        line.hash().to_vec()
    }
}

/// The tree of the log.
pub type Tree = TreeOf<Events>;

/// Makes a leaf of every entry.
pub struct TreeOf<L> {
    /// The right edge, and the hashes of the leaves of the tile that is not full yet: caches, read from the rows when
    /// they are not those of the event before.
    edge: Frontier,
    tile: Vec<Hash>,
    of: PhantomData<fn() -> L>,
}

impl<L> Default for TreeOf<L> {
    fn default() -> Self {
        Self { edge: Frontier::default(), tile: Vec::new(), of: PhantomData }
    }
}

impl<L> TreeOf<L> {
    fn load(size: u64, rows: &impl Rows) -> Result<Self, Missing> {
        let nodes = Nodes(rows);
        let begun = size >> HEIGHT << HEIGHT..size;
        let tile = begun.map(|index| nodes.read(Node::leaf(index))).collect::<Result<_, _>>()?;
        Ok(Self { edge: Frontier::load(size, &nodes)?, tile, of: PhantomData })
    }
}

impl<L: Leaves> Projection for TreeOf<L> {
    type Entry = L::Entry;

    const NAME: &'static str = L::NAME;
    const SCHEMA: u32 = 2;

    fn apply(&mut self, entry: &L::Entry, rows: &mut Overlay<'_>) {
        // Positions begin with 1 and have no gaps, of which the runner makes sure.
        let index = entry.position() - 1;
        if self.edge.size() != index {
            match Self::load(index, rows) {
                Ok(tree) => *self = tree,
                // The database does not answer, and nothing of this is committed; or it has lost rows, and who is
                // about to sign finds out.
                Err(Missing(node)) => return tracing::error!(?node, "the tree has lost a node"),
            }
        }
        let leaf = L::leaf(entry);
        let hash = leaf_hash(&leaf);
        let completed = self.edge.append(hash).expect("a log has fewer than 2^64 entries");
        rows.put(leaf_key(index), leaf).expect("no leaf is larger than a row");
        for (node, hash) in completed.into_iter().filter(|(node, _)| node.level() >= HEIGHT) {
            rows.put(node_key(node), hash.as_bytes()).expect("a hash fits into a row");
        }
        self.tile.push(hash);
        if self.tile.len() == WIDTH {
            let hashes = self.tile.drain(..).flat_map(|hash| *hash.as_bytes()).collect::<Vec<_>>();
            rows.put(tile_key(index >> HEIGHT), hashes).expect("a tile fits into a row");
        }
    }
}

fn node_key(node: Node) -> Vec<u8> {
    [&[NODES], &node.key()[..]].concat()
}

fn tile_key(index: u64) -> Vec<u8> {
    [&[TILES], &index.to_be_bytes()[..]].concat()
}

fn leaf_key(index: u64) -> Vec<u8> {
    [&[LEAVES], &index.to_be_bytes()[..]].concat()
}

/// What was hashed of the event with this index.
pub(crate) fn leaf(index: u64, rows: &impl Rows) -> Option<readmodel::Value> {
    rows.get(&leaf_key(index))
}

/// The rows as the hashes that proofs are made of.
pub(crate) struct Nodes<'r, R>(pub(crate) &'r R);

/// The tree lacks a node that it must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the tree lacks {0:?}: remove its folder, it is built again from the log")]
pub(crate) struct Missing(pub(crate) Node);

impl<R: Rows> HashReader for Nodes<'_, R> {
    type Error = Missing;

    fn read(&self, node: Node) -> Result<Hash, Missing> {
        if node.level() >= HEIGHT {
            let row = self.0.get(&node_key(node));
            return row.and_then(|bytes| Hash::from_slice(&bytes)).ok_or(Missing(node));
        }
        let tile = self.0.get(&tile_key(node.first_leaf() >> HEIGHT));
        let hashes = (node.first_leaf()..=node.last_leaf()).map(|index| {
            let hash = tile.as_ref().map_or_else(|| self.of_leaf(index), |tile| of_tile(tile, index));
            hash.ok_or(Missing(Node::leaf(index)))
        });
        let mut hashes = hashes.collect::<Result<Vec<_>, _>>()?;
        while hashes.len() > 1 {
            hashes = hashes.chunks_exact(2).map(|pair| node_hash(&pair[0], &pair[1])).collect();
        }
        hashes.pop().ok_or(Missing(node))
    }
}

impl<R: Rows> Nodes<'_, R> {
    fn of_leaf(&self, index: u64) -> Option<Hash> {
        leaf(index, self.0).map(|leaf| leaf_hash(&leaf))
    }
}

fn of_tile(tile: &Value, index: u64) -> Option<Hash> {
    let place = usize::try_from(index).ok()? % WIDTH;
    Hash::from_slice(tile.chunks_exact(Hash::SIZE).nth(place)?)
}

/// The tree is not what was promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    /// It is no continuation of a tree that was signed.
    #[error(
        "the tree of {size} leaves does not continue that of {signed} which was signed: the log was altered, or it \
         is another one"
    )]
    Inconsistent { signed: u64, size: u64, source: VerifyError },
    /// It has lost rows.
    #[error(transparent)]
    Missing(#[from] Missing),
}

/// The head of the tree of the first `size` events, proved to continue every tree that was promised.
///
/// # Errors
/// [`Broken`].
pub(crate) fn proved(rows: &impl Rows, size: u64, promised: &[Head]) -> Result<Head, Broken> {
    let nodes = Nodes(rows);
    let head = Head { size, root: root(&nodes, size)? };
    for old in promised {
        let inconsistent = |source| Broken::Inconsistent { signed: old.size, size, source };
        let proof = match consistency_proof(&nodes, old.size, size) {
            Ok(proof) => proof,
            Err(ProofError::Read(missing)) => return Err(missing.into()),
            Err(ProofError::OutOfRange(_)) => {
                return Err(inconsistent(VerifyError::NotBefore { old: old.size, new: size }));
            }
        };
        verify_consistency(old, &head, &proof).map_err(inconsistent)?;
    }
    Ok(head)
}
