//! kubectl commands as a person types them, read into a closed set.

use crate::sim::parse_duration;

/// Kinds that a command can name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TargetKind {
    /// `deployment`, `deploy`.
    Deployment,
    /// `replicaset`, `rs`.
    ReplicaSet,
    /// `pod`, `po`.
    Pod,
}

/// `deployment/web`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// Kind.
    pub kind: TargetKind,
    /// Name.
    pub name: String,
}

/// Which pods `kubectl delete pod` means.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Deleted {
    /// By name.
    Named(Vec<String>),
    /// Those with all these labels.
    Labelled(Vec<(String, String)>),
}

/// What a command does.
#[derive(Clone, PartialEq, Debug)]
pub enum Verb {
    /// `apply -f FILE`.
    Apply(String),
    /// `set image TARGET CONTAINER=IMAGE …`; `*` = every container.
    SetImage(Target, Vec<(String, String)>),
    /// `scale TARGET --replicas N [--current-replicas N]`.
    Scale(Target, i32, Option<i32>),
    /// `rollout pause`.
    Pause(Target),
    /// `rollout resume`.
    Resume(Target),
    /// `rollout restart`.
    Restart(Target),
    /// `rollout undo [--to-revision N]`; 0 = the one before.
    Undo(Target, i64),
    /// `rollout status [--timeout D]`, ns.
    Status(Target, Option<i64>),
    /// `patch -p PATCH`: a strategic merge patch, or with `--type merge` a JSON merge patch.
    Patch {
        /// What.
        target: Target,
        /// The patch.
        patch: serde_json::Value,
        /// Lists are merged by name.
        strategic: bool,
    },
    /// `edit TARGET`: what the editor leaves, from the step's `edit`.
    Edit(Target, serde_json::Value),
    /// `label TARGET KEY=VALUE KEY- …`.
    Label(Target, Vec<(String, Option<String>)>),
    /// `annotate TARGET KEY=VALUE KEY- …`.
    Annotate(Target, Vec<(String, Option<String>)>),
    /// `delete pod …`.
    DeletePods(Deleted),
    /// `delete node NODE`.
    DeleteNode(String),
    /// `cordon NODE` (true) or `uncordon NODE`.
    Cordon(String, bool),
    /// `drain NODE [--force] [--timeout D]`: cordons, evicts, and waits until the pods are gone.
    Drain {
        /// Which.
        node: String,
        /// Pods that no controller would replace go, too.
        force: bool,
        /// Longest wait, ns.
        timeout: Option<i64>,
    },
}

/// A command.
#[derive(Clone, PartialEq, Debug)]
pub struct Command {
    /// What it does.
    pub verb: Verb,
    /// `-n`; `None` = `default`.
    pub namespace: Option<String>,
}

/// What is accepted, for messages.
const ACCEPTED: &str = "apply -f FILE, set image, scale --replicas, rollout \
     pause|resume|undo|restart|status, patch -p, edit, label, annotate, delete pod, cordon, \
     uncordon, drain, delete node";

impl Command {
    /// Reads a command line. The error says what is accepted instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        let words = split(text)?;
        let mut words = words.iter().map(String::as_str);
        if words.next() != Some("kubectl") {
            return Err(format!("`{text}` is no kubectl command; accepted are kubectl {ACCEPTED}"));
        }
        let mut line = Line::read(words)?;
        let verb = line.verb()?;
        let namespace = line.flag(&["-n", "--namespace"])?;
        if let Some((flag, _)) = line.flags.first() {
            return Err(format!("kubectl {}: the flag {flag} is not modelled", line.words.join(" ")));
        }
        Ok(Command { verb, namespace })
    }
}

/// Words and flags apart.
struct Line {
    words: Vec<String>,
    flags: Vec<(String, Option<String>)>,
}

/// Flags that stand alone.
const SWITCHES: [&str; 6] =
    ["--overwrite", "--all", "--record", "--force", "--ignore-daemonsets", "--delete-emptydir-data"];

impl Line {
    fn read<'a>(mut words: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        let mut line = Line { words: Vec::new(), flags: Vec::new() };
        while let Some(word) = words.next() {
            if !word.starts_with('-') || word == "-" {
                line.words.push(word.to_owned());
            } else if let Some((name, value)) = word.split_once('=') {
                line.flags.push((name.to_owned(), Some(value.to_owned())));
            } else if SWITCHES.contains(&word) {
                line.flags.push((word.to_owned(), None));
            } else {
                let value = words.next().ok_or_else(|| format!("the flag {word} needs a value"))?;
                line.flags.push((word.to_owned(), Some(value.to_owned())));
            }
        }
        // Says nothing about what happens.
        // (There are neither DaemonSets nor volumes here.)
        line.flags.retain(|(name, _)| {
            !matches!(
                name.as_str(),
                "--overwrite" | "--record" | "--ignore-daemonsets" | "--delete-emptydir-data"
            )
        });
        Ok(line)
    }

    fn flag(&mut self, names: &[&str]) -> Result<Option<String>, String> {
        let Some(at) = self.flags.iter().position(|(name, _)| names.contains(&name.as_str())) else {
            return Ok(None);
        };
        let (name, value) = self.flags.remove(at);
        value.map(Some).ok_or_else(|| format!("the flag {name} needs a value"))
    }

    fn number<T: std::str::FromStr>(&mut self, name: &str) -> Result<Option<T>, String> {
        let value = self.flag(&[name])?;
        value.map(|text| text.parse().map_err(|_| format!("{name}={text} is no whole number"))).transpose()
    }

    fn verb(&mut self) -> Result<Verb, String> {
        let first = self.words.first().cloned().unwrap_or_default();
        let second = self.words.get(1).cloned().unwrap_or_default();
        match (first.as_str(), second.as_str()) {
            ("apply", _) => {
                let file = self.flag(&["-f", "--filename"])?.ok_or("apply needs -f FILE")?;
                self.rest(1)?;
                Ok(Verb::Apply(file))
            }
            ("set", "image") => {
                let (target, rest) = self.target(2)?;
                let images = rest.iter().map(|word| match word.split_once('=') {
                    Some((container, image)) if !container.is_empty() && !image.is_empty() => {
                        Ok((container.to_owned(), image.to_owned()))
                    }
                    _ => Err(format!("`{word}` is not CONTAINER=IMAGE")),
                });
                let images: Vec<_> = images.collect::<Result<_, _>>()?;
                if images.is_empty() {
                    return Err("set image needs CONTAINER=IMAGE".into());
                }
                Ok(Verb::SetImage(target, images))
            }
            ("scale", _) => {
                let replicas: i32 = self.number("--replicas")?.ok_or("scale needs --replicas=N")?;
                if replicas < 0 {
                    return Err("--replicas must not be negative".into());
                }
                let current = self.number("--current-replicas")?;
                Ok(Verb::Scale(self.only_target(1)?, replicas, current))
            }
            ("rollout", "pause") => Ok(Verb::Pause(self.only_target(2)?)),
            ("rollout", "resume") => Ok(Verb::Resume(self.only_target(2)?)),
            ("rollout", "restart") => Ok(Verb::Restart(self.only_target(2)?)),
            ("rollout", "undo") => {
                let to = self.number("--to-revision")?.unwrap_or(0);
                Ok(Verb::Undo(self.only_target(2)?, to))
            }
            ("rollout", "status") => {
                let timeout = self.flag(&["--timeout"])?;
                let timeout = timeout.map(|text| parse_duration(&text)).transpose();
                Ok(Verb::Status(self.only_target(2)?, timeout.map_err(|error| error.to_string())?))
            }
            ("patch", _) => {
                let text = self.flag(&["-p", "--patch"])?.ok_or("patch needs -p PATCH")?;
                let patch = crate::scenario::file::value(&text).map_err(|why| format!("the patch: {why}"))?;
                let kind = self.flag(&["--type"])?.unwrap_or_else(|| "strategic".into());
                if !matches!(kind.as_str(), "strategic" | "merge") {
                    return Err(format!("--type={kind} is not modelled; use strategic or merge"));
                }
                if !patch.is_object() {
                    return Err("the patch must be an object".into());
                }
                Ok(Verb::Patch { target: self.only_target(1)?, patch, strategic: kind == "strategic" })
            }
            ("label", _) => self.pairs().map(|(target, pairs)| Verb::Label(target, pairs)),
            ("annotate", _) => self.pairs().map(|(target, pairs)| Verb::Annotate(target, pairs)),
            ("delete", "pod" | "pods" | "po") => {
                let names = self.words[2..].to_vec();
                match self.flag(&["-l", "--selector"])? {
                    Some(selector) if names.is_empty() => {
                        let labels = selector.split(',').map(|part| match part.split_once('=') {
                            Some((key, value)) => {
                                Ok((key.trim_matches('!').into(), value.trim_start_matches('=').into()))
                            }
                            None => Err(format!(
                                "`{part}` is not KEY=VALUE, the only form of -l that is modelled"
                            )),
                        });
                        Ok(Verb::DeletePods(Deleted::Labelled(labels.collect::<Result<_, _>>()?)))
                    }
                    None if !names.is_empty() => Ok(Verb::DeletePods(Deleted::Named(names))),
                    _ => Err("delete pod needs either names or -l KEY=VALUE".into()),
                }
            }
            ("delete", "node" | "nodes" | "no") => Ok(Verb::DeleteNode(self.node(2)?)),
            ("cordon" | "uncordon", _) => Ok(Verb::Cordon(self.node(1)?, first == "cordon")),
            ("drain", _) => {
                let force = self.switch("--force");
                let timeout = self.flag(&["--timeout"])?.map(|text| parse_duration(&text)).transpose();
                // 0 = for ever, as with kubectl.
                let timeout = timeout.map_err(|error| error.to_string())?.filter(|ns| *ns > 0);
                Ok(Verb::Drain { node: self.node(1)?, force, timeout })
            }
            ("taint", _) => Err("kubectl taint is not modelled; use kubectl cordon or drain".into()),
            // What is typed into the editor stands beside the command.
            ("edit", _) => Ok(Verb::Edit(self.only_target(1)?, serde_json::Value::Null)),
            _ => Err(format!(
                "kubectl {} is not modelled; accepted are {ACCEPTED}",
                self.words.iter().take(2).cloned().collect::<Vec<_>>().join(" ")
            )),
        }
    }

    /// Whether a flag that stands alone is there.
    fn switch(&mut self, name: &str) -> bool {
        let before = self.flags.len();
        self.flags.retain(|(flag, value)| flag != name || value.as_deref() == Some("false"));
        self.flags.len() < before
    }

    /// The node, `NAME` or `node/NAME`.
    fn node(&self, from: usize) -> Result<String, String> {
        let word = self.words.get(from).ok_or("the name of a node is needed")?;
        self.rest(from + 1)?;
        let name = word.strip_prefix("node/").or_else(|| word.strip_prefix("nodes/")).unwrap_or(word);
        Ok(name.to_owned())
    }

    fn rest(&self, from: usize) -> Result<(), String> {
        match self.words.get(from) {
            None => Ok(()),
            Some(word) => Err(format!("`{word}` is one word too many")),
        }
    }

    /// `deployment/web …` or `deployment web …`.
    fn target(&self, from: usize) -> Result<(Target, &[String]), String> {
        let word = self.words.get(from).ok_or("a target such as deployment/web is needed")?;
        let (kind, name, next) = match word.split_once('/') {
            Some((kind, name)) => (kind, name, from + 1),
            None => {
                let name = self.words.get(from + 1);
                (word.as_str(), name.map_or("", String::as_str), from + 2)
            }
        };
        let kind = match kind.trim_end_matches(".apps") {
            "deployment" | "deployments" | "deploy" => TargetKind::Deployment,
            "replicaset" | "replicasets" | "rs" => TargetKind::ReplicaSet,
            "pod" | "pods" | "po" => TargetKind::Pod,
            _ => {
                return Err(format!(
                    "`{kind}` is not modelled; a target is deployment/NAME, rs/NAME or pod/NAME"
                ));
            }
        };
        if name.is_empty() {
            return Err(format!("{word} needs a name, as in {word}/web"));
        }
        Ok((Target { kind, name: name.to_owned() }, &self.words[next.min(self.words.len())..]))
    }

    fn only_target(&self, from: usize) -> Result<Target, String> {
        let (target, rest) = self.target(from)?;
        match rest.first() {
            None => Ok(target),
            Some(word) => Err(format!("`{word}` is one word too many")),
        }
    }

    #[allow(clippy::type_complexity)]
    fn pairs(&self) -> Result<(Target, Vec<(String, Option<String>)>), String> {
        let (target, rest) = self.target(1)?;
        let pairs = rest.iter().map(|word| match (word.split_once('='), word.strip_suffix('-')) {
            (Some((key, value)), _) if !key.is_empty() => Ok((key.to_owned(), Some(value.to_owned()))),
            (None, Some(key)) if !key.is_empty() => Ok((key.to_owned(), None)),
            _ => Err(format!("`{word}` is neither KEY=VALUE nor KEY-")),
        });
        let pairs: Vec<_> = pairs.collect::<Result<_, _>>()?;
        if pairs.is_empty() { Err("KEY=VALUE or KEY- is needed".into()) } else { Ok((target, pairs)) }
    }
}

/// Splits as a shell does: blanks, single and double quotes, backslashes.
fn split(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\'' | '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        None => return Err(format!("a quote {c} is not closed")),
                        Some(end) if end == c => break,
                        Some('\\') if c == '"' => word.extend(chars.next()),
                        Some(other) => word.push(other),
                    }
                }
            }
            '\\' => word.get_or_insert_default().extend(chars.next()),
            c if c.is_whitespace() => words.extend(word.take()),
            '|' | ';' | '&' | '>' | '<' | '$' | '`' => {
                return Err(format!("`{c}` is for a shell; a step is one kubectl command"));
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}
