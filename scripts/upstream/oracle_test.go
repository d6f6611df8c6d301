package oracle

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/controller/replicaset"
)

const usage = `usage: oracle sync
       oracle run [--lockstep] [--repetitions N]
       oracle autoscale
       oracle bench [--seconds S]
       oracle version
Cases on standard input, verdicts on standard output, one a line each.
`

// program is what the binary does instead of its tests when it has an argument.
var program func(t *testing.T) error

func TestMain(m *testing.M) {
	flag.Parse()
	prepare()
	// A test that is given no mode runs the recorded cases in testdata.
	if flag.NArg() == 0 {
		os.Exit(m.Run())
	}
	// The testing package writes its results to standard output too; verdicts
	// keep that to themselves.
	stdout := os.Stdout
	os.Stdout = os.Stderr
	options := flag.NewFlagSet(flag.Arg(0), flag.ExitOnError)
	options.Usage = func() { fmt.Fprint(os.Stderr, usage) }
	repetitions := options.Int("repetitions", 1, "how often each rollout is played")
	inLockstep := options.Bool("lockstep", false, "play each rollout first in one fixed order, without races")
	seconds := options.Float64("seconds", 1, "how much time the passes of each case take together")
	options.Parse(flag.Args()[1:])
	var failed error
	switch flag.Arg(0) {
	case "version":
		fmt.Fprintln(stdout, kubernetesVersion())
		os.Exit(0)
	case "sync":
		program = func(t *testing.T) error {
			s := newSyncer(quietContext(), bubbleIn(t))
			return serve(os.Stdin, stdout, s.solve)
		}
	case "run":
		if *repetitions < 1 {
			fmt.Fprintln(os.Stderr, "oracle: --repetitions has to be 1 or more")
			os.Exit(2)
		}
		program = func(t *testing.T) error {
			r := newRunner(quietContext(), bubbleIn(t), *repetitions, *inLockstep)
			return serve(os.Stdin, stdout, r.solve)
		}
	case "autoscale":
		program = func(t *testing.T) error {
			a := newAutoscaler(quietContext(), bubbleIn(t))
			return serve(os.Stdin, stdout, a.solve)
		}
	case "bench":
		program = func(t *testing.T) error {
			ctx, bubble := quietContext(), bubbleIn(t)
			b := newBencher(newSyncer(ctx, bubble), newRunner(ctx, bubble, 1, false), time.Duration(*seconds*float64(time.Second)))
			return serve(os.Stdin, stdout, b.solve)
		}
	default:
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	flag.Set("test.run", "^TestProgram$")
	flag.Set("test.timeout", "0")
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err == nil {
		os.Stdout = null
	}
	wrapped := program
	program = func(t *testing.T) error {
		failed = wrapped(t)
		return failed
	}
	code := m.Run()
	if failed != nil {
		fmt.Fprintln(os.Stderr, "oracle:", failed)
	}
	os.Exit(code)
}

// TestProgram is the program itself: bubbles are only to be had inside a test.
func TestProgram(t *testing.T) {
	if program == nil {
		t.Skip("no mode given")
	}
	if program(t) != nil {
		t.Fail()
	}
}

// kubernetesVersion is the version of the controllers inside. A test binary
// carries no list of its modules, but the places of its source files.
func kubernetesVersion() string {
	file, _ := runtime.FuncForPC(reflect.ValueOf(replicaset.NewReplicaSetController).Pointer()).FileLine(0)
	if _, after, ok := strings.Cut(file, "k8s.io/kubernetes@"); ok {
		version, _, _ := strings.Cut(after, "/")
		return version
	}
	return "unknown"
}

var renew = flag.Bool("renew", false, "write the verdicts in testdata anew")

// TestRecorded puts the cases of testdata to the controllers. The verdicts in
// the files were read and compared with the specification once; they are kept
// by version because names of ReplicaSets hang on the layout of Go types.
func TestRecorded(t *testing.T) {
	for _, mode := range []string{"sync", "run"} {
		t.Run(mode, func(t *testing.T) {
			in, err := os.Open("testdata/" + mode + ".jsonl")
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			solve := newSyncer(quietContext(), bubbleIn(t)).solve
			if mode == "run" {
				solve = newRunner(quietContext(), bubbleIn(t), 1, true).solve
			}
			var got bytes.Buffer
			if err := serve(in, &got, solve); err != nil {
				t.Fatal(err)
			}
			file := "testdata/" + mode + "." + kubernetesVersion() + ".jsonl"
			if *renew {
				if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			wants, gots := bytes.Split(want, []byte("\n")), bytes.Split(got.Bytes(), []byte("\n"))
			if len(wants) != len(gots) {
				t.Fatalf("%d verdicts, %d expected", len(gots), len(wants))
			}
			for i := range wants {
				if !bytes.Equal(gots[i], wants[i]) {
					t.Errorf("line %d\n got %s\nwant %s", i+1, gots[i], wants[i])
				}
			}
		})
	}
}

// TestStream guards the rules of the protocol that concern many lines: the
// stream goes on after a crash, in order, with one verdict a line.
func TestStream(t *testing.T) {
	lines := []string{
		`{"id":"a","controller":"deployment","key":"default/web","now":"2026-01-01T00:00:00Z","deployments":[{"metadata":{"name":"web","namespace":"default"},"spec":{"selector":{"matchLabels":{"a":"b"}},"strategy":{"type":"RollingUpdate"}}}]}`,
		`nonsense`,
		`{"id":"c","controller":"replicaset","key":"default/web","now":"2026-01-01T00:00:00Z"}`,
	}
	var got bytes.Buffer
	s := newSyncer(quietContext(), bubbleIn(t))
	if err := serve(strings.NewReader(strings.Join(lines, "\n")), &got, s.solve); err != nil {
		t.Fatal(err)
	}
	out := strings.Split(strings.TrimSpace(got.String()), "\n")
	wants := []string{`{"id":"a","panic":`, `{"id":null,"invalid":`, `{"id":"c","writes":[]`}
	if len(out) != len(wants) {
		t.Fatalf("%d lines: %s", len(out), got.String())
	}
	for i, want := range wants {
		if !strings.HasPrefix(out[i], want) {
			t.Errorf("line %d is %s", i+1, out[i])
		}
	}
}

func prepare() {
	quiet = synctest.Wait
	// Times print the same on every machine.
	time.Local = time.UTC
	klog.SetLogger(logr.Discard())
	// The default handlers log, and hold back repeated errors by a clock that
	// was read before the bubble began.
	utilruntime.ErrorHandlers = nil
}

func quietContext() context.Context {
	return klog.NewContext(context.Background(), logr.Discard())
}

// bubbleIn runs functions in bubbles, each with a clock that starts in 2000.
func bubbleIn(t *testing.T) func(func()) {
	return func(f func()) {
		synctest.Test(t, func(*testing.T) { f() })
	}
}
