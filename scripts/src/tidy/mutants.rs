//! Each mutant of the bug zoo is described in its catalogue and seeded somewhere in the code, tests apart, once at least.

use super::File;

const SWITCHES: &str = "core/src/zoo/mod.rs";
const CATALOGUE: &str = "core/src/zoo/catalogue.rs";

pub(super) fn check(files: &[File], found: &mut Vec<String>) {
    let text = |path: &str| files.iter().find(|file| file.path == path).map(|file| file.text.as_str());
    let (Some(switches), Some(catalogue)) = (text(SWITCHES), text(CATALOGUE)) else { return };
    for name in names(switches) {
        if !catalogue.contains(&format!("m({name},")) {
            found.push(format!("{CATALOGUE}: nothing is said of the mutant {name}"));
        }
        let seed = format!("Mutant::{name}");
        let is_seeded = |file: &File| {
            let code = file.path.starts_with("core/src/") && file.path != CATALOGUE && file.is_rust();
            let is_test = file.path.contains("/tests/") || file.path.ends_with("/tests.rs");
            code && !is_test
                && file.text.match_indices(&seed).any(|(at, _)| ends(&file.text[at + seed.len()..]))
        };
        if !files.iter().any(is_seeded) {
            found.push(format!("{SWITCHES}: the mutant {name} is seeded nowhere below core/src"));
        }
    }
}

/// Whether a name ends here.
fn ends(rest: &str) -> bool {
    !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
}

/// The names between `mutants! {` and its closing brace.
fn names(text: &str) -> impl Iterator<Item = &str> {
    let list = text.split_once("\nmutants! {").map_or("", |(_, rest)| rest);
    let list = list.split('}').next().unwrap_or_default();
    list.split(',').map(str::trim).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::{File, findings};

    fn check(seed: &str, entry: &str) -> Vec<String> {
        let file = |path: &str, text: &str| File { path: path.into(), text: text.into() };
        findings(&[
            file("core/src/controller/tests/x.rs", "with(Mutant::OneMore)"),
            file(super::SWITCHES, "\nmutants! {\n    One, OneMore,\n}\n"),
            file(super::CATALOGUE, &format!("m(One, 1), {entry}")),
            file("core/src/controller/x.rs", &format!("active(Mutant::One) {seed}")),
        ])
    }

    #[test]
    fn each_is_seeded_and_described() {
        assert!(check("active(Mutant::OneMore)", "m(OneMore, 2)").is_empty());
        assert_eq!(check("", "m(OneMore, 2)").len(), 1);
        assert_eq!(check("active(Mutant::OneMore)", "").len(), 1);
        assert_eq!(check("", "").len(), 2);
    }
}
