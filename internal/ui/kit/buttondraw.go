package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// look is the dress of a kind.
type look struct{ fill, ink, border fyne.ThemeColorName }

func (k Kind) look() look {
	switch k {
	case Primary:
		return look{Accent, AccentText, None}
	case Secondary:
		return look{Surface, Ink, ControlBorder}
	case Plain:
		return look{None, Muted, None}
	case Risky:
		return look{Danger, DangerText, None}
	case OnCall:
		return look{CallControl, CallInk, None}
	case OffCall:
		return look{CallInk, Stage, None}
	case LeaveCall:
		return look{CallDanger, CallDangerText, None}
	case OverPicture:
		return look{CallBar, CallInk, CallControl}
	case OverPictureAlarm:
		return look{CallDanger, CallDangerText, None}
	case Nav:
		return look{None, Muted, None}
	case NavHere:
		return look{AccentSoft, Accent, None}
	default:
		return look{None, Accent, None}
	}
}

// CreateRenderer implements fyne.Widget.
func (b *Button) CreateRenderer() fyne.WidgetRenderer {
	r := &buttonRenderer{b: b,
		ring:  canvas.NewRectangle(color.Transparent),
		fill:  canvas.NewRectangle(color.Transparent),
		veil:  canvas.NewRectangle(color.Transparent),
		image: &canvas.Image{FillMode: canvas.ImageFillContain},
		label: canvas.NewText("", nil),
		hint:  canvas.NewText("", nil),
	}
	r.Refresh()
	return r
}

type buttonRenderer struct {
	b                *Button
	ring, fill, veil *canvas.Rectangle
	image            *canvas.Image
	label, hint      *canvas.Text
}

func (r *buttonRenderer) Destroy() {}

func (r *buttonRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ring, r.fill, r.veil, r.image, r.label, r.hint}
}

// sizes of icon and label, and the gap between.
func (r *buttonRenderer) parts() (icon, label fyne.Size, gap float32) {
	style := r.b.style()
	style.Bold = style.Bold || r.b.kind == Nav // so that the rail keeps its width
	label = fyne.MeasureText(r.b.label, r.b.textSize(), style)
	if r.b.icon != "" {
		icon = fyne.NewSquareSize(r.b.textSize() * 1.3)
		gap = Em(0.5)
		if r.b.stacked {
			icon = fyne.NewSquareSize(Size(Body) * 1.5)
			gap = 3
		}
	}
	if r.b.label == "" {
		gap = 0
	}
	return icon, label, gap
}

// keys is the size of the shortcut with the gap before it.
func (r *buttonRenderer) keys() fyne.Size {
	if r.b.hint == "" {
		return fyne.Size{}
	}
	size := fyne.MeasureText(r.b.hint, r.hintSize(), fyne.TextStyle{})
	if r.b.stacked {
		return size
	}
	return size.AddWidthHeight(Em(0.6), 0)
}

func (r *buttonRenderer) hintSize() float32 {
	if r.b.stacked {
		return Size(Caption) * 0.88
	}
	return Size(Caption)
}

func (r *buttonRenderer) MinSize() fyne.Size {
	icon, label, gap := r.parts()
	keys := r.keys()
	h, v := r.b.padding()
	if r.b.stacked {
		w := fyne.Max(icon.Width, fyne.Max(label.Width, keys.Width)) + 2*h
		return fyne.NewSize(fyne.Max(w, 4.8*Size(Body)), icon.Height+gap+label.Height+keys.Height+2*v)
	}
	w := icon.Width + gap + label.Width + keys.Width + 2*h
	least := float32(44)
	if r.b.small {
		least = 40
	}
	return fyne.NewSize(w, fyne.Max(least, fyne.Max(icon.Height, label.Height)+2*v))
}

func (r *buttonRenderer) Layout(size fyne.Size) {
	r.fill.Resize(size)
	r.veil.Resize(size)
	r.ring.Move(fyne.NewPos(-4, -4))
	r.ring.Resize(size.AddWidthHeight(8, 8))
	icon, label, gap := r.parts()
	keys := r.keys()
	if r.b.stacked {
		y := (size.Height - icon.Height - gap - label.Height - keys.Height) / 2
		r.image.Move(fyne.NewPos((size.Width-icon.Width)/2, y))
		r.label.Move(fyne.NewPos(0, y+icon.Height+gap))
		r.label.Resize(fyne.NewSize(size.Width, label.Height))
		r.hint.Move(fyne.NewPos(0, y+icon.Height+gap+label.Height))
		r.hint.Resize(fyne.NewSize(size.Width, keys.Height))
	} else {
		free := size.Width - icon.Width - gap - keys.Width - 8
		t := &Text{size: r.b.textName(), bold: r.b.style().Bold}
		r.label.Text = t.elide(r.b.label, free)
		width := fyne.Min(label.Width, fyne.MeasureText(r.label.Text, r.b.textSize(), r.b.style()).Width)
		x := (size.Width - icon.Width - gap - width - keys.Width) / 2
		r.image.Move(fyne.NewPos(x, (size.Height-icon.Height)/2))
		r.label.Move(fyne.NewPos(x+icon.Width+gap, (size.Height-label.Height)/2))
		r.label.Resize(fyne.NewSize(width, label.Height))
		r.hint.Move(fyne.NewPos(x+icon.Width+gap+width+Em(0.6), (size.Height-keys.Height)/2))
		r.hint.Resize(keys)
	}
	r.image.Resize(icon)
}

func (r *buttonRenderer) Refresh() {
	look := r.b.kind.look()
	if r.b.disabled {
		look.fill, look.ink, look.border = Sunken, Muted, None
		switch r.b.kind {
		case Quiet, Plain:
			look.fill = None
		case OnCall, OffCall:
			// A bar of a call is dark in both themes: there, light would mean chosen.
			look.fill, look.ink = CallBar, CallMuted
		}
	}
	radius := Size(RadiusM)
	r.fill.FillColor, r.fill.CornerRadius = Color(look.fill), radius
	r.fill.StrokeColor, r.fill.StrokeWidth = Color(look.border), 0
	if look.border != None {
		r.fill.StrokeWidth = 1
	}
	r.veil.CornerRadius, r.veil.FillColor = radius, color.Transparent
	if r.b.hovered && !r.b.disabled {
		r.veil.FillColor = tint(look.ink, 0x1c)
	}
	r.ring.CornerRadius, r.ring.StrokeWidth, r.ring.StrokeColor = radius+4, 0, color.Transparent
	if r.b.focused {
		r.ring.StrokeWidth, r.ring.StrokeColor = 2.5, Color(r.ringColor())
	}
	r.image.Resource = resource(r.b.icon, look.ink)
	r.image.Hidden = r.b.icon == ""
	r.label.Text, r.label.Color = r.b.label, Color(look.ink)
	r.label.TextSize, r.label.TextStyle = r.b.textSize(), r.b.style()
	r.hint.Text, r.hint.Color, r.hint.TextSize = r.b.hint, tint(look.ink, 0xc8), r.hintSize()
	r.label.Alignment, r.hint.Alignment = fyne.TextAlignLeading, fyne.TextAlignLeading
	if r.b.stacked {
		r.label.Alignment, r.hint.Alignment = fyne.TextAlignCenter, fyne.TextAlignCenter
	}
	r.Layout(r.b.Size())
	r.image.Refresh()
	canvas.Refresh(r.b)
}

func (r *buttonRenderer) ringColor() fyne.ThemeColorName {
	switch r.b.kind {
	case OnCall, OffCall, LeaveCall, OverPicture, OverPictureAlarm:
		return CallInk
	case Risky:
		return Danger
	}
	return FocusRing
}
