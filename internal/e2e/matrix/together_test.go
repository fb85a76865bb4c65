package matrix

import (
	"errors"
	"fmt"
	"image"
	"path/filepath"
	"slices"
	"time"

	"ekermed.example/ekermed/internal/call/board"
	"ekermed.example/ekermed/internal/e2e/lab"
	"ekermed.example/ekermed/internal/server/compat"
)

// orange is the page's colour on the board: nothing else on the clinician's screen has so
// much of it. The clinician draws in black, the first.
const orange = 2

// board: a stroke from each side, by keyboard, seen on the other's board.
func (c *talk) board() (compat.Result, error) {
	if err := c.opened("[data-action=board]"); err != nil {
		return compat.Result{}, err
	}
	if err := c.Display.Key("ctrl+b"); err != nil {
		return compat.Result{}, err
	}
	time.Sleep(500 * time.Millisecond) // the board opens
	if err := c.Display.Key("space", "Right", "Right", "Right", "Right", "Right", "Right", "space"); err != nil {
		return compat.Result{}, err
	}
	// The lower of the two canvases holds what is on the board, and nothing else.
	if err := c.shows("the clinician's stroke on the page", `(() => {
		const paper = document.querySelector(".board-stage canvas");
		if (!paper || paper.width === 0) return false;
		const d = paper.getContext("2d").getImageData(0, paper.height / 4, paper.width, paper.height / 2).data;
		const page = (i) => d[i] === 255 && d[i + 1] === 255 && d[i + 2] === 255;
		let n = 0; // dark ones between white ones: around the page it is dark too
		for (let row = 0; row < d.length; row += 4 * paper.width) {
			let dark = 0;
			for (let i = row, inside = false; i < row + 4 * paper.width; i += 4) {
				if (page(i)) {
					if (inside) n += dark;
					inside = true;
					dark = 0;
				} else if (inside && d[i] < 160) dark++;
			}
		}
		return n > 0;
	})()`); err != nil {
		return compat.Result{}, err
	}
	before, err := c.inked(board.Palette()[orange].Line)
	if err != nil {
		return compat.Result{}, err
	}
	if err := errors.Join(c.opened("[data-opens=style]"), c.press(fmt.Sprintf("[data-drawer=style] .board-group:first-child button:nth-child(%d)", orange+1))); err != nil {
		return compat.Result{}, err
	}
	if err := c.js(`document.querySelector(".board-stage [role=application]").focus() || true`, new(bool)); err != nil {
		return compat.Result{}, err
	}
	for _, key := range slices.Concat([]string{" "}, slices.Repeat([]string{"ArrowDown"}, 8), []string{" "}) {
		if _, err := c.page.Do("press", map[string]any{"key": key}); err != nil {
			return compat.Result{}, err
		}
	}
	after := before
	if err := lab.Until(c.ctx, "the patient's stroke on the desktop", patience, func() bool {
		after, err = c.inked(board.Palette()[orange].Line)
		return err != nil || after > before+100
	}); err != nil {
		return compat.Result{}, err
	}
	if err != nil {
		return compat.Result{}, err
	}
	c.picture("board")
	return yes("a stroke each way; the patient's has %d pixels on the clinician's screen", after-before)
}

// inked counts the pixels of one colour on the clinician's screen.
func (c *talk) inked(colour uint32) (n int, err error) {
	path := filepath.Join(c.Dir, "board.png")
	if err := c.Display.Picture(path); err != nil {
		return 0, err
	}
	m, err := lab.ReadPicture(path)
	if err != nil {
		return 0, err
	}
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			if r, g, b, _ := m.At(x, y).RGBA(); r>>8<<16|g>>8<<8|b>>8 == colour {
				n++
			}
		}
	}
	return n, nil
}

// watch: the desktop's screen, with what moves on it, seen on the page.
func (c *talk) watch() (compat.Result, error) {
	if err := c.Display.Key("ctrl+s"); err != nil {
		return compat.Result{}, err
	}
	time.Sleep(3 * time.Second) // the screens are listed, and the first has the keyboard
	if err := c.Display.Key("Return"); err != nil {
		return compat.Result{}, err
	}
	if _, err := c.Desktop.Wait(c.ctx, "the screen is shown", patience, func(s lab.Status) bool { return s.Together.Sharing }); err != nil {
		return compat.Result{}, err
	}
	if err := c.shows("the clinician's screen on the page", `(document.querySelector("video[data-screen]") || {}).videoWidth > 640`); err != nil {
		return compat.Result{}, err
	}
	// Small, as a list of numbers: two that differ show that it moves, many that differ that it
	// is a picture.
	const look = `(() => {
		const v = document.querySelector("video[data-screen]");
		const c = document.createElement("canvas");
		c.width = 64, c.height = 40;
		const g = c.getContext("2d");
		g.drawImage(v, 0, 0, 64, 40);
		return { width: v.videoWidth, height: v.videoHeight, pixels: [...g.getImageData(0, 0, 64, 40).data].filter((_, i) => i % 4 === 1) };
	})()`
	var first, last struct {
		Width, Height int
		Pixels        []int
	}
	if err := c.js(look, &first); err != nil {
		return compat.Result{}, err
	}
	moved := 0
	if err := lab.Until(c.ctx, "a shown screen that moves", patience, func() bool {
		if c.js(look, &last) != nil || len(last.Pixels) != len(first.Pixels) {
			return false
		}
		moved = 0
		for i, p := range first.Pixels {
			if d := p - last.Pixels[i]; d > 24 || d < -24 {
				moved++
			}
		}
		return moved > 5
	}); err != nil {
		return compat.Result{}, err
	}
	if span := slices.Max(last.Pixels) - slices.Min(last.Pixels); span < 60 {
		return compat.Result{}, fmt.Errorf("the shown screen is of one colour, a span of %d", span)
	}
	c.picture("watch")
	if err := c.Display.Key("ctrl+s"); err != nil {
		return compat.Result{}, err
	}
	_, err := c.Desktop.Wait(c.ctx, "the end of showing", patience, func(s lab.Status) bool { return !s.Together.Sharing })
	if err != nil {
		return compat.Result{}, err
	}
	return yes("%d×%d, %d of %d sampled points moved", last.Width, last.Height, moved, len(last.Pixels))
}

// share: the patient's screen seen on the desktop.
func (c *talk) share() (compat.Result, error) {
	var can bool
	if err := c.js(`!!navigator.mediaDevices && typeof navigator.mediaDevices.getDisplayMedia === "function"`, &can); err != nil {
		return compat.Result{}, err
	}
	if !can {
		return compat.Result{State: compat.No, Why: compat.NoAPI, Detail: "no getDisplayMedia"}, nil
	}
	if err := c.shown(); err == nil {
		return c.presented(compat.Result{State: compat.Yes})
	}
	// An engine without a window may have no screen to choose from. What the page does with one
	// is measured all the same, with a picture of our own in its place.
	if err := c.js(standIn, new(bool)); err != nil {
		return compat.Result{}, err
	}
	if err := c.shown(); err != nil {
		return compat.Result{}, err
	}
	return c.presented(compat.Result{State: compat.Unmeasured, Why: compat.StandIn})
}

// shown presses the page's button, as a person does, and waits for the desktop.
func (c *talk) shown() error {
	if err := c.page.Click("Partager"); err != nil {
		return err
	}
	_, err := c.Desktop.Wait(c.ctx, "the patient's screen", 10*time.Second, func(s lab.Status) bool { return s.Together.Screen.FramesShown > 5 })
	return err
}

func (c *talk) presented(r compat.Result) (compat.Result, error) {
	s := c.Desktop.Status().Together.Screen
	if s.Width == 0 || s.Height == 0 {
		return compat.Result{}, errors.New("the patient's screen has no size")
	}
	c.picture("share")
	size := image.Pt(s.Width, s.Height)
	r.Detail = fmt.Sprintf("%d×%d, %d pictures on the desktop", size.X, size.Y, s.FramesShown)
	return r, c.press("[data-action=stop-share]")
}

// standIn is a screen that a canvas draws.
const standIn = `(navigator.mediaDevices.getDisplayMedia = async () => {
	const c = Object.assign(document.createElement("canvas"), { width: 1024, height: 640 });
	const g = c.getContext("2d");
	let n = 0;
	setInterval(() => {
		g.fillStyle = "#fff";
		g.fillRect(0, 0, 1024, 640);
		g.fillStyle = "#1d2ff7";
		g.fillRect((n += 8) % 960, 200, 64, 200);
	}, 100);
	return c.captureStream(10);
}) && true`
