package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/board"
	"ekermed.example/ekermed/internal/call/files"
	"ekermed.example/ekermed/internal/call/files/courier"
	"ekermed.example/ekermed/internal/call/photo"
	"ekermed.example/ekermed/internal/call/picture"
)

// What is kept of pictures that come by themselves.
const (
	// photosMost bounds the photographs that are taken without another press, in bytes.
	photosMost = 200 << 20
	// groundsMost is how many grounds are kept beside the present one: undo brings them back.
	groundsMost = 4
)

// lay sends a picture to everybody and lets the whiteboard have it as its ground. It is drawn
// anew first: what it knew of place, time and camera stays here.
func (d *Desk) lay(w call.LayPicture) {
	if d.o.Board == nil {
		return
	}
	item, _ := d.features.find(w.File)
	entry := d.entry
	d.work(func(context.Context) call.Event {
		content, read, err := prepare(w, item)
		return posted{entry: entry, do: func() { d.laid(item.Name, content, read, err) }}
	})
}

// prepare reads a picture and draws it anew.
func prepare(w call.LayPicture, item files.Item) ([]byte, *picture.Picture, error) {
	content, err := w.Content, error(nil)
	if content == nil {
		content = item.Content
	}
	if content == nil {
		path := w.Path
		if path == "" {
			path = item.Path
		}
		if content, err = load(path); err != nil {
			return nil, nil, err
		}
	}
	if content, err = picture.Redraw(content, w.Quarters, picture.Longest); err != nil {
		return nil, nil, err
	}
	read, err := picture.Read(content)
	return content, read, err
}

// load reads a file that is no larger than a picture may be.
func load(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening the picture: %w", err)
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, picture.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading the picture %q: %w", filepath.Base(path), err)
	}
	return content, nil // one that is too large is refused as a picture
}

// errUnsent: the picture is one, and cannot be sent here.
var errUnsent = errors.New("files cannot be sent")

func (d *Desk) laid(name string, content []byte, read *picture.Picture, err error) {
	if d.features == nil {
		return
	}
	if err != nil {
		d.o.Log.Debug("no ground", "error", err)
		d.o.Board.Lay(board.Ground{}, err)
		return
	}
	if name == "" {
		name = "ground" // nobody is shown it, and a name on the disk may say too much
	}
	e := d.features.files
	id := e.Send(files.File{Name: name, Kind: picture.KindOf(content), Use: files.Backdrop, Source: courier.BytesSource(content), Picture: read})
	if it, ok := d.features.find(id); !ok || it.State == files.Failed {
		d.o.Board.Lay(board.Ground{}, errUnsent)
		return
	}
	d.o.Board.Lay(board.Ground{File: id, Width: read.Width, Height: read.Height, SHA: read.SHA}, nil)
}

func (f *features) find(id string) (files.Item, bool) {
	for _, it := range f.files.View() {
		if it.ID == id && id != "" {
			return it, true
		}
	}
	return files.Item{}, false
}

// target is where a file goes: photographs stay in memory.
func (f *features) target(w call.TakeFile) files.Target {
	it, _ := f.find(w.ID)
	return files.Target{Dir: w.Dir, Memory: it.Use == files.Snapshot && it.Size <= picture.MaxBytes}
}

// collect takes what nobody need ask for: the picture under the whiteboard, and photographs
// that somebody was asked for.
func (f *features) collect() {
	all := f.files.View()
	photos, spare := int64(0), 0
	for _, it := range all {
		switch {
		case it.Mine:
		case it.Use == files.Snapshot && f.took[it.ID] && it.State != files.Erased:
			photos += it.Size
		case it.Use == files.Backdrop && it.Picture != nil && it.Offer != f.ground:
			spare++
		}
	}
	for _, it := range all {
		switch {
		case it.Mine:
		case it.Use == files.Backdrop && it.Picture != nil && it.Offer != f.ground && spare > groundsMost:
			spare--
			f.files.Release(it.ID)
		case it.State != files.Ready || it.Problem != "":
		case it.Use == files.Backdrop && it.Offer == f.ground:
			f.files.Take(it.ID, files.Target{Ground: true})
		case it.Use == files.Snapshot && f.asked(it.From) && !f.took[it.ID] && photos+it.Size <= photosMost:
			f.took[it.ID] = true
			photos += it.Size
			f.files.Take(it.ID, files.Target{Memory: true})
		}
	}
}

// asked tells whether somebody was asked for a photograph, and has not declined.
func (f *features) asked(peer string) bool {
	for _, a := range f.photo.View() {
		if a.Peer == peer && !a.Swap && a.State != photo.Refused && a.State != photo.Failed {
			return true
		}
	}
	return false
}
