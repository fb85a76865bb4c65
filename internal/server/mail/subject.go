package mail

import (
	"encoding/json"
	"errors"
	"io/fs"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Kept is a mail that lies in the data folder.
type Kept struct {
	// Folder is queue, for one that the SMTP server has not taken yet, or outbox.
	Folder string    `json:"folder"`
	File   string    `json:"file"`
	At     time.Time `json:"at"`
}

// KeptFor lists the mails to an address that lie in a data folder.
func KeptFor(data, email string) ([]Kept, error) {
	return walk(data, func(folder, path string) bool { return strings.EqualFold(addressee(folder, path), email) })
}

// EraseFor removes them, and tells how many there were.
func EraseFor(data, email string) (int, error) {
	list, err := KeptFor(data, email)
	if err != nil {
		return 0, err
	}
	return remove(data, list)
}

// PurgeOutbox removes mails of the outbox that are older than before.
func PurgeOutbox(data string, before time.Time) (int, error) {
	list, err := walk(data, func(folder, path string) bool {
		info, err := os.Stat(path)
		return folder == "outbox" && err == nil && info.ModTime().Before(before)
	})
	if err != nil {
		return 0, err
	}
	return remove(data, list)
}

func remove(data string, list []Kept) (int, error) {
	for i, k := range list {
		if err := os.Remove(filepath.Join(data, k.Folder, k.File)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return i, err
		}
	}
	return len(list), nil
}

func walk(data string, wanted func(folder, path string) bool) ([]Kept, error) {
	var list []Kept
	for _, folder := range []string{"queue", "outbox"} {
		entries, err := os.ReadDir(filepath.Join(data, folder))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			path := filepath.Join(data, folder, e.Name())
			info, err := e.Info()
			if err != nil || !info.Mode().IsRegular() || !wanted(folder, path) {
				continue
			}
			list = append(list, Kept{Folder: folder, File: e.Name(), At: info.ModTime().UTC()})
		}
	}
	return list, nil
}

// addressee reads whom a kept mail is for.
func addressee(folder, path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	if folder == "queue" {
		var in Invitation
		if json.Unmarshal(text, &in) != nil {
			return ""
		}
		return in.To
	}
	m, err := netmail.ReadMessage(strings.NewReader(string(text)))
	if err != nil {
		return ""
	}
	to, err := netmail.ParseAddress(m.Header.Get("To"))
	if err != nil {
		return ""
	}
	return to.Address
}
