// Package fake holds devices that need no hardware: a camera whose pictures can be
// counted by a machine, a microphone that speaks a recorded sentence, and a
// loudspeaker that remembers what it played.
//
// # The strip
//
// The top eighteenth of a picture's height is a strip of 32 cells of equal width,
// black or white, which survives VP8 and scaling. Cell i covers x from i/32 to (i+1)/32 of
// the width and y from 0 to 1/18 of the height (20 × 20 pixels at 640 × 360). Read a
// cell as the mean luma of its inner half, x from (i+1/4)/32 to (i+3/4)/32 of the
// width and y from 1/72 to 3/72 of the height:
//
//	cells  0– 3   white black white white          beginning
//	cell   4      the look: black A (desktop), white B (patient)
//	cells  5–20   the frame's number n, 16 bits, highest first, white is 1
//	cells 21–27   check = (2n + look) mod 127, 7 bits, highest first
//	cells 28–31   white white black white          end
//
// The threshold is the mean of the darkest and the brightest of the eight fixed cells.
// There is no strip when those differ by less than 48 of 255, when a fixed cell is on
// the wrong side, or when the check does not fit.
//
// The same in JavaScript, over a canvas context c of w × h pixels:
//
//	const cell = i => { const x = Math.round((i+.25)*w/32), y = Math.round(h/72),
//	  a = Math.max(1, Math.floor(w/64)), b = Math.max(1, Math.floor(h/36)),
//	  d = c.getImageData(x, y, a, b).data; let s = 0;
//	  for (let k = 0; k < d.length; k += 4) s += .299*d[k] + .587*d[k+1] + .114*d[k+2];
//	  return s / (a*b) };
package fake

// Look tells the two sides of a call apart.
type Look int

// The looks.
const (
	// Desktop is look A: teal.
	Desktop Look = iota
	// Patient is look B: warm.
	Patient
)

// String is the look's name, as mkfake takes it.
func (l Look) String() string {
	if l == Patient {
		return "patient"
	}
	return "desktop"
}

// The shape of the fake camera's pictures.
const (
	Width  = 640
	Height = 360
	FPS    = 25
)

// Rate is the sample rate of all fake sound, in Hz; it has one channel.
const Rate = 48000
