//! `cargo xtask gallery`: renews the reference report that README shows, from the embedded example.

use std::fs;
use std::path::Path;
use std::process::Command;

/// What is kept of the report, and under which name.
const KEPT: [(&str, &str); 4] = [
    ("plots/good-image-availability.png", "compare.png"),
    ("plots/good-image-compared.png", "strategies.png"),
    ("plots/bad-image-availability.png", "bad-image.png"),
    ("summary.md", "summary.md"),
];

/// Runs `maxsurge compare` and copies what is kept. Each file is renamed into its place when it is whole.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    let out = root.join("target/gallery");
    let status = Command::new(env!("CARGO"))
        .args(["run", "--release", "--locked", "--quiet", "--package", "maxsurge", "--", "compare", "--out"])
        .arg(&out)
        .current_dir(root)
        .stdout(std::process::Stdio::null())
        .status()
        .map_err(|error| format!("cargo: {error}"))?;
    if !status.success() {
        return Err("maxsurge compare failed (see above)".into());
    }
    let gallery = root.join("reports/gallery");
    for (from, to) in KEPT {
        let (from, whole, to) = (out.join(from), gallery.join(format!("{to}.part")), gallery.join(to));
        let text = fs::read(&from).map_err(|error| format!("{}: {error}", from.display()))?;
        // The folder that was written to is of this machine.
        let text = match to.extension() {
            Some(end) if end == "md" => {
                let text = String::from_utf8_lossy(&text).into_owned();
                text.replace(&format!(" --out {}", out.display()), "").into_bytes()
            }
            _ => text,
        };
        fs::write(&whole, text).map_err(|error| format!("{}: {error}", whole.display()))?;
        fs::rename(&whole, &to).map_err(|error| format!("{}: {error}", to.display()))?;
        eprintln!("{}", to.strip_prefix(root).unwrap_or(&to).display());
    }
    Ok(())
}
