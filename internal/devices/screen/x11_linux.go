package screen

import (
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/gen2brain/shm"
	"github.com/jezek/xgb"
	"github.com/jezek/xgb/composite"
	mitshm "github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xinerama"
	"github.com/jezek/xgb/xproto"

	"ekermed.example/ekermed/internal/devices/screen/portal"
)

// Bounds of what is looked at, since window titles and sizes are other programs' word.
const (
	windowsMost = 64
	titleMost   = 256 // bytes
	sideMost    = 16384
	leastSide   = 16
)

func dial() (*xgb.Conn, error) {
	if os.Getenv("DISPLAY") == "" {
		return nil, ErrNone
	}
	xgb.Logger.SetOutput(io.Discard) // errors come back as such
	c, err := xgb.NewConn()
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrNone, err)
	}
	return c, nil
}

// Sources lists screens, then windows; under Wayland there is one, which the person chooses
// when it is opened.
func Sources(ctx context.Context) ([]Source, error) {
	if wayland() {
		if err := portal.Available(ctx); err != nil {
			return nil, castError(ctx, err)
		}
		return []Source{{ID: asked, Asks: true}}, nil
	}
	c, err := dial()
	if err != nil {
		return nil, err
	}
	defer c.Close()
	var all []Source
	for i, r := range screens(c) {
		all = append(all, Source{ID: "screen:" + strconv.Itoa(i), Number: i + 1, Size: r.Size()})
	}
	if composite.Init(c) != nil {
		return all, nil
	}
	for _, w := range windows(c) {
		g, err := xproto.GetGeometry(c, xproto.Drawable(w)).Reply()
		if name := title(c, w); err == nil && name != "" && g.Width >= leastSide && g.Height >= leastSide {
			all = append(all, Source{ID: "window:" + strconv.FormatUint(uint64(w), 10), Name: name, Size: image.Pt(int(g.Width), int(g.Height))})
		}
	}
	return all, nil
}

// screens are the monitors, or the whole display where nobody tells them apart.
func screens(c *xgb.Conn) []image.Rectangle {
	var all []image.Rectangle
	if xinerama.Init(c) == nil {
		if r, err := xinerama.QueryScreens(c).Reply(); err == nil {
			for _, s := range r.ScreenInfo {
				all = append(all, image.Rect(0, 0, int(s.Width), int(s.Height)).Add(image.Pt(int(s.XOrg), int(s.YOrg))))
			}
		}
	}
	if len(all) == 0 {
		s := xproto.Setup(c).DefaultScreen(c)
		all = append(all, image.Rect(0, 0, int(s.WidthInPixels), int(s.HeightInPixels)))
	}
	return all
}

// windows are those that the window manager lists (EWMH, _NET_CLIENT_LIST).
func windows(c *xgb.Conn) []xproto.Window {
	value := property(c, xproto.Setup(c).DefaultScreen(c).Root, "_NET_CLIENT_LIST", windowsMost*4)
	var all []xproto.Window
	for ; len(value) >= 4; value = value[4:] {
		all = append(all, xproto.Window(binary.LittleEndian.Uint32(value)))
	}
	return all
}

func title(c *xgb.Conn, w xproto.Window) string {
	name := property(c, w, "_NET_WM_NAME", titleMost)
	if len(name) == 0 {
		name = property(c, w, "WM_NAME", titleMost)
	}
	return strings.ToValidUTF8(string(name), "")
}

func property(c *xgb.Conn, w xproto.Window, name string, most uint32) []byte {
	atom, err := xproto.InternAtom(c, true, uint16(len(name)), name).Reply()
	if err != nil || atom.Atom == xproto.AtomNone {
		return nil
	}
	p, err := xproto.GetProperty(c, false, w, atom.Atom, xproto.GetPropertyTypeAny, 0, most/4).Reply()
	if err != nil {
		return nil
	}
	return p.Value
}

// Open opens a source by its id. Where the system asks the person, that takes as long as
// they like; ctx ends it.
func Open(ctx context.Context, id string) (Capture, error) {
	if wayland() {
		if id != asked {
			return nil, fmt.Errorf("%w: %q", ErrGone, id)
		}
		return openCast(ctx)
	}
	kind, number, _ := strings.Cut(id, ":")
	n, err := strconv.ParseUint(number, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("%w: %q", ErrGone, id)
	}
	c, err := dial()
	if err != nil {
		return nil, err
	}
	x := &x11{c: c, root: xproto.Setup(c).DefaultScreen(c).Root, cursor: xfixes.Init(c) == nil}
	if x.cursor {
		_, err := xfixes.QueryVersion(c, 4, 0).Reply()
		x.cursor = err == nil
	}
	x.shared = mitshm.Init(c) == nil
	if kind == "screen" {
		all := screens(c)
		if n >= uint64(len(all)) {
			x.Close()
			return nil, ErrGone
		}
		x.from, x.area = xproto.Drawable(x.root), all[n]
		return x, nil
	}
	if err := x.window(xproto.Window(n)); err != nil {
		x.Close()
		return nil, err
	}
	return x, nil
}

// x11 is a screen, or a window whose picture the server keeps whole, also where others
// cover it.
type x11 struct {
	c      *xgb.Conn
	root   xproto.Window
	from   xproto.Drawable
	win    xproto.Window // 0 for a screen
	area   image.Rectangle
	cursor bool

	shared bool
	seg    mitshm.Seg
	memory []byte
}

func (x *x11) window(w xproto.Window) error {
	if composite.Init(x.c) != nil {
		return ErrNone
	}
	if err := composite.RedirectWindowChecked(x.c, w, composite.RedirectAutomatic).Check(); err != nil {
		return fmt.Errorf("%w: %v", ErrGone, err)
	}
	x.win = w
	return nil
}

// pixmap is the window's picture at its present size.
func (x *x11) pixmap() error {
	g, err := xproto.GetGeometry(x.c, xproto.Drawable(x.win)).Reply()
	if err != nil {
		return ErrGone
	}
	if x.from != 0 {
		xproto.FreePixmap(x.c, xproto.Pixmap(x.from))
		x.from = 0
	}
	p, err := xproto.NewPixmapId(x.c)
	if err != nil {
		return err
	}
	if err := composite.NameWindowPixmapChecked(x.c, x.win, p).Check(); err != nil {
		return fmt.Errorf("%w: %v", ErrGone, err) // put away: it has no picture
	}
	x.from = xproto.Drawable(p)
	x.area = image.Rect(0, 0, int(g.Width), int(g.Height))
	return nil
}

// Read implements Capture.
func (x *x11) Read() ([]byte, image.Point, error) {
	if x.win != 0 {
		if err := x.pixmap(); err != nil {
			return nil, image.Point{}, err
		}
	}
	size := x.area.Size()
	if size.X < 1 || size.Y < 1 || size.X > sideMost || size.Y > sideMost {
		return nil, size, ErrGone
	}
	pix, err := x.take(size)
	if err != nil {
		return nil, size, fmt.Errorf("%w: %v", ErrGone, err)
	}
	if x.cursor {
		x.point(pix, size)
	}
	return pix, size, nil
}

func (x *x11) take(size image.Point) ([]byte, error) {
	n := 4 * size.X * size.Y
	if x.shared && len(x.memory) < n {
		x.shared = x.share(n) == nil
	}
	if x.shared {
		_, err := mitshm.GetImage(x.c, x.from, int16(x.area.Min.X), int16(x.area.Min.Y), uint16(size.X), uint16(size.Y),
			0xffffffff, xproto.ImageFormatZPixmap, x.seg, 0).Reply()
		return x.memory[:n], err
	}
	r, err := xproto.GetImage(x.c, xproto.ImageFormatZPixmap, x.from, int16(x.area.Min.X), int16(x.area.Min.Y), uint16(size.X), uint16(size.Y), 0xffffffff).Reply()
	if err != nil {
		return nil, err
	}
	if len(r.Data) < n {
		return nil, ErrNone // fewer than 24 bits a pixel
	}
	return r.Data[:n], nil
}

// share makes memory that the X server writes to. Nobody else can open it, and it goes
// with the last who holds it.
func (x *x11) share(n int) error {
	x.unshare()
	id, err := shm.Get(shm.IPC_PRIVATE, n, shm.IPC_CREAT|0o600)
	if err != nil {
		return err
	}
	defer func() { _ = shm.Rm(id) }() // once both are attached
	memory, err := shm.At(id, 0, 0)
	if err != nil {
		return err
	}
	seg, err := mitshm.NewSegId(x.c)
	if err == nil {
		err = mitshm.AttachChecked(x.c, seg, uint32(id), false).Check()
	}
	if err != nil {
		_ = shm.Dt(memory)
		return err
	}
	x.seg, x.memory = seg, memory
	return nil
}

func (x *x11) unshare() {
	if x.memory != nil {
		mitshm.Detach(x.c, x.seg)
		_ = shm.Dt(x.memory)
		x.memory = nil
	}
}

// point draws the pointer, which is no part of the picture.
func (x *x11) point(pix []byte, size image.Point) {
	cur, err := xfixes.GetCursorImage(x.c).Reply()
	if err != nil || len(cur.CursorImage) < int(cur.Width)*int(cur.Height) {
		return
	}
	at := image.Pt(int(cur.X)-int(cur.Xhot), int(cur.Y)-int(cur.Yhot)).Sub(x.area.Min)
	if x.win != 0 {
		t, err := xproto.TranslateCoordinates(x.c, x.win, x.root, 0, 0).Reply()
		if err != nil {
			return
		}
		at = at.Sub(image.Pt(int(t.DstX), int(t.DstY)))
	}
	for i, p := range cur.CursorImage[:int(cur.Width)*int(cur.Height)] {
		px, py := at.X+i%int(cur.Width), at.Y+i/int(cur.Width)
		alpha := p >> 24
		if alpha == 0 || px < 0 || py < 0 || px >= size.X || py >= size.Y {
			continue
		}
		to := pix[4*(py*size.X+px):]
		for c := range 3 { // premultiplied
			to[c] = byte(min(255, p>>(8*c)&255+uint32(to[c])*(255-alpha)/255))
		}
	}
}

// Close implements Capture.
func (x *x11) Close() {
	x.unshare()
	x.c.Close()
}
