//! The Deployments of manifests: files, folders, standard input or the embedded example.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use maxsurge_core::api::Deployment;
use maxsurge_core::api::manifest::{self, Located, Object, ReadOptions, SourceText, Validate};

use super::Failure;
use super::input::{self, Input};
use crate::compare::Written;

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
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(i32).range(0..))]
    replicas: Option<i32>,
    /// What to do about unknown and repeated fields
    #[arg(long, value_enum, default_value_t = Validation::Strict)]
    validate: Validation,
    /// Most replicas that are simulated
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    replicas_max: i32,
    #[command(flatten)]
    limit: input::Limit,
}

impl ManifestArgs {
    /// The limit of a file's size.
    pub fn limit(&self) -> &input::Limit {
        &self.limit
    }
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
    /// What the manifest says itself.
    pub written: Written,
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
        input_bytes_max: args.limit.bytes(),
        ..ReadOptions::default()
    };
    let mut objects: Vec<Located<Object>> = Vec::new();
    let mut diagnostics = Vec::new();
    let mut sources: Vec<Arc<SourceText>> = Vec::new();
    let inputs = inputs(args)?;
    let empty = inputs.iter().all(|input| input.bytes.iter().all(u8::is_ascii_whitespace));
    for Input { name, bytes } in inputs {
        let read = manifest::read(&name, &bytes, &options);
        objects.extend(read.objects);
        diagnostics.extend(read.diagnostics);
        sources.push(read.text);
    }
    diagnostics.extend(manifest::warnings(&objects));
    input::tell(&diagnostics, &sources)?;
    let named = not_simulated(&objects);
    let mut found: Vec<&Located<Object>> =
        objects.iter().filter(|located| matches!(located.object, Object::Deployment(_))).collect();
    if let Some(name) = &args.deployment {
        let names: Vec<&str> = found.iter().map(|located| located.object.name()).collect();
        let there = names.join(", ");
        found.retain(|located| located.object.name() == name);
        if found.is_empty() && !there.is_empty() {
            return Err(Failure::input(format!(
                "there is no Deployment named {name:?} in the input; there are {there}"
            )));
        }
    }
    if found.is_empty() {
        let there = match (empty, named.as_slice()) {
            (true, _) => "the input is empty".to_owned(),
            (_, []) => "there is no object in the input".to_owned(),
            (_, kinds) => format!("there is no Deployment (apps/v1) in the input: {}", kinds.join("; ")),
        };
        return Err(Failure::input(format!(
            "{there}; a Deployment is needed, as in `kubectl get deployment NAME -o yaml`"
        )));
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
    let written = located.source.written().map_or_else(Written::default, |value| Written::of(&value));
    match (args.replicas, scaled) {
        (Some(replicas), _) => deployment.spec.replicas = Some(replicas),
        (None, Some(hpa)) if !written.replicas => {
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
    Ok(Loaded { deployment, replicas_given: args.replicas.is_some(), written, warnings: named.to_vec() })
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

fn inputs(args: &ManifestArgs) -> Result<Vec<Input>, Failure> {
    if args.filename.is_empty() {
        return Ok(vec![Input { name: "example web.yaml".into(), bytes: EXAMPLE.into() }]);
    }
    let read = |path: &Path| input::bytes(&path.to_string_lossy(), args.limit.bytes());
    let mut inputs = Vec::new();
    for path in &args.filename {
        if path.is_dir() {
            let mut files = Vec::new();
            walk(path, args.recursive, &mut files)?;
            if files.is_empty() {
                let hint = if args.recursive { "" } else { "; -R also looks into its folders" };
                return Err(Failure::input(format!(
                    "{}: no .yaml, .yml or .json file in it{hint}",
                    path.display()
                )));
            }
            for file in files {
                inputs.push(read(&file)?);
            }
        } else {
            inputs.push(read(path)?);
        }
    }
    Ok(inputs)
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
