//! What a command does to the world, in kubectl's words.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Scenario;
use super::command::{Command, Deleted, Target, TargetKind, Verb};
use super::merge::{apply, merge};
use super::objects::Stored;
use crate::api::{Deployment, ReplicaSet, StringMap};
use crate::cluster::pods::{DeploymentId, PodId, PodState, RsId};
use crate::cluster::store::DeletedBy;
use crate::cluster::{Cluster, UserAction, UserError};

/// What the person at the keyboard remembers.
#[derive(Default)]
pub(super) struct Person {
    /// The Deployment that was touched last.
    pub(super) deployment: Option<DeploymentId>,
    /// The pods whose end the last `kubectl drain` waits for.
    pub(super) drained: Vec<PodId>,
    /// What was applied last, by kind and name.
    applied: BTreeMap<(String, String), Value>,
}

type Reply = Result<String, UserError>;

fn not_found(kind: &str, name: &str) -> UserError {
    UserError(format!("Error from server (NotFound): {kind} \"{name}\" not found"))
}

impl Person {
    /// Runs a command; the answer is what kubectl prints.
    pub(super) fn perform(&mut self, scenario: &Scenario, command: &Command, world: &mut Cluster) -> Reply {
        let namespace = command.namespace.as_deref().unwrap_or("default");
        match &command.verb {
            Verb::Apply(file) => match scenario.manifests.get(file) {
                Some(object) => self.apply(object, world),
                None => Err(UserError(format!("error: the path {file:?} does not exist"))),
            },
            Verb::SetImage(target, images) => self.set_image(target, images, namespace, world),
            Verb::Scale(target, replicas, current) => {
                self.change(target, namespace, world, "scaled", "scaled", |object| {
                    let now = object["spec"]["replicas"].as_i64().unwrap_or(0);
                    if let Some(current) = current
                        && i64::from(*current) != now
                    {
                        return Err(UserError(format!(
                            "error: Expected replicas to be {current}, was {now}"
                        )));
                    }
                    object["spec"]["replicas"] = (*replicas).into();
                    Ok(())
                })
            }
            Verb::Pause(target) => self.act(target, namespace, world, &UserAction::Pause(true), "paused"),
            Verb::Resume(target) => self.act(target, namespace, world, &UserAction::Pause(false), "resumed"),
            Verb::Restart(target) => self.act(target, namespace, world, &UserAction::Restart, "restarted"),
            Verb::Undo(target, to) => {
                let action = UserAction::Undo((*to != 0).then_some(*to));
                let before = self.find(target, namespace, world)?;
                let generation = world.store.deployment(before).map(|d| d.meta.generation);
                let reply = self.act(target, namespace, world, &action, "rolled back")?;
                let same = world.store.deployment(before).map(|d| d.meta.generation) == generation;
                Ok(if same {
                    format!(
                        "deployment.apps/{} skipped rollback (current template already matches revision {to})",
                        target.name
                    )
                } else {
                    reply
                })
            }
            // The waiting is the simulation's.
            Verb::Status(target, _) => self.find(target, namespace, world).map(|id| {
                self.deployment = Some(id);
                String::new()
            }),
            Verb::Patch { target, patch, strategic } => {
                self.change(target, namespace, world, "patched", "patched (no change)", |object| {
                    merge(object, patch, *strategic);
                    Ok(())
                })
            }
            Verb::Edit(target, left) => {
                let reply = self.change(target, namespace, world, "edited", "", |object| {
                    merge(object, left, true);
                    Ok(())
                })?;
                Ok(if reply.is_empty() { "Edit cancelled, no changes made.".into() } else { reply })
            }
            Verb::Label(target, pairs) if target.kind == TargetKind::Pod => {
                label_pod(&target.name, pairs, world)
            }
            Verb::Label(target, pairs) => {
                self.change(target, namespace, world, "labeled", "not labeled", |object| {
                    set_pairs(&mut object["metadata"]["labels"], pairs);
                    Ok(())
                })
            }
            Verb::Annotate(target, pairs) => {
                self.change(target, namespace, world, "annotated", "annotated", |object| {
                    set_pairs(&mut object["metadata"]["annotations"], pairs);
                    Ok(())
                })
            }
            Verb::DeletePods(which) => delete_pods(which, world),
            Verb::DeleteNode(name) => {
                let node = world.nodes().named(name).ok_or_else(|| not_found("nodes", name))?;
                world.delete_node(node)?;
                Ok(format!("node \"{name}\" deleted"))
            }
            Verb::Cordon(node, cordoned) => cordon(node, *cordoned, world),
            Verb::Drain { node, force, .. } => self.drain(node, *force, world),
        }
    }

    /// The waiting is the simulation's.
    fn drain(&mut self, name: &str, force: bool, world: &mut Cluster) -> Reply {
        let node = world.nodes().named(name).ok_or_else(|| not_found("nodes", name))?;
        let mut reply = cordon(name, true, world)?;
        let bound: Vec<PodId> =
            world.nodes().get(node).into_iter().flat_map(|n| n.pods.iter().copied()).collect();
        let alone = bound.iter().filter(|pod| world.store.pod(**pod).state.owner.is_none());
        let alone: Vec<String> = alone.map(|pod| format!("default/{}", world.store.pod_name(*pod))).collect();
        if !alone.is_empty() && !force {
            return Err(UserError(format!(
                "{reply}\nerror: unable to drain node \"{name}\" due to error: cannot delete Pods that declare no \
                 controller (use --force to override): {}, continuing command...",
                alone.join(", ")
            )));
        }
        self.drained = world.evict_all(node)?;
        for pod in &self.drained {
            reply += &format!("\nevicting pod default/{}", world.store.pod_name(*pod));
        }
        // What was on its way out already is waited for, too.
        self.drained = bound;
        Ok(reply)
    }

    fn find(&self, target: &Target, namespace: &str, world: &Cluster) -> Result<DeploymentId, UserError> {
        if target.kind != TargetKind::Deployment {
            return Err(UserError("error: this command is modelled for Deployments only".into()));
        }
        let id = world.store.deployment_named(namespace, &target.name);
        id.ok_or_else(|| not_found("deployments.apps", &target.name))
    }

    fn act(
        &mut self,
        target: &Target,
        namespace: &str,
        world: &mut Cluster,
        action: &UserAction,
        done: &str,
    ) -> Reply {
        let id = self.find(target, namespace, world)?;
        self.deployment = Some(id);
        world.act(id, action)?;
        Ok(format!("deployment.apps/{} {done}", target.name))
    }

    fn set_image(
        &mut self,
        target: &Target,
        images: &[(String, String)],
        namespace: &str,
        world: &mut Cluster,
    ) -> Reply {
        self.change(target, namespace, world, "image updated", "", |object| {
            let containers =
                object.pointer_mut("/spec/template/spec/containers").and_then(Value::as_array_mut);
            let Some(containers) = containers else { return Ok(()) };
            for (name, image) in images {
                let mut found = false;
                for container in containers.iter_mut().filter(|c| name == "*" || c["name"] == name.as_str()) {
                    found = true;
                    container["image"] = image.as_str().into();
                }
                if !found {
                    return Err(UserError(format!("error: unable to find container named {name:?}")));
                }
            }
            Ok(())
        })
    }

    /// Reads the live object, changes its JSON form, and writes it back.
    fn change(
        &mut self,
        target: &Target,
        namespace: &str,
        world: &mut Cluster,
        done: &str,
        unchanged: &str,
        edit: impl FnOnce(&mut Value) -> Result<(), UserError>,
    ) -> Reply {
        let invalid =
            |kind: &str, why: String| UserError(format!("The {kind} {:?} is invalid: {why}", target.name));
        let changed = match target.kind {
            TargetKind::Deployment => {
                let id = self.find(target, namespace, world)?;
                self.deployment = Some(id);
                let live = world
                    .store
                    .deployment(id)
                    .cloned()
                    .ok_or_else(|| not_found("deployments.apps", &target.name))?;
                let mut object = live.to_value();
                edit(&mut object)?;
                let new =
                    Deployment::stored(object, Some(&*live)).map_err(|why| invalid("Deployment", why))?;
                let new = Deployment {
                    spec: new.spec,
                    status: live.status.clone(),
                    meta: meta(&live.meta, &new.meta),
                };
                world.store.update_deployment(id, new)?;
                world.store.deployment(id).map(|d| d.meta.resource_version)
                    != Some(live.meta.resource_version)
            }
            TargetKind::ReplicaSet => {
                let found = world.store.replica_sets().find(|(_, rs)| rs.meta.name == target.name);
                let live = found
                    .map(|(_, rs)| rs.clone())
                    .ok_or_else(|| not_found("replicasets.apps", &target.name))?;
                let mut object = live.to_value();
                edit(&mut object)?;
                let new =
                    ReplicaSet::stored(object, Some(&*live)).map_err(|why| invalid("ReplicaSet", why))?;
                let new = ReplicaSet {
                    spec: new.spec,
                    status: live.status.clone(),
                    meta: meta(&live.meta, &new.meta),
                };
                world.store.update_replica_set(new)?.meta.resource_version != live.meta.resource_version
            }
            TargetKind::Pod => {
                return Err(UserError("error: of a pod, labels can be changed and nothing else".into()));
            }
        };
        let kind = if target.kind == TargetKind::Deployment { "deployment.apps" } else { "replicaset.apps" };
        match if changed { done } else { unchanged } {
            "" => Ok(String::new()),
            word => Ok(format!("{kind}/{} {word}", target.name)),
        }
    }

    fn apply(&mut self, object: &Value, world: &mut Cluster) -> Reply {
        let text = |path: &str| object.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (kind, name, namespace) = (text("/kind"), text("/metadata/name"), text("/metadata/namespace"));
        let namespace = if namespace.is_empty() { "default".to_owned() } else { namespace };
        let refuse = |why: String| UserError(format!("The {kind} {name:?} is invalid: {why}"));
        let key = (kind.clone(), name.clone());
        let last = self.applied.insert(key, object.clone());
        let target_kind = if kind == "Deployment" { TargetKind::Deployment } else { TargetKind::ReplicaSet };
        let exists = match target_kind {
            TargetKind::Deployment => world.store.deployment_named(&namespace, &name).is_some(),
            _ => world.store.replica_sets().any(|(_, rs)| rs.meta.name == name),
        };
        if exists {
            let target = Target { kind: target_kind, name };
            return self.change(&target, &namespace, world, "configured", "unchanged", |live| {
                apply(live, last.as_ref(), object);
                Ok(())
            });
        }
        if target_kind == TargetKind::Deployment {
            let id = world.create(Deployment::stored(object.clone(), None).map_err(refuse)?)?;
            self.deployment = Some(id);
            Ok(format!("deployment.apps/{name} created"))
        } else {
            let now = world.now();
            world.store.create_replica_set(ReplicaSet::stored(object.clone(), None).map_err(refuse)?, now)?;
            Ok(format!("replicaset.apps/{name} created"))
        }
    }
}

/// The live metadata with the labels and annotations of another.
fn meta(live: &crate::api::ObjectMeta, new: &crate::api::ObjectMeta) -> crate::api::ObjectMeta {
    let mut meta = crate::api::ObjectMeta { annotations: new.annotations.clone(), ..live.clone() };
    if meta.labels != new.labels {
        meta.labels = new.labels.clone();
    }
    meta
}

fn set_pairs(map: &mut Value, pairs: &[(String, Option<String>)]) {
    if !map.is_object() {
        *map = Value::Object(Default::default());
    }
    let Some(map) = map.as_object_mut() else { return };
    for (key, value) in pairs {
        match value {
            Some(value) => drop(map.insert(key.clone(), value.as_str().into())),
            None => drop(map.remove(key)),
        }
    }
}

fn cordon(name: &str, cordoned: bool, world: &mut Cluster) -> Reply {
    let node = world.nodes().named(name).ok_or_else(|| not_found("nodes", name))?;
    let word = if cordoned { "cordoned" } else { "uncordoned" };
    let already = if world.cordon(node, cordoned)? { "" } else { "already " };
    Ok(format!("node/{name} {already}{word}"))
}

fn live_pods(world: &Cluster) -> impl Iterator<Item = PodId> {
    (0..world.store.pods().len() as u32).map(PodId).filter(|pod| world.store.pod(*pod).state.exists)
}

fn label_pod(name: &str, pairs: &[(String, Option<String>)], world: &mut Cluster) -> Reply {
    let found = live_pods(world).find(|pod| world.store.pod_name(*pod) == name);
    let pod = found.ok_or_else(|| not_found("pods", name))?;
    let state = world.store.pod(pod).state;
    let mut labels: StringMap = world.store.labels()[state.labels.0 as usize].clone();
    for (key, value) in pairs {
        match value {
            Some(value) => drop(labels.insert(key.as_str(), value.as_str())),
            None => drop(labels.remove(key)),
        }
    }
    let labels = world.store.intern_labels(&labels);
    world.store.put_pod(pod, PodState { labels, ..state });
    Ok(format!("pod/{name} labeled"))
}

fn delete_pods(which: &Deleted, world: &mut Cluster) -> Reply {
    let chosen: Vec<PodId> = match which {
        Deleted::Named(names) => {
            let mut chosen = Vec::new();
            for name in names {
                let found = live_pods(world).find(|pod| world.store.pod_name(*pod) == *name);
                chosen.push(found.ok_or_else(|| not_found("pods", name))?);
            }
            chosen
        }
        Deleted::Labelled(wanted) => live_pods(world)
            .filter(|pod| {
                let labels = &world.store.labels()[world.store.pod(*pod).state.labels.0 as usize];
                wanted.iter().all(|(key, value)| labels.get(key).is_some_and(|label| label == value))
            })
            .collect(),
    };
    if chosen.is_empty() {
        return Ok("No resources found".into());
    }
    let names: Vec<String> = chosen.iter().map(|pod| world.store.pod_name(*pod)).collect();
    for pod in chosen {
        world.store.delete_pod(pod, DeletedBy::Other);
    }
    Ok(names.iter().map(|name| format!("pod \"{name}\" deleted")).collect::<Vec<_>>().join("\n"))
}

/// The ReplicaSets that a person sees: those of a Deployment, or all.
pub(super) fn visible(world: &Cluster) -> Vec<RsId> {
    world.store.replica_sets().map(|(id, _)| id).collect()
}
