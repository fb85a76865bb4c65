package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"github.com/ncruces/zenity"
)

// chooser shows the system's own dialogs for files: people know them, and they remember
// folders. On Linux that is the program zenity.
type chooser struct {
	ctx context.Context
	log *slog.Logger
}

// files asks which files to send.
func (c chooser) files(chosen func([]string)) {
	go func() { // ends with the dialog, or with ctx
		paths, err := zenity.SelectFileMultiple(zenity.Context(c.ctx))
		c.finish(err, func() { chosen(paths) })
	}()
}

// picture asks for one, or for a PDF, to lie under the whiteboard.
func (c chooser) picture(chosen func(string)) {
	go func() { // likewise
		path, err := zenity.SelectFile(zenity.FileFilter{Name: "PNG, JPEG, PDF", Patterns: []string{"*.png", "*.jpg", "*.jpeg", "*.pdf"}, CaseFold: true}, zenity.Context(c.ctx))
		c.finish(err, func() { chosen(path) })
	}()
}

// folder asks where to keep a file.
func (c chooser) folder(chosen func(string)) {
	go func() { // likewise
		dir, err := zenity.SelectFile(zenity.Directory(), zenity.Context(c.ctx))
		c.finish(err, func() { chosen(dir) })
	}()
}

// save asks where to keep something, and keeps it.
func (c chooser) save(name string, content []byte) {
	go func() { // likewise
		path, err := zenity.SelectFileSave(zenity.Filename(name), zenity.ConfirmOverwrite(), zenity.Context(c.ctx))
		c.finish(err, func() {
			if err := os.WriteFile(path, content, 0o600); err != nil {
				c.log.Error("not kept", "error", err)
			}
		})
	}()
}

func (c chooser) finish(err error, chosen func()) {
	switch {
	case err == nil:
		fyne.Do(chosen)
	case !errors.Is(err, zenity.ErrCanceled) && c.ctx.Err() == nil:
		c.log.Error("the system's dialog cannot be shown", "error", err)
	}
}

// dropped are the files that were let fall on the window.
func dropped(all []fyne.URI) []string {
	var paths []string
	for _, u := range all {
		if u.Scheme() == "file" {
			paths = append(paths, u.Path())
		}
	}
	return paths
}

// downloads is where this person keeps what comes from others.
func downloads() string {
	home, err := os.UserHomeDir()
	if out, failed := exec.Command("xdg-user-dir", "DOWNLOAD").Output(); failed == nil {
		// It answers with the home where nothing is set up.
		if dir := strings.TrimSpace(string(out)); folder(dir) && dir != home {
			return dir
		}
	}
	if err != nil {
		return os.TempDir()
	}
	if dir := filepath.Join(home, "Downloads"); folder(dir) {
		return dir
	}
	return home
}

func folder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
