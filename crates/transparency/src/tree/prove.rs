//! Roots and proofs out of stored hashes.

use super::span::Span;
use super::{HashReader, Node};
use crate::Hash;

/// There can be no such proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutOfRange {
    /// The tree has no such leaf.
    #[error("leaf {index} is not in a tree of {size} leaves")]
    NotInTree {
        /// Which leaf was asked for.
        index: u64,
        /// How many the tree has.
        size: u64,
    },
    /// A larger tree is never a beginning of a smaller one.
    #[error("a tree of {old} leaves does not come before one of {new}")]
    NotBefore {
        /// The size that was said to be earlier.
        old: u64,
        /// The size that was said to be later.
        new: u64,
    },
}

/// Why there is no proof.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError<E> {
    /// There can be none.
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
    /// The store did not answer.
    #[error("a hash of the tree cannot be read")]
    Read(#[source] E),
}

/// The root of the tree of the first `size` leaves (RFC 6962, section 2.1).
///
/// # Errors
/// What the reader says.
pub fn root<R: HashReader>(reader: &R, size: u64) -> Result<Hash, R::Error> {
    Span::whole(size).root(reader)
}

/// The proof that leaf `index` is in the tree of the first `size` leaves: the audit path of RFC 6962, section
/// 2.1.1, from the leaf's sibling up.
///
/// # Errors
/// [`OutOfRange::NotInTree`] if there is no such leaf, [`ProofError::Read`] for what the reader says.
pub fn inclusion_proof<R: HashReader>(
    reader: &R,
    index: u64,
    size: u64,
) -> Result<Vec<Hash>, ProofError<R::Error>> {
    hashes(reader, inclusion_spans(index, size)?)
}

/// The proof that the tree of the first `old` leaves is a beginning of that of the first `new`: RFC 6962,
/// section 2.1.2. Empty if `old` is 0, where nothing needs proof (C2SP tlog-witness), or equal to `new`.
///
/// # Errors
/// [`OutOfRange::NotBefore`] if `old` is the larger, [`ProofError::Read`] for what the reader says.
pub fn consistency_proof<R: HashReader>(
    reader: &R,
    old: u64,
    new: u64,
) -> Result<Vec<Hash>, ProofError<R::Error>> {
    hashes(reader, consistency_spans(old, new)?)
}

/// The nodes that [`root`] reads.
pub fn root_nodes(size: u64) -> impl Iterator<Item = Node> {
    Span::whole(size).nodes()
}

/// The nodes that [`inclusion_proof`] reads.
///
/// # Errors
/// [`OutOfRange::NotInTree`] if there is no such leaf.
pub fn inclusion_nodes(index: u64, size: u64) -> Result<Vec<Node>, OutOfRange> {
    Ok(inclusion_spans(index, size)?.into_iter().flat_map(Span::nodes).collect())
}

/// The nodes that [`consistency_proof`] reads.
///
/// # Errors
/// [`OutOfRange::NotBefore`] if `old` is the larger.
pub fn consistency_nodes(old: u64, new: u64) -> Result<Vec<Node>, OutOfRange> {
    Ok(consistency_spans(old, new)?.into_iter().flat_map(Span::nodes).collect())
}

fn hashes<R: HashReader>(reader: &R, spans: Vec<Span>) -> Result<Vec<Hash>, ProofError<R::Error>> {
    spans.into_iter().map(|span| span.root(reader).map_err(ProofError::Read)).collect()
}

/// PATH(m, D[n]) of RFC 6962, section 2.1.1, as spans whose hashes are the proof.
fn inclusion_spans(index: u64, size: u64) -> Result<Vec<Span>, OutOfRange> {
    if index >= size {
        return Err(OutOfRange::NotInTree { index, size });
    }
    let mut path = Vec::new();
    let mut span = Span::whole(size);
    while span.len() > 1 {
        let (left, right) = span.split();
        let sibling;
        (span, sibling) = if index < left.end { (left, right) } else { (right, left) };
        path.push(sibling);
    }
    path.reverse();
    Ok(path)
}

/// SUBPROOF(m, D[n], true) of RFC 6962, section 2.1.2, as spans whose hashes are the proof.
fn consistency_spans(old: u64, new: u64) -> Result<Vec<Span>, OutOfRange> {
    if old > new {
        return Err(OutOfRange::NotBefore { old, new });
    }
    let mut path = Vec::new();
    if old == 0 {
        return Ok(path);
    }
    let mut span = Span::whole(new);
    while old < span.end {
        let (left, right) = span.split();
        let sibling;
        (span, sibling) = if old <= left.end { (left, right) } else { (right, left) };
        path.push(sibling);
    }
    // Whoever has the old root has this hash, if it is the old root.
    if span.first > 0 {
        path.push(span);
    }
    path.reverse();
    Ok(path)
}
