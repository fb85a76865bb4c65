// Command evidence runs the tests of docs/evidence/evidence.tsv and prints a line for each
// promise: evidence [PROMISE...].
package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// row is one line of the table.
type row struct {
	promise, pkg, what string
	tests              []string
}

func main() { os.Exit(run()) }

func run() int {
	root := flag.String("root", "..", "the project's folder")
	flag.Parse()
	rows, err := read(*root + "/docs/evidence/evidence.tsv")
	if err != nil {
		fmt.Fprintln(os.Stderr, "evidence:", err)
		return 2
	}
	if flag.NArg() > 0 {
		rows = slices.DeleteFunc(rows, func(r row) bool { return !slices.Contains(flag.Args(), r.promise) })
	}
	begin, failed := time.Now(), 0
	results := map[string]map[string]ending{}
	for _, r := range rows {
		if results[r.pkg] == nil {
			results[r.pkg] = test(*root, r.pkg, rows)
		}
		state, bad := judge(r, results[r.pkg])
		if state != "holds" && state != "not run" {
			failed++
		}
		fmt.Printf("%-6s %-8s %s%s\n", r.promise, state, r.what, bad)
		for _, t := range r.tests {
			if e := results[r.pkg][t]; e.action == "fail" {
				fmt.Print("       | ", strings.Join(e.said, "       | "))
			}
		}
	}
	fmt.Printf("%d promises, %d failed, %s\n", len(rows), failed, time.Since(begin).Round(time.Second))
	if failed > 0 || len(rows) == 0 {
		return 1
	}
	return 0
}

func read(path string) ([]row, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var rows []row
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		fields := strings.Split(lines.Text(), "\t")
		if strings.HasPrefix(lines.Text(), "#") || len(fields) != 4 {
			continue
		}
		rows = append(rows, row{fields[0], fields[1], fields[3], strings.Fields(fields[2])})
	}
	return rows, lines.Err()
}

// saidMost is how many lines of a test are kept, the last ones.
const saidMost = 80

// ending is how a test ended, and what it said, its parts included.
type ending struct {
	action string
	said   []string
}

// test runs all tests that the rows name of a package, and tells how each ended.
func test(root, pkg string, rows []row) map[string]ending {
	var names []string
	for _, r := range rows {
		if r.pkg == pkg {
			names = append(names, r.tests...)
		}
	}
	slices.Sort(names)
	cmd := exec.Command("go", "test", "-json", "-count=1", "-timeout=30m", "-tags", cmp.Or(os.Getenv("GOTAGS"), "nolibopusfile migrated_fynedo"),
		"-run", "^("+strings.Join(slices.Compact(names), "|")+")$", "./"+pkg)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "ROOM_ROUNDS=100000", "NETLAB_ROWS=tap,seal")
	if pkg == "internal/ui" { // needs no compiler for C, and no display
		cmd.Env = append(cmd.Env, "CGO_ENABLED=0")
	}
	ended := map[string]ending{}
	out, err := cmd.StdoutPipe()
	if err != nil || cmd.Start() != nil {
		return ended
	}
	lines := json.NewDecoder(out)
	for {
		var e struct{ Action, Test, Output string }
		if lines.Decode(&e) != nil {
			break
		}
		name, _, part := strings.Cut(e.Test, "/")
		one := ended[name]
		switch e.Action {
		case "output":
			one.said = append(one.said, e.Output)
			one.said = one.said[max(0, len(one.said)-saidMost):]
		case "pass", "fail", "skip":
			if !part {
				one.action = e.Action
			}
		}
		ended[name] = one
	}
	_ = cmd.Wait() // what failed is told by test
	return ended
}

// judge sums a row up.
func judge(r row, ended map[string]ending) (state, bad string) {
	state = "holds"
	for _, t := range r.tests {
		switch ended[t].action {
		case "pass":
		case "skip":
			if state == "holds" {
				state = "not run"
			}
			bad += ": " + t + " was skipped"
		default:
			state = "FAILED"
			bad += ": " + t + " " + cmp.Or(ended[t].action, "did not run")
		}
	}
	return state, bad
}
