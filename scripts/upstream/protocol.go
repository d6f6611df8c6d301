package oracle

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	kjson "sigs.k8s.io/json"
)

// invalid is the reason why a line is no case that can be put to the controllers.
type invalid string

func (i invalid) Error() string { return string(i) }

// answer is a verdict without its id.
type answer struct {
	ID any `json:"id"`

	Invalid string `json:"invalid,omitempty"`
	Panic   string `json:"panic,omitempty"`

	*syncVerdict
	*runVerdict
	*autoscaleVerdict
	*timing
}

// decode reads one case the way an API server reads a body: names of fields
// count with their case, and unknown ones inside of objects are dropped. A
// name that is unknown in the case itself, in a step or in a tick is a mistake, since it
// would silently change the question.
func decode(line []byte, into any) error {
	strict, err := kjson.UnmarshalStrict(line, into, kjson.DisallowUnknownFields)
	if err != nil {
		return invalid(err.Error())
	}
	for _, problem := range strict {
		name, ok := strings.CutPrefix(problem.Error(), `unknown field "`)
		_, inStep, _ := strings.Cut(name, "].")
		isStep := strings.HasPrefix(name, "steps[") || strings.HasPrefix(name, "ticks[")
		if ok && (!strings.ContainsAny(name, ".[") || isStep && !strings.Contains(inStep, ".")) {
			return invalid(problem.Error())
		}
	}
	return nil
}

// echoID finds the id of a line even if the rest of it is no case.
func echoID(line []byte) any {
	var head struct {
		ID *string `json:"id"`
	}
	if kjson.UnmarshalCaseSensitivePreserveInts(line, &head) != nil || head.ID == nil {
		return nil
	}
	return *head.ID
}

// serve answers line by line, each before it reads the next.
func serve(in io.Reader, out io.Writer, solve func(line []byte) answer) error {
	reader := bufio.NewReaderSize(in, 1<<20)
	for {
		line, err := reader.ReadBytes('\n')
		if len(line) > 0 {
			reply, marshalErr := json.Marshal(solve(bytes.TrimSpace(line)))
			if marshalErr != nil {
				return marshalErr
			}
			if _, writeErr := out.Write(append(reply, '\n')); writeErr != nil {
				return writeErr
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// reply turns the outcome of a case into its line. id is nil if the case could
// not be read that far.
func reply(line []byte, id *string, a answer, err error) answer {
	// Looking for it in a broken line costs a second reading, which is not
	// worth it for the good ones.
	if id != nil && *id != "" {
		a.ID = *id
	} else {
		a.ID = echoID(line)
	}
	var why invalid
	var crash crashed
	switch {
	case err == nil && a.ID == nil:
		return answer{Invalid: "id is not a string"}
	case err == nil:
	case errors.As(err, &why):
		return answer{ID: a.ID, Invalid: string(why)}
	case errors.As(err, &crash):
		if strings.Contains(crash.stack, "reportSortingDeletionAgeRatioMetric") {
			return answer{ID: a.ID, Invalid: "a victim is chosen while the youngest ready pod is less than 1 ms old: the real controller divides by zero"}
		}
		return answer{ID: a.ID, Panic: crash.text}
	default:
		return answer{ID: a.ID, Invalid: err.Error()}
	}
	return a
}

// crashed is a panic of upstream code.
type crashed struct{ text, stack string }

func (c crashed) Error() string { return "panic: " + c.text }

func crashOf(recovered any, stack []byte) crashed {
	return crashed{text: fmt.Sprint(recovered), stack: string(stack)}
}
