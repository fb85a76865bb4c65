package main

import (
	"context"
	"image"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/run"
	"ekermed.example/ekermed/internal/devices"
)

// machine lets package run and package ui use package devices, which neither knows.
type machine struct {
	devices *devices.Devices
	log     *slog.Logger
	session atomic.Pointer[devices.Session] // the one that is open, or nil
	focus   atomic.Pointer[string]          // the accessible name of what has the keyboard
}

// media is an open session as package run wants it.
type media struct {
	*devices.Session
	machine *machine
}

func (m *machine) Open(ctx context.Context, choice call.Choice, later func(call.DevicesOpened)) (run.Media, call.DevicesOpened) {
	s, report := m.devices.Open(ctx, choice)
	m.session.Store(s)
	go func() { // ends when the session is closed
		for r := range s.Problems() {
			later(opened(r))
		}
	}()
	return media{s, m}, opened(report)
}

func opened(r devices.Report) call.DevicesOpened {
	return call.DevicesOpened{Open: true, Camera: r.Camera, Microphone: r.Microphone, Speaker: r.Speaker}
}

func (v media) Switch(ctx context.Context, choice call.Choice) call.DevicesOpened {
	return opened(v.Session.Switch(ctx, choice))
}

func (v media) Close() error {
	v.machine.session.CompareAndSwap(v.Session, nil)
	return v.Session.Close()
}

// Screens lists what can be shown.
func (m *machine) Screens(ctx context.Context) ([]call.Surface, *call.Problem) {
	return devices.Screens(ctx)
}

// Test sounds the speaker: through the open session, or outside any.
func (m *machine) Test(ctx context.Context, choice call.Choice) {
	m.sound(ctx, choice, devices.ChimeTest)
}

func (m *machine) chime(ctx context.Context, kind devices.Chime) {
	go m.sound(ctx, call.Choice{}, kind) // ends with the sound, or with ctx
}

func (m *machine) sound(ctx context.Context, choice call.Choice, kind devices.Chime) {
	if s := m.session.Load(); s != nil {
		s.Chime(kind)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := m.devices.Chime(ctx, choice, kind); err != nil {
		m.log.Warn("no chime", "error", err)
	}
}

func (m *machine) watch(ctx context.Context, post func(call.Event)) error {
	return m.devices.Watch(ctx, func(cameras, microphones, speakers []call.Device) {
		post(call.DevicesFound{Cameras: cameras, Microphones: microphones, Speakers: speakers})
	})
}

// Latest is ui.Frames.
func (m *machine) Latest(peer string) (*image.RGBA, uint64) {
	if s := m.session.Load(); s != nil {
		return s.Latest(peer)
	}
	return nil, 0
}

func (m *machine) level() float64 {
	if s := m.session.Load(); s != nil {
		return s.Level()
	}
	return 0
}

func (m *machine) levelOf(peer string) float64 {
	if s := m.session.Load(); s != nil {
		return s.LevelOf(peer)
	}
	return 0
}

// systemLanguage is the language of the desktop, from the environment where there is one.
func systemLanguage() string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := os.Getenv(name); v != "" && v != "C" && v != "POSIX" && v != "C.UTF-8" {
			return v
		}
	}
	return "fr"
}
