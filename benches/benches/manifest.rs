//! Reading manifests: YAML with places, strict decoding, defaults and validation.
#![allow(missing_docs, reason = "criterion's macros write the entry point")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use maxsurge_core::api::manifest::{ReadOptions, read};

const DOCUMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web-NUMBER, labels: {app: web}}
spec:
  replicas: 10
  selector: {matchLabels: {app: web}}
  strategy:
    type: RollingUpdate
    rollingUpdate: {maxSurge: 25%, maxUnavailable: 25%}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example/web:1
          ports: [{containerPort: 8080}]
          readinessProbe: {httpGet: {path: /ready, port: 8080}, periodSeconds: 5}
          resources: {requests: {cpu: 100m, memory: 128Mi}, limits: {memory: 256Mi}}
";

fn manifest(c: &mut Criterion) {
    let mut group = c.benchmark_group("manifest");
    group.sample_size(20).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1));
    for documents in [1, 10, 100] {
        let texts: Vec<String> = (0..documents).map(|n| DOCUMENT.replace("NUMBER", &n.to_string())).collect();
        let text = texts.join("---\n");
        assert!(!read("bench.yaml", text.as_bytes(), &ReadOptions::default()).has_errors());
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(BenchmarkId::new("deployments", documents), |b| {
            b.iter(|| read("bench.yaml", black_box(text.as_bytes()), &ReadOptions::default()));
        });
    }
    group.finish();
}

criterion_group!(benches, manifest);
criterion_main!(benches);
