// Gosort prints lists and the order in which Go's sort.Sort leaves them: one line each, `relation hash key key …`.
// core/src/controller/go_sort.rs must leave the same (core/tests/it/testdata/go-sort.txt is this program's output).
//
//	go run ./gosort > ../../core/tests/it/testdata/go-sort.txt
//
// Relations: `keys` compares the keys, of which many are equal; `circle` lets each key go before the next one of three,
// which is no order at all. The hash is over the places from which the elements came.
package main

import (
	"bufio"
	"fmt"
	"os"
	"sort"
)

type element struct{ key, place int }

type list struct {
	items []element
	less  func(a, b int) bool
}

func (l list) Len() int           { return len(l.items) }
func (l list) Swap(i, j int)      { l.items[i], l.items[j] = l.items[j], l.items[i] }
func (l list) Less(i, j int) bool { return l.less(l.items[i].key, l.items[j].key) }

// adversary answers comparisons such that each pivot turns out a bad one (M. D. McIlroy, "A Killer Adversary for
// Quicksort"): what it decides is a list on which the sort falls back on its heap.
type adversary struct {
	order     []int
	value     []int
	solid     int
	candidate int
}

func (a *adversary) Len() int      { return len(a.order) }
func (a *adversary) Swap(i, j int) { a.order[i], a.order[j] = a.order[j], a.order[i] }
func (a *adversary) Less(i, j int) bool {
	gas := len(a.order)
	x, y := a.order[i], a.order[j]
	if a.value[x] == gas && a.value[y] == gas {
		// Where neither is a pivot they take turns: answers that are all alike would make the list a sorted one.
		if x == a.candidate || y != a.candidate && a.solid%2 == 0 {
			a.value[x] = a.solid
		} else {
			a.value[y] = a.solid
		}
		a.solid++
	}
	if a.value[x] == gas {
		a.candidate = x
	} else if a.value[y] == gas {
		a.candidate = y
	}
	return a.value[x] < a.value[y]
}

func killer(n int) []int {
	a := &adversary{order: make([]int, n), value: make([]int, n)}
	for i := range a.order {
		a.order[i], a.value[i] = i, n
	}
	sort.Sort(a)
	return a.value
}

var random uint64 = 20261126

func draw(n int) int {
	random ^= random << 13
	random ^= random >> 7
	random ^= random << 17
	return int(random % uint64(n))
}

func main() {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	show := func(relation string, keys []int) {
		less := func(a, b int) bool { return a < b }
		if relation == "circle" {
			less = func(a, b int) bool { return (a+1)%3 == b }
		}
		items := make([]element, len(keys))
		for i, key := range keys {
			items[i] = element{key, i}
		}
		sort.Sort(list{items, less})
		var hash uint64
		for _, item := range items {
			hash = hash*1_000_003 + uint64(item.place) + 1
		}
		fmt.Fprint(out, relation, " ", hash)
		for _, key := range keys {
			fmt.Fprint(out, " ", key)
		}
		fmt.Fprintln(out)
	}
	made := func(n int, key func(i int) int) []int {
		keys := make([]int, n)
		for i := range keys {
			keys[i] = key(i)
		}
		return keys
	}
	for _, n := range []int{11, 12, 13, 14, 16, 20, 31, 32, 48, 49, 50, 51, 64, 65, 100, 128, 200} {
		for _, of := range []int{2, 3, 8, 1000} {
			show("keys", made(n, func(int) int { return draw(of) }))
		}
		show("circle", made(n, func(int) int { return draw(3) }))
		// Almost sorted, almost reversed, up and down: the ways that are tried before a partition.
		for swaps := 0; swaps <= 6; swaps += 1 {
			up, down := made(n, func(i int) int { return i / 3 }), made(n, func(i int) int { return (n - i) / 2 })
			for range swaps {
				i, j := draw(n), draw(n)
				up[i], up[j] = up[j], up[i]
				i = draw(n - 1)
				down[i], down[i+1] = down[i+1], down[i]
			}
			show("keys", up)
			show("keys", down)
		}
		show("keys", made(n, func(i int) int { return min(i, n-i) }))
		show("keys", made(n, func(i int) int { return i % 7 }))
		// One wrong neighbour at the end, or in the middle.
		late := made(n, func(i int) int { return i })
		late[n-1], late[n-2] = late[n-2], late[n-1]
		show("keys", late)
		late[n/2], late[n/2+1] = late[n/2+1], late[n/2]
		show("keys", late)
		bad := killer(n)
		show("keys", bad)
		show("keys", made(n, func(i int) int { return bad[i] / 2 }))
		show("circle", made(n, func(i int) int { return bad[i] % 3 }))
	}
	for _, n := range []int{300, 700, 1500} {
		bad := killer(n)
		show("keys", made(n, func(i int) int { return bad[i] / 3 }))
	}
	// The same with equals among those alone that are left when the heap takes over: the first ones have spoilt the pivots.
	for _, n := range []int{64, 128, 200, 300} {
		bad := killer(n)
		for _, spoilt := range []int{n / 4, n / 2, n * 3 / 4} {
			show("keys", made(n, func(i int) int {
				if bad[i] < spoilt {
					return bad[i]
				}
				return spoilt + (bad[i]-spoilt)/3
			}))
		}
	}
	// Reversed where pivots are looked for and with equals elsewhere; then with too many neighbours swapped for a repair;
	// then as the second half of a list whose first one is less.
	for _, n := range []int{50, 64, 100, 200} {
		down := made(n, func(i int) int {
			if at := i % (n / 4); i >= n/4-2 && (at <= 2 || at >= n/4-2) {
				return 2 * (n - i)
			}
			return 2*(n-i) | 2
		})
		show("keys", down)
		for i := 2; i+1 < n/4-2; i += 2 {
			down[i], down[i+1] = down[i+1], down[i]
		}
		show("keys", down)
		show("keys", append(made(n+2, func(i int) int { return i / (n + 1) }), down...))
	}
	// Circles in which a stretch begins.
	for n := 13; n < 43; n++ {
		show("circle", made(n, func(int) int { return draw(3) }))
	}
}
