package board

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
)

// An SVG holds the elements and attributes that we write, whatever was drawn.
func TestSVGHoldsNoScript(t *testing.T) {
	a, _, _ := two(t)
	texts := []string{
		`</text><script>alert(1)</script>`, `"><image href="https://example.org/x" onload="alert(1)"/>`,
		`<![CDATA[<script>]]>`, `&lt;script&gt;`, `<!--`, `]]>`, `' onclick='x`, "<\n/svg>", `javascript:alert(1)`, `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>&e;`,
	}
	for i, text := range texts {
		must(t, a.Write(Style{i % 6, i % 4}, At{X: 10, Y: float64(40 * i)}, text))
	}
	for _, kind := range []Kind{Line, Arrow, Rectangle, Ellipse} {
		must(t, a.Add(kind, Style{1, 1}, At{X: 1, Y: 2}, At{X: 300, Y: 200}))
	}
	must(t, a.Begin(Highlighter, Style{5, 2}, At{X: 1, Y: 1}))
	must(t, a.Extend(At{X: 100, Y: 100}))
	must(t, a.SetGround(&Ground{File: "f", Width: 10, Height: 10, SHA: strings.Repeat("0", 64)}))

	known := map[string][]string{
		"svg": {"xmlns", "xlink", "width", "height", "viewBox"}, "rect": {"width", "height", "fill"}, "g": {"fill", "stroke-linecap", "stroke-linejoin"},
		"image": {"x", "y", "width", "height", "preserveAspectRatio", "href"}, "path": {"d", "stroke", "stroke-width", "style"},
		"text": {"x", "y", "fill", "font-family", "font-size", "space"},
	}
	var said []string
	seen := map[string]int{}
	for d := xml.NewDecoder(strings.NewReader(a.SVG([]byte("\x89PNG")))); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		must(t, err)
		switch token := token.(type) {
		case xml.StartElement:
			seen[token.Name.Local]++
			for _, attribute := range token.Attr {
				if !slices.Contains(known[token.Name.Local], attribute.Name.Local) {
					t.Errorf("<%s %s=%q>", token.Name.Local, attribute.Name.Local, attribute.Value)
				}
				if attribute.Name.Local == "href" && !strings.HasPrefix(attribute.Value, "data:image/png;base64,") {
					t.Errorf("a link to %q", attribute.Value)
				}
			}
		case xml.CharData:
			if s := strings.TrimSpace(string(token)); s != "" {
				said = append(said, s)
			}
		case xml.Comment, xml.ProcInst, xml.Directive:
			t.Errorf("%T", token)
		}
	}
	if seen["text"] != len(texts)+1 || seen["path"] != 6 || seen["image"] != 1 || len(seen) != len(known) {
		t.Errorf("elements: %v", seen)
	}
	if got := strings.Join(said, "\n"); got != strings.Join(texts, "\n") {
		t.Errorf("the texts came out as\n%s", got)
	}
}

func linear(c uint32) [3]float64 {
	var out [3]float64
	for i := range out {
		v := float64(c>>(16-8*i)&0xff) / 255
		if v <= 0.04045 {
			out[i] = v / 12.92
		} else {
			out[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return out
}

func luminance(c uint32) float64 {
	l := linear(c)
	return 0.2126*l[0] + 0.7152*l[1] + 0.0722*l[2]
}

// lab is CIE L*a*b* (D65) of a linear colour.
func lab(l [3]float64) [3]float64 {
	f := func(v float64) float64 {
		if v > 216.0/24389 {
			return math.Cbrt(v)
		}
		return (24389.0/27*v + 16) / 116
	}
	x := f((0.4124*l[0] + 0.3576*l[1] + 0.1805*l[2]) / 0.9505)
	y := f(0.2126*l[0] + 0.7152*l[1] + 0.0722*l[2])
	z := f((0.0193*l[0] + 0.1192*l[1] + 0.9505*l[2]) / 1.089)
	return [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

// Each colour has contrast, and each two differ for everybody: simulated after Machado,
// Oliveira and Fernandes (2009), severity 1, in linear RGB, and for who sees no colour.
func TestPaletteForTheColourBlind(t *testing.T) {
	same := [3][3]float64{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}
	protan := [3][3]float64{{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}}
	deutan := [3][3]float64{{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}}
	tritan := [3][3]float64{{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}}
	see := func(m [3][3]float64, c uint32) [3]float64 {
		l := linear(c)
		var out [3]float64
		for i := range out {
			out[i] = min(max(m[i][0]*l[0]+m[i][1]*l[1]+m[i][2]*l[2], 0), 1)
		}
		return lab(out)
	}
	for i, a := range Palette() {
		if contrast := 1.05 / (luminance(a.Line) + 0.05); contrast < 3 {
			t.Errorf("#%06x: contrast %.2f to the page", a.Line, contrast)
		}
		if contrast := (luminance(a.High) + 0.05) / (luminance(0x14262c) + 0.05); contrast < 4.5 {
			t.Errorf("black on #%06x: contrast %.2f", a.High, contrast)
		}
		for _, b := range Palette()[:i] {
			for name, m := range map[string][3][3]float64{"anybody": same, "protanopes": protan, "deuteranopes": deutan, "tritanopes": tritan} {
				p, q := see(m, a.Line), see(m, b.Line)
				if d := math.Hypot(math.Hypot(p[0]-q[0], p[1]-q[1]), p[2]-q[2]); d < 15 {
					t.Errorf("#%06x and #%06x are %.1f apart for %s", a.Line, b.Line, d, name)
				}
			}
		}
	}
}
