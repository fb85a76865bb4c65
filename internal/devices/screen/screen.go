// Package screen takes pictures of a screen, or of one window where the system allows it.
//
// On X11 it speaks the protocol itself, over one connection and shared memory, for
// libraries connect anew for each picture and know no windows; elsewhere it uses
// github.com/kbinani/screenshot, which knows whole screens. Wayland lets nobody look: there
// the desktop's portal asks the person what to show, and PipeWire brings it.
package screen

import (
	"errors"
	"image"
)

// Source is what can be shown.
type Source struct {
	// ID is good until the source is gone.
	ID string
	// Name is a window's title; empty for a screen, which has a number from 1 on.
	Name   string
	Number int
	Size   image.Point
	// Asks: the system asks the person what to show, when it is opened; nothing else is known.
	Asks bool
}

// Errors of this package.
var (
	// ErrNone: this system shows no screen to programs.
	ErrNone = errors.New("no screen can be taken")
	// ErrWayland: only through a portal or a library that is not there.
	ErrWayland = errors.New("wayland shows screens through its portal and PipeWire only")
	// ErrRefused: the person chose nothing.
	ErrRefused = errors.New("nothing was chosen to be shown")
	// ErrGone: the window was closed, or the screen switched off.
	ErrGone = errors.New("the shared window or screen is gone")
)

// Capture is an open source.
type Capture interface {
	// Read takes a picture, as BGRX: four bytes a pixel, rows of 4 × width bytes. The bytes
	// are good until the next Read, and nil while the system has sent none. The size changes
	// with the window.
	Read() (pix []byte, size image.Point, err error)
	Close()
}
