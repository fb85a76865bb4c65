// Package waylandtest starts a Wayland desktop for tests: sway without a display, PipeWire,
// the XDG desktop portal, and a session bus, all in a folder of their own.
package waylandtest

import (
	"context"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// The portal and its parts are in no PATH.
const libexec = "/usr/libexec/"

// patience is for a desktop's parts to start; nothing waits that long when all is well.
const patience = 30 * time.Second

// Output is the name of the only monitor.
const Output = "HEADLESS-1"

// nobody is who sway runs as when the test is root's, which it refuses.
const nobody = 65534

// Chooser is what the portal's chooser does.
type Chooser string

// What a person may do.
const (
	Takes   Chooser = "chooser_type=none\noutput_name=" + Output // the monitor, unasked
	Refuses Chooser = "chooser_type=simple\nchooser_cmd=false"
	Thinks  Chooser = "chooser_type=simple\nchooser_cmd=touch $HOME/thinking; exec sleep 600"
)

// Desktop is what was started.
type Desktop struct {
	t    testing.TB
	dir  string
	run  string // XDG_RUNTIME_DIR
	env  []string
	bus  *dbus.Conn
	sway *exec.Cmd
}

// Start starts a desktop with one monitor. It ends with the test, which is skipped when parts
// are not installed.
func Start(t testing.TB, size image.Point, chooser Chooser) *Desktop {
	t.Helper()
	d := prepare(t, "dbus-daemon", "sway", "swaymsg", "swaybg", "pipewire", "wireplumber",
		libexec+"xdg-desktop-portal", libexec+"xdg-desktop-portal-wlr", libexec+"xdg-permission-store")
	home := filepath.Join(d.dir, "home")
	d.check(os.MkdirAll(home+"/xdg-desktop-portal-wlr", 0o755))
	d.write("sway.conf", fmt.Sprintf("xwayland disable\noutput %s mode --custom %dx%d\n", Output, size.X, size.Y))
	d.write("home/xdg-desktop-portal-wlr/config", "[screencast]\n"+string(chooser)+"\n")
	if os.Getuid() == 0 {
		d.check(os.Chown(d.run, nobody, nobody))
	}
	d.env = append(d.env, "HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_RUNTIME_DIR="+d.run, "XDG_CURRENT_DESKTOP=sway",
		"DBUS_SESSION_BUS_ADDRESS="+d.Bus(), "WLR_BACKENDS=headless", "WLR_RENDERER=pixman", "WLR_LIBINPUT_NO_DEVICES=1",
		"WAYLAND_DISPLAY="+d.run+"/between")
	d.startBus()
	d.start("pipewire")
	d.sway = d.start("sway", "-c", d.dir+"/sway.conf")
	d.until("PipeWire and a compositor", func() bool { return exists(d.run+"/pipewire-0") && exists(d.Display()) })
	stop, err := listen(d.run+"/between", d.Display())
	d.check(err)
	t.Cleanup(stop)
	d.start("wireplumber")
	d.serve(libexec+"xdg-permission-store", "org.freedesktop.impl.portal.PermissionStore")
	d.serve(libexec+"xdg-desktop-portal-wlr", "org.freedesktop.impl.portal.desktop.wlr", "-l", "DEBUG")
	d.serve(libexec+"xdg-desktop-portal", "org.freedesktop.portal.Desktop")
	return d
}

// Enter has this process take the desktop for its own, until the test ends.
func (d *Desktop) Enter() *Desktop {
	d.t.Helper()
	d.t.Setenv("DBUS_SESSION_BUS_ADDRESS", d.Bus())
	d.t.Setenv("XDG_SESSION_TYPE", "wayland")
	return d
}

// Display is the compositor's socket.
func (d *Desktop) Display() string { return d.run + "/wayland-1" }

// Bus is the address of the session bus.
func (d *Desktop) Bus() string { return "unix:path=" + d.run + "/bus" }

// Bus starts a session bus that knows no programs to start, points this process to it, and
// returns its address.
func Bus(t testing.TB) string {
	t.Helper()
	d := prepare(t, "dbus-daemon")
	d.startBus()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", d.Bus())
	return d.Bus()
}

// Lacking skips a test for what this machine has not; where WAYLAND_REQUIRED is set, as in
// make test, which installs it, the test fails.
func Lacking(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("WAYLAND_REQUIRED") != "" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// prepare makes a folder, or skips the test when one of the programs is not installed.
func prepare(t testing.TB, programs ...string) *Desktop {
	t.Helper()
	for _, name := range programs {
		if _, err := exec.LookPath(name); err != nil {
			Lacking(t, name+" is not installed (packaging/setup.sh does): no Wayland desktop to test with")
		}
	}
	// Not t.TempDir, which holds the test's name: a socket's path is at most 107 bytes.
	dir, err := os.MkdirTemp("", "ek")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	d := &Desktop{t: t, dir: dir, run: filepath.Join(dir, "run"), env: []string{"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8"}}
	d.check(os.Chmod(dir, 0o755), os.Mkdir(d.run, 0o700))
	return d
}

func (d *Desktop) startBus() {
	d.t.Helper()
	d.write("bus.conf", `<busconfig><type>session</type><listen>`+d.Bus()+`</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`)
	d.start("dbus-daemon", "--nofork", "--config-file="+d.dir+"/bus.conf")
	d.until("a session bus", func() bool {
		var err error
		d.bus, err = dbus.Connect(d.Bus())
		return err == nil
	})
	d.t.Cleanup(func() { _ = d.bus.Close() })
}

// Show fills the monitor with a picture of its size.
func (d *Desktop) Show(m image.Image) {
	d.t.Helper()
	f, err := os.CreateTemp(d.dir, "*.png")
	d.check(err)
	d.check(png.Encode(f, m), f.Close(), os.Chmod(f.Name(), 0o644))
	d.Sway("output " + Output + " bg " + f.Name() + " stretch")
}

// ShowUntil shows a picture until somebody has seen it. The portal's backend sends what
// changes, and may miss a change while it agrees on sizes: a still screen then stays unsent.
func (d *Desktop) ShowUntil(what string, m image.Image, seen func() bool) {
	d.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		d.Show(m)
		for again := time.Now().Add(time.Second); time.Now().Before(again); time.Sleep(20 * time.Millisecond) {
			if seen() {
				return
			}
		}
	}
	d.t.Fatal("not seen: " + what)
}

// Resize gives the monitor another size.
func (d *Desktop) Resize(size image.Point) {
	d.t.Helper()
	d.Sway(fmt.Sprintf("output %s mode --custom %dx%d", Output, size.X, size.Y))
}

// Sway has the compositor do something (sway(5)).
func (d *Desktop) Sway(command string) {
	d.t.Helper()
	sockets, _ := filepath.Glob(d.run + "/sway-ipc.*")
	if len(sockets) != 1 {
		d.t.Fatalf("sockets of sway: %v", sockets)
	}
	cmd := exec.Command("swaymsg", "--socket", sockets[0], "--", command)
	cmd.Env = d.env
	if out, err := cmd.CombinedOutput(); err != nil {
		d.t.Fatalf("sway: %s: %v: %s", command, err, out)
	}
}

// Asked waits until a chooser that thinks is open.
func (d *Desktop) Asked() {
	d.t.Helper()
	d.until("a chooser that is open", func() bool { return exists(d.dir + "/home/thinking") })
}

// Quit ends the compositor, as at the end of a session.
func (d *Desktop) Quit() {
	d.t.Helper()
	d.check(d.sway.Process.Signal(syscall.SIGTERM))
}

// serve starts a program and waits for its name on the bus.
func (d *Desktop) serve(program, name string, args ...string) {
	d.t.Helper()
	d.start(program, args...)
	d.until(name, func() bool {
		ctx, stop := context.WithTimeout(context.Background(), patience)
		defer stop()
		var has bool
		d.check(d.bus.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.NameHasOwner", 0, name).Store(&has))
		return has
	})
}

// start starts a program that ends, with what it started, when the test does.
func (d *Desktop) start(program string, args ...string) *exec.Cmd {
	d.t.Helper()
	log, err := os.Create(filepath.Join(d.dir, filepath.Base(program)+".log"))
	d.check(err)
	cmd := exec.Command(program, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = d.env, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Getuid() == 0 && program == "sway" {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	d.check(cmd.Start())
	d.t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
		late := time.AfterFunc(patience/10, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
		_ = cmd.Wait()
		late.Stop()
		_ = log.Close()
		if said, err := os.ReadFile(log.Name()); err == nil && d.t.Failed() {
			d.t.Logf("%s said:\n%s", program, last(string(said), 30))
		}
	})
	return cmd
}

// last keeps the end of what a program said.
func last(s string, lines int) string {
	all := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

func (d *Desktop) until(what string, ok func() bool) {
	d.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if ok() {
			return
		}
	}
	d.t.Fatal("a Wayland desktop lacks " + what)
}

func (d *Desktop) write(name, text string) {
	d.t.Helper()
	d.check(os.WriteFile(filepath.Join(d.dir, name), []byte(text), 0o644))
}

func (d *Desktop) check(errs ...error) {
	d.t.Helper()
	if i := slices.IndexFunc(errs, func(err error) bool { return err != nil }); i >= 0 {
		d.t.Fatal(errs[i])
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
