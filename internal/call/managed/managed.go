// Package managed reads what the IT department sets for everybody who uses a machine: one
// small TOML file that they may read and not write. docs/guide-it.md is its manual.
//
// Whatever is wrong with the file, people can still consult. What it may have said about
// files counts as said, for nobody can tell that it was not.
package managed

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"ekermed.example/ekermed/internal/call/files/safe"
	"ekermed.example/ekermed/internal/call/portal"
)

// What is read at most: bytes of the file, words of a command, and bytes of each of them.
const (
	MaxSize  = 64 << 10
	maxWords = 64
	maxWord  = 4096
)

// Settings are those of a machine. The zero value leaves everything to its users.
type Settings struct {
	// Server is the address as portal.Parse writes it, which nobody changes then; empty: theirs.
	Server string
	// NoFiles: the program neither sends nor receives any.
	NoFiles bool
	// Scanner looks at each file that is received.
	Scanner safe.Scanner
}

// Read takes the settings from the file at path. No file is no settings. Settings are to be
// followed whatever the error, which names everything that is wrong with the file.
func Read(path string) (Settings, error) { return read(path, trusted) }

func read(path string, trust func(*os.File) error) (Settings, error) {
	// Not Stat: a link that leads nowhere was put there by somebody who wanted something.
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return Settings{}, nil
	}
	text, err := load(path, trust)
	s := doubtful()
	if err == nil {
		s, err = Parse(text)
	}
	if len(s.Scanner.Command) > 0 {
		// It is asked all the same: it may be installed later, and until then passes nothing.
		if _, missing := exec.LookPath(s.Scanner.Command[0]); missing != nil {
			err = errors.Join(err, fmt.Errorf("files.scanner: %w; install it there: until then every file is refused", missing))
		}
	}
	if err != nil {
		return s, fmt.Errorf("machine-wide settings %s: %w", path, err)
	}
	return s, nil
}

// doubtful is what holds when nobody can tell what was meant.
func doubtful() Settings { return Settings{NoFiles: true} }

func load(path string, trust func(*os.File) error) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait for its other end
		return nil, errors.New("not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := trust(f); err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(f, MaxSize+1))
}

// Parse reads the text of the file; see Read for settings that come with an error.
func Parse(text []byte) (Settings, error) {
	if len(text) > MaxSize {
		return doubtful(), fmt.Errorf("more than %d bytes", MaxSize)
	}
	var tree map[string]any
	if _, err := toml.Decode(string(text), &tree); err != nil {
		return doubtful(), err
	}
	var s Settings
	var faults []error
	for _, key := range slices.Sorted(maps.Keys(tree)) { // in the same order each time
		var err error
		switch value := tree[key]; key {
		case "server":
			s.Server, err = server(value)
		case "files":
			err = s.files(value)
		default:
			s.NoFiles = true // it may be files, misspelt
			err = unknown(key)
		}
		faults = append(faults, err)
	}
	return s, errors.Join(faults...)
}

func unknown(key string) error {
	return fmt.Errorf("unknown key %q: files are off until it is corrected or removed", key)
}

func server(value any) (string, error) {
	address, ok := value.(string)
	if !ok || len(address) > maxWord {
		return "", errors.New(`server: write it as "https://visio.hospital.example"`)
	}
	base, err := portal.Parse(address)
	if err != nil {
		return "", fmt.Errorf("server = %q: %w", address, err)
	}
	return base, nil
}

func (s *Settings) files(value any) error {
	table, ok := value.(map[string]any)
	if !ok {
		s.NoFiles = true
		return errors.New("files: a table is wanted, [files]; files are off until then")
	}
	var faults []error
	for _, key := range slices.Sorted(maps.Keys(table)) {
		switch value := table[key]; key {
		case "enabled":
			on, ok := value.(bool)
			if !ok {
				faults = append(faults, errors.New("files.enabled: write true or false, without quotation marks; files are off until then"))
			}
			s.NoFiles = s.NoFiles || !on
		case "scanner":
			command, err := program(value)
			if err != nil {
				err = fmt.Errorf("files.scanner: %w; every file is refused until then", err)
			}
			s.Scanner = safe.Scanner{Command: command, Fault: err}
			faults = append(faults, err)
		default:
			s.NoFiles = true
			faults = append(faults, unknown("files."+key))
		}
	}
	return errors.Join(faults...)
}

// program reads a command: a program by its whole path, so that no folder of a user's can
// stand in for it, and its arguments.
func program(value any) ([]string, error) {
	list, ok := value.([]any)
	if !ok || len(list) == 0 || len(list) > maxWords {
		return nil, fmt.Errorf(`write the program and its arguments as a list of 1 to %d texts, such as ["/usr/bin/clamdscan", "--no-summary"]`, maxWords)
	}
	command := make([]string, len(list))
	for i, value := range list {
		word, ok := value.(string)
		if !ok || len(word) > maxWord || strings.ContainsRune(word, 0) {
			return nil, fmt.Errorf("item %d is no text of at most %d bytes", i+1, maxWord)
		}
		command[i] = word
	}
	if !filepath.IsAbs(command[0]) {
		return nil, fmt.Errorf("%q: write the program's whole path", command[0])
	}
	// cmd.exe reads the arguments of its scripts once more, and with them names of folders.
	if ext := filepath.Ext(command[0]); runtime.GOOS == "windows" && !strings.EqualFold(ext, ".exe") {
		return nil, fmt.Errorf("a program that ends in .exe is wanted, and not %q", cmp.Or(ext, filepath.Base(command[0])))
	}
	return command, nil
}
