//! Ours against implementations that others wrote: `signed_note` and `tlog_tiles`, on which transparency logs
//! of the Web's certificates run. What either makes, the other must read, verify and make alike.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic, in its helpers too")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use signed_note as other;
use tlog_tiles as azul;
use transparency::checkpoint::{Checkpoint, Signed, Trust};
use transparency::note::{KeyName, Note, Signer, Verifier};
use transparency::tiles::{Path, Tile};
use transparency::tree::{self, Frontier, HashReader, Head, Node};
use transparency::{Hash, leaf_hash};

/// How many leaves the trees have that are compared at every size.
const SIZES: u64 = 140;

struct Log {
    nodes: BTreeMap<Node, Hash>,
}

impl Log {
    fn of(size: u64) -> Self {
        let mut frontier = Frontier::default();
        let leaves = (0..size).map(|index| leaf_hash(format!("leaf {index}").as_bytes()));
        Self { nodes: leaves.flat_map(|leaf| frontier.append(leaf).unwrap()).collect() }
    }
}

impl HashReader for Log {
    type Error = Node;

    fn read(&self, node: Node) -> Result<Hash, Node> {
        self.nodes.get(&node).copied().ok_or(node)
    }
}

/// Our stored hashes, under the numbers that the other gives them.
impl azul::HashReader for Log {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<azul::Hash>, azul::Error> {
        let read = |index: &u64| {
            let (level, index) = azul::split_stored_hash_index(*index);
            azul::Hash(*self.nodes[&Node::new(level, index).unwrap()].as_bytes())
        };
        Ok(indexes.iter().map(read).collect())
    }
}

fn theirs(hash: Hash) -> azul::Hash {
    azul::Hash(*hash.as_bytes())
}

fn ours(hashes: Vec<azul::Hash>) -> Vec<Hash> {
    hashes.into_iter().map(|hash| Hash::new(hash.0)).collect()
}

#[test]
fn roots_and_proofs_of_every_size_are_the_same() {
    let log = Log::of(SIZES);
    let root = |size| tree::root(&log, size).unwrap();
    assert_eq!(theirs(root(0)), azul::EMPTY_HASH);
    for size in 1..=SIZES {
        let new = root(size);
        assert_eq!(theirs(new), azul::tree_hash(size, &log).unwrap());
        for place in 0..size {
            let proof = tree::inclusion_proof(&log, place, size).unwrap();
            assert_eq!(proof, ours(azul::prove_record(size, place, &log).unwrap()));
            let leaf = theirs(log.nodes[&Node::leaf(place)]);
            let proof = proof.into_iter().map(theirs).collect();
            azul::check_record(&proof, size, theirs(new), place, leaf).unwrap();
            let old = place + 1;
            let proof = tree::consistency_proof(&log, old, size).unwrap();
            assert_eq!(proof, ours(azul::prove_tree(size, old, &log).unwrap()));
            let proof = proof.into_iter().map(theirs).collect();
            azul::check_tree(&proof, size, theirs(new), old, theirs(root(old))).unwrap();
        }
    }
}

#[test]
fn what_is_appended_is_what_the_other_stores() {
    let log = Log::of(SIZES);
    let mut frontier = Frontier::default();
    for index in 0..SIZES {
        let leaf = format!("leaf {index}");
        let stored = frontier.append(leaf_hash(leaf.as_bytes())).unwrap();
        let hashes = stored.iter().map(|(_, hash)| *hash).collect::<Vec<_>>();
        assert_eq!(hashes, ours(azul::stored_hashes(index, leaf.as_bytes(), &log).unwrap()));
        let first = azul::stored_hash_count(index);
        for (number, (node, _)) in (first..).zip(stored) {
            assert_eq!(azul::stored_hash_index(node.level(), node.index()), number);
        }
    }
}

#[test]
fn tiles_have_the_same_places_and_bytes() {
    let log = Log::of(1000);
    for (old, new) in [(0, 1), (1, 255), (255, 256), (256, 1000), (0, 1000)] {
        let tiles = tree_tiles(old, new);
        let others =
            azul::Tile::new_tiles(8, old, new).into_iter().map(|tile| tile.path()).collect::<Vec<_>>();
        // The other names the height of tiles in the path, as the logs of Go modules do.
        let named = |tile: &Tile| tile.to_string().replacen("tile/", "tile/8/", 1);
        assert_eq!(tiles.iter().map(named).collect::<Vec<_>>(), others);
        for tile in tiles {
            let other = azul::Tile::from_path(&named(&tile)).unwrap();
            assert_eq!(tile.read(&log).unwrap(), other.read_data(&log).unwrap());
        }
    }
}

fn tree_tiles(old: u64, new: u64) -> Vec<Tile> {
    transparency::tiles::grown(old, new).collect()
}

fn other_verifiers(keys: &[&Verifier]) -> other::VerifierList {
    let key = |key: &&Verifier| -> Box<dyn other::Verifier> {
        Box::new(other::StandardVerifier::new(&key.to_string()).unwrap())
    };
    other::VerifierList::new(keys.iter().map(key).collect())
}

#[test]
fn checkpoints_are_read_by_the_other_and_the_others_by_us() {
    let signer = Signer::from_seed(KeyName::new("a.example/log").unwrap(), &[7; 32]);
    let trust = Trust::in_log(signer.verifier().clone());
    for size in [0, 1, 70_000, u64::MAX] {
        let root = leaf_hash(b"root");
        let signed = Signed::sign(Checkpoint::new("a.example/log", Head { size, root }).unwrap(), &signer);
        let note = other::Note::from_bytes(signed.to_string().as_bytes()).unwrap();
        note.verify(&other_verifiers(&[signer.verifier()])).unwrap();
        let checkpoint = azul::Checkpoint::from_bytes(note.text()).unwrap();
        assert_eq!((checkpoint.origin(), checkpoint.size()), ("a.example/log", size));
        assert_eq!(*checkpoint.hash(), theirs(root));
        let checkpoint = azul::Checkpoint::new("a.example/log", size, theirs(root), "more\n").unwrap();
        let mut note = other::Note::new(&checkpoint.to_bytes(), &[]).unwrap();
        note.add_sigs(&[&other::StandardSigner::new(&signer.to_private_key()).unwrap()]).unwrap();
        let read = Signed::parse(&note.to_bytes()).unwrap();
        read.open(&trust).unwrap();
        assert_eq!(read.checkpoint().head(), Head { size, root });
        assert_eq!(read.checkpoint().extensions(), ["more"]);
    }
}

proptest! {
    #[test]
    fn notes_are_the_same(text in "([^\\x00-\\x1f]{0,9}\n){1,5}", name in "[^\\s+\\x00-\\x1f]{1,9}", seed: [u8; 32]) {
        let signer = Signer::from_seed(KeyName::new(name).unwrap(), &seed);
        let ours = Note::sign(text.as_str(), &signer).unwrap().to_string();
        let mut theirs = other::Note::new(text.as_bytes(), &[]).unwrap();
        theirs.add_sigs(&[&other::StandardSigner::new(&signer.to_private_key()).unwrap()]).unwrap();
        prop_assert_eq!(ours.as_bytes(), &theirs.to_bytes());
        let read = other::Note::from_bytes(ours.as_bytes()).unwrap();
        read.verify(&other_verifiers(&[signer.verifier()])).unwrap();
        let read = Note::parse(&theirs.to_bytes()).unwrap();
        prop_assert_eq!(read.verify([signer.verifier()]).unwrap().len(), 1);
    }

    /// The other reads base64 a little more generously; what we take, it takes.
    #[test]
    fn what_we_take_for_a_note_the_other_takes_too(place: prop::sample::Index, with in "[\\x00-\\x7f—é]{0,3}") {
        let signer = Signer::from_seed(KeyName::new("a").unwrap(), &[1; 32]);
        let mut note = Note::sign("b\n\nc\n", &signer).unwrap().to_string();
        let places = note.char_indices().map(|(place, _)| place).collect::<Vec<_>>();
        note.insert_str(*place.get(&places), &with);
        if Note::parse(note.as_bytes()).is_ok() {
            prop_assert!(other::Note::from_bytes(note.as_bytes()).is_ok(), "{}", note);
        }
    }

    /// The other panics at a width of 0 and at a level above 63, which are therefore left out.
    #[test]
    fn paths_are_the_same(level in 0..64_u8, index: u64, width in 1..=256_u16, any in "tile/8/([0-9]|[0-5][0-9]|6[0-3])(/x?[0-9]{3}){1,3}(\\.p/[1-9][0-9]{0,2})?") {
        let tile = Tile::new(level, index, width).unwrap();
        let path = azul::Tile::new(8, level, index, width.into(), false).path();
        prop_assert_eq!(path.replacen("tile/8/", "tile/", 1), tile.to_string());
        let other = azul::Tile::from_path(&any).is_ok();
        let own = any.replacen("tile/8/", "tile/", 1).parse::<Path>().is_ok();
        prop_assert_eq!(own, other, "{}", any);
    }
}
