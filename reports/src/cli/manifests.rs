//! The Deployments of manifests: files, folders, standard input or the embedded example.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{IsTerminal, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use maxsurge_core::api::Deployment;
use maxsurge_core::api::manifest::{self, Located, Object, ReadOptions, SourceText, Validate};

use super::{Failure, output};

/// What every command that reads manifests understands.
#[derive(clap::Args, Debug)]
pub struct ManifestArgs {
    /// Manifest: a file, a folder or `-` for standard input; may be repeated [default: an embedded example]
    #[arg(short = 'f', long = "filename", value_name = "FILE|DIR|-")]
    filename: Vec<PathBuf>,
    /// Also look into the folders of a folder
    #[arg(short = 'R', long)]
    recursive: bool,
    /// Which Deployment, if there are several
    #[arg(long, value_name = "NAME", conflicts_with = "all")]
    deployment: Option<String>,
    /// Every Deployment, one after the other
    #[arg(long)]
    all: bool,
    /// Wanted pods, instead of the manifest's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(0..))]
    replicas: Option<i32>,
    /// What to do about unknown and repeated fields
    #[arg(long, value_enum, default_value_t = Validation::Strict)]
    validate: Validation,
    /// Most replicas that are simulated
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    replicas_max: i32,
}

/// kubectl's `--validate`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Validation {
    Strict,
    Warn,
    Ignore,
}

/// A Deployment to simulate, and what a reader should know about its manifest.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Defaulted and validated.
    pub deployment: Deployment,
    /// Whether `replicas` came from the command line.
    pub replicas_given: bool,
    /// One sentence each.
    pub warnings: Vec<String>,
}

const EXAMPLE: &str = include_str!("../../examples/web.yaml");

/// Reads the Deployments that a command is about; tells what is wrong on standard error.
///
/// # Errors
/// Nothing readable, errors in a manifest (all of them have been told), or several Deployments to choose from.
pub fn load(args: &ManifestArgs) -> Result<Vec<Loaded>, Failure> {
    let options = ReadOptions {
        validate: match args.validate {
            Validation::Strict => Validate::Strict,
            Validation::Warn => Validate::Warn,
            Validation::Ignore => Validate::Ignore,
        },
        replicas_max: args.replicas_max,
        ..ReadOptions::default()
    };
    let mut objects: Vec<Located<Object>> = Vec::new();
    let mut diagnostics = Vec::new();
    let mut sources: Vec<Arc<SourceText>> = Vec::new();
    for (name, bytes) in inputs(args, options.input_bytes_max)? {
        let read = manifest::read(&name, &bytes, &options);
        objects.extend(read.objects);
        diagnostics.extend(read.diagnostics);
        sources.push(read.text);
    }
    diagnostics.extend(manifest::warnings(&objects));
    let colour =
        std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    if !diagnostics.is_empty() {
        output::note(manifest::render(&diagnostics, &sources, colour));
    }
    if diagnostics.iter().any(manifest::Diagnostic::is_error) {
        return Err(Failure::input("the manifest has errors; nothing was written"));
    }
    let named = not_simulated(&objects);
    let mut found: Vec<&Located<Object>> =
        objects.iter().filter(|located| matches!(located.object, Object::Deployment(_))).collect();
    if let Some(name) = &args.deployment {
        found.retain(|located| located.object.name() == name);
        if found.is_empty() {
            return Err(Failure::input(format!("there is no Deployment named {name:?} in the input")));
        }
    }
    if found.is_empty() {
        return Err(Failure::input("there is no Deployment (apps/v1) in the input"));
    }
    if found.len() > 1 && !args.all {
        let list: Vec<String> = found
            .iter()
            .map(|located| {
                format!("  {} ({}:{})", located.object.name(), located.source.file(), located.source.line())
            })
            .collect();
        return Err(Failure::input(format!(
            "there are {} Deployments; choose one with --deployment NAME, or take --all:\n{}",
            found.len(),
            list.join("\n")
        )));
    }
    found.into_iter().map(|located| one(args, located, &objects, &named)).collect()
}

fn one(
    args: &ManifestArgs,
    located: &Located<Object>,
    objects: &[Located<Object>],
    named: &[String],
) -> Result<Loaded, Failure> {
    let Object::Deployment(deployment) = &located.object else {
        return Err(Failure::input("not a Deployment"));
    };
    let mut deployment = (**deployment).clone();
    let scaled = objects.iter().find_map(|other| match &other.object {
        Object::HorizontalPodAutoscaler(hpa)
            if hpa.targets_deployment(&deployment.meta.namespace, &deployment.meta.name) =>
        {
            Some(hpa.meta.name.clone())
        }
        _ => None,
    });
    let written = located.source.span_of("spec.replicas") != located.source.span_of("spec");
    match (args.replicas, scaled) {
        (Some(replicas), _) => deployment.spec.replicas = Some(replicas),
        (None, Some(hpa)) if !written => {
            return Err(Failure::input(format!(
                "{}:{}: Deployment {:?} leaves its size to HorizontalPodAutoscaler {hpa:?}; say with --replicas N how many \
                 pods there are when the rollout begins",
                located.source.file(),
                located.source.line(),
                deployment.meta.name
            )));
        }
        _ => {}
    }
    Ok(Loaded { deployment, replicas_given: args.replicas.is_some(), warnings: named.to_vec() })
}

/// One sentence for each kind that is read but not simulated, and for each that is not modelled at all.
fn not_simulated(objects: &[Located<Object>]) -> Vec<String> {
    let kinds: BTreeSet<(bool, &str)> = objects
        .iter()
        .filter_map(|located| match &located.object {
            Object::Deployment(_) => None,
            Object::Other { kind, .. } => Some((false, kind.as_str())),
            known => Some((true, known.kind())),
        })
        .collect();
    kinds
        .into_iter()
        .map(|(known, kind)| {
            if known {
                format!("{kind} is read but not simulated yet")
            } else {
                format!("{kind} is not modelled and was left out")
            }
        })
        .collect()
}

fn inputs(args: &ManifestArgs, bytes_max: usize) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    if args.filename.is_empty() {
        return Ok(vec![("example web.yaml".into(), EXAMPLE.into())]);
    }
    let mut inputs = Vec::new();
    for path in &args.filename {
        if path.as_os_str() == "-" {
            let mut bytes = Vec::new();
            let read = std::io::stdin().lock().take(bytes_max as u64 + 1).read_to_end(&mut bytes);
            read.map_err(|error| Failure::input(format!("cannot read standard input: {error}")))?;
            inputs.push(("standard input".into(), bytes));
        } else if path.is_dir() {
            let mut files = Vec::new();
            walk(path, args.recursive, &mut files)?;
            if files.is_empty() {
                return Err(Failure::input(format!(
                    "{}: no .yaml, .yml or .json file in it",
                    path.display()
                )));
            }
            for file in files {
                inputs.push(file_bytes(&file, bytes_max)?);
            }
        } else {
            inputs.push(file_bytes(path, bytes_max)?);
        }
    }
    Ok(inputs)
}

fn file_bytes(path: &Path, bytes_max: usize) -> Result<(String, Vec<u8>), Failure> {
    let name = path.display().to_string();
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(bytes_max as u64 + 1).read_to_end(&mut bytes))
        .map_err(|error| Failure::input(format!("cannot read {name}: {error}")))?;
    Ok((name, bytes))
}

/// The manifests of a folder in name order, as kubectl takes them.
fn walk(dir: &Path, recursive: bool, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let fail = |error: std::io::Error| Failure::input(format!("cannot read {}: {error}", dir.display()));
    let mut entries: Vec<PathBuf> = std::fs::read_dir(dir)
        .map_err(fail)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(fail)?;
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            if recursive {
                walk(&entry, recursive, files)?;
            }
        } else if entry
            .extension()
            .and_then(|e| e.to_str())
            .is_some_and(|e| ["yaml", "yml", "json"].contains(&e))
        {
            files.push(entry);
        }
    }
    Ok(())
}
