package kit

import (
	"fmt"
	"strings"

	"ekermed.example/ekermed/assets"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// Icon is one of assets/icons in a colour of the theme. Its size follows a type size.
type Icon struct {
	widget.BaseWidget
	name  string
	color fyne.ThemeColorName
	size  fyne.ThemeSizeName
	grow  float32
}

// NewIcon draws the icon 1.25 times as high as text of that size.
func NewIcon(name string, size fyne.ThemeSizeName, color fyne.ThemeColorName) *Icon {
	i := &Icon{name: name, color: color, size: size, grow: 1.25}
	i.ExtendBaseWidget(i)
	return i
}

// Set changes icon and colour.
func (i *Icon) Set(name string, color fyne.ThemeColorName) {
	if i.name != name || i.color != color {
		i.name, i.color = name, color
		i.Refresh()
	}
}

// MinSize implements fyne.CanvasObject.
func (i *Icon) MinSize() fyne.Size { return fyne.NewSquareSize(Size(i.size) * i.grow) }

// CreateRenderer implements fyne.Widget.
func (i *Icon) CreateRenderer() fyne.WidgetRenderer {
	r := &iconRenderer{i: i, image: &canvas.Image{FillMode: canvas.ImageFillContain}}
	r.Refresh()
	return r
}

type iconRenderer struct {
	i     *Icon
	image *canvas.Image
}

func (r *iconRenderer) Destroy()                     {}
func (r *iconRenderer) MinSize() fyne.Size           { return r.i.MinSize() }
func (r *iconRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.image} }
func (r *iconRenderer) Layout(size fyne.Size)        { r.image.Resize(size) }

func (r *iconRenderer) Refresh() {
	r.image.Resource = resource(r.i.name, r.i.color)
	r.image.Refresh()
}

// resource is an icon in a colour; the colour is part of its name because Fyne
// caches drawn icons by name.
func resource(name string, color fyne.ThemeColorName) fyne.Resource {
	if name == "" {
		return nil
	}
	raw, err := assets.File("icons/" + name + ".svg")
	if err != nil {
		fyne.LogError("icon "+name, err)
		return nil
	}
	r, g, b, _ := Color(color).RGBA()
	hex := fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
	return fyne.NewStaticResource(name+hex+".svg", []byte(strings.ReplaceAll(roundless(string(raw)), "currentColor", hex)))
}
