//! Panics of the code under test are findings: they are caught, told as such, and not printed. All others are printed as ever.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    /// Whether the code that runs in this thread is under test.
    static UNDER_TEST: Cell<bool> = const { Cell::new(false) };
}

/// What `run` answers, or the text of the panic in which it ended.
///
/// # Errors
/// The panic's text.
pub fn caught<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let others = take_hook();
        set_hook(Box::new(move |panic| {
            if !UNDER_TEST.get() {
                others(panic);
            }
        }));
    });
    let outer = UNDER_TEST.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(run));
    UNDER_TEST.set(outer);
    outcome.map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic").to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_by_its_text() {
        assert_eq!(caught(|| 1), Ok(1));
        assert_eq!(caught(|| -> u8 { panic!("plain") }), Err("plain".into()));
        assert_eq!(caught(|| -> u8 { panic!("pod {}", 7) }), Err("pod 7".into()));
        assert!(!UNDER_TEST.get());
    }
}
