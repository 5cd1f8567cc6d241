//! Whole exports: each line is read as it is written, checking is total, and an envelope that is cut has the leaf that
//! it has when it is read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use transparency::canonical::canonical;
use transparency::export::{Block, Header, check};
use transparency::leaf::leaf;
use transparency::tree::Head;

fuzz_target!(|bytes: &[u8]| {
    let lines = bytes.split(|byte| *byte == b'\n').collect::<Vec<_>>();
    if let Ok(header) = Header::parse(lines[0]) {
        assert_eq!(Header::parse(header.to_string().as_bytes()), Ok(header));
    }
    if let Ok(block) = Block::parse(lines[0]) {
        assert_eq!(Block::parse(block.to_string().as_bytes()).as_ref(), Ok(&block));
        let head = Head { size: block.tile.len() as u64, root: block.hash() };
        let _ = check(&head, 0, 1, lines[0], lines[1..].iter().copied());
    }
    if let (Ok(made), Ok(text)) = (leaf(bytes), canonical(bytes)) {
        assert_eq!(leaf(text.as_bytes()), Ok(made));
    }
});
