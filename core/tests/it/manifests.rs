//! Manifests against what kubectl and the API server printed for them (`testdata/kubectl`).

use std::path::{Path, PathBuf};

use maxsurge_core::api::manifest::{self, Code, Object, ReadOptions};
use maxsurge_core::api::{KubernetesVersion, PodTemplate};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/testdata/kubectl")
}

fn names(start: &str, end: &str) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with(start) && name.ends_with(end))
        .collect();
    names.sort();
    assert!(!names.is_empty(), "no {start}*{end}");
    names
}

fn read(name: &str) -> manifest::Read {
    let bytes = std::fs::read(folder().join(name)).unwrap();
    manifest::read(name, &bytes, &ReadOptions::default())
}

#[test]
fn refused_in_the_servers_words() {
    for name in names("invalid-", ".yaml") {
        let recorded = std::fs::read_to_string(folder().join(name.replace(".yaml", ".txt"))).unwrap();
        let expected: String =
            recorded.lines().filter(|l| !l.starts_with(['$', '#'])).map(|line| format!("{line}\n")).collect();
        let read = read(&name);
        assert_eq!(manifest::kubectl_text(&read.diagnostics), expected, "{name}");
        assert!(read.objects.is_empty(), "{name}");
        for diagnostic in &read.diagnostics {
            assert!(diagnostic.line > 0 && diagnostic.column > 0, "{name}: {diagnostic:?}");
            assert!(!diagnostic.help.is_empty(), "{name}: {diagnostic:?}");
        }
    }
}

#[test]
fn accepted() {
    for start in ["valid-", "web-", "bad-", "recreate-", "strategy-"] {
        for name in names(start, ".yaml") {
            let read = read(&name);
            assert_eq!(read.diagnostics, [], "{name}");
            assert!(matches!(read.objects[0].object, Object::Deployment(_)), "{name}");
        }
    }
    let quota = read("quota.yaml");
    assert!(quota.diagnostics.is_empty());
    assert!(matches!(&quota.objects[0].object, Object::Other { kind, .. } if kind == "ResourceQuota"));
}

#[test]
fn a_manifest_becomes_what_the_server_stored() {
    let recorded = std::fs::read_to_string(folder().join("get-deploy-json-done.txt")).unwrap();
    let json: String =
        recorded.lines().filter(|l| !l.starts_with(['$', '#'])).map(|line| format!("{line}\n")).collect();
    let stored = manifest::read("stored.json", json.as_bytes(), &ReadOptions::default());
    let written = read("web-v2.yaml");
    let (Object::Deployment(stored), Object::Deployment(written)) =
        (&stored.objects[0].object, &written.objects[0].object)
    else {
        panic!("two Deployments")
    };
    assert_eq!(stored.spec, written.spec);
    assert_eq!(stored.meta.name, written.meta.name);
    assert_eq!(stored.status.updated_replicas, 4);
}

#[test]
fn places() {
    let check = |name: &str, expected: &[(u32, u32)]| {
        let places: Vec<(u32, u32)> = read(name).diagnostics.iter().map(|d| (d.line, d.column)).collect();
        assert_eq!(places, expected, "{name}");
    };
    check("invalid-replicas-negative.yaml", &[(8, 13)]);
    check("invalid-unknown-field.yaml", &[(20, 3)]);
    check("invalid-replicas-string.yaml", &[(8, 13)]);
    check("invalid-containers-empty.yaml", &[(17, 7)]);
    check("invalid-many.yaml", &[(8, 13), (14, 7), (26, 23), (21, 25), (7, 1)]);
}

#[test]
fn shown_to_people() {
    let check = |name: &str, bytes: &[u8], expected: &str| {
        let read = manifest::read(name, bytes, &ReadOptions::default());
        let shown = manifest::render(&read.diagnostics, &[read.text], false);
        assert_eq!(shown, expected, "{name}");
    };
    check(
        "web.yaml",
        b"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replica: 3\n  selector: &l {matchLabels: {app: web}}\n\
          \x20 template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app, image: 7}]}}\n",
        "error[unknown-field]: strict decoding error: unknown field \"spec.replica\"\n\
         \x20 --> web.yaml:5:3 (Deployment \"web\")\n\
         \x20  |\n\
         \x205 |   replica: 3\n\
         \x20  |   ^^^^^^^\n\
         \x20  = help: did you mean spec.replicas?\n\n\
         error[wrong-type]: spec.template.spec.containers[0].image: json: cannot unmarshal number into Go struct \
         field Container.spec.template.spec.containers.image of type string\n\
         \x20 --> web.yaml:7:85 (Deployment \"web\")\n\
         \x20  |\n\
         \x207 |   template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app, image: 7}]}}\n\
         \x20  |                                                                                     ^\n\
         \x20  = help: put the value in quotes\n\n",
    );
    check(
        "tabs.yaml",
        b"a:\n\t- \x1b[31m b: {\n",
        "error[syntax]: yaml: tabs disallowed within this context (block indentation)\n\
         \x20 --> tabs.yaml:2:2\n\
         \x20  |\n\
         \x202 |     - \\u{1b}[31m b: {\n\
         \x20  |     ^\n\
         \x20  = help: YAML is indented with spaces: replace the tabs\n\n",
    );
    check(
        "wide.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p, annotations: {k: \"한국어\"}, x: 1}\nspec: {containers: [{name: a, image: i}]}"
            .as_bytes(),
        "error[unknown-field]: strict decoding error: unknown field \"metadata.x\"\n\
         \x20 --> wide.yaml:3:46 (Pod \"p\")\n\
         \x20  |\n\
         \x203 | metadata: {name: p, annotations: {k: \"한국어\"}, x: 1}\n\
         \x20  |                                                 ^\n\
         \x20  = help: ObjectMeta has no such field; remove it or check the indentation\n\n",
    );
    check(
        "image.png",
        &[0x89, b'P', b'N', b'G', 0, 1],
        "error[syntax]: the file is not text: byte 4 is zero\n\
         \x20 --> image.png\n\
         \x20  = help: is it a binary file, or compressed? A manifest is YAML or JSON\n\n",
    );
}

/// Random manifests and what the API server's own code said to them (`scripts/upstream/admit`): the decoder's
/// error, or the errors of validation in their order, or the hash of the template. `admission-kinds` has affinity, spreading,
/// security contexts, Services, autoscalers and budgets.
#[test]
fn recorded_admissions() {
    for name in ["admission.jsonl", "admission-kinds.jsonl"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/testdata").join(name);
        let mut wrong = Vec::new();
        for line in std::fs::read_to_string(path).unwrap().lines() {
            let case: serde_json::Value = serde_json::from_str(line).unwrap();
            let (said, expected) = admission(&case);
            if said != expected {
                wrong.push(format!("{}\n  said     {said:#?}\n  expected {expected:#?}", case["manifest"]));
            }
        }
        assert!(wrong.is_empty(), "{name}: {} differ\n{}", wrong.len(), wrong.join("\n"));
    }
}

/// The hash of the newest version.
fn hash_of(template: &PodTemplate, collisions: Option<i32>) -> String {
    template.stable_hash(collisions, KubernetesVersion::V1_37).to_string()
}

/// What was said to a manifest, here and there.
fn admission(case: &serde_json::Value) -> (Vec<String>, Vec<String>) {
    let text = case["manifest"].as_str().unwrap();
    let read = manifest::read("f", text.as_bytes(), &ReadOptions::default());
    let of = |codes: &[Code]| -> Vec<&str> {
        let errors = read.diagnostics.iter().filter(|d| d.is_error() && codes.contains(&d.code));
        errors.map(|d| d.message.trim_start_matches("strict decoding error: ")).collect()
    };
    if let Some(decode) = case["decode"].as_str() {
        let wrong = of(&[Code::WrongType]);
        let strict = of(&[Code::UnknownField, Code::DuplicateField]).join(", ");
        let said = match wrong.iter().find(|message| !message.starts_with("json: ")).or(wrong.first()) {
            Some(message) => message.to_string(),
            None => format!("strict decoding error: {strict}"),
        };
        return (vec![said], vec![decode.to_owned()]);
    }
    let mut said: Vec<String> =
        of(&[Code::Identity, Code::Invalid]).into_iter().map(str::to_string).collect();
    if let Some(first) = said.first_mut().filter(|first| *first == "resource name may not be empty") {
        *first = "metadata.name: Required value: name or generateName is required".into();
    }
    let mut expected: Vec<String> = case["errors"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|e| e.as_str())
        .map(str::to_owned)
        .collect();
    // kubectl shows equal causes once.
    let mut seen = std::collections::BTreeSet::new();
    expected.retain(|message| seen.insert(message.clone()));
    if let Some(hash) = case["hash"].as_str() {
        // Without an object there is an error, which was not expected.
        if let Some(Object::Deployment(deployment)) = read.objects.first().map(|located| &located.object) {
            said.push(hash_of(&deployment.spec.template, None));
        }
        expected.push(hash.to_owned());
    }
    (said, expected)
}

#[test]
fn hashes_of_a_real_cluster() {
    let check = |file: &str, image: Option<&str>, expected: &str| {
        let read = read(file);
        let Object::Deployment(deployment) = &read.objects[0].object else { panic!("{file}") };
        let template = &deployment.spec.template;
        let template = image.map_or(template.clone(), |image| template.with_image(None, image).unwrap());
        assert_eq!(hash_of(&template, None), expected, "{file}");
        assert_ne!(hash_of(&template, Some(0)), expected);
        assert_eq!(hash_of(&template.with_hash("x").without_hash(), None), expected);
    };
    check("web-v1.yaml", None, "55d8558f58");
    check("web-v2.yaml", None, "75b464bbff");
    check("timeline-01.yaml", None, "67f8fcd447");
    check("timeline-01.yaml", Some("example.com/app:v2"), "88ddf6d4b");
}
