package portal

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"
	"go.uber.org/goleak"

	"ekermed.example/ekermed/internal/devices/screen/waylandtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func connect(t *testing.T, address string) *dbus.Conn {
	t.Helper()
	c, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// desktop is a portal that does as it is told.
type desktop struct {
	conn, stranger *dbus.Conn
	// What it answers, by method; succeeded where nothing is said.
	codes   map[string]uint32
	results map[string]map[string]any
	silent  string // the method that is never answered
	// apart: it names its requests itself, as before version 0.9.
	apart bool
	// lied: somebody else answers first.
	lied bool

	session chan dbus.ObjectPath // made
	asked   chan string          // methods that are silent
	closed  chan dbus.ObjectPath // by us
}

func newDesktop(t *testing.T, change func(*desktop)) *desktop {
	t.Helper()
	d := &desktop{codes: map[string]uint32{},
		results: map[string]map[string]any{"Start": {"streams": []struct {
			Node  uint32
			About map[string]dbus.Variant
		}{{42, map[string]dbus.Variant{"source_type": dbus.MakeVariant(uint32(1))}}}}},
		session: make(chan dbus.ObjectPath, 1), asked: make(chan string, 1), closed: make(chan dbus.ObjectPath, 4)}
	change(d)
	address := waylandtest.Bus(t)
	d.conn, d.stranger = connect(t, address), connect(t, address)
	check := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	check(d.conn.ExportMethodTable(map[string]any{
		"CreateSession": d.create, "SelectSources": d.choose, "Start": d.start, "OpenPipeWireRemote": d.remote}, root, casting))
	check(d.conn.ExportMethodTable(map[string]any{"Get": d.get}, root, "org.freedesktop.DBus.Properties"))
	_, err := d.conn.RequestName(service, dbus.NameFlagDoNotQueue)
	check(err)
	return d
}

func (d *desktop) get(_, name string) (dbus.Variant, *dbus.Error) {
	if name == "AvailableSourceTypes" {
		return dbus.MakeVariant(uint32(7)), nil
	}
	return dbus.MakeVariant(uint32(3)), nil
}

func (d *desktop) answer(sender dbus.Sender, method string, options map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
	return d.say(sender, method, options, d.results[method])
}

// say sends the Response before the method returns, which is the earliest it can come.
func (d *desktop) say(sender dbus.Sender, method string, options map[string]dbus.Variant, what map[string]any) (dbus.ObjectPath, *dbus.Error) {
	name, _ := options["handle_token"].Value().(string)
	at := dbus.ObjectPath(root + "/request/" + strings.ReplaceAll(strings.TrimPrefix(string(sender), ":"), ".", "_") + "/" + name)
	if d.apart {
		at = root + "/request/1"
	}
	_ = d.conn.ExportMethodTable(map[string]any{"Close": func() *dbus.Error { d.closed <- at; return nil }}, at, request)
	if method == d.silent {
		d.asked <- method
		return at, nil
	}
	results := map[string]dbus.Variant{}
	for k, v := range what {
		results[k] = dbus.MakeVariant(v)
	}
	if d.lied {
		d.send(d.stranger, sender, at, uint32(cancelled), results)
	}
	d.send(d.conn, sender, at, d.codes[method], results)
	return at, nil
}

// send sends a Response to one connection alone, whatever that listens for.
func (d *desktop) send(from *dbus.Conn, to dbus.Sender, at dbus.ObjectPath, code uint32, results map[string]dbus.Variant) {
	from.Send(&dbus.Message{Type: dbus.TypeSignal, Headers: map[dbus.HeaderField]dbus.Variant{
		dbus.FieldPath: dbus.MakeVariant(at), dbus.FieldInterface: dbus.MakeVariant(request), dbus.FieldMember: dbus.MakeVariant("Response"),
		dbus.FieldDestination: dbus.MakeVariant(string(to)), dbus.FieldSignature: dbus.MakeVariant(dbus.ParseSignatureMust("ua{sv}")),
	}, Body: []any{code, results}}, nil)
	// Another's message overtakes no other's: wait until the bus has it.
	_ = from.BusObject().Call("org.freedesktop.DBus.GetId", 0).Err
}

func (d *desktop) create(sender dbus.Sender, options map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
	at := dbus.ObjectPath(root + "/session/x/" + fmt.Sprint(options["session_handle_token"].Value()))
	_ = d.conn.ExportMethodTable(map[string]any{"Close": func() *dbus.Error { d.closed <- at; return nil }}, at, session)
	d.session <- at
	if d.results["CreateSession"] == nil {
		return d.say(sender, "CreateSession", options, map[string]any{"session_handle": string(at)})
	}
	return d.answer(sender, "CreateSession", options)
}

func (d *desktop) choose(sender dbus.Sender, _ dbus.ObjectPath, options map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
	// Screens and windows, one, with the pointer in the picture, and nothing kept for later.
	if options["types"].Value() != uint32(3) || options["multiple"].Value() != false || options["cursor_mode"].Value() != uint32(2) || len(options) != 4 {
		return "/", dbus.MakeFailedError(fmt.Errorf("options %v", options))
	}
	return d.answer(sender, "SelectSources", options)
}

func (d *desktop) start(sender dbus.Sender, _ dbus.ObjectPath, _ string, options map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
	return d.answer(sender, "Start", options)
}

func (d *desktop) remote(dbus.ObjectPath, map[string]dbus.Variant) (dbus.UnixFD, *dbus.Error) {
	f, err := os.CreateTemp("", "remote")
	if err != nil {
		return 0, dbus.MakeFailedError(err)
	}
	_ = os.Remove(f.Name())
	_, _ = f.WriteString("a remote")
	return dbus.UnixFD(f.Fd()), nil
}

func TestChosen(t *testing.T) {
	for name, change := range map[string]func(*desktop){
		"as documented":         func(*desktop) {},
		"an old portal":         func(d *desktop) { d.apart = true },
		"somebody else answers": func(d *desktop) { d.lied = true },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesktop(t, change)
			if err := Available(t.Context()); err != nil {
				t.Fatal(err)
			}
			c, err := Open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Remote.Close()
			text := make([]byte, 8)
			if _, err := c.Remote.ReadAt(text, 0); err != nil || string(text) != "a remote" || c.Node != 42 {
				t.Errorf("node %d, %q, %v", c.Node, text, err)
			}
			c.Close()
			if got, want := <-d.closed, <-d.session; got != want {
				t.Errorf("%s was closed, not %s", got, want)
			}
		})
	}
}

// The desktop's own mark has a button that ends it.
func TestStoppedThere(t *testing.T) {
	d := newDesktop(t, func(*desktop) {})
	c, err := Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Remote.Close()
	defer c.Close()
	at := <-d.session
	if err := d.stranger.Emit(at, session+".Closed", map[string]dbus.Variant{}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-c.Closed():
		t.Error("somebody else closed it")
	default:
	}
	if err := d.conn.Emit(at, session+".Closed", map[string]dbus.Variant{}); err != nil {
		t.Fatal(err)
	}
	<-c.Closed()
}

func TestNotChosen(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*desktop)
		want   error
	}{
		"refused at once":    {func(d *desktop) { d.codes["SelectSources"] = 1 }, ErrRefused},
		"refused":            {func(d *desktop) { d.codes["Start"] = 1 }, ErrRefused},
		"another end":        {func(d *desktop) { d.codes["Start"] = 2 }, ErrFailed},
		"an unknown code":    {func(d *desktop) { d.codes["CreateSession"] = 77 }, ErrFailed},
		"no session":         {func(d *desktop) { d.results["CreateSession"] = map[string]any{} }, ErrFailed},
		"a session nowhere":  {func(d *desktop) { d.results["CreateSession"] = map[string]any{"session_handle": "../x"} }, ErrFailed},
		"a session of bytes": {func(d *desktop) { d.results["CreateSession"] = map[string]any{"session_handle": []byte("/x")} }, ErrFailed},
		"no stream":          {func(d *desktop) { d.results["Start"] = nil }, ErrFailed},
		"an empty stream":    {func(d *desktop) { d.results["Start"] = map[string]any{"streams": []uint32{}} }, ErrFailed},
		"words for streams":  {func(d *desktop) { d.results["Start"] = map[string]any{"streams": "none"} }, ErrFailed},
	} {
		t.Run(name, func(t *testing.T) {
			newDesktop(t, c.change)
			if _, err := Open(t.Context()); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

// While the person thinks we may give up: the question goes, and the session with it.
func TestPutAway(t *testing.T) {
	for _, silent := range []string{"CreateSession", "SelectSources", "Start"} {
		t.Run(silent, func(t *testing.T) {
			d := newDesktop(t, func(d *desktop) { d.silent = silent })
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			go func() {
				<-d.asked
				stop()
			}()
			if _, err := Open(ctx); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			want := []string{root + "/request/"}
			if silent != "CreateSession" {
				want = append(want, root+"/session/")
			}
			var got []string // in any order, for godbus does not keep it
			for range want {
				got = append(got, string(<-d.closed))
			}
			slices.Sort(got)
			for i := range want {
				if !strings.HasPrefix(got[i], want[i]) {
					t.Errorf("closed %q", got)
				}
			}
		})
	}
}

func TestMissing(t *testing.T) {
	missing := func(t *testing.T) {
		t.Helper()
		if err := Available(t.Context()); !errors.Is(err, ErrMissing) {
			t.Error(err)
		}
		if _, err := Open(t.Context()); !errors.Is(err, ErrMissing) {
			t.Error(err)
		}
	}
	t.Run("no bus", func(t *testing.T) {
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+t.TempDir()+"/none")
		missing(t)
	})
	t.Run("no portal", func(t *testing.T) {
		connect(t, waylandtest.Bus(t))
		missing(t)
	})
	t.Run("a bus that says nothing", func(t *testing.T) {
		path := t.TempDir() + "/bus"
		l, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+path)
		ctx, stop := context.WithCancel(t.Context())
		go func() {
			c, err := l.Accept()
			if err == nil {
				_, _ = c.Read(make([]byte, 1))
				stop()
				_, _ = c.Read(make([]byte, 1<<10)) // until it hangs up
				_, _ = c.Read(make([]byte, 1))
				_ = c.Close()
			}
		}()
		if err := Available(ctx); !errors.Is(err, ErrMissing) {
			t.Error(err)
		}
	})
	t.Run("a portal without screens", func(t *testing.T) {
		c := connect(t, waylandtest.Bus(t))
		if _, err := c.RequestName(service, dbus.NameFlagDoNotQueue); err != nil {
			t.Fatal(err)
		}
		missing(t)
	})
}

// FuzzResponse reads what a portal may send as a Response.
func FuzzResponse(f *testing.F) {
	for _, results := range []map[string]dbus.Variant{{}, {"session_handle": dbus.MakeVariant("/a/b")},
		{"streams": dbus.MakeVariant([]struct {
			Node  uint32
			About map[string]dbus.Variant
		}{{7, map[string]dbus.Variant{"size": dbus.MakeVariant([]int32{1, 2})}}})}} {
		m := dbus.Message{Type: dbus.TypeSignal, Headers: map[dbus.HeaderField]dbus.Variant{
			dbus.FieldPath: dbus.MakeVariant(dbus.ObjectPath("/a")), dbus.FieldInterface: dbus.MakeVariant(request),
			dbus.FieldMember: dbus.MakeVariant("Response"), dbus.FieldSignature: dbus.MakeVariant(dbus.ParseSignatureMust("ua{sv}")),
		}, Body: []any{uint32(0), results}}
		var b bytes.Buffer
		if err := m.EncodeTo(&b, binary.LittleEndian); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := dbus.DecodeMessage(bytes.NewReader(raw))
		if err != nil {
			return
		}
		results, err := response(m.Body)
		if err != nil {
			return
		}
		if p, err := handle(results); err == nil && !p.IsValid() {
			t.Errorf("session %q", p)
		}
		_, _ = chosen(results)
	})
}
