//! `maxsurge init` and `maxsurge schema`: a scenario to begin with, and its format.

use std::fmt::Write as _;
use std::process::ExitCode;

use maxsurge_core::api::manifest::{self, Object, ReadOptions};
use maxsurge_core::scenario;
use serde_json::Value;

use super::{Exit, Failure, input, output};

const INIT_HELP: &str = "\
Examples:
  maxsurge init -f deployment.yaml > scenario.yaml
  kubectl get deploy web -o yaml | maxsurge init -f - > scenario.yaml";

/// Write a commented scenario for a Deployment to standard output
#[derive(clap::Args, Debug)]
#[command(after_help = INIT_HELP)]
pub struct InitArgs {
    /// File with the Deployment, `-` for standard input
    #[arg(short, long, value_name = "FILE")]
    filename: String,
    /// Which Deployment, if there are several
    #[arg(long, value_name = "NAME")]
    deployment: Option<String>,
    #[command(flatten)]
    limit: input::Limit,
}

const SCHEMA_HELP: &str = "\
Examples:
  maxsurge schema > scenario.schema.json";

/// Print the JSON schema of scenario files
#[derive(clap::Args, Debug)]
#[command(after_help = SCHEMA_HELP)]
pub struct SchemaArgs {}

/// Prints the schema.
pub fn schema(_args: &SchemaArgs) -> ExitCode {
    let text = serde_json::to_string_pretty(&scenario::schema()).unwrap_or_default();
    output::finish(output::print(&format!("{text}\n")).map(|()| Exit::Done))
}

/// Writes a scenario for a manifest.
pub fn init(args: &InitArgs) -> ExitCode {
    match written(args) {
        Ok(text) => output::finish(output::print(&text).map(|()| Exit::Done)),
        Err(failure) => failure.report(),
    }
}

fn written(args: &InitArgs) -> Result<String, Failure> {
    let file = input::bytes(&args.filename, args.limit.bytes())?;
    let options = ReadOptions { input_bytes_max: args.limit.bytes(), ..ReadOptions::default() };
    let read = manifest::read(&file.name, &file.bytes, &options);
    input::tell(&read.diagnostics, std::slice::from_ref(&read.text))?;
    let mut found: Vec<_> = read
        .objects
        .iter()
        .filter(|located| matches!(located.object, Object::Deployment(_)))
        .filter(|located| args.deployment.as_ref().is_none_or(|name| located.object.name() == name))
        .collect();
    match (found.pop(), found.len()) {
        (None, _) => Err(Failure::input(format!("{}: no such Deployment in it", file.name))),
        (Some(one), 0) => {
            let mut object = one.source.written().unwrap_or_default();
            // Items of a typed list name neither.
            object["apiVersion"] = "apps/v1".into();
            object["kind"] = "Deployment".into();
            Ok(scenario_of(&mut object))
        }
        (Some(last), n) => {
            let names: Vec<&str> =
                found.iter().map(|d| d.object.name()).chain([last.object.name()]).collect();
            Err(Failure::input(format!(
                "{}: {} Deployments in it ({}); choose one with --deployment NAME",
                file.name,
                n + 1,
                names.join(", ")
            )))
        }
    }
}

fn scenario_of(object: &mut Value) -> String {
    // What the server added is not what the user wants to try.
    if let Some(root) = object.as_object_mut() {
        root.remove("status");
    }
    if let Some(meta) = object["metadata"].as_object_mut() {
        for field in
            ["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink"]
        {
            meta.remove(field);
        }
        if let Some(annotations) = meta.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.retain(|key, _| {
                !key.starts_with("deployment.kubernetes.io/")
                    && key != "kubectl.kubernetes.io/last-applied-configuration"
            });
        }
    }
    let name = object["metadata"]["name"].as_str().unwrap_or("web").to_owned();
    let namespace = match object["metadata"]["namespace"].as_str() {
        None | Some("default") => String::new(),
        Some(namespace) => format!(" -n {namespace}"),
    };
    let container = object.pointer("/spec/template/spec/containers/0");
    let text = |field: &str| {
        let value = container.and_then(|c| c.get(field)).and_then(Value::as_str);
        value.unwrap_or("app").to_owned()
    };
    let (container, image) = (text("name"), text("image"));
    let base = match image.rsplit_once(':') {
        Some((base, tag)) if !tag.contains('/') => base.split('@').next().unwrap_or(base).to_owned(),
        _ => image.clone(),
    };
    let (next, bad) = (format!("{base}:next"), format!("{base}:bad"));
    let mut manifest = String::new();
    yaml(object, 4, &mut manifest);
    format!(
        "# A rollout of {name}: `maxsurge run` plays it in virtual time. `maxsurge schema` describes the format.\n\
         apiVersion: {}\nkind: {}\nmetadata:\n  name: {name}\n\n\
         # Manifests by the file name that `kubectl apply -f` uses below: inline, or the path of a file.\n\
         manifests:\n  deployment.yaml:\n{manifest}\n\
         # What happens, in order, written as kubectl commands. `at` counts from the start, `after` from the end of the\n\
         # step before; `await` waits for `complete`, `deadline`, or a number such as `updated>=2`.\n\
         steps:\n\
         - run: kubectl apply -f deployment.yaml\n\
         - await: complete\n\
         - after: 10s\n  run: kubectl set image{namespace} deployment/{name} {container}={next}\n\
         # - await: updated>=1\n\
         # - run: kubectl rollout pause{namespace} deployment/{name}\n\
         # - after: 1m\n#   run: kubectl rollout resume{namespace} deployment/{name}\n\
         # - after: 5s\n#   fault: {{killPods: 1}}     # the oldest ready pods\n\
         - run: kubectl rollout status{namespace} deployment/{name}\n\n\
         # Assumed: put in what you measured. `8s`, `5s..20s` or `p50=8s,p95=25s`.\n\
         workload:\n  readyAfter: p50=8s,p95=25s\n  terminateAfter: 2s\n  images:\n    \"{bad}\":\n      neverReady: true\n\n\
         # ideal: no delays; realistic: request limits and watch delays of a cluster as it is delivered.\n\
         cluster:\n  preset: realistic\n  # nodes: {{count: 3, pods: 110, cpu: \"4\", memory: 16Gi}}    # else pods run without nodes\n\n\
         # What breaks by itself, whatever the steps are doing.\n\
         # faults:\n# - {{at: 2m, nodeDown: node-1}}\n# - {{at: 9m, nodeUp: node-1}}\n\nseed: 1\nhorizon: 1h\n",
        scenario::API_VERSION,
        scenario::KIND,
    )
}

/// Block YAML of a JSON value; scalars are JSON, which is YAML.
fn yaml(value: &Value, indent: usize, out: &mut String) {
    let pad = " ".repeat(indent);
    let nested = |value: &Value| match value {
        Value::Object(map) => !map.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    };
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let key = plain(key);
                if nested(value) {
                    let _ = writeln!(out, "{pad}{key}:");
                    yaml(value, if value.is_array() { indent } else { indent + 2 }, out);
                } else {
                    let _ = writeln!(out, "{pad}{key}: {}", scalar(value));
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                if nested(item) {
                    let mut text = String::new();
                    yaml(item, indent + 2, &mut text);
                    let _ = write!(out, "{pad}- {}", text.get(indent + 2..).unwrap_or_default());
                } else {
                    let _ = writeln!(out, "{pad}- {}", scalar(item));
                }
            }
        }
        other => {
            let _ = writeln!(out, "{pad}{}", scalar(other));
        }
    }
}

/// Words that need no quotes.
fn plain(text: &str) -> String {
    let simple = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '/' | '_'))
        && !matches!(
            text.to_ascii_lowercase().as_str(),
            "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null"
        );
    if simple { text.to_owned() } else { Value::from(text).to_string() }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => plain(text),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use maxsurge_core::scenario::{Scenario, simulate};
    use serde_json::json;

    #[test]
    fn what_is_written_can_be_read() {
        let mut object = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "uid": "x", "labels": {"a": "yes", "b": "1"}},
            "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "app", "image": "registry:5000/app", "args": ["- x: #", "a\nb"], "env": [], "ports": [{"containerPort": 80}]}]},
            }},
        });
        let text = super::scenario_of(&mut object);
        let scenario =
            Scenario::parse(&text, &mut |_| Err("none".into())).unwrap_or_else(|e| panic!("{e:?}\n{text}"));
        assert_eq!(scenario.manifests["deployment.yaml"]["spec"]["template"], object["spec"]["template"]);
        assert!(simulate(&scenario, 1, &mut ()).unwrap().finished());
    }
}
