//! Volumes and their mounts.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::api::Quantity;

use super::{Errors, dns1123_label, get, has, int, list, text};

/// The volumes of a pod; gives the names of the valid ones.
pub(super) fn volumes<'a>(errors: &mut Errors, volumes: &'a [Value], path: &str) -> BTreeSet<&'a str> {
    let mut names = BTreeSet::new();
    for (index, volume) in volumes.iter().enumerate() {
        let path = format!("{path}[{index}]");
        let before = errors.len();
        source(errors, volume, &path);
        let name = text(volume, "name");
        let name_path = format!("{path}.name");
        if name.is_empty() {
            errors.required(&name_path, "", "name the volume");
        } else {
            errors.invalid_all(
                &name_path,
                name,
                dns1123_label(name),
                "use lower case letters, digits and '-'",
            );
        }
        if names.contains(name) {
            errors.duplicate(&name_path, name, "give each volume its own name");
        }
        if errors.len() == before {
            names.insert(name);
        }
    }
    names
}

fn source(errors: &mut Errors, volume: &Value, path: &str) {
    let kinds: Vec<&String> = volume
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(key, value)| *key != "name" && !value.is_null())
        .map(|(key, _)| key)
        .collect();
    if kinds.is_empty() {
        errors.required(
            path,
            "must specify a volume type",
            "say what the volume is, for example emptyDir: {}",
        );
    }
    for kind in kinds.iter().skip(1) {
        let detail = "may not specify more than 1 volume type";
        errors.forbidden(format!("{path}.{kind}"), detail, "keep one of them");
    }
    let size = get(get(volume, "emptyDir"), "sizeLimit").as_str().and_then(|text| Quantity::parse(text).ok());
    if size.is_some_and(|size| size.is_negative()) {
        let detail = "SizeLimit field must be a valid resource quantity";
        errors.forbidden(format!("{path}.emptyDir.sizeLimit"), detail, "write 0 or more");
    }
    let required = |errors: &mut Errors, kind: &str, key: &str| {
        if has(volume, kind) && text(get(volume, kind), key).is_empty() {
            errors.required(format!("{path}.{kind}.{key}"), "", "say which one");
        }
    };
    required(errors, "secret", "secretName");
    required(errors, "configMap", "name");
    required(errors, "persistentVolumeClaim", "claimName");
    required(errors, "hostPath", "path");
    required(errors, "nfs", "server");
    required(errors, "nfs", "path");
    required(errors, "csi", "driver");
    for kind in ["secret", "configMap", "downwardAPI", "projected"] {
        if let Some(mode) = int(get(volume, kind), "defaultMode")
            && !(0..=0o777).contains(&mode)
        {
            let detail = "must be a number between 0 and 0777 (octal), both inclusive";
            let help = "write the mode in octal, for example 0644";
            errors.invalid(format!("{path}.{kind}.defaultMode"), mode, detail, help);
        }
    }
}

/// The mounts of a container.
pub(super) fn mounts(errors: &mut Errors, container: &Value, volumes: &BTreeSet<&str>, path: &str) {
    let devices = list(container, "volumeDevices");
    let mut paths = BTreeSet::new();
    for (index, mount) in list(container, "volumeMounts").iter().enumerate() {
        let path = format!("{path}.volumeMounts[{index}]");
        let (name, mount_path) = (text(mount, "name"), text(mount, "mountPath"));
        if name.is_empty() {
            errors.required(format!("{path}.name"), "", "say which volume to mount");
        }
        if !volumes.contains(name) {
            let help = match super::super::manifest::nearest_name(name, volumes.iter().copied()) {
                Some(near) => format!("no volume has that name: did you mean {near}?"),
                None => "no volume of the pod has that name: add it to volumes".to_string(),
            };
            errors.not_found(format!("{path}.name"), name, help);
        }
        if mount_path.is_empty() {
            errors.required(format!("{path}.mountPath"), "", "say where to mount it");
        }
        if !paths.insert(mount_path) {
            let help = "mount each volume at its own path";
            errors.invalid_text(format!("{path}.mountPath"), mount_path, "must be unique", help);
        }
        if devices.iter().any(|device| text(device, "name") == name) {
            let detail = "must not already exist in volumeDevices";
            errors.invalid_text(format!("{path}.name"), name, detail, "use it as a device or as a mount");
        }
        for key in ["subPath", "subPathExpr"] {
            let sub = text(mount, key);
            let base = path.rsplit_once('[').map_or(path.as_str(), |(base, _)| base);
            // Upstream leaves the index out of this path.
            let sub_path = format!("{base}.{key}");
            descending_path(errors, sub, &sub_path);
        }
    }
}

/// A path that stays below where it begins.
pub(super) fn descending_path(errors: &mut Errors, value: &str, path: &str) {
    if value.starts_with('/') {
        errors.invalid_text(path, value, "must be a relative path", "remove the leading /");
    }
    if value.split('/').any(|part| part == "..") {
        errors.invalid_text(path, value, "must not contain '..'", "stay below it");
    }
}
