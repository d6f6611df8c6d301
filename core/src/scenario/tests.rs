use super::{Command, Condition, Count, End, Scenario, Verb, simulate};

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
        .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
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
fn errors_name_line_and_field() {
    let error =
        read("- run: kubectl drain node-1\n- run: kubectl apply -f other.yaml\n- await: soon\n").unwrap_err();
    for part in [
        "line 19: steps[2].run: kubectl drain",
        "line 20: steps[3].run: no manifest",
        "line 21: steps[4].await",
    ] {
        assert!(error.contains(part), "{error}");
    }
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
