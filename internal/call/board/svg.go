package board

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// SVG writes what is visible as an SVG picture (SVG 1.1) of 1600 by 900 pixels. picture is
// the ground as PNG, or nil to leave it out. Nothing in it is taken as markup from
// anybody: texts are escaped, and everything else is written here.
func (b *Board) SVG(picture []byte) string {
	var s strings.Builder
	fmt.Fprintf(&s, `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="%d" height="%d" viewBox="0 0 %d %d">`, Width, Height, Width, Height)
	s.WriteString(`<rect width="100%" height="100%" fill="#ffffff"/>`)
	if g := b.Ground(); g != nil && picture != nil {
		at := g.Place()
		fmt.Fprintf(&s, `<image x="%s" y="%s" width="%s" height="%s" preserveAspectRatio="none" xlink:href="data:image/png;base64,%s"/>`,
			units(at.Left*scale), units(at.Top*scale), units((at.Right-at.Left)*scale), units((at.Bottom-at.Top)*scale), base64.StdEncoding.EncodeToString(picture))
	}
	s.WriteString(`<g fill="none" stroke-linecap="round" stroke-linejoin="round">`)
	for o := range b.Visible {
		o.writeSVG(&s)
	}
	s.WriteString("</g></svg>\n")
	return s.String()
}

func (o *Object) writeSVG(s *strings.Builder) {
	ink := Palette()[o.Style.Colour]
	colour, blend := ink.Line, ""
	if o.Kind == Highlighter {
		colour, blend = ink.High, ` style="mix-blend-mode:multiply"`
	}
	for _, line := range o.Strokes() {
		fmt.Fprintf(s, `<path d="%s" stroke="#%06x" stroke-width="%s"%s/>`, line.Data(), colour, units(line.Width), blend)
	}
	rows, letters := o.Rows()
	for _, row := range rows {
		fmt.Fprintf(s, `<text x="%s" y="%s" fill="#%06x" font-family="Atkinson Hyperlegible, Verdana, sans-serif" font-size="%s" xml:space="preserve">%s</text>`,
			units(row.Place.X), units(row.Place.Y), colour, units(letters), escape(row.Text))
	}
}

func units(n int) string { return string(AppendUnits(nil, n)) }

func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;").Replace(s)
}
