package lens

import "fyne.io/fyne/v2"

// zoom is how many times larger than whole the picture is, and how far its middle is from the
// middle of the box, in parts of its size when whole: so it survives another size of the window.
type zoom struct{ scale, x, y float32 }

// most is how much larger than one pixel for one, or than whole, a picture gets.
const most = 4

func whole() zoom { return zoom{scale: 1} }

// fitting is the picture's size when whole; of no size when one of the two has none.
func fitting(box, picture fyne.Size) fyne.Size {
	if picture.Width <= 0 || picture.Height <= 0 {
		return fyne.Size{}
	}
	by := fyne.Max(0, fyne.Min(box.Width/picture.Width, box.Height/picture.Height))
	return fyne.NewSize(picture.Width*by, picture.Height*by)
}

// actual is the scale at which a pixel of the picture is one unit of the window.
func actual(box, picture fyne.Size) float32 {
	if fit := fitting(box, picture); fit.Width > 0 {
		return picture.Width / fit.Width
	}
	return 1
}

// lie is where the picture lies in the box.
func (z zoom) lie(box, picture fyne.Size) (fyne.Position, fyne.Size) {
	fit := fitting(box, picture)
	size := fyne.NewSize(fit.Width*z.scale, fit.Height*z.scale)
	return fyne.NewPos((box.Width-size.Width)/2+z.x*fit.Width, (box.Height-size.Height)/2+z.y*fit.Height), size
}

// within keeps the scale in its limits, and the picture over the box.
func (z zoom) within(box, picture fyne.Size) zoom {
	fit := fitting(box, picture)
	z.scale = fyne.Min(fyne.Max(z.scale, 1), most*fyne.Max(1, actual(box, picture)))
	bound := func(at, size, room float32) float32 {
		if size <= 0 {
			return 0
		}
		spare := fyne.Max(0, (size*z.scale-room)/2/size)
		return fyne.Min(fyne.Max(at, -spare), spare)
	}
	z.x, z.y = bound(z.x, fit.Width, box.Width), bound(z.y, fit.Height, box.Height)
	return z
}

// by makes the picture so many times larger; what is at a point of the box stays there.
func (z zoom) by(factor float32, at fyne.Position, box, picture fyne.Size) zoom {
	fit := fitting(box, picture)
	scale := zoom{scale: z.scale * factor}.within(box, picture).scale
	grown := scale / z.scale
	moved := func(middle, point, size float32) float32 {
		if size <= 0 {
			return 0
		}
		return (point - (point-middle*size)*grown) / size
	}
	return zoom{scale, moved(z.x, at.X-box.Width/2, fit.Width), moved(z.y, at.Y-box.Height/2, fit.Height)}.within(box, picture)
}

// moved moves the picture by units of the window.
func (z zoom) moved(dx, dy float32, box, picture fyne.Size) zoom {
	fit := fitting(box, picture)
	if fit.Width <= 0 {
		return whole()
	}
	return zoom{z.scale, z.x + dx/fit.Width, z.y + dy/fit.Height}.within(box, picture)
}

// turned goes from whole to one pixel for one, or to twice when that is not larger, and back.
func (z zoom) turned(at fyne.Position, box, picture fyne.Size) zoom {
	if z.scale > 1.01 {
		return whole()
	}
	to := actual(box, picture)
	if to <= 1.25 {
		to = 2
	}
	return whole().by(to, at, box, picture)
}

// place is a point of the box in parts of the picture, 0 to 1; false beside it.
func (z zoom) place(at fyne.Position, box, picture fyne.Size) (x, y float32, ok bool) {
	from, size := z.lie(box, picture)
	if size.Width <= 0 || size.Height <= 0 {
		return 0, 0, false
	}
	x, y = (at.X-from.X)/size.Width, (at.Y-from.Y)/size.Height
	return x, y, x >= 0 && x <= 1 && y >= 0 && y <= 1
}
