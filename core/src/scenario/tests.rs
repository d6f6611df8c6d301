use super::{Action, Command, Condition, Count, End, Moment, Observer, Scenario, Step, Verb, simulate};
use crate::cluster::UserError;

const WEB: &str = r#"
apiVersion: maxsurge.dev/v1alpha1
kind: Scenario
manifests:
  web.yaml:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      replicas: 3
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: app, image: v1}]}
workload: {readyAfter: 2s, terminateAfter: 1s}
steps:
- run: kubectl apply -f web.yaml
- await: complete
"#;

fn read(steps: &str) -> Result<Scenario, String> {
    Scenario::parse(&format!("{WEB}{steps}"), &mut |path| Err(format!("no file {path}")))
        .map_err(|errors| errors.to_string())
}

fn end(steps: &str) -> End {
    simulate(&read(steps).unwrap(), 0, &mut ()).unwrap().end
}

#[test]
fn runs_to_its_end() {
    assert_eq!(end(""), End::Complete);
    assert_eq!(end("- run: kubectl set image deploy/web app=v2\n"), End::Complete);
    assert_eq!(
        end("- run: kubectl rollout pause deploy web\n- run: kubectl set image deploy/web *=v2\n"),
        End::Paused
    );
    assert_eq!(end("- {await: 'updated>=9', within: 5s}\n"), End::NotAwaited(2));
    let patch = "- run: kubectl patch deploy/web -p '{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"app\",\"image\":\"v3\"}]}}}}'\n";
    assert_eq!(end(patch), End::Complete);
}

/// What kubectl said to each command.
#[derive(Default)]
struct Said(Vec<String>);

impl Observer for Said {
    fn step(&mut self, _: &Moment<'_>, step: &Step, reply: Result<&str, &UserError>) {
        if matches!(step.action, Action::Run(_)) {
            self.0.push(reply.map_or_else(|why| why.0.clone(), ToOwned::to_owned));
        }
    }
    fn instant(&mut self, _: &Moment<'_>) {}
}

#[test]
fn an_edit_is_what_the_editor_leaves() {
    let replies = |steps: &str| {
        let mut said = Said::default();
        simulate(&read(steps).expect("well-formed"), 0, &mut said).expect("it is played");
        said.0
    };
    let image = "edit: {spec: {replicas: 5, template: {spec: {containers: [{name: app, image: v2}]}}}}";
    let found = replies(&format!("- run: kubectl edit deploy/web\n  {image}\n- await: updated>=5\n"));
    assert_eq!(found.last().map(String::as_str), Some("deployment.apps/web edited"));
    let found = replies("- run: kubectl edit deploy/web\n  edit: {spec: {replicas: 3}}\n");
    assert_eq!(found.last().map(String::as_str), Some("Edit cancelled, no changes made."));
    let found = replies("- run: kubectl edit deploy/web\n  edit: {spec: {replicas: -3}}\n");
    assert!(
        found.last().is_some_and(|said| said.contains("must be greater than or equal to 0")),
        "{found:?}"
    );
    for (steps, why) in [
        ("- run: kubectl edit deploy/web\n", "kubectl edit opens an editor"),
        ("- run: kubectl edit deploy/web\n  edit: 5\n", "edit: must be an object"),
        (
            "- run: kubectl scale deploy/web --replicas=1\n  edit: {}\n",
            "belongs to a step with `run: kubectl edit",
        ),
    ] {
        let error = read(steps).unwrap_err();
        assert!(error.contains(why), "{why}: {error}");
    }
}

#[test]
fn refusals_are_kubectls() {
    let outcome = simulate(
        &read("- run: kubectl set image deploy/web nosuch=v2\n- run: kubectl rollout undo deploy/web\n")
            .unwrap(),
        0,
        &mut (),
    );
    assert_eq!(outcome.unwrap().refused, 2);
}

#[test]
fn errors_name_place_and_field() {
    let error = read("- run: kubectl edit deploy/web\n- run: kubectl apply -f other.yaml\n- await: soon\n")
        .unwrap_err();
    for part in [
        "error[invalid]: steps[2].run: kubectl edit",
        "--> scenario:19:8\n",
        "19 | - run: kubectl edit deploy/web\n   |        ^",
        "error[invalid]: steps[3].run: no manifest",
        "--> scenario:20:8\n",
        "error[invalid]: steps[4].await",
        "--> scenario:21:10\n",
    ] {
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[test]
fn wrong_files() {
    let check = |text: &str, expected: &[&str]| {
        let found =
            Scenario::parse(text, &mut |path| Err(format!("cannot read {path}"))).unwrap_err().to_string();
        for part in expected {
            assert!(found.contains(part), "{part}: {found}");
            assert_eq!(found.matches("line ").count(), 0, "the place once: {found}");
        }
    };
    check("", &["scenario", "the file is empty", "maxsurge init"]);
    check("a: 1\n---\nb: 2\n", &["one YAML document"]);
    check(
        "apiVersion: apps/v1\nkind: Deployment\n",
        &["scenario:2:7", "is a Deployment, not a Scenario", "maxsurge init"],
    );
    check(&WEB.replace("v1alpha1", "v9"), &["apiVersion: must be maxsurge.dev/v1alpha1", "scenario:2:13"]);
    check(
        &WEB.replace("steps:", "stepz:"),
        &["scenario:16:1", "unknown field \"stepz\"", "did you mean steps?"],
    );
    check(&WEB.replace("2s,", "2s"), &["scenario:15:", "error[syntax]"]);
    check(&WEB.replace("2s,", "2x,"), &["scenario:15:24", "workload.readyAfter: `2x` is no duration"]);
    // Manifests are refused in the API server's words, at their place in the scenario.
    check(
        &WEB.replace("replicas: 3", "replicas: -3"),
        &[
            "scenario:10:17 (Deployment \"web\")",
            "spec.replicas: Invalid value: -3: must be greater than or equal to 0",
        ],
    );
    check(
        &WEB.replace("replicas: 3", "replica: 3"),
        &["scenario:10:7", "unknown field \"spec.replica\"", "spec.replicas?"],
    );
    check(
        &WEB.replace("image: v1", "image: ''"),
        &["spec.template.spec.containers[0].image: Required value", "scenario:14:"],
    );
    let manifests = |text: &str| {
        format!("apiVersion: maxsurge.dev/v1alpha1\nkind: Scenario\nmanifests:\n{text}steps: []\n")
    };
    check(&manifests("  a.yaml: b.yaml\n"), &["scenario:4:3", "manifests[\"a.yaml\"]: cannot read b.yaml"]);
    check(&manifests("  a.yaml: 3\n"), &["scenario:4:3", "a manifest is an object"]);
    check(
        &manifests(
            "  a.yaml: {apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 80}]}}\n",
        ),
        &["Service in it, and no Deployment"],
    );
}

#[test]
fn changes_are_checked_as_the_server_checks_them() {
    struct Replies(Vec<String>);
    impl super::Observer for Replies {
        fn step(
            &mut self,
            _: &super::Moment<'_>,
            _: &super::Step,
            reply: Result<&str, &crate::cluster::UserError>,
        ) {
            self.0.push(reply.map_or_else(|why| why.to_string(), str::to_owned));
        }
        fn instant(&mut self, _: &super::Moment<'_>) {}
    }
    let check = |step: &str, expected: &str| {
        let mut replies = Replies(Vec::new());
        simulate(&read(&format!("- run: >-\n    {step}\n")).unwrap(), 0, &mut replies).unwrap();
        assert_eq!(replies.0[2], expected, "{step}");
    };
    check(
        "kubectl patch deploy/web -p '{spec: {minReadySeconds: -1}}'",
        "The Deployment \"web\" is invalid: spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0",
    );
    check(
        "kubectl patch deploy/web -p '{spec: {selector: {matchLabels: {x: z}}, template: {metadata: {labels: {x: z}}}}}'",
        "The Deployment \"web\" is invalid: spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"web\",\"x\":\"z\"}}: field is immutable",
    );
    check(
        "kubectl patch deploy/web -p '{spec: {strategy: {type: Recreate}}}'",
        "The Deployment \"web\" is invalid: spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
    );
    check("kubectl apply -f web.yaml", "deployment.apps/web unchanged");
}

#[test]
fn commands() {
    let verb = |text: &str| Command::parse(text).map(|command| command.verb);
    assert!(matches!(verb("kubectl scale deploy/web --replicas 5"), Ok(Verb::Scale(_, 5, None))));
    assert!(matches!(verb("kubectl rollout undo deployment web --to-revision=2"), Ok(Verb::Undo(_, 2))));
    assert!(matches!(verb("kubectl label pod/a app- tier='x y'"), Ok(Verb::Label(..))));
    for text in [
        "",
        "ls",
        "kubectl",
        "kubectl scale deploy/web",
        "kubectl scale deploy --replicas=1",
        "kubectl delete pod",
        "kubectl apply -f",
        "kubectl patch deploy/web -p 3",
        "kubectl apply -f 'x",
    ] {
        assert!(verb(text).is_err(), "{text}");
    }
}

#[test]
fn conditions() {
    assert_eq!(Condition::parse("updated>=6"), Ok(Condition::AtLeast(Count::Updated, 6)));
    assert!(Condition::parse("updated=6").is_err());
}

/// The run with nodes: `cluster:` and `faults:` in YAML, then steps.
fn told(more: &str, steps: &str) -> (Vec<String>, super::Outcome) {
    #[derive(Default)]
    struct Told(Vec<String>);
    impl super::Observer for Told {
        fn step(
            &mut self,
            moment: &super::Moment<'_>,
            _: &super::Step,
            reply: Result<&str, &crate::cluster::UserError>,
        ) {
            let reply = reply.map_or_else(|error| error.to_string(), str::to_owned);
            self.0.extend(reply.lines().map(|line| format!("{} {line}", moment.at_ns() / 1_000_000_000)));
        }
        fn instant(&mut self, _: &super::Moment<'_>) {}
        fn told(&mut self, moment: &super::Moment<'_>, text: &str) {
            self.0.push(format!("{} {text}", moment.at_ns() / 1_000_000_000));
        }
    }
    let scenario = read(&format!("{steps}{more}\n")).unwrap_or_else(|why| panic!("{why}"));
    let mut told = Told::default();
    let outcome = simulate(&scenario, 0, &mut told).unwrap();
    (told.0, outcome)
}

#[test]
fn nodes_are_cordoned_and_drained_as_kubectl_tells_it() {
    let steps = "- after: 8s\n  run: kubectl cordon node/node-2\n- run: kubectl cordon node-2\n- run: kubectl uncordon node-2\n- run: kubectl drain node-1 --ignore-daemonsets\n- after: 1s\n  run: kubectl uncordon node-1\n";
    let (told, outcome) = told("cluster: {nodes: 2}", steps);
    let pods: Vec<&String> = told.iter().filter(|line| line.contains("evicting pod default/web-")).collect();
    assert_eq!(pods.len(), 2, "{told:?}");
    let others: Vec<&str> = told.iter().filter(|line| !line.contains("web")).map(String::as_str).collect();
    assert_eq!(
        others,
        [
            "10 node/node-2 cordoned",
            "10 node/node-2 already cordoned",
            "10 node/node-2 uncordoned",
            "10 node/node-1 cordoned",
            // The pods take a second to stop; the next step comes a second after that.
            "11 node/node-1 drained",
            "12 node/node-1 uncordoned",
        ]
    );
    assert_eq!(outcome.end, End::Complete);
}

#[test]
fn a_drain_waits_no_longer_than_it_is_told() {
    let steps = "- after: 1s\n  run: kubectl drain node-1 --timeout 20s\n";
    let (told, _) = told("cluster: {nodes: 2}\nfaults: [{at: 2500ms, nodeDown: node-1}]", steps);
    assert_eq!(
        told.last().map(String::as_str),
        Some("23 error: unable to drain node \"node-1\": timed out waiting for pods to end")
    );
}

#[test]
fn faults_come_at_their_time() {
    let faults = "cluster: {nodes: [a, {name: b, pods: 5}]}\nfaults:\n- {at: 90s, nodeUp: a}\n- {at: 1500ms, nodeDown: a}\n- {at: 2s, nodeDown: a}\n- {at: 3s, controllerRestart: {downFor: 10s, afterRequests: 2}}\n- {at: 3s, apiErrors: {requests: 2, error: timeout}}\n- {at: 3s, apiErrors: {of: deletePod, requests: 1, error: refused}}\n- {at: 4s, watchDelay: {of: pods, delay: 1s, for: 5s}}\n- {at: 4s, watchDelay: {delay: 1s, for: 5s}}\n- {at: 4s, watchLost: {of: pods, for: 2s}}\n- {at: 5s, quotaPods: 9}\n- {at: 6s, quotaPods: none}\n- {at: 200s, killPods: 1}";
    let (told, outcome) = told(faults, "");
    let faults: Vec<&str> = told.iter().filter(|line| line.contains("fault")).map(String::as_str).collect();
    assert_eq!(
        faults,
        [
            "1 fault: node a stops",
            "2 fault: node a stops: error: node number 0 is down already",
            "3 fault: kube-controller-manager restarts after 2 more requests, away for 10s",
            "3 fault: 2 requests to the API server fail (timeout)",
            "3 fault: 1 requests deletePod to the API server fail (refused)",
            "4 fault: watch events of pods take 1s, for 5s",
            "4 fault: watch events take 1s, for 5s",
            "4 fault: the watch of pods is lost, and listed anew after 2s",
            "5 fault: the quota is 9 pods",
            "6 fault: the quota is lifted",
            "90 fault: node a is back",
            "200 fault: kill 1 pods",
        ]
    );
    assert_eq!((outcome.end, outcome.at_ns), (End::Complete, 202_000_000_000));
}

#[test]
fn crashing_images_and_mistakes() {
    let crash = |crash: &str| {
        let text = WEB.replace(
            "terminateAfter: 1s}",
            &format!("terminateAfter: 1s, images: {{v9: {{crash: {crash}}}}}}}"),
        );
        let text =
            format!("{text}- run: kubectl set image deploy/web app=v9\n- {{await: complete, within: 10m}}\n");
        Scenario::parse(&text, &mut |_| Err("none".into())).map_err(|errors| errors.to_string())
    };
    let end = |scenario: Scenario| simulate(&scenario, 0, &mut ()).unwrap().end;
    assert_eq!(end(crash("{after: 1s}").unwrap()), End::NotAwaited(3), "it never lives to be ready");
    assert_eq!(end(crash("{after: 1s, probability: 50%}").unwrap()), End::Complete);
    assert!(crash("{after: x}").unwrap_err().contains("crash: after: "));
    assert!(crash("{after: 1s, probability: 120%}").unwrap_err().contains("no percentage"));
    for (more, part) in [
        ("faults: [{nodeDown: node-1}]", "faults[0]: needs `at`"),
        ("faults: [{at: 1s}]", "faults[0]: a fault is exactly one of"),
        ("faults: [{at: 1s, killPods: 1, quotaPods: 2}]", "faults[0]: a fault is exactly one of"),
        (
            "faults: [{at: 1s, nodeUp: z}]\ncluster: {nodes: [a, b]}",
            "there is no node \"z\"; `cluster.nodes` has a, b",
        ),
        ("faults: [{at: 1s, apiErrors: {requests: 1, error: x}}]", "no error \"x\""),
        (
            "faults: [{at: 1s, apiErrors: {of: x, requests: 1, error: refused}}]",
            "no write \"x\"; there are createRe",
        ),
        (
            "faults: [{at: 1s, watchDelay: {of: x, delay: 1s, for: 1s}}]",
            "no kind \"x\"; there are deployments, re",
        ),
        ("faults: [{at: 1s, quotaPods: some}]", "neither a number of pods nor none"),
        ("cluster: {nodes: {pods: 3}}", "cluster.nodes: `count` is needed"),
        ("- fault: {at: 1s, killPods: 1}", "steps[2].fault.at"),
        ("- run: kubectl drain", "the name of a node is needed"),
        ("- run: kubectl drain a b", "one word too many"),
        ("- run: kubectl drain a --grace-period 3", "--grace-period is not modelled"),
        ("- run: kubectl taint node a", "not modelled"),
    ] {
        let error = read(&format!("{more}\n")).unwrap_err();
        assert!(error.contains(part), "{more}: {error}");
    }
}

/// Pods and ReplicaSets that exist, each time that they change.
#[derive(Default)]
struct Pods(Vec<(usize, usize)>);

impl Observer for Pods {
    fn step(&mut self, _: &Moment<'_>, _: &Step, _: Result<&str, &UserError>) {}
    fn instant(&mut self, moment: &Moment<'_>) {
        let pods = moment.cluster.store.pods().iter().filter(|pod| pod.state.exists).count();
        let now = (pods, moment.replica_sets().len());
        if self.0.last() != Some(&now) {
            self.0.push(now);
        }
    }
}

#[test]
fn hands_are_laid_on_pods_and_replica_sets() {
    let steps = "- after: 8s\n  pod: {nth: 1, labels: {app: null}}\n- after: 1s\n  pod: {nth: 9, orphan: true}\n- after: 5s\n  replicaSet: {delete: background}\n";
    let scenario = read(steps).unwrap();
    let mut seen = Pods::default();
    simulate(&scenario, 0, &mut seen).unwrap();
    // One pod more when the second has no label, and it stays; then the three of the deleted ReplicaSet stop beside those of the
    // next.
    assert_eq!(seen.0, [(3, 1), (4, 1), (7, 1), (4, 1)]);
    let (told, outcome) = told("", steps);
    let refused: Vec<&str> =
        told.iter().filter(|line| line.contains("there is")).map(String::as_str).collect();
    assert_eq!((refused, outcome.refused), (vec!["11 there is no pod 9"], 1));
    assert_eq!(outcome.end, End::Complete);
}

#[test]
fn a_step_lays_hands_on_one_thing() {
    for (step, why) in [
        ("pod: {nth: 0, price: 3}", "steps[2].pod: unknown field \"price\"; there are nth, terminating"),
        ("replicaSet: {delete: softly}", "steps[2].replicaSet: delete: \"softly\" does not fit"),
        (
            "pod: {orphan: true}\n  replicaSet: {orphan: true}",
            "a step has exactly one of `run`, `await`, `fault`, `pod` and `replicaSet`",
        ),
        (
            "pod: {orphan: true}\n  run: kubectl rollout undo deployment/web",
            "a step has exactly one of `run`, `await`, `fault`, `pod` and `replicaSet`",
        ),
    ] {
        let errors = read(&format!("- at: 30s\n  {step}\n")).unwrap_err();
        let errors = errors.to_string();
        assert!(errors.contains(why), "{errors}");
    }
}
