//! The file format of scenarios.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use serde_saphyr::Spanned;

use super::world::{self, RawCrash, RawFault, unknown_node};
use super::{
    Action, Command, Condition, HORIZON_S_MAX, Meddling, Scenario, ScenarioErrors, Step, When, Wrong,
    meddling, objects,
};
use crate::api::manifest::tree::{Node, Span};
use crate::api::manifest::{self, Code, Diagnostic, ReadOptions, Severity, SourceText};
use crate::cluster::nodes::NodeConfig;
use crate::cluster::{ClusterConfig, RequestBudget};
use crate::sim::{Distribution, SECOND, parse_duration};
use crate::workload::{Behavior, Workload};

/// `apiVersion` of a scenario file.
pub const API_VERSION: &str = "maxsurge.dev/v1alpha1";
/// `kind` of a scenario file.
pub const KIND: &str = "Scenario";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    // Looked at before the rest is read.
    #[serde(rename = "apiVersion")]
    _api_version: String,
    #[serde(rename = "kind")]
    _kind: String,
    #[serde(default)]
    metadata: Metadata,
    manifests: BTreeMap<String, Spanned<Value>>,
    steps: Vec<Spanned<RawStep>>,
    #[serde(default)]
    faults: Vec<Spanned<RawFault>>,
    #[serde(default)]
    workload: RawWorkload,
    #[serde(default)]
    cluster: RawCluster,
    #[serde(default)]
    seed: u64,
    horizon: Option<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Metadata {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawStep {
    at: Option<String>,
    after: Option<String>,
    run: Option<String>,
    edit: Option<Value>,
    #[serde(rename = "await")]
    await_: Option<String>,
    within: Option<String>,
    fault: Option<RawFault>,
    pod: Option<Value>,
    replica_set: Option<Value>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawWorkload {
    ready_after: Option<Spanned<String>>,
    never_ready: Option<bool>,
    terminate_after: Option<Spanned<String>>,
    #[serde(default)]
    images: BTreeMap<String, RawImage>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawImage {
    ready_after: Option<Spanned<String>>,
    #[serde(default)]
    never_ready: bool,
    crash: Option<Spanned<RawCrash>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawCluster {
    preset: Option<Spanned<String>>,
    qps: Option<u32>,
    burst: Option<u32>,
    request_latency: Option<Spanned<String>>,
    watch_delay: Option<Spanned<String>>,
    start_delay: Option<Spanned<String>>,
    workers: Option<u32>,
    quota_pods: Option<u32>,
    nodes: Option<Spanned<Value>>,
}

/// What a step is made of.
const ONE_OF: &str = "a step has exactly one of `run`, `await`, `fault`, `pod` and `replicaSet`";

/// Reads one YAML or JSON value.
pub(super) fn value(text: &str) -> Result<Value, String> {
    serde_saphyr::from_str(text).map_err(|error| error.without_snippet().to_string())
}

fn error(at: serde_saphyr::Location, path: impl Into<String>, message: impl ToString) -> Wrong {
    Wrong { line: at.line(), column: at.column(), path: path.into(), message: message.to_string() }
}

fn plain(path: &str, message: impl ToString) -> Wrong {
    Wrong { line: 0, column: 0, path: path.into(), message: message.to_string() }
}

impl Scenario {
    /// Reads a scenario that is no file. `open` gives the text of a manifest that is named by its path.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(
        text: &str,
        open: &mut dyn FnMut(&str) -> Result<String, String>,
    ) -> Result<Self, ScenarioErrors> {
        let mut bytes = |path: &str| open(path).map(String::into_bytes);
        Scenario::read("scenario", text.as_bytes(), &ReadOptions::default(), &mut bytes)
    }

    /// Reads a scenario file. `name` is how messages call it; `open` gives the bytes of a manifest that is named by its path.
    ///
    /// # Errors
    /// Everything that is wrong with it and with the manifests.
    pub fn read(
        name: &str,
        bytes: &[u8],
        options: &ReadOptions,
        open: &mut dyn FnMut(&str) -> Result<Vec<u8>, String>,
    ) -> Result<Self, ScenarioErrors> {
        let mut manifests = objects::Manifests::new(options);
        let fail = |diagnostics, sources| Err(ScenarioErrors { diagnostics, sources });
        let (text, documents) = manifest::trees(name, bytes, options);
        let documents: Result<Vec<_>, _> = documents.into_iter().collect();
        let tree = match documents.map(|mut documents| (documents.pop(), documents.len())) {
            Ok((Some(tree), 0)) => tree,
            Ok((None, _)) => {
                return fail(
                    vec![whole(
                        &text,
                        "the file is empty",
                        "`maxsurge init -f deployment.yaml` writes a scenario to begin with",
                    )],
                    vec![text],
                );
            }
            Ok(_) => {
                return fail(
                    vec![whole(
                        &text,
                        "a scenario is one YAML document, and there are several",
                        "put each into a file of its own",
                    )],
                    vec![text],
                );
            }
            Err(diagnostic) => return fail(vec![*diagnostic], vec![text]),
        };
        if let Some(diagnostic) = of_other_kind(&text, &tree) {
            return fail(vec![diagnostic], vec![text]);
        }
        let file: File = match serde_saphyr::from_str(text.text()) {
            Ok(file) => file,
            Err(wrong) => return fail(vec![ill_formed(&text, &wrong)], vec![text]),
        };
        let mut errors = Vec::new();
        if let Some(entries) = tree.get("manifests").map(Node::entries) {
            entries.iter().for_each(|entry| manifests.take(&text, entry, open));
        }
        let cluster = file.cluster.read(&mut errors);
        let mut steps = Vec::new();
        for (at, step) in file.steps.iter().enumerate() {
            match step_of(step, &file.manifests, &cluster.nodes) {
                Ok(step) => steps.push(step),
                Err((field, why)) => errors.push(error(step.referenced, format!("steps[{at}]{field}"), why)),
            }
        }
        let fixed = |steps: &[Step]| -> Vec<i64> {
            steps
                .iter()
                .filter_map(|step| if let When::At(ns) = step.when { Some(ns) } else { None })
                .collect()
        };
        if fixed(&steps).windows(2).any(|pair| pair[0] > pair[1]) {
            errors.push(plain("steps", "must be in time order: an `at` lies before that of an earlier step"));
        }
        let workload = file.workload.read(&mut errors);
        let mut faults = Vec::new();
        for (at, fault) in file.faults.iter().enumerate() {
            match fault.value.timed(&cluster.nodes) {
                Ok(fault) => faults.push(fault),
                Err(why) => errors.push(error(fault.referenced, format!("faults[{at}]"), why)),
            }
        }
        faults.sort_by_key(|fault| fault.at_ns);
        let horizon = duration(&file.horizon, "horizon", &mut errors).unwrap_or(3600 * SECOND);
        if !(1..=HORIZON_S_MAX * SECOND).contains(&horizon) {
            errors.push(plain("horizon", "must be between 1ns and 168h"));
        }
        let mut diagnostics = manifests.diagnostics;
        diagnostics.extend(errors.into_iter().map(|wrong| located(&text, &tree, wrong)));
        if diagnostics.iter().any(Diagnostic::is_error) {
            diagnostics.sort_by_key(|d| (d.file != *text.name(), d.line));
            let mut sources = manifests.sources;
            sources.push(text);
            return fail(diagnostics, sources);
        }
        manifests.notes.extend(diagnostics.iter().map(|warning| warning.message.clone()));
        Ok(Scenario {
            name: file.metadata.name,
            manifests: manifests.written,
            notes: manifests.notes,
            steps,
            faults,
            workload,
            cluster,
            seed: file.seed,
            horizon_ns: horizon,
        })
    }
}

fn whole(text: &SourceText, message: &str, help: &str) -> Diagnostic {
    text.diagnostic(Severity::Error, Code::Identity, None, message.into(), help.into())
}

/// A file that is YAML and something else than a scenario.
fn of_other_kind(text: &SourceText, tree: &Node) -> Option<Diagnostic> {
    let field = |key: &str| tree.get(key).and_then(Node::as_str).unwrap_or_default();
    let (version, kind) = (field("apiVersion"), field("kind"));
    let (path, message, help) = if kind != KIND {
        let found = if kind.is_empty() { "has no kind".into() } else { format!("is a {kind}") };
        let help = "`maxsurge init -f FILE > scenario.yaml` makes a scenario of a Deployment; `maxsurge compare -f FILE` compares \
                    strategies for it";
        ("kind", format!("the file {found}, not a {KIND}"), help.to_string())
    } else if version != API_VERSION {
        (
            "apiVersion",
            format!("must be {API_VERSION}, found {version:?}"),
            format!("write `apiVersion: {API_VERSION}`"),
        )
    } else {
        return None;
    };
    let span = tree.span_of(path);
    Some(Diagnostic {
        field_path: path.into(),
        ..text.diagnostic(Severity::Error, Code::Identity, Some(span), message, help)
    })
}

/// What the reader of the format says, its place once, and the name that was probably meant.
fn ill_formed(text: &SourceText, wrong: &serde_saphyr::Error) -> Diagnostic {
    let message = wrong.without_snippet().to_string();
    let message = message.rfind(" at line ").map_or(message.as_str(), |at| &message[..at]);
    let at = wrong.location().map_or(0, |at| text.byte(at.line(), at.column()));
    let unknown = message.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`'));
    let (message, help) = match unknown.and_then(|(name, rest)| Some((name, rest.split_once("expected ")?.1)))
    {
        Some((name, expected)) => {
            let known: Vec<&str> =
                expected.trim_start_matches("one of ").split(", ").map(|n| n.trim_matches('`')).collect();
            let help = match manifest::nearest_name(name, known.iter().copied()) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("there are {}", known.join(", ")),
            };
            (format!("unknown field {name:?}"), help)
        }
        None => (message.to_owned(), "`maxsurge schema` prints the format".to_owned()),
    };
    let code = if message.starts_with("unknown field") { Code::UnknownField } else { Code::WrongType };
    text.diagnostic(Severity::Error, code, Some(Span { start: at, end: at }), message, help)
}

/// A wrong field of the scenario with its place: by its path, else by line and column.
fn located(text: &SourceText, tree: &Node, wrong: Wrong) -> Diagnostic {
    // Quotes are for people; the tree has keys as they are.
    let path = wrong.path.replace("[\"", "[").replace("\"]", "]");
    let mut span = tree.span_of(&path);
    if wrong.line > 0 && text.position(span.start).0 < wrong.line as u32 {
        let at = text.byte(wrong.line, wrong.column);
        span = Span { start: at, end: at };
    }
    Diagnostic {
        field_path: wrong.path,
        ..text.diagnostic(Severity::Error, Code::Invalid, Some(span), wrong.message, String::new())
    }
}

fn step_of(
    step: &Spanned<RawStep>,
    manifests: &BTreeMap<String, Spanned<Value>>,
    nodes: &[NodeConfig],
) -> Result<Step, (&'static str, String)> {
    let raw = &step.value;
    let time =
        |text: &String, field: &'static str| parse_duration(text).map_err(|why| (field, why.to_string()));
    let when = match (&raw.at, &raw.after) {
        (Some(_), Some(_)) => return Err(("", "either `at` or `after`, not both".into())),
        (Some(text), None) => When::At(time(text, ".at")?),
        (None, Some(text)) => When::After(time(text, ".after")?),
        (None, None) => When::After(0),
    };
    let within_ns = raw.within.as_ref().map(|text| time(text, ".within")).transpose()?;
    if within_ns.is_some() && raw.await_.is_none() {
        return Err((".within", "belongs to a step with `await`".into()));
    }
    let meddling = match (&raw.pod, &raw.replica_set) {
        (None, None) => None,
        (Some(pod), None) => Some(Meddling::pod(pod).map_err(|why| (".pod", why))?),
        (None, Some(rs)) => Some(Meddling::replica_set(rs).map_err(|why| (".replicaSet", why))?),
        (Some(_), Some(_)) => return Err(("", ONE_OF.into())),
    };
    if let Some(meddling) = meddling {
        if raw.run.is_some() || raw.await_.is_some() || raw.fault.is_some() {
            return Err(("", ONE_OF.into()));
        }
        let text = format!("{} {}", meddling.field(), meddling.to_value());
        return Ok(Step { line: step.referenced.line(), when, action: Action::Meddling(meddling), text });
    }
    let (action, text) = match (&raw.run, &raw.await_, &raw.fault) {
        (Some(run), None, None) => {
            let mut command = Command::parse(run).map_err(|why| (".run", why))?;
            if let super::Verb::Edit(_, left) = &mut command.verb {
                *left = match &raw.edit {
                    Some(fields) if fields.is_object() => fields.clone(),
                    Some(_) => {
                        return Err((".edit", "must be an object, such as {spec: {replicas: 5}}".into()));
                    }
                    None => {
                        let why = "kubectl edit opens an editor; say in `edit` beside it how the fields read when it is closed, \
                                   such as `edit: {spec: {replicas: 5}}`";
                        return Err((".run", why.into()));
                    }
                };
            } else if raw.edit.is_some() {
                return Err((".edit", "belongs to a step with `run: kubectl edit …`".into()));
            }
            if let super::Verb::Apply(file) = &command.verb
                && !manifests.contains_key(file)
            {
                let known: Vec<&str> = manifests.keys().map(String::as_str).collect();
                return Err((".run", format!("no manifest {file:?}; `manifests` has {}", known.join(", "))));
            }
            if let super::Verb::Cordon(name, _)
            | super::Verb::DeleteNode(name)
            | super::Verb::Drain { node: name, .. } = &command.verb
                && !nodes.iter().any(|node| node.name == *name)
            {
                return Err((".run", unknown_node(nodes, name)));
            }
            (Action::Run(command), run.trim().to_owned())
        }
        (None, Some(text), None) => {
            let condition = Condition::parse(text).map_err(|why| (".await", why))?;
            (Action::Await { condition, within_ns }, format!("await {text}"))
        }
        (None, None, Some(fault)) => {
            if fault.has_time() {
                return Err((".fault.at", "the time of a step is its own `at` or `after`".into()));
            }
            let (fault, text) = fault.read(nodes).map_err(|why| (".fault", why))?;
            (Action::Fault(fault), text)
        }
        _ => return Err(("", ONE_OF.into())),
    };
    Ok(Step { line: step.referenced.line(), when, action, text })
}

fn read<T, E: ToString>(
    text: &Option<Spanned<String>>,
    path: &str,
    errors: &mut Vec<Wrong>,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Option<T> {
    let text = text.as_ref()?;
    parse(&text.value).map_err(|why| errors.push(error(text.referenced, path, why))).ok()
}

fn duration(text: &Option<Spanned<String>>, path: &str, errors: &mut Vec<Wrong>) -> Option<i64> {
    read(text, path, errors, parse_duration)
}

impl RawWorkload {
    fn read(&self, errors: &mut Vec<Wrong>) -> Workload {
        let startup = read(&self.ready_after, "workload.readyAfter", errors, Distribution::parse);
        let startup = startup.unwrap_or(Distribution::Constant(0));
        let stop = read(&self.terminate_after, "workload.terminateAfter", errors, Distribution::parse);
        let images = self.images.iter().map(|(image, raw)| {
            let path = format!("workload.images[{image:?}].readyAfter");
            let own = read(&raw.ready_after, &path, errors, Distribution::parse);
            let startup = own.unwrap_or_else(|| startup.clone());
            (image.as_str().into(), Behavior { startup, gets_ready: !raw.never_ready })
        });
        let images = images.collect();
        let mut crashes = BTreeMap::new();
        for (image, raw) in &self.images {
            let Some(crash) = &raw.crash else { continue };
            match crash.value.read() {
                Ok(read) => drop(crashes.insert(image.as_str().into(), read)),
                Err(why) => {
                    errors.push(error(crash.referenced, format!("workload.images[{image:?}].crash"), why));
                }
            }
        }
        Workload {
            images,
            default: Behavior { startup, gets_ready: !self.never_ready.unwrap_or(false) },
            crashes,
            startup_by_order: Vec::new(),
            // Scenario times are from "container running" to Ready: the probe is in them.
            probe: None,
            stop: stop.unwrap_or(Distribution::Constant(0)),
            grace_s: None,
        }
    }
}

impl RawCluster {
    fn read(&self, errors: &mut Vec<Wrong>) -> ClusterConfig {
        let preset = read(&self.preset, "cluster.preset", errors, |name| match name {
            "ideal" => Ok(ClusterConfig::ideal()),
            "realistic" => Ok(ClusterConfig::realistic()),
            _ => Err(format!("no preset {name:?}; there are ideal and realistic")),
        });
        let mut config = preset.unwrap_or_else(ClusterConfig::ideal);
        if self.qps.is_some() || self.burst.is_some() {
            let before = config.budget.unwrap_or(RequestBudget { qps: 20, burst: 30 });
            let (qps, burst) = (self.qps.unwrap_or(before.qps), self.burst.unwrap_or(before.burst));
            if qps == 0 || burst == 0 {
                errors.push(plain("cluster", "qps and burst must be at least 1"));
            }
            config.budget = Some(RequestBudget { qps, burst });
        }
        for (text, path, place) in [
            (&self.request_latency, "cluster.requestLatency", &mut config.request_latency_ns),
            (&self.watch_delay, "cluster.watchDelay", &mut config.watch_delay_ns),
            (&self.start_delay, "cluster.startDelay", &mut config.start_delay_ns),
        ] {
            *place = duration(text, path, errors).unwrap_or(*place);
        }
        if self.workers == Some(0) {
            errors.push(plain("cluster.workers", "must be at least 1"));
        }
        config.workers = self.workers.unwrap_or(config.workers).max(1);
        config.quota_pods = self.quota_pods.or(config.quota_pods);
        if let Some(nodes) = &self.nodes {
            match world::nodes(&nodes.value) {
                Ok(nodes) => config.nodes = nodes,
                Err(why) => errors.push(error(nodes.referenced, "cluster.nodes", why)),
            }
        }
        config
    }
}

/// The JSON schema of the format.
pub fn schema() -> Value {
    let text = |description: &str| json!({"type": "string", "description": description});
    let time = |description: &str| json!({"type": "string", "description": description, "examples": ["30s", "1m30s", "250ms"]});
    let spread = |description: &str| json!({"type": "string", "description": description, "examples": ["8s", "5s..20s", "p50=8s,p95=25s"]});
    let whole = |description: &str, least: u32| json!({"type": "integer", "minimum": least, "description": description});
    let object = |description: &str, properties: Value, required: &[&str]| {
        json!({
            "type": "object", "description": description, "additionalProperties": false,
            "properties": properties, "required": required,
        })
    };
    let image = object(
        "Behaviour of one image",
        json!({
            "readyAfter": spread("From the start of the containers to Ready"),
            "neverReady": {"type": "boolean", "description": "Its pods never get ready"},
            "crash": world::crash_schema(),
        }),
        &[],
    );
    let (pod, replica_set) = meddling::schemas();
    let mut step = object(
        "One step: exactly one of run, await, fault, pod and replicaSet",
        json!({
            "at": time("When, after the start of the scenario"),
            "after": time("When, after the end of the step before (default 0s)"),
            "run": text("A kubectl command: apply -f FILE, set image, scale, rollout \
                pause|resume|undo|restart|status, patch, edit, label, annotate, delete pod, cordon, uncordon, drain, delete node"),
            "edit": {
                "type": "object",
                "description": "With `run: kubectl edit …`: the fields as they read when the editor is closed; others stay, null \
                    removes one, lists of containers are merged by name",
            },
            "await": text("Waits for `complete`, `deadline`, or a number such as `updated>=6`"),
            "within": time("The longest wait; default: until the horizon"),
            "fault": world::fault_schema(false),
            "pod": pod,
            "replicaSet": replica_set,
        }),
        &[],
    );
    let kinds = ["run", "await", "fault", "pod", "replicaSet"];
    step["oneOf"] = kinds.iter().map(|kind| json!({"required": [kind]})).collect();
    let workload = object(
        "How the application behaves",
        json!({
            "readyAfter": spread("From the start of the containers to Ready (default 0s)"),
            "neverReady": {"type": "boolean", "description": "No pod gets ready, unless `images` says so"},
            "terminateAfter": spread("From the request to stop to the end of the pod (default 0s)"),
            "images": {"type": "object", "additionalProperties": image},
        }),
        &[],
    );
    let cluster = object(
        "What the cluster is like",
        json!({
            "preset": {"enum": ["ideal", "realistic"], "description": "ideal: no delays (default)"},
            "qps": whole("Requests per second of each controller's client", 1),
            "burst": whole("Requests that may go at once", 1),
            "requestLatency": time("From sending a request to its effect"),
            "watchDelay": time("From a write to its event in the controllers' caches"),
            "startDelay": time("From a pod's creation to the start of its containers"),
            "workers": whole("Passes of one controller at once", 1),
            "quotaPods": whole("Pods that the namespace's quota allows", 0),
            "nodes": world::nodes_schema(),
        }),
        &[],
    );
    let mut schema = object(
        "A rollout to simulate",
        json!({
            "apiVersion": {"const": API_VERSION},
            "kind": {"const": KIND},
            "metadata": object("", json!({"name": text("Name of the scenario")}), &[]),
            "manifests": {
                "type": "object",
                "description": "Manifests by the file name that `kubectl apply -f` uses: inline, or the path of a file",
                "additionalProperties": {"type": ["object", "string"]},
            },
            "steps": {"type": "array", "items": step},
            "faults": {
                "type": "array",
                "description": "What breaks by itself, whatever the steps are doing",
                "items": world::fault_schema(true),
            },
            "workload": workload,
            "cluster": cluster,
            "seed": whole("Seed of the random numbers (default 0)", 0),
            "horizon": time("Longest run (default 1h)"),
        }),
        &["apiVersion", "kind", "manifests", "steps"],
    );
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    schema["title"] = "maxsurge scenario".into();
    schema
}
