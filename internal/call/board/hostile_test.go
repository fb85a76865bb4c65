package board

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestHostilePayloads(t *testing.T) {
	_, b, _ := two(t)
	add := `{"o":"add","c":1,"k":"pen","i":0,"w":0,"p":[1,2,3]}`
	wrap := func(op string) string { return `{"v":1,"log":[["p0~r0",1,[` + op + `]]]}` }
	for _, tt := range []struct {
		payload string
		want    error
	}{
		{``, ErrMalformed},
		{`null`, nil},
		{`{"v":2,"anything":true}`, nil},
		{`{"v":1}x`, ErrMalformed},
		{`{"v":1} `, ErrMalformed},
		{`{"v":1,"log":[]}`, ErrMalformed},
		{`{"v":1,"v":1}`, ErrMalformed},
		{strings.Repeat(" ", MaxPayload+1), ErrTooLarge},
		{wrap(strings.Replace(add, "1,2,3", "NaN,2,3", 1)), ErrMalformed},
		{wrap(strings.Replace(add, "1,2,3", "1.5,2,3", 1)), ErrMalformed},
		{wrap(strings.Replace(add, "1,2,3", "1e3,2,3", 1)), ErrMalformed},
		{wrap(strings.Replace(add, "1,2,3", "-0,2,3", 1)), ErrMalformed},
		{wrap(strings.Replace(add, "1,2,3", "1e999,2,3", 1)), ErrMalformed},
		{wrap(strings.Replace(add, "1,2,3", "32768,2,3", 1)), ErrMalformed},
		{wrap(strings.Replace(add, "1,2,3", "1,2,16", 1)), ErrMalformed},
		{wrap(strings.Replace(add, "1,2,3", "1,2", 1)), ErrMalformed},
		{wrap(strings.Replace(add, "1,2,3", "", 1)), ErrMalformed},
		{wrap(strings.Replace(add, `"i":0`, `"i":6`, 1)), ErrMalformed},
		{wrap(strings.Replace(add, `"w":0`, `"w":-1`, 1)), ErrMalformed},
		{wrap(strings.Replace(add, `"c":1`, `"c":0`, 1)), ErrMalformed},
		{wrap(strings.Replace(add, `"c":1`, `"c":1099511627777`, 1)), ErrMalformed},
		{wrap(strings.Replace(add, `"c":1`, `"C":1`, 1)), ErrMalformed},
		{wrap(strings.Replace(add, `"pen"`, `"script"`, 1)), ErrMalformed},
		{wrap(strings.Replace(add, `}`, `,"x":1}`, 1)), ErrMalformed},
		{wrap(`{"o":"add","c":1,"k":"text","i":0,"w":0,"p":[1,2],"t":"a\u202eb"}`), ErrMalformed},
		{wrap(`{"o":"add","c":1,"k":"text","i":0,"w":0,"p":[1,2],"t":"` + strings.Repeat("a", MaxText+1) + `"}`), ErrMalformed},
		{wrap(`{"o":"add","c":1,"k":"text","i":0,"w":0,"p":[1,2],"t":"` + "\xff" + `"}`), ErrMalformed},
		{wrap(`{"o":"add","c":1,"k":"pen","i":0,"w":0,"p":[` + strings.Repeat("0,0,0,", 2000) + `0,0,0]}`), ErrTooLarge},
		{wrap(`{"o":"hide","x":[["p0~r0",0,1]]}`), ErrMalformed},
		{wrap(`{"o":"hide","x":[]}`), ErrMalformed},
		{wrap(`{"o":"clear","s":[["b~r0",1],["a~r0",1]]}`), ErrMalformed},
		{wrap(`{"o":"ground","c":1,"f":"../etc","b":1,"h":1,"s":"` + strings.Repeat("0", 64) + `"}`), ErrMalformed},
		{wrap(`{"o":"erase"}`), ErrMalformed},
		{`{"v":1,"log":[["__proto__",1,[` + add + `]]]}`, ErrMalformed},
		{`{"v":1,"me":"p0~r0","have":[["p0~r0",1],["p0~r0",2]],"hear":[],"all":""}`, ErrMalformed},
		{`{"v":1,"point":[1]}`, ErrMalformed},
		{wrap(add), nil},
	} {
		err := b.Hear("p0", []byte(tt.payload), time.Unix(2000, 0))
		if !errors.Is(err, tt.want) {
			t.Errorf("%.120s: %v, not %v", tt.payload, err, tt.want)
		}
	}
	if count(b) != 1 {
		t.Errorf("%d objects", count(b))
	}
	if err := b.Hear("nobody", []byte(wrap(add)), time.Unix(2000, 0)); !errors.Is(err, ErrStranger) {
		t.Errorf("a stranger: %v", err)
	}
}

// A hundred thousand strokes of one person fill that person's room and nobody else's.
func TestAHundredThousandStrokes(t *testing.T) {
	w := newWorld(t, 1, 2)
	w.meet("p0", "p1")
	b := w.all["p1"]
	full := 0
	for n := 1; n <= 100_000; n += 200 {
		var ops []string
		for i := range 200 {
			ops = append(ops, fmt.Sprintf(`{"o":"add","c":%d,"k":"pen","i":0,"w":0,"p":[1,2,3]}`, n+i))
		}
		err := b.Hear("p0", []byte(message{log: []batch{{"p0~r0", n, ops}}}.encode()), w.now)
		if errors.Is(err, ErrFull) {
			full++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if count(b) != MaxObjects || full == 0 {
		t.Fatalf("%d objects, refused %d times", count(b), full)
	}
	if b.Full() {
		t.Error("another's strokes filled our room")
	}
	draw(t, b, 10, 10)
	if count(b) != MaxObjects+1 {
		t.Error("we cannot draw any more")
	}
}

func TestFullBoardStillUndoes(t *testing.T) {
	a, _, _ := two(t)
	for i := 0; ; i++ {
		if err := a.Write(Style{}, At{}, strings.Repeat("é", MaxText)); errors.Is(err, ErrFull) {
			break
		} else if err != nil || i > MaxObjects {
			t.Fatal(i, err)
		}
	}
	n := count(a)
	if !a.Full() || n < 500 {
		t.Fatalf("full: %v with %d", a.Full(), n)
	}
	if !a.Undo() || count(a) != n-1 {
		t.Error("a full board must undo")
	}
	must(t, a.Clear())
	if !a.Empty() {
		t.Error("a full board must clear")
	}
}

// A stroke that finds no room on its way is taken back where it was drawn.
func TestStrokeIntoFullBoard(t *testing.T) {
	a, b, exchange := two(t)
	for !a.Full() {
		must(t, a.Begin(Pen, Style{}, At{}))
		for i := range 3000 {
			if err := a.Extend(At{float64(i%1500) + 1, float64(i % 800), 0.5}); err != nil && !errors.Is(err, ErrFull) {
				t.Fatal(err)
			}
		}
		a.End()
	}
	if err := a.Begin(Pen, Style{}, At{}); !errors.Is(err, ErrFull) {
		t.Fatalf("begin: %v", err)
	}
	for range 60 {
		exchange()
	}
	if dump(a) != dump(b) {
		t.Error("the two sides differ")
	}
}

func TestLongStrokeGoesOn(t *testing.T) {
	a, b, exchange := two(t)
	must(t, a.Begin(Pen, Style{}, At{}))
	for i := range MaxPoints + 500 {
		must(t, a.Extend(At{float64(i%200)*2 + 1, float64(i / 200), 0.5}))
	}
	a.End()
	if count(a) != 2 {
		t.Fatalf("%d strokes", count(a))
	}
	exchange()
	exchange()
	if dump(a) != dump(b) {
		t.Error("the two sides differ")
	}
	if !a.Undo() || count(a) != 0 {
		t.Error("it is one stroke to the person who drew it")
	}
}

func TestWatchers(t *testing.T) {
	w := newWorld(t, 1, 2)
	watcher, err := New(Options{Self: "p2", Run: "r0"})
	must(t, err)
	b := w.all["p0"]
	b.Meet("p2", false)
	watcher.Meet("p0", true)
	if err := watcher.Begin(Pen, Style{}, At{}); !errors.Is(err, ErrNotAllowed) {
		t.Errorf("a watcher draws: %v", err)
	}
	watcher.Point(1, 1, true)
	for _, payload := range []string{
		`{"v":1,"log":[["p2~r0",1,[{"o":"add","c":1,"k":"pen","i":0,"w":0,"p":[1,2,3]}]]]}`,
		`{"v":1,"log":[["gone~r0",1,[{"o":"add","c":1,"k":"pen","i":0,"w":0,"p":[1,2,3]}]]]}`,
		`{"v":1,"point":[1,2]}`,
	} {
		if err := b.Hear("p2", []byte(payload), w.now); !errors.Is(err, ErrNotAllowed) {
			t.Errorf("%s: %v", payload, err)
		}
	}
	if !b.Empty() || len(b.Pointers(w.now)) > 0 {
		t.Error("a watcher left something")
	}
	draw(t, b, 1, 1)
	for range 6 {
		w.now = w.now.Add(time.Second)
		for _, out := range b.Take(w.now) {
			must(t, watcher.Hear("p0", out.Data, w.now))
		}
		for _, out := range watcher.Take(w.now) {
			must(t, b.Hear("p2", out.Data, w.now))
		}
	}
	if dump(watcher) != dump(b) {
		t.Error("a watcher sees something else")
	}
}

// What somebody says in another's name gives way when that other speaks in person.
func TestForgedLog(t *testing.T) {
	w := newWorld(t, 1, 3)
	w.meet("p0", "p1")
	b := w.all["p1"]
	// p1 has never met p2; p0 forges a log of p2's.
	forged := message{log: []batch{{"p2~r0", 1, []string{
		`{"o":"add","c":1,"k":"text","i":0,"w":0,"p":[1,2],"t":"faux"}`,
		`{"o":"add","c":2,"k":"text","i":0,"w":0,"p":[1,2],"t":"faux aussi"}`,
	}}}}
	must(t, b.Hear("p0", []byte(forged.encode()), w.now))
	if count(b) != 2 {
		t.Fatal("an absent person's drawings come through others")
	}
	must(t, w.all["p2"].Write(Style{}, At{X: 5}, "vrai"))
	w.meet("p1", "p2")
	w.meet("p0", "p2")
	w.calm()
	w.agree()
	if d := dump(b); strings.Contains(d, "faux") || !strings.Contains(d, "vrai") {
		t.Errorf("got\n%s", d)
	}
	// Of somebody who is present, only they themselves are believed.
	more := message{log: []batch{{"p2~r0", 2, forged.log[0].ops[1:]}}}
	must(t, b.Hear("p0", []byte(more.encode()), w.now))
	if strings.Contains(dump(b), "faux") {
		t.Error("forged while the author is present")
	}
}

// What was added to the log of somebody who was away goes when they say how long it is.
func TestForgedTail(t *testing.T) {
	w := newWorld(t, 1, 3)
	w.meet("p0", "p1")
	w.meet("p1", "p2")
	w.meet("p0", "p2")
	must(t, w.all["p2"].Write(Style{}, At{X: 5}, "vrai"))
	w.calm()
	w.part("p1", "p2")
	b := w.all["p1"]
	forged := message{log: []batch{{"p2~r0", 2, []string{`{"o":"add","c":9,"k":"text","i":0,"w":0,"p":[1,2],"t":"faux"}`}}}}
	must(t, b.Hear("p0", []byte(forged.encode()), w.now))
	if count(b) != 2 {
		t.Fatal("an absent person's drawings come through others")
	}
	w.meet("p1", "p2")
	w.calm()
	w.agree()
	if count(b) != 1 {
		t.Errorf("got\n%s", dump(b))
	}
}

// Nobody can claim the last word about an object for ever.
func TestRegisterCannotBeFrozen(t *testing.T) {
	a, b, exchange := two(t)
	draw(t, a, 100, 100)
	exchange()
	hide := message{log: []batch{{"p0~r0", 4, []string{`{"o":"hide","x":[["p0~r0",1,2147483647]]}`, `{"o":"ground","c":2147483647}`}}}}
	if n := len(b.authors["p0~r0"].log); n != 3 {
		t.Fatalf("the log has %d operations", n)
	}
	must(t, b.Hear("p0", []byte(hide.encode()), time.Unix(3000, 0)))
	if count(b) != 1 {
		t.Error("a count from far ahead was believed")
	}
	if n, err := b.Erase(At{X: 110, Y: 100}, 10); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if !b.Undo() || count(b) != 1 {
		t.Error("the object cannot be shown any more")
	}
	must(t, b.SetGround(&Ground{File: "f", Width: 1, Height: 1, SHA: strings.Repeat("0", 64)}))
	if b.Ground() == nil {
		t.Error("the ground cannot be changed any more")
	}
}

// What was hidden before it was there shows all the same when it is drawn.
func TestHiddenBeforehand(t *testing.T) {
	a, b, exchange := two(t)
	forged := message{log: []batch{{"p0~r0", 1, []string{`{"o":"hide","x":[["p1~r0",1,1],["p1~r0",2,1]]}`}}}}
	must(t, b.Hear("p0", []byte(forged.encode()), time.Unix(3000, 0)))
	draw(t, b, 10, 10)
	if count(b) != 1 {
		t.Error("the stroke is hidden")
	}
	_, _ = a, exchange
}

// FuzzHear: whatever comes, the board stands, encodes what it holds, and stays within its
// limits.
func FuzzHear(f *testing.F) {
	w := newWorld(&testing.T{}, 5, 2)
	w.meet("p0", "p1")
	for range 60 {
		w.act(w.all["p0"])
		w.send(0)
		for _, data := range w.lines[[2]string{"p0", "p1"}] {
			f.Add(data)
		}
		w.deliver(true)
	}
	f.Add([]byte(`{"v":1,"log":[["p0~r0",1,[{"o":"clear","s":[["p1~r0",1]]}]],["p2~r9",1,[{"o":"hide","x":[["p0~r0",1,1]]}]]],"ask":1}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		b, err := New(Options{Self: "p1", Run: "r0", MayDraw: true})
		must(t, err)
		b.Meet("p0", true)
		draw(t, b, 10, 10)
		now := time.Unix(1000, 0)
		for range 2 {
			if b.Hear("p0", payload, now) == nil {
				if m, ok, _ := decode(payload); ok && m.encode() != string(payload) {
					t.Fatal("taken, and not what it encodes to")
				}
			}
			now = now.Add(time.Second)
			for _, out := range b.Take(now) {
				if len(out.Data) > MaxPayload {
					t.Fatal("too large to send")
				}
				if _, ok, err := decode(out.Data); !ok || err != nil {
					t.Fatalf("cannot be read: %v", err)
				}
			}
		}
		b.Undo()
		before := dump(b)
		b.rebuild()
		if dump(b) != before {
			t.Fatal("the logs give another picture")
		}
		b.Pointers(now)
		for o := range b.Visible {
			o.Strokes()
			o.touches(Point{}, 10)
		}
	})
}
