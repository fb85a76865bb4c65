package journal

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
)

// Verified is what Verify found about a day.
type Verified struct {
	Day               string
	Segments, Records int
	// Torn counts the segments whose last record was not written to its end: the server
	// was cut off or the disk was full. That record is skipped; nothing else is wrong.
	Torn int
	// Head is the newest link of the day's chain. Who notes it elsewhere can tell later
	// whether records were cut off the end.
	Head string
	// Damage says, in a sentence, what is not as it was written; empty when all is.
	Damage string
}

// Verify checks the chain of every day that there is. It needs no key and reads no
// event. An error is about the folder; damage is in the answer.
func Verify(data string) ([]Verified, error) {
	folder := filepath.Join(data, folderName)
	all, err := days(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var found []Verified
	c := chain{}
	for _, day := range all {
		v, err := c.day(folder, day)
		if err != nil {
			return found, err
		}
		found = append(found, v)
	}
	return found, nil
}

// chain follows the links from segment to segment.
type chain struct {
	begun bool // the first segment there is may follow one that was removed in time
	last  link
}

func (c *chain) day(folder, day string) (Verified, error) {
	v := Verified{Day: day}
	paths, err := segments(folder, day)
	if err != nil {
		return v, err
	}
	for i, path := range paths {
		number := numberOf(path)
		damage := func(format string, args ...any) {
			if v.Damage == "" {
				v.Damage = fmt.Sprintf("segment %d of %s: ", number, day) + fmt.Sprintf(format, args...)
			}
		}
		if number != i+1 {
			damage("segment %d is missing; restore it from a backup", i+1)
		}
		s, err := readSegment(path)
		if errors.Is(err, errTorn) && i == len(paths)-1 || errors.Is(err, errTorn) && c.follows(paths[i+1]) {
			v.Torn++
			continue
		}
		if err != nil {
			damage("%v; restore the file from a backup", err)
			c.begun = false
			continue
		}
		v.Segments++
		v.Records += len(s.records)
		if s.torn > 0 {
			v.Torn++
		}
		if s.day != day || int(s.number) != number {
			damage("it is segment %d of %s; somebody has moved the file", s.number, s.day)
		}
		if c.begun && s.before != c.last {
			damage("it does not follow the segment before it, from which records were cut off or which was replaced")
		}
		if n := s.damaged(); n > 0 {
			damage("record %d is damaged; those before it are as they were written", n)
		}
		c.begun, c.last = true, s.last()
	}
	v.Head = hex.EncodeToString(c.last[:])
	return v, nil
}

// follows tells whether the next segment takes up the chain where it stands, so that one
// between them held nothing.
func (c *chain) follows(path string) bool {
	s, err := readSegment(path)
	return err == nil && (!c.begun || s.before == c.last)
}
