use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use proptest::prelude::*;

use super::*;
use crate::tree::{self, Frontier, OutOfRange};

fn tile(level: u8, index: u64, width: u16) -> Tile {
    Tile::new(level, index, width).unwrap()
}

fn parse(path: &str) -> Result<Path, PathError> {
    path.parse()
}

fn grown_store(size: u64) -> BTreeMap<Node, Hash> {
    let mut frontier = Frontier::default();
    (0..size).flat_map(|index| frontier.append(crate::leaf_hash(&index.to_be_bytes())).unwrap()).collect()
}

#[test]
fn the_examples_of_the_standard_hold() {
    assert_eq!(tile(0, 1_234_067, 256).to_string(), "tile/0/x001/x234/067");
    // A tree of 70,000 leaves.
    let last = |level, index| Tile::in_tree(level, index, 70_000);
    assert_eq!(last(0, 272), Some(tile(0, 272, 256)));
    assert_eq!(last(0, 273), Some(tile(0, 273, 112)));
    assert_eq!(last(0, 274), None);
    assert_eq!(last(1, 0), Some(tile(1, 0, 256)));
    assert_eq!(last(1, 1), Some(tile(1, 1, 17)));
    assert_eq!(last(2, 0), Some(tile(2, 0, 1)));
    assert_eq!(last(2, 1), None);
    assert_eq!(last(3, 0), None);
    // Of 256 leaves.
    assert_eq!(grown(0, 256).collect::<Vec<_>>(), [tile(0, 0, 256), tile(1, 0, 1)]);
}

#[test]
fn paths_are_read_and_written() {
    let entries = |index, width| Path::Entries(Entries::new(index, width).unwrap());
    let cases = [
        ("checkpoint", Path::Checkpoint),
        ("tile/0/000", Path::Tile(tile(0, 0, 256))),
        ("tile/0/000.p/1", Path::Tile(tile(0, 0, 1))),
        ("tile/63/x001/x234/067.p/255", Path::Tile(tile(63, 1_234_067, 255))),
        ("tile/7/x001/000", Path::Tile(tile(7, 1000, 256))),
        ("tile/0/x018/x446/x744/x073/x709/x551/615", Path::Tile(tile(0, u64::MAX, 256))),
        ("tile/entries/000", entries(0, 256)),
        ("tile/entries/x999/999.p/42", entries(999_999, 42)),
    ];
    for (text, path) in cases {
        assert_eq!(parse(text), Ok(path));
        assert_eq!(path.to_string(), text);
    }
}

#[test]
fn what_is_no_path_is_refused() {
    let cases = [
        ("", PathError::Unknown),
        ("/checkpoint", PathError::Unknown),
        ("checkpoint/", PathError::Unknown),
        ("tile", PathError::Unknown),
        ("tile/0", PathError::Unknown),
        ("tiles/0/000", PathError::Unknown),
        ("tile/64/000", PathError::Level),
        ("tile/00/000", PathError::Level),
        ("tile/-1/000", PathError::Level),
        ("tile/256/000", PathError::Level),
        ("tile//000", PathError::Level),
        ("tile/data/000", PathError::Level),
        ("tile/0/", PathError::Index),
        ("tile/0/0", PathError::Index),
        ("tile/0/0000", PathError::Index),
        ("tile/0/+00", PathError::Index),
        ("tile/0/x000", PathError::Index),
        ("tile/0/x000/000", PathError::Index),
        ("tile/0/x000/x001/000", PathError::Index),
        ("tile/0/001/000", PathError::Index),
        ("tile/0/x001/x000", PathError::Index),
        ("tile/0/x1/000", PathError::Index),
        ("tile/0/X001/000", PathError::Index),
        ("tile/0/000/", PathError::Index),
        ("tile/0/../000", PathError::Index),
        ("tile/0/x018/x446/x744/x073/x709/x551/616", PathError::Index),
        ("tile/0/x999/x999/x999/x999/x999/x999/x999/999", PathError::Index),
        ("tile/0/000.p", PathError::Index),
        ("tile/0/000.p/", PathError::Width),
        ("tile/0/000.p/0", PathError::Width),
        ("tile/0/000.p/01", PathError::Width),
        ("tile/0/000.p/256", PathError::Width),
        ("tile/0/000.p/65537", PathError::Width),
        ("tile/0/000.p/1/", PathError::Width),
        ("tile/0/000.p/1.p/1", PathError::Width),
    ];
    for (text, error) in cases {
        assert_eq!(parse(text), Err(error), "{text:?}");
    }
}

#[test]
fn a_tile_has_the_hashes_of_its_definition() {
    let size = 70_000;
    let store = grown_store(size);
    let reader = |node: Node| store.get(&node).copied().ok_or(node);
    for tile in [tile(0, 273, 112), tile(1, 1, 17), tile(2, 0, 1), tile(1, 0, 256)] {
        let bytes = tile.read(&reader).unwrap();
        assert_eq!(bytes.len(), usize::from(tile.width()) * 32);
        for (place, hash) in (0..).zip(bytes.chunks(32)) {
            let span = 256_u64.pow(tile.level().into());
            let first = (tile.index() * 256 + place) * span;
            // The root of just these leaves.
            let mut alone = Frontier::default();
            for leaf in first..first + span {
                alone.append(store[&Node::leaf(leaf)]).unwrap();
            }
            assert_eq!(alone.root().as_bytes(), hash);
        }
    }
    assert_eq!(tile(0, 273, 113).read(&reader), Err(Node::leaf(70_000)));
}

#[test]
fn proofs_are_made_out_of_the_tiles_that_are_known_to_be_needed() {
    for size in [1, 2, 255, 256, 257, 511, 512, 1000, 66_000] {
        let store = grown_store(size);
        let stored = |node: Node| store.get(&node).copied().ok_or(node);
        let allowed = |needed: BTreeSet<Tile>| {
            move |tile: Tile| {
                assert!(needed.contains(&tile), "{tile} was not announced");
                Ok::<_, Node>(tile.read(&stored).unwrap())
            }
        };
        let out_of = |needed| TileReader::new(size, allowed(needed));
        assert_eq!(tree::root(&out_of(for_root(size)), size).unwrap(), tree::root(&stored, size).unwrap());
        for place in [0, 1, 255, 256, size / 2, size - 1].into_iter().filter(|place| *place < size) {
            let needed = for_inclusion(place, size).unwrap();
            assert!(needed.len() <= 6, "{needed:?}");
            let proof = tree::inclusion_proof(&out_of(needed), place, size).unwrap();
            assert_eq!(proof, tree::inclusion_proof(&stored, place, size).unwrap());
            let needed = for_consistency(place, size).unwrap();
            let proof = tree::consistency_proof(&out_of(needed), place, size).unwrap();
            assert_eq!(proof, tree::consistency_proof(&stored, place, size).unwrap());
        }
        assert_eq!(for_inclusion(size, size), Err(OutOfRange::NotInTree { index: size, size }));
        assert!(for_consistency(size + 1, size).is_err());
    }
}

#[test]
fn what_is_not_the_tile_is_refused() {
    let short = |tile: Tile| Ok::<_, Infallible>(vec![0; usize::from(tile.width()) * 32 - 1]);
    let error = TileReader::new(300, short).read(Node::leaf(299)).unwrap_err();
    assert_eq!(error, TileError::Length { tile: tile(0, 1, 44), length: 44 * 32 - 1 });
    let node = Node::leaf(300);
    assert_eq!(TileReader::new(300, short).read(node).unwrap_err(), TileError::NotInTree { node, size: 300 });
    let gone = |tile: Tile| Err(tile);
    assert_eq!(TileReader::new(1, gone).read(Node::leaf(0)).unwrap_err(), TileError::Fetch(tile(0, 0, 1)));
    // A node that the tile does not have.
    assert_eq!(tile(0, 0, 2).hash(&[0; 64], Node::leaf(2)), None);
    assert_eq!(tile(0, 1, 2).hash(&[0; 64], Node::leaf(2)), None);
    assert_eq!(tile(1, 0, 2).hash(&[0; 64], Node::leaf(0)), None);
}

#[test]
fn what_a_log_writes_as_it_grows_is_all_it_has() {
    let all = |size| {
        (0..8).flat_map(move |level| (0..400).filter_map(move |index| Tile::in_tree(level, index, size)))
    };
    let mut written = BTreeSet::new();
    let mut size = 0;
    for more in [0, 1, 1, 253, 1, 1, 300, 65_000, 443] {
        for tile in grown(size, size + more) {
            assert!(tile.is_in(size + more) && !tile.is_in(size), "{tile}");
            assert!(written.insert(tile), "{tile} was written before");
        }
        size += more;
        for tile in all(size) {
            assert!(written.contains(&tile), "{tile} of {size} is missing");
        }
    }
    assert_eq!(grown(5, 5).count(), 0);
    assert_eq!(grown(6, 5).count(), 0);
    let last = grown(u64::MAX - 1, u64::MAX).collect::<Vec<_>>();
    assert_eq!(last, [tile(0, u64::MAX / 256, 255)]);
}

#[test]
fn bundles_are_read_and_written() {
    let long = vec![7; 65_535];
    let leaves = [&b"first"[..], b"", &long];
    let bundle = write_bundle(leaves).unwrap();
    assert_eq!(bundle[..9], *b"\0\x05first\0\0");
    assert_eq!(read_bundle(&bundle).unwrap(), leaves);
    assert_eq!(read_bundle(&[]).unwrap(), [[0; 0]; 0]);
    let too_long = write_bundle([&[0; 3][..], &[0; 65_536]]);
    assert_eq!(too_long, Err(BundleError::Leaf { number: 1, size: 65_536 }));
    assert_eq!(write_bundle([b"a"; 257]), Err(BundleError::TooMany { offset: 256 * 3 }));
    let full = write_bundle([b"a"; 256]).unwrap();
    assert_eq!(read_bundle(&full).unwrap().len(), 256);
    let more = [&full[..], b"\0\x01b"].concat();
    assert_eq!(read_bundle(&more), Err(BundleError::TooMany { offset: 256 * 3 }));
    assert_eq!(Bundle::of(&more).count(), 257);
    for cut in 1..7 {
        assert_eq!(read_bundle(&bundle[..cut]), Err(BundleError::Cut { offset: 0 }));
    }
    assert_eq!(read_bundle(&bundle[..8]), Err(BundleError::Cut { offset: 7 }));
    assert_eq!(read_bundle(&bundle[..bundle.len() - 1]), Err(BundleError::Cut { offset: 9 }));
    assert_eq!(Bundle::of(&bundle[..8]).count(), 2);
}

#[test]
fn bundles_stand_where_their_leaves_do() {
    assert_eq!(Entries::of(70_000, 70_001), Entries::new(273, 113));
    assert_eq!(Entries::of(70_000, 70_000), None);
    assert_eq!(Entries::new(273, 113).unwrap().leaves(), Some(69_888..70_001));
    assert_eq!(Entries::new(u64::MAX, 1).unwrap().leaves(), None);
    assert!(Entries::new(273, 112).unwrap().is_in(70_000));
    assert!(!Entries::new(273, 113).unwrap().is_in(70_000));
    assert_eq!(Entries::new(0, 0), None);
    assert_eq!(Entries::new(0, 257), None);
}

proptest! {
    #[test]
    fn a_path_is_what_is_read_of_it(level in 0..64_u8, index: u64, width in 1..=256_u16) {
        for path in [Path::Tile(tile(level, index, width)), Path::Entries(Entries::new(index, width).unwrap())] {
            prop_assert_eq!(parse(&path.to_string()), Ok(path));
        }
    }

    #[test]
    fn what_is_read_is_written_as_it_was(text in "tile/[0-9e]{1,2}(/x?[0-9]{3}){1,3}(\\.p/[0-9]{1,3})?", any in ".{0,20}") {
        for text in [text, any] {
            if let Ok(path) = parse(&text) {
                prop_assert_eq!(path.to_string(), text);
            }
        }
    }

    #[test]
    fn tiles_are_total(level in 0..64_u8, index: u64, width in 1..=256_u16, size: u64, bytes: Vec<u8>, node in 0..64_u8) {
        let tile = tile(level, index, width);
        let read = tile.read(&|node: Node| Ok::<_, Infallible>(crate::leaf_hash(&node.key()))).unwrap();
        prop_assert_eq!(read.len() == usize::from(width) * 32, tile.is_in(u64::MAX));
        prop_assert!(!tile.is_in(size) || tile.is_in(u64::MAX));
        if let Some(node) = Node::new(node, index >> node) {
            let _ = tile.hash(&bytes, node);
            let of = Tile::of(node, size);
            prop_assert_eq!(of.is_some(), node.is_in(size));
            prop_assert!(of.is_none_or(|tile| tile.is_in(size)));
        }
    }

    #[test]
    fn a_bundle_is_what_is_read_of_it(leaves: Vec<Vec<u8>>, bytes: Vec<u8>) {
        let bundle = write_bundle(&leaves).unwrap();
        prop_assert_eq!(read_bundle(&bundle).unwrap(), leaves);
        if let Ok(leaves) = read_bundle(&bytes) {
            prop_assert_eq!(write_bundle(leaves).unwrap(), bytes);
        }
    }
}
