use std::cell::Cell;
use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::leaf_hash;

/// Every size up to here is tried.
const SIZES: u64 = 300;

type Store = BTreeMap<Node, Hash>;

fn leaf(index: u64) -> Hash {
    leaf_hash(&index.to_be_bytes())
}

fn grown(size: u64) -> (Store, Frontier) {
    let (mut store, mut frontier) = (Store::new(), Frontier::default());
    for index in 0..size {
        for (node, hash) in frontier.append(leaf(index)).unwrap() {
            assert_eq!(store.insert(node, hash), None, "{node:?} is written once");
        }
    }
    (store, frontier)
}

fn reader(store: &Store) -> impl Fn(Node) -> Result<Hash, Node> + '_ {
    |node| store.get(&node).copied().ok_or(node)
}

fn heads(store: &Store) -> Vec<Head> {
    (0..=SIZES).map(|size| Head { size, root: root(&reader(store), size).unwrap() }).collect()
}

/// MTH as RFC 6962, section 2.1, writes it.
fn by_definition(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::EMPTY_ROOT,
        [leaf] => *leaf,
        _ => {
            let mut k = 1;
            while k * 2 < leaves.len() {
                k *= 2;
            }
            crate::node_hash(&by_definition(&leaves[..k]), &by_definition(&leaves[k..]))
        }
    }
}

#[test]
fn seven_leaves_of_one_byte_have_the_root_of_the_standard() {
    let mut frontier = Frontier::default();
    for byte in 0..7 {
        frontier.append(leaf_hash(&[byte])).unwrap();
    }
    let root = "3560191803028444b232018ac047fdb561c09c23a7a6876c85e08b5e4d48e9f3";
    assert_eq!(frontier.root().to_hex(), root);
}

/// The tree of the tests that Certificate Transparency's own implementations share.
#[test]
fn the_eight_leaves_of_certificate_transparency_have_their_roots() {
    let leaves: [&[u8]; 8] = [
        b"",
        &[0x00],
        &[0x10],
        &[0x20, 0x21],
        &[0x30, 0x31],
        &[0x40, 0x41, 0x42, 0x43],
        &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
        &[0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f],
    ];
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut frontier = Frontier::default();
    for (leaf, root) in leaves.into_iter().zip(roots) {
        frontier.append(leaf_hash(leaf)).unwrap();
        assert_eq!(frontier.root().to_hex(), root);
    }
}

#[test]
fn every_root_is_the_one_of_the_definition() {
    let (store, _) = grown(SIZES);
    let leaves = (0..SIZES).map(leaf).collect::<Vec<_>>();
    let mut frontier = Frontier::default();
    for (size, head) in (0..).zip(heads(&store)) {
        assert_eq!(head.root, by_definition(&leaves[..size]));
        assert_eq!(frontier.head(), head);
        assert_eq!(Frontier::load(head.size, &reader(&store)).unwrap(), frontier);
        frontier.append(leaf(head.size)).unwrap();
    }
}

#[test]
fn what_is_stored_is_every_complete_subtree_and_nothing_else() {
    let (store, _) = grown(SIZES);
    let complete = (0..9).flat_map(|level| (0..SIZES).filter_map(move |index| Node::new(level, index)));
    assert_eq!(
        complete.filter(|node| node.is_in(SIZES)).collect::<Vec<_>>(),
        store.keys().copied().collect::<Vec<_>>()
    );
}

#[test]
fn every_inclusion_proof_verifies_and_holds_for_no_other_place_or_tree() {
    let (store, _) = grown(SIZES);
    let heads = heads(&store);
    for head in &heads {
        for index in 0..head.size {
            let proof = inclusion_proof(&reader(&store), index, head.size).unwrap();
            verify_inclusion(&leaf(index), index, head, &proof).unwrap();
            if head.size > 40 {
                continue;
            }
            for other in (0..=head.size).filter(|other| *other != index) {
                verify_inclusion(&leaf(index), other, head, &proof).unwrap_err();
                verify_inclusion(&leaf(other), index, head, &proof).unwrap_err();
            }
            for other in heads.iter().filter(|other| other.size != head.size) {
                verify_inclusion(&leaf(index), index, other, &proof).unwrap_err();
            }
        }
        inclusion_proof(&reader(&store), head.size, head.size).unwrap_err();
    }
}

#[test]
fn every_consistency_proof_verifies_and_holds_for_no_other_tree() {
    let (store, _) = grown(SIZES);
    let heads = heads(&store);
    for new in &heads {
        for old in &heads[..=usize::try_from(new.size).unwrap()] {
            let proof = consistency_proof(&reader(&store), old.size, new.size).unwrap();
            verify_consistency(old, new, &proof).unwrap();
            // A history that was rewritten: of the same size, with another root.
            let forged = Head { root: leaf(SIZES), ..*old };
            verify_consistency(&forged, new, &proof).unwrap_err();
            let forged = Head { root: leaf(SIZES), ..*new };
            let nothing_to_prove = old.size == 0 && new.size > 0;
            assert_eq!(verify_consistency(old, &forged, &proof).is_ok(), nothing_to_prove);
            // A log that claims to have grown and shows the root of before.
            let forged = Head { root: old.root, ..*new };
            if old.size > 0 && old.size < new.size {
                verify_consistency(old, &forged, &[]).unwrap_err();
                verify_consistency(old, &forged, &[old.root]).unwrap_err();
            }
            if new.size > 40 || old.size == 0 {
                continue;
            }
            for other in &heads[1..60] {
                let is_fine = other.size == old.size || (other.size == new.size && proof.is_empty());
                assert_eq!(verify_consistency(other, new, &proof).is_ok(), is_fine, "{other:?} {new:?}");
                let is_fine = other.size == new.size || (other.size == old.size && proof.is_empty());
                assert_eq!(verify_consistency(old, other, &proof).is_ok(), is_fine, "{old:?} {other:?}");
            }
        }
        consistency_proof(&reader(&store), new.size + 1, new.size).unwrap_err();
    }
}

/// All proofs of small trees, with every bit of every hash flipped, and with hashes left out and added.
#[test]
fn no_proof_holds_with_a_bit_flipped_or_a_hash_too_few_or_too_many() {
    let (store, _) = grown(SIZES);
    let heads = heads(&store);
    let spoiled = |proof: &[Hash]| {
        let mut spoiled = Vec::new();
        for place in 0..proof.len() {
            for bit in 0..256 {
                let mut bytes = *proof[place].as_bytes();
                bytes[bit / 8] ^= 1 << (bit % 8);
                let mut flipped = proof.to_vec();
                flipped[place] = Hash::new(bytes);
                spoiled.push(flipped);
            }
            let mut shorter = proof.to_vec();
            shorter.remove(place);
            spoiled.push(shorter);
        }
        for place in 0..=proof.len() {
            let mut longer = proof.to_vec();
            longer.insert(place, Hash::EMPTY_ROOT);
            spoiled.push(longer);
        }
        spoiled
    };
    for new in heads[1..12].iter().chain(&heads[255..258]) {
        for other in (1..new.size.min(12)).chain([new.size]) {
            let index = other - 1;
            for proof in spoiled(&inclusion_proof(&reader(&store), index, new.size).unwrap()) {
                verify_inclusion(&leaf(index), index, new, &proof).unwrap_err();
            }
            let old = &heads[usize::try_from(other).unwrap()];
            for proof in spoiled(&consistency_proof(&reader(&store), other, new.size).unwrap()) {
                verify_consistency(old, new, &proof).unwrap_err();
            }
        }
    }
}

#[test]
fn the_empty_tree_is_a_beginning_of_every_tree_and_only_the_empty_root_is_its_root() {
    let (store, _) = grown(SIZES);
    let heads = heads(&store);
    let forged = Head { size: 0, root: leaf(0) };
    for head in &heads {
        verify_consistency(&Head::EMPTY, head, &[]).unwrap();
        verify_consistency(&Head::EMPTY, head, &[leaf(0)]).unwrap_err();
        verify_consistency(&forged, head, &[]).unwrap_err();
    }
    verify_consistency(&Head::EMPTY, &forged, &[]).unwrap_err();
    verify_consistency(&forged, &forged, &[]).unwrap_err();
    verify_inclusion(&leaf(0), 0, &Head::EMPTY, &[]).unwrap_err();
}

#[test]
fn proofs_are_read_from_few_nodes_which_are_known_before() {
    let sizes = [1, 2, 3, 1000, (1 << 40) - 1, 1 << 63, u64::MAX];
    for size in sizes {
        let read = Cell::new(Vec::new());
        let reader = |node: Node| {
            assert!(node.is_in(size));
            let mut all = read.take();
            all.push(node);
            read.set(all);
            Ok::<_, std::convert::Infallible>(leaf(node.index()))
        };
        root(&reader, size).unwrap();
        assert_eq!(read.take(), root_nodes(size).collect::<Vec<_>>());
        for place in [0, 1, size / 3, size / 2, size - 1].into_iter().filter(|place| *place < size) {
            inclusion_proof(&reader, place, size).unwrap();
            let nodes = read.take();
            assert!(nodes.len() <= 130, "{} nodes", nodes.len());
            assert_eq!(Ok(nodes), inclusion_nodes(place, size));
            consistency_proof(&reader, place, size).unwrap();
            let nodes = read.take();
            assert!(nodes.len() <= 130, "{} nodes", nodes.len());
            assert_eq!(Ok(nodes), consistency_nodes(place, size));
        }
    }
}

#[test]
fn a_store_that_fails_is_named() {
    let broken = |_: Node| Err::<Hash, _>("broken");
    assert_eq!(root(&broken, 1), Err("broken"));
    assert_eq!(Frontier::load(1, &broken), Err("broken"));
    assert_eq!(inclusion_proof(&broken, 0, 2), Err(ProofError::Read("broken")));
    assert_eq!(consistency_proof(&broken, 1, 2), Err(ProofError::Read("broken")));
}

#[test]
fn the_largest_tree_takes_no_more_and_stays_as_it_is() {
    let reader = |node: Node| Ok::<_, std::convert::Infallible>(leaf(node.index()));
    let mut frontier = Frontier::load(u64::MAX - 1, &reader).unwrap();
    assert_eq!(frontier.append(leaf(0)).unwrap().len(), 1);
    let full = frontier.clone();
    assert_eq!(frontier.append(leaf(1)), Err(Full));
    assert_eq!(frontier, full);
    let mut half = Frontier::load((1 << 63) - 1, &reader).unwrap();
    assert_eq!(half.append(leaf(1)).unwrap().len(), 64);
}

#[test]
fn a_node_is_its_key() {
    for node in [Node::leaf(0), Node::leaf(u64::MAX), Node::new(63, 1).unwrap(), Node::new(8, 77).unwrap()] {
        assert_eq!(Node::from_key(&node.key()), Some(node));
        assert!(node.first_leaf() <= node.last_leaf());
    }
    assert_eq!(Node::new(63, 2), None);
    assert_eq!(Node::new(64, 0), None);
    for wrong in [&[][..], &[0; 8], &[0; 10], &[64, 0, 0, 0, 0, 0, 0, 0, 0]] {
        assert_eq!(Node::from_key(wrong), None);
    }
}

fn hashes() -> impl Strategy<Value = Vec<Hash>> {
    prop::collection::vec(any::<[u8; 32]>().prop_map(Hash::new), 0..70)
}

fn size() -> impl Strategy<Value = u64> {
    prop_oneof![0..10_u64, any::<u64>(), (u64::MAX - 3)..=u64::MAX, (0..64_u32).prop_map(|bit| 1 << bit)]
}

proptest! {
    #[test]
    fn verifying_is_total(proof in hashes(), a in size(), b in size(), root in any::<[u8; 32]>()) {
        let root = Hash::new(root);
        let (head, old) = (Head { size: b, root }, Head { size: a, root: leaf(0) });
        prop_assert!(verify_inclusion(&leaf(a), a, &head, &proof).is_err() || proof.is_empty());
        // What leads to no root at all has the wrong length for the place.
        if root_from_inclusion(&leaf(a), a, b, &proof).is_ok() {
            prop_assert_eq!(inclusion_nodes(a, b).is_ok(), true);
        }
        prop_assert!(verify_consistency(&old, &head, &proof).is_err());
    }

    #[test]
    fn of_any_size_a_proof_of_the_right_length_leads_to_a_root(a in size(), b in size()) {
        let reader = |node: Node| Ok::<_, std::convert::Infallible>(leaf(node.index()));
        if let Ok(proof) = inclusion_proof(&reader, a, b) {
            prop_assert!(root_from_inclusion(&leaf(a), a, b, &proof).is_ok());
            let mut longer = proof.clone();
            longer.push(leaf(0));
            let given = longer.len();
            prop_assert_eq!(
                root_from_inclusion(&leaf(a), a, b, &longer), Err(VerifyError::TooLong { given })
            );
        }
    }
}
