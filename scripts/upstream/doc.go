// Package oracle answers what the real Kubernetes Deployment, ReplicaSet and
// HorizontalPodAutoscaler controllers decide. It reads cases as JSON Lines, puts them to the upstream
// code and writes one verdict a line; README.md has the details.
//
// It is built with `go test -c`, because virtual time (testing/synctest) is
// only to be had from a test.
package oracle
