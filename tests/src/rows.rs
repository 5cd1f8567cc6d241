//! Every row of a read model, read from its database past the service that owns it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Rows by tree and key.
pub type Rows = BTreeMap<(Vec<u8>, Vec<u8>), Vec<u8>>;

/// Every row of the read model in `folder`; the process that owns it must have stopped.
///
/// # Panics
/// When there is no such database, or somebody has it open.
#[must_use]
pub fn read(folder: &Path) -> Rows {
    let current = fs::read_to_string(folder.join("CURRENT"))
        .unwrap_or_else(|error| panic!("{} is no read model: {error}", folder.display()));
    let open = sled::Config::new().path(folder.join(current.trim())).mode(sled::Mode::HighThroughput).open();
    let database = open.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut rows = Rows::new();
    for name in database.tree_names() {
        let tree = database.open_tree(&name).expect("a tree that is named can be opened");
        for row in tree.iter() {
            let (key, value) = row.expect("a row can be read");
            rows.insert((name.to_vec(), key.to_vec()), value.to_vec());
        }
    }
    rows
}

/// What is not the same in two read models, at most ten rows, for the message of a test that fails.
#[must_use]
pub fn differences(one: &Rows, other: &Rows) -> Vec<String> {
    let keys = one.keys().chain(other.keys().filter(|key| !one.contains_key(*key)));
    let differ = keys.filter(|key| one.get(*key) != other.get(*key)).take(10);
    let line = |key: &(Vec<u8>, Vec<u8>)| {
        format!("{}\n  {}\n  {}", key.1.escape_ascii(), show(one, key), show(other, key))
    };
    differ.map(line).collect()
}

fn show(rows: &Rows, key: &(Vec<u8>, Vec<u8>)) -> String {
    rows.get(key).map_or_else(|| "absent".to_owned(), |value| String::from_utf8_lossy(value).into_owned())
}
