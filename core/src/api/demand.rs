//! What the pods of a template ask of a node.

use serde_json::Value;

use super::{PodTemplate, Quantity};

/// CPU and memory that are set aside for a pod.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Demand {
    /// Thousandths of a CPU.
    pub cpu_milli: i64,
    /// Bytes.
    pub memory_bytes: i64,
}

impl Demand {
    fn plus(self, other: Demand) -> Demand {
        Demand {
            cpu_milli: self.cpu_milli.saturating_add(other.cpu_milli),
            memory_bytes: self.memory_bytes.saturating_add(other.memory_bytes),
        }
    }

    fn or_more(self, other: Demand) -> Demand {
        Demand {
            cpu_milli: self.cpu_milli.max(other.cpu_milli),
            memory_bytes: self.memory_bytes.max(other.memory_bytes),
        }
    }
}

/// For how long a pod stays on a node after it got a `NoExecute` taint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tolerated {
    /// For ever.
    Forever,
    /// That many seconds.
    Seconds(i64),
}

/// `tolerationSeconds` that the admission plugin DefaultTolerationSeconds sets for `node.kubernetes.io/not-ready` and
/// `node.kubernetes.io/unreachable` where the pod has no toleration of its own, s.
pub const DEFAULT_TOLERATION_S: i64 = 300;

/// The API server's default for `terminationGracePeriodSeconds`, s.
const DEFAULT_GRACE_S: i64 = 30;

fn quantity(value: &Value) -> Option<Quantity> {
    match value {
        Value::String(text) => Quantity::parse(text.trim()).ok(),
        Value::Number(n) => Quantity::parse(&n.to_string()).ok(),
        _ => None,
    }
}

/// `resources.requests`; what is not requested but limited is requested as high as its limit, as the API server's
/// defaults have it.
fn requests(of: &Value) -> Demand {
    let asked = |name: &str| {
        let given = |what: &str| of.pointer(&format!("/resources/{what}/{name}")).and_then(quantity);
        given("requests").or_else(|| given("limits"))
    };
    Demand {
        cpu_milli: asked("cpu").map_or(0, |q| q.milli_value()).max(0),
        memory_bytes: asked("memory").map_or(0, |q| q.value()).max(0),
    }
}

impl PodTemplate {
    fn spec(&self) -> &Value {
        self.body().get("spec").unwrap_or(&Value::Null)
    }

    /// What the scheduler reckons with: the sum over containers and sidecars, or what an init container needs together
    /// with the sidecars that were started before it, if that is more; and the overhead. Requests of the pod itself
    /// (`spec.resources`) go first.
    pub fn demand(&self) -> Demand {
        let spec = self.spec();
        let list = |name: &str| spec.get(name).and_then(Value::as_array).into_iter().flatten();
        let (mut sidecars, mut init) = (Demand::default(), Demand::default());
        for container in list("initContainers") {
            let own = requests(container);
            if container.get("restartPolicy").and_then(Value::as_str) == Some("Always") {
                sidecars = sidecars.plus(own);
                init = init.or_more(sidecars);
            } else {
                init = init.or_more(sidecars.plus(own));
            }
        }
        let mut all = list("containers").map(requests).fold(sidecars, Demand::plus).or_more(init);
        let of_pod = |name: &str| {
            let given = |what: &str| spec.pointer(&format!("/resources/{what}/{name}")).and_then(quantity);
            given("requests").or_else(|| given("limits"))
        };
        if let Some(cpu) = of_pod("cpu") {
            all.cpu_milli = cpu.milli_value();
        }
        if let Some(memory) = of_pod("memory") {
            all.memory_bytes = memory.value();
        }
        let overhead = |name: &str| spec.pointer(&format!("/overhead/{name}")).and_then(quantity);
        all.plus(Demand {
            cpu_milli: overhead("cpu").map_or(0, |q| q.milli_value()),
            memory_bytes: overhead("memory").map_or(0, |q| q.value()),
        })
    }

    /// `terminationGracePeriodSeconds`, s; a negative one counts as 1.
    pub fn grace_s(&self) -> i64 {
        let given = self.spec().get("terminationGracePeriodSeconds").and_then(Value::as_i64);
        match given.unwrap_or(DEFAULT_GRACE_S) {
            ..0 => 1,
            s => s,
        }
    }

    /// For how long its pods stay on a node with the taint `key:NoExecute`, which has no value.
    pub fn tolerates(&self, key: &str) -> Tolerated {
        let list = self.spec().get("tolerations").and_then(Value::as_array);
        let text =
            |of: &Value, field: &str| of.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        let matching = list.into_iter().flatten().filter(|toleration| {
            let (wanted, operator) = (text(toleration, "key"), text(toleration, "operator"));
            let key_fits = if wanted.is_empty() { operator == "Exists" } else { wanted == key };
            let value_fits = operator == "Exists" || text(toleration, "value").is_empty();
            key_fits && value_fits && matches!(text(toleration, "effect").as_str(), "" | "NoExecute")
        });
        // Of several, the shortest time counts; one without a time is for ever.
        let mut tolerated = None;
        for toleration in matching {
            let own = toleration.get("tolerationSeconds").and_then(Value::as_i64);
            tolerated = Some(match (tolerated, own) {
                (None | Some(Tolerated::Forever), None) => Tolerated::Forever,
                (None | Some(Tolerated::Forever), Some(s)) => Tolerated::Seconds(s.max(0)),
                (Some(Tolerated::Seconds(least)), own) => {
                    Tolerated::Seconds(own.map_or(least, |s| s.max(0).min(least)))
                }
            });
        }
        tolerated.unwrap_or(Tolerated::Seconds(DEFAULT_TOLERATION_S))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Demand, Tolerated};
    use crate::api::PodTemplate;

    fn template(spec: Value) -> PodTemplate {
        PodTemplate::from_value(&json!({"spec": spec}))
    }

    fn container(name: &str, cpu: &str, memory: &str) -> Value {
        json!({"name": name, "image": "i", "resources": {"requests": {"cpu": cpu, "memory": memory}}})
    }

    #[test]
    fn demands_add_up_as_the_scheduler_adds_them() {
        let sidecar = |cpu| {
            let mut it = container("s", cpu, "1Ki");
            it["restartPolicy"] = "Always".into();
            it
        };
        for (spec, cpu_milli, memory_bytes) in [
            (json!({"containers": []}), 0, 0),
            (json!({"containers": [{"name": "a", "image": "i"}]}), 0, 0),
            (
                json!({"containers": [container("a", "250m", "1Gi"), container("b", "1", "1Mi")]}),
                1250,
                1025 << 20,
            ),
            // Only limits: the requests are as high.
            (
                json!({"containers": [{"name": "a", "image": "i", "resources": {"limits": {"cpu": "2"}}}]}),
                2000,
                0,
            ),
            // An init container runs before the others, so the greater of the two.
            (
                json!({"initContainers": [container("i", "3", "1Ki")], "containers": [container("a", "1", "2Ki")]}),
                3000,
                2048,
            ),
            // A sidecar runs with both.
            (
                json!({"initContainers": [sidecar("1"), container("i", "3", "1Ki")], "containers": [container("a", "2500m", "1Ki")]}),
                4000,
                2048,
            ),
            (json!({"overhead": {"cpu": "10m"}, "containers": [container("a", "1", "1Ki")]}), 1010, 1024),
            (
                json!({"resources": {"requests": {"cpu": "5"}}, "containers": [container("a", "1", "1Ki")]}),
                5000,
                1024,
            ),
        ] {
            assert_eq!(template(spec.clone()).demand(), Demand { cpu_milli, memory_bytes }, "{spec}");
        }
    }

    #[test]
    fn graces() {
        for (spec, s) in [
            (json!({}), 30),
            (json!({"terminationGracePeriodSeconds": 0}), 0),
            (json!({"terminationGracePeriodSeconds": 90}), 90),
            (json!({"terminationGracePeriodSeconds": -5}), 1),
        ] {
            assert_eq!(template(spec.clone()).grace_s(), s, "{spec}");
        }
    }

    #[test]
    fn tolerations() {
        let key = "node.kubernetes.io/unreachable";
        for (tolerations, tolerated) in [
            (json!([]), Tolerated::Seconds(300)),
            (
                json!([{"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 20}]),
                Tolerated::Seconds(20),
            ),
            (json!([{"key": key, "operator": "Exists", "effect": "NoSchedule"}]), Tolerated::Seconds(300)),
            (json!([{"key": "other", "operator": "Exists"}]), Tolerated::Seconds(300)),
            (json!([{"operator": "Exists"}]), Tolerated::Forever),
            (
                json!([{"operator": "Exists"}, {"key": key, "operator": "Exists", "tolerationSeconds": 7}]),
                Tolerated::Seconds(7),
            ),
            (json!([{"key": key, "value": "x"}]), Tolerated::Seconds(300)),
        ] {
            assert_eq!(
                template(json!({"tolerations": tolerations})).tolerates(key),
                tolerated,
                "{tolerations}"
            );
        }
    }
}
