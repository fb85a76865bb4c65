package board

import "slices"

// deed is something of ours that can be undone: objects that came or went, or a ground
// that took the place of another.
type deed struct {
	ids     []ID
	hid     bool // the deed hid them
	swapped bool
	before  *Ground
	after   *Ground
}

func (b *Board) did(d deed) {
	b.redo = nil
	b.undo = append(b.undo, d)
	if len(b.undo) > maxUndo {
		b.undo = slices.Delete(b.undo, 0, 1)
	}
}

// CanUndo and CanRedo tell whether there is something of ours to take back or to bring
// back.
func (b *Board) CanUndo() bool { return b.mayDraw && len(b.undo) > 0 }

// CanRedo is told at CanUndo.
func (b *Board) CanRedo() bool { return b.mayDraw && len(b.redo) > 0 }

// Undo takes back the last thing that we did and that still shows; false when there is
// none.
func (b *Board) Undo() bool {
	b.End()
	return b.step(&b.undo, &b.redo, true)
}

// Redo does again what Undo took back.
func (b *Board) Redo() bool {
	b.End()
	return b.step(&b.redo, &b.undo, false)
}

func (b *Board) step(from, to *[]deed, back bool) bool {
	for len(*from) > 0 {
		d := (*from)[len(*from)-1]
		did, err := b.turn(d, back)
		if err != nil {
			return false
		}
		*from = (*from)[:len(*from)-1]
		if did {
			*to = append(*to, d)
			return true
		}
	}
	return false
}

// turn does a deed again, or takes it back; did is false when that would change nothing,
// because somebody else did it already.
func (b *Board) turn(d deed, back bool) (did bool, err error) {
	if d.swapped {
		was, becomes := d.before, d.after
		if back {
			was, becomes = becomes, was
		}
		if !sameGround(b.Ground(), was) {
			return false, nil
		}
		return true, b.lay(becomes)
	}
	hide := d.hid != back
	var ids []ID
	for _, id := range d.ids {
		if b.turns(id, hide) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return false, nil
	}
	return true, b.hide(ids, hide)
}

// turns tells whether hiding or showing a thing would be seen.
func (b *Board) turns(id ID, hide bool) bool {
	o := b.model.objects[id]
	switch {
	case o == nil: // a clear
		return b.model.hidden(id) != hide
	case hide:
		return o.Visible()
	}
	return o.hidden && o.covers == 0
}

func sameGround(a, b *Ground) bool { return a == b || a != nil && b != nil && *a == *b }
