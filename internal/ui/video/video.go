// Package video draws moving pictures on the screen: the newest frame and nothing
// older, scaled by the graphics card.
package video

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// View shows frames as large as they fit, on a stage of one colour.
type View struct {
	widget.BaseWidget
	// Stage gives the colour around the picture; it is asked at each theme change.
	Stage func() color.Color
	// Name is the accessible name.
	Name string

	radius float32
	seq    uint64
	shown  bool
	frame  *image.RGBA
}

// New is an empty stage. A radius above 0 rounds the corners of the picture, for
// the self view.
func New(stage func() color.Color, radius float32, name string) *View {
	v := &View{Stage: stage, radius: radius, Name: name}
	v.ExtendBaseWidget(v)
	return v
}

// Draw puts a frame on the screen. It must be tight: its bounds start at 0,0 and its stride is
// four times its width, because the painter ignores the stride; another one is
// refused. A frame with the sequence number that is on screen costs nothing. It
// tells whether the shape of the picture has changed.
func (v *View) Draw(frame *image.RGBA, seq uint64) (reshaped bool) {
	if frame == nil {
		return v.Clear()
	}
	if v.shown && seq == v.seq || !tight(frame) {
		return false
	}
	reshaped = !v.shown || v.frame == nil || v.frame.Rect != frame.Rect
	v.frame, v.seq, v.shown = frame, seq, true
	v.Refresh()
	return reshaped
}

// Clear takes the picture away.
func (v *View) Clear() (reshaped bool) {
	if !v.shown {
		return false
	}
	v.frame, v.shown, v.seq = nil, false, 0
	v.Refresh()
	return true
}

// Shown tells whether there is a picture.
func (v *View) Shown() bool { return v.shown }

// Aspect is width over height of the picture, 16:9 while there is none.
func (v *View) Aspect() float32 {
	if !v.shown {
		return 16.0 / 9
	}
	return float32(v.frame.Rect.Dx()) / float32(v.frame.Rect.Dy())
}

// tight tells whether the painter may take the pixels as they lie.
func tight(m *image.RGBA) bool {
	return m.Rect.Min == image.Point{} && !m.Rect.Empty() && m.Stride == 4*m.Rect.Dx()
}

// MinSize is small: pictures scale.
func (v *View) MinSize() fyne.Size { return fyne.NewSize(32, 18) }

// AccessibilityLabel implements fyne.Accessible.
func (v *View) AccessibilityLabel() string { return v.Name }

// AccessibilityRole implements fyne.Accessible.
func (v *View) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleContainer }

// CreateRenderer implements fyne.Widget.
func (v *View) CreateRenderer() fyne.WidgetRenderer {
	r := &renderer{v: v, stage: canvas.NewRectangle(nil), picture: &canvas.Image{}}
	r.picture.FillMode, r.picture.ScaleMode = canvas.ImageFillContain, canvas.ImageScaleFastest
	r.picture.CornerRadius, r.stage.CornerRadius = v.radius, v.radius
	r.objects = []fyne.CanvasObject{r.stage, r.picture}
	r.Refresh()
	return r
}

type renderer struct {
	v       *View
	stage   *canvas.Rectangle
	picture *canvas.Image
	objects []fyne.CanvasObject
}

func (r *renderer) Destroy()                     {}
func (r *renderer) MinSize() fyne.Size           { return r.v.MinSize() }
func (r *renderer) Objects() []fyne.CanvasObject { return r.objects }

func (r *renderer) Layout(size fyne.Size) {
	r.stage.Resize(size)
	r.picture.Resize(size)
	r.show()
}

// show: a picture without a place is not painted; Fyne's software painter cannot.
func (r *renderer) show() {
	size := r.picture.Size()
	r.picture.Hidden = r.v.frame == nil || size.Width < 1 || size.Height < 1
}

func (r *renderer) Refresh() {
	if fill := r.v.Stage(); r.stage.FillColor != fill {
		r.stage.FillColor = fill
		r.stage.Refresh()
	}
	r.show()
	// A rounded picture fills its place: a stage behind it would show at the corners.
	r.stage.Hidden = r.v.radius > 0 && !r.picture.Hidden
	if r.v.frame != nil {
		r.picture.Image = r.v.frame
		r.picture.Refresh()
	}
}
