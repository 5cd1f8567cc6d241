//! The log as a Merkle tree, in rows: every complete node, and every leaf.

use readmodel::{Entry, Overlay, Projection, Rows};
use transparency::leaf::of_message;
use transparency::tree::{
    Frontier, HashReader, Head, Node, ProofError, VerifyError, consistency_proof, root, verify_consistency,
};
use transparency::{Hash, leaf_hash};

/// Hashes of complete nodes, by [`Node::key`].
const NODES: u8 = b'n';

/// What was hashed of each event, by its index.
const LEAVES: u8 = b'l';

/// Makes a leaf of every event. What cannot be a leaf as an event, such as a message that is none, takes its place
/// by its hash ([`of_message`]).
#[derive(Default)]
pub struct Tree {
    /// The right edge: a cache, read from the rows when it is not that of the event before.
    edge: Frontier,
}

impl Projection for Tree {
    type Entry = Entry;

    const NAME: &'static str = "tree";
    const SCHEMA: u32 = 1;

    fn apply(&mut self, entry: &Entry, rows: &mut Overlay<'_>) {
        // Positions begin with 1 and have no gaps, of which the runner makes sure.
        let index = entry.position - 1;
        if self.edge.size() != index {
            match Frontier::load(index, &Nodes(rows)) {
                Ok(edge) => self.edge = edge,
                // The database does not answer, and nothing of this is committed; or it has lost rows, and who is
                // about to sign finds out.
                Err(Missing(node)) => return tracing::error!(?node, "the tree has lost a node"),
            }
        }
        let leaf = of_message(&entry.subject.to_string(), &entry.payload);
        let completed = self.edge.append(leaf_hash(&leaf)).expect("a log has fewer than 2^64 events");
        rows.put(leaf_key(index), leaf).expect("no leaf is larger than a row");
        for (node, hash) in completed {
            rows.put(node_key(node), hash.as_bytes()).expect("a hash fits into a row");
        }
    }
}

fn node_key(node: Node) -> Vec<u8> {
    [&[NODES], &node.key()[..]].concat()
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
        let row = self.0.get(&node_key(node));
        row.and_then(|bytes| Hash::from_slice(&bytes)).ok_or(Missing(node))
    }
}

/// The tree is not what was promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    /// It is no continuation of a tree that was signed.
    #[error(
        "the tree of {size} events does not continue that of {signed} which was signed: the log was altered, or it \
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
