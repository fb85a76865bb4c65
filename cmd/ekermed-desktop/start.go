package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"runtime"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"golang.org/x/sync/errgroup"

	"ekermed.example/ekermed/assets"
	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/managed"
	"ekermed.example/ekermed/internal/call/proxy"
	"ekermed.example/ekermed/internal/call/run"
	"ekermed.example/ekermed/internal/devices"
	"ekermed.example/ekermed/internal/devices/fake"
	"ekermed.example/ekermed/internal/ui"
)

// id names the program to the system: settings, notifications, keyring.
const id = "fr.ekermed.desktop"

// start wires the parts and runs until the window is closed or ctx ends.
func start(ctx context.Context, o options, it managed.Settings, log *slog.Logger) error {
	memory, err := newMemory(id)
	if err != nil {
		return err
	}
	remembered := memory.load(log)
	if o.server != "" {
		remembered.Server = o.server
	}
	m := &machine{devices: devices.New(devices.Options{Fake: o.devices == "fake", FakeCamera: o.devices == "fake-camera", Look: fake.Desktop, Log: log}), log: log}
	var latest atomic.Pointer[call.State]
	changed := make(chan struct{}, 1)
	paper := &paper{}
	desk := run.New(run.Options{
		Board:   paper,
		Managed: call.Managed{Server: it.Server, NoFiles: it.NoFiles}, Scanner: it.Scanner,
		Machine: m, Memory: memory, Dialer: proxy.New(proxy.Options{Find: proxy.System(), Kept: memory.proxyLogin}),
		Client: versionLine(), Log: log, Now: time.Now,
		Changed: func(s call.State) {
			latest.Store(&s)
			select {
			case changed <- struct{}{}:
			default: // the newest state is shown anyway
			}
		},
	}, remembered)

	a := app.NewWithID(id)
	w := a.NewWindow("e-KerMed")
	choose := chooser{ctx, log}
	open := &opener{ctx: ctx}
	defer open.reader.Close()
	screens := ui.New(ui.Options{
		Emit: desk.Post, Post: fyne.Do, Frames: m, Level: m.level, LevelOf: m.levelOf,
		Focused: func(name string) { m.focus.Store(&name) },
		Active:  func() { desk.Post(call.Active{}) },
		Notify:  func(title, body string) { a.SendNotification(fyne.NewNotification(title, body)) },
		Title:   w.SetTitle,
		Chime:   func() { m.chime(ctx, devices.ChimeArrival) },
		Copy:    func(text string) { a.Clipboard().SetContent(text) },
		OpenURL: func(address string) {
			if u, err := url.Parse(address); err == nil {
				if err := a.OpenURL(u); err != nil {
					log.Warn("opening the browser", "error", err)
				}
			}
		},
		PickFiles: choose.files, PickPicture: choose.picture, PickFolder: choose.folder, Save: choose.save, Downloads: downloads(), OpenPaper: open.paper,
		Aside:    func(work func()) { go work() }, // each ends by itself: it opens, draws or turns one picture
		Language: systemLanguage(), Version: version, System: runtime.GOOS,
	})
	paper.screens = screens
	screens.Show(desk.State())
	w.SetPadded(false)
	w.SetContent(screens.Content())
	screens.Register(w.Canvas())
	if icon, err := assets.File("icons/app.png"); err == nil {
		w.SetIcon(fyne.NewStaticResource("app.png", icon))
	}
	w.SetOnDropped(func(_ fyne.Position, all []fyne.URI) { screens.SendFiles(dropped(all)) })
	w.Resize(fyne.NewSize(1280, 800))
	w.CenterOnScreen()

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	g, ctx := errgroup.WithContext(ctx)
	started := make(chan struct{})
	a.Lifecycle().SetOnStarted(func() { close(started) })
	g.Go(func() error { return desk.Run(ctx) })
	g.Go(func() error { return quietly(ctx, m.watch(ctx, desk.Post)) })
	g.Go(func() error {
		<-started
		return quietly(ctx, screens.Run(ctx))
	})
	g.Go(func() error { return show(ctx, started, changed, func() { screens.Show(*latest.Load()) }) })
	g.Go(func() error { return report(ctx, o.status, desk, m, latest.Load, log) })
	g.Go(func() error { // the window goes with the rest
		<-ctx.Done()
		<-started
		fyne.Do(a.Quit)
		return nil
	})
	switch {
	case o.session != "":
		desk.SignedIn(o.server, o.session)
	case remembered.Server != "" && remembered.Email != "":
		if token, err := memory.secret(remembered.Server, remembered.Email); err == nil {
			desk.SignedIn(remembered.Server, token)
		}
	}
	err = display(w)
	cancel()
	if err != nil {
		return err // nothing was started that would have to end in order
	}
	if err := g.Wait(); err != nil {
		return fmt.Errorf("running: %w", err)
	}
	return nil
}

// display shows the window until it is closed. The toolkit panics when there is no
// display; people get a sentence.
func display(w fyne.Window) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("no window can be shown: %v; start the program from a desktop session, or set DISPLAY", r)
		}
	}()
	w.ShowAndRun()
	return nil
}

// show brings each new state to the screen, one at a time.
func show(ctx context.Context, started <-chan struct{}, changed <-chan struct{}, draw func()) error {
	select {
	case <-started:
	case <-ctx.Done():
		return nil
	}
	for {
		select {
		case <-changed:
			fyne.DoAndWait(draw)
		case <-ctx.Done():
			return nil
		}
	}
}

// quietly takes the end of ctx for a good end.
func quietly(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}
