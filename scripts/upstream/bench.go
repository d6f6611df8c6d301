package oracle

import (
	"fmt"
	"runtime"
	"slices"
	"time"

	"k8s.io/client-go/tools/cache"
	kjson "sigs.k8s.io/json"
)

// timing is what one case costs.
type timing struct {
	Passes int `json:"passes"`
	// Of a single pass or rollout, in real time: the median and the fastest.
	NsMedian int64 `json:"nsMedian"`
	NsMin    int64 `json:"nsMin"`
	// Memory that a pass asks for; for rollouts 0.
	BytesPerPass  uint64 `json:"bytesPerPass"`
	AllocsPerPass uint64 `json:"allocsPerPass"`
}

// bencher measures passes and rollouts where they happen, so that neither
// pipes nor JSON are in the figures.
type bencher struct {
	syncer *syncer
	runner *runner
	// How much time the passes of a case are to take together.
	budget time.Duration
}

func newBencher(s *syncer, r *runner, budget time.Duration) *bencher {
	// Events cost their text and no more.
	text := recorder(func(string, string, string) {})
	setDeploymentRecorder(s.deployment, text)
	setReplicaSetRecorder(s.replicaSet, text)
	// The order that the other modes give to pods would be paid for here.
	*private[cache.Indexer](s.replicaSet, "podIndexer") = s.pods
	return &bencher{syncer: s, runner: r, budget: budget}
}

func (b *bencher) solve(line []byte) answer {
	var head struct {
		Controller *string `json:"controller"`
	}
	measure := b.run
	if kjson.UnmarshalCaseSensitivePreserveInts(line, &head) == nil && head.Controller != nil {
		measure = b.sync
	}
	took, err := measure(line)
	return reply(line, nil, answer{timing: took}, err)
}

// sync repeats one pass. It runs outside of a bubble, by the clock of the
// machine: `now` of the case is not looked at, so its times must be such that
// years make no difference.
func (b *bencher) sync(line []byte) (*timing, error) {
	var c syncCase
	if err := decode(line, &c); err != nil {
		return nil, err
	}
	s := b.syncer
	handler := s.handlers[c.Controller]
	if handler == nil {
		return nil, invalid(fmt.Sprintf("controller %q is not deployment or replicaset", c.Controller))
	}
	// Nothing is written down: that would be in the figures.
	s.client.journal = nil
	var took []int64
	var before, after runtime.MemStats
	var bytes, allocs uint64
	var spent time.Duration
	began := time.Now()
	// Loading is not measured, and takes longer than a pass: it has a limit of
	// its own.
	for len(took) < 8 || spent < b.budget && time.Since(began) < 10*b.budget {
		if err := s.load(&c); err != nil {
			return nil, err
		}
		// Counting memory stops the world, which a measured pass should not
		// begin with: it is done in the first few, which count for nothing else.
		counted := len(took) < 3
		if counted {
			runtime.ReadMemStats(&before)
		}
		start := time.Now()
		result := handler(s.ctx, c.Key)
		pass := time.Since(start)
		took, spent = append(took, int64(pass)), spent+pass
		if counted {
			runtime.ReadMemStats(&after)
			bytes, allocs = after.TotalAlloc-before.TotalAlloc, after.Mallocs-before.Mallocs
		}
		if result != nil {
			return nil, invalid("the pass fails: " + result.Error())
		}
	}
	took = took[3:]
	slices.Sort(took)
	return &timing{
		Passes: len(took), NsMedian: took[len(took)/2], NsMin: took[0],
		BytesPerPass: bytes, AllocsPerPass: allocs,
	}, nil
}

// run repeats one rollout.
func (b *bencher) run(line []byte) (*timing, error) {
	var c runCase
	if err := decode(line, &c); err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	var took []int64
	began := time.Now()
	for len(took) == 0 || time.Since(began) < b.budget {
		start := time.Now()
		if _, err := b.runner.play(&c, racing); err != nil {
			return nil, err
		}
		took = append(took, int64(time.Since(start)))
	}
	slices.Sort(took)
	return &timing{Passes: len(took), NsMedian: took[len(took)/2], NsMin: took[0]}, nil
}
