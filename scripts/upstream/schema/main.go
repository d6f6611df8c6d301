// Command schema writes a table of the Kubernetes API structs that maxsurge
// reads, as Rust source. The table comes from the Go types themselves, so that
// field names, order and tags cannot drift from the version in go.mod.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"runtime/debug"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// The order decides the numbering: roots first, then whatever they reach in
// field order, so that a new field at the end of a struct moves few indices.
var roots = []struct {
	name string
	typ  reflect.Type
}{
	{"DEPLOYMENT", reflect.TypeFor[appsv1.Deployment]()},
	{"REPLICA_SET", reflect.TypeFor[appsv1.ReplicaSet]()},
	{"POD", reflect.TypeFor[corev1.Pod]()},
	{"POD_TEMPLATE_SPEC", reflect.TypeFor[corev1.PodTemplateSpec]()},
	{"SERVICE", reflect.TypeFor[corev1.Service]()},
	{"HORIZONTAL_POD_AUTOSCALER_V1", reflect.TypeFor[autoscalingv1.HorizontalPodAutoscaler]()},
	{"HORIZONTAL_POD_AUTOSCALER_V2", reflect.TypeFor[autoscalingv2.HorizontalPodAutoscaler]()},
	{"POD_DISRUPTION_BUDGET", reflect.TypeFor[policyv1.PodDisruptionBudget]()},
}

// Types with their own JSON form: their Go fields say nothing about the wire.
var scalars = map[reflect.Type]string{
	reflect.TypeFor[resource.Quantity]():      "Kind::Quantity",
	reflect.TypeFor[metav1.Time]():            "Kind::Time",
	reflect.TypeFor[metav1.MicroTime]():       "Kind::MicroTime",
	reflect.TypeFor[metav1.Duration]():        "Kind::Duration",
	reflect.TypeFor[intstr.IntOrString]():     "Kind::IntOrString",
	reflect.TypeFor[metav1.FieldsV1]():        "Kind::RawJson",
	reflect.TypeFor[runtime.RawExtension]():   "Kind::RawJson",
	reflect.TypeFor[map[string]interface{}](): "Kind::RawJson",
}

type table struct {
	index map[reflect.Type]int
	order []reflect.Type
}

func (t *table) structIndex(typ reflect.Type) int {
	if i, ok := t.index[typ]; ok {
		return i
	}
	i := len(t.order)
	t.index[typ] = i
	t.order = append(t.order, typ)
	return i
}

// named tells a type of its own (v1.ResourceList) from a plain one
// ([]string), whose reflect name is empty, and from a basic one (string).
func named(typ reflect.Type) bool { return typ.Name() != "" && typ.PkgPath() != "" }

func (t *table) kind(typ reflect.Type) string {
	if k, ok := scalars[typ]; ok {
		return k
	}
	switch typ.Kind() {
	case reflect.Bool:
		return "Kind::Bool"
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Uint8, reflect.Uint16:
		return "Kind::Int32"
	case reflect.Int, reflect.Int64, reflect.Uint32:
		return "Kind::Int64"
	case reflect.Float32, reflect.Float64:
		return "Kind::Float64"
	case reflect.String:
		if named(typ) {
			return fmt.Sprintf("Kind::NamedString(%q)", typ.String())
		}
		return "Kind::String"
	case reflect.Struct:
		return fmt.Sprintf("Kind::Struct(%d)", t.structIndex(typ))
	case reflect.Slice:
		elem := typ.Elem()
		if elem.Kind() == reflect.Uint8 {
			return "Kind::Bytes"
		}
		if elem.Kind() == reflect.Pointer {
			return fmt.Sprintf("Kind::PtrList(&%s)", t.kind(elem.Elem()))
		}
		if named(typ) {
			return fmt.Sprintf("Kind::NamedList(%q, &%s)", typ.String(), t.kind(elem))
		}
		return fmt.Sprintf("Kind::List(&%s)", t.kind(elem))
	case reflect.Map:
		key, elem := typ.Key(), typ.Elem()
		if key.Kind() != reflect.String {
			fatal("map with a key of kind %s: %s", key.Kind(), typ)
		}
		if named(typ) {
			return fmt.Sprintf("Kind::NamedMap(%q, &%s)", typ.String(), t.kind(elem))
		}
		if named(key) {
			// No name of its own, but %T of the map still prints the key's.
			return fmt.Sprintf("Kind::NamedMap(%q, &%s)", typ.String(), t.kind(elem))
		}
		return fmt.Sprintf("Kind::Map(&%s)", t.kind(elem))
	}
	fatal("no kind for Go type %s", typ)
	return ""
}

// pkgPath shortens k8s.io/api/core/v1 to core/v1 and
// k8s.io/apimachinery/pkg/apis/meta/v1 to meta/v1.
func pkgPath(typ reflect.Type) string {
	p := typ.PkgPath()
	for _, prefix := range []string{"k8s.io/api/", "k8s.io/apimachinery/pkg/apis/", "k8s.io/apimachinery/pkg/"} {
		if rest, ok := strings.CutPrefix(p, prefix); ok {
			return rest
		}
	}
	return p
}

func apiVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		fatal("no build information")
	}
	for _, dep := range info.Deps {
		if dep.Path == "k8s.io/api" {
			if dep.Replace != nil {
				return dep.Replace.Version
			}
			return dep.Version
		}
	}
	fatal("k8s.io/api is not among the dependencies")
	return ""
}

func fatal(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "schema: "+format+"\n", args...)
	os.Exit(1)
}

func main() {
	out := flag.String("o", "../../../core/src/api/schema/tables.rs", "file to write; - for standard output")
	flag.Parse()

	t := &table{index: map[reflect.Type]int{}}
	for _, r := range roots {
		t.structIndex(r.typ)
	}

	var body bytes.Buffer
	var omitZero []string
	// order grows while the loop runs: each struct adds those it mentions.
	for i := 0; i < len(t.order); i++ {
		typ := t.order[i]
		fmt.Fprintf(&body, "    // %d\n    Struct {\n        go: %q,\n        pkg: %q,\n        fields: &[\n", i, typ.String(), pkgPath(typ))
		for f := range typ.NumField() {
			field := typ.Field(f)
			tag, ok := field.Tag.Lookup("json")
			if !field.IsExported() || tag == "-" {
				continue
			}
			parts := strings.Split(tag, ",")
			json, inline, omitempty := parts[0], false, false
			for _, option := range parts[1:] {
				switch option {
				case "omitempty":
					omitempty = true
				case "omitzero":
					omitZero = append(omitZero, fmt.Sprintf("(%d, %q)", i, json))
				case "inline":
					inline = true
				default:
					fatal("json option %q of %s.%s", option, typ, field.Name)
				}
			}
			if json == "" {
				// An embedded struct without a name is inlined whether or not it says so.
				if !field.Anonymous {
					fatal("%s.%s has no JSON name (tag %q, present %t)", typ, field.Name, tag, ok)
				}
				inline = true
			}
			ft, pointer := field.Type, false
			if ft.Kind() == reflect.Pointer {
				ft, pointer = ft.Elem(), true
			}
			fmt.Fprintf(&body, "            Field {\n                json: %q,\n                go: %q,\n                pointer: %t,\n                omitempty: %t,\n                inline: %t,\n                merge_key: %q,\n                patch_strategy: %q,\n                kind: %s,\n            },\n",
				json, field.Name, pointer, omitempty, inline, field.Tag.Get("patchMergeKey"), field.Tag.Get("patchStrategy"), t.kind(ft))
		}
		body.WriteString("        ],\n    },\n")
	}

	var file bytes.Buffer
	fmt.Fprintf(&file, "// Generated by `cd scripts/upstream/schema && go run .` from k8s.io/api %s; do not edit.\n\n", apiVersion())
	file.WriteString("use super::{Field, Kind, Struct};\n\n")
	for _, r := range roots {
		fmt.Fprintf(&file, "pub const %s: usize = %d;\n", r.name, t.index[r.typ])
	}
	file.WriteString("\n/// Fields that Go leaves out when they are zero although they are structs\n/// (`omitzero`): index of the struct and JSON name. `omitempty` alone never\n/// leaves out a struct that is not a pointer; an unset time prints `null`.\n")
	fmt.Fprintf(&file, "#[allow(dead_code)]\npub static OMIT_ZERO: &[(usize, &str)] = &[%s];\n\n", strings.Join(omitZero, ", "))
	fmt.Fprintf(&file, "pub static STRUCTS: &[Struct] = &[\n%s];\n", body.String())

	if *out == "-" {
		os.Stdout.Write(file.Bytes())
		return
	}
	if err := os.WriteFile(*out, file.Bytes(), 0o644); err != nil {
		fatal("%v", err)
	}
	// Formatting is a courtesy to the repository's checks; without the tool
	// the file is still correct.
	if path, err := exec.LookPath("rustfmt"); err == nil {
		if msg, err := exec.Command(path, "--edition", "2024", "--config", "skip_children=true", *out).CombinedOutput(); err != nil {
			// skip_children needs a nightly; the file has no children anyway.
			if msg2, err := exec.Command(path, "--edition", "2024", *out).CombinedOutput(); err != nil {
				fatal("rustfmt: %v: %s%s", err, msg, msg2)
			}
		}
	}
	fmt.Println(strconv.Itoa(len(t.order)) + " structs written to " + *out)
}
