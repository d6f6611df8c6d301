//! Security contexts of pods and containers.

use serde_json::Value;

use super::{Errors, flag, get, has, int, list, quoted, text};

const ID_HELP: &str = "write an id from 0 to 2147483647";
const ID_DETAIL: &str = "must be between 0 and 2147483647, inclusive";

fn id(errors: &mut Errors, value: i64, path: String) {
    if !(0..=i64::from(i32::MAX)).contains(&value) {
        errors.invalid(path, value, ID_DETAIL, ID_HELP);
    }
}

fn one_of(errors: &mut Errors, context: &Value, key: &str, supported: &[&str], path: &str) {
    let value = text(context, key);
    if has(context, key) && !supported.contains(&value) {
        errors.unsupported(format!("{path}.{key}"), quoted(value), supported);
    }
}

/// `securityContext` of a pod.
pub(super) fn pod(errors: &mut Errors, context: &Value, path: &str) {
    for key in ["fsGroup", "runAsUser", "runAsGroup"] {
        if let Some(value) = int(context, key) {
            id(errors, value, format!("{path}.{key}"));
        }
    }
    for (index, group) in list(context, "supplementalGroups").iter().enumerate() {
        id(errors, group.as_i64().unwrap_or(0), format!("{path}.supplementalGroups[{index}]"));
    }
    one_of(errors, context, "fsGroupChangePolicy", &["Always", "OnRootMismatch"], path);
    seccomp(errors, get(context, "seccompProfile"), &format!("{path}.seccompProfile"));
    app_armor(errors, get(context, "appArmorProfile"), &format!("{path}.appArmorProfile"));
    one_of(errors, context, "supplementalGroupsPolicy", &["Merge", "Strict"], path);
}

/// `securityContext` of a container.
pub(super) fn container(errors: &mut Errors, context: &Value, path: &str) {
    for key in ["runAsUser", "runAsGroup"] {
        if let Some(value) = int(context, key) {
            id(errors, value, format!("{path}.{key}"));
        }
    }
    one_of(errors, context, "procMount", &["Default", "Unmasked"], path);
    seccomp(errors, get(context, "seccompProfile"), &format!("{path}.seccompProfile"));
    if get(context, "allowPrivilegeEscalation") == false {
        if flag(context, "privileged") {
            let detail = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
            errors.invalid(path, internal(context), detail, "set one of the two");
        }
        let added = list(get(context, "capabilities"), "add");
        if added.iter().any(|capability| capability == "CAP_SYS_ADMIN") {
            let detail =
                "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
            errors.invalid(path, internal(context), detail, "remove the capability");
        }
    }
    app_armor(errors, get(context, "appArmorProfile"), &format!("{path}.appArmorProfile"));
}

/// A container's context as the API server prints it: its internal type, whose fields have no JSON names.
fn internal(context: &Value) -> String {
    let plain = |key: &str| get(context, key).to_string();
    let names = |key: &str| match get(get(context, "capabilities"), key) {
        Value::Array(names) if !names.is_empty() => Value::from(names.clone()).to_string(),
        _ => "null".into(),
    };
    let capabilities = if has(context, "capabilities") {
        format!("{{\"Add\":{},\"Drop\":{}}}", names("add"), names("drop"))
    } else {
        "null".into()
    };
    let profile = |key: &str| {
        let profile = get(context, key);
        if profile.is_null() {
            return "null".into();
        }
        format!(
            "{{\"Type\":{},\"LocalhostProfile\":{}}}",
            quoted(text(profile, "type")),
            get(profile, "localhostProfile")
        )
    };
    let se_linux = match get(context, "seLinuxOptions") {
        Value::Null => "null".to_owned(),
        options => {
            let part = |key: &str| quoted(text(options, key));
            format!(
                "{{\"User\":{},\"Role\":{},\"Type\":{},\"Level\":{}}}",
                part("user"),
                part("role"),
                part("type"),
                part("level")
            )
        }
    };
    format!(
        "{{\"Capabilities\":{capabilities},\"Privileged\":{},\"SELinuxOptions\":{se_linux},\"WindowsOptions\":null,\"RunAsUser\":{},\
         \"RunAsGroup\":{},\"RunAsNonRoot\":{},\"ReadOnlyRootFilesystem\":{},\"AllowPrivilegeEscalation\":{},\"ProcMount\":{},\
         \"SeccompProfile\":{},\"AppArmorProfile\":{}}}",
        plain("privileged"),
        plain("runAsUser"),
        plain("runAsGroup"),
        plain("runAsNonRoot"),
        plain("readOnlyRootFilesystem"),
        plain("allowPrivilegeEscalation"),
        plain("procMount"),
        profile("seccompProfile"),
        profile("appArmorProfile"),
    )
}

const PROFILES: [&str; 3] = ["Localhost", "RuntimeDefault", "Unconfined"];

fn seccomp(errors: &mut Errors, profile: &Value, path: &str) {
    if profile.is_null() {
        return;
    }
    let type_ = text(profile, "type");
    let at = format!("{path}.type");
    match type_ {
        "Localhost" | "RuntimeDefault" | "Unconfined" => {}
        "" => {
            errors.required(at, "type is required when seccompProfile is set", "write type: RuntimeDefault")
        }
        _ => errors.unsupported(at, quoted(type_), &PROFILES),
    }
    let at = format!("{path}.localhostProfile");
    let local = has(profile, "localhostProfile");
    if type_ == "Localhost" {
        if local {
            super::volume::descending_path(errors, text(profile, "localhostProfile"), &at);
        } else {
            let detail = "must be set when seccomp type is Localhost";
            errors.required(at, detail, "name the profile's file");
        }
    } else if local {
        let value = format!(
            "{{\"Type\":{},\"LocalhostProfile\":{}}}",
            quoted(type_),
            get(profile, "localhostProfile")
        );
        let detail = "can only be set when seccomp type is Localhost";
        errors.invalid(at, value, detail, "remove it, or write type: Localhost");
    }
}

fn app_armor(errors: &mut Errors, profile: &Value, path: &str) {
    if profile.is_null() {
        return;
    }
    let (type_, name) = (text(profile, "type"), text(profile, "localhostProfile"));
    let at = format!("{path}.localhostProfile");
    let local = has(profile, "localhostProfile");
    match type_ {
        "Localhost" => {
            if !local || name.is_empty() {
                let detail = "must be set when AppArmor type is Localhost";
                errors.required(at, detail, "name the profile");
            } else if name.trim() != name {
                errors.invalid_text(at, name, "must not be padded with whitespace", "remove the blanks");
            }
        }
        "RuntimeDefault" | "Unconfined" => {
            if local {
                let detail = "can only be set when AppArmor type is Localhost";
                errors.invalid_text(at, name, detail, "remove it, or write type: Localhost");
            }
        }
        "" => {
            let detail = "type is required when appArmorProfile is set";
            errors.required(format!("{path}.type"), detail, "write type: RuntimeDefault");
        }
        _ => errors.unsupported(format!("{path}.type"), quoted(type_), &PROFILES),
    }
}
