//! What the API server fills in before it stores an object. Works on plain JSON that fits the schema; what does
//! not fit is left alone.

use serde_json::{Map, Value, json};

use super::Quantity;

/// Fills a Deployment, its pod template included.
pub fn deployment(object: &mut Value) {
    let Some(spec) = spec_of(object) else { return };
    if_absent(spec, "replicas", 1.into());
    if let Some(strategy) = child(spec, "strategy") {
        if_empty(strategy, "type", "RollingUpdate");
        if strategy["type"] == "RollingUpdate"
            && let Some(rolling) = child(strategy, "rollingUpdate")
        {
            if_absent(rolling, "maxUnavailable", "25%".into());
            if_absent(rolling, "maxSurge", "25%".into());
        }
    }
    if_absent(spec, "revisionHistoryLimit", 10.into());
    if_absent(spec, "progressDeadlineSeconds", 600.into());
    template(spec);
}

/// Fills a ReplicaSet, its pod template included.
pub fn replica_set(object: &mut Value) {
    let Some(spec) = spec_of(object) else { return };
    if_absent(spec, "replicas", 1.into());
    template(spec);
}

/// Fills a Pod. Only here, and not in a pod template, do requests default to limits.
pub fn pod(object: &mut Value) {
    let Some(spec) = spec_of(object) else { return };
    pod_spec(spec);
    if spec.get("terminationGracePeriodSeconds").and_then(Value::as_i64).is_some_and(|s| s < 0) {
        spec.insert("terminationGracePeriodSeconds".into(), 1.into());
    }
    if_absent(spec, "enableServiceLinks", true.into());
    let host_network = spec.get("hostNetwork").and_then(Value::as_bool) == Some(true);
    for list in ["containers", "initContainers"] {
        for container in items(spec, list) {
            requests_from_limits(container);
            if host_network {
                for port in items(container, "ports") {
                    if let Some(number) = port.get("containerPort").cloned() {
                        if_zero(port, "hostPort", number);
                    }
                }
            }
        }
    }
}

/// Fills a Service.
pub fn service(object: &mut Value) {
    let Some(spec) = spec_of(object) else { return };
    if_empty(spec, "sessionAffinity", "None");
    if spec["sessionAffinity"] == "None" {
        spec.remove("sessionAffinityConfig");
    } else if spec["sessionAffinity"] == "ClientIP"
        && let Some(config) = child(spec, "sessionAffinityConfig")
        && let Some(client) = child(config, "clientIP")
    {
        if_absent(client, "timeoutSeconds", 10_800.into());
    }
    if_empty(spec, "type", "ClusterIP");
    for port in items(spec, "ports") {
        if_empty(port, "protocol", "TCP");
        let unset = matches!(port.get("targetPort"), None | Some(Value::Null))
            || port["targetPort"] == 0
            || port["targetPort"] == "";
        if let (true, Some(number)) = (unset, port.get("port").cloned()) {
            port.insert("targetPort".into(), number);
        }
    }
    let type_ = spec["type"].as_str().unwrap_or_default().to_string();
    let external_ips = spec.get("externalIPs").and_then(Value::as_array).is_some_and(|ips| !ips.is_empty());
    if matches!(type_.as_str(), "LoadBalancer" | "NodePort") || type_ == "ClusterIP" && external_ips {
        if_empty(spec, "externalTrafficPolicy", "Cluster");
    }
    if matches!(type_.as_str(), "LoadBalancer" | "NodePort" | "ClusterIP") {
        if_absent(spec, "internalTrafficPolicy", "Cluster".into());
    }
    if type_ == "LoadBalancer" {
        if_absent(spec, "allocateLoadBalancerNodePorts", true.into());
    }
}

/// Fills an `autoscaling/v1` HorizontalPodAutoscaler.
pub fn horizontal_pod_autoscaler_v1(object: &mut Value) {
    let Some(spec) = spec_of(object) else { return };
    if_absent(spec, "minReplicas", 1.into());
    // Upstream does it while converting to v2, so that reading it back as v1 shows 80 all the same.
    if_absent(spec, "targetCPUUtilizationPercentage", 80.into());
}

/// Fills an `autoscaling/v2` HorizontalPodAutoscaler.
pub fn horizontal_pod_autoscaler_v2(object: &mut Value) {
    let Some(spec) = spec_of(object) else { return };
    if_absent(spec, "minReplicas", 1.into());
    if spec.get("metrics").and_then(Value::as_array).is_none_or(Vec::is_empty) {
        let cpu = json!([{"type": "Resource", "resource": {
            "name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}]);
        spec.insert("metrics".into(), cpu);
    }
    // A given behavior is completed, an absent one is the controller's business.
    if spec.get("behavior").is_some_and(Value::is_object)
        && let Some(behavior) = child(spec, "behavior")
    {
        if let Some(up) = child(behavior, "scaleUp") {
            if_absent(up, "stabilizationWindowSeconds", 0.into());
            if_absent(up, "selectPolicy", "Max".into());
            if_absent(
                up,
                "policies",
                json!([
                    {"type": "Pods", "value": 4, "periodSeconds": 15},
                    {"type": "Percent", "value": 100, "periodSeconds": 15}
                ]),
            );
        }
        if let Some(down) = child(behavior, "scaleDown") {
            if_absent(down, "selectPolicy", "Max".into());
            if_absent(down, "policies", json!([{"type": "Percent", "value": 100, "periodSeconds": 15}]));
        }
    }
}

type Object = Map<String, Value>;

fn spec_of(object: &mut Value) -> Option<&mut Object> {
    child(object.as_object_mut()?, "spec")
}

/// The object under `key`, made if it is absent or null.
fn child<'a>(parent: &'a mut Object, key: &str) -> Option<&'a mut Object> {
    let value = parent.entry(key).or_insert(Value::Null);
    if value.is_null() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut()
}

/// The object under `key`, if it is there.
fn existing<'a>(parent: &'a mut Object, key: &str) -> Option<&'a mut Object> {
    parent.get_mut(key)?.as_object_mut()
}

/// The objects in the list under `key`.
fn items<'a>(parent: &'a mut Object, key: &str) -> impl Iterator<Item = &'a mut Object> {
    parent.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut)
}

/// For pointer fields: set what is absent.
fn if_absent(object: &mut Object, key: &str, value: Value) {
    let slot = object.entry(key).or_insert(Value::Null);
    if slot.is_null() {
        *slot = value;
    }
}

/// For text fields: absent and empty are the same.
fn if_empty(object: &mut Object, key: &str, value: &str) {
    let slot = object.entry(key).or_insert(Value::Null);
    if slot.is_null() || slot == "" {
        *slot = value.into();
    }
}

/// For numbers: absent and 0 are the same.
fn if_zero(object: &mut Object, key: &str, value: Value) {
    let slot = object.entry(key).or_insert(Value::Null);
    if slot.is_null() || slot == 0 {
        *slot = value;
    }
}

fn template(spec: &mut Object) {
    if let Some(template) = child(spec, "template")
        && let Some(pod) = child(template, "spec")
    {
        pod_spec(pod);
    }
}

fn pod_spec(spec: &mut Object) {
    let text =
        |spec: &Object, key: &str| spec.get(key).and_then(Value::as_str).unwrap_or_default().to_string();
    let mut account = text(spec, "serviceAccountName");
    if account.is_empty() {
        account = text(spec, "serviceAccount");
    }
    if !account.is_empty() {
        spec.insert("serviceAccountName".into(), account.as_str().into());
        spec.insert("serviceAccount".into(), account.into());
    }
    if_empty(spec, "dnsPolicy", "ClusterFirst");
    if_empty(spec, "restartPolicy", "Always");
    if_absent(spec, "securityContext", json!({}));
    if_absent(spec, "terminationGracePeriodSeconds", 30.into());
    if_empty(spec, "schedulerName", "default-scheduler");
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        for one in items(spec, list) {
            container(one);
        }
    }
    for one in items(spec, "volumes") {
        volume(one);
    }
    amounts(spec, "overhead");
    if let Some(resources) = existing(spec, "resources") {
        amounts(resources, "limits");
        amounts(resources, "requests");
    }
}

fn container(container: &mut Object) {
    let image = container.get("image").and_then(Value::as_str).unwrap_or_default();
    let policy = if image_tag(image) == "latest" { "Always" } else { "IfNotPresent" };
    if_empty(container, "imagePullPolicy", policy);
    if_empty(container, "terminationMessagePath", "/dev/termination-log");
    if_empty(container, "terminationMessagePolicy", "File");
    for port in items(container, "ports") {
        if_empty(port, "protocol", "TCP");
    }
    for variable in items(container, "env") {
        if let Some(from) = existing(variable, "valueFrom") {
            if let Some(field) = existing(from, "fieldRef") {
                if_empty(field, "apiVersion", "v1");
            }
            if let Some(file) = existing(from, "fileKeyRef") {
                if_absent(file, "optional", false.into());
            }
        }
    }
    if let Some(resources) = existing(container, "resources") {
        amounts(resources, "limits");
        amounts(resources, "requests");
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let Some(probe) = existing(container, probe) else { continue };
        if_zero(probe, "timeoutSeconds", 1.into());
        if_zero(probe, "periodSeconds", 10.into());
        if_zero(probe, "successThreshold", 1.into());
        if_zero(probe, "failureThreshold", 3.into());
        http_get(probe);
        if let Some(grpc) = existing(probe, "grpc") {
            if_absent(grpc, "service", "".into());
        }
    }
    if let Some(lifecycle) = existing(container, "lifecycle") {
        for hook in ["postStart", "preStop"] {
            if let Some(hook) = existing(lifecycle, hook) {
                http_get(hook);
            }
        }
    }
}

fn http_get(handler: &mut Object) {
    if let Some(get) = existing(handler, "httpGet") {
        if_empty(get, "path", "/");
        if_empty(get, "scheme", "HTTP");
    }
}

/// The tag of an image: `latest` if it has neither tag nor digest, empty if the name is not a valid one.
fn image_tag(image: &str) -> &str {
    let (name, digest) = match image.split_once('@') {
        Some((name, _)) => (name, true),
        None => (image, false),
    };
    let path = name.rfind('/').map_or(0, |at| at + 1);
    let (repository, tag) = match name[path..].find(':') {
        Some(at) => (&name[..path + at], &name[path + at + 1..]),
        None => (name, if digest { "" } else { "latest" }),
    };
    // What stands before the first slash is a host if it looks like one, and upper case does.
    let looks_like_host = |part: &str| {
        part.contains(['.', ':']) || part == "localhost" || part.bytes().any(|c| c.is_ascii_uppercase())
    };
    let host = repository.find('/').filter(|at| looks_like_host(&repository[..*at])).map_or(0, |at| at + 1);
    let valid = !repository.is_empty()
        && repository[host..]
            .bytes()
            .all(|c| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-' | b'/'));
    if valid { tag } else { "" }
}

/// Amounts as they are stored: nothing finer than a thousandth, in the canonical form.
fn amounts(parent: &mut Object, key: &str) {
    let Some(list) = existing(parent, key) else { return };
    for (_, value) in list.iter_mut() {
        let text = match &*value {
            Value::String(text) => text.clone(),
            Value::Number(n) => n.to_string(),
            _ => continue,
        };
        if let Ok(quantity) = Quantity::parse(text.trim()) {
            *value = quantity.rounded_to_milli().to_string().into();
        }
    }
}

fn requests_from_limits(container: &mut Object) {
    let Some(resources) = existing(container, "resources") else { return };
    let Some(Value::Object(limits)) = resources.get("limits").cloned() else { return };
    if let Some(requests) = child(resources, "requests") {
        for (name, amount) in limits {
            requests.entry(name).or_insert(amount);
        }
    }
}

fn volume(volume: &mut Object) {
    let source = volume.iter().any(|(key, value)| key != "name" && !value.is_null());
    if !source {
        volume.insert("emptyDir".into(), json!({}));
    }
    for kind in ["secret", "configMap", "downwardAPI", "projected"] {
        if let Some(source) = existing(volume, kind) {
            if_absent(source, "defaultMode", 0o644.into());
        }
    }
    let field_refs = |source: &mut Object| {
        for item in items(source, "items") {
            if let Some(field) = existing(item, "fieldRef") {
                if_empty(field, "apiVersion", "v1");
            }
        }
    };
    if let Some(source) = existing(volume, "downwardAPI") {
        field_refs(source);
    }
    if let Some(projected) = existing(volume, "projected") {
        for source in items(projected, "sources") {
            if let Some(downward) = existing(source, "downwardAPI") {
                field_refs(downward);
            }
            if let Some(token) = existing(source, "serviceAccountToken") {
                if_absent(token, "expirationSeconds", 3600.into());
            }
        }
    }
    if let Some(path) = existing(volume, "hostPath") {
        if_absent(path, "type", "".into());
    }
    if let Some(image) = existing(volume, "image") {
        let tag = image_tag(image.get("reference").and_then(Value::as_str).unwrap_or_default());
        let policy = if tag == "latest" { "Always" } else { "IfNotPresent" };
        if_empty(image, "pullPolicy", policy);
    }
    for (kind, defaults) in [
        ("iscsi", &[("iscsiInterface", "default")][..]),
        ("rbd", &[("pool", "rbd"), ("user", "admin"), ("keyring", "/etc/ceph/keyring")]),
        ("scaleIO", &[("storageMode", "ThinProvisioned"), ("fsType", "xfs")]),
    ] {
        if let Some(source) = existing(volume, kind) {
            for (key, value) in defaults {
                if_empty(source, key, value);
            }
        }
    }
    if let Some(disk) = existing(volume, "azureDisk") {
        if_absent(disk, "cachingMode", "ReadWrite".into());
        if_absent(disk, "fsType", "ext4".into());
        if_absent(disk, "readOnly", false.into());
        if_absent(disk, "kind", "Shared".into());
    }
    if let Some(ephemeral) = existing(volume, "ephemeral")
        && let Some(template) = existing(ephemeral, "volumeClaimTemplate")
        && let Some(spec) = child(template, "spec")
    {
        if_absent(spec, "volumeMode", "Filesystem".into());
        if let Some(resources) = existing(spec, "resources") {
            amounts(resources, "limits");
            amounts(resources, "requests");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{deployment, horizontal_pod_autoscaler_v2, image_tag, pod, service};

    fn check(fill: fn(&mut Value), mut given: Value, pointer: &str, expected: Value) {
        fill(&mut given);
        assert_eq!(given.pointer(pointer).unwrap_or(&Value::Null), &expected, "{pointer} of {given}");
        let once = given.clone();
        fill(&mut given);
        assert_eq!(given, once, "defaults are applied once");
    }

    #[test]
    fn a_small_deployment_becomes_what_the_server_stores() {
        let given = json!({"spec": {"template": {"spec": {"containers": [
            {"name": "app", "image": "example.com/app:v2", "ports": [{"containerPort": 8080}]}]}}}});
        let stored = json!({
            "replicas": 1, "progressDeadlineSeconds": 600, "revisionHistoryLimit": 10,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
            "template": {"spec": {
                "containers": [{
                    "image": "example.com/app:v2", "imagePullPolicy": "IfNotPresent", "name": "app",
                    "ports": [{"containerPort": 8080, "protocol": "TCP"}],
                    "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"
                }],
                "dnsPolicy": "ClusterFirst", "restartPolicy": "Always", "schedulerName": "default-scheduler",
                "securityContext": {}, "terminationGracePeriodSeconds": 30
            }}
        });
        check(deployment, given, "/spec", stored);
    }

    #[test]
    fn what_is_given_stays() {
        check(deployment, json!({"spec": {"replicas": 0}}), "/spec/replicas", json!(0));
        let recreate = json!({"spec": {"strategy": {"type": "Recreate"}}});
        check(deployment, recreate, "/spec/strategy", json!({"type": "Recreate"}));
        let surge = json!({"spec": {"strategy": {"rollingUpdate": {"maxSurge": 0}}}});
        check(
            deployment,
            surge,
            "/spec/strategy/rollingUpdate",
            json!({"maxSurge": 0, "maxUnavailable": "25%"}),
        );
        for odd in
            [json!(null), json!(1), json!({"spec": []}), json!({"spec": {"template": 1, "strategy": 2}})]
        {
            let mut value = odd;
            deployment(&mut value);
        }
    }

    #[test]
    fn parts_of_pods() {
        let container = |c: Value| json!({"spec": {"containers": [c]}});
        let at = |path: &str| format!("/spec/containers/0/{path}");
        check(
            pod,
            container(json!({"readinessProbe": {"httpGet": {"port": 80}}})),
            &at("readinessProbe"),
            json!({
                "httpGet": {"port": 80, "path": "/", "scheme": "HTTP"}, "timeoutSeconds": 1, "periodSeconds": 10,
                "successThreshold": 1, "failureThreshold": 3
            }),
        );
        let limits =
            json!({"resources": {"limits": {"cpu": "1500m", "memory": "1024Mi"}, "requests": {"cpu": 1}}});
        check(pod, container(limits), &at("resources/requests"), json!({"cpu": "1", "memory": "1Gi"}));
        check(
            pod,
            container(json!({"resources": {"limits": {"cpu": "0.0001"}}})),
            &at("resources/limits/cpu"),
            json!("1m"),
        );
        let volume = |v: Value| json!({"spec": {"volumes": [v]}});
        check(pod, volume(json!({"name": "v"})), "/spec/volumes/0/emptyDir", json!({}));
        check(pod, volume(json!({"configMap": {}})), "/spec/volumes/0/configMap/defaultMode", json!(420));
        check(
            service,
            json!({"spec": {"ports": [{"port": 80}]}}),
            "/spec/ports/0",
            json!(
            {"port": 80, "protocol": "TCP", "targetPort": 80}),
        );
        check(horizontal_pod_autoscaler_v2, json!({"spec": {}}), "/spec/minReplicas", json!(1));
    }

    #[test]
    fn tags_of_images() {
        for (image, tag) in [
            ("nginx", "latest"),
            ("nginx:1.27", "1.27"),
            ("localhost:5000/nginx", "latest"),
            ("localhost:5000/nginx:v1", "v1"),
            ("nginx@sha256:abc", ""),
            ("nginx:latest@sha256:abc", "latest"),
            ("Example.com/app", "latest"),
            ("App", ""),
            ("Foo/bar", "latest"),
            ("", ""),
            (":", ""),
            ("é", ""),
        ] {
            assert_eq!(image_tag(image), tag, "{image}");
        }
    }
}
