//! Inputs that are bad, odd or hostile.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::{folder, run, run_with};

const WEB: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, image: 'example.com/web:v1'}]}
";

/// `compare` with few runs, on standard input.
fn compare(input: &str, args: &[&str]) -> crate::Ran {
    compare_in("stdin", input.as_bytes(), args)
}

fn compare_in(out: &str, input: &[u8], args: &[&str]) -> crate::Ran {
    // Tests run side by side.
    static RUNS: AtomicU32 = AtomicU32::new(0);
    let out = folder(&format!("{out}-{}", RUNS.fetch_add(1, Ordering::Relaxed)));
    let fixed = [
        "compare",
        "--seeds",
        "2",
        "--preset",
        "ideal",
        "--startup",
        "2s",
        "--strategies",
        "1/0",
        "-o",
        "json",
        "--out",
    ];
    let args = [&fixed[..], &[out.to_str().unwrap()], args].concat();
    run_with(&args, input)
}

#[track_caller]
fn refused(ran: &crate::Ran, parts: &[&str]) {
    assert_eq!(ran.code, Some(2), "{}{}", ran.out, ran.err);
    assert_eq!(ran.out, "");
    for part in parts {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
}

#[track_caller]
fn accepted(ran: &crate::Ran, parts: &[&str]) {
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    for part in parts {
        assert!(ran.err.contains(part) || ran.out.contains(part), "{part}: {}{}", ran.out, ran.err);
    }
}

#[test]
fn no_manifest() {
    let stdin: &[&str] = &["-f", "-"];
    refused(&compare("", stdin), &["the input is empty"]);
    refused(&compare("# nothing\n---\n", stdin), &["no object in the input"]);
    refused(&compare_in("binary", &[0x7f, b'E', b'L', b'F', 0, 1, 2], stdin), &["not text: byte 4 is zero"]);
    refused(&compare_in("latin", b"a: \xe9\n", stdin), &["not UTF-8 text: byte 0xe9 in line 1"]);
    refused(&compare_in("utf16", b"\xff\xfea\x00", stdin), &["UTF-16"]);
    refused(&compare("{{ .Values.x }}: 1\n", stdin), &["render it first", "helm template"]);
    let crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: x.example.com}\n";
    refused(&compare(crd, stdin), &["no Deployment", "CustomResourceDefinition is not modelled"]);
    accepted(
        &compare(&format!("{crd}---\n{WEB}"), stdin),
        &["CustomResourceDefinition is not modelled and was left out"],
    );
    refused(&compare("", &["-f", "/nonexistent/x.yaml"]), &["cannot read /nonexistent/x.yaml"]);
}

#[test]
fn too_large() {
    let mut large = String::from(WEB);
    while large.len() <= 4096 {
        large.push_str("# filling\n");
    }
    let stdin: &[&str] = &["-f", "-", "--input-limit", "4Ki"];
    refused(&compare(&large, stdin), &["more than the limit of 0.0 MiB", "--input-limit"]);
    accepted(&compare(&large, &["-f", "-", "--input-limit", "64Ki"]), &[]);
    refused(&compare(WEB, &["-f", "-", "--input-limit", "many"]), &["64Mi"]);
    let megabytes = vec![b'#'; 50 << 20];
    refused(
        &compare_in("large", &megabytes, &["-f", "-"]),
        &["more than the limit of 32.0 MiB", "--input-limit"],
    );
    let many = WEB.replace("replicas: 3", "replicas: 2147483647");
    refused(
        &compare(&many, &["-f", "-"]),
        &[
            "standard input:5:13",
            "2147483647 replicas are more than this program simulates",
            "--replicas-max",
        ],
    );
    accepted(&compare(WEB, &["-f", "-", "--replicas-max", "3"]), &[]);
    refused(&compare(WEB, &["-f", "-", "--replicas-max", "2"]), &["3 replicas are more"]);
}

#[test]
fn fields_that_are_unknown_or_twice() {
    let unknown = WEB.replace("  replicas: 3\n", "  replicas: 3\n  minReadySecond: 5\n");
    refused(
        &compare(&unknown, &["-f", "-"]),
        &[
            "standard input:6:3",
            "unknown field \"spec.minReadySecond\"",
            "did you mean spec.minReadySeconds?",
        ],
    );
    accepted(&compare(&unknown, &["-f", "-", "--validate", "warn"]), &["warning[unknown-field]"]);
    let ignored = compare(&unknown, &["-f", "-", "--validate", "ignore"]);
    accepted(&ignored, &[]);
    assert!(!ignored.err.contains("minReadySecond"), "{}", ignored.err);
    let twice = WEB.replace("  replicas: 3\n", "  replicas: 3\n  replicas: 4\n");
    refused(&compare(&twice, &["-f", "-"]), &["standard input:6:3", "duplicate field \"spec.replicas\""]);
    accepted(
        &compare(&twice, &["-f", "-", "--validate=warn"]),
        &["warning[duplicate-field]", "\"replicas\": 4"],
    );
}

#[test]
fn yaml_of_all_kinds() {
    let stdin: &[&str] = &["-f", "-"];
    let anchors = WEB
        .replace("{matchLabels: {app: web}}", "{matchLabels: &l {app: web}}")
        .replace("metadata: {labels: {app: web}}", "metadata: {labels: {<<: *l, tier: front}}");
    accepted(&compare(&anchors, stdin), &["\"replicas\": 3"]);
    let list: String = WEB.lines().map(|line| format!("  {line}\n")).collect();
    accepted(
        &compare(&format!("apiVersion: v1\nkind: List\nitems:\n-{}", &list[1..]), stdin),
        &["\"replicas\": 3"],
    );
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n---\n";
    accepted(&compare(&format!("{service}{WEB}"), stdin), &["Service is read but not simulated yet"]);
    let json = r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"replicas":3,"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"app","image":"v1"}]}}}}"#;
    accepted(&compare(json, stdin), &["\"replicas\": 3"]);
    refused(&compare(&json.replace("]}}}}", "]}}}"), stdin), &["standard input:1:"]);
    refused(
        &compare(&WEB.replace("  replicas", "\treplicas"), stdin),
        &["standard input:5:", "replace the tabs"],
    );
}

#[test]
fn several_deployments() {
    let other = WEB.replace("name: web}", "name: api}");
    let both = format!("{WEB}---\n{}", other.replace("app: web", "app: api"));
    refused(
        &compare(&both, &["-f", "-"]),
        &[
            "there are 2 Deployments",
            "--deployment NAME",
            "--all",
            "web (standard input:1)",
            "api (standard input:11)",
        ],
    );
    accepted(&compare(&both, &["-f", "-", "--deployment", "api"]), &["api"]);
    refused(&compare(&both, &["-f", "-", "--deployment", "x"]), &["no Deployment named \"x\"", "web", "api"]);
    accepted(&compare(&both, &["-f", "-", "--all"]), &["api", "web"]);
    let overlapping = compare(&format!("{WEB}---\n{other}"), &["-f", "-", "--deployment", "web"]);
    accepted(&overlapping, &["warning[selector-overlap]", "each would claim the other's"]);
}

#[test]
fn sizes_that_an_autoscaler_sets() {
    let hpa = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec:\n  maxReplicas: 9\n  \
               scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n---\n";
    let free = WEB.replace("  replicas: 3\n", "");
    refused(
        &compare(&format!("{hpa}{free}"), &["-f", "-"]),
        &["HorizontalPodAutoscaler \"web\"", "--replicas N"],
    );
    accepted(&compare(&format!("{hpa}{free}"), &["-f", "-", "--replicas", "5"]), &["\"replicas\": 5"]);
    accepted(
        &compare(&format!("{hpa}{WEB}"), &["-f", "-"]),
        &["warning[replicas-owned-twice]", "remove spec.replicas"],
    );
}

#[test]
fn folders() {
    let dir = folder("manifests");
    let write = |path: &str, text: &str| {
        let path = dir.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let text = dir.to_str().unwrap();
    refused(&compare("", &["-f", text]), &["no .yaml, .yml or .json file in it", "-R"]);
    write("deep/web.yaml", WEB);
    write("readme.md", "not: [a manifest");
    refused(&compare("", &["-f", text]), &["no .yaml"]);
    accepted(&compare("", &["-R", "-f", text]), &["web"]);
    write(
        "service.yml",
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n",
    );
    refused(&compare("", &["-f", text]), &["no Deployment", "Service"]);
    accepted(&compare("", &["-f", text, "-f", dir.join("deep/web.yaml").to_str().unwrap()]), &["web"]);
}

#[test]
fn all_errors_at_once() {
    let wrong = WEB.replace("replicas: 3", "replicas: -3").replace("name: app,", "name: App,");
    let ran = compare(&wrong, &["-f", "-"]);
    refused(
        &ran,
        &[
            "standard input:5:13",
            "spec.replicas: Invalid value: -3: must be greater than or equal to 0",
            "spec.template.spec.containers[0].name: Invalid value: \"App\"",
            "5 |   replicas: -3",
            "the input has 2 errors; nothing was written",
        ],
    );
}

#[test]
fn startups_of_real_pods() {
    let dir = folder("startup");
    let pod = |at: u32, restarts: u32| {
        format!(
            "- apiVersion: v1\n  kind: Pod\n  metadata: {{name: p{at}, labels: {{app: web}}, creationTimestamp: '2026-11-23T10:00:00Z'}}\n  \
             status:\n    phase: Running\n    startTime: '2026-11-23T10:00:00Z'\n    conditions: [{{type: Ready, status: 'True', \
             lastTransitionTime: '2026-11-23T10:00:{at}Z'}}]\n    containerStatuses: [{{name: app, restartCount: {restarts}}}]\n"
        )
    };
    let file = dir.join("pods.yaml");
    let list = |pods: &[String]| format!("apiVersion: v1\nkind: List\nitems:\n{}", pods.concat());
    std::fs::write(&file, list(&[pod(12, 0), pod(20, 0), pod(30, 4)])).unwrap();
    let args = [
        "compare",
        "-f",
        "-",
        "--seeds",
        "2",
        "--preset",
        "ideal",
        "--strategies",
        "1/0",
        "-o",
        "json",
        "--out",
    ];
    let out = dir.join("out");
    let with = |file: &Path| {
        let more = [out.to_str().unwrap(), "--startup-from", file.to_str().unwrap()];
        run_with(&[&args[..], &more].concat(), WEB.as_bytes())
    };
    accepted(&with(&file), &["2 pods, p50 12 s, p95 20 s; left out: 1", "in the measured startup"]);
    std::fs::write(&file, list(&[pod(30, 4)])).unwrap();
    refused(&with(&file), &["none of its 1 pods tells how long a start takes; left out: 1 restarted"]);
    refused(&with(&dir.join("none.yaml")), &["cannot read"]);
}

#[test]
fn scenarios() {
    let dir = folder("scenarios");
    let file = dir.join("s.yaml");
    let check = |text: &str, parts: &[&str]| {
        std::fs::write(&file, text).unwrap();
        refused(&run(&["run", file.to_str().unwrap()]), parts);
    };
    check("", &["the file is empty", "maxsurge init"]);
    check(WEB, &["s.yaml:2:7", "is a Deployment, not a Scenario", "maxsurge init -f FILE"]);
    let head = "apiVersion: maxsurge.dev/v1alpha1\nkind: Scenario\n";
    check(&format!("{head}manifests: {{a: b.yaml}}\nsteps: []\n"), &["s.yaml:3:13", "cannot read", "b.yaml"]);
    // An error in a manifest beside the scenario is shown there.
    std::fs::write(dir.join("web.yaml"), WEB.replace("replicas: 3", "replicas: x")).unwrap();
    check(
        &format!("{head}manifests: {{web: web.yaml}}\nsteps: []\n"),
        &["web.yaml:5:13", "5 |   replicas: x"],
    );
    refused(&run_with(&["init", "-f", "-"], b"kind: x\n"), &["standard input:1:1", "apiVersion"]);
    refused(&run_with(&["init", "-f", "-"], b""), &["no such Deployment"]);
    refused(&run_with(&["run", "-"], &[0, 1, 2]), &["not text"]);
}
