package screen

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// display starts an X server of our own.
func display(t *testing.T) {
	t.Helper()
	path, err := exec.LookPath("Xvfb")
	if err != nil {
		t.Skip("no Xvfb")
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd := exec.Command(path, "-displayfd", "3", "-screen", "0", "640x400x24", "-nolisten", "tcp", "-noreset")
	cmd.ExtraFiles = []*os.File{w}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	number, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("DISPLAY", ":"+strings.TrimSpace(number))
	t.Setenv("XDG_SESSION_TYPE", "")
	t.Setenv("WAYLAND_DISPLAY", "")
}

// window puts a window of one colour on the screen, known to the window manager's list.
func window(t *testing.T, name string, colour uint32, x int16) (*xgb.Conn, xproto.Window) {
	t.Helper()
	c, err := xgb.NewConn()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	screen := xproto.Setup(c).DefaultScreen(c)
	w, _ := xproto.NewWindowId(c)
	xproto.CreateWindow(c, screen.RootDepth, w, screen.Root, x, 20, 101, 60, 0, xproto.WindowClassInputOutput, screen.RootVisual, xproto.CwBackPixel, []uint32{colour})
	xproto.ChangeProperty(c, xproto.PropModeReplace, w, xproto.AtomWmName, xproto.AtomString, 8, uint32(len(name)), []byte(name))
	list, _ := xproto.InternAtom(c, false, uint16(len("_NET_CLIENT_LIST")), "_NET_CLIENT_LIST").Reply()
	id := []byte{byte(w), byte(w >> 8), byte(w >> 16), byte(w >> 24)}
	xproto.ChangeProperty(c, xproto.PropModeAppend, screen.Root, list.Atom, xproto.AtomWindow, 32, 1, id)
	if err := xproto.MapWindowChecked(c, w).Check(); err != nil {
		t.Fatal(err)
	}
	return c, w
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 500 {
		if ok() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("not: " + what)
}

func TestScreensAndWindows(t *testing.T) {
	display(t)
	_, red := window(t, "Rouge", 0xff0000, 30)
	c, _ := window(t, "Bleue", 0x0000ff, 60) // covers half of the red one
	all, err := Sources(t.Context())
	if err != nil || len(all) != 3 || all[0].Number != 1 || all[0].Size.X != 640 || all[1].Name != "Rouge" || all[1].Size.X != 101 {
		t.Fatalf("%+v %v", all, err)
	}
	whole, err := Open(t.Context(), all[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	defer whole.Close()
	at := func(x, y int) []byte {
		pix, size, err := whole.Read()
		if err != nil || len(pix) != 4*size.X*size.Y {
			t.Fatalf("%d bytes of %v, %v", len(pix), size, err)
		}
		return pix[4*(y*size.X+x):][:3]
	}
	until(t, "a red and a blue window on the screen", func() bool {
		return bytes.Equal(at(40, 30), []byte{0, 0, 0xff}) && bytes.Equal(at(70, 30), []byte{0xff, 0, 0})
	})
	// A window alone is whole, also where another covers it.
	one, err := Open(t.Context(), all[1].ID)
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	until(t, "the red window, whole", func() bool {
		xproto.ClearArea(c, true, red, 0, 0, 0, 0)
		pix, size, err := one.Read()
		return err == nil && size.X == 101 && size.Y == 60 && bytes.Equal(pix[4*(10*size.X+90):][:3], []byte{0, 0, 0xff})
	})
	xproto.ConfigureWindow(c, red, xproto.ConfigWindowWidth, []uint32{140})
	until(t, "its new size", func() bool { _, size, err := one.Read(); return err == nil && size.X == 140 })
	xproto.DestroyWindow(c, red)
	until(t, "that it is gone", func() bool { _, _, err := one.Read(); return errors.Is(err, ErrGone) })
	for _, id := range []string{"", "screen:9", "window:1", "window:x", "nonsense"} {
		if got, err := Open(t.Context(), id); err == nil {
			got.Close()
			t.Errorf("%q was opened", id)
		}
	}
}

func TestNoScreen(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+t.TempDir()+"/none")
	for _, c := range []struct {
		display, wayland, session string
		want                      error
	}{
		{"", "", "", ErrNone},
		{"", "wayland-0", "", ErrWayland},
		{":0", "wayland-0", "tty", ErrWayland},
		{":0", "", "wayland", ErrWayland},
	} {
		t.Setenv("DISPLAY", c.display)
		t.Setenv("WAYLAND_DISPLAY", c.wayland)
		t.Setenv("XDG_SESSION_TYPE", c.session)
		if all, err := Sources(t.Context()); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v %v", c, all, err)
		}
		id := "screen:0"
		if c.want == ErrWayland {
			id = asked
		}
		if _, err := Open(t.Context(), id); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if _, err := Open(t.Context(), "screen:0"); !errors.Is(err, ErrGone) {
		t.Errorf("a screen of X11 under Wayland: %v", err)
	}
}

func BenchmarkRead(b *testing.B) {
	if os.Getenv("DISPLAY") == "" {
		b.Skip("no display")
	}
	c, err := Open(b.Context(), "screen:0")
	if err != nil {
		b.Skip(err)
	}
	defer c.Close()
	for b.Loop() {
		if _, _, err := c.Read(); err != nil {
			b.Fatal(err)
		}
	}
}
