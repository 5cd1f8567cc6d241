//! A brief as a page to print. The template escapes all that it is given.

use askama::Template;

use super::sheet::Sheet;

#[derive(Template)]
#[template(path = "brief.html")]
struct Page<'s> {
    sheet: &'s Sheet,
}

/// The page.
///
/// # Errors
/// When it cannot be written.
pub(super) fn page(sheet: &Sheet) -> Result<String, askama::Error> {
    Page { sheet }.render()
}
